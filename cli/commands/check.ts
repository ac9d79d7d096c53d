/** `vqcheck check`: explores scenarios to exhaustion and says what holds. */
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Command } from 'commander';
import { checkAll } from '../checkPool.ts';
import type { CheckRunOptions } from '../checkRun.ts';
import { combineExitCodes, type ExitCode, exitCodes } from '../exitCodes.ts';
import { expectWritable } from '../files.ts';
import { watchInterrupt } from '../interrupt.ts';
import { byteSize, nameList, numberList, seconds, wholeNumber } from '../options.ts';
import { defectSets, planTarget, type Selection, selectTargets } from '../plan.ts';
import { checkLine } from '../report/commandLines.ts';
import { jsonReport } from '../report/json.ts';
import { showProgress } from '../report/progress.ts';
import { textReport } from '../report/text.ts';
import type { TargetReport } from '../runReport.ts';
import type { Terminal } from '../terminal.ts';
import { defaultTraceFolder } from '../traceFiles.ts';
import {
  deliver,
  jsonDestination,
  jsonHelp,
  memoriesToCome,
  type SelectionOptions,
  selectionOf,
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
  readonly jobs?: number;
}

/** So few runs are over before other threads are up. */
const FEW_RUNS = 8;

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
    .option(
      '--jobs <number>',
      `runs checked at a time, each in a thread; default: one for each core of the machine, 1 for fewer than ${FEW_RUNS} runs`,
      wholeNumber('--jobs', 1, 256),
    )
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

function jobsOf(
  { jobs }: CheckCommandOptions,
  plans: readonly { readonly runs: readonly unknown[] }[],
): number {
  const runs = plans.reduce((sum, plan) => sum + plan.runs.length, 0);
  return Math.min(runs, jobs ?? (runs < FEW_RUNS ? 1 : availableParallelism()));
}

/** The command as typed but for `--quick`; where its output goes is no part of it. */
function withoutQuick(names: readonly string[], selection: Selection, options: CheckCommandOptions): string {
  const { first = false, maxStates, maxSeconds, maxMemory, jobs } = options;
  return [
    checkLine(names, selection),
    ...(first ? ['--first'] : []),
    ...(maxStates === undefined ? [] : [`--max-states ${maxStates}`]),
    ...(maxSeconds === undefined ? [] : [`--max-seconds ${maxSeconds}`]),
    ...(maxMemory === undefined ? [] : [`--max-memory ${maxMemory}B`]),
    ...(jobs === undefined ? [] : [`--jobs ${jobs}`]),
  ].join(' ');
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
  const { first = false, maxStates, maxSeconds, maxMemory, property, out } = options;
  const runOptions: CheckRunOptions = {
    first,
    folder,
    ...(property === undefined ? {} : { properties: property }),
    ...(maxStates === undefined ? {} : { maxStates }),
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    ...(maxMemory === undefined ? {} : { maxMemory }),
    ...(out === undefined ? {} : { out }),
  };
  const jobs = jobsOf(options, plans);
  const begin = performance.now();
  let reports: readonly TargetReport[];
  try {
    reports = await checkAll(plans, runOptions, { jobs, interrupt, progress });
  } finally {
    progress.stop();
    interrupt.release();
  }
  const wallSeconds = (performance.now() - begin) / 1000;
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
        ...(options.quick === true ? { withoutQuick: withoutQuick(names, selection, options) } : {}),
        // With all in one thread, what lies between two runs is nobody's time.
        ...(jobs > 1 ? { jobs, wallSeconds } : {}),
      }),
  );
  const codes = all.map(({ exitCode }) => exitCode);
  return combineExitCodes(interrupted ? [...codes, exitCodes.interrupted] : codes);
}
