/**
 * Q7: who looks at the used ring without `virtqueue_get_used_buf`, pops the descriptors, and then gives up, finds the same
 * entry at the next poll, and pops them again: the free list is damaged. As in the published code, where picotcp's client
 * does so when its stack has no memory.
 *
 * What to do today: call `virtqueue_get_used_buf` before anything else, and keep the ring object when the work cannot be
 * finished.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: descriptors are popped of a chain that was not collected. */
export const gatherUnconsumed: Sel4Defect = {
  name: 'gather-unconsumed',
  title: 'descriptors are popped of a chain that was not collected',
  fault: 'Q7',
  driver: (Base) =>
    class extends Base {
      protected override may_gather(_at: number, _queue_len: number): boolean {
        return true;
      }
    },
};
