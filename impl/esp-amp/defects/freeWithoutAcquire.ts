/**
 * Comes to nothing as long as `recv` has its fence: the remote's stores come after that one as well.
 * The source has the fence after its load of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `free_try`.
 */
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: free_try has no fence after its load of the flags. */
export const freeWithoutAcquire: EspAmpDefect = {
  name: 'free-without-acquire',
  title: 'free_try has no fence after its load of the flags',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override flags_in_free(desc: Descriptor): number {
        return desc.flags;
      }
    },
};
