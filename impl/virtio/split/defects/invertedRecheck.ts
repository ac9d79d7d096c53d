/**
 * S1: with something there the driver sleeps, without it looks for a chain that is not there.
 *
 * Who did it: the specification itself. The note with the sample loop in 2.7.14 leaves the loop when the last seen index differs
 * from `used.idx`, where it must leave it when they are equal; the same in sources of 2026. It has no B6 either.
 * What to do: process again if they differ, sleep if not.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the last look after interrupts were wanted is understood the wrong way round. */
export const invertedRecheck: SplitDefect = {
  name: 'inverted-recheck',
  title: 'the last look after interrupts were wanted is understood the wrong way round',
  fault: 'S1',
  driver: (Base) =>
    class extends Base {
      protected override findsNothing(index: number, last: number, size: number): boolean {
        return !super.findsNothing(index, last, size);
      }
    },
};
