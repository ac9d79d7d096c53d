/** A receiver that looks one slot ahead: when two messages wait, the newer one comes first. */

import { OK } from '../errors.ts';
import type { Out } from '../sysInfo.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: with two messages waiting, `recv_try` takes the second. */
export const recvTakesNext: EspAmpDefect = {
  name: 'recv-takes-next',
  title: 'recv_try takes the message after the next one when there are two',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override recv(out: Out): number {
        const queue = this.queue;
        const last = queue.size - 1;
        const position = queue.free_index & last;
        const next = (position + 1) & last;
        const flip = this.passes_end(position, last) ? 1 - queue.free_flip_counter : queue.free_flip_counter;
        if (queue.master === 0 && next !== position) {
          const desc = this.desc_at(queue.desc, next, last);
          if (this.is_available(flip, desc.flags)) {
            this.port.fence('seq_cst');
            out.address = desc.addr;
            out.size = desc.len;
            this.advance_free(position, last);
            return OK;
          }
        }
        return super.recv(out);
      }
    },
};
