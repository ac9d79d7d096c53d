/** The report for a person: a table of verdicts a target, what went wrong and how to see it, and what was not covered. */
import Table from 'cli-table3';
import type { WorstRate } from '../../checker/index.ts';
import type { PlainData } from '../../memory/index.ts';
import type { RefusedRun, TargetPlan } from '../plan.ts';
import { bytesText, type ReportedViolation, type RunReport } from '../runReport.ts';
import type { Colors } from '../terminal.ts';
import { differenceLines } from './difference.ts';
import { grouped } from './progress.ts';

/** What is reported about one target. */
export interface TargetReport {
  readonly plan: TargetPlan;
  /** In the order run; fewer than planned after an interruption. */
  readonly runs: readonly RunReport[];
}

export interface TextReportOptions {
  readonly colors: Colors;
  /** Memory models that the vocabulary has and the checker has not yet. */
  readonly memoriesToCome: readonly string[];
  readonly interrupted: boolean;
  /** Show the longest operations of each run, instead of those of all runs. */
  readonly operations: boolean;
  /** Seconds from the first run's start to the last one's end; not given: the runs came one after the other. */
  readonly wallSeconds?: number;
  /** Runs at a time; default 1. */
  readonly jobs?: number;
}

/** The whole report. */
export function textReport(targets: readonly TargetReport[], options: TextReportOptions): string {
  const sections = targets.flatMap((target) => targetSections(target, options));
  return `${[...sections, summary(targets, options)].join('\n\n')}\n`;
}

function targetSections(report: TargetReport, options: TextReportOptions): readonly string[] {
  const { runs, plan } = report;
  const { target } = plan.loaded;
  const heading = `${options.colors.bold(target.name)}: ${target.title}`;
  const sections = [`${heading}\n${verdictTable(runs, options.colors)}`];
  const details = runs.flatMap((run) => runDetails(run, options.colors));
  if (details.length > 0) sections.push(details.join('\n\n'));
  const longest = options.operations ? operationsTable(runs) : longestOperations(runs);
  if (longest !== '') sections.push(longest);
  sections.push(notCovered(report, options));
  return sections;
}

function painted(run: RunReport, text: string, colors: Colors): string {
  switch (run.tone) {
    case 'good':
      return colors.green(text);
    case 'bad':
      return colors.red(text);
    case 'unknown':
      return colors.yellow(text);
  }
}

/** Box lines without one between every two rows. */
const tableStyle = { head: [], border: [], compact: true };

function verdictTable(runs: readonly RunReport[], colors: Colors): string {
  const withDefects = runs.some(({ defects }) => defects.length > 0);
  const fuzzed = runs.some(({ schedules }) => schedules !== null);
  const counts = fuzzed ? ['schedules', 'steps', 'longest'] : ['states', 'transitions', 'depth'];
  const head = [
    'scenario',
    'slots',
    'memory',
    ...(withDefects ? ['defects'] : []),
    'verdict',
    ...counts,
    'time',
  ];
  const notified = runs.some(({ notifications }) => notifications !== null);
  if (notified) head.push('doorbells', 'interrupts', 'spurious', 'wait');
  const left = withDefects ? 5 : 4;
  const colAligns = head.map((_, i) => (i === 1 || i >= left ? 'right' : 'left') as 'right' | 'left');
  const table = new Table({ head, colAligns, style: tableStyle });
  for (const run of runs) {
    table.push([
      run.scenario,
      String(run.slots),
      run.memory,
      ...(withDefects ? [run.defects.join(' + ')] : []),
      painted(run, shortened(run.headline, 76), colors),
      grouped(run.schedules ?? run.states),
      grouped(run.transitions),
      grouped(run.depth),
      secondsText(run.seconds),
      ...(notified ? notificationCells(run) : []),
    ]);
  }
  return notified ? `${table.toString()}\n${notificationLegend}` : table.toString();
}

const notificationLegend =
  'at worst: doorbells rung, interrupts taken and interrupts taken for nothing a message received (∞: without end);\n' +
  'steps of the receiving core between the end of a send and the taking of its message';

function notificationCells({ notifications: worst }: RunReport): readonly string[] {
  if (worst === null) return ['', '', '', ''];
  const rate = (of: WorstRate): string => {
    if (of === null) return '?';
    if (of === 'unbounded') return '∞';
    return of.messages === 1 ? String(of.most) : `${of.most}/${of.messages}`;
  };
  const wait = worst.longestWait === 'unbounded' ? '∞' : grouped(worst.longestWait);
  return [
    rate(worst.doorbellsPerMessage),
    rate(worst.interruptsPerMessage),
    rate(worst.spuriousPerMessage),
    wait,
  ];
}

