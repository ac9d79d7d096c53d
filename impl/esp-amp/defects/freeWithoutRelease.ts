/**
 * The flags may become visible before the address and the length written back.
 * The source has the fence before its store of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `free_try`.
 */
import { USED_MASK } from '../layout.ts';
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: free_try has no fence before its store of the flags. */
export const freeWithoutRelease: EspAmpDefect = {
  name: 'free-without-release',
  title: 'free_try has no fence before its store of the flags',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override give_back(desc: Descriptor, buffer: number, size: number): void {
        this.write_back(desc, buffer, size);
        this.publish(desc, USED_MASK);
      }
    },
};
