/**
 * 2.7.5.3.2 (SV4): the device must ignore WRITE there; each entry of the table has its own.
 *
 * How it comes about: devices that decide the direction before they look for INDIRECT. What to do: look at the entries.
 */
import type { Segment } from '../../queue.ts';
import type { SplitContents } from '../device.ts';
import { DESC_WRITE } from '../layout.ts';
import type { SplitDescriptor } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: WRITE of the descriptor that names a table is taken for that of its entries. */
export const indirectWriteHeeded: SplitDefect = {
  name: 'indirect-write-heeded',
  title: 'WRITE of the descriptor that names a table is taken for that of its entries',
  fault: 'SV4',
  device: (Base) =>
    class extends Base {
      protected override segmentOf(
        contents: SplitContents,
        named: SplitContents | null,
        desc: SplitDescriptor,
      ): Segment {
        const segment = super.segmentOf(contents, named, desc);
        return named === null ? segment : { ...segment, writable: (named.flags & DESC_WRITE) !== 0 };
      }
    },
};
