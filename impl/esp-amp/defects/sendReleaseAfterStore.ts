/**
 * A fence orders what is stored after it: the flags may still become visible before what they stand for.
 * The source has the fence before its store of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `send_try`.
 */
import { AVAILABLE_MASK } from '../layout.ts';
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: send_try has its fence after the store of the flags instead of before it. */
export const sendReleaseAfterStore: EspAmpDefect = {
  name: 'send-release-after-store',
  title: 'send_try has its fence after the store of the flags instead of before it',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override hand_over(desc: Descriptor, buffer: number, size: number): void {
        this.fill_desc(desc, buffer, size);
        this.publish(desc, AVAILABLE_MASK);
        this.port.fence('seq_cst');
      }
    },
};
