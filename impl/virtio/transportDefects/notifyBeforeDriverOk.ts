/** 3.1.1: a buffer that is made available while the queues are filled is announced at once. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the driver notifies the device before it is live. */
export const notifyBeforeDriverOk: TransportDefect = {
  name: 'notify-before-driver-ok',
  title: 'the driver notifies the device before it is live',
  section: '3.1.1',
  driver: (Base) =>
    class extends Base {
      override mayKick(): boolean {
        return true;
      }
    },
};
