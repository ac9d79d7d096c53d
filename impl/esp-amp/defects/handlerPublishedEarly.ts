/** An interrupt in between calls the handler without its argument, or takes an id for another. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: add_handler writes the handler first, and masks no interrupts. */
export const handlerPublishedEarly: EspAmpDefect = {
  name: 'handler-published-early',
  title: 'add_handler writes the handler first, and masks no interrupts',
  changes: 'swIntr',
  mixin: (Base) =>
    class extends Base {
      protected override add(intr_id: number, handler: number, arg: number): number {
        const free = this.find_free();
        if (free === null) return -1;
        free.handler = handler;
        free.intr_id = intr_id;
        free.arg = arg;
        return 0;
      }
    },
};
