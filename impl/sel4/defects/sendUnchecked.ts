/**
 * Q9: a buffer outside the pool, one that is free, one that was sent already, or more bytes than it has are offered to the
 * device. As in the published code.
 *
 * What to do today: send only what `camkes_virtqueue_buffer_alloc` returned, once, with at most the size that was asked for.
 */
import type { Allocator } from '../camkesDriver.ts';
import type { Sel4Defect } from './defect.ts';

/** Seeded: any address and any size is sent. */
export const sendUnchecked: Sel4Defect = {
  name: 'send-unchecked',
  title: 'any address and any size is sent',
  fault: 'Q9',
  driver: (Base) =>
    class extends Base {
      protected override may_send(_allocator: Allocator, _buf: number, _size: number): boolean {
        return true;
      }
    },
};
