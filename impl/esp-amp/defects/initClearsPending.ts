/** The main core may have rung before the sub core came up: what was pending then is lost. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: sw_intr_init of the sub core zeroes its own word, too. */
export const initClearsPending: EspAmpDefect = {
  name: 'init-clears-pending',
  title: 'sw_intr_init of the sub core zeroes its own word, too',
  changes: 'swIntr',
  mixin: (Base) =>
    class extends Base {
      protected override clear_words(): void {
        super.clear_words();
        if (this.core === 'sub') this.port.store(this.own, 0, 'relaxed');
      }
    },
};
