/**
 * G12: where it was not negotiated, or inside a list. Several tables make a list of any length.
 *
 * How it comes about: the flag is tested where elements are read, and not where lists begin. What to do: INDIRECT only
 * if negotiated, and only in a list of one.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the device follows INDIRECT wherever it stands. */
export const indirectUnchecked: PackedDefect = {
  name: 'indirect-unchecked',
  title: 'the device follows INDIRECT wherever it stands',
  fault: 'G12',
  device: (Base) =>
    class extends Base {
      protected override mayBeIndirect(_flags: number, _isHead: boolean): boolean {
        return true;
      }
    },
};
