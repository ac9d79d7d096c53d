/**
 * B4: the driver may see a used descriptor with its old id and length, or a buffer before the device has written it.
 *
 * How it comes about: as B1, on a device in software. What to do: a release fence, or a release store of the flags.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: nothing orders the used flags behind the used descriptor and what was written. */
export const b4Missing: PackedDefect = {
  name: 'b4-missing',
  title: 'nothing orders the used flags behind the used descriptor and what was written',
  fault: 'B4',
  device: (Base) =>
    class extends Base {
      protected override orderFieldsBeforeFlags(): void {}
    },
};
