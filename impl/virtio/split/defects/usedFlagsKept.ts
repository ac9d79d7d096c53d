/**
 * 2.7.10.1 (SD9): a wish that was left there by an earlier use of the memory holds until the device stores one of its own.
 *
 * How it comes about: the used ring is the device’s, so the driver leaves its flags alone. What to do: whoever allocates the memory zeroes all of it.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the driver zeroes all of the queue but `used.flags`. */
export const usedFlagsKept: SplitDefect = {
  name: 'used-flags-kept',
  title: 'the driver zeroes all of the queue but `used.flags`',
  fault: 'SD9',
  driver: (Base) =>
    class extends Base {
      protected override zeroQueue(rings: SplitRings): void {
        const { flags } = rings.used;
        super.zeroQueue(rings);
        rings.used.flags = flags;
      }
    },
};
