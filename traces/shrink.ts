/** Makes a trace shorter: the same property broken on the same system, in fewer steps and with fewer preemptions. */
import {
  judgeLasso,
  type ScheduleStep,
  type ShrinkOptions,
  type ShrinkProgress,
  type System,
  shrinkSchedule,
  type Violation,
  Walk,
} from '../checker/index.ts';
import type { Target } from '../scenarios/index.ts';
import { recordTrace, type SiteProbe, stepOf } from './record.ts';
import { replayTrace, runOptions, searchGoal, systemOf } from './replay.ts';
import type { Trace } from './schema.ts';
import { TraceError } from './traceError.ts';

export interface ShrinkTraceOptions {
  readonly siteOf?: SiteProbe;
  /** Called after each run tried. */
  readonly onProgress?: (progress: ShrinkProgress) => void;
}

/** States explored for each candidate of a property whose goal is out of reach. */
const GOAL_STATES = 100_000;
/** Steps that all candidates together may take where each of them costs more than its steps. */
const COSTLY_STEPS = 20_000;
const LASSO_STEPS = 200_000;

/**
 * A trace that is no longer than the given one, replayed to be sure that it breaks the property. A shortest one is not
 * promised: only `check`, which tries all runs, can. Of a run without end, the way to its cycle is made shorter; the
 * cycle itself stays as it is.
 * @throws TraceError `invalid` when the trace does not break its property on the code as it is now.
 */
export function shrinkTrace(trace: Trace, target: Target, options: ShrinkTraceOptions = {}): Trace {
  const { memory, defects, violation, barriers = [] } = trace;
  const sites = options.siteOf === undefined ? {} : { siteOf: options.siteOf };
  const system = systemOf(trace, target, defects);
  const schedule = trace.schedule.map((entry): ScheduleStep => {
    const step = stepOf(system, entry);
    if (step === null) throw doesNotFit(`there is no ${entry[1]} that could ${entry[0]}`);
    return step;
  });
  const common: ShrinkOptions = {
    ...runOptions(trace, options.siteOf),
    property: violation.property,
    schedule,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  };
  const isHome = system.properties.some(({ name, goal }) => name === violation.property && goal === 'home');
  const shrunk =
    trace.cycleStart !== null
      ? shrinkLasso(system, common, trace.cycleStart)
      : shrinkSchedule(system, isHome ? { ...common, ...homeJudge(system, common) } : common);
  if (shrunk === null) throw doesNotFit(`its schedule does not break ${violation.property}`);
  const { slots, realistic } = trace.params;
  const result = recordTrace({
    target,
    scenario: trace.scenario,
    params: { slots, ...(realistic === undefined ? {} : { realistic }) },
    memory,
    defects,
    violation: shrunk,
    barriers,
    ...sites,
  });
  const replayed = replayTrace(result, target, { defect: 'as recorded', ...sites });
  if (replayed.kind !== 'same-violation') {
    throw new Error(`internal: the shrunk trace replays to '${replayed.kind}'`);
  }
  return result;
}

/** Each candidate costs a search. */
function homeJudge(
  system: System,
  { property, memory, barriers }: ShrinkOptions,
): Pick<ShrinkOptions, 'judge' | 'maxSteps'> {
  const judge = (walk: Walk): string | null => {
    const run = {
      memory: memory ?? 'sc',
      cells: [...walk.cells],
      ...(barriers === undefined ? {} : { barriers }),
    };
    const goal = searchGoal(system, walk.schedule, property, run, GOAL_STATES);
    return goal.kind === 'lost' ? goal.message : null;
  };
  return { judge, maxSteps: COSTLY_STEPS };
}

/** A candidate is a way to the start of the same cycle. */
function shrinkLasso(system: System, options: ShrinkOptions, cycleStart: number): Violation | null {
  const { property, memory, cells, barriers } = options;
  const cycle = options.schedule.slice(cycleStart);
  // Another one than the shrinker's: the judge walks the cycle as well.
  const walk = new Walk(system, {
    ...(memory === undefined ? {} : { memory }),
    ...(cells === undefined ? {} : { cells }),
    ...(barriers === undefined ? {} : { barriers }),
  });
  const shrunk = shrinkSchedule(system, {
    ...options,
    schedule: options.schedule.slice(0, cycleStart),
    judge: ({ schedule: prefix }) => {
      const schedule = [...prefix, ...cycle];
      const judged = judgeLasso(walk, { property, schedule, cycleStart: prefix.length });
      return judged.kind === 'shown' ? judged.message : null;
    },
    maxSteps: LASSO_STEPS,
  });
  if (shrunk === null) return null;
  const { message, schedule } = shrunk;
  return {
    property,
    message,
    schedule: [...schedule, ...cycle],
    cycleStart: schedule.length,
    cells: walk.cells,
  };
}

function doesNotFit(why: string): TraceError {
  return new TraceError(
    'invalid',
    `the trace does not fit the code as it is now: ${why}. See vqcheck replay.`,
  );
}
