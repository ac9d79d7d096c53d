/**
 * PD5 (2.8.19): INDIRECT must not be in a list that is linked by NEXT; devices read the table as a buffer, or refuse.
 *
 * How it comes about: the split layout admits it. What to do: a list is either direct or one table.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a table is named by the last of several descriptors. */
export const indirectInList: PackedDefect = {
  name: 'indirect-in-list',
  title: 'a table is named by the last of several descriptors',
  fault: 'PD5',
  driver: (Base) =>
    class extends Base {
      protected override mayBeDirect(indirectFrom: number, length: number): boolean {
        return Number.isInteger(indirectFrom) && indirectFrom >= 0 && indirectFrom < length;
      }
    },
};
