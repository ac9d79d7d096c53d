/**
 * The master may find the slot free and yet read the address that stood in it before.
 * The source has the fence after its load of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `alloc_try`.
 */
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: alloc_try has no fence after its load of the flags. */
export const allocWithoutAcquire: EspAmpDefect = {
  name: 'alloc-without-acquire',
  title: 'alloc_try has no fence after its load of the flags',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override flags_in_alloc(desc: Descriptor): number {
        return desc.flags;
      }
    },
};
