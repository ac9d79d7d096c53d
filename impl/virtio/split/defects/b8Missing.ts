/**
 * B8: as B7, for kicks. The device goes to sleep over a chain of which nobody will tell it.
 *
 * Who did it: cloud-hypervisor (put right in #2179). What to do: a full fence between the store of `used.flags` or
 * `avail_event` and the load of `avail.idx`.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the last look at avail.idx may come before the wish for kicks is visible. */
export const b8Missing: SplitDefect = {
  name: 'b8-missing',
  title: 'the last look at avail.idx may come before the wish for kicks is visible',
  fault: 'B8',
  device: (Base) =>
    class extends Base {
      protected override orderWishBeforeIndex(): void {}
    },
};
