/** Traces as files: their names, and what a run found written out beside each other. */
import { join } from 'node:path';
import type { Violation } from '../checker/index.ts';
import { encodeTrace, recordTrace } from '../traces/index.ts';
import { writeAtomically } from './files.ts';
import type { PlannedRun } from './plan.ts';
import type { ReportedViolation } from './runReport.ts';
import { siteProbe } from './sites.ts';
import type { LoadedTarget } from './targets.ts';
import { withProperties } from './withProperties.ts';

/** Folder for traces when none is given. Made only when there is something to write. */
export const defaultTraceFolder = 'vqcheck-out';

/** `esp-amp-in-order-2-sc-flip-not-toggled-deadlock.json`. */
export function traceFileName(target: string, { scenario, params }: PlannedRun, property: string): string {
  const parts = [target, scenario.name, String(params.slots), params.memory, ...params.defects, property];
  return `${parts.map((part) => part.replaceAll(/[^\w.-]/g, '_')).join('-')}.json`;
}

/** What a violation is recorded from: found by an exhaustive search or by fuzzing. */
export type FoundViolation = Pick<Violation, 'property' | 'message' | 'schedule' | 'cycleStart' | 'cells'>;

/**
 * Records the trace of each violation, and writes it into `folder` unless that is null. `properties`: those that were checked
 * when it was found; undefined: all.
 */
export function saveViolations(
  loaded: LoadedTarget,
  run: PlannedRun,
  properties: readonly string[] | undefined,
  violations: readonly FoundViolation[],
  folder: string | null,
): readonly ReportedViolation[] {
  const { scenario, params } = run;
  return violations.map((violation) => {
    const trace = recordTrace({
      target: withProperties(loaded.target, properties),
      scenario: scenario.name,
      params,
      memory: params.memory,
      defects: params.defects,
      violation,
      siteOf: siteProbe(loaded.folder),
    });
    const text = encodeTrace(trace);
    const file =
      folder === null ? null : join(folder, traceFileName(loaded.target.name, run, violation.property));
    if (file !== null) writeAtomically(file, text);
    const { property, message, schedule, cycleStart } = violation;
    return {
      property,
      message,
      length: schedule.length,
      cycleStart,
      file,
      trace: JSON.parse(text) as unknown,
    };
  });
}
