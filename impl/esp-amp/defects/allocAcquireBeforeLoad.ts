/**
 * A fence orders what is loaded before it: the address may still be the one that stood in the slot before.
 * The source has the fence after its load of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `alloc_try`.
 */
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: alloc_try has its fence before the load of the flags instead of after it. */
export const allocAcquireBeforeLoad: EspAmpDefect = {
  name: 'alloc-acquire-before-load',
  title: 'alloc_try has its fence before the load of the flags instead of after it',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override flags_in_alloc(desc: Descriptor): number {
        this.port.fence('seq_cst');
        return desc.flags;
      }
    },
};
