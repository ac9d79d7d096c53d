/** 4.2.2.1: the driver finds the queue in use, and the device takes it into use again as it was. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the device leaves a queue ready that was reset. */
export const readyNotCleared: TransportDefect = {
  name: 'ready-not-cleared',
  title: 'the device leaves a queue ready that was reset',
  section: '4.2.2.1',
  device: (Base) =>
    class extends Base {
      protected override clear(queue: number): void {
        this.registers.queues.at(queue).reset = 0;
      }
    },
};
