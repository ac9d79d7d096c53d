/**
 * S9 (2.7.8.2, SV6): the driver takes bytes for written that were not; for a buffer that the device only reads, too.
 *
 * Who did it: OpenAMP in the role of the device. What to do: count what was written, from the first writable byte on.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the used entry says the descriptor's length, whatever was written. */
export const usedLengthFull: SplitDefect = {
  name: 'used-length-full',
  title: "the used entry says the descriptor's length, whatever was written",
  fault: 'S9',
  device: (Base) =>
    class extends Base {
      protected override reportedLength(_written: number, head: number, rings: SplitRings): number {
        return rings.desc.at(head).len;
      }
    },
};
