/** SD1, PD1: the device refuses the queue, or reads fields where there are none. */
import type { QueueBank } from '../driverTransport.ts';
import type { QueueParts } from '../queueParts.ts';
import type { TransportDefect } from './defect.ts';

/** Seeded: the driver names an address for the descriptors that is not aligned. */
export const queueMisaligned: TransportDefect = {
  name: 'queue-misaligned',
  title: 'the driver names an address for the descriptors that is not aligned',
  section: '2.7.1, 2.8.11',
  driver: (Base) =>
    class extends Base {
      protected override describe(bank: QueueBank, size: number, parts: QueueParts): void {
        super.describe(bank, size, { ...parts, desc: parts.desc + 8 });
      }
    },
};
