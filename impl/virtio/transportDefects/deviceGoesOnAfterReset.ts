/** SV9: the status is 0, and the device takes and returns chains as before. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the device confirms a reset and goes on with its queues. */
export const deviceGoesOnAfterReset: TransportDefect = {
  name: 'device-goes-on-after-reset',
  title: 'the device confirms a reset and goes on with its queues',
  section: '2.4.1',
  device: (Base) =>
    class extends Base {
      protected override forgetAtReset(_queue: number): boolean {
        return false;
      }
    },
};
