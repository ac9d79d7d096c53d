/**
 * 2.7.5.1 (SV3): the descriptor table is the driver's; a driver that reads it later finds it changed.
 *
 * How it comes about: devices that mark what they have seen. What to do: keep such marks for oneself.
 */
import type { SplitContents } from '../device.ts';
import type { SplitDescriptor } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the device clears the descriptors that it has read. */
export const descriptorCleared: SplitDefect = {
  name: 'descriptor-cleared',
  title: 'the device clears the descriptors that it has read',
  fault: 'SV3',
  device: (Base) =>
    class extends Base {
      protected override read(desc: SplitDescriptor): SplitContents {
        const contents = super.read(desc);
        desc.len = 0;
        return contents;
      }
    },
};
