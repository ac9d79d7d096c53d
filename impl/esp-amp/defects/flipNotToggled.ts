/** In the second lap every free slot looks taken. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: the flip counters are not toggled at the end of the ring. */
export const flipNotToggled: EspAmpDefect = {
  name: 'flip-not-toggled',
  title: 'the flip counters are not toggled at the end of the ring',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override passes_end(_position: number, _last: number): boolean {
        return false;
      }
    },
};
