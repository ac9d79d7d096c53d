/**
 * S13 (2.7.6.1, SD6; 3.3.1, SD13): the device may have the chain already; what comes next at this index it never sees.
 *
 * Who did it: Linux's `detach_unused_buf_split` counts the index back, which is right only because the queue is dead by then.
 * What to do: reset the queue before anything is withdrawn.
 */
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: a chain is withdrawn by counting avail.idx back when there is no room. */
export const availableWithdrawn: SplitDefect = {
  name: 'available-withdrawn',
  title: 'a chain is withdrawn by counting avail.idx back when there is no room',
  fault: 'S13',
  driver: (Base) =>
    class extends Base {
      protected override hasRoom(needed: number, rings: SplitRings): boolean {
        const { vq } = this;
        if (super.hasRoom(needed, rings) || this.features.inOrder === true)
          return super.hasRoom(needed, rings);
        vq.avail_idx = this.advance(vq.avail_idx, -1, rings.size);
        rings.avail.idx = vq.avail_idx;
        this.release(rings.heads.at(this.position(vq.avail_idx, rings.size)).head, rings.size);
        return super.hasRoom(needed, rings);
      }
    },
};
