/**
 * A fence orders what is loaded before it: the address may still be the one that stood in the slot before.
 * The source has the fence after its load of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `alloc_try`.
 */
import type { Out } from '../sysInfo.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: alloc_try has its fence before the load of the flags instead of after it. */
export const allocAcquireBeforeLoad: EspAmpDefect = {
  name: 'alloc-acquire-before-load',
  title: 'alloc_try has its fence before the load of the flags instead of after it',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override alloc(out: Out, size: number): number {
        super.fence_acquire('alloc');
        return super.alloc(out, size);
      }

      protected override fence_acquire(operation: 'alloc' | 'send' | 'recv' | 'free'): void {
        if (operation !== 'alloc') super.fence_acquire(operation);
      }
    },
};
