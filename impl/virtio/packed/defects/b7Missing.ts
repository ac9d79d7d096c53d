/**
 * B7: the wish is still in the store buffer when the driver looks for the last time. The device reads the old one, and
 * does not interrupt for what the driver has not seen.
 *
 * How it comes about: the fence is taken for a matter of the device. What to do: a full fence between the store of the
 * wish and the last look, as in the sample code of 2.8.22.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the last look at the used flags may come before the wish for interrupts is visible. */
export const b7Missing: PackedDefect = {
  name: 'b7-missing',
  title: 'the last look at the used flags may come before the wish for interrupts is visible',
  fault: 'B7',
  driver: (Base) =>
    class extends Base {
      protected override orderWishBeforeFlags(): void {}
    },
};
