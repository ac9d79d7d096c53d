/**
 * 2.7.5.3.2 (SV4): direct descriptors may come before the one that names a table; the packed layout does not admit that.
 *
 * How it comes about: drivers in use put all of a chain into a table, or nothing. What to do: look for INDIRECT at each descriptor.
 */
import type { SplitContents } from '../device.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the device refuses a table behind a direct descriptor. */
export const tableBehindDirectRefused: SplitDefect = {
  name: 'table-behind-direct-refused',
  title: 'the device refuses a table behind a direct descriptor',
  fault: 'SV4',
  device: (Base) =>
    class extends Base {
      protected override mayNameTable(
        contents: SplitContents,
        met: number,
        inTable: boolean,
        size: number,
      ): boolean {
        return (inTable || met === 0) && super.mayNameTable(contents, met, inTable, size);
      }
    },
};
