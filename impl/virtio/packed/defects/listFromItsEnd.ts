/**
 * PV1 (2.8.12): it starts on descriptors in the order of the ring.
 *
 * How it comes about: the id is valid in the last descriptor only, so that one is read first. What to do: walk once, and keep what was read.
 */

import { slotOf } from '../cursor.ts';
import type { PackedList } from '../device.ts';
import { PACKED_NEXT } from '../layout.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device looks at the second descriptor of a list before the first. */
export const listFromItsEnd: PackedDefect = {
  name: 'list-from-its-end',
  title: 'the device looks at the second descriptor of a list before the first',
  fault: 'PV1',
  device: (Base) =>
    class extends Base {
      protected override readList(cursor: number, headFlags: number, list: PackedList, size: number): number {
        const second = this.rings(size).desc.at(slotOf(this.placeInList(cursor, 1, size)));
        if ((headFlags & PACKED_NEXT) !== 0) void second.addr;
        return super.readList(cursor, headFlags, list, size);
      }
    },
};
