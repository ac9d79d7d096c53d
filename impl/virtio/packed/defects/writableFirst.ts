/**
 * PD4 (2.8.17): the device takes what it may only write for something to read, or refuses the list.
 *
 * How it comes about: the user lists them in any order, and nobody sorts them. What to do: refuse, or sort.
 */
import type { Segment } from '../../queue.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: segments for writing come before those for reading. */
export const writableFirst: PackedDefect = {
  name: 'writable-first',
  title: 'segments for writing come before those for reading',
  fault: 'PD4',
  driver: (Base) =>
    class extends Base {
      protected override layOut(segments: readonly Segment[]): readonly Segment[] {
        return [...segments].sort((a, b) => Number(b.writable) - Number(a.writable));
      }
    },
};
