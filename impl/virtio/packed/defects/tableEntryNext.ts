/**
 * PD5 (2.8.19): no flag but WRITE means something there; in the split layout NEXT links them.
 *
 * How it comes about: tables of both layouts from one routine. What to do: entries follow each other; set WRITE only.
 */
import type { Segment } from '../../queue.ts';
import { PACKED_NEXT } from '../layout.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: entries of a table have NEXT. */
export const tableEntryNext: PackedDefect = {
  name: 'table-entry-next',
  title: 'entries of a table have NEXT',
  fault: 'PD5',
  driver: (Base) =>
    class extends Base {
      protected override entryFlags(segment: Segment, isLast: boolean): number {
        return super.entryFlags(segment, isLast) | (isLast ? 0 : PACKED_NEXT);
      }
    },
};
