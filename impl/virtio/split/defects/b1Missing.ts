/**
 * B1 (2.7.13.3.1, SD10): the device may see the new index before the entry, the descriptors or the payload.
 *
 * How it comes about: the driver was written for one core, or for x86, where the hardware keeps stores in order and only
 * the compiler has to be told. What to do: a release fence, or a release store of `avail.idx`, in every build.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: nothing orders avail.idx behind the entry and the descriptors that it announces. */
export const b1Missing: SplitDefect = {
  name: 'b1-missing',
  title: 'nothing orders avail.idx behind the entry and the descriptors that it announces',
  fault: 'B1',
  driver: (Base) =>
    class extends Base {
      protected override orderEntryBeforeIndex(): void {}
    },
};
