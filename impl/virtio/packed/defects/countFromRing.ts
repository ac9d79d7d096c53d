/**
 * P6: the device has overwritten the head, and may have overwritten more; in used descriptors NEXT is reserved (2.8.6).
 * The driver's cursor falls behind for good.
 *
 * How it comes about: the number of slots is not kept, as the descriptors seem to say it. What to do: keep it with the
 * id.
 */
import { slotOf } from '../cursor.ts';
import { PACKED_NEXT } from '../layout.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the driver counts the slots of a list by what stands in the ring. */
export const countFromRing: PackedDefect = {
  name: 'count-from-ring',
  title: 'the driver counts the slots of a list by what stands in the ring',
  fault: 'P6',
  driver: (Base) =>
    class extends Base {
      protected override slotsOf(_id: number, cursor: number, size: number): number {
        const { desc } = this.rings(size);
        const first = slotOf(cursor);
        let slots = 1;
        while (slots < size && (desc.at((first + slots - 1) % size).flags & PACKED_NEXT) !== 0) slots++;
        return slots;
      }
    },
};
