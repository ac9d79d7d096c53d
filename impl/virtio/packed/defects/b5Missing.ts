/**
 * B5: as B2, for interrupts. The device reads an old wish for none while its flags are still in the store buffer.
 *
 * Who did it: DPDK's vhost (put right in 159793a). What to do: a full fence between the store of the flags and the load
 * of the driver event suppression structure.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the wish for interrupts may be read before the used flags are visible. */
export const b5Missing: PackedDefect = {
  name: 'b5-missing',
  title: 'the wish for interrupts may be read before the used flags are visible',
  fault: 'B5',
  device: (Base) =>
    class extends Base {
      protected override orderFlagsBeforeWish(): void {}
    },
};
