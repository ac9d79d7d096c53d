/**
 * Q11: behind what the device wrote come bytes of an earlier message, perhaps of another one's. As in the published code.
 *
 * What to do today: use no more of the copy than the length that `virtqueue_get_used_buf` said.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: whole blocks are copied out, whatever the device has used. */
export const usedLengthIgnored: Sel4Defect = {
  name: 'used-length-ignored',
  title: 'whole blocks are copied out, whatever the device has used',
  fault: 'Q11',
  driver: (Base) =>
    class extends Base {
      protected override copy_limit(_at: number, _queue_len: number): number {
        return Number.MAX_SAFE_INTEGER;
      }
    },
};
