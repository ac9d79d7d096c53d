/**
 * G4 (2.8.4): the driver takes bytes for written that were not.
 *
 * Who did it: OpenAMP in the role of the device, in the split layout. What to do: count what was written.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a used descriptor says all bytes for writing, whatever was written. */
export const usedLengthFull: PackedDefect = {
  name: 'used-length-full',
  title: 'a used descriptor says all bytes for writing, whatever was written',
  fault: 'G4',
  device: (Base) =>
    class extends Base {
      protected override lengthToReport(id: number, _written: number, size: number): number {
        return this.privateAt(id, size).writable;
      }
    },
};
