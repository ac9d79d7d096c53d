/** 4.2.2.2: a device that looks in between finds a queue of no size, or the one that was there before. */
import type { QueueBank } from '../driverTransport.ts';
import type { QueueParts } from '../queueParts.ts';
import type { TransportDefect } from './defect.ts';

/** Seeded: the driver says that a queue is ready, and then where it is. */
export const queueReadyBeforeAddresses: TransportDefect = {
  name: 'queue-ready-before-addresses',
  title: 'the driver says that a queue is ready, and then where it is',
  section: '4.2.2.2',
  driver: (Base) =>
    class extends Base {
      protected override announce(bank: QueueBank, size: number, parts: QueueParts): void {
        this.enable(bank);
        this.describe(bank, size, parts);
      }
    },
};
