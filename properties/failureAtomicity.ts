/** A caller that is told of a failure goes on as if it had not called: so the call must have left no trace. */
import type { Property } from './property.ts';
import { resultName } from './wording.ts';

/**
 * An operation that fails leaves every location, shared or local, as it found it: what it changed it has put back by
 * its return. Operations without a contract are not judged. Ownership that moved nevertheless is for
 * `no-double-ownership` to tell.
 */
export const failureAtomicity: Property = {
  name: 'failure-atomicity',
  title: 'An operation that fails changes nothing.',
  monitor: (context) => ({
    words: 0,
    step(_state, event) {
      if (event.kind !== 'return' || event.changed.length === 0) return null;
      const contract = context.operations[event.operation];
      if (contract === undefined || contract.succeeded(event.result)) return null;
      const found = resultName(contract, event.result);
      return `${event.operation} failed with ${found} but left ${event.changed.join(', ')} changed`;
    },
  }),
};
