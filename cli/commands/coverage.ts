/** `vqcheck coverage`: which stores are read by whom, over whole spaces: the interleaving coverage of an implementation. */
import type { Command } from 'commander';
import { type CheckResult, startCheck, TargetError } from '../../checker/index.ts';
import type { CoverageRun } from '../coverage.ts';
import { drive } from '../drive.ts';
import { UsageError } from '../errors.ts';
import { combineExitCodes, type ExitCode, exitCodes } from '../exitCodes.ts';
import { type Interrupt, watchInterrupt } from '../interrupt.ts';
import { byteSize, nameList, numberList, seconds, wholeNumber } from '../options.ts';
import {
  defectSets,
  type PlannedRun,
  planTarget,
  type Selection,
  selectTargets,
  type TargetPlan,
} from '../plan.ts';
import { coverageJson, coverageText, type TargetCoverage } from '../report/coverage.ts';
import { type Progress, showProgress } from '../report/progress.ts';
import { expectationOf, judge } from '../runReport.ts';
import { siteProbe } from '../sites.ts';
import type { LoadedTarget } from '../targets.ts';
import type { Terminal } from '../terminal.ts';
import {
  deliver,
  jsonDestination,
  jsonHelp,
  type SelectionOptions,
  selectionOf,
  systemOf,
} from './common.ts';

export interface CoverageCommandOptions extends SelectionOptions {
  readonly maxStates?: number;
  readonly maxSeconds?: number;
  readonly maxMemory?: number;
  readonly json?: string;
}

/** States expanded between two looks at the clock: some 10 ms. */
const SLICE = 1 << 14;
/** Of a scenario's own sizes, those run when none is asked for: larger ones add states and hardly any pair. */
const MOST_SLOTS = 2;
/** The memory model when none is asked for. */
const DEFAULT_MEMORY = 'sc';
/** It keeps several messages of a location. */
const WITHOUT_WRITERS = 'rc11';

const examples = `
A pair is a store and a load, by their places in the code, of agents of two cores, or of a task and a handler of one. It
communicates if in some run the load reads what the store put there. Listed, too, are the pairs that never do, though
both reach the same location.

By default every scenario is explored under ${DEFAULT_MEMORY}, at those of its sizes up to ${MOST_SLOTS} slots. Under ${WITHOUT_WRITERS} it is not known
who wrote which message: that is refused. A run ends where it breaks a property; with a seeded bug none is checked, so that
runs go on. Exit codes are those of check.

Examples:
  vqcheck coverage esp-amp                                 all scenarios at 1 and 2 slots
  vqcheck coverage esp-amp --scenario in-order --slots 4   one scenario, one size
  vqcheck coverage esp-amp --memory sc,tso,pso             united over memory models
  vqcheck coverage esp-amp --defect flip-not-toggled       with a seeded bug: which pairs go missing
  vqcheck coverage esp-amp --json coverage.json            for a machine
  vqcheck coverage ./my-queue.ts                           a target of your own`;

/** Adds the verb to the program. `done` is told the exit code. */
export function addCoverageCommand(
  program: Command,
  terminal: Terminal,
  done: (code: ExitCode) => void,
): void {
  program
    .command('coverage')
    .description('say which stores are read by whom across cores, and which never are')
    .argument('[targets...]', 'built-in targets by name, or modules by path; default: every built-in target')
    .option('--scenario <names>', 'scenarios; default: all of the target', nameList('--scenario'))
    .option(
      '--slots <numbers>',
      `slots of each queue; default: those of the scenario up to ${MOST_SLOTS}`,
      numberList('--slots'),
    )
    .option('--memory <models>', `memory models, or all; default: ${DEFAULT_MEMORY}`, nameList('--memory'))
    .option('--defect <names>', 'seeded bugs, one run each (a+b: both in one run)', nameList('--defect'))
    .option('--max-states <number>', 'stop a run at so many states', wholeNumber('--max-states', 1))
    .option('--max-seconds <seconds>', 'stop a run after so much time', seconds('--max-seconds'))
    .option('--max-memory <size>', 'stop a run at so much memory, for instance 2GB', byteSize('--max-memory'))
    .option('--json <file>', jsonHelp)
    .addHelpText('after', examples)
    .action(async (targets: readonly string[], options: CoverageCommandOptions) => {
      done(await coverageCommand(targets, options, terminal));
    });
}

