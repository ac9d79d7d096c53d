/**
 * PD2 (2.8.16): once AVAIL was changed a descriptor must not be; whoever looks ahead sees a list that is longer.
 *
 * How it comes about: drivers of the split layout find out that a descriptor was the last one when there is no further one. What to do: look ahead, then write.
 */
import { slotOf } from '../cursor.ts';
import { PACKED_NEXT } from '../layout.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: NEXT of the last descriptor is taken back once it stands in the ring. */
export const nextTakenBack: PackedDefect = {
  name: 'next-taken-back',
  title: 'NEXT of the last descriptor is taken back once it stands in the ring',
  fault: 'PD2',
  driver: (Base) =>
    class extends Base {
      protected override nextFlag(_isLast: boolean): number {
        return PACKED_NEXT;
      }

      protected override listWritten(id: number, head: number, flags: number, size: number): void {
        const { slots } = this.privateAt(id, size);
        const last = this.rings(size).desc.at(slotOf(this.placeInList(head, slots - 1, size)));
        if (slots > 1) last.flags &= ~PACKED_NEXT;
        super.listWritten(id, head, slots > 1 ? flags : flags & ~PACKED_NEXT, size);
      }
    },
};
