/**
 * G4 (2.8.7): entries of a table come one behind the other, and of their flags only WRITE means something.
 *
 * Who did it: openvmm until #2983 (2026), which went by NEXT first. What to do: the number of entries is the length of
 * the table divided by 16.
 */
import { PACKED_NEXT } from '../layout.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device ends a table at an entry without NEXT. */
export const nextHeededInTable: PackedDefect = {
  name: 'next-heeded-in-table',
  title: 'the device ends a table at an entry without NEXT',
  fault: 'G4',
  device: (Base) =>
    class extends Base {
      protected override endsTable(flags: number, isLast: boolean): boolean {
        return isLast || (flags & PACKED_NEXT) === 0;
      }
    },
};
