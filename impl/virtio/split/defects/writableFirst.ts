/**
 * 2.7.4.2 (SD2): what the device reads must come first.
 *
 * How it comes about: what the device answers stands in front of what it is asked. What to do: put it behind.
 */
import type { Segment } from '../../queue.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: segments for writing come before those for reading. */
export const writableFirst: SplitDefect = {
  name: 'writable-first',
  title: 'segments for writing come before those for reading',
  fault: 'SD2',
  driver: (Base) =>
    class extends Base {
      protected override layOut(segments: readonly Segment[]): readonly Segment[] {
        const laid = super.layOut(segments);
        return [...laid.filter(({ writable }) => writable), ...laid.filter(({ writable }) => !writable)];
      }
      protected override isReadableFirst(_segments: readonly Segment[]): boolean {
        return true;
      }
    },
};
