/**
 * Q9: an offset or a length that leads out of the pool is read or written. As in the published code.
 *
 * What to do today: check `offset + len` against the dataport's size after each `camkes_virtqueue_device_gather_buffer`, and
 * do not use the copying functions, which leave no time for it.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: the device uses a descriptor's offset, length and link as they come. */
export const chainUnchecked: Sel4Defect = {
  name: 'chain-unchecked',
  title: "the device uses a descriptor's offset, length and link as they come",
  fault: 'Q9',
  device: (Base) =>
    class extends Base {
      protected override is_sound(): boolean {
        return true;
      }
    },
};
