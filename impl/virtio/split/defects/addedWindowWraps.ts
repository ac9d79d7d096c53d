/**
 * S6: after as many entries as there are indices the window is empty again: nobody is notified of any of them.
 *
 * How it comes about: only the index of the last test is kept. Linux forces a kick at 65,535 entries (in the split layout only).
 * What to do: notify without a test once the window is full.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: entries since the last test are counted modulo the index modulus. */
export const addedWindowWraps: SplitDefect = {
  name: 'added-window-wraps',
  title: 'entries since the last test are counted modulo the index modulus',
  fault: 'S6',
  driver: (Base) =>
    class extends Base {
      protected override countOn(count: number, by: number, size: number): number {
        return this.features.eventIdx === true
          ? this.advance(count, by, size)
          : super.countOn(count, by, size);
      }
    },
  device: (Base) =>
    class extends Base {
      protected override countOn(count: number, by: number, size: number): number {
        return this.features.eventIdx === true
          ? this.advance(count, by, size)
          : super.countOn(count, by, size);
      }
    },
};