async function coverageCommand(
  names: readonly string[],
  options: CoverageCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const asked = selectionOf(options, defectSets(options.defect));
  const planned = (await selectTargets(names, asked)).map((loaded) => planOf(loaded, asked));
  const destination = jsonDestination(options.json);
  const interrupt = watchInterrupt();
  const count = planned.reduce((sum, { plan }) => sum + plan.runs.length, 0);
  const progress = showProgress(terminal.err, count);
  const reports: TargetCoverage[] = [];
  try {
    for (const target of planned) {
      const runs: CoverageRun[] = [];
      reports.push({ ...target, runs });
      for (const run of target.plan.runs) {
        if (interrupt.requested) break;
        runs.push(await coverOnce(target.plan, run, options, interrupt, progress));
        progress.done();
      }
    }
  } finally {
    progress.stop();
    interrupt.release();
  }
  const interrupted = interrupt.requested;
  deliver(
    terminal,
    destination,
    () => coverageJson(reports),
    () => coverageText(reports, { colors: terminal.out.colors, interrupted }),
  );
  const codes = reports.flatMap(({ runs }) => runs.map(({ exitCode }) => exitCode));
  return combineExitCodes(interrupted ? [...codes, exitCodes.interrupted] : codes);
}

/** The runs of a target. @throws UsageError for what was asked for and is refused. */
function planOf(loaded: LoadedTarget, asked: Selection): Omit<TargetCoverage, 'runs'> {
  const { memories } = asked;
  const known = loaded.target.memories.filter((name) => name !== WITHOUT_WRITERS);
  const reason = `${WITHOUT_WRITERS}: it keeps several messages of a location, and a state does not say who wrote which`;
  if (memories?.includes(WITHOUT_WRITERS) === true || known.length === 0) {
    throw new UsageError('refused-combination', `there is no coverage under ${WITHOUT_WRITERS}`, {
      expected: `one of ${known.join(', ')}`,
      found: reason,
      advice: 'vqcheck coverage --help',
    });
  }
  const all = memories?.includes('all') === true;
  const first = known.includes(DEFAULT_MEMORY) ? [DEFAULT_MEMORY] : known.slice(0, 1);
  const plan = planTarget(loaded, { ...asked, memories: all ? known : (memories ?? first) });
  const leftOut = plan.runs.filter((run) => asked.slots === undefined && isLarge(run));
  return {
    plan: { ...plan, runs: plan.runs.filter((run) => !leftOut.includes(run)) },
    leftOut,
    memoriesLeftOut: all && loaded.target.memories.includes(WITHOUT_WRITERS) ? [reason] : [],
  };
}

/** Whether the scenario has a smaller size of its own, and this one is above what is run by default. */
function isLarge({ scenario, params }: PlannedRun): boolean {
  return params.slots > MOST_SLOTS && params.slots > Math.min(...scenario.defaultSlots);
}

/** What a search found, or what kept it from beginning. */
type Outcome = Pick<
  CheckResult,
  'verdict' | 'violations' | 'incomplete' | 'error' | 'witnesses' | 'states' | 'transitions' | 'communication'
>;

async function coverOnce(
  plan: TargetPlan,
  run: PlannedRun,
  { maxStates, maxSeconds, maxMemory }: CoverageCommandOptions,
  interrupt: Interrupt,
  progress: Progress,
): Promise<CoverageRun> {
  const { scenario, params } = run;
  progress.begin(`${plan.loaded.target.name} ${scenario.name} ${params.slots} slots ${params.memory}`);
  const system = systemOf(run);
  // What a seeded bug does to the pairs is asked, not whether it is caught; and who knows what is another matter.
  const asked = params.defects.length > 0 ? [] : system.properties.filter(({ races }) => races !== true);
  const properties = asked.map(({ name }) => name);
  let taken = 0;
  let outcome: Outcome;
  try {
    const search = startCheck(system, {
      memory: params.memory,
      communication: siteProbe(plan.loaded.folder),
      properties,
      ...(maxStates === undefined ? {} : { maxStates }),
      ...(maxMemory === undefined ? {} : { maxBytes: maxMemory }),
    });
    taken = await drive(search, {
      slice: SLICE,
      maxSeconds,
      interrupt,
      onSlice: (elapsed) => {
        const more = [['frontier', search.frontier] as const, ['depth', search.depth] as const];
        progress.update({ unit: 'states', count: search.states, more }, elapsed);
      },
    });
    outcome = search.result();
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    const { code, message } = error;
    const nothing = { violations: [], incomplete: null, witnesses: [], states: 0, transitions: 0 };
    outcome = { ...nothing, verdict: 'error', error: { code, message }, communication: null };
  }
  const expected = expectationOf(run, properties);
  const { verdict, asExpected, message, exitCode } = judge(outcome, {
    expected,
    defects: params.defects,
    first: false,
  });
  const { states, transitions, communication } = outcome;
  return { run, verdict, asExpected, message, exitCode, states, transitions, seconds: taken, communication };
}
