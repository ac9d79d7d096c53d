/** What makes plain data safe to hand over: an order that the program itself has made. */
import type { Property } from './property.ts';

/**
 * Two accesses to the same bytes by different cores, one of them a write and one of them plain, are ordered by
 * happens-before (C11, 5.1.2.4; RC11: Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017): by what one core does in its order, and
 * by release stores or fences that acquire loads or fences of the other read from. Task and handlers of one core are in
 * order. The doorbell that enters a handler orders what the last release fence before it came after.
 *
 * Asked under every memory model, whatever that would order by itself: a race under `sc` is a fence missing on a weaker
 * machine, or a tear. There is no monitor: the engine keeps the clocks. A run goes on behind a race, so that what
 * comes of it is found as well.
 */
export const noDataRace: Property = {
  name: 'no-data-race',
  title: 'Conflicting accesses of two cores, one of them plain, are ordered by happens-before.',
  races: true,
};
