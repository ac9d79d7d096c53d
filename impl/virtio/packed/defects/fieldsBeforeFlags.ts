/**
 * PV2 (2.8.15): before AVAIL was changed there is nothing to be read; the driver may be writing it.
 *
 * How it comes about: prefetching. What to do: flags, barrier, then the other fields.
 */
import type { Taken } from '../../queue.ts';
import { slotOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device reads the length of the next descriptor before its flags. */
export const fieldsBeforeFlags: PackedDefect = {
  name: 'fields-before-flags',
  title: 'the device reads the length of the next descriptor before its flags',
  fault: 'PV2',
  device: (Base) =>
    class extends Base {
      override take(out: Taken): number {
        const { size, broken } = this.vq;
        if (broken === 0) void this.rings(size).desc.at(slotOf(this.loadNextAvail())).len;
        return super.take(out);
      }
    },
};