/** `0.02 s`, `12.3 s`. */
export function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function runTitle(run: RunReport): string {
  const defects = run.defects.length === 0 ? '' : `, defect ${run.defects.join(' + ')}`;
  return `${run.scenario}, ${run.slots} ${run.slots === 1 ? 'slot' : 'slots'}, ${run.memory}${defects}`;
}

/** What went wrong in a run, each finding with the command that shows it. */
function runDetails(run: RunReport, colors: Colors): readonly string[] {
  const details: string[] = [];
  const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');
  const isDeclared = run.asExpected && run.defects.length === 0;
  for (const violation of run.violations) {
    const { property, message, file } = violation;
    const lines = [message];
    if (file === null) {
      lines.push(
        isDeclared ? `${lengthText(violation)}; for a trace of it: --out DIR` : lengthText(violation),
      );
    } else {
      lines.push(`trace: ${file} (${lengthText(violation)})`, colors.bold(replayCommand(file, run)));
    }
    lines.push(...differenceLines(violation.difference));
    const name =
      isDeclared && run.expected.includes(property)
        ? colors.yellow(property)
        : `${colors.red(property)}${isDeclared ? ' (not declared by the scenario)' : ''}`;
    details.push(`${runTitle(run)}: ${name}\n${indented(lines)}`);
  }
  if (run.verdict === 'error' && run.message !== null) {
    details.push(`${runTitle(run)}: ${colors.red('error')}\n${indented([run.message])}`);
  }
  if (run.verdict === 'proved' && !run.asExpected) {
    const missed = run.expected === 'proved' ? '' : run.expected.join(', ');
    details.push(`${runTitle(run)}: ${colors.red('proved')}\n${indented([`expected to violate ${missed}`])}`);
  }
  return details;
}

/** `41 steps`, `41 steps, the last 2 of them for ever`. */
function lengthText({ length, cycleStart }: ReportedViolation): string {
  const steps = `${length} ${length === 1 ? 'step' : 'steps'}`;
  if (cycleStart === null) return steps;
  const round = length - cycleStart;
  if (round === 0) return `${steps}, and nothing after them`;
  return `${steps}, the last ${round === 1 ? 'one' : `${round} of them`} for ever`;
}

/** What to paste to see a trace. */
export function replayCommand(file: string, run: Pick<RunReport, 'target' | 'asTyped'>): string {
  const target = run.asTyped === run.target ? '' : ` --target ${shellQuoted(run.asTyped)}`;
  return `npx vqcheck replay ${shellQuoted(file)}${target}`;
}

/** As one word of a shell. */
export function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function longestOperations(runs: readonly RunReport[]): string {
  const longest = new Map<string, number>();
  for (const run of runs) {
    for (const [operation, accesses] of Object.entries(run.longestOperations ?? {})) {
      longest.set(operation, Math.max(accesses, longest.get(operation) ?? 0));
    }
  }
  if (longest.size === 0) return '';
  const operations = [...longest].sort(([a], [b]) => (a < b ? -1 : 1));
  return wrapped(
    'Accesses of the longest run of each operation: ',
    operations.map(([operation, accesses]) => `${operation} ${accesses}`),
  );
}

/** A row a run, a column an operation. */
function operationsTable(runs: readonly RunReport[]): string {
  const names = [
    ...new Set(runs.flatMap(({ longestOperations }) => Object.keys(longestOperations ?? {}))),
  ].sort();
  const title = 'Accesses of the longest run of each operation:';
  if (names.length === 0) return `${title} not known`;
  const head = ['run', ...names];
  const colAligns = head.map((_, i) => (i === 0 ? 'left' : 'right') as 'left' | 'right');
  const table = new Table({ head, colAligns, style: tableStyle });
  for (const run of runs) {
    const { longestOperations: longest } = run;
    table.push([
      runTitle(run),
      ...names.map((name) => (longest === null ? '?' : String(longest[name] ?? ''))),
    ]);
  }
  const unknown = runs.some(({ longestOperations }) => longestOperations === null);
  return [title, table.toString(), ...(unknown ? ['?: not all of the space was explored'] : [])].join('\n');
}

