/** `vqcheck check`: explores scenarios to exhaustion and says what holds. */
import type { Command } from 'commander';
import {
  type CheckOptions,
  type CheckResult,
  explainDifference,
  startCheck,
  TargetError,
  type Violation,
} from '../../checker/index.ts';
import { drive } from '../drive.ts';
import { combineExitCodes, type ExitCode, exitCodes } from '../exitCodes.ts';
import { expectWritable } from '../files.ts';
import { type Interrupt, watchInterrupt } from '../interrupt.ts';
import { byteSize, nameList, numberList, seconds, wholeNumber } from '../options.ts';
import { defectSets, type PlannedRun, planTarget, selectTargets, type TargetPlan } from '../plan.ts';
import { jsonReport } from '../report/json.ts';
import { type Progress, showProgress } from '../report/progress.ts';
import { type TargetReport, textReport } from '../report/text.ts';
import { expectationOf, judge, type ReportedViolation, type RunReport } from '../runReport.ts';
import { siteProbe } from '../sites.ts';
import type { LoadedTarget } from '../targets.ts';
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

export interface CheckCommandOptions extends SelectionOptions {
  readonly first?: boolean;
  readonly maxStates?: number;
  readonly maxSeconds?: number;
  readonly maxMemory?: number;
  readonly json?: string;
  readonly out?: string;
  readonly operations?: boolean;
  readonly quick?: boolean;
}

/** States expanded between two looks at the clock: some 10 ms. */
const SLICE = 1 << 14;

const examples = `
Examples:
  vqcheck check                                        every built-in target, at its defaults
  vqcheck check esp-amp --scenario in-order --slots 16,64
  vqcheck check esp-amp --memory tso --max-seconds 60  each run for a minute at most
  vqcheck check esp-amp --defect flip-not-toggled      see a seeded bug being caught
  vqcheck check esp-amp --operations                   how many accesses operations make at most, run by run
  vqcheck check esp-amp --json -                       for a machine
  vqcheck check ./my-queue.ts                          a target of your own: a module that exports \`target\`

Comma lists multiply: one run for each scenario, size, memory model and defect. Bounds hold for each run.`;

/** Adds the verb to the program. `done` is told the exit code. */
export function addCheckCommand(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('check')
    .description('explore every interleaving of scenarios, and say what holds')
    .argument('[targets...]', 'built-in targets by name, or modules by path; default: every built-in target')
    .option(
      '--scenario <names>',
      'scenarios; default: all of the target, or the one that shows the defect',
      nameList('--scenario'),
    )
    .option('--slots <numbers>', 'slots of each queue; default: those of the scenario', numberList('--slots'))
    .option('--memory <models>', 'memory models, or all; default: all of the target', nameList('--memory'))
    .option('--defect <names>', 'seeded bugs, one run each (a+b: both in one run)', nameList('--defect'))
    .option('--property <names>', 'check these properties only', nameList('--property'))
    .option('--first', 'stop at the first violation instead of the shortest one of each property')
    .option('--max-states <number>', 'stop a run at so many states', wholeNumber('--max-states', 1))
    .option('--max-seconds <seconds>', 'stop a run after so much time', seconds('--max-seconds'))
    .option('--max-memory <size>', 'stop a run at so much memory, for instance 2GB', byteSize('--max-memory'))
    .option('--quick', 'leave out runs of millions of states')
    .option('--operations', 'show for each run the most accesses that each operation made, as a table')
    .option('--json <file>', jsonHelp)
    .option(
      '--out <dir>',
      `folder for traces; default: ${defaultTraceFolder}, made when there is a violation that no scenario declares`,
    )
    .addHelpText('after', examples)
    .action(async (targets: readonly string[], options: CheckCommandOptions) => {
      done(await checkCommand(targets, options, terminal));
    });
}

async function checkCommand(
  names: readonly string[],
  options: CheckCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const selection = { ...selectionOf(options, defectSets(options.defect)), quick: options.quick === true };
  const plans = (await selectTargets(names, selection)).map((loaded) => planTarget(loaded, selection));
  const destination = jsonDestination(options.json);
  // In a report on standard output the traces are written out, so files are made only where they were asked for.
  const folder = options.out ?? (destination.kind === 'stdout' ? null : defaultTraceFolder);
  if (folder !== null) expectWritable(folder);
  const interrupt = watchInterrupt();
  const progress = showProgress(
    terminal.err,
    plans.reduce((sum, plan) => sum + plan.runs.length, 0),
  );
  const reports: TargetReport[] = [];
  try {
    for (const plan of plans) {
      const runs: RunReport[] = [];
      reports.push({ plan, runs });
      for (const run of plan.runs) {
        if (interrupt.requested) break;
        runs.push(await checkOnce(plan, run, options, folder, interrupt, progress));
        progress.done();
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
      textReport(reports, {
        colors: terminal.out.colors,
        memoriesToCome,
        interrupted,
        operations: options.operations ?? false,
      }),
  );
  const codes = all.map(({ exitCode }) => exitCode);
  return combineExitCodes(interrupted ? [...codes, exitCodes.interrupted] : codes);
}

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

async function checkOnce(
  plan: TargetPlan,
  run: PlannedRun,
  options: CheckCommandOptions,
  folder: string | null,
  interrupt: Interrupt,
  progress: Progress,
): Promise<RunReport> {
  const { scenario, params } = run;
  const { loaded, properties } = plan;
  const checkOptions: CheckOptions = {
    memory: params.memory,
    first: options.first ?? false,
    ...(properties === undefined ? {} : { properties }),
    ...(options.maxStates === undefined ? {} : { maxStates: options.maxStates }),
    ...(options.maxMemory === undefined ? {} : { maxBytes: options.maxMemory }),
  };
  progress.begin(`${loaded.target.name} ${scenario.name} ${params.slots} slots ${params.memory}`);
  let peak = 0;
  let taken = 0;
  let outcome: Outcome;
  try {
    const search = startCheck(systemOf(run), checkOptions);
    taken = await drive(search, {
      slice: SLICE,
      maxSeconds: options.maxSeconds,
      interrupt,
      onSlice: (elapsed) => {
        peak = Math.max(peak, search.bytes());
        const more = [['frontier', search.frontier] as const, ['depth', search.depth] as const];
        progress.update({ unit: 'states', count: search.states, more }, elapsed);
      },
    });
    outcome = search.result();
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    outcome = { ...nothingRun, error: { code: error.code, message: error.message } };
  }
  const violations: readonly Violation[] = outcome.violations;
  const expected = expectationOf(run, properties);
  const judged = judge(outcome, { expected, defects: params.defects, first: options.first ?? false });
  const isComplete = outcome.incomplete === null && outcome.error === null && options.first !== true;
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

function limitsOf({
  maxStates,
  maxSeconds,
  maxMemory,
}: CheckCommandOptions): Readonly<Record<string, number>> {
  return {
    ...(maxStates === undefined ? {} : { maxStates }),
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    ...(maxMemory === undefined ? {} : { maxMemoryBytes: maxMemory }),
  };
}
