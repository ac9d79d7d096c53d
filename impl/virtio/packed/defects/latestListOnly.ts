/**
 * P9: of several lists that are announced together, the peer waited for an earlier one.
 *
 * Who did it: hermit-os (kernel#1274). What to do: keep the number of slots since the last test, and test the whole
 * range.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: only the newest list is held against the wish, and not all since the last test. */
export const latestListOnly: PackedDefect = {
  name: 'latest-list-only',
  title: 'only the newest list is held against the wish, and not all since the last test',
  fault: 'P9',
  driver: (Base) =>
    class extends Base {
      protected override countAdded(slots: number, _size: number): void {
        this.vq.added = slots;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override countReturned(slots: number, _size: number): void {
        this.vq.returned = slots;
      }
    },
};