/** Items after a heading, broken into lines of at most 110 characters. */
export function wrapped(heading: string, items: readonly string[], indent = '  '): string {
  const lines: string[] = [];
  let line = heading;
  for (const [index, item] of items.entries()) {
    const piece = index < items.length - 1 ? `${item}, ` : item;
    if (line.length + piece.trimEnd().length > 110) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += piece;
  }
  return [...lines, line].join('\n');
}

// --- What was not covered --------------------------------------------------------------------------------------------

function notCovered(report: TargetReport, options: TextReportOptions): string {
  const { runs, plan } = report;
  const fuzzed = runs.some(({ schedules }) => schedules !== null);
  const lines = fuzzed
    ? [...notRun(report), ...sampled(runs)]
    : [
        ...notRun(report),
        ...scenariosLeftOut(report),
        ...propertiesLeftOut(plan),
        ...sizesLeftOut(report),
        ...boundsOf(runs),
        ...refusedOnes(plan.refused),
        ...memoriesLeftOut(report, options.memoriesToCome),
        ...moduli(runs),
        ...storeBuffers(runs),
        ...manyMessages(runs),
        ...loadBuffering(runs),
      ];
  return [options.colors.bold('Not covered:'), ...lines.map((line) => `  ${line}`)].join('\n');
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

function notRun({ plan, runs }: TargetReport): readonly string[] {
  const missing = plan.runs.length - runs.length;
  return missing === 0 ? [] : [`${missing} of ${plan.runs.length} runs, not started`];
}

function scenariosLeftOut({ plan, runs }: TargetReport): readonly string[] {
  const run = new Set(runs.map(({ scenario }) => scenario));
  const names = plan.loaded.target.scenarios.map(({ name }) => name).filter((name) => !run.has(name));
  return names.length === 0 ? [] : [wrapped('scenarios not run: ', names, '    ')];
}

function propertiesLeftOut({ loaded, properties }: TargetPlan): readonly string[] {
  if (properties === undefined) return [];
  const names = loaded.target.properties.filter((name) => !properties.includes(name));
  return names.length === 0 ? [] : [wrapped('properties not checked: ', names, '    ')];
}

/** `in-order, any-order up to 4 slots`, and what is meant for more. */
function sizesLeftOut({ plan, runs }: TargetReport): readonly string[] {
  const bySize = new Map<string, string[]>();
  const more: string[] = [];
  for (const scenario of plan.loaded.target.scenarios) {
    const sizes = unique(runs.filter((run) => run.scenario === scenario.name).map(({ slots }) => slots));
    if (sizes.length === 0) continue;
    const key = slotsText([...sizes].sort((a, b) => a - b));
    bySize.set(key, [...(bySize.get(key) ?? []), scenario.name]);
    const missing = [...scenario.defaultSlots, ...scenario.moreSlots].filter(
      (slots) => !sizes.includes(slots),
    );
    if (missing.length > 0) more.push(`--scenario ${scenario.name} --slots ${missing.join(',')}`);
  }
  const lines = [...bySize].map(([sizes, names]) => wrapped(`sizes other than ${sizes}: `, names, '    '));
  return [...lines, ...more.map((option) => `  more with ${option}`)];
}

/** `bounded, index-wrap: messages 5, 8, 14 with 1, 2, 4 slots`. */
function boundsOf(runs: readonly RunReport[]): readonly string[] {
  const byName = new Map<string, { readonly slots: number[]; readonly values: string[] }>();
  for (const { scenario, slots, scenarioBounds } of runs) {
    for (const [name, value] of Object.entries(scenarioBounds)) {
      const key = `${scenario}: ${name}`;
      const known = byName.get(key) ?? { slots: [], values: [] };
      byName.set(key, known);
      if (known.slots.includes(slots)) continue;
      known.slots.push(slots);
      known.values.push(plainText(value));
    }
  }
  return [...byName].map(
    ([key, { slots, values }]) =>
      `more than is bounded in ${key} ${values.join(', ')} with ${slotsText(slots)}`,
  );
}

/** `1, 2, 4 slots`. */
function slotsText(slots: readonly number[]): string {
  return `${slots.join(', ')} ${slots.length === 1 && slots[0] === 1 ? 'slot' : 'slots'}`;
}

function plainText(value: PlainData): string {
  return typeof value === 'number' ? grouped(value) : JSON.stringify(value);
}

function refusedOnes(refused: readonly RefusedRun[]): readonly string[] {
  return refused.map(
    ({ scenario, slots, memory, reason }) => `${scenario}, ${slots} slots, ${memory}: ${reason}`,
  );
}

function memoriesLeftOut({ plan, runs }: TargetReport, toCome: readonly string[]): readonly string[] {
  const run = new Set(runs.map(({ memory }) => memory));
  const asked = plan.loaded.target.memories.filter((name) => !run.has(name));
  return [
    ...(asked.length === 0 ? [] : [`memory models not run: ${asked.join(', ')}`]),
    ...(toCome.length === 0 ? [] : [`memory models not available yet: ${toCome.join(', ')}`]),
  ];
}

function moduli(runs: readonly RunReport[]): readonly string[] {
  const byScenario = new Map<string, number[]>();
  for (const { indexModulus, scenario } of runs) {
    if (indexModulus !== null) byScenario.set(scenario, [...(byScenario.get(scenario) ?? []), indexModulus]);
  }
  const groups = new Map<string, string[]>();
  for (const [scenario, all] of byScenario) {
    const key = unique([...all].sort((a, b) => a - b))
      .map(grouped)
      .join(', ');
    groups.set(key, [...(groups.get(key) ?? []), scenario]);
  }
  return [...groups].map(([moduli, names]) =>
    wrapped(`indices other than modulo ${moduli}: `, names, '    '),
  );
}

/** What the view machine leaves out, said wherever it proves something. */
function loadBuffering(runs: readonly RunReport[]): readonly string[] {
  if (!runs.some(({ memory }) => memory === 'rc11')) return [];
  return ['load buffering: under rc11 no load sees a store that depends on it, as Arm and RISC-V allow'];
}

/** Says whether a store ever had to wait for room: then the proof would hold for this depth only. */
function storeBuffers(runs: readonly RunReport[]): readonly string[] {
  const buffered = runs.filter(({ bufferDepth, memory }) => bufferDepth !== null && memory !== 'rc11');
  if (buffered.length === 0) return [];
  const deepest = Math.max(...buffered.map(({ deepestBuffer }) => deepestBuffer));
  const reached = buffered.filter(({ incomplete }) => incomplete?.kind === 'buffer');
  if (reached.length > 0) {
    return [
      `store buffers deeper than theirs: ${reached.map(runTitle).join('; ')} (a scenario's system sets bufferDepth)`,
    ];
  }
  const where = buffered.some(({ verdict }) => verdict === 'incomplete') ? 'as far as explored' : 'at all';
  return [
    `(nothing of store buffers: at most ${deepest} stores waited; their depth was not reached ${where})`,
  ];
}

/** The locations whose old values a core could go on reading for longer than is kept, and what ends that. */
function manyMessages(runs: readonly RunReport[]): readonly string[] {
  return runs.flatMap((run) =>
    run.incomplete?.kind === 'messages'
      ? [
          `${runTitle(run)}: values of ${run.incomplete.location} older than its newest ${run.incomplete.limit + 1}, which some core ` +
            'never leaves behind: have that core load the location, or acquire from who stores to it, or bound the messages',
        ]
      : [],
  );
}

/** What fuzzing leaves open, and the situations that it did not even meet. */
function sampled(runs: readonly RunReport[]): readonly string[] {
  const never = runs.flatMap((run) => {
    const names = run.witnesses.filter(({ reached }) => !reached).map(({ name }) => `"${name}"`);
    return names.length === 0 ? [] : [`${runTitle(run)}: never met ${names.join(', ')}`];
  });
  return ['all schedules but those run: fuzzing proves nothing', ...never];
}

// --- Summary ---------------------------------------------------------------------------------------------------------

function summary(targets: readonly TargetReport[], options: TextReportOptions): string {
  const { colors, interrupted, wallSeconds, jobs = 1 } = options;
  const runs = targets.flatMap((target) => target.runs);
  const counts = new Map<string, number>();
  for (const run of runs) {
    const word = run.verdict === 'violated' && run.asExpected ? 'violated as expected' : run.verdict;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const time = wallSeconds ?? runs.reduce((sum, run) => sum + run.seconds, 0);
  const peak = runs.reduce((most, run) => Math.max(most, run.peakMemoryBytes), 0);
  const words = [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
  const memory = peak === 0 ? '' : `, at most ${bytesText(peak)} ${jobs > 1 ? 'a run' : 'at a time'}`;
  const threads = jobs > 1 ? ` with ${jobs} at a time` : '';
  const text = `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}: ${words || 'none finished'}, in ${secondsText(time)}${threads}${memory}`;
  if (interrupted) return colors.yellow(`Interrupted. ${text}`);
  return runs.length > 0 && runs.every(({ tone }) => tone === 'good') ? colors.green(text) : text;
}
