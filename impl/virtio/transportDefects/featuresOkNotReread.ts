/** 3.1.1, step 6: the driver goes on with features that the device has refused. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the driver does not look whether FEATURES_OK is still set. */
export const featuresOkNotReread: TransportDefect = {
  name: 'features-ok-not-reread',
  title: 'the driver does not look whether FEATURES_OK is still set',
  section: '3.1.1',
  driver: (Base) =>
    class extends Base {
      protected override isAccepted(): boolean {
        return true;
      }
    },
};
