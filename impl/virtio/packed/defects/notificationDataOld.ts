/**
 * PD3 (2.9): a device that goes by it leaves the last list alone.
 *
 * How it comes about: an offset that is taken before the cursor goes on. What to do: name the slot of the next list.
 */
import type { NotificationData } from '../../queue.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: a notification names the last list that is available, not the slot behind it. */
export const notificationDataOld: PackedDefect = {
  name: 'notification-data-old',
  title: 'a notification names the last list that is available, not the slot behind it',
  fault: 'PD3',
  driver: (Base) =>
    class extends Base {
      protected override notificationData(size: number): NotificationData {
        const { next_off, next_wrap } = super.notificationData(size);
        return next_off > 0
          ? { next_off: next_off - 1, next_wrap }
          : { next_off: size - 1, next_wrap: 1 - next_wrap };
      }
    },
};
