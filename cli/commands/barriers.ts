/** `vqcheck barriers`: which fences and orderings an implementation needs, found by leaving each of them out. */
import type { Command } from 'commander';
import {
  type BarrierEdit,
  type BreadthFirst,
  type CheckOptions,
  type MemoryModelName,
  type System,
  startCheck,
  type Violation,
} from '../../checker/index.ts';
import {
  type BarrierEntry,
  type Baseline,
  type Bench,
  barrierLedger,
  type ModelLedger,
  surveyBarriers,
  withoutBarrierClaims,
} from '../../ledger/index.ts';
import { planBarrierRuns } from '../barrierPlan.ts';
import type { BarrierRun, BarriersReport, MemoryReport } from '../barrierReport.ts';
import { drive } from '../drive.ts';
import { combineExitCodes, type ExitCode, exitCodes } from '../exitCodes.ts';
import { expectWritable } from '../files.ts';
import { type Interrupt, watchInterrupt } from '../interrupt.ts';
import { byteSize, nameList, numberList, seconds, wholeNumber } from '../options.ts';
import { selectTargets } from '../plan.ts';
import { barriersJson } from '../report/barriersJson.ts';
import { barriersReport } from '../report/barriersTable.ts';
import { type Progress, showProgress } from '../report/progress.ts';
import type { ReportedViolation } from '../runReport.ts';
import { siteProbe } from '../sites.ts';
import type { LoadedTarget } from '../targets.ts';
import type { Terminal } from '../terminal.ts';
import { saveBarrierTrace } from '../traceFiles.ts';
import {
  deliver,
  jsonDestination,
  jsonHelp,
  type SelectionOptions,
  selectionOf,
  systemOf,
} from './common.ts';

export interface BarriersCommandOptions extends Omit<SelectionOptions, 'defect'> {
  readonly maxStates?: number;
  readonly maxSeconds?: number;
  readonly maxMemory?: number;
  readonly json?: string;
  readonly out?: string;
}

/** States expanded between two looks at the clock: some 10 ms. */
const SLICE = 1 << 14;
const examples = `
Examples:
  vqcheck barriers esp-amp                                    in-order and any-order, 2 slots, under tso and rc11
  vqcheck barriers virtio-split                               chains, and both sides asleep: B1 to B8
  vqcheck barriers esp-amp --memory pso --scenario late-attach
  vqcheck barriers esp-amp --out traces                       a trace for each barrier that is needed
  vqcheck barriers esp-amp --json -                           for a machine
  vqcheck barriers ./my-queue.ts                              a target of your own

needed: without it a scenario breaks. not needed in these scenarios: each is proved without it, which says nothing about
others. undecided: the same, but it keeps a load before a later store, and rc11 never exchanges these (load buffering),
though Arm and RISC-V may. unknown: a bound was met first. Bounds hold for each search.

Exit codes: 0: every barrier has a verdict; 1: a scenario is violated with all barriers in place; 3: something is unknown.`;

/** Adds the verb to the program. `done` is told the exit code. */
export function addBarriersCommand(
  program: Command,
  terminal: Terminal,
  done: (code: ExitCode) => void,
): void {
  program
    .command('barriers')
    .description('leave out each fence and weaken each ordering, and say which of them are needed')
    .argument('<target>', 'a built-in target by name, or a module by path')
    .option(
      '--scenario <names>',
      "scenarios; default: the target's choice, or in-order and any-order",
      nameList('--scenario'),
    )
    .option(
      '--slots <numbers>',
      "slots of each queue; default: the target's choice, or 2",
      numberList('--slots'),
    )
    .option('--memory <models>', 'memory models, or all; default: tso and rc11', nameList('--memory'))
    .option('--property <names>', 'check these properties only', nameList('--property'))
    .option('--max-states <number>', 'stop a search at so many states', wholeNumber('--max-states', 1))
    .option('--max-seconds <seconds>', 'stop a search after so much time', seconds('--max-seconds'))
    .option(
      '--max-memory <size>',
      'stop a search at so much memory, for instance 2GB',
      byteSize('--max-memory'),
    )
    .option('--json <file>', jsonHelp)
    .option('--out <dir>', 'folder for a trace of each barrier that is needed; default: none are written')
    .addHelpText('after', examples)
    .action(async (target: string, options: BarriersCommandOptions) => {
      done(await barriersCommand(target, options, terminal));
    });
}

