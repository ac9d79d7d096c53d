/**
 * B3: the device sees the new index, and with it an older entry, descriptor or payload. The specification does not say it.
 *
 * Who did it: firecracker, put right in firecracker#2169. What to do: an acquire fence, or an acquire load of `avail.idx`, before the entry
 * is read; that the index is tested first orders nothing.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: an available entry and its chain may be read before the index that announces them. */
export const b3Missing: SplitDefect = {
  name: 'b3-missing',
  title: 'an available entry and its chain may be read before the index that announces them',
  fault: 'B3',
  device: (Base) =>
    class extends Base {
      protected override orderIndexBeforeEntry(): void {}
    },
};
