/**
 * PV4 (2.8.3, 2.8.4): without it the length is reserved, and the driver takes what was written for nothing.
 *
 * How it comes about: the split layout has no such flag. What to do: set it if anything was written.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a used descriptor never has WRITE. */
export const writeFlagWrong: PackedDefect = {
  name: 'write-flag-wrong',
  title: 'a used descriptor never has WRITE',
  fault: 'PV4',
  device: (Base) =>
    class extends Base {
      protected override writeFlag(_written: number): number {
        return 0;
      }
    },
};
