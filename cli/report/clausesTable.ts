/** The clauses of a target for a person: a table, what is broken, what was never exercised, and what was not covered. */
import Table from 'cli-table3';
import { type ClauseRow, type ClauseWitness, clauseRows, type TargetClauses } from '../clauseReport.ts';
import type { PlannedRun } from '../plan.ts';
import type { Colors } from '../terminal.ts';
import { replayCommand } from './commandLines.ts';
import { grouped } from './progress.ts';
import { linesOf, secondsText, wrapped } from './words.ts';

export interface ClausesTextOptions {
  readonly colors: Colors;
  readonly interrupted: boolean;
}

/** Characters of a claim in the table. */
const CLAIM_WIDTH = 46;
const WITNESS_WIDTH = 40;

/** The whole report. */
export function clausesReport(targets: readonly TargetClauses[], options: ClausesTextOptions): string {
  return `${targets.map((target) => targetText(target, options)).join('\n\n')}\n`;
}

function targetText(report: TargetClauses, options: ClausesTextOptions): string {
  const { colors } = options;
  const { target } = report.loaded;
  const rows = clauseRows(report);
  return [
    `${colors.bold(target.name)}: ${target.title}\n${table(rows, colors)}`,
    ...details(report, rows, colors),
    notCovered(report, colors),
    summary(report, rows, options),
  ].join('\n\n');
}

function table(rows: readonly ClauseRow[], colors: Colors): string {
  const head = ['clause', 'section', 'claim', 'exercised', 'verdict', 'shortest witness', 'broken by defect'];
  const rowsTable = new Table({
    head,
    colAligns: ['left', 'left', 'left', 'right', 'left', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    const { clause, situations, witness, defects } = row;
    rowsTable.push([
      clause.id,
      `${clause.section}\n${clause.level}`,
      linesOf(clause.text, CLAIM_WIDTH).join('\n'),
      grouped(situations),
      verdictText(row, colors),
      witness === null ? '' : linesOf(witnessText(witness), WITNESS_WIDTH).join('\n'),
      defects.join('\n'),
    ]);
  }
  return rowsTable.toString();
}

function verdictText({ verdict, complete }: ClauseRow, colors: Colors): string {
  switch (verdict) {
    case 'broken':
      return colors.red('broken');
    case 'holds':
      return complete ? colors.green('holds') : colors.yellow('holds so far');
    case 'never exercised':
      return colors.yellow(complete ? 'never exercised' : 'not so far');
    case 'not monitored':
      return colors.yellow('not monitored');
  }
}

/** `chains, 2 slots, sc, 12 steps: driver expose: store avail.idx = 1` */
function witnessText({ run, length, lastStep }: ClauseWitness): string {
  return `${runText(run)}, ${grouped(length)} ${length === 1 ? 'step' : 'steps'}: ${lastStep}`;
}

function runText({ scenario, params }: PlannedRun): string {
  const defects = params.defects.length === 0 ? '' : ` with ${params.defects.join(' + ')}`;
  return `${scenario.name}${defects}, ${params.slots} ${params.slots === 1 ? 'slot' : 'slots'}, ${params.memory}`;
}

function details({ loaded }: TargetClauses, rows: readonly ClauseRow[], colors: Colors): readonly string[] {
  const broken = rows.flatMap(({ property, violation }) => {
    if (violation === null) return [];
    const { run, found } = violation;
    const lines = [`${colors.red(property)} (${runText(run)}, ${found.length} steps): ${found.message}`];
    if (found.file !== null) lines.push(`  ${colors.bold(replay(found.file, loaded))}`);
    return lines;
  });
  const silent = rows.filter(({ verdict }) => verdict === 'never exercised' || verdict === 'not monitored');
  const reasons = silent.map(({ property, reason }) => `  ${property}: ${reason ?? 'no reason is given'}`);
  const safe = rows.filter(({ verdict, defects }) => verdict !== 'not monitored' && defects.length === 0);
  const files = rows.flatMap(({ witness }) => witness?.file ?? []);
  return [
    ...(broken.length === 0 ? [] : [broken.join('\n')]),
    ...(reasons.length === 0 ? [] : [[colors.bold('Not exercised:'), ...reasons].join('\n')]),
    ...listed(
      'No seeded defect shows that these can fail: ',
      safe.map(({ property }) => property),
    ),
    ...(files.length === 0 ? [] : [`${files.length} witnesses as traces: ${replay(files[0] ?? '', loaded)}`]),
  ];
}

function replay(file: string, { target, asTyped }: TargetClauses['loaded']): string {
  return replayCommand(file, { target: target.name, asTyped });
}

function notCovered(
  { loaded, runs, planned, without, leftOut, refused }: TargetClauses,
  colors: Colors,
): string {
  const { target } = loaded;
  const begun = new Set([...runs.map(({ run }) => run.scenario.name), ...without]);
  const others = target.scenarios.filter(({ name }) => !begun.has(name));
  const memories = new Set(runs.map(({ run }) => run.params.memory));
  const notAsked = target.memories.filter((name) => !memories.has(name));
  const missing = planned - runs.length;
  const lines = [
    ...(missing === 0 ? [] : [`${missing} of ${planned} runs, not started`]),
    ...runs.flatMap(({ run, verdict, message }) =>
      verdict === 'incomplete' || verdict === 'error'
        ? [`${runText(run)}: ${verdict}: ${message ?? ''}`]
        : [],
    ),
    ...listed('scenarios that check no clause: ', without),
    ...listed(
      'scenarios not run: ',
      others.map(({ name }) => name),
    ),
    ...listed(
      'sizes left out, to be done sooner: ',
      leftOut.map(({ scenario, params }) => `${scenario.name} at ${params.slots} slots`),
    ),
    ...refused.map(
      ({ scenario, slots, memory, reason }) => `${scenario}, ${slots} slots, ${memory}: ${reason}`,
    ),
    ...(notAsked.length === 0 ? [] : [`memory models not run: ${notAsked.join(', ')}`]),
    'properties that are no clauses: vqcheck check',
  ];
  return [colors.bold('Not covered:'), ...lines.map((line) => `  ${line}`)].join('\n');
}

function listed(heading: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [wrapped(heading, items, '    ')];
}

function summary(
  { runs }: TargetClauses,
  rows: readonly ClauseRow[],
  { colors, interrupted }: ClausesTextOptions,
): string {
  const count = (wanted: ClauseRow['verdict']): number =>
    rows.filter(({ verdict }) => verdict === wanted).length;
  const states = runs.reduce((sum, run) => sum + run.states, 0);
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const text =
    `${rows.length} clauses: ${count('holds')} exercised and not broken, ${count('broken')} broken, ` +
    `${count('never exercised') + count('not monitored')} not exercised; ` +
    `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${grouped(states)} states, ${secondsText(seconds)}`;
  if (interrupted) return colors.yellow(`Interrupted. So far ${text}`);
  if (count('broken') > 0) return colors.red(text);
  return count('holds') === rows.length && rows.every(({ complete }) => complete) ? colors.green(text) : text;
}
