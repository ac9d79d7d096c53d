/**
 * The remote may see the flags of a message with the address, the length or the payload of an earlier one.
 * The source has the fence after its load of the flags: esp-amp 752bf0b, `esp_amp_queue.c`, `recv_try`.
 */
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: recv_try has no fence after its load of the flags. */
export const recvWithoutAcquire: EspAmpDefect = {
  name: 'recv-without-acquire',
  title: 'recv_try has no fence after its load of the flags',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override flags_in_recv(desc: Descriptor): number {
        return desc.flags;
      }
    },
};
