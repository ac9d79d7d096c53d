/**
 * 2.7.8.3 (SD8): beyond the used length there may be anything, the bytes of another request among it.
 *
 * How it comes about: replies of a fixed length, with a device that always fills them. What to do: pass the used length on.
 */
import { VIRTIO_OK } from '../../errors.ts';
import type { Collected } from '../../queue.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the driver says that all was written that could be. */
export const usedLengthIgnored: SplitDefect = {
  name: 'used-length-ignored',
  title: 'the driver says that all was written that could be',
  fault: 'SD8',
  driver: (Base) =>
    class extends Base {
      /** Of the chain that is being collected. */
      private room = 0;

      override collect(out: Collected): number {
        const code = super.collect(out);
        if (code === VIRTIO_OK) out.len = this.room;
        return code;
      }

      protected override release(head: number, size: number): void {
        this.room = this.privateAt(head, size).writable;
        super.release(head, size);
      }
    },
};
