/** The remote may read the address and the length of an earlier message. */
import { AVAILABLE_MASK } from '../layout.ts';
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: send_try stores the flags before the address and the length. */
export const publishBeforeFill: EspAmpDefect = {
  name: 'publish-before-fill',
  title: 'send_try stores the flags before the address and the length',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override hand_over(desc: Descriptor, buffer: number, size: number): void {
        this.publish(desc, AVAILABLE_MASK);
        this.port.fence('seq_cst');
        this.fill_desc(desc, buffer, size);
      }
    },
};
