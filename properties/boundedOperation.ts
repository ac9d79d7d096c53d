/** Operations are wait-free: they end after a bounded number of their own accesses, whatever the others do. */
import type { Property } from './property.ts';
import { agentName } from './wording.ts';

/**
 * No operation makes more own accesses than the system's bound; in a loop that is meant to go on until another agent
 * acts (`port.repeat`) the bound holds for each pass. An operation that throws has no documented end, so it counts.
 */
export const boundedOperation: Property = {
  name: 'bounded-operation',
  title: 'Every operation returns within a bounded number of its own accesses.',
  monitor: (context) => ({
    words: 0,
    step(_state, event) {
      const who = agentName(context, event.agent);
      if (event.kind === 'fault' && (event.fault === 'unbounded' || event.fault === 'threw')) {
        return `${who}: ${event.message}`;
      }
      if (event.kind !== 'return' || event.accesses <= context.accessBound) return null;
      return `${who}: ${event.operation} made ${event.accesses} accesses, expected at most ${context.accessBound}`;
    },
  }),
};
