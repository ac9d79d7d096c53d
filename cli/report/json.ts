/** The JSON report of `check` and `fuzz`: stable key order, nothing of the machine but times and memory. */
import { dirname, relative, resolve, sep } from 'node:path';
import type { ReportedViolation, RunReport } from '../runReport.ts';

/** How a trace is told: its path relative to the report's folder, or (without a file) the trace itself. */
export function traceOf(
  { file, trace }: Pick<ReportedViolation, 'file' | 'trace'>,
  reportFile: string | null,
): unknown {
  if (reportFile === null) return trace;
  return file === null
    ? trace
    : relative(dirname(resolve(reportFile)), resolve(file))
        .split(sep)
        .join('/');
}

/** The report as text. `reportFile`: where it will stand; null: standard output, where traces are written out in full. */
export function jsonReport(runs: readonly RunReport[], reportFile: string | null): string {
  const report = {
    version: 1,
    runs: runs.map((run) => {
      const violations = run.violations.map((violation) => ({
        property: violation.property,
        message: violation.message,
        trace: traceOf(violation, reportFile),
        length: violation.length,
        cycleStart: violation.cycleStart,
        difference: violation.difference,
      }));
      const first = violations[0];
      return {
        target: run.target,
        scenario: run.scenario,
        slots: run.slots,
        memory: run.memory,
        defects: run.defects,
        indexModulus: run.indexModulus,
        bufferDepth: run.bufferDepth,
        bounds: { ...run.scenarioBounds, ...run.limits },
        seed: run.seed,
        verdict: run.verdict,
        expected: run.expected,
        asExpected: run.asExpected,
        property: first?.property ?? null,
        message: first?.message ?? run.message,
        incomplete: run.incomplete,
        trace: first?.trace ?? null,
        violations,
        witnesses: run.witnesses,
        states: run.states,
        transitions: run.transitions,
        depth: run.depth,
        operations: run.longestOperations,
        notifications: run.notifications,
        seconds: Math.round(run.seconds * 1000) / 1000,
        peakMemoryBytes: run.peakMemoryBytes,
        ...(run.schedules === null ? {} : { schedules: run.schedules }),
      };
    }),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
