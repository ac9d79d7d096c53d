/**
 * P7 (2.8.13): flags of an earlier use look like those of the first lap. The device takes lists that nobody added, or
 * the driver collects what nobody used.
 *
 * How it comes about: the memory is kept over a reset. What to do: zero the ring and both event structures before the
 * queue is enabled.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a queue is set up in memory that was not zeroed. */
export const ringNotZeroed: PackedDefect = {
  name: 'ring-not-zeroed',
  title: 'a queue is set up in memory that was not zeroed',
  fault: 'P7',
  driver: (Base) =>
    class extends Base {
      protected override zeroShared(_size: number): void {}
    },
};
