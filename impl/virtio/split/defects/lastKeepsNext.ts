/**
 * 2.7.5.2 (SD3): the chain goes on into whatever is free, or back to itself.
 *
 * How it comes about: drivers that set NEXT on all descriptors, and forget the last one. What to do: clear it there.
 */
import type { Segment } from '../../queue.ts';
import { DESC_NEXT } from '../layout.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the last descriptor of a chain has NEXT. */
export const lastKeepsNext: SplitDefect = {
  name: 'last-keeps-next',
  title: 'the last descriptor of a chain has NEXT',
  fault: 'SD3',
  driver: (Base) =>
    class extends Base {
      protected override flagsOf(segment: Segment, isLast: boolean): number {
        return super.flagsOf(segment, isLast) | DESC_NEXT;
      }
    },
};
