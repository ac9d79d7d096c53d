/**
 * 2.7.4.2: a device that goes by readable bytes first and writable ones after them mixes the two up.
 *
 * How it comes about: devices that look at each descriptor on its own. What to do: refuse the chain.
 */
import type { Segment } from '../../queue.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the device accepts a descriptor for reading behind one for writing. */
export const directionUnchecked: SplitDefect = {
  name: 'direction-unchecked',
  title: 'the device accepts a descriptor for reading behind one for writing',
  fault: 'SD2',
  device: (Base) =>
    class extends Base {
      protected override mayFollow(_segment: Segment, _before: Segment | undefined): boolean {
        return true;
      }
    },
};
