/** A core that sleeps while it is needed. */
import type { Property } from './property.ts';

/**
 * In no fair run do all tasks of a core sleep for ever while a message waits that only this core could receive. The
 * classics: an interrupt that found no handler, a doorbell rung before the message was there, one interrupt for two
 * messages of which the handler took one. Where this is broken, nothing more is said of what follows from it: that no
 * operation can succeed, that the buffer does not come home.
 *
 * There is no monitor: the engine decides it on the graph, so a verdict needs an exhausted one.
 */
export const lostWakeup: Property = {
  name: 'lost-wakeup',
  title: 'No core sleeps for ever while a message waits for it.',
  goal: 'awake',
};
