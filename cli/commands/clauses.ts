/** `vqcheck clauses`: the clauses of a specification, each with how often it mattered, whether it holds, and a witness. */
import type { Command } from 'commander';
import { type CheckResult, startCheck, TargetError } from '../../checker/index.ts';
import type { Clause, Property } from '../../properties/index.ts';
import {
  type ClauseFinding,
  type ClauseRun,
  type ClauseWitness,
  shortestExercise,
  type TargetClauses,
} from '../clauseReport.ts';
import { drive } from '../drive.ts';
import { UsageError } from '../errors.ts';
import { combineExitCodes, type ExitCode, exitCodes } from '../exitCodes.ts';
import { expectWritable } from '../files.ts';
import { type Interrupt, watchInterrupt } from '../interrupt.ts';
import { byteSize, nameList, numberList, seconds, wholeNumber } from '../options.ts';
import { defectSets, type PlannedRun, planTarget, type Selection, selectTargets } from '../plan.ts';
import { clausesJson } from '../report/clausesJson.ts';
import { clausesReport } from '../report/clausesTable.ts';
import { type Progress, showProgress } from '../report/progress.ts';
import { expectationOf, judge } from '../runReport.ts';
import type { LoadedTarget } from '../targets.ts';
import type { Terminal } from '../terminal.ts';
import { saveViolations, saveWitness } from '../traceFiles.ts';
import {
  deliver,
  jsonDestination,
  jsonHelp,
  type SelectionOptions,
  selectionOf,
  systemOf,
} from './common.ts';

export interface ClausesCommandOptions extends SelectionOptions {
  readonly maxStates?: number;
  readonly maxSeconds?: number;
  readonly maxMemory?: number;
  readonly json?: string;
  readonly out?: string;
}

/** States expanded between two looks at the clock: some 10 ms. */
const SLICE = 1 << 14;
/** Of a scenario's own sizes, those run when none is asked for: what puts a clause to the test is small. */
const MOST_SLOTS = 2;
/** The memory model when none is asked for. */
const DEFAULT_MEMORY = 'sc';

const examples = `
A clause is what a specification asks of one side. It is exercised in a situation (a state of the monitors and a step) in
which it could have been broken; the witness is the shortest run to such a one. A defect is a seeded bug that breaks it, and
so shows that its monitor can fail: vqcheck check TARGET --defect NAME.

By default every scenario is explored under ${DEFAULT_MEMORY}, at those of its sizes up to ${MOST_SLOTS} slots. Of the properties only the clauses
are checked. Exit codes are those of check: 1 if a clause is broken.

Examples:
  vqcheck clauses virtio-split                              every clause, over all scenarios
  vqcheck clauses virtio-split --scenario chains --slots 4  what one scenario puts to the test
  vqcheck clauses virtio-split --out traces                 the witnesses as traces
  vqcheck clauses virtio-split --json clauses.json          for a machine
  vqcheck clauses ./my-queue.ts                             a target of your own`;

/** Adds the verb to the program. `done` is told the exit code. */
export function addClausesCommand(
  program: Command,
  terminal: Terminal,
  done: (code: ExitCode) => void,
): void {
  program
    .command('clauses')
    .description('say of each clause of a specification how often it mattered, and whether it holds')
    .argument('<targets...>', 'built-in targets by name, or modules by path')
    .option('--scenario <names>', 'scenarios; default: all of the target', nameList('--scenario'))
    .option(
      '--slots <numbers>',
      `slots of each queue; default: those of the scenario up to ${MOST_SLOTS}`,
      numberList('--slots'),
    )
    .option('--memory <models>', `memory models, or all; default: ${DEFAULT_MEMORY}`, nameList('--memory'))
    .option('--defect <names>', 'seeded bugs, one run each (a+b: both in one run)', nameList('--defect'))
    .option(
      '--property <names>',
      'these clauses only, by the names of their properties',
      nameList('--property'),
    )
    .option('--max-states <number>', 'stop a run at so many states', wholeNumber('--max-states', 1))
    .option('--max-seconds <seconds>', 'stop a run after so much time', seconds('--max-seconds'))
    .option('--max-memory <size>', 'stop a run at so much memory, for instance 2GB', byteSize('--max-memory'))
    .option('--json <file>', jsonHelp)
    .option(
      '--out <dir>',
      'folder for a trace of each witness and of each violation; default: none are written',
    )
    .addHelpText('after', examples)
    .action(async (targets: readonly string[], options: ClausesCommandOptions) => {
      done(await clausesCommand(targets, options, terminal));
    });
}

async function clausesCommand(
  names: readonly string[],
  options: ClausesCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const asked = selectionOf(options, defectSets(options.defect));
  const planned = (await selectTargets(names, asked)).map((loaded) => planOf(loaded, asked));
  const destination = jsonDestination(options.json);
  if (options.out !== undefined) expectWritable(options.out);
  const interrupt = watchInterrupt();
  const progress = showProgress(
    terminal.err,
    planned.reduce((sum, { planned: runs }) => sum + runs.length, 0),
  );
  const reports: TargetClauses[] = [];
  try {
    for (const { loaded, planned: all, ...rest } of planned) {
      const runs: ClauseRun[] = [];
      for (const { run, clauses } of all) {
        if (interrupt.requested) break;
        runs.push(await exploreOnce(loaded, run, clauses, options, interrupt, progress));
        progress.done();
      }
      const witnesses = witnessesOf(loaded, runs, options.out ?? null);
      reports.push({ loaded, runs, planned: all.length, witnesses, ...rest });
    }
  } finally {
    progress.stop();
    interrupt.release();
  }
  const interrupted = interrupt.requested;
  deliver(
    terminal,
    destination,
    () => clausesJson(reports, destination.kind === 'file' ? destination.path : null),
    () => clausesReport(reports, { colors: terminal.out.colors, interrupted }),
  );
  const codes = reports.flatMap(({ runs }) => runs.map(({ exitCode }) => exitCode));
  return combineExitCodes(interrupted ? [...codes, exitCodes.interrupted] : codes);
}

