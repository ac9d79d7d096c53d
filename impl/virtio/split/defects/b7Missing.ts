/**
 * B7: the driver's wish waits in the store buffer while it looks a last time; the device reads the old wish, and sends nothing.
 *
 * Who did it: rcore's virtio-drivers, where it stores `used_event`. What to do: a full fence between the store of the wish and
 * the load of `used.idx`, as a note of the specification has it.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the last look at used.idx may come before the wish for interrupts is visible. */
export const b7Missing: SplitDefect = {
  name: 'b7-missing',
  title: 'the last look at used.idx may come before the wish for interrupts is visible',
  fault: 'B7',
  driver: (Base) =>
    class extends Base {
      protected override orderWishBeforeIndex(): void {}
    },
};
