/** Everybody is busy, and nothing is done. */
import type { Property } from './property.ts';

/**
 * No fair run goes round without end in which no operation succeeds although there is work left. `deadlock` asks
 * whether progress is possible at all; this one, whether it happens: two agents that make each other fail for ever could
 * go on, if only the schedule were another.
 *
 * There is no monitor: the engine decides it on the graph, so a verdict needs an exhausted one.
 */
export const livelock: Property = {
  name: 'livelock',
  title: 'No fair run goes round without end without an operation that succeeds, while there is work left.',
  goal: 'live',
};
