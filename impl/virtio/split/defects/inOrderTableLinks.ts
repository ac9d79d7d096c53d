/**
 * 2.7.5.3.1 (SD5): with IN_ORDER they link to 1, 2, and so on; a device that knows so need not read `next`. Seen from tables of 3 on.
 *
 * How it comes about: tables that keep a free list of their own. What to do: fill them from the front.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the entries of a table are linked from the last to the second. */
export const inOrderTableLinks: SplitDefect = {
  name: 'in-order-table-links',
  title: 'the entries of a table are linked from the last to the second',
  fault: 'SD5',
  driver: (Base) =>
    class extends Base {
      protected override tablePlace(segment: number, count: number): number {
        return segment === 0 ? 0 : count - segment;
      }
    },
};
