/**
 * B6: the driver sees the new index, and with it an older used entry or older bytes of the buffer. The specification has this
 * one nowhere in the chapter on the split layout.
 *
 * Who did it: whoever took the sample code of 2.7.14 as it is. What to do: an acquire fence, or an acquire load of `used.idx`.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: a used entry may be read before the index that announces it. */
export const b6Missing: SplitDefect = {
  name: 'b6-missing',
  title: 'a used entry may be read before the index that announces it',
  fault: 'B6',
  driver: (Base) =>
    class extends Base {
      protected override orderIndexBeforeEntry(): void {}
    },
};
