/**
 * Q5: the pieces that fitted are published or lost, a block is lost with them, and the caller is told that nothing was sent.
 * As in the published code. So is that the message queue takes a block before it knows of a descriptor.
 *
 * What to do today: before `camkes_virtqueue_driver_scatter_send_buffer`, count: blocks and descriptors that are out, against
 * the pieces of the message. After a -1 the queue is not to be used any more.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: a message for which buffers run out is left half sent. */
export const noRollback: Sel4Defect = {
  name: 'no-rollback',
  title: 'a message for which buffers run out is left half sent',
  fault: 'Q5',
  driver: (Base) =>
    class extends Base {
      protected override has_room_for(): boolean {
        return true;
      }
    },
  sender: (Base) =>
    class extends Base {
      protected override may_allocate(): boolean {
        return true;
      }
    },
};
