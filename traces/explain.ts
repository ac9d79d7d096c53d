/** Why a recorded run breaks its property under a weak memory model, and not under `sc`. */
import { type Difference, explainDifference } from '../checker/index.ts';
import type { Target } from '../scenarios/index.ts';
import { type SiteProbe, stepOf } from './record.ts';
import { systemOf } from './replay.ts';
import type { Trace } from './schema.ts';

export interface ExplainOptions {
  readonly siteOf: SiteProbe;
  /** States that all searches together may look at; default: as `explainDifference` has it. */
  readonly maxStates?: number;
}

/**
 * For a trace that fits the code: null where there is nothing to explain.
 * @throws TraceError `invalid` when the trace is of another target, or of a scenario or defect that it does not have;
 * RangeError when it does not fit.
 */
export function explainTrace(trace: Trace, target: Target, options: ExplainOptions): Difference | null {
  const { memory, violation, cycleStart, cells = [], barriers = [] } = trace;
  const system = systemOf(trace, target, trace.defects);
  const schedule = trace.schedule.map((entry) => {
    const step = stepOf(system, entry);
    if (step === null) throw new RangeError(`the system has no '${entry[1]}'`);
    return step;
  });
  const { property } = violation;
  return explainDifference(system, {
    ...options,
    memory,
    barriers,
    violation: { property, schedule, cycleStart, cells },
  });
}
