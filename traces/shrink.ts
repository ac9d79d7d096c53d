/** Makes a trace shorter: the same property broken on the same system, in fewer steps and with fewer preemptions. */
import { type ScheduleStep, type ShrinkProgress, shrinkSchedule } from '../checker/index.ts';
import type { Target } from '../scenarios/index.ts';
import { recordTrace, type SiteProbe, stepOf } from './record.ts';
import { replayTrace, searchGoal, systemOf } from './replay.ts';
import type { Trace } from './schema.ts';
import { TraceError } from './traceError.ts';

export interface ShrinkTraceOptions {
  readonly siteOf?: SiteProbe;
  /** Called after each run tried. */
  readonly onProgress?: (progress: ShrinkProgress) => void;
}

/** States explored for each candidate of a property whose goal is out of reach. */
const GOAL_STATES = 100_000;

/**
 * A trace that is no longer than the given one, replayed to be sure that it breaks the property. A shortest one is not
 * promised: only `check`, which tries all runs, can.
 * @throws TraceError `invalid` when the trace does not break its property on the code as it is now.
 */
export function shrinkTrace(trace: Trace, target: Target, options: ShrinkTraceOptions = {}): Trace {
  const { memory, defects, violation } = trace;
  const system = systemOf(trace, target, defects);
  const schedule = trace.schedule.map((entry): ScheduleStep => {
    const step = stepOf(system, entry);
    if (step === null) throw doesNotFit(`there is no ${entry[1]} that could ${entry[0]}`);
    return step;
  });
  const isGoal = system.properties.some(({ name, goal }) => name === violation.property && goal === 'home');
  const shrunk = shrinkSchedule(system, {
    memory,
    property: violation.property,
    schedule,
    cells: trace.cells ?? [],
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(isGoal
      ? {
          judge: (walk) => {
            const goal = searchGoal(
              system,
              walk.schedule,
              violation.property,
              { memory, cells: [...walk.cells] },
              GOAL_STATES,
            );
            return goal.kind === 'lost' ? goal.message : null;
          },
          // Each candidate costs a search: fewer of them.
          maxSteps: 20_000,
        }
      : {}),
  });
  if (shrunk === null) throw doesNotFit(`its schedule does not break ${violation.property}`);
  const { slots, realistic } = trace.params;
  const result = recordTrace({
    target,
    scenario: trace.scenario,
    params: { slots, ...(realistic === undefined ? {} : { realistic }) },
    memory,
    defects,
    violation: shrunk,
    ...(options.siteOf === undefined ? {} : { siteOf: options.siteOf }),
  });
  const replayed = replayTrace(result, target, { defect: 'as recorded' });
  if (replayed.kind !== 'same-violation') {
    throw new Error(`internal: the shrunk trace replays to '${replayed.kind}'`);
  }
  return result;
}

function doesNotFit(why: string): TraceError {
  return new TraceError(
    'invalid',
    `the trace does not fit the code as it is now: ${why}. See vqcheck replay.`,
  );
}
