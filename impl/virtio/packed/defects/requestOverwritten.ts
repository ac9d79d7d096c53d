/**
 * PV2 (2.8.15): the driver may use the bytes again, or they are not its own to be changed.
 *
 * How it comes about: a request is decoded where it stands. What to do: copy it.
 */
import { VIRTIO_OK } from '../../errors.ts';
import type { Taken } from '../../queue.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device writes into what it is to read. */
export const requestOverwritten: PackedDefect = {
  name: 'request-overwritten',
  title: 'the device writes into what it is to read',
  fault: 'PV2',
  device: (Base) =>
    class extends Base {
      override take(out: Taken): number {
        const code = super.take(out);
        const [first] = out.segments;
        if (code === VIRTIO_OK && first?.writable === false)
          this.port.writeRange(first.addr, Uint8Array.of(0xff));
        return code;
      }
    },
};
