/** `vqcheck fuzz`: runs random schedules, at sizes that no search exhausts. */
import type { Command } from 'commander';
import {
  type Fuzz,
  type FuzzOptions,
  type FuzzResult,
  type FuzzStrategy,
  fuzzStrategies,
  startFuzz,
  TargetError,
} from '../../checker/index.ts';
import type { ScenarioParams } from '../../scenarios/index.ts';
import { drive } from '../drive.ts';
import { combineExitCodes, type ExitCode, exitCodes } from '../exitCodes.ts';
import { expectWritable } from '../files.ts';
import { type Interrupt, watchInterrupt } from '../interrupt.ts';
import { nameList, numberList, oneOf, seconds, wholeNumber } from '../options.ts';
import { defectSets, type PlannedRun, planTarget, selectTargets, type TargetPlan } from '../plan.ts';
import { jsonReport } from '../report/json.ts';
import { grouped, type Progress, showProgress } from '../report/progress.ts';
import { textReport } from '../report/text.ts';
import { expectationOf, type Judgement, judge, type RunReport, type TargetReport } from '../runReport.ts';
import type { Terminal } from '../terminal.ts';
import { defaultTraceFolder, saveViolations } from '../traceFiles.ts';
import {
  deliver,
  jsonDestination,
  jsonHelp,
  memoriesToCome,
  type SelectionOptions,
  selectionOf,
  systemOf,
  traceFolder,
} from './common.ts';

interface FuzzCommandOptions extends SelectionOptions {
  readonly seed?: number;
  readonly runs?: number;
  readonly steps?: number;
  readonly maxSeconds?: number;
  readonly strategy?: FuzzStrategy;
  readonly depth?: number;
  readonly json?: string;
  readonly out?: string;
}

const LARGEST_SEED = 0x7fff_ffff;
/** A schedule is made up before it is run. */
const MOST_STEPS = 1_000_000;
/** Schedules of each run when neither a number nor a time is given. */
const DEFAULT_RUNS = 1000;
/** Slots when none are asked for: more than a search exhausts in every scenario. */
const DEFAULT_SLOTS = 16;
/** Schedules between two looks at the clock. */
const SLICE = 4;

const examples = `
Examples:
  vqcheck fuzz esp-amp --max-seconds 60                    for a minute, divided among the scenarios
  vqcheck fuzz esp-amp --scenario in-order --slots 1024 --runs 10000
  vqcheck fuzz esp-amp --seed 42 --runs 500                the same schedules each time
  vqcheck fuzz esp-amp --strategy pct --depth 4            few preemptions, at random points
  vqcheck fuzz esp-amp --defect flip-toggled-early --slots 64

Indices have their 16 bits and messages their real size here. Fuzzing never proves anything.`;

/** Adds the verb to the program. `done` is told the exit code. */
export function addFuzzCommand(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('fuzz')
    .description('run random schedules, and shrink what they find')
    .argument('[targets...]', 'built-in targets by name, or modules by path; default: every built-in target')
    .option(
      '--seed <number>',
      'same seed, same schedules; default: a new one, printed',
      wholeNumber('--seed', 0, LARGEST_SEED),
    )
    .option(
      '--runs <number>',
      `schedules of each scenario; default: ${DEFAULT_RUNS}, or without end under --max-seconds`,
      wholeNumber('--runs', 1),
    )
    .option(
      '--steps <number>',
      'steps of each schedule; default: some two laps of each queue, or what the scenario needs',
      wholeNumber('--steps', 1, MOST_STEPS),
    )
    .option('--max-seconds <seconds>', 'time in all, divided among the scenarios', seconds('--max-seconds'))
    .option(
      '--scenario <names>',
      'scenarios; default: all of the target, or the one that shows the defect',
      nameList('--scenario'),
    )
    .option(
      '--slots <numbers>',
      `slots of each queue; default: ${DEFAULT_SLOTS}, or what the scenario takes`,
      numberList('--slots'),
    )
    .option('--memory <models>', 'memory models, or all; default: all of the target', nameList('--memory'))
    .option('--defect <names>', 'seeded bugs, one run each (a+b: both in one run)', nameList('--defect'))
    .option('--property <names>', 'check these properties only', nameList('--property'))
    .option(
      '--strategy <name>',
      'uniform: any step at any time; pct: priorities that change at few points',
      oneOf('--strategy', fuzzStrategies),
    )
    .option(
      '--depth <number>',
      'pct: ordering constraints that a bug may need; default: 3',
      wholeNumber('--depth', 1, 64),
    )
    .option('--json <file>', jsonHelp)
    .option(
      '--out <dir>',
      `folder for traces; default: ${defaultTraceFolder}, made when there is a violation that no scenario declares`,
    )
    .addHelpText('after', examples)
    .action(async (targets: readonly string[], options: FuzzCommandOptions) => {
      done(await fuzzCommand(targets, options, terminal));
    });
}

