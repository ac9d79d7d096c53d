/** 2.2.2: the device keeps FEATURES_OK, and then works without what the driver relies on. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the device accepts features that it did not offer. */
export const unofferedUnchecked: TransportDefect = {
  name: 'unoffered-unchecked',
  title: 'the device accepts features that it did not offer',
  section: '2.2.2',
  device: (Base) =>
    class extends Base {
      protected override wereOffered(_low: number, _high: number): boolean {
        return true;
      }
    },
};
