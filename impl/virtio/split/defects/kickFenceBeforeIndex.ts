/**
 * S2: the driver has its full fence, a release store of the index and an acquire load of the wish, and still loses kicks: nothing
 * orders the store before the load. On x86, too.
 *
 * Who did it: rcore's virtio-drivers. What to do: the fence belongs between the store of `avail.idx` and the load of
 * `used.flags` or `avail_event`.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the full fence stands before the store of avail.idx, and none behind it. */
export const kickFenceBeforeIndex: SplitDefect = {
  name: 'kick-fence-before-index',
  title: 'the full fence stands before the store of avail.idx, and none behind it',
  fault: 'S2',
  driver: (Base) =>
    class extends Base {
      protected override orderEntryBeforeIndex(): void {
        this.port.fence('seq_cst');
      }
      protected override orderIndexBeforeWish(): void {}
    },
};
