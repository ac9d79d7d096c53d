/** Makes a trace of a violation: walks its schedule again and writes down what each step did. */
import {
  type BarrierEdit,
  type BarrierOptions,
  type MemoryModelName,
  type ScheduleStep,
  type SharedCell,
  type System,
  Walk,
  type WalkStep,
} from '../checker/index.ts';
import type { Scenario, ScenarioParams, Target } from '../scenarios/index.ts';
import { ReadFromTracker } from './readFrom.ts';
import { TRACE_FORMAT, TRACE_VERSION, type Trace, type TraceEntry, type TraceStep } from './schema.ts';
import { TraceError } from './traceError.ts';

/** Says where the running code stands, as a path relative to the package with a line; null: it cannot tell. */
export type SiteProbe = () => string | null;

export interface RecordOptions {
  readonly target: Target;
  /** Name of the scenario. */
  readonly scenario: string;
  readonly params: Pick<ScenarioParams, 'slots' | 'realistic'>;
  readonly memory: MemoryModelName;
  readonly defects: readonly string[];
  readonly violation: {
    readonly property: string;
    readonly message: string;
    readonly schedule: readonly ScheduleStep[];
    /** As in the checker's `Violation`; default null. */
    readonly cycleStart?: number | null;
    readonly cells?: readonly SharedCell[];
  };
  /** Edits that the run was found with; written down are those that applied to something in it. Need `siteOf`. */
  readonly barriers?: readonly BarrierEdit[];
  readonly siteOf?: SiteProbe;
}

/** @throws TraceError `invalid` when the target has no such scenario; RangeError when a step is not possible. */
export function recordTrace(options: RecordOptions): Trace {
  const { target, params, memory, defects, violation } = options;
  const scenario = scenarioOf(target, options.scenario);
  const { realistic } = params;
  const full: ScenarioParams = {
    slots: params.slots,
    memory,
    defects,
    ...(realistic === undefined ? {} : { realistic }),
  };
  const system = scenario.system(full);
  const walk = new Walk(system, {
    memory,
    cells: violation.cells ?? [],
    ...barrierOptions(options.barriers, options.siteOf),
    ...(options.siteOf === undefined ? {} : { site: options.siteOf }),
  });
  walk.learn(violation.schedule);
  const reads = new ReadFromTracker(system, memory);
  const steps = violation.schedule.map((step, i) => {
    if (!walk.isEnabled(step)) throw new RangeError(`step ${i} of the schedule is not possible`);
    const taken = walk.take(step);
    return traceStep(taken, reads.next(i, taken));
  });
  return {
    format: TRACE_FORMAT,
    version: TRACE_VERSION,
    target: target.name,
    scenario: scenario.name,
    params: {
      slots: params.slots,
      indexModulus: scenario.indexModulus(full),
      ...(realistic === undefined ? {} : { realistic }),
    },
    memory,
    defects: [...defects],
    ...(walk.appliedBarriers.length === 0 ? {} : { barriers: [...walk.appliedBarriers] }),
    ...(walk.cells.length === 0 ? {} : { cells: [...walk.cells] }),
    schedule: violation.schedule.map((step) => entryOf(system, step)),
    steps,
    cycleStart: violation.cycleStart ?? null,
    violation: { property: violation.property, message: violation.message, step: steps.length - 1 },
  };
}

/** Barrier edits as the checker takes them. @throws TraceError `invalid` when nobody can say where the code stands. */
export function barrierOptions(
  edits: readonly BarrierEdit[] = [],
  siteOf: SiteProbe | undefined,
): { readonly barriers?: BarrierOptions } {
  if (edits.length === 0) return {};
  if (siteOf === undefined) {
    throw new TraceError(
      'invalid',
      'the trace has "barriers": to apply them, give `siteOf`, which finds the lines.',
    );
  }
  return { barriers: { edits, siteOf } };
}

/** @throws TraceError `invalid`. */
export function scenarioOf(target: Target, name: string): Scenario {
  const scenario = target.scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) {
    const known = target.scenarios.map((candidate) => candidate.name).join(', ');
    throw new TraceError(
      'invalid',
      `target ${target.name} has no scenario '${name}'; expected one of ${known}.`,
    );
  }
  return scenario;
}

/** A step as a trace holds it. */
export function traceStep(step: WalkStep, readFrom: number | null): TraceStep {
  return {
    agent: step.who,
    op: step.operations.length === 0 ? null : step.operations.join(' > '),
    access: step.access,
    location: step.location === '' ? null : step.location,
    order: step.order === '' ? null : step.order,
    value: step.value,
    readFrom,
    site: step.site,
  };
}

function entryOf(system: System, { kind, who, choice }: ScheduleStep): TraceEntry {
  const name = kind === 'drain' ? system.cores[who] : system.agents[who]?.name;
  if (name === undefined)
    throw new RangeError(`the system has no ${kind === 'drain' ? 'core' : 'agent'} ${who}`);
  return [kind, name, choice];
}

/** A schedule entry as the checker takes it, or null if the system has no such agent or core. */
export function stepOf(system: System, [kind, name, choice]: TraceEntry): ScheduleStep | null {
  const who =
    kind === 'drain' ? system.cores.indexOf(name) : system.agents.findIndex((agent) => agent.name === name);
  return who < 0 ? null : { kind, who, choice };
}
