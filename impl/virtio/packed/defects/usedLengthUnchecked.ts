/**
 * G12: the user reads bytes that nobody wrote, or that are not in the buffer.
 *
 * How it comes about: as for ids. What to do: a length is at most what the list has for writing.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the driver believes any length in a used descriptor. */
export const usedLengthUnchecked: PackedDefect = {
  name: 'used-length-unchecked',
  title: 'the driver believes any length in a used descriptor',
  fault: 'G12',
  driver: (Base) =>
    class extends Base {
      protected override mayHaveWritten(_id: number, _len: number, _size: number): boolean {
        return true;
      }
    },
};
