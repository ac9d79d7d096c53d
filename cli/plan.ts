/** Which runs a command line asks for: targets, scenarios, sizes, memory models and defects, multiplied. */
import { memoryModelNames } from '../checker/index.ts';
import type { Scenario, ScenarioParams, Target } from '../scenarios/index.ts';
import { knownName, UsageError } from './errors.ts';
import { allTargets, type LoadedTarget, loadTarget } from './targets.ts';

/** What was asked for; undefined: not asked, the defaults apply. */
export interface Selection {
  readonly scenarios: readonly string[] | undefined;
  readonly slots: readonly number[] | undefined;
  /** Names of memory models, or `all`. */
  readonly memories: readonly string[] | undefined;
  /** Sets of defects, one run each; the empty set is the sound implementation. */
  readonly defects: readonly (readonly string[])[] | undefined;
  readonly properties: readonly string[] | undefined;
  /** Leave out runs of millions of states. */
  readonly quick?: boolean;
}

export interface PlannedRun {
  readonly scenario: Scenario;
  readonly params: ScenarioParams;
}

/** A combination of the defaults that its scenario does not take. */
export interface RefusedRun {
  readonly scenario: string;
  readonly slots: number;
  readonly memory: string;
  readonly reason: string;
  /** Its scenario takes it: it is `--quick` that leaves it out. */
  readonly quick?: true;
}

/** How fuzzing differs from exhausting: real indices and messages, and one larger size. */
export interface FuzzDefaults {
  readonly slots: number;
}

export interface TargetPlan {
  readonly loaded: LoadedTarget;
  readonly runs: readonly PlannedRun[];
  readonly refused: readonly RefusedRun[];
  /** Properties to check; undefined: all of the target's. */
  readonly properties: readonly string[] | undefined;
}

/** Sets of defects as typed: a comma separates runs, `+` joins defects in one, `none` is the sound implementation. */
export function defectSets(names: readonly string[] | undefined): readonly (readonly string[])[] | undefined {
  return names?.map((set) => (set === 'none' ? [] : set.split('+')));
}

/**
 * The targets that are meant: those named; or, without names, every built-in one that has what is asked for.
 * @throws UsageError when something asked for does not exist, with suggestions.
 */
export async function selectTargets(
  names: readonly string[],
  selection: Selection,
): Promise<readonly LoadedTarget[]> {
  const named: LoadedTarget[] = [];
  for (const name of names) named.push(await loadTarget(name));
  if (named.length > 0) {
    for (const { target, asTyped } of named) checkNames([target], selection, asTyped);
    return named;
  }
  const all = allTargets();
  const targets = all.map(({ target }) => target);
  checkNames(targets, selection, null);
  return all.filter(({ target }) => has(target, selection));
}

function has(target: Target, { scenarios = [], defects = [], properties = [] }: Selection): boolean {
  return (
    scenarios.every((name) => target.scenarios.some((scenario) => scenario.name === name)) &&
    defects.flat().every((name) => target.defects.some((defect) => defect.name === name)) &&
    properties.every((name) => target.properties.includes(name))
  );
}

function checkNames(targets: readonly Target[], selection: Selection, asTyped: string | null): void {
  const list = asTyped === null ? 'vqcheck list' : `vqcheck list ${asTyped}`;
  const of = asTyped === null ? '' : ` of ${asTyped}`;
  const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];
  const scenarios = unique(targets.flatMap((target) => target.scenarios.map(({ name }) => name)));
  const defects = unique(targets.flatMap((target) => target.defects.map(({ name }) => name)));
  const properties = unique(targets.flatMap((target) => target.properties));
  const memories = unique(targets.flatMap((target) => target.memories));
  for (const name of selection.scenarios ?? []) {
    knownName('unknown-scenario', `scenario${of}`, name, scenarios, list);
  }
  for (const name of (selection.defects ?? []).flat()) {
    knownName('unknown-defect', `defect${of}`, name, defects, list);
  }
  for (const name of selection.properties ?? []) {
    knownName('unknown-property', `property${of}`, name, properties, list);
  }
  for (const name of selection.memories ?? []) {
    if (name !== 'all') knownName('unknown-memory', `memory model${of}`, name, [...memories, 'all'], list);
  }
}

