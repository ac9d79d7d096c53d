/** Traces as files: their names, and what a run found written out beside each other. */
import { join } from 'node:path';
import type { BarrierEdit, Exercise, Violation } from '../checker/index.ts';
import { encodeTrace, recordTrace, type TraceStep } from '../traces/index.ts';
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

/** `esp-amp-any-order-2-rc11-without-fence-queue.ts-253-no-double-ownership.json`. */
function barrierTraceName(
  target: string,
  { scenario, params }: PlannedRun,
  edit: BarrierEdit,
  property: string,
) {
  const where = edit.site.slice(edit.site.lastIndexOf('/') + 1).replace(':', '-');
  const parts = [
    target,
    scenario.name,
    String(params.slots),
    params.memory,
    'without',
    edit.kind,
    where,
    property,
  ];
  return `${parts.map((part) => part.replaceAll(/[^\w.-]/g, '_')).join('-')}.json`;
}

/** Records what breaks without a barrier, and writes the trace into `folder` unless that is null. */
export function saveBarrierTrace(
  loaded: LoadedTarget,
  run: PlannedRun,
  found: {
    readonly properties: readonly string[] | undefined;
    readonly edit: BarrierEdit;
    readonly violation: FoundViolation;
    readonly folder: string | null;
  },
): ReportedViolation {
  const { properties, edit, violation, folder } = found;
  const name = barrierTraceName(loaded.target.name, run, edit, violation.property);
  return saved(loaded, run, properties, violation, [edit], folder === null ? null : join(folder, name));
}

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
  return violations.map((violation) => {
    const name = traceFileName(loaded.target.name, run, violation.property);
    return saved(loaded, run, properties, violation, [], folder === null ? null : join(folder, name));
  });
}

/** What a trace says in place of a violation: it breaks nothing, and replays as a run that does not. */
const EXERCISED_MESSAGE = 'not broken: its last step puts it to the test';

/** Records the run that puts a property to the test, and writes it into `folder` unless that is null. */
export function saveWitness(
  loaded: LoadedTarget,
  run: PlannedRun,
  properties: readonly string[],
  { property, schedule, cells }: Exercise,
  folder: string | null,
): { readonly file: string | null; readonly trace: unknown; readonly lastStep: string } {
  const { scenario, params } = run;
  const trace = recordTrace({
    target: withProperties(loaded.target, properties),
    scenario: scenario.name,
    params,
    memory: params.memory,
    defects: params.defects,
    violation: { property, message: EXERCISED_MESSAGE, schedule, cells },
    siteOf: siteProbe(loaded.folder),
  });
  const name = traceFileName(loaded.target.name, run, `exercised-${property}`);
  const file = folder === null ? null : join(folder, name);
  const text = encodeTrace(trace);
  if (file !== null) writeAtomically(file, text);
  return { file, trace: JSON.parse(text) as unknown, lastStep: stepText(trace.steps.at(-1)) };
}

/** `driver add > expose: store avail.idx = 1` */
function stepText(step: TraceStep | undefined): string {
  if (step === undefined) return 'before the first step';
  const { agent, op, access, location, value } = step;
  const what = [access, location ?? ''].filter((word) => word !== '').join(' ');
  return `${agent}${op === null ? '' : ` ${op}`}: ${what}${value === null ? '' : ` = ${value}`}`;
}

function saved(
  loaded: LoadedTarget,
  { scenario, params }: PlannedRun,
  properties: readonly string[] | undefined,
  violation: FoundViolation,
  barriers: readonly BarrierEdit[],
  file: string | null,
): ReportedViolation {
  const trace = recordTrace({
    target: withProperties(loaded.target, properties),
    scenario: scenario.name,
    params,
    memory: params.memory,
    defects: params.defects,
    violation,
    barriers,
    siteOf: siteProbe(loaded.folder),
  });
  const text = encodeTrace(trace);
  if (file !== null) writeAtomically(file, text);
  const { property, message, schedule, cycleStart } = violation;
  return {
    property,
    message,
    length: schedule.length,
    cycleStart,
    file,
    trace: JSON.parse(text) as unknown,
    difference: null,
  };
}