async function fuzzCommand(
  names: readonly string[],
  options: FuzzCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const selection = selectionOf(options, defectSets(options.defect));
  const loaded = await selectTargets(names, selection);
  const plans = loaded.map((one) => planTarget(one, selection, { slots: DEFAULT_SLOTS }));
  const seed = options.seed ?? Math.floor(Math.random() * (LARGEST_SEED + 1));
  const destination = jsonDestination(options.json);
  const folder = options.out ?? (destination.kind === 'stdout' ? null : defaultTraceFolder);
  if (folder !== null) expectWritable(folder);
  const interrupt = watchInterrupt();
  let left = plans.reduce((sum, plan) => sum + plan.runs.length, 0);
  let secondsLeft = options.maxSeconds;
  const progress = showProgress(terminal.err, left);
  const reports: TargetReport[] = [];
  try {
    for (const plan of plans) {
      const runs: RunReport[] = [];
      reports.push({ plan, runs });
      for (const run of plan.runs) {
        if (interrupt.requested) break;
        const share = secondsLeft === undefined ? undefined : Math.max(0.001, secondsLeft / left);
        const report = await fuzzOnce(plan, run, { options, seed, share, folder, interrupt, progress });
        runs.push(report);
        progress.done();
        left--;
        if (secondsLeft !== undefined) secondsLeft -= report.seconds;
      }
    }
  } finally {
    progress.stop();
    interrupt.release();
  }
  const all = reports.flatMap(({ runs }) => runs);
  const interrupted = interrupt.requested;
  deliver(
    terminal,
    destination,
    () => jsonReport(all, destination.kind === 'file' ? destination.path : null),
    () =>
      `${textReport(reports, { colors: terminal.out.colors, memoriesToCome, interrupted, operations: false })}` +
      `The same schedules again: --seed ${seed}\n`,
  );
  const codes = all.map(({ exitCode }) => exitCode);
  return combineExitCodes(interrupted ? [...codes, exitCodes.interrupted] : codes);
}

interface FuzzRun {
  readonly options: FuzzCommandOptions;
  readonly seed: number;
  /** Seconds for this run. */
  readonly share: number | undefined;
  readonly folder: string | null;
  readonly interrupt: Interrupt;
  readonly progress: Progress;
}

async function fuzzOnce(plan: TargetPlan, planned: PlannedRun, run: FuzzRun): Promise<RunReport> {
  const { options, seed, share } = run;
  const { scenario } = planned;
  const { loaded, properties } = plan;
  const params: ScenarioParams = { ...planned.params, realistic: true };
  const maxRuns = options.runs ?? (options.maxSeconds === undefined ? DEFAULT_RUNS : Number.MAX_SAFE_INTEGER);
  const fuzzOptions: FuzzOptions = {
    memory: params.memory,
    seed,
    runs: maxRuns,
    strategy: options.strategy ?? 'uniform',
    ...(options.steps === undefined ? {} : { maxSteps: options.steps }),
    ...(options.depth === undefined ? {} : { depth: options.depth }),
    ...(properties === undefined ? {} : { properties }),
  };
  run.progress.begin(`${loaded.target.name} ${scenario.name} ${params.slots} slots ${params.memory}`);
  let stopped: string | null = null;
  let taken = 0;
  let result: Pick<
    FuzzResult,
    'verdict' | 'violation' | 'error' | 'witnesses' | 'runs' | 'steps' | 'maxSteps'
  >;
  try {
    const fuzz: Fuzz = startFuzz(systemOf({ scenario, params }), fuzzOptions);
    const stop = (why: string): void => {
      stopped = why;
    };
    taken = await drive(
      { advance: (count) => fuzz.advance(count), stop },
      {
        slice: SLICE,
        maxSeconds: share,
        interrupt: run.interrupt,
        onSlice: (elapsed) =>
          run.progress.update(
            { unit: 'schedules', count: fuzz.runs, more: [['steps', fuzz.steps]] },
            elapsed,
          ),
      },
    );
    result = fuzz.result();
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    const failed = { code: error.code, message: error.message };
    result = {
      verdict: 'error',
      violation: null,
      error: failed,
      witnesses: [],
      runs: 0,
      steps: 0,
      maxSteps: 0,
    };
  }
  const violations = result.violation === null ? [] : [result.violation];
  const expected = expectationOf({ scenario, params }, properties);
  // Time is the budget where no number of schedules was asked for.
  const cutShort =
    stopped === 'interrupted' || (stopped !== null && options.runs !== undefined) ? stopped : null;
  const judged = judge(
    {
      ...result,
      violations,
      incomplete: cutShort === null ? null : { kind: 'stopped', why: cutShort },
    },
    // One violation ends the run: the first.
    { expected, defects: params.defects, first: true },
  );
  return {
    target: loaded.target.name,
    asTyped: loaded.asTyped,
    scenario: scenario.name,
    slots: params.slots,
    memory: params.memory,
    defects: params.defects,
    indexModulus: scenario.indexModulus(params),
    bufferDepth: null,
    deepestBuffer: 0,
    scenarioBounds: scenario.bounds(params),
    limits: {
      ...(options.runs === undefined ? {} : { runs: options.runs }),
      ...(options.maxSeconds === undefined ? {} : { maxSeconds: options.maxSeconds }),
      maxSteps: result.maxSteps,
    },
    seed,
    ...(result.verdict === 'incomplete' ? cleanBudget(judged, result.runs, cutShort) : judged),
    violations: saveViolations(
      loaded,
      { scenario, params },
      properties,
      violations,
      traceFolder(judged, params, run.folder, options.out),
    ),
    witnesses: result.witnesses,
    states: 0,
    transitions: result.steps,
    depth: result.maxSteps,
    schedules: result.runs,
    seconds: taken,
    peakMemoryBytes: 0,
    longestOperations: null,
    notifications: null,
  };
}

/** No violation so far: incomplete by nature, and as good as fuzzing gets when the whole budget was used. */
function cleanBudget(judged: Judgement, runs: number, cutShort: string | null): Judgement {
  const message = `${grouped(runs)} ${runs === 1 ? 'schedule' : 'schedules'}, no violation`;
  if (cutShort !== null) {
    const why = `${message} (${cutShort})`;
    return { ...judged, headline: `incomplete: ${why}`, message: why };
  }
  return {
    ...judged,
    asExpected: judged.expected === 'proved',
    headline: `incomplete: ${message}`,
    message,
    exitCode: exitCodes.asExpected,
  };
}
