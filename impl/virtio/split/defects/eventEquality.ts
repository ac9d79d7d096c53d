/**
 * S4: of several entries that are announced together, only the last one is held against the event index.
 *
 * How it comes about: the rule for one entry (2.7.10.1) is taken for a batch. With event 0 and two entries added at once, 2 - 1 is not
 * 0. What to do: `needEvent`, which knows the whole window.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the event index is compared with the newest entry only. */
export const eventEquality: SplitDefect = {
  name: 'event-equality',
  title: 'the event index is compared with the newest entry only',
  fault: 'S4',
  driver: (Base) =>
    class extends Base {
      protected override isWaitedFor(event: number, next: number, _count: number, size: number): boolean {
        return this.advance(next, -1, size) === event;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override isWaitedFor(event: number, next: number, _count: number, size: number): boolean {
        return this.advance(next, -1, size) === event;
      }
    },
};
