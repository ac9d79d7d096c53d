/** The end of a report, which says all that matters when nothing else of it is seen: the tail of a log. */
import Table from 'cli-table3';
import { exitCodes } from '../exitCodes.ts';
import { bytesText, incompleteText, type RunReport, type TargetReport } from '../runReport.ts';
import type { Colors } from '../terminal.ts';
import { grouped } from './progress.ts';
import { quickRefusals } from './refusals.ts';
import { tableStyle } from './verdictTable.ts';
import { counted, runTitle, secondsText } from './words.ts';

export interface SummaryOptions {
  readonly colors: Colors;
  readonly interrupted: boolean;
  /** Seconds from the first run's start to the last one's end; not given: the runs came one after the other. */
  readonly wallSeconds?: number;
  /** Runs at a time; default 1. */
  readonly jobs?: number;
  /** The command without `--quick`, to be told where that left something out. */
  readonly withoutQuick?: string;
}

/** How a run ended, for counting: each run is one of these. */
const outcomes = ['proved', 'violated as expected', 'incomplete', 'not as expected'] as const;
type Outcome = (typeof outcomes)[number];

export function outcomeOf(run: RunReport): Outcome {
  if (run.verdict === 'incomplete') return 'incomplete';
  if (run.asExpected) return run.verdict === 'proved' ? 'proved' : 'violated as expected';
  // What is expected may lie beyond the bound that was met.
  return run.exitCode === exitCodes.incomplete ? 'incomplete' : 'not as expected';
}

/** The table of targets if there are several, what was left out, the runs that are not as expected, and all in a line. */
export function summary(targets: readonly TargetReport[], options: SummaryOptions): string {
  const runs = targets.flatMap((target) => target.runs);
  return [
    ...(targets.length > 1 ? [targetTable(targets, options.colors)] : []),
    ...leftOutByQuick(targets, options.withoutQuick),
    ...unexpectedLines(runs, options.colors),
    totalLine(targets, options),
  ].join('\n');
}

function countsOf(runs: readonly RunReport[]): ReadonlyMap<Outcome, number> {
  return new Map(
    outcomes.map((outcome) => [outcome, runs.filter((run) => outcomeOf(run) === outcome).length]),
  );
}

function secondsOf(runs: readonly RunReport[]): number {
  return runs.reduce((sum, { seconds }) => sum + seconds, 0);
}

function targetTable(targets: readonly TargetReport[], colors: Colors): string {
  const runs = targets.flatMap((target) => target.runs);
  const total = countsOf(runs);
  const fuzzed = runs.some(({ schedules }) => schedules !== null);
  const shown = outcomes.filter((outcome) => outcome !== 'incomplete' || total.get(outcome) !== 0);
  const withQuick = targets.some(({ plan }) => quickRefusals(plan).length > 0);
  const head = [
    'target',
    'runs',
    ...shown,
    ...(withQuick ? ['left out by --quick'] : []),
    fuzzed ? 'schedules' : 'states',
    'time of the runs',
  ];
  const colAligns = head.map((_, i) => (i === 0 ? 'left' : 'right') as 'left' | 'right');
  const table = new Table({ head, colAligns, style: tableStyle });
  for (const { plan, runs: ofTarget } of targets) {
    const counts = countsOf(ofTarget);
    const cell = (outcome: Outcome): string => {
      const count = counts.get(outcome) ?? 0;
      return outcome === 'not as expected' && count > 0 ? colors.red(grouped(count)) : grouped(count);
    };
    table.push([
      plan.loaded.target.name,
      grouped(ofTarget.length),
      ...shown.map(cell),
      ...(withQuick ? [grouped(quickRefusals(plan).length)] : []),
      grouped(ofTarget.reduce((sum, run) => sum + (run.schedules ?? run.states), 0)),
      secondsText(secondsOf(ofTarget)),
    ]);
  }
  return table.toString();
}

function leftOutByQuick(targets: readonly TargetReport[], command: string | undefined): readonly string[] {
  const count = targets.reduce((sum, { plan }) => sum + quickRefusals(plan).length, 0);
  if (count === 0) return [];
  const hint = command === undefined ? '' : `; with them: ${command}`;
  return [`Left out by --quick: ${counted(count, 'run')}${hint}`];
}

/** Each run by its name, with what it is instead of what is expected. */
function unexpectedLines(runs: readonly RunReport[], colors: Colors): readonly string[] {
  const lines = (heading: string, of: readonly RunReport[]): readonly string[] =>
    of.length === 0
      ? []
      : [heading, ...of.map((run) => `  ${run.target}: ${runTitle(run)}: ${verdictLine(run)}`)];
  const open = runs.filter((run) => !run.asExpected && outcomeOf(run) === 'incomplete');
  const wrong = runs.filter((run) => outcomeOf(run) === 'not as expected');
  return [...lines(colors.yellow('Incomplete:'), open), ...lines(colors.red('Not as expected:'), wrong)];
}

/** The verdict and its reason, in one line. */
export function verdictLine(run: RunReport): string {
  const found = run.violations.map(({ property }) => property);
  const expected = run.expected === 'proved' ? [] : run.expected;
  const missed = expected.filter((name) => !found.includes(name));
  const notFound = missed.length === 0 ? '' : `; expected, and not found: ${missed.join(', ')}`;
  switch (run.verdict) {
    case 'violated': {
      const bound = run.incomplete === null ? '' : `; ${incompleteText(run.incomplete)}`;
      return `violated ${found.join(', ')}${notFound}${bound}`;
    }
    case 'proved':
      return `proved${notFound}`;
    case 'error': {
      const [message = ''] = (run.message ?? '').split('\n');
      return run.headline === run.message || message === '' ? run.headline : `${run.headline}: ${message}`;
    }
    case 'incomplete':
      return `${run.headline}${notFound}`;
  }
}

function totalLine(targets: readonly TargetReport[], options: SummaryOptions): string {
  const { colors, interrupted, wallSeconds, jobs = 1 } = options;
  const runs = targets.flatMap((target) => target.runs);
  const counts = [...countsOf(runs)].filter(([, count]) => count > 0);
  const notStarted = targets.reduce((sum, { plan }) => sum + plan.runs.length, 0) - runs.length;
  const words = [
    ...counts.map(([outcome, count]) => `${grouped(count)} ${outcome}`),
    ...(notStarted > 0 ? [`${grouped(notStarted)} not started`] : []),
  ].join(', ');
  const peak = runs.reduce((most, run) => Math.max(most, run.peakMemoryBytes), 0);
  const memory = peak === 0 ? '' : `, at most ${bytesText(peak)} ${jobs > 1 ? 'a run' : 'at a time'}`;
  const threads = jobs > 1 ? ` with ${jobs} at a time` : '';
  const time = secondsText(wallSeconds ?? secondsOf(runs));
  const text = `${counted(runs.length, 'run')}: ${words || 'none finished'}, in ${time}${threads}${memory}`;
  if (interrupted) return colors.yellow(`Interrupted. ${text}`);
  if (runs.some((run) => outcomeOf(run) === 'not as expected')) return colors.red(text);
  return runs.length > 0 && runs.every(({ tone }) => tone === 'good') ? colors.green(text) : text;
}
