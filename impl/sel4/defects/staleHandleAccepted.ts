/**
 * Q3: a buffer that is added by a ring object which was used before is linked to where that ended. It is published never
 * again: its descriptor is lost, or linked to itself, and a walk over it does not end. As in the published code.
 *
 * What to do today: call `virtqueue_init_ring_object` before each first `virtqueue_add_available_buf` of a chain.
 */
import { VQ_OK } from '../errors.ts';
import type { RingObject } from '../layout.ts';
import type { Sel4Defect } from './defect.ts';

/** Seeded: a ring object whose chain was published is accepted again. */
export const staleHandleAccepted: Sel4Defect = {
  name: 'stale-handle-accepted',
  title: 'a ring object whose chain was published is accepted again',
  fault: 'Q3',
  driver: (Base) =>
    class extends Base {
      protected override may_extend(_object: RingObject, _queue_len: number): boolean {
        return true;
      }
      protected override refuse_publish(): number {
        return VQ_OK;
      }
      protected override spend(_object: RingObject, _queue_len: number): void {}
    },
};
