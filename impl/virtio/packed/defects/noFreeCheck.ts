/**
 * P10 (2.8.17, PD4): descriptors that the device has not used yet are overwritten, and ids that are out are given out
 * again.
 *
 * Who did it: the sample code of 2.8.21.3 has no such check; OpenAMP compiles its own out. What to do: count free
 * slots, and refuse before anything is written.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a list is added although not so many slots are free. */
export const noFreeCheck: PackedDefect = {
  name: 'no-free-check',
  title: 'a list is added although not so many slots are free',
  fault: 'P10',
  driver: (Base) =>
    class extends Base {
      protected override hasRoom(_slots: number): boolean {
        return true;
      }
    },
};
