/** 4.2.2.2: the device refuses the queue, and needs a reset. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the driver takes a queue larger than the device admits. */
export const sizeAboveMaximum: TransportDefect = {
  name: 'size-above-maximum',
  title: 'the driver takes a queue larger than the device admits',
  section: '4.2.2.2',
  driver: (Base) =>
    class extends Base {
      protected override admits(_size: number, _most: number): boolean {
        return true;
      }
    },
};
