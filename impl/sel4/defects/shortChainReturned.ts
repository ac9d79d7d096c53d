/**
 * Q6: a caller who is told -1 and cleans up gives the chain back a second time; one who does not has lost a message. As in the
 * published code.
 *
 * What to do today: ask `virtqueue_scattered_available_size` first, and never copy more than that.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: a copying function that fails has returned the chain. */
export const shortChainReturned: Sel4Defect = {
  name: 'short-chain-returned',
  title: 'a copying function that fails has returned the chain',
  fault: 'Q6',
  device: (Base) =>
    class extends Base {
      protected override may_move(_found: number, _size: number): boolean {
        return true;
      }
    },
};
