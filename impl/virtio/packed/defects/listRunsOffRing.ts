/**
 * G12: a list that goes on at slot 0 is read from what lies behind the ring instead.
 *
 * Who did it: openvmm until #2983 (2026). What to do: slot 0 comes after the last one, in a list, too.
 */
import { packedCursor, slotOf, wrapOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device follows a list past the end of the ring. */
export const listRunsOffRing: PackedDefect = {
  name: 'list-runs-off-ring',
  title: 'the device follows a list past the end of the ring',
  fault: 'G12',
  device: (Base) =>
    class extends Base {
      protected override placeInList(head: number, element: number, _size: number): number {
        return packedCursor(slotOf(head) + element, wrapOf(head));
      }
    },
};
