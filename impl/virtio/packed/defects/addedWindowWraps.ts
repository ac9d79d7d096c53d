/**
 * P11: after as many slots as the counter has values the window is empty: nobody is notified of any of them.
 *
 * Who did it: Linux, which forces a kick in time in the split layout only. What to do: count no further than one lap. A
 * smaller index modulus shows it with fewer slots.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: slots since the last test are counted modulo 65536. */
export const addedWindowWraps: PackedDefect = {
  name: 'added-window-wraps',
  title: 'slots since the last test are counted modulo 65536',
  fault: 'P11',
  driver: (Base) =>
    class extends Base {
      protected override countOn(count: number, slots: number, _size: number): number {
        return (count + slots) & ((this.options.indexModulus ?? 0x1_0000) - 1);
      }
    },
  device: (Base) =>
    class extends Base {
      protected override countOn(count: number, slots: number, _size: number): number {
        return (count + slots) & ((this.options.indexModulus ?? 0x1_0000) - 1);
      }
    },
};
