/** One refused alloc, and a send without a buffer is allowed; the cursors never agree again. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: alloc_try moves its cursor on even when it finds no free slot. */
export const indexAdvancedOnFailure: EspAmpDefect = {
  name: 'index-advanced-on-failure',
  title: 'alloc_try moves its cursor on even when it finds no free slot',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override refuse_alloc(position: number, last: number): number {
        this.advance_free(position, last);
        return super.refuse_alloc(position, last);
      }
    },
};
