/**
 * S11: as long as everything comes back in order, the two are often the same.
 *
 * Who did it: OpenAMP's `virtqueue_get_buffer`, whose callers take what it reports for the index of a descriptor. What to do:
 * report the `id` of the used entry.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the user is told the place in the used ring instead of the head. */
export const slotInsteadOfId: SplitDefect = {
  name: 'slot-instead-of-id',
  title: 'the user is told the place in the used ring instead of the head',
  fault: 'S11',
  driver: (Base) =>
    class extends Base {
      protected override reportedHead(_head: number, position: number): number {
        return position;
      }
    },
};
