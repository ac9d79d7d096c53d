/**
 * S7: what was used between the last look and the wish is never announced: the driver sleeps over it. Seen on any memory.
 *
 * How it comes about: the driver enables, and then sleeps. What to do: look again after the wish, with B7 in between, and go on
 * collecting if something is there.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: interrupts are wanted without a last look at used.idx. */
export const enableInterruptsWithoutRecheck: SplitDefect = {
  name: 'enable-interrupts-without-recheck',
  title: 'interrupts are wanted without a last look at used.idx',
  fault: 'S7',
  driver: (Base) =>
    class extends Base {
      protected override looksEmpty(_rings: SplitRings): boolean {
        return true;
      }
    },
};
