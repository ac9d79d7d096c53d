/**
 * S7: what was made available between the last look and the wish is never announced: the device sleeps over it.
 *
 * How it comes about: the device polls for a while, and then sleeps. What to do: look again after the wish, with B8 in between.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: kicks are wanted without a last look at avail.idx. */
export const enableKicksWithoutRecheck: SplitDefect = {
  name: 'enable-kicks-without-recheck',
  title: 'kicks are wanted without a last look at avail.idx',
  fault: 'S7',
  device: (Base) =>
    class extends Base {
      protected override looksEmpty(_rings: SplitRings): boolean {
        return true;
      }
    },
};
