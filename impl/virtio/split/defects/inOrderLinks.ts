/**
 * 2.7.5.2 (SD4): NEXT at x leads to x + 1, at the last one to 0; a device that knows so need not read `next`. Seen from chains of 2
 * in a queue of 4 on: in a smaller one every link is right.
 *
 * How it comes about: drivers that negotiate IN_ORDER and keep their free list as it was. What to do: use descriptors in ring order.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: with IN_ORDER a descriptor links to the one before it. */
export const inOrderLinks: SplitDefect = {
  name: 'in-order-links',
  title: 'with IN_ORDER a descriptor links to the one before it',
  fault: 'SD4',
  driver: (Base) =>
    class extends Base {
      protected override firstLink(at: number, size: number): number {
        return this.features.inOrder === true ? (at - 1) & (size - 1) : super.firstLink(at, size);
      }
    },
};
