/**
 * The memory model rc11 against the axioms, on random programs. How much that is worth is tested as well: axioms that are
 * wrong in one point must give other ends on programs of the same kind.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  axiomaticEnds,
  engineEnds,
  modelEnds,
  type Rc11Program,
  rc11Programs,
  WRONG_AXIOMS,
} from './naiveRc11.ts';

const SEED = 20261121;
const PROGRAMS = 1000;

function difference(expected: ReadonlySet<string>, found: ReadonlySet<string>): readonly string[][] {
  return [[...expected].filter((each) => !found.has(each)), [...found].filter((each) => !expected.has(each))];
}

describe('what random programs can load, and leave in memory, under rc11', () => {
  for (const [by, endsOf] of [
    ['the engine', engineEnds],
    ['the model, which drops what it knows to be of no use', modelEnds],
  ] as const) {
    it(`is the same by the axioms and by ${by}`, () => {
      let ends = 0;
      fc.assert(
        fc.property(rc11Programs, (program: Rc11Program) => {
          const expected = axiomaticEnds(program);
          ends += expected.size;
          const [missing, invented] = difference(expected, endsOf(program));
          expect({ missing, invented }).toEqual({ missing: [], invented: [] });
        }),
        { seed: SEED, numRuns: PROGRAMS },
      );
      expect(ends).toBeGreaterThan(5 * PROGRAMS);
    }, 60_000);
  }

  it.each(WRONG_AXIOMS)(
    'would be noticed to differ, if the axiom was: %s',
    (wrong) => {
      const programs = fc.sample(rc11Programs, { seed: SEED, numRuns: PROGRAMS });
      const first = programs.findIndex((each) =>
        difference(axiomaticEnds(each), axiomaticEnds(each, wrong)).some((only) => only.length > 0),
      );
      expect(first).toBeGreaterThanOrEqual(0);
    },
    60_000,
  );
});
