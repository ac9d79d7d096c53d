/**
 * B2 (2.7.13.4.1, SD11): the store of `avail.idx` waits in the store buffer while the driver reads an old wish for no kicks; the
 * device looks a last time, sees the old index, and sleeps. On x86, too.
 *
 * Who did it: hermit-os, put right for both rings in hermit-os/kernel#2669. What to do: a full fence between
 * the store of the index and the load of the flags or of `avail_event`; a release store is not enough.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the wish for kicks may be read before avail.idx is visible. */
export const b2Missing: SplitDefect = {
  name: 'b2-missing',
  title: 'the wish for kicks may be read before avail.idx is visible',
  fault: 'B2',
  driver: (Base) =>
    class extends Base {
      protected override orderIndexBeforeWish(): void {}
    },
};
