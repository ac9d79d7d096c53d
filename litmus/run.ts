/** Runs litmus tests on the engine, and compares what it finds with the published sets. */
import { type MemoryModelName, startCheck } from '../checker/index.ts';
import { noDataRace } from '../properties/index.ts';
import type { LitmusTest, LitmusVariant } from './format.ts';
import { canRace, litmusSystem } from './program.ts';

/** Values of a final state, in the order of the test's `observed`. */
export type Outcome = readonly number[];

export interface LitmusRun {
  /** All final states, sorted, each once. */
  readonly outcomes: readonly Outcome[];
  /** Whether some run has a data race; null: not asked, as the test has no plain access. */
  readonly race: boolean | null;
  readonly states: number;
  readonly transitions: number;
}

/** How a set of final states differs from the expected one. */
export interface Comparison {
  readonly agrees: boolean;
  /** Expected and not found: the model is too strong, and can miss bugs. */
  readonly missing: readonly Outcome[];
  /** Found and not expected: the model is too weak, and can report bugs that no machine shows. */
  readonly extra: readonly Outcome[];
}

/** Whether a data race was found where one was expected, and only there. */
export interface RaceComparison {
  readonly agrees: boolean;
  /** Null: nothing is known about it. */
  readonly expected: boolean | null;
  /** Null: the test has no plain access, so nothing can race. */
  readonly found: boolean | null;
}

/** Where the literature leaves a choice: what each of our models implements. Null: the main reading. */
export const variantOf: Readonly<Record<MemoryModelName, LitmusVariant | null>> = {
  sc: null,
  tso: null,
  pso: null,
  rc11: 'rc11_fenced_sc',
};

/** States expanded between two looks at the search. */
const SLICE = 1 << 16;

/**
 * Explores the test to the end. @throws Error if the search does not come to an end.
 *
 * @example
 * const [test] = decodeLitmus(text);
 * const { outcomes } = runLitmus(test, 'tso');
 */
export function runLitmus(test: LitmusTest, memory: MemoryModelName): LitmusRun {
  const found = new Map<string, Outcome>();
  let restarts = 0;
  const { system, cells } = litmusSystem(test, (outcome) => {
    // What a search saw before it started anew does not count: it knew too little about the memory.
    if (search.restarts !== restarts) found.clear();
    restarts = search.restarts;
    found.set(outcome.join(), outcome);
  });
  const search = startCheck(system, { memory, cells });
  while (!search.advance(SLICE));
  const { verdict, error, incomplete, violations, states, transitions } = search.result();
  const races = violations.filter(({ property }) => property === noDataRace.name);
  if (verdict !== 'proved' && (verdict !== 'violated' || violations.length > races.length)) {
    const other = violations.find(({ property }) => property !== noDataRace.name);
    const why = error?.message ?? incomplete?.kind ?? other?.message ?? verdict;
    throw new Error(`litmus test ${test.name} under ${memory}: ${why}`);
  }
  const race = canRace(test) ? races.length > 0 : null;
  return { outcomes: sorted([...found.values()]), race, states, transitions };
}

/** The published set that our model of that name must have: of its variant where one is listed, else the main one. */
export function expectedOutcomes(test: LitmusTest, memory: MemoryModelName): readonly Outcome[] {
  const variant = variantOf[memory];
  const listed = variant === null ? undefined : test.variants?.[variant];
  return sorted(listed?.outcomes ?? test.outcomes[memory]);
}

export function compareOutcomes(expected: readonly Outcome[], found: readonly Outcome[]): Comparison {
  const isIn = (set: readonly Outcome[]): ((outcome: Outcome) => boolean) => {
    const keys = new Set(set.map((outcome) => outcome.join()));
    return (outcome) => keys.has(outcome.join());
  };
  const wasFound = isIn(found);
  const wasExpected = isIn(expected);
  const missing = sorted(expected.filter((outcome) => !wasFound(outcome)));
  const extra = sorted(found.filter((outcome) => !wasExpected(outcome)));
  return { agrees: missing.length === 0 && extra.length === 0, missing, extra };
}

/**
 * Compares whether a data race was found with what the test says of rc11. The other models allow a part of its runs, so
 * that a test without a race there has none under them; one with a race there may have none.
 */
export function compareRace(
  test: LitmusTest,
  memory: MemoryModelName,
  found: LitmusRun['race'],
): RaceComparison {
  const published = test.race?.rc11 ?? null;
  const expected = memory === 'rc11' || published === false ? published : null;
  return { agrees: expected === null || expected === (found ?? false), expected, found };
}

/** By the first value, then by the second, and so on. */
function sorted(outcomes: readonly Outcome[]): readonly Outcome[] {
  return [...outcomes].sort((a, b) => {
    const differs = a.findIndex((value, i) => value !== b[i]);
    return differs < 0 ? 0 : (a[differs] ?? 0) - (b[differs] ?? 0);
  });
}
