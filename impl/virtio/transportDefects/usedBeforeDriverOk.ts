/** 2.1.2: the device works as soon as a queue is ready. */
import { STATUS_FEATURES_OK } from '../registers.ts';
import type { TransportDefect } from './defect.ts';

/** Seeded: the device uses queues before DRIVER_OK. */
export const usedBeforeDriverOk: TransportDefect = {
  name: 'used-before-driver-ok',
  title: 'the device uses queues before DRIVER_OK',
  section: '2.1.2',
  device: (Base) =>
    class extends Base {
      protected override isLive(): boolean {
        return (this.own.status & STATUS_FEATURES_OK) !== 0;
      }
    },
};
