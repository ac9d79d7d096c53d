/**
 * G3: the device finds the head that stood in the ring before; a chain that it has is made available once more, and the new one never.
 *
 * How it comes about: a ring that is filled once, for descriptors that always come back in the same order. What to do: entry, then
 * index, each time.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the index is moved, and the head of the chain not stored in the ring. */
export const entryNotStored: SplitDefect = {
  name: 'entry-not-stored',
  title: 'the index is moved, and the head of the chain not stored in the ring',
  fault: 'G3',
  driver: (Base) =>
    class extends Base {
      protected override storeEntry(_head: number, _rings: SplitRings): void {}
    },
};