/** The runs of one target. @throws UsageError for a combination that was asked for and is refused. */
export function planTarget(
  loaded: LoadedTarget,
  selection: Selection,
  fuzz: FuzzDefaults | null = null,
): TargetPlan {
  const { target } = loaded;
  const runs: PlannedRun[] = [];
  const refused: RefusedRun[] = [];
  for (const defects of selection.defects ?? [[]]) {
    const shown = target.defects.find(({ name }) => name === defects[0]);
    const asked = target.scenarios.filter(({ name }) =>
      (selection.scenarios ?? [shown?.scenario]).includes(name),
    );
    const scenarios = selection.scenarios === undefined && shown === undefined ? target.scenarios : asked;
    for (const scenario of scenarios) {
      const home = shown !== undefined && shown.scenario === scenario.name;
      const allSlots =
        selection.slots ?? (home ? [shown.slots] : defaultSlots(target, scenario, defects, fuzz));
      for (const slots of allSlots) {
        for (const memory of memoriesOf(target, selection.memories, home ? shown.memory : undefined)) {
          const params: ScenarioParams = {
            slots,
            memory,
            defects,
            ...(fuzz === null ? {} : { realistic: true }),
          };
          const reason = scenario.refuse(params);
          const quick = scenario.isQuick?.(params) ?? scenario.takesLong?.(params) !== true;
          if (reason === null && selection.quick === true && !quick) {
            const why = 'takes long: without --quick';
            refused.push({ scenario: scenario.name, slots, memory, reason: why, quick: true });
            continue;
          }
          if (reason === null) {
            runs.push({ scenario, params });
            continue;
          }
          // Refused to a person who named this very combination; `--slots 8` alone skips what stops at 4.
          if (isExplicit(target, scenario, params, selection))
            throw refusal(loaded, scenario, params, reason);
          refused.push({ scenario: scenario.name, slots, memory, reason });
        }
      }
    }
  }
  if (runs.length === 0) {
    const first = refused[0];
    throw new UsageError('refused-combination', `no scenario of ${loaded.asTyped} takes what was asked for`, {
      expected: 'slots and a memory model that at least one scenario takes',
      found: first === undefined ? 'no scenario' : `${first.scenario}, ${first.slots} slots: ${first.reason}`,
      advice: `vqcheck list ${loaded.asTyped}`,
    });
  }
  return { loaded, runs, refused, properties: selection.properties };
}

/**
 * Whether a combination was asked for as it is. A memory model that was not named is no part of it: then a size is refused
 * only if no memory model takes it.
 */
function isExplicit(
  target: Target,
  scenario: Scenario,
  params: ScenarioParams,
  selection: Selection,
): boolean {
  if (selection.scenarios === undefined || selection.slots === undefined) return false;
  if (selection.memories !== undefined && !selection.memories.includes('all')) return true;
  return target.memories.every((memory) => scenario.refuse({ ...params, memory }) !== null);
}

/** Exhausted: the scenario's own. Fuzzed: the larger size, where the scenario takes it. */
function defaultSlots(
  target: Target,
  scenario: Scenario,
  defects: readonly string[],
  fuzz: FuzzDefaults | null,
): readonly number[] {
  if (fuzz === null) return scenario.defaultSlots;
  const takes = target.memories.some(
    (memory) => scenario.refuse({ slots: fuzz.slots, memory, defects, realistic: true }) === null,
  );
  return takes ? [fuzz.slots] : scenario.defaultSlots.slice(-1);
}

function refusal(
  loaded: LoadedTarget,
  scenario: Scenario,
  params: ScenarioParams,
  reason: string,
): UsageError {
  const { slots, memory } = params;
  return new UsageError(
    'refused-combination',
    `${scenario.name} does not take ${slots} slots under ${memory}`,
    {
      expected: `slots that it takes: ${[...scenario.defaultSlots, ...scenario.moreSlots].join(', ')} are meant for it`,
      found: reason,
      advice: `vqcheck list ${loaded.asTyped}`,
    },
  );
}

function memoriesOf(
  target: Target,
  asked: readonly string[] | undefined,
  shown: ScenarioParams['memory'] | undefined,
): readonly ScenarioParams['memory'][] {
  if (asked === undefined) return shown === undefined ? (target.defaultMemories ?? target.memories) : [shown];
  return target.memories.filter((name) => asked.includes(name) || asked.includes('all'));
}

/** Memory models of the vocabulary: all that a target could ever be checked under. */
export const memoryModelVocabulary: readonly string[] = [
  ...new Set<string>([...memoryModelNames, 'sc', 'tso', 'pso', 'rc11']),
];
