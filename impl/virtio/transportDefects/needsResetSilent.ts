/** 2.1.2: a driver that sleeps waits for ever for buffers that do not come back. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the device sets DEVICE_NEEDS_RESET, and does not say that it did. */
export const needsResetSilent: TransportDefect = {
  name: 'needs-reset-silent',
  title: 'the device sets DEVICE_NEEDS_RESET, and does not say that it did',
  section: '2.1.2',
  device: (Base) =>
    class extends Base {
      protected override configChange(): void {}
    },
};
