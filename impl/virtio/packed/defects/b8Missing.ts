/**
 * B8: as B7, for kicks.
 *
 * Who did it: cloud-hypervisor (put right in #2179). What to do: a full fence between the store of the wish and the
 * last look.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the last look at the head flags may come before the wish for kicks is visible. */
export const b8Missing: PackedDefect = {
  name: 'b8-missing',
  title: 'the last look at the head flags may come before the wish for kicks is visible',
  fault: 'B8',
  device: (Base) =>
    class extends Base {
      protected override orderWishBeforeFlags(): void {}
    },
};
