/**
 * G5: between the two stores the device takes whatever stood in the ring. No fence helps; seen on any memory.
 *
 * How it comes about: the index is counted where the entry is begun. What to do: descriptors, entry, B1, index, in this order.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: avail.idx is stored before the entry that it announces. */
export const publishBeforeFill: SplitDefect = {
  name: 'publish-before-fill',
  title: 'avail.idx is stored before the entry that it announces',
  fault: 'G5',
  driver: (Base) =>
    class extends Base {
      protected override publish(head: number, rings: SplitRings): void {
        this.storeIndex(rings);
        this.orderEntryBeforeIndex();
        this.storeEntry(head, rings);
      }
    },
};
