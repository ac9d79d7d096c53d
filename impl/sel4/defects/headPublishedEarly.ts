/**
 * Q2: the device can take, walk and return a chain of which only the first buffers are linked; the others are then linked
 * into a chain that is the driver's again. Both sides report success. As in the published code.
 *
 * What to do today: send nothing larger than a block, 128 bytes; or let the device learn the length some other way, and
 * wait until the chain is as long as that before it takes anything out of it.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: a chain is published with its first buffer. */
export const headPublishedEarly: Sel4Defect = {
  name: 'head-published-early',
  title: 'a chain is published with its first buffer',
  fault: 'Q2',
  driver: (Base) =>
    class extends Base {
      protected override first_linked(head: number, queue_len: number): void {
        this.announce(head, queue_len);
      }
      protected override publish_chain(_head: number, _queue_len: number): void {}
    },
};
