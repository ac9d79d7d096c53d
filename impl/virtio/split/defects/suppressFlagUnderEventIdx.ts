/**
 * 2.7.7.1 (SD7), 2.7.10.2 (SV7): with EVENT_IDX both flags words stay 0.
 *
 * How it comes about: callbacks that are switched off in the same way whatever was negotiated. What to do: nothing, or move the event
 * index.
 */
import { AVAIL_NO_INTERRUPT, USED_NO_NOTIFY } from '../layout.ts';
import type { SplitRings } from '../side.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: under EVENT_IDX the flags say that no notification is wanted. */
export const suppressFlagUnderEventIdx: SplitDefect = {
  name: 'suppress-flag-under-event-idx',
  title: 'under EVENT_IDX the flags say that no notification is wanted',
  fault: 'SD7',
  driver: (Base) =>
    class extends Base {
      protected override wantNoInterrupts(rings: SplitRings): void {
        rings.avail.flags = AVAIL_NO_INTERRUPT;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override wantNoKicks(rings: SplitRings): void {
        rings.used.flags = USED_NO_NOTIFY;
      }
    },
};
