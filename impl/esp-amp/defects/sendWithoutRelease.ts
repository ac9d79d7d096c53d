/**
 * The flags may become visible before the address, the length and the payload that they stand for.
 * The source has the fence before its store of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `send_try`.
 */
import { AVAILABLE_MASK } from '../layout.ts';
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: send_try has no fence before its store of the flags. */
export const sendWithoutRelease: EspAmpDefect = {
  name: 'send-without-release',
  title: 'send_try has no fence before its store of the flags',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override hand_over(desc: Descriptor, buffer: number, size: number): void {
        this.fill_desc(desc, buffer, size);
        this.publish(desc, AVAILABLE_MASK);
      }
    },
};
