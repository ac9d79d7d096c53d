/**
 * S3: the device has its fence, but where it orders nothing: entry and descriptors may still be read before the index.
 *
 * Who did it: OpenAMP's `virtqueue_get_first_avail_buffer`; firecracker, put right in #2169. What to do: the fence belongs
 * between the load of `avail.idx` and the load of the entry.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the fence stands before the load of avail.idx, and none behind it. */
export const acquireBeforeIndex: SplitDefect = {
  name: 'acquire-before-index',
  title: 'the fence stands before the load of avail.idx, and none behind it',
  fault: 'S3',
  device: (Base) =>
    class extends Base {
      protected override loadAvailIndex(rings: SplitRings): number {
        this.port.fence('acquire');
        return super.loadAvailIndex(rings);
      }
      protected override orderIndexBeforeEntry(): void {}
    },
};
