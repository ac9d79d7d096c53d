/**
 * 2.7.9: one entry for a batch goes to the place of the first one; the driver looks there, and finds what stood there before.
 *
 * How it comes about: devices that write the entry of each chain and leave out all but the last. What to do: the place by `used.idx`
 * before the batch.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the used entry of a batch stands at the place of its last chain. */
export const batchSlotWrong: SplitDefect = {
  name: 'batch-slot-wrong',
  title: 'the used entry of a batch stands at the place of its last chain',
  fault: 'SV8',
  device: (Base) =>
    class extends Base {
      protected override entryPosition(count: number, size: number): number {
        return this.position(this.advance(this.vq.used_idx, count - 1, size), size);
      }
    },
};
