/**
 * P1 on the other side: after a list as long as the ring the device waits for flags of the lap before, and sees no list
 * any more.
 *
 * Who did it: openvmm until #3990 (2026). What to do: change the counter when the cursor reaches or passes the end.
 */
import { packedCursor, slotOf, wrapOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device's wrap counters change only when a cursor gets smaller. */
export const wrapMissedAtFullListByDevice: PackedDefect = {
  name: 'wrap-missed-at-full-list-by-device',
  title: "the device's wrap counters change only when a cursor gets smaller",
  fault: 'P1',
  device: (Base) =>
    class extends Base {
      protected override pass(cursor: number, slots: number, size: number): number {
        const next = slotOf(super.pass(cursor, slots, size));
        return packedCursor(next, next < slotOf(cursor) ? 1 - wrapOf(cursor) : wrapOf(cursor));
      }
    },
};
