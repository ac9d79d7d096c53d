/**
 * G3: the device finds the head that stood in the ring before; a chain that it has is made available once more, and the new one never.
 *
 * How it comes about: the index is moved first in private, and its new value is used for the place. What to do: entry, then index.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the entry goes to the place of the index behind it. */
export const entryAtNextIndex: SplitDefect = {
  name: 'entry-at-next-index',
  title: 'the entry goes to the place of the index behind it',
  fault: 'G3',
  driver: (Base) =>
    class extends Base {
      protected override storeEntry(head: number, rings: SplitRings): void {
        const next = this.advance(this.vq.avail_idx, 1, rings.size);
        rings.heads.at(this.position(next, rings.size)).head = head;
      }
    },
};
