/**
 * B5: as B2, for interrupts. The device reads an old wish for none while its index is still in the store buffer.
 *
 * Who did it: DPDK's vhost (put right in 159793a), ACRN (acrn-hypervisor#2733). What to do: a full fence between the store of
 * `used.idx` and the load of `avail.flags` or `used_event`.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the wish for interrupts may be read before used.idx is visible. */
export const b5Missing: SplitDefect = {
  name: 'b5-missing',
  title: 'the wish for interrupts may be read before used.idx is visible',
  fault: 'B5',
  device: (Base) =>
    class extends Base {
      protected override orderIndexBeforeWish(): void {}
    },
};
