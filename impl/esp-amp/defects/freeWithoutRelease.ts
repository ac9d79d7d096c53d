/**
 * The flags may become visible before the address and the length written back.
 * The source has the fence before its store of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `free_try`.
 */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: free_try has no fence before its store of the flags. */
export const freeWithoutRelease: EspAmpDefect = {
  name: 'free-without-release',
  title: 'free_try has no fence before its store of the flags',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override fence_release(operation: 'send' | 'free'): void {
        if (operation !== 'free') super.fence_release(operation);
      }
    },
};
