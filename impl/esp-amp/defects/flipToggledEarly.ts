/** The last slot looks taken in the first lap. With a single slot the counters are never toggled. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: the flip counters are toggled one slot before the end of the ring. */
export const flipToggledEarly: EspAmpDefect = {
  name: 'flip-toggled-early',
  title: 'the flip counters are toggled one slot before the end of the ring',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override passes_end(position: number, last: number): boolean {
        return position === last - 1;
      }
    },
};
