/**
 * G11, G12: of a chain that fills the queue it reads twice as many descriptors as there are; what it looked at need not be what it copies.
 *
 * How it comes about: devices that count the segments first, to know how much room they need. What to do: one walk, with a budget.
 */
import type { Segment } from '../../queue.ts';
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the device walks a chain once to look at it, and once more to copy it. */
export const chainWalkedTwice: SplitDefect = {
  name: 'chain-walked-twice',
  title: 'the device walks a chain once to look at it, and once more to copy it',
  fault: 'G11',
  device: (Base) =>
    class extends Base {
      protected override walk(head: number, rings: SplitRings): Segment[] | number {
        const found = super.walk(head, rings);
        return typeof found === 'number' ? found : super.walk(head, rings);
      }
    },
};
