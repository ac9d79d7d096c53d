/**
 * B2 (2.8.21.3.1, PD7): the driver reads an old wish for none while its flags are still in the store buffer; the device
 * wants kicks, looks once more, sees nothing and sleeps. On x86, too.
 *
 * Who did it: hermit-os, in both layouts (kernel#2669). What to do: a full fence between the store of the flags and the
 * load of the device event suppression structure.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the wish for kicks may be read before the head's flags are visible. */
export const b2Missing: PackedDefect = {
  name: 'b2-missing',
  title: "the wish for kicks may be read before the head's flags are visible",
  fault: 'B2',
  driver: (Base) =>
    class extends Base {
      protected override orderFlagsBeforeWish(): void {}
    },
};
