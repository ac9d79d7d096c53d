/**
 * G14 (2.7): a driver that starts again leaves the indices of before; the device, which starts at 0, takes them for news.
 *
 * How it comes about: the driver relies on fresh pages. What to do: zero the whole queue, the part of the device included, before the
 * device is told of it.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: a queue is set up in memory that was not zeroed. */
export const initWithoutZeroing: SplitDefect = {
  name: 'init-without-zeroing',
  title: 'a queue is set up in memory that was not zeroed',
  fault: 'G14',
  driver: (Base) =>
    class extends Base {
      protected override zeroQueue(_rings: SplitRings): void {}
    },
};
