/** The weakest promise of liveness: things can always get better. */
import type { Property } from './property.ts';

/**
 * From every reachable state some run leads to a successful operation, or to all buffers being home. A state without
 * one is a deadlock in both its forms: every agent is blocked or has ended with buffers still out; or agents go on
 * polling, each operation refused, and no schedule will ever change that.
 *
 * It asks whether progress stays *possible*, not whether a fair schedule reaches it. There is no monitor: the
 * engine decides the goal on the graph, so a verdict needs an exhausted one.
 */
export const deadlock: Property = {
  name: 'deadlock',
  title: 'No state is reached in which every agent is blocked or polls in vain for ever.',
  goal: 'progress',
};
