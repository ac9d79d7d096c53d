/** `vqcheck replay`: runs a trace again and shows it as a table. */
import type { Command } from 'commander';
import { type Difference, editText } from '../../checker/index.ts';
import { explainTrace, foldRows, type ReplayResult, replayTrace, type Trace } from '../../traces/index.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { oneOf } from '../options.ts';
import { asUsage, type LoadedTrace, readTrace } from '../readTrace.ts';
import { replayCommand } from '../report/commandLines.ts';
import { differenceLines } from '../report/difference.ts';
import { agentColumns, traceTable } from '../report/traceTable.ts';
import { siteProbe } from '../sites.ts';
import type { Colors, Terminal } from '../terminal.ts';
import { withProperties } from '../withProperties.ts';
import { deliver, jsonDestination, jsonHelp } from './common.ts';

interface ReplayCommandOptions {
  readonly defect?: 'none';
  readonly target?: string;
  readonly json?: string;
}

/** Characters of a line where the terminal does not say. */
const DEFAULT_WIDTH = 150;

const examples = `
Exit codes: 1: the same violation again (with --defect none: a violation all the same); 0: it is gone;
4: the trace does not fit the code as it is now.

Examples:
  vqcheck replay traces/esp-amp/flip-not-toggled.json
  vqcheck replay traces/esp-amp/flip-not-toggled.json --defect none   the same schedule on the sound code
  vqcheck replay vqcheck-out/mine-in-order-2-sc-fifo.json --target ./my-queue.ts`;

/** Adds the verb to the program. `done` is told the exit code. */
export function addReplayCommand(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('replay')
    .description('run a trace again, step by step, and show it')
    .argument('<file>', 'a trace')
    .option(
      '--defect <none>',
      'none: follow the schedule on the sound code, with all its barriers',
      oneOf('--defect', ['none']),
    )
    .option('--target <target>', 'name or module of the target; default: the one the trace names')
    .option('--json <file>', jsonHelp)
    .addHelpText('after', examples)
    .action(async (file: string, options: ReplayCommandOptions) => {
      const read = await readTrace(file, options.target);
      const { trace, loaded } = read;
      // A trace may have been found with other properties left out: then it goes on where they break.
      const judged = options.defect === 'none' ? undefined : [trace.violation.property];
      const judge = withProperties(loaded.target, judged);
      const result = asUsage(file, () =>
        replayTrace(trace, judge, {
          defect: options.defect ?? 'as recorded',
          siteOf: siteProbe(loaded.folder),
        }),
      );
      const difference =
        result.kind === 'same-violation'
          ? explainTrace(trace, judge, { siteOf: siteProbe(loaded.folder) })
          : null;
      deliver(
        terminal,
        jsonDestination(options.json),
        () => replayJson(trace, result, difference),
        () => replayText(file, read, result, difference, options, terminal),
      );
      done(exitCodeOf(result));
    });
}

function exitCodeOf({ kind }: ReplayResult): ExitCode {
  switch (kind) {
    case 'same-violation':
    case 'violated':
      return exitCodes.violation;
    case 'gone':
    case 'clean':
      return exitCodes.asExpected;
    case 'does-not-fit':
      return exitCodes.error;
    case 'unsettled':
      return exitCodes.incomplete;
  }
}

