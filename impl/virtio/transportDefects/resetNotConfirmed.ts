/** 2.4.2: the driver takes the device for reset as soon as it has asked for it. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the driver does not wait until the device has confirmed a reset. */
export const resetNotConfirmed: TransportDefect = {
  name: 'reset-not-confirmed',
  title: 'the driver does not wait until the device has confirmed a reset',
  section: '2.4.2',
  driver: (Base) =>
    class extends Base {
      protected override awaitAnswer(status: number): void {
        if (status !== 0) super.awaitAnswer(status);
      }
      protected override confirmReset(): void {}
    },
};
