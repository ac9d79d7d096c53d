/** The built-in suite, as the tests read it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { decodeLitmus, type LitmusTest } from 'vqcheck/litmus';

export * from 'vqcheck/litmus';

export const suiteText = readFileSync(resolve(import.meta.dirname, '../../litmus/suite.json'), 'utf8');
export const suite: readonly LitmusTest[] = decodeLitmus(suiteText);

/** A test of the suite. */
export function named(name: string): LitmusTest {
  const found = suite.find((test) => test.name === name);
  if (found === undefined) throw new RangeError(`no test ${name}`);
  return found;
}
