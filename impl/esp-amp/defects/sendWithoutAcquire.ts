/**
 * Comes to nothing as long as `alloc` has its fence: the master's stores come after that one as well.
 * The source has the fence after its load of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `send_try`.
 */
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: send_try has no fence after its load of the flags. */
export const sendWithoutAcquire: EspAmpDefect = {
  name: 'send-without-acquire',
  title: 'send_try has no fence after its load of the flags',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override flags_in_send(desc: Descriptor): number {
        return desc.flags;
      }
    },
};
