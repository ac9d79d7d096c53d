/**
 * G11: a ring whose descriptors all have NEXT holds the device for ever, and fills its memory.
 *
 * How it comes about: a list cannot be a loop, as there are no links; but the ring is one. What to do: no list has more
 * elements than the ring has slots.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a walk over a list ends only where the list does. */
export const listUnbounded: PackedDefect = {
  name: 'list-unbounded',
  title: 'a walk over a list ends only where the list does',
  fault: 'G11',
  device: (Base) =>
    class extends Base {
      protected override listLimit(_size: number): number {
        return Number.POSITIVE_INFINITY;
      }
    },
};
