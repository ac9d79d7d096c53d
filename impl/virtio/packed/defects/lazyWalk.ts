/**
 * P5: used descriptors go to the device's cursor, wherever the list lay that they return. One that is returned earlier
 * than a list before it overwrites that list's head: no NEXT is left, and the cursor moves on by one slot instead of
 * three.
 *
 * How it comes about: an iterator over descriptors in the ring, as is right for the split layout; the specification
 * never says that it is wrong here. What to do: copy the whole list when it is taken.
 */
import { slotOf } from '../cursor.ts';
import type { PackedList } from '../device.ts';
import { PACKED_NEXT } from '../layout.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device walks a list again when it gives it back, through whatever stands there then. */
export const lazyWalk: PackedDefect = {
  name: 'lazy-walk',
  title: 'the device walks a list again when it gives it back, through whatever stands there then',
  fault: 'P5',
  device: (Base) =>
    class extends Base {
      // Without IN_ORDER the field is free for the slot where the list with this id begins.
      protected override noteTaken(cursor: number, list: PackedList, size: number): void {
        super.noteTaken(cursor, list, size);
        if (this.features.inOrder !== true) this.privateAt(list.id, size).order = slotOf(cursor);
      }
      protected override slotsOf(head: number, size: number): number {
        if (this.features.inOrder === true) return super.slotsOf(head, size);
        const { desc } = this.rings(size);
        const { order } = this.privateAt(head, size);
        let slots = 1;
        while (slots < size && (desc.at((order + slots - 1) % size).flags & PACKED_NEXT) !== 0) slots++;
        return slots;
      }
    },
};
