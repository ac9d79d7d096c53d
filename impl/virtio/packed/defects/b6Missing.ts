/**
 * B6: the driver sees the flags, and then an id or a length that stood there before: that of its own list.
 *
 * How it comes about: the descriptor is read as a whole. What to do: an acquire fence behind the load of the flags, as
 * in the sample code of 2.8.22.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a used descriptor may be read before the flags that publish it. */
export const b6Missing: PackedDefect = {
  name: 'b6-missing',
  title: 'a used descriptor may be read before the flags that publish it',
  fault: 'B6',
  driver: (Base) =>
    class extends Base {
      protected override orderFlagsBeforeFields(): void {}
    },
};
