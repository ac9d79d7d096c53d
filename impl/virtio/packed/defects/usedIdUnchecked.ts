/**
 * G12: an id that is none reads memory behind the driver's own; one that is not out frees a buffer which the user has.
 *
 * How it comes about: the device is hardware, or a hypervisor, and taken for trustworthy; confidential guests know
 * better. What to do: an id must be below the size, and its list out.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the driver believes any id in a used descriptor. */
export const usedIdUnchecked: PackedDefect = {
  name: 'used-id-unchecked',
  title: 'the driver believes any id in a used descriptor',
  fault: 'G12',
  driver: (Base) =>
    class extends Base {
      protected override mayCollect(_id: number, _size: number): boolean {
        return true;
      }
    },
};
