/**
 * Q6: the driver collects the same chain twice; the second time it walks the free list, and hands out one descriptor for two
 * chains. As in the published code, where SerialServer does so after an error.
 *
 * What to do today: after either copying function, whatever it answers, the chain has been returned: never call
 * `virtqueue_add_used_buf` for it. Set the ring object's `first` to an impossible value once it was returned, and test it.
 */
import type { RingObject } from '../layout.ts';
import type { Sel4Defect } from './defect.ts';

/** Seeded: a chain that the device does not have is returned all the same. */
export const doubleReturnAccepted: Sel4Defect = {
  name: 'double-return-accepted',
  title: 'a chain that the device does not have is returned all the same',
  fault: 'Q6',
  device: (Base) =>
    class extends Base {
      protected override may_return(_object: RingObject, _queue_len: number): boolean {
        return true;
      }
      protected override spend(_object: RingObject): void {}
    },
};
