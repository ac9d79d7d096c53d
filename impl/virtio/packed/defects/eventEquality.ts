/**
 * P9: a wish for a slot inside a list, or for one of several lists that are announced together, is passed over.
 *
 * Who did it: openvmm (#4267), where it loses interrupts of lists of more than one slot. What to do: compare with all
 * slots since the last test.
 */
import { slotOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the wish is compared with the newest slot only. */
export const eventEquality: PackedDefect = {
  name: 'event-equality',
  title: 'the wish is compared with the newest slot only',
  fault: 'P9',
  driver: (Base) =>
    class extends Base {
      protected override isWaitedFor(wish: number, cursor: number, _count: number, size: number): boolean {
        const next = slotOf(cursor);
        return slotOf(wish) === (next === 0 ? size : next) - 1;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override isWaitedFor(wish: number, cursor: number, _count: number, size: number): boolean {
        const next = slotOf(cursor);
        return slotOf(wish) === (next === 0 ? size : next) - 1;
      }
    },
};
