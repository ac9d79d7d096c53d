/**
 * 2.7.5.1 (SV3): what it is to write it should not read: there may be what is none of its business.
 *
 * How it comes about: bounce buffers that are copied in and out whole, whatever the direction. What to do: copy in what is to be read.
 */
import { VIRTIO_OK } from '../../errors.ts';
import type { Taken } from '../../queue.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the device copies all of a chain in, also what it is to write. */
export const writableCopiedIn: SplitDefect = {
  name: 'writable-copied-in',
  title: 'the device copies all of a chain in, also what it is to write',
  fault: 'SV3',
  device: (Base) =>
    class extends Base {
      override take(out: Taken): number {
        const code = super.take(out);
        if (code === VIRTIO_OK)
          for (const { addr, len } of out.segments) this.port.readRange(addr, new Uint8Array(len));
        return code;
      }
    },
};
