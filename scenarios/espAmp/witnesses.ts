/** Situations that a scenario must be able to reach, in the few forms that they take. */
import type { Witness } from '../../checker/index.ts';
import { espAmpCodeName } from '../../impl/index.ts';
import type { PlainData } from '../../memory/index.ts';

/** An operation returned this code, by name. */
export function returned(name: string, operation: string, code: string): Witness {
  return {
    name,
    reached: (seen) =>
      seen.kind === 'event' &&
      seen.event.kind === 'return' &&
      seen.event.operation === operation &&
      typeof seen.event.result === 'number' &&
      espAmpCodeName(seen.event.result) === code,
  };
}

/** An agent rested in a state like this. */
export function rested<S extends PlainData>(
  name: string,
  agent: string,
  like: (state: S) => boolean,
): Witness {
  return {
    name,
    // An agent rests in states of its own program only: of type S, as the scenario that names both knows.
    reached: (seen) => seen.kind === 'rest' && seen.agent === agent && like(seen.state as S),
  };
}
