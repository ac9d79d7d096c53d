/**
 * G3 (2.8.6): as long as lists have the ids of their slots nobody sees it; then the driver takes one list for another one.
 *
 * How it comes about: the split layout, in which a head is a place. What to do: store the id that stood in the last descriptor of the list.
 */
import { slotOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: a used descriptor has its slot for an id. */
export const slotInsteadOfId: PackedDefect = {
  name: 'slot-instead-of-id',
  title: 'a used descriptor has its slot for an id',
  fault: 'G3',
  device: (Base) =>
    class extends Base {
      protected override writeUsed(cursor: number, _id: number, written: number, size: number): void {
        super.writeUsed(cursor, slotOf(cursor), written, size);
      }
    },
};
