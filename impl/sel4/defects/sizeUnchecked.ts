/**
 * Q10: what is left for the pool is computed below 0 and becomes 2^32: the driver fails only because there is no memory for
 * the list of its blocks, and the device does not fail. The published example does so, with 4096 bytes for 256 descriptors.
 *
 * What to do today: set both `_shmem_size` to at least 8 + 26 * queue_length + 128 bytes, rounded up to pages: two pages for
 * 256 descriptors leave 11 blocks.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: a dataport may be smaller than its rings. */
export const sizeUnchecked: Sel4Defect = {
  name: 'size-unchecked',
  title: 'a dataport may be smaller than its rings',
  fault: 'Q10',
  driver: (Base) =>
    class extends Base {
      protected override fits(_header_bytes: number, _size: number): boolean {
        return true;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override fits(_header_bytes: number, _size: number): boolean {
        return true;
      }
    },
};
