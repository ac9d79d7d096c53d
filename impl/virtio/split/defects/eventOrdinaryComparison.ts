/**
 * S5: with event 65534 and two entries that take the index to 0, 0 is not at least 65535: no notification. And at all other times
 * there are too many.
 *
 * Who did it: rcore's `should_notify`. What to do: `needEvent`, all of it modulo 2^16.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: indices that wrap are compared as if they did not. */
export const eventOrdinaryComparison: SplitDefect = {
  name: 'event-ordinary-comparison',
  title: 'indices that wrap are compared as if they did not',
  fault: 'S5',
  driver: (Base) =>
    class extends Base {
      protected override isWaitedFor(event: number, next: number, _count: number, _size: number): boolean {
        return next >= event + 1;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override isWaitedFor(event: number, next: number, _count: number, _size: number): boolean {
        return next >= event + 1;
      }
    },
};
