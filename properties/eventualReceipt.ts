/** What was sent arrives. */
import type { Property } from './property.ts';

/**
 * In every fair run each message that was sent is taken by a receiver in the end. Cores that sleep are another property's
 * business (`lost-wakeup`): here somebody is awake, and never comes to the message.
 *
 * There is no monitor: the engine decides it on the graph, so a verdict needs an exhausted one.
 */
export const eventualReceipt: Property = {
  name: 'eventual-receipt',
  title: 'Every message that was sent is received in the end.',
  goal: 'received',
};
