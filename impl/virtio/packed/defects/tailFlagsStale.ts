/**
 * PD4 (2.8.6): elements behind the end of the ring belong to the next lap, and their flags must say so. The device does not
 * look at them when it takes the list; but in the lap after, when it comes to the slot, they look new to it.
 *
 * How it comes about: the flags are computed once for a list. What to do: change the wrap counter where the list passes
 * the end.
 */
import { wrapOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: all elements of a list have the head's wrap counter. */
export const tailFlagsStale: PackedDefect = {
  name: 'tail-flags-stale',
  title: "all elements of a list have the head's wrap counter",
  fault: 'PD4',
  driver: (Base) =>
    class extends Base {
      protected override wrapOfElement(head: number, _cursor: number): number {
        return wrapOf(head);
      }
    },
};
