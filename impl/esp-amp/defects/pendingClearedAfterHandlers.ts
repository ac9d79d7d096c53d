/**
 * What the peer sets while the handlers run is cleared with what they have served: its doorbell finds nothing, and the
 * message waits for the next one.
 */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: the word of pending interrupts is read, and zeroed only after the handlers have run. */
export const pendingClearedAfterHandlers: EspAmpDefect = {
  name: 'pending-cleared-after-handlers',
  title: 'the word of pending interrupts is read, and zeroed only after the handlers have run',
  changes: 'swIntr',
  mixin: (Base) =>
    class extends Base {
      protected override take_pending(handled: number): number {
        if (handled !== 0) this.port.store(this.own, 0, 'seq_cst');
        return this.port.load(this.own, 'seq_cst');
      }
    },
};
