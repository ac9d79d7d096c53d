/**
 * B4 (follows from 2.7.8.2): the driver may see the new index before the entry, or before the bytes that the device wrote.
 *
 * How it comes about: devices that were tested on x86 only. What to do: a release fence, or a release store of `used.idx`.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: nothing orders used.idx behind the used entry and what was written. */
export const b4Missing: SplitDefect = {
  name: 'b4-missing',
  title: 'nothing orders used.idx behind the used entry and what was written',
  fault: 'B4',
  device: (Base) =>
    class extends Base {
      protected override orderEntryBeforeIndex(): void {}
    },
};
