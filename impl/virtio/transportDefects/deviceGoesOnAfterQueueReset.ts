/** SV9: the queue is reset by its registers, and the device takes and returns its chains as before. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the device confirms the reset of a queue and goes on with it. */
export const deviceGoesOnAfterQueueReset: TransportDefect = {
  name: 'device-goes-on-after-queue-reset',
  title: 'the device confirms the reset of a queue and goes on with it',
  section: '2.6.1.1.1',
  device: (Base) =>
    class extends Base {
      protected override forgetAtQueueReset(_queue: number): boolean {
        return false;
      }
    },
};
