/** A handler that adds one in between is given the same entry, and one of the two is lost. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: add_handler leaves its critical section before it writes the free entry that it found. */
export const maskReleasedEarly: EspAmpDefect = {
  name: 'mask-released-early',
  title: 'add_handler leaves its critical section before it writes the free entry that it found',
  changes: 'swIntr',
  mixin: (Base) =>
    class extends Base {
      protected override add(intr_id: number, handler: number, arg: number): number {
        const was = this.enter_critical();
        const free = this.find_free();
        this.exit_critical(was);
        if (free === null) return -1;
        this.write_entry(free, intr_id, handler, arg);
        return 0;
      }
    },
};
