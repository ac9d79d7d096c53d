/**
 * G12: the driver names memory that is not its own.
 *
 * How it comes about: addresses are checked where they are used, and one use is forgotten; or `addr + len` overflows,
 * as in openvmm until #3990. What to do: check each descriptor once, when it is copied.
 */
import type { PackedNaming } from '../device.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device reads and writes wherever a descriptor says. */
export const bufferUnchecked: PackedDefect = {
  name: 'buffer-unchecked',
  title: 'the device reads and writes wherever a descriptor says',
  fault: 'G12',
  device: (Base) =>
    class extends Base {
      protected override isInReach(_naming: PackedNaming): boolean {
        return true;
      }
    },
};
