/** One run of `vqcheck check`: explores it, and says what was found as plain data. */
import {
  type CheckOptions,
  type CheckResult,
  explainDifference,
  startCheck,
  TargetError,
  type Violation,
} from '../checker/index.ts';
import { systemOf, traceFolder } from './commands/common.ts';
import { drive } from './drive.ts';
import type { Interrupt } from './interrupt.ts';
import type { PlannedRun } from './plan.ts';
import type { ProgressNumbers } from './report/progress.ts';
import { expectationOf, judge, type ReportedViolation, type RunReport } from './runReport.ts';
import { siteProbe } from './sites.ts';
import type { LoadedTarget } from './targets.ts';
import { saveViolations } from './traceFiles.ts';

/** How runs are checked, as the command line says it. Plain data. */
export interface CheckRunOptions {
  /** Properties to check; not given: all of the target's. */
  readonly properties?: readonly string[];
  /** Stop at the first violation. */
  readonly first: boolean;
  readonly maxStates?: number;
  readonly maxSeconds?: number;
  readonly maxMemory?: number;
  /** Where traces go that somebody asked for; null: nowhere. And the folder that `--out` named. */
  readonly folder: string | null;
  readonly out?: string;
}

/** Whoever started the run. */
export interface RunWatch {
  readonly interrupt: Pick<Interrupt, 'requested'>;
  onProgress(numbers: ProgressNumbers, seconds: number): void;
}

/** States expanded between two looks at the clock: some 10 ms. */
const SLICE = 1 << 14;

/** What a search found, or what kept it from beginning. */
type Outcome = Pick<
  CheckResult,
  | 'verdict'
  | 'violations'
  | 'incomplete'
  | 'error'
  | 'witnesses'
  | 'states'
  | 'transitions'
  | 'depth'
  | 'longestOperations'
  | 'notifications'
  | 'bufferDepth'
  | 'deepestBuffer'
>;

const nothingRun: Omit<Outcome, 'error'> = {
  verdict: 'error',
  violations: [],
  incomplete: null,
  witnesses: [],
  states: 0,
  transitions: 0,
  depth: 0,
  longestOperations: {},
  notifications: null,
  bufferDepth: null,
  deepestBuffer: 0,
};

/** Explores a run of a target. Never throws for what the target does: that is a verdict. */
export async function checkRun(
  loaded: LoadedTarget,
  run: PlannedRun,
  options: CheckRunOptions,
  watch: RunWatch,
): Promise<RunReport> {
  const { scenario, params } = run;
  const { properties, folder } = options;
  const checkOptions: CheckOptions = {
    memory: params.memory,
    first: options.first,
    ...(properties === undefined ? {} : { properties }),
    ...(options.maxStates === undefined ? {} : { maxStates: options.maxStates }),
    ...(options.maxMemory === undefined ? {} : { maxBytes: options.maxMemory }),
  };
  let peak = 0;
  let taken = 0;
  let outcome: Outcome;
  try {
    const search = startCheck(systemOf(run), checkOptions);
    taken = await drive(search, {
      slice: SLICE,
      maxSeconds: options.maxSeconds,
      interrupt: watch.interrupt,
      onSlice: (elapsed) => {
        peak = Math.max(peak, search.bytes());
        const more = [['frontier', search.frontier] as const, ['depth', search.depth] as const];
        watch.onProgress({ unit: 'states', count: search.states, more }, elapsed);
      },
    });
    outcome = search.result();
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    outcome = { ...nothingRun, error: { code: error.code, message: error.message } };
  }
  const violations: readonly Violation[] = outcome.violations;
  const expected = expectationOf(run, properties);
  const judged = judge(outcome, { expected, defects: params.defects, first: options.first });
  const isComplete = outcome.incomplete === null && outcome.error === null && !options.first;
  return {
    target: loaded.target.name,
    asTyped: loaded.asTyped,
    scenario: scenario.name,
    slots: params.slots,
    memory: params.memory,
    defects: params.defects,
    indexModulus: scenario.indexModulus(params),
    bufferDepth: outcome.bufferDepth,
    deepestBuffer: outcome.deepestBuffer,
    scenarioBounds: scenario.bounds(params),
    limits: limitsOf(options),
    seed: null,
    ...judged,
    violations: explained(
      loaded,
      run,
      violations,
      saveViolations(loaded, run, properties, violations, traceFolder(judged, params, folder, options.out)),
      // What a scenario declares is no news.
      judged.asExpected && params.defects.length === 0,
    ),
    witnesses: outcome.witnesses,
    states: outcome.states,
    transitions: outcome.transitions,
    depth: outcome.depth,
    schedules: null,
    seconds: taken,
    peakMemoryBytes: peak,
    longestOperations: isComplete ? outcome.longestOperations : null,
    notifications: outcome.notifications,
  };
}

/** The violations, the first that is no data race with what a weak memory model has to do with it. */
function explained(
  loaded: LoadedTarget,
  run: PlannedRun,
  found: readonly Violation[],
  reported: readonly ReportedViolation[],
  isDeclared: boolean,
): readonly ReportedViolation[] {
  const { memory } = run.params;
  if (memory === 'sc' || isDeclared) return reported;
  const system = systemOf(run);
  const isRace = ({ property }: Violation): boolean =>
    system.properties.some(({ name, races }) => races === true && name === property);
  const which = found.findIndex((one) => !isRace(one));
  const violation = found[which];
  if (violation === undefined) return reported;
  const difference = explainDifference(system, { memory, violation, siteOf: siteProbe(loaded.folder) });
  return reported.map((one, i) => (i === which ? { ...one, difference } : one));
}

function limitsOf({ maxStates, maxSeconds, maxMemory }: CheckRunOptions): Readonly<Record<string, number>> {
  return {
    ...(maxStates === undefined ? {} : { maxStates }),
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    ...(maxMemory === undefined ? {} : { maxMemoryBytes: maxMemory }),
  };
}
