/**
 * PD9, PV8 (2.8.10): only 0, 1 and 2 mean something; a peer may take 3 for a wish.
 *
 * How it comes about: all bits are set, where one of two is meant. What to do: store 1.
 */
import { EVENT_DISABLE } from '../layout.ts';
import type { PackedEvent } from '../side.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: a side that wants no notification stores 3, which is reserved. */
export const eventFlagsReserved: PackedDefect = {
  name: 'event-flags-reserved',
  title: 'a side that wants no notification stores 3, which is reserved',
  fault: 'PD9',
  driver: (Base) =>
    class extends Base {
      protected override storeWish(event: PackedEvent, flags: number, cursor: number): void {
        super.storeWish(event, flags === EVENT_DISABLE ? 3 : flags, cursor);
      }
    },
  device: (Base) =>
    class extends Base {
      protected override storeWish(event: PackedEvent, flags: number, cursor: number): void {
        super.storeWish(event, flags === EVENT_DISABLE ? 3 : flags, cursor);
      }
    },
};
