/**
 * G12: the driver changes the length between the two.
 *
 * How it comes about: descriptors are structs in memory that the driver can write; a compiler may read twice even where the
 * source does so once. What to do: copy the descriptor, then look at the copy only.
 */
import type { Segment } from '../../queue.ts';
import type { SplitContents } from '../device.ts';
import type { SplitDescriptor } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: a length is read once to be checked, and once more to be used. */
export const doubleFetch: SplitDefect = {
  name: 'double-fetch',
  title: 'a length is read once to be checked, and once more to be used',
  fault: 'G12',
  device: (Base) =>
    class extends Base {
      protected override segmentOf(
        contents: SplitContents,
        named: SplitContents | null,
        desc: SplitDescriptor,
      ): Segment {
        return { ...super.segmentOf(contents, named, desc), len: desc.len };
      }
    },
};
