/** What `vqcheck clauses` finds out, as plain data: the table and the JSON report are both made from it. */
import type { Exercise } from '../checker/index.ts';
import type { Clause, Property } from '../properties/index.ts';
import type { Target } from '../scenarios/index.ts';
import type { ExitCode } from './exitCodes.ts';
import type { PlannedRun, RefusedRun } from './plan.ts';
import type { ReportedViolation } from './runReport.ts';
import type { LoadedTarget } from './targets.ts';

/** One clause in one run. */
export interface ClauseFinding {
  readonly property: string;
  /** Null: in no situation was it put to the test. */
  readonly exercise: Exercise | null;
  readonly violation: ReportedViolation | null;
}

/** A run that puts a clause to the test, by its last step. */
export interface ClauseWitness {
  readonly run: PlannedRun;
  /** In steps. */
  readonly length: number;
  /** The step that does: `driver expose: store avail.idx = 1`. */
  readonly lastStep: string;
  /** As in a `ReportedViolation`. */
  readonly file: string | null;
  readonly trace: unknown;
}

/** One run, of which the clauses among its properties were checked. */
export interface ClauseRun {
  readonly run: PlannedRun;
  readonly clauses: readonly (Property & { readonly clause: Clause })[];
  readonly findings: readonly ClauseFinding[];
  readonly verdict: string;
  /** Why it has no verdict, or null. */
  readonly message: string | null;
  readonly states: number;
  readonly seconds: number;
  readonly exitCode: ExitCode;
}

export interface TargetClauses {
  readonly loaded: LoadedTarget;
  /** In the order run; fewer than planned after an interruption. */
  readonly runs: readonly ClauseRun[];
  readonly planned: number;
  /** By property: the shortest of all runs that put it to the test. */
  readonly witnesses: ReadonlyMap<string, ClauseWitness>;
  /** Scenarios without any clause among their properties. */
  readonly without: readonly string[];
  readonly leftOut: readonly PlannedRun[];
  readonly refused: readonly RefusedRun[];
}

/** `broken`, `holds` in all of what was explored, `never exercised`, or `not monitored`: nothing could break it. */
export type ClauseVerdict = 'broken' | 'holds' | 'never exercised' | 'not monitored';

/** One clause over all runs. */
export interface ClauseRow {
  readonly property: string;
  readonly title: string;
  readonly clause: Clause;
  readonly verdict: ClauseVerdict;
  /** All runs that checked it have been explored to the end. */
  readonly complete: boolean;
  readonly situations: number;
  readonly witness: ClauseWitness | null;
  readonly violation: { readonly run: PlannedRun; readonly found: ReportedViolation } | null;
  /** Names of seeded bugs that break it, each in the scenario that it declares; first those that are known by it. */
  readonly defects: readonly string[];
  /** Why it was not exercised, as far as somebody has said so. */
  readonly reason: string | null;
}

/** The clauses of a target, in the order in which its scenarios list them. */
export function clauseRows(report: TargetClauses): ClauseRow[] {
  const { runs } = report;
  const names = [...new Set(runs.flatMap(({ clauses }) => clauses.map(({ name }) => name)))];
  return names.flatMap((name) => {
    const own = runs.filter(({ clauses }) => clauses.some((one) => one.name === name));
    const all = own.flatMap(({ clauses }) => clauses.filter((one) => one.name === name));
    const property = all.find(({ monitor }) => monitor !== undefined) ?? all[0];
    return property === undefined ? [] : [rowOf(report, property, own)];
  });
}

/** Names of the target's seeded bugs that break a clause, each in the scenario that it declares; first those known by it. */
export function breakersOf({ defects }: Pick<Target, 'defects'>, property: string): readonly string[] {
  const known = defects.filter((defect) => defect.property === property);
  const also = defects.filter(({ breaks = [] }) => breaks.includes(property));
  return [...known, ...also].map(({ name }) => name);
}

/** The shortest run that puts a property to the test, of all runs. */
export function shortestExercise(
  runs: readonly ClauseRun[],
  property: string,
): { readonly run: ClauseRun; readonly exercise: Exercise } | null {
  const all = runs.flatMap((run) =>
    run.findings.flatMap(({ property: name, exercise }) =>
      name === property && exercise !== null ? [{ run, exercise }] : [],
    ),
  );
  return all.toSorted((a, b) => a.exercise.schedule.length - b.exercise.schedule.length)[0] ?? null;
}

function rowOf(
  { loaded: { target }, witnesses }: TargetClauses,
  property: ClauseRun['clauses'][number],
  runs: readonly ClauseRun[],
): ClauseRow {
  const { name, title, clause, monitor } = property;
  const found = runs.flatMap(({ run, findings }) =>
    findings.filter((finding) => finding.property === name).map((finding) => ({ run, finding })),
  );
  const situations = found.reduce((sum, { finding }) => sum + (finding.exercise?.situations ?? 0), 0);
  const broken = found.find(({ finding }) => finding.violation !== null);
  const violation = broken?.finding.violation ?? null;
  const unmonitored = clause.unmonitored !== undefined;
  const verdict =
    violation !== null
      ? 'broken'
      : situations > 0
        ? 'holds'
        : unmonitored
          ? 'not monitored'
          : 'never exercised';
  return {
    property: name,
    title,
    clause,
    verdict,
    complete: runs.every((one) => one.verdict === 'proved' || one.verdict === 'violated'),
    situations,
    witness: witnesses.get(name) ?? null,
    violation: broken === undefined || violation === null ? null : { run: broken.run, found: violation },
    defects: breakersOf(target, name),
    reason:
      target.notExercised?.[name] ??
      clause.unmonitored ??
      (monitor === undefined ? 'nothing that was negotiated, or set up, makes it apply' : null),
  };
}
