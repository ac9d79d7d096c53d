/**
 * P8: the driver takes the id and the length that stood there before: its own, of the list whose head was there.
 *
 * How it comes about: the descriptor is written in the order in which it is read. What to do: store the flags last.
 */
import { slotOf, wrapOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: a used descriptor is published before its id and length are written. */
export const flagsBeforeId: PackedDefect = {
  name: 'flags-before-id',
  title: 'a used descriptor is published before its id and length are written',
  fault: 'P8',
  device: (Base) =>
    class extends Base {
      protected override writeUsed(cursor: number, id: number, written: number, size: number): void {
        const desc = this.rings(size).desc.at(slotOf(cursor));
        this.orderFieldsBeforeFlags();
        desc.flags = this.usedFlags(wrapOf(cursor)) | this.writeFlag(written);
        desc.id = id;
        desc.len = this.lengthToReport(id, written, size);
      }
    },
};
