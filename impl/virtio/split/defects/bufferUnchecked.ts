/**
 * G12: a driver makes the device read and write memory that neither of them should touch.
 *
 * How it comes about: the driver is trusted. What to do: hold address and length, without
 * overflow, against what the device may reach.
 */
import type { SplitContents } from '../device.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the device reads and writes wherever a descriptor says. */
export const bufferUnchecked: SplitDefect = {
  name: 'buffer-unchecked',
  title: 'the device reads and writes wherever a descriptor says',
  fault: 'G12',
  device: (Base) =>
    class extends Base {
      protected override isReachable(_contents: SplitContents): boolean {
        return true;
      }
    },
};