function replayJson(trace: Trace, result: ReplayResult, difference: Difference | null): string {
  const { target, scenario, params, memory, defects, barriers } = trace;
  const { kind, property, message, firstDifference, goalSearched, cycleStart, why, rows } = result;
  const report = {
    version: 1,
    target,
    scenario,
    params,
    memory,
    defects,
    ...(barriers === undefined ? {} : { barriers }),
    result: kind,
    property,
    message,
    firstDifference,
    goalSearched,
    cycleStart,
    why,
    difference,
    rows,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function replayText(
  file: string,
  { trace, loaded }: LoadedTrace,
  result: ReplayResult,
  difference: Difference | null,
  options: ReplayCommandOptions,
  terminal: Terminal,
): string {
  const { colors, stream } = terminal.out;
  const sound = options.defect === 'none';
  const defects = sound ? [] : trace.defects;
  const { slots, realistic } = trace.params;
  const params = { slots, memory: trace.memory, defects, ...(realistic === undefined ? {} : { realistic }) };
  const system = loaded.target.scenarios.find(({ name }) => name === trace.scenario)?.system(params);
  const { cycleStart } = result;
  const rows = foldRows(result.rows, cycleStart);
  const columns = agentColumns(system?.agents ?? [], system?.cores ?? [], rows);
  const width = stream.columns ?? DEFAULT_WIDTH;
  const changes = changesOf(trace);
  const seeded = changes === '' ? '' : sound ? `, without the ${changes}` : `, ${changes}`;
  const shown = `${slots} ${slots === 1 ? 'slot' : 'slots'}, ${trace.memory}`;
  const title = `${colors.bold(trace.target)}: ${trace.scenario}, ${shown}${seeded}`;
  const from = { target: trace.target, asTyped: options.target ?? trace.target };
  const command = replayCommand(file, from);
  const other = sound ? command : `${command} --defect none`;
  return [
    title,
    traceTable(rows, columns, { colors, width, cycleStart }),
    ...outcome(trace, result, colors),
    ...differenceLines(difference).map((line) => `  ${line}`),
    '',
    sound && changes !== '' ? `As recorded: ${other}` : `Again: ${command}`,
    ...(sound || changes === '' ? [] : [`On the sound code: ${other}`]),
    ...(sound
      ? []
      : [`As short as can be found near it: ${command.replace(' replay ', ' shrink ')} --out FILE`]),
    '',
  ].join('\n');
}

/** What differs from the sound code: `defect x`, `barrier edits: fence at queue.ts:253 left out`. */
function changesOf({ defects, barriers = [] }: Trace): string {
  return [
    ...(defects.length === 0 ? [] : [`defect ${defects.join(' + ')}`]),
    ...(barriers.length === 0 ? [] : [`barrier edits: ${barriers.map(editText).join('; ')}`]),
  ].join(', ');
}

function outcome(trace: Trace, result: ReplayResult, colors: Colors): readonly string[] {
  const { firstDifference: difference, property, message } = result;
  const steps = stepsText(result.rows);
  const broken = (words: string): readonly string[] => [
    `${colors.red(`${words} ${property}`)} after ${steps}`,
    `  ${message}`,
  ];
  switch (result.kind) {
    case 'same-violation':
      return [
        ...broken('violates'),
        ...(result.goalSearched === true ? ['  (a search from the last state has shown it again)'] : []),
        ...(result.goalSearched === false
          ? ['  (as recorded: the search from the last state was cut short, so this was not shown again)']
          : []),
      ];
    case 'violated':
      return [
        ...broken(changesOf(trace) === '' ? 'violates' : 'violates, without the defect,'),
        ...differenceText(difference),
      ];
    case 'clean':
      return [
        colors.green(`no violation: after ${steps} everything has come to rest`),
        ...differenceText(difference),
      ];
    case 'gone':
      return [
        `the trace fits, step by step, and ${property} is no longer violated`,
        `  it was: ${trace.violation.message}`,
        ...(result.why === null ? [] : [`  now, round and round: ${result.why}`]),
      ];
    case 'unsettled':
      return [
        colors.yellow(`incomplete: no violation in ${steps}, but no rest either`),
        ...differenceText(difference),
      ];
    case 'does-not-fit':
      return [colors.red('the trace does not fit the code as it is now'), ...differenceText(difference)];
  }
}

/** `42 steps (30 without core-local accesses)`. */
function stepsText(rows: ReplayResult['rows']): string {
  const shared = rows.filter(({ local }) => !local).length;
  const steps = `${rows.length} ${rows.length === 1 ? 'step' : 'steps'}`;
  return shared === rows.length ? steps : `${steps} (${shared} without core-local accesses)`;
}

function differenceText(difference: ReplayResult['firstDifference']): readonly string[] {
  if (difference === null) return [];
  const { step, recorded, found } = difference;
  const where = step < 0 ? 'before the first step' : `at step ${step}`;
  return [`  first difference, ${where}:`, `    recorded: ${recorded}`, `    now:      ${found}`];
}
