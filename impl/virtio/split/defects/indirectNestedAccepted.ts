/**
 * 2.7.5.3.1: no table inside a table; without that rule a walk has no bound that the size of the queue gives.
 *
 * How it comes about: walks that treat each descriptor alike, wherever it stands. What to do: INDIRECT inside a table is an error.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: a table may name another table. */
export const indirectNestedAccepted: SplitDefect = {
  name: 'indirect-nested-accepted',
  title: 'a table may name another table',
  fault: 'SD5',
  device: (Base) =>
    class extends Base {
      protected override mayNest(_inTable: boolean): boolean {
        return true;
      }
    },
};
