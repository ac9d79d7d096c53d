/**
 * Q10: with 3 descriptors the mask is 2, and an empty ring looks full at once; with 65,536 the chains' terminator is 0, and
 * they never end. The published code logs a line about the first, and goes on.
 *
 * What to do today: set `queue_length` to a power of two of at most 32,768. The build does not check it.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: a queue may have any length. */
export const lengthUnchecked: Sel4Defect = {
  name: 'length-unchecked',
  title: 'a queue may have any length',
  fault: 'Q10',
  driver: (Base) =>
    class extends Base {
      protected override is_valid_length(_queue_len: number): boolean {
        return true;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override is_valid_length(_queue_len: number): boolean {
        return true;
      }
    },
};
