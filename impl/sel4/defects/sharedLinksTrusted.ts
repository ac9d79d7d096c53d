/**
 * Q9: the free list and the chains that come back are those that stand in shared memory. A device that writes 60000 to a
 * descriptor's `next` makes that the driver's first free descriptor, and its next send writes outside the table. As in the
 * published code.
 *
 * What to do today: connect only components that trust each other. The virtqueue is no protection between them.
 */
import type { DescriptorContents } from '../driver.ts';
import type { Sel4Defect } from './defect.ts';

/** Seeded: the driver follows and reads the descriptors that the device can write. */
export const sharedLinksTrusted: Sel4Defect = {
  name: 'shared-links-trusted',
  title: 'the driver follows and reads the descriptors that the device can write',
  fault: 'Q9',
  driver: (Base) =>
    class extends Base {
      protected override free_next(at: number, queue_len: number): number {
        return this.desc_at(this.vq.desc_table, at, queue_len).next;
      }
      protected override link_free(at: number, next: number, queue_len: number): void {
        this.desc_at(this.vq.desc_table, at, queue_len).next = next;
        super.link_free(at, next, queue_len);
      }
      protected override collected(at: number, queue_len: number): DescriptorContents {
        const desc = this.desc_at(this.vq.desc_table, at, queue_len);
        const { next } = desc;
        return { addr: desc.addr, len: desc.len, flags: desc.flags, next };
      }
    },
};
