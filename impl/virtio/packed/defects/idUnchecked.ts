/**
 * G12: an id that is none writes behind the device's own memory; one that the device has already makes two lists of
 * one.
 *
 * How it comes about: an id is only handed back, as it seems; but the number of slots is kept by it. What to do: an id
 * must be below the size, and not be with the device.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the device believes any id in a list. */
export const idUnchecked: PackedDefect = {
  name: 'id-unchecked',
  title: 'the device believes any id in a list',
  fault: 'G12',
  device: (Base) =>
    class extends Base {
      protected override mayTake(_id: number, _size: number): boolean {
        return true;
      }
    },
};
