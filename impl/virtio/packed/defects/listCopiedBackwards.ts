/**
 * PV3 (2.8.18): elements are used in the order of the list; where they overlap, or the driver counts on it, the result differs.
 *
 * How it comes about: a list that was put on a stack. What to do: from the first element on.
 */
import { VIRTIO_OK } from '../../errors.ts';
import type { Taken } from '../../queue.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device copies a list in from its end. */
export const listCopiedBackwards: PackedDefect = {
  name: 'list-copied-backwards',
  title: 'the device copies a list in from its end',
  fault: 'PV3',
  device: (Base) =>
    class extends Base {
      override take(out: Taken): number {
        const code = super.take(out);
        if (code !== VIRTIO_OK) return code;
        for (const { addr, len, writable } of out.segments.toReversed())
          if (!writable) this.port.readRange(addr, new Uint8Array(len));
        return code;
      }
    },
};
