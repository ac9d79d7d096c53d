/**
 * PD4 (2.8.17): it goes on in the first slot of the ring, for which nobody has looked whether it is free.
 *
 * How it comes about: the end of the ring is taken for a link to its start. What to do: slots follow each other without.
 */
import { slotOf } from '../cursor.ts';
import { PACKED_NEXT } from '../layout.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: a list that begins in the last slot of the ring has NEXT. */
export const nextAtRingEnd: PackedDefect = {
  name: 'next-at-ring-end',
  title: 'a list that begins in the last slot of the ring has NEXT',
  fault: 'PD4',
  driver: (Base) =>
    class extends Base {
      protected override publish(id: number, head: number, flags: number, size: number): void {
        super.publish(id, head, slotOf(head) === size - 1 ? flags | PACKED_NEXT : flags, size);
      }
    },
};
