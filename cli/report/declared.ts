/** Violations that scenarios declare, as a table: a row a scenario and property, whatever the number of runs that show it. */
import Table from 'cli-table3';
import type { ReportedViolation, RunReport } from '../runReport.ts';
import type { Colors } from '../terminal.ts';
import { replayCommand, traceCommand } from './commandLines.ts';
import { tableStyle } from './verdictTable.ts';
import { type Place, whereText } from './where.ts';
import { counted, groupsOf, linesOf, unique } from './words.ts';

/** A violation of a run. */
export interface Finding {
  readonly run: RunReport;
  readonly violation: ReportedViolation;
  /** Whether the scenario names the property; others can break besides. */
  readonly isNamed: boolean;
}

/** A row of the table. */
export interface DeclaredRow {
  readonly scenario: string;
  readonly property: string;
  readonly isNamed: boolean;
  /** Where it is violated. */
  readonly places: readonly Place[];
  /** The one of the fewest steps; of several, the first run's. */
  readonly shortest: Finding;
}

/** Of a run as a scenario expects it: nothing seeded, nothing new. */
export function isDeclared(run: RunReport): boolean {
  return run.asExpected && run.defects.length === 0;
}

/** The violations of the runs that are as their scenarios declare, in the order run. */
export function declaredFindings(runs: readonly RunReport[]): readonly Finding[] {
  return runs.filter(isDeclared).flatMap((run) =>
    run.violations.map((violation) => ({
      run,
      violation,
      isNamed: run.expected.includes(violation.property),
    })),
  );
}

/** Each finding is in exactly one row. In the order of the scenarios; within one, in that in which properties first broke. */
export function declaredRows(findings: readonly Finding[]): readonly DeclaredRow[] {
  const rowsOf = (ofScenario: readonly Finding[]): readonly DeclaredRow[] =>
    [
      ...groupsOf(ofScenario, ({ violation, isNamed }) => `${violation.property} ${isNamed}`).values(),
    ].flatMap((group) => {
      const [first, ...others] = group;
      if (first === undefined) return [];
      const shortest = others.reduce(
        (best, one) => (one.violation.length < best.violation.length ? one : best),
        first,
      );
      const { run, violation, isNamed } = first;
      const places = group.map(({ run: { slots, memory } }) => ({ slots, memory }));
      return [{ scenario: run.scenario, property: violation.property, isNamed, places, shortest }];
    });
  return [...groupsOf(findings, ({ run }) => run.scenario).values()].flatMap(rowsOf);
}

/** Characters of a row, and those that a message has at least. */
const TABLE_WIDTH = 165;
const LEAST_MESSAGE = 48;

/** The table under a heading, and behind it how to see the runs. Empty: no findings. */
export function declaredTable(findings: readonly Finding[], colors: Colors): string {
  const [first] = findings;
  if (first === undefined) return '';
  const rows = declaredRows(findings);
  const cells = rows.map(({ scenario, property, isNamed, places, shortest: { run, violation } }, i) => [
    scenario === rows[i - 1]?.scenario ? '' : scenario,
    isNamed ? property : `${property} *`,
    whereText(places),
    `${violation.length} (${whereText([run])})`,
  ]);
  const head = ['scenario', 'property', 'slots · memory', 'fewest steps'];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const taken = widths.reduce((sum, width) => sum + width + 3, 4);
  const messageWidth = Math.max(LEAST_MESSAGE, TABLE_WIDTH - taken);
  const table = new Table({ head: [...head, 'what it shows'], style: tableStyle });
  for (const [i, row] of cells.entries()) {
    const [scenario = '', property = '', where = '', shortest = ''] = row;
    table.push([
      scenario,
      colors.yellow(property),
      where,
      shortest,
      linesOf(messageText(rows, i), messageWidth).join('\n'),
    ]);
  }
  const runs = unique(findings.map(({ run }) => run)).length;
  const heading = `Violated as declared: ${counted(findings.length, 'violation')} in ${counted(runs, 'run')}`;
  return [
    `${colors.bold(heading)}, one row for each scenario and property`,
    table.toString(),
    ...(rows.every(({ isNamed }) => isNamed)
      ? []
      : ['* not declared by the scenario, but broken beside what it declares']),
    ...howToSee(rows, colors),
  ].join('\n');
}

/** The message; where a row above has the same one, for the same property, the scenario of that row. */
function messageText(rows: readonly DeclaredRow[], index: number): string {
  const row = rows[index];
  if (row === undefined) return '';
  const { message } = row.shortest.violation;
  const same = rows
    .slice(0, index)
    .find(({ property, shortest }) => property === row.property && shortest.violation.message === message);
  return same === undefined ? message : `as in ${same.scenario}`;
}

/** Where the traces are; or, when none was written, how to have them. */
function howToSee(rows: readonly DeclaredRow[], colors: Colors): readonly string[] {
  const written = rows.find(({ shortest }) => shortest.violation.file !== null)?.shortest;
  if (written !== undefined && written.violation.file !== null) {
    return [
      'Each has a trace, named after scenario, slots, memory model and property; for instance:',
      `  ${colors.bold(replayCommand(written.violation.file, written.run))}`,
    ];
  }
  const [first] = rows;
  if (first === undefined) return [];
  const { run } = first.shortest;
  // The schedules of one run of fuzzing are its own: the same command again finds them.
  if (run.schedules !== null) return ['For a trace of each: the same again with --out DIR'];
  return [
    'For a trace of each: the same again with --out DIR; for those of one run:',
    `  ${colors.bold(traceCommand(run))}`,
  ];
}
