/**
 * A doorbell that rings after the word was last seen empty is cleared unserved. Lines that need no clearing do not
 * show it.
 */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: the handler clears its doorbell once more when it is done. */
export const acknowledgedTwice: EspAmpDefect = {
  name: 'acknowledged-twice',
  title: 'the handler clears its doorbell once more when it is done',
  changes: 'swIntr',
  mixin: (Base) =>
    class extends Base {
      override handler(): number {
        const woken = super.handler();
        this.acknowledge();
        return woken;
      }
    },
};
