/**
 * The flags may become visible before the address, the length and the payload that they stand for.
 * The source has the fence before its store of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `send_try`.
 */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: send_try has no fence before its store of the flags. */
export const sendWithoutRelease: EspAmpDefect = {
  name: 'send-without-release',
  title: 'send_try has no fence before its store of the flags',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override fence_release(operation: 'send' | 'free'): void {
        if (operation !== 'send') super.fence_release(operation);
      }
    },
};