type ClauseProperty = Property & { readonly clause: Clause };

interface PlannedClauses extends Omit<TargetClauses, 'runs' | 'planned' | 'witnesses'> {
  readonly planned: readonly { readonly run: PlannedRun; readonly clauses: readonly ClauseProperty[] }[];
}

/** The runs of a target that have clauses. @throws UsageError if none has. */
function planOf(loaded: LoadedTarget, asked: Selection): PlannedClauses {
  const { target } = loaded;
  const first = target.memories.includes(DEFAULT_MEMORY) ? [DEFAULT_MEMORY] : target.memories.slice(0, 1);
  const plan = planTarget(loaded, {
    ...asked,
    memories: asked.memories ?? (asked.defects === undefined ? first : undefined),
  });
  const isLarge = ({ scenario, params }: PlannedRun): boolean =>
    asked.slots === undefined &&
    params.defects.length === 0 &&
    (scenario.takesLong?.(params) === true ||
      (params.slots > MOST_SLOTS && params.slots > Math.min(...scenario.defaultSlots)));
  const runs = plan.runs
    .filter((run) => !isLarge(run))
    .map((run) => ({ run, clauses: clausesOf(run, asked.properties) }));
  const withClauses = runs.filter(({ clauses }) => clauses.length > 0);
  if (withClauses.length === 0) {
    throw new UsageError(
      'refused-combination',
      `no scenario of ${loaded.asTyped} that was asked for checks a clause`,
      {
        expected: 'a target among whose properties are clauses, such as virtio-split',
        found: 'none',
        advice: `vqcheck list ${loaded.asTyped}`,
      },
    );
  }
  const some = new Set(withClauses.map(({ run }) => run.scenario.name));
  const without = new Set(runs.map(({ run }) => run.scenario.name).filter((name) => !some.has(name)));
  return {
    loaded,
    planned: withClauses,
    without: [...without],
    leftOut: plan.runs.filter(isLarge),
    refused: plan.refused,
  };
}

/** A scenario that cannot make its system is told of when it is run. */
function clausesOf(run: PlannedRun, wanted: readonly string[] | undefined): ClauseProperty[] {
  try {
    return systemOf(run).properties.filter(
      (property): property is ClauseProperty =>
        property.clause !== undefined && (wanted?.includes(property.name) ?? true),
    );
  } catch (error) {
    if (error instanceof TargetError) return [];
    throw error;
  }
}

/** What a search found, or what kept it from beginning. */
type Outcome = Pick<
  CheckResult,
  'verdict' | 'violations' | 'incomplete' | 'error' | 'witnesses' | 'states' | 'exercised'
>;

async function exploreOnce(
  loaded: LoadedTarget,
  run: PlannedRun,
  clauses: readonly ClauseProperty[],
  { maxStates, maxSeconds, maxMemory, out }: ClausesCommandOptions,
  interrupt: Interrupt,
  progress: Progress,
): Promise<ClauseRun> {
  const { scenario, params } = run;
  progress.begin(`${loaded.target.name} ${scenario.name} ${params.slots} slots ${params.memory}`);
  const properties = clauses.map(({ name }) => name);
  let taken = 0;
  let outcome: Outcome;
  try {
    const search = startCheck(systemOf(run), {
      memory: params.memory,
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
    const nothing = { violations: [], incomplete: null, witnesses: [], states: 0, exercised: [] };
    outcome = { ...nothing, verdict: 'error', error: { code, message } };
  }
  const expected = expectationOf(run, properties);
  const { verdict, message, exitCode } = judge(outcome, { expected, defects: params.defects, first: false });
  const violations = saveViolations(loaded, run, properties, outcome.violations, out ?? null);
  const findings = properties.flatMap((property): ClauseFinding[] => {
    const exercise = outcome.exercised.find((one) => one.property === property);
    const violation = violations.find((one) => one.property === property) ?? null;
    if (exercise === undefined && violation === null) return [];
    return [{ property, exercise: exercise ?? null, violation }];
  });
  return { run, clauses, findings, verdict, message, states: outcome.states, seconds: taken, exitCode };
}

/** Of each clause the shortest run that puts it to the test, as a trace; written into `folder` unless that is null. */
function witnessesOf(
  loaded: LoadedTarget,
  runs: readonly ClauseRun[],
  folder: string | null,
): ReadonlyMap<string, ClauseWitness> {
  const witnesses = new Map<string, ClauseWitness>();
  for (const property of new Set(runs.flatMap(({ findings }) => findings.map((one) => one.property)))) {
    const shortest = shortestExercise(runs, property);
    if (shortest === null) continue;
    const { run, clauses } = shortest.run;
    const names = clauses.map(({ name }) => name);
    const saved = saveWitness(loaded, run, names, shortest.exercise, folder);
    witnesses.set(property, { run, length: shortest.exercise.schedule.length, ...saved });
  }
  return witnesses;
}
