/**
 * S12: an id that is no descriptor leads out of the driver's notes; one that is not out is freed twice.
 *
 * How it comes about: the device is taken for a part of the machine. Linux marks the queue as broken. What to do: accept only heads of chains that are
 * out.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the driver believes any id in a used entry. */
export const usedIdUnchecked: SplitDefect = {
  name: 'used-id-unchecked',
  title: 'the driver believes any id in a used entry',
  fault: 'S12',
  driver: (Base) =>
    class extends Base {
      protected override isOut(_id: number, _size: number): boolean {
        return true;
      }
    },
};
