/**
 * Section 6 (SV8): the driver goes by the order in which it made the chains available, and reads the id of the last one only.
 *
 * How it comes about: devices that offer IN_ORDER and complete requests as they are done. What to do: keep what is done early until its
 * turn has come, or do not offer the feature.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: with IN_ORDER chains are returned in any order. */
export const orderNotKept: SplitDefect = {
  name: 'order-not-kept',
  title: 'with IN_ORDER chains are returned in any order',
  fault: 'SV8',
  device: (Base) =>
    class extends Base {
      protected override isInTurn(_head: number, _before: number, _size: number): boolean {
        return true;
      }
    },
};
