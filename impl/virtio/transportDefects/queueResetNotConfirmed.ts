/** SD14: the driver uses the memory of a queue again while the device may still use it. */
import type { QueueBank } from '../driverTransport.ts';
import type { TransportDefect } from './defect.ts';

/** Seeded: the driver does not wait until the device has confirmed the reset of a queue. */
export const queueResetNotConfirmed: TransportDefect = {
  name: 'queue-reset-not-confirmed',
  title: 'the driver does not wait until the device has confirmed the reset of a queue',
  section: '2.6.1.1.2',
  driver: (Base) =>
    class extends Base {
      protected override confirmQueueReset(_bank: QueueBank): void {}
    },
};
