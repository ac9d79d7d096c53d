/**
 * 2.7.5.3.1 (SD5): INDIRECT and NEXT exclude each other; a table ends its chain.
 *
 * How it comes about: drivers that set NEXT on all descriptors and clear it on the last direct one. What to do: INDIRECT alone.
 */
import { DESC_NEXT } from '../layout.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the descriptor that names a table has NEXT. */
export const indirectWithNext: SplitDefect = {
  name: 'indirect-with-next',
  title: 'the descriptor that names a table has NEXT',
  fault: 'SD5',
  driver: (Base) =>
    class extends Base {
      protected override indirectFlags(): number {
        return super.indirectFlags() | DESC_NEXT;
      }
    },
};
