/**
 * A fence orders what is loaded before it: the address, the length and the payload may still be earlier ones.
 * The source has the fence after its load of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `recv_try`.
 */
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: recv_try has its fence before the load of the flags instead of after it. */
export const recvAcquireBeforeLoad: EspAmpDefect = {
  name: 'recv-acquire-before-load',
  title: 'recv_try has its fence before the load of the flags instead of after it',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override flags_in_recv(desc: Descriptor): number {
        this.port.fence('seq_cst');
        return desc.flags;
      }
    },
};
