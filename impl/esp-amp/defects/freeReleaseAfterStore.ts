/**
 * A fence orders what is stored after it: the flags may still become visible before what was written back.
 * The source has the fence before its store of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `free_try`.
 */
import { USED_MASK } from '../layout.ts';
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: free_try has its fence after the store of the flags instead of before it. */
export const freeReleaseAfterStore: EspAmpDefect = {
  name: 'free-release-after-store',
  title: 'free_try has its fence after the store of the flags instead of before it',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override give_back(desc: Descriptor, buffer: number, size: number): void {
        this.write_back(desc, buffer, size);
        this.publish(desc, USED_MASK);
        this.port.fence('seq_cst');
      }
    },
};
