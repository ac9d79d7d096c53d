/**
 * P2: an interrupt handler that comes between sees the new slot with the old wrap counter, finds nothing used there,
 * and takes the interrupt for one that was not meant.
 *
 * Who did it: Linux until 2022, where the handler looks at both while the task collects. What to do: keep the wrap
 * counter in bit 15 of the cursor, and read and write both at once.
 */
import { packedCursor, slotOf, wrapOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the slot and the wrap counter of the used cursor are two variables. */
export const cursorSplit: PackedDefect = {
  name: 'cursor-split',
  title: 'the slot and the wrap counter of the used cursor are two variables',
  fault: 'P2',
  driver: (Base) =>
    class extends Base {
      protected override loadNextUsed(): number {
        const slot = slotOf(super.loadNextUsed());
        return packedCursor(slot, wrapOf(super.loadNextUsed()));
      }
      protected override storeNextUsed(cursor: number): void {
        super.storeNextUsed(packedCursor(slotOf(cursor), wrapOf(super.loadNextUsed())));
        super.storeNextUsed(cursor);
      }
    },
};
