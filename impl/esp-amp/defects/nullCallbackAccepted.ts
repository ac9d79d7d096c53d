/** Nothing is registered, and the remote waits for interrupts in vain. As in the published code. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: intr_enable of a queue without a callback answers OK. */
export const nullCallbackAccepted: EspAmpDefect = {
  name: 'null-callback-accepted',
  title: 'intr_enable of a queue without a callback answers OK',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override may_register(_callback: number): boolean {
        return true;
      }
    },
};
