/** Clauses by their numbers, with what they are called in `vqcheck clauses`. */
import type { Clause } from '../../../properties/index.ts';

/** Whom a clause binds and where it stands, in one line: `MUST 2.7.6.1`. */
export function clause(
  id: string,
  level: Clause['level'],
  section: string,
  text: string,
  unmonitored?: string,
): Clause {
  const side = id.charAt(1) === 'D' ? 'driver' : 'device';
  return {
    id,
    version: '1.2',
    section,
    side,
    level,
    text,
    ...(unmonitored === undefined ? {} : { unmonitored }),
  };
}
