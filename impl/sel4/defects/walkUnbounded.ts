/**
 * Q9: a chain that leads back to itself holds the device for ever. As in the published code.
 *
 * What to do today: walk with `virtqueue_gather_available` and count; do not call `virtqueue_scattered_available_size` on
 * chains of a driver that is not trusted.
 */
import type { RingObject } from '../layout.ts';
import type { Sel4Defect } from './defect.ts';

/** Seeded: a walk over a chain ends only where the chain does. */
export const walkUnbounded: Sel4Defect = {
  name: 'walk-unbounded',
  title: 'a walk over a chain ends only where the chain does',
  fault: 'Q9',
  device: (Base) =>
    class extends Base {
      protected override walk_limit(_queue_len: number): number {
        return Number.POSITIVE_INFINITY;
      }
      protected override may_walk(_object: RingObject, _queue_len: number): boolean {
        return true;
      }
    },
};