async function barriersCommand(
  name: string,
  options: BarriersCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const selection = selectionOf(options, undefined);
  const [loaded] = await selectTargets([name], selection);
  if (loaded === undefined) throw new RangeError(`no target ${name}`);
  const { runs, leftOut } = planBarrierRuns(loaded, selection);
  const destination = jsonDestination(options.json);
  if (options.out !== undefined) expectWritable(options.out);
  const interrupt = watchInterrupt();
  const begin = performance.now();
  const models: MemoryReport[] = [];
  try {
    const watch = { interrupt, options, progress: showProgress(terminal.err, runs.length) };
    const surveyed: { readonly memory: MemoryModelName; readonly baseline: Baseline<BarrierRun> }[] = [];
    for (const memory of new Set(runs.map(({ params }) => params.memory))) {
      const bench = benchOf(loaded, memory, runs, watch);
      surveyed.push({ memory, baseline: await surveyBarriers(bench) });
    }
    watch.progress.stop();
    const questions = surveyed.reduce((sum, { baseline }) => sum + baseline.barriers.length, 0);
    watch.progress = showProgress(terminal.err, questions);
    for (const { memory, baseline } of surveyed) {
      const bench = benchOf(loaded, memory, runs, watch);
      const ledger = interrupt.requested ? null : await barrierLedger(bench, baseline);
      models.push({ memory, baseline, ledger, traces: tracesOf(loaded, ledger, options) });
    }
    watch.progress.stop();
  } finally {
    interrupt.release();
  }
  const report: BarriersReport = {
    loaded,
    properties: options.property,
    claimsLeftOut: claimsOf(models, options),
    models,
    leftOut,
    seconds: (performance.now() - begin) / 1000,
    interrupted: interrupt.requested,
  };
  deliver(
    terminal,
    destination,
    () => barriersJson(report, destination.kind === 'file' ? destination.path : null),
    () => barriersReport(report, terminal.out.colors),
  );
  return exitCodeOf(report);
}

function exitCodeOf({ models, interrupted }: BarriersReport): ExitCode {
  const codes: ExitCode[] = interrupted ? [exitCodes.interrupted] : [];
  for (const { baseline, ledger } of models) {
    for (const { result, problem } of baseline.runs) {
      if (problem === null) continue;
      const isViolated = result?.verdict === 'violated';
      const isIncomplete = result?.verdict === 'incomplete';
      codes.push(isViolated ? exitCodes.violation : isIncomplete ? exitCodes.incomplete : exitCodes.error);
    }
    const isOpen = ledger === null || ledger.entries.some(({ verdict }) => verdict === 'unknown');
    if (isOpen || (ledger.minimal === null && baseline.proved.length > 0)) codes.push(exitCodes.incomplete);
  }
  return combineExitCodes(codes);
}

// --- What is run -----------------------------------------------------------------------------------------------------

/** What the searches are watched by. The progress is another one for each part of the work. */
interface Watch {
  readonly interrupt: Interrupt;
  readonly options: BarriersCommandOptions;
  progress: Progress;
}

function benchOf(
  loaded: LoadedTarget,
  memory: MemoryModelName,
  runs: readonly BarrierRun[],
  watch: Watch,
): Bench<BarrierRun> {
  const { interrupt, options } = watch;
  return {
    memory,
    runs: runs.filter(({ params }) => params.memory === memory),
    siteOf: siteProbe(loaded.folder),
    stopped: () => interrupt.requested,
    onVerdict: () => watch.progress.done(),
    explore: async (run, checkOptions, doing): Promise<BreadthFirst> => {
      const { progress } = watch;
      progress.begin(`${loaded.target.name} ${run.title} ${memory}, ${doing}`);
      const search = startCheck(subjectOf(run, options), {
        ...checkOptions,
        ...propertiesOf(checkOptions.properties, options.property),
        ...(options.maxStates === undefined ? {} : { maxStates: options.maxStates }),
        ...(options.maxMemory === undefined ? {} : { maxBytes: options.maxMemory }),
      });
      await drive(search, {
        slice: SLICE,
        maxSeconds: options.maxSeconds,
        interrupt,
        onSlice: (elapsed) => {
          const more = [['frontier', search.frontier] as const, ['depth', search.depth] as const];
          progress.update({ unit: 'states', count: search.states, more }, elapsed);
        },
      });
      if (checkOptions.barriers?.survey !== undefined) progress.done();
      return search;
    },
  };
}

/** The run's system; without properties that claim barriers, unless properties were asked for by name. */
function subjectOf(run: BarrierRun, { property }: BarriersCommandOptions): System {
  const system = systemOf(run);
  return property === undefined ? withoutBarrierClaims(system) : system;
}

/** Properties that no run was checked for, though its scenario has them. */
function claimsOf(models: readonly MemoryReport[], { property }: BarriersCommandOptions): readonly string[] {
  if (property !== undefined) return [];
  const proved = models.flatMap(({ baseline }) => baseline.proved.map(({ run }) => run));
  const claims = proved.flatMap((run) => systemOf(run).properties.filter(({ barrier }) => barrier === true));
  return [...new Set(claims.map(({ name }) => name))];
}

/** Properties that the ledger asks for, of those that its user does. */
function propertiesOf(
  asked: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
): Pick<CheckOptions, 'properties'> {
  if (asked === undefined) return wanted === undefined ? {} : { properties: wanted };
  return { properties: asked.filter((name) => wanted?.includes(name) ?? true) };
}

// --- Traces ----------------------------------------------------------------------------------------------------------

function tracesOf(
  loaded: LoadedTarget,
  ledger: ModelLedger<BarrierRun> | null,
  options: BarriersCommandOptions,
): MemoryReport['traces'] {
  const traces = new Map<BarrierEntry<BarrierRun>, ReportedViolation>();
  for (const entry of ledger?.entries ?? []) {
    if (entry.evidence === null) continue;
    const { run, edit, violation }: { run: BarrierRun; edit: BarrierEdit; violation: Violation } =
      entry.evidence;
    traces.set(
      entry,
      saveBarrierTrace(loaded, run, {
        properties: subjectOf(run, options).properties.map(({ name }) => name),
        edit,
        violation,
        folder: options.out ?? null,
      }),
    );
  }
  return traces;
}
