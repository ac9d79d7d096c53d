/**
 * P10: a list that is added before the rest of the batch is collected gets an id of the batch, and overwrites what the
 * driver has noted of it. The user gets one token twice and another one never.
 *
 * Who did it: the sample code of 2.8.22 releases an id before the buffer is processed. What to do: release it when what
 * was noted of it has been handed out.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: all ids of a batch are free as soon as its used descriptor is seen. */
export const idReleasedEarly: PackedDefect = {
  name: 'id-released-early',
  title: 'all ids of a batch are free as soon as its used descriptor is seen',
  fault: 'P10',
  driver: (Base) =>
    class extends Base {
      protected override beginBatch(cursor: number, last: number, len: number, size: number): void {
        super.beginBatch(cursor, last, len, size);
        let at = cursor;
        for (let lists = 0; lists < size; lists++) {
          const id = this.oldest(at, size);
          const own = this.privateAt(id, size);
          own.next = this.vq.free_id;
          this.vq.free_id = id;
          if (id === last) break;
          at = this.pass(at, own.slots, size);
        }
      }
      protected override releaseId(id: number, size: number): void {
        const isFreeAlready = this.features.inOrder === true && this.vq.batch_last !== size;
        if (!isFreeAlready) super.releaseId(id, size);
      }
    },
};
