/**
 * B3: the device sees the flags, and then what stood in the descriptor before. The specification does not ask for this
 * barrier.
 *
 * How it comes about: the flags are polled by a plain load, and the compiler or the processor reads the whole
 * descriptor at once, or earlier. What to do: an acquire fence behind the load of the flags, or an acquire load.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a list may be read before the flags that publish it. */
export const b3Missing: PackedDefect = {
  name: 'b3-missing',
  title: 'a list may be read before the flags that publish it',
  fault: 'B3',
  device: (Base) =>
    class extends Base {
      protected override orderFlagsBeforeFields(): void {}
    },
};
