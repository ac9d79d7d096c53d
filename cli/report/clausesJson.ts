/** The clauses of targets for a machine: stable key order, nothing of the machine but times. */
import { clauseRows, type TargetClauses } from '../clauseReport.ts';
import type { PlannedRun } from '../plan.ts';
import { traceOf } from './json.ts';

/** The report as text. `reportFile`: where it will stand; null: standard output, where traces are written out in full. */
export function clausesJson(targets: readonly TargetClauses[], reportFile: string | null): string {
  const report = { version: 1, targets: targets.map((target) => targetJson(target, reportFile)) };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function targetJson(report: TargetClauses, reportFile: string | null) {
  const { loaded, runs, planned, without, leftOut } = report;
  return {
    target: loaded.target.name,
    complete: runs.length === planned,
    clauses: clauseRows(report).map((row) => {
      const { clause, witness, violation } = row;
      return {
        property: row.property,
        clause: clause.id,
        version: clause.version,
        section: clause.section,
        side: clause.side,
        level: clause.level,
        text: clause.text,
        verdict: row.verdict,
        complete: row.complete,
        situations: row.situations,
        witness:
          witness === null
            ? null
            : {
                ...runJson(witness.run),
                length: witness.length,
                lastStep: witness.lastStep,
                trace: traceOf(witness, reportFile),
              },
        violation:
          violation === null
            ? null
            : {
                ...runJson(violation.run),
                message: violation.found.message,
                length: violation.found.length,
                trace: traceOf(violation.found, reportFile),
              },
        defects: row.defects,
        reason: row.verdict === 'never exercised' || row.verdict === 'not monitored' ? row.reason : null,
      };
    }),
    runs: runs.map(({ run, verdict, message, states, seconds, findings }) => ({
      ...runJson(run),
      verdict,
      message,
      states,
      seconds: Math.round(seconds * 1000) / 1000,
      exercised: findings.flatMap(({ property, exercise }) =>
        exercise === null
          ? []
          : [{ property, situations: exercise.situations, length: exercise.schedule.length }],
      ),
      broken: findings.flatMap(({ property, violation }) => (violation === null ? [] : [property])),
    })),
    withoutClauses: without,
    leftOut: leftOut.map(runJson),
  };
}

function runJson({ scenario, params }: PlannedRun) {
  const { slots, memory, defects } = params;
  return { scenario: scenario.name, slots, memory, defects };
}
