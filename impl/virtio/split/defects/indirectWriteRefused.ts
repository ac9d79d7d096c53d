/**
 * 2.7.5.3.2 (SV4): the device must ignore WRITE there; some drivers give all descriptors the same flags.
 *
 * How it comes about: devices that compare the flags with what their own driver sets. What to do: look at INDIRECT and NEXT only.
 */
import type { SplitContents } from '../device.ts';
import { DESC_WRITE } from '../layout.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the device refuses a table whose descriptor has WRITE. */
export const indirectWriteRefused: SplitDefect = {
  name: 'indirect-write-refused',
  title: 'the device refuses a table whose descriptor has WRITE',
  fault: 'SV4',
  device: (Base) =>
    class extends Base {
      protected override mayNameTable(
        contents: SplitContents,
        met: number,
        inTable: boolean,
        size: number,
      ): boolean {
        return (contents.flags & DESC_WRITE) === 0 && super.mayNameTable(contents, met, inTable, size);
      }
    },
};
