/**
 * 2.7.5.3.1 (SD5): a table must not name a table; devices refuse it, and those that do not can be led in circles.
 *
 * How it comes about: requests with more segments than a table has entries. What to do: split the request.
 */
import { arrayOf } from '../../../../memory/index.ts';
import type { Segment } from '../../queue.ts';
import { DESC_INDIRECT, split_desc_t } from '../layout.ts';
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the last entry of a table has INDIRECT. */
export const nestedTable: SplitDefect = {
  name: 'nested-table',
  title: 'the last entry of a table has INDIRECT',
  fault: 'SD5',
  driver: (Base) =>
    class extends Base {
      protected override fillTable(
        head: number,
        at: number,
        segments: readonly Segment[],
        next: number,
        rings: SplitRings,
      ): void {
        super.fillTable(head, at, segments, next, rings);
        const addr = this.tables.base + at * this.tables.entries * split_desc_t.bytes;
        const table = arrayOf(split_desc_t, this.port, 'shared', addr, segments.length);
        for (const segment of segments.slice(-1))
          table.at(segments.length - 1).flags = this.flagsOf(segment, true) | DESC_INDIRECT;
      }
    },
};
