/** Callers can only handle what is written down. */
import type { Property } from './property.ts';
import { agentName, numberName } from './wording.ts';

/**
 * A numeric result is one of the operation's documented codes. Operations without a contract, and those whose result
 * is no code (an address, a count), are not judged.
 */
export const documentedErrors: Property = {
  name: 'documented-errors',
  title: 'Operations return only the codes that are documented for them.',
  monitor: (context) => ({
    words: 0,
    step(_state, event) {
      if (event.kind !== 'return' || typeof event.result !== 'number') return null;
      const codes = context.operations[event.operation]?.codes ?? null;
      if (codes === null || Object.hasOwn(codes, event.result)) return null;
      const names = Object.values(codes);
      if (names.length === 0) return null;
      return (
        `${agentName(context, event.agent)}: ${event.operation} returned ${numberName(event.result)}, ` +
        `expected one of ${names.join(', ')}`
      );
    },
  }),
};
