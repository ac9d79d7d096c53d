/**
 * P1: after a list as long as the ring the driver publishes with the flags of the lap before, which the device takes
 * for used ones.
 *
 * How it comes about: `next < previous` as the sign of a wrap, which holds for all shorter lists. What to do: change
 * the counter when the cursor reaches or passes the end.
 */
import { packedCursor, slotOf, wrapOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the driver's wrap counters change only when a cursor gets smaller. */
export const wrapToggledWithLess: PackedDefect = {
  name: 'wrap-toggled-with-less',
  title: "the driver's wrap counters change only when a cursor gets smaller",
  fault: 'P1',
  driver: (Base) =>
    class extends Base {
      protected override pass(cursor: number, slots: number, size: number): number {
        const next = slotOf(super.pass(cursor, slots, size));
        return packedCursor(next, next < slotOf(cursor) ? 1 - wrapOf(cursor) : wrapOf(cursor));
      }
    },
};
