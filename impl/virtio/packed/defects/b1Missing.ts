/**
 * B1 (2.8.21.1.1, PD6): the device may see the head's flags before the other fields, the rest of the list or the
 * payload.
 *
 * How it comes about: the driver was written for one core, or for x86, where the hardware keeps stores in order and
 * only the compiler has to be told. What to do: a release fence, or a release store of the flags, in every build.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: nothing orders a list's head flags behind the descriptors that they publish. */
export const b1Missing: PackedDefect = {
  name: 'b1-missing',
  title: "nothing orders a list's head flags behind the descriptors that they publish",
  fault: 'B1',
  driver: (Base) =>
    class extends Base {
      protected override orderFieldsBeforeFlags(): void {}
    },
};
