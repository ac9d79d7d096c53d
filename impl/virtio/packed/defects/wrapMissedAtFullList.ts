/**
 * P1: after such a list the cursor is where it was, and a comparison with the old one sees no wrap. The flags are
 * right, but all wishes are taken for those of another lap.
 *
 * Who did it: Linux until 1acfe2c (2023), which keeps the wrap counter twice: once in the flags, once for the event
 * test. With 4 slots, a device that waits for slot 0 hears neither of a list of 4 nor of one after it. What to do: one
 * counter, that changes when the cursor reaches or passes the end.
 */
import { slotOf } from '../cursor.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the wrap counter for the event test misses a list as long as the ring. */
export const wrapMissedAtFullList: PackedDefect = {
  name: 'wrap-missed-at-full-list',
  title: 'the wrap counter for the event test misses a list as long as the ring',
  fault: 'P1',
  driver: (Base) =>
    class extends Base {
      // Bit 16 of the cursor: the second counter differs from the first.
      protected override storeNextAvail(cursor: number): void {
        const before = this.vq.next_avail;
        const missed = slotOf(before) === slotOf(cursor) ? 0x1_0000 : 0;
        super.storeNextAvail((cursor & 0xffff) | ((before & 0x1_0000) ^ missed));
      }
      protected override wrapForWish(cursor: number): number {
        return super.wrapForWish(cursor) ^ ((cursor >>> 16) & 1);
      }
    },
};
