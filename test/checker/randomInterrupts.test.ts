/**
 * Interrupts, masks, sleeping and semaphores against a second opinion, on random programs. How much that is worth is tested
 * as well: rules that are wrong in one point must give other results on programs of the same kind.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  engineSees,
  naiveSees,
  type RandomSystem,
  randomSystems,
  type Seen,
  WRONG_INTERRUPTS,
} from './naiveInterrupts.ts';

const SEED = 20261124;
const PROGRAMS = 160;

/** What only one of two sets has: the first of each. */
function difference(
  expected: ReadonlySet<string>,
  found: ReadonlySet<string>,
): { readonly missing: readonly string[]; readonly invented: readonly string[] } {
  return {
    missing: [...expected].filter((each) => !found.has(each)).slice(0, 3),
    invented: [...found].filter((each) => !expected.has(each)).slice(0, 3),
  };
}

function isEmpty({ missing, invented }: ReturnType<typeof difference>): boolean {
  return missing.length + invented.length === 0;
}

function differ(a: Seen | null, b: Seen | null): boolean {
  if (a === null || b === null) return false;
  return !isEmpty(difference(a.reports, b.reports)) || !isEmpty(difference(a.rests, b.rests));
}

const NO_DIFFERENCE = { missing: [], invented: [] };

describe('what random programs with handlers can report, and where they can rest', () => {
  for (const memory of ['sc', 'tso'] as const) {
    it(`is the same by the rules and by the engine, under ${memory}, merged or not`, () => {
      let compared = 0;
      let reports = 0;
      let rests = 0;
      fc.assert(
        fc.property(randomSystems, (random: RandomSystem) => {
          const expected = naiveSees(random, memory, false);
          const expectedMerged = naiveSees(random, memory, true);
          if (expected === null || expectedMerged === null) return;
          compared++;
          reports += expected.reports.size;
          rests += expected.rests.size;
          const found = engineSees(random, memory, false);
          expect(difference(expected.reports, found.reports)).toEqual(NO_DIFFERENCE);
          expect(difference(expected.rests, found.rests)).toEqual(NO_DIFFERENCE);
          const merged = engineSees(random, memory, true);
          expect(difference(expectedMerged.reports, merged.reports)).toEqual(NO_DIFFERENCE);
          // Merging leaves out states at rest that differ only in what an agent keeps to itself; it adds none.
          expect(difference(expected.rests, merged.rests).invented).toEqual([]);
        }),
        { seed: SEED, numRuns: PROGRAMS },
      );
      // The comparison is of something: few programs are left out, and most can go on in many ways.
      expect(compared).toBeGreaterThan(0.95 * PROGRAMS);
      expect(reports).toBeGreaterThan(20 * PROGRAMS);
      expect(rests).toBeGreaterThan(4 * PROGRAMS);
    });
  }

  // How much this is worth. Of 300 programs with another seed most rules were told from the right one by 15 to 140, the fewest by
  // 4 to 9: those on nesting and equal priorities, on two handlers of which one is from outside or has stopped, and on
  // what a store buffer delays. So with another seed and these 160, each of those would slip through less than one time in eight (e^-2.1).
  const programs = fc.sample(randomSystems, { seed: SEED, numRuns: PROGRAMS });
  const right = programs.map(() => undefined as Seen | null | undefined);
  it.each(WRONG_INTERRUPTS)('would be noticed to differ, if the rule was: %s', (wrong) => {
    const first = programs.findIndex((each, index) => {
      right[index] ??= naiveSees(each, 'tso', false);
      return differ(right[index], naiveSees(each, 'tso', false, wrong));
    });
    expect(first).toBeGreaterThanOrEqual(0);
  });
});
