/**
 * G12: the user of the buffer reads on behind its end.
 *
 * How it comes about: the device is taken for a part of the machine. What to do: remember how many bytes of a chain are
 * writable, and refuse more.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the driver believes any length in a used entry. */
export const usedLengthUnchecked: SplitDefect = {
  name: 'used-length-unchecked',
  title: 'the driver believes any length in a used entry',
  fault: 'G12',
  driver: (Base) =>
    class extends Base {
      protected override canHaveWritten(_len: number, _head: number, _size: number): boolean {
        return true;
      }
    },
};
