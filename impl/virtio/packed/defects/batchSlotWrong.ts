/**
 * PV6 (2.8.8): it goes to the slot of the first one; the driver looks there, and finds its own list.
 *
 * How it comes about: devices that write the used descriptor of each list and leave out all but the last. What to do:
 * write it at the cursor, and then skip the batch.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the used descriptor of a batch stands at the slot of its last list. */
export const batchSlotWrong: PackedDefect = {
  name: 'batch-slot-wrong',
  title: 'the used descriptor of a batch stands at the slot of its last list',
  fault: 'PV6',
  device: (Base) =>
    class extends Base {
      protected override batchPlace(cursor: number, slotsBeforeLast: number, size: number): number {
        return this.placeInList(cursor, slotsBeforeLast, size);
      }
    },
};
