/** A message that arrives is reported as not sent, and may be sent again. As in the published code. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: send_try returns what the notification returned. */
export const notifyResultLeaks: EspAmpDefect = {
  name: 'notify-result-leaks',
  title: 'send_try returns what the notification returned',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override send_result(notified: number): number {
        return notified;
      }
    },
};
