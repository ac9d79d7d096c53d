/**
 * G5, SV6: between the two stores the driver collects whatever stood in the used ring.
 *
 * How it comes about: as `publish-before-fill`, on the other side. What to do: payload, entry, B4, index, in this order.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: used.idx is stored before the entry that it announces. */
export const returnBeforeFill: SplitDefect = {
  name: 'return-before-fill',
  title: 'used.idx is stored before the entry that it announces',
  fault: 'G5',
  device: (Base) =>
    class extends Base {
      protected override publish(id: number, len: number, count: number, rings: SplitRings): void {
        this.storeIndex(count, rings);
        this.orderEntryBeforeIndex();
        this.storeEntry(id, len, count, rings);
      }
    },
};
