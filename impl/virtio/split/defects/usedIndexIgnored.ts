/**
 * 2.7.7.1 (SD7): an interrupt for nothing, or none at all, and it reads an entry that there is not.
 *
 * How it comes about: an interrupt is taken for a chain that came back. What to do: look at `used.idx`, each time.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the driver takes it that a chain has come back, whatever the index says. */
export const usedIndexIgnored: SplitDefect = {
  name: 'used-index-ignored',
  title: 'the driver takes it that a chain has come back, whatever the index says',
  fault: 'SD7',
  driver: (Base) =>
    class extends Base {
      protected override loadUsedIndex(rings: SplitRings): number {
        const index = super.loadUsedIndex(rings);
        const { last_used, avail_idx } = this.vq;
        return index === last_used && avail_idx !== last_used
          ? this.advance(last_used, 1, rings.size)
          : index;
      }
    },
};
