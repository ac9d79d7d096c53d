/**
 * S10: descriptors of a chain that the device has are written anew, and the count of free ones goes below zero.
 *
 * Who did it: OpenAMP, whose parameter checks are compiled out unless a debug macro is set: the third buffer in a queue of 2 is
 * accepted. What to do: a check that is there in every build.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: a chain is added although not so many descriptors are free. */
export const capacityUnchecked: SplitDefect = {
  name: 'capacity-unchecked',
  title: 'a chain is added although not so many descriptors are free',
  fault: 'S10',
  driver: (Base) =>
    class extends Base {
      protected override hasRoom(_needed: number, _rings: SplitRings): boolean {
        return true;
      }
    },
};
