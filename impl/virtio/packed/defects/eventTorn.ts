/**
 * P3: flags that were just written are read together with an offset that was there before, or the other way round. Only
 * where the event structures are accessed by halves.
 *
 * How it comes about: the structure is declared as two fields of 16 bits. What to do: one access of 32 bits; or the
 * offset, a release fence and the flags on the one side, the flags, an acquire fence and the offset on the other.
 *
 * As long as both sides keep their full fences and look once more after they have said what they want, a torn wish
 * loses no notification: whoever has read it is seen by that last look.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: with 16-bit accesses nothing orders the offset and the flags of a wish. */
export const eventTorn: PackedDefect = {
  name: 'event-torn',
  title: 'with 16-bit accesses nothing orders the offset and the flags of a wish',
  fault: 'P3',
  driver: (Base) =>
    class extends Base {
      protected override orderWishFlagsBeforeOffset(): void {}
      protected override orderOffsetBeforeWishFlags(): void {}
    },
  device: (Base) =>
    class extends Base {
      protected override orderWishFlagsBeforeOffset(): void {}
      protected override orderOffsetBeforeWishFlags(): void {}
    },
};
