/** Runs a trace again, on the code as it is now, and says whether it is still the same run. */
import {
  type CheckOptions,
  editText,
  judgeLasso,
  type ScheduleStep,
  type System,
  startCheck,
  Walk,
  type WalkStep,
} from '../checker/index.ts';
import type { ScenarioParams, Target } from '../scenarios/index.ts';
import { barrierOptions, type SiteProbe, scenarioOf, stepOf, traceStep } from './record.ts';
import { accessText, rowsOf, type StepRow } from './rows.ts';
import type { Trace, TraceStep } from './schema.ts';
import { TraceError } from './traceError.ts';

export interface ReplayOptions {
  /**
   * `as recorded`: with the trace's defects and barrier edits, each step compared. `none`: on the sound code, as far as it
   * goes.
   */
  readonly defect: 'as recorded' | 'none';
  /** Needed for a trace with barrier edits. */
  readonly siteOf?: SiteProbe;
  /** States explored to see that a goal cannot be reached any more. Default two million. */
  readonly maxStates?: number;
}

/** Where the code does something else than the trace says. */
export interface TraceDifference {
  /** Index of the step; -1: before the first one. */
  readonly step: number;
  /** What the trace has there, and what the code does now; in words. */
  readonly recorded: string;
  readonly found: string;
}

interface ReplayBase {
  /** The run as it is now: up to the difference, or to its end. */
  readonly rows: readonly StepRow[];
  /** With the recorded defects, why the trace does not fit; on the sound code, information. */
  readonly firstDifference: TraceDifference | null;
  /** The property broken and how, now; where nothing is broken, as recorded. */
  readonly property: string;
  readonly message: string;
  /**
   * For a property that no step breaks but a goal out of reach: whether a search from the last state has shown that again.
   * False: the search was cut short. Null: there was nothing to search for.
   */
  readonly goalSearched: boolean | null;
  /** Of a run without end that breaks the property: where its cycle starts, as in a trace. Null: it is none. */
  readonly cycleStart: number | null;
  /** For a run without end that no longer breaks the property: why not. Else null. */
  readonly why: string | null;
}

export type ReplayResult =
  /** Fits step by step, and breaks the same property. */
  | (ReplayBase & { readonly kind: 'same-violation' })
  | (ReplayBase & { readonly kind: 'does-not-fit'; readonly firstDifference: TraceDifference })
  /** Fits step by step, and breaks nothing. */
  | (ReplayBase & { readonly kind: 'gone' })
  /** Without defects: at rest, and nothing broken. */
  | (ReplayBase & { readonly kind: 'clean' })
  /** Without defects: something broken all the same. */
  | (ReplayBase & { readonly kind: 'violated' })
  /** Without defects: nothing broken, but no rest within the bound either. */
  | (ReplayBase & { readonly kind: 'unsettled' });

const MAX_STATES = 2_000_000;
const SLICE = 1 << 14;
/** Steps made on the sound code after the schedule, to come to rest. */
const MAX_SETTLING_STEPS = 20_000;
/** Those of them in which agents that rest are left alone. */
const PATIENT_STEPS = 5000;

/** @throws TraceError `invalid` when the trace is of another target, or of a scenario or defect that it does not have. */
export function replayTrace(trace: Trace, target: Target, options: ReplayOptions): ReplayResult {
  const system = systemOf(trace, target, options.defect === 'none' ? [] : trace.defects);
  return options.defect === 'none'
    ? followSound(withoutBarriers(trace), system, options)
    : repeat(trace, target, system, options);
}

function withoutBarriers({ barriers: _left, ...trace }: Trace): Trace {
  return trace;
}

/** The system that a trace ran on. @throws TraceError `invalid`. */
export function systemOf(trace: Trace, target: Target, defects: readonly string[]): System {
  if (trace.target !== target.name) {
    throw new TraceError(
      'invalid',
      `expected a trace of target ${target.name}, found one of ${trace.target}.`,
    );
  }
  for (const name of trace.defects) {
    if (target.defects.some((defect) => defect.name === name)) continue;
    throw new TraceError('invalid', `target ${target.name} has no defect '${name}': see vqcheck list.`);
  }
  const scenario = scenarioOf(target, trace.scenario);
  const params = paramsOf(trace, defects);
  const refusal = scenario.refuse(params);
  if (refusal !== null) {
    throw new TraceError(
      'invalid',
      `scenario ${scenario.name} cannot have the trace's parameters: ${refusal}.`,
    );
  }
  return scenario.system(params);
}

function paramsOf({ params, memory }: Trace, defects: readonly string[]): ScenarioParams {
  const { slots, realistic } = params;
  return { slots, memory, defects, ...(realistic === undefined ? {} : { realistic }) };
}

function walkOptions(trace: Trace, { siteOf }: ReplayOptions) {
  return { ...runOptions(trace, siteOf), ...(siteOf === undefined ? {} : { site: siteOf }) };
}

type RunOptions = Pick<CheckOptions, 'cells' | 'barriers'> & Pick<Trace, 'memory'>;

/** What a run of the trace is made with. */
export function runOptions(
  { memory, cells, barriers }: Pick<Trace, 'memory' | 'cells' | 'barriers'>,
  siteOf: SiteProbe | undefined,
): RunOptions {
  return { memory, cells: cells ?? [], ...barrierOptions(barriers, siteOf) };
}

/** The schedule as far as the system knows who is meant. */
function scheduleOf(system: System, trace: Trace): ScheduleStep[] {
  const steps = trace.schedule.map((entry) => stepOf(system, entry));
  const unknown = steps.indexOf(null);
  return steps.slice(0, unknown < 0 ? steps.length : unknown).filter((step) => step !== null);
}

// --- As recorded -----------------------------------------------------------------------------------------------------

function repeat(trace: Trace, target: Target, system: System, options: ReplayOptions): ReplayResult {
  const walk = new Walk(system, runOptions(trace, options.siteOf));
  const { property } = trace.violation;
  walk.learn(scheduleOf(system, trace));
  let broken = walk.reset();
  let difference = modulusDifference(trace, target);
  for (let i = 0; i < trace.schedule.length && difference === null; i++) {
    const entry = trace.schedule[i] as Trace['schedule'][number];
    const recorded = trace.steps[i] as TraceStep;
    const step = stepOf(system, entry);
    if (step === null || !walk.isEnabled(step)) {
      difference = { step: i, recorded: recordedText(recorded), found: whyNot(walk, entry, broken) };
      break;
    }
    const taken = walk.take(step);
    broken = taken.broken;
    if (!isSameStep(recorded, traceStep(taken, null))) {
      difference = { step: i, recorded: recordedText(recorded), found: foundText(taken) };
    }
  }
  difference ??= notMet(trace, walk);
  const learned = { ...trace, cells: [...walk.cells] };
  const schedule = [...walk.schedule];
  const base = {
    rows: rowsOf(system, schedule, walkOptions(learned, options)),
    property,
    message: trace.violation.message,
    goalSearched: null,
    cycleStart: null,
    why: null,
  };
  if (difference !== null) return { ...base, kind: 'does-not-fit', firstDifference: difference };
  const same = broken.find((found) => found.property === property);
  if (same !== undefined)
    return { ...base, kind: 'same-violation', firstDifference: null, message: same.message };
  const other = broken[0];
  if (other !== undefined) {
    const found = `breaks ${other.property} instead: ${other.message}`;
    const recorded = `breaks ${property}: ${trace.violation.message}`;
    return {
      ...base,
      kind: 'does-not-fit',
      firstDifference: { step: trace.violation.step, recorded, found },
    };
  }
  if (trace.cycleStart !== null) return repeatLasso(trace, trace.cycleStart, walk, schedule, base);
  const goal = goalAfter(walk, property, runOptions(learned, options.siteOf), options.maxStates);
  switch (goal.kind) {
    case 'lost':
      return {
        ...base,
        kind: 'same-violation',
        firstDifference: null,
        message: goal.message,
        goalSearched: true,
      };
    case 'cut':
      return { ...base, kind: 'same-violation', firstDifference: null, goalSearched: false };
    case 'reachable':
      return { ...base, kind: 'gone', firstDifference: null, goalSearched: true };
    case 'none':
      return { ...base, kind: 'gone', firstDifference: null };
  }
}

/** All steps fit and break nothing: whether the run without end that they lead into is still one, and forbidden. */
function repeatLasso(
  trace: Trace,
  cycleStart: number,
  walk: Walk,
  schedule: readonly ScheduleStep[],
  base: Omit<ReplayBase, 'firstDifference'>,
): ReplayResult {
  const judged = judgeLasso(walk, { property: trace.violation.property, schedule, cycleStart });
  switch (judged.kind) {
    case 'shown':
      return { ...base, kind: 'same-violation', firstDifference: null, message: judged.message, cycleStart };
    case 'no-lasso': {
      const recorded = `from step ${cycleStart} on it goes round for ever`;
      const firstDifference = { step: trace.violation.step, recorded, found: judged.why };
      return { ...base, kind: 'does-not-fit', firstDifference };
    }
    case 'harmless':
      return { ...base, kind: 'gone', firstDifference: null, why: judged.why };
  }
}

type GoalSearch =
  | { readonly kind: 'none' | 'cut' | 'reachable' }
  | { readonly kind: 'lost'; readonly message: string };

/** What the state at the end of a run means for the property's goal. */
export function goalAfter(
  walk: Walk,
  property: string,
  options: RunOptions,
  maxStates = MAX_STATES,
): GoalSearch {
  const { system, schedule } = walk;
  if (!system.properties.some(({ name, goal }) => name === property && goal === 'awake'))
    return searchGoal(system, [...schedule], property, options, maxStates);
  // Found without a cycle: a core sleeps, and whatever the others may do, nobody will ever get anywhere.
  const message = walk.neglected();
  if (message === null) return { kind: 'reachable' };
  const stuck = walk.isStuck(maxStates);
  return stuck === true ? { kind: 'lost', message } : { kind: stuck === null ? 'cut' : 'reachable' };
}

/** Whether the goal that a property names can be reached after the schedule. `none`: the property names no goal. */
export function searchGoal(
  system: System,
  schedule: readonly ScheduleStep[],
  property: string,
  options: RunOptions,
  maxStates = MAX_STATES,
): GoalSearch {
  if (!system.properties.some(({ name, goal }) => name === property && goal !== undefined))
    return { kind: 'none' };
  const search = startCheck(system, { ...options, maxStates, from: schedule, verify: false });
  while (!search.advance(SLICE)) {
    // The search watches its bound.
  }
  const result = search.result();
  const found = result.violations.find((violation) => violation.property === property);
  // Found later, it is another state from which the goal is out of reach.
  if (found !== undefined && (found.cycleStart ?? found.schedule.length) === schedule.length)
    return { kind: 'lost', message: found.message };
  return { kind: result.incomplete === null && result.error === null ? 'reachable' : 'cut' };
}

/** A barrier edit that applies to nothing: the code has moved, or the trace was changed. */
function notMet({ barriers = [] }: Trace, walk: Walk): TraceDifference | null {
  const applied = walk.appliedBarriers;
  const missed = barriers.filter((edit) => !applied.includes(edit));
  if (missed.length === 0) return null;
  return {
    step: -1,
    recorded: missed.map(editText).join('; '),
    found: 'the run makes no such access on that line: the code may have moved',
  };
}

function modulusDifference(trace: Trace, target: Target): TraceDifference | null {
  const now = scenarioOf(target, trace.scenario).indexModulus(paramsOf(trace, trace.defects));
  const then = trace.params.indexModulus;
  if (now === then) return null;
  return { step: -1, recorded: `indices modulo ${then}`, found: `indices modulo ${now}` };
}

function isSameStep(a: TraceStep, b: TraceStep): boolean {
  return (
    a.agent === b.agent &&
    a.op === b.op &&
    a.access === b.access &&
    a.location === b.location &&
    a.order === b.order &&
    a.value === b.value
  );
}

function recordedText({ agent, op, access, location, order, value }: TraceStep): string {
  const text = accessText({ access, location: location ?? '', order: order ?? '', value });
  return `${agent}${op === null ? '' : `, ${op}`}: ${text}`;
}

function foundText(step: WalkStep): string {
  return recordedText(traceStep(step, null));
}

function whyNot(
  walk: Walk,
  [kind, name, choice]: Trace['schedule'][number],
  broken: WalkStep['broken'],
): string {
  const [first] = broken;
  if (first !== undefined) return `the run ends before it, as it breaks ${first.property}: ${first.message}`;
  const step = stepOf(walk.system, [kind, name, choice]);
  if (step === null) return `there is no ${kind === 'drain' ? 'core' : 'agent'} '${name}' that could ${kind}`;
  switch (kind) {
    case 'drain':
      return `no store waits at core ${name}`;
    case 'enter':
      return `${name} cannot be entered: nothing is pending for it that is enabled and not masked, or a handler runs`;
    case 'wake':
      return `${name} does not sleep, or cannot wake for no reason`;
    case 'step': {
      const ways = walk.enabled().filter((other) => other.kind === 'step' && other.who === step.who);
      return ways.length === 0
        ? `${name} has ended, or is blocked`
        : `${name} has only ${ways.length} ways to go on`;
    }
  }
}

// --- On the sound code -----------------------------------------------------------------------------------------------

/** Follows the schedule anew as long as that teaches something about the memory: then each of its steps is one step. */
function followSound(trace: Trace, system: System, options: ReplayOptions): ReplayResult {
  for (let known = trace; ; ) {
    const walk = new Walk(system, { memory: known.memory, cells: known.cells ?? [] });
    const result = followOnce(known, walk, options);
    if (result !== null) return result;
    known = { ...known, cells: [...walk.cells] };
  }
}

/** Null: something was learned about the memory on the way. */
function followOnce(trace: Trace, walk: Walk, options: ReplayOptions): ReplayResult | null {
  const { system } = walk;
  const { length: known } = walk.cells;
  let broken = walk.reset();
  let firstDifference: TraceDifference | null = null;
  for (let i = 0; i < trace.schedule.length && broken.length === 0; i++) {
    const entry = trace.schedule[i] as Trace['schedule'][number];
    const recorded = trace.steps[i] as TraceStep;
    const exact = stepOf(system, entry);
    const step = exact === null || walk.isEnabled(exact) ? exact : { ...exact, choice: 0 };
    if (step === null || !walk.isEnabled(step)) {
      firstDifference ??= { step: i, recorded: recordedText(recorded), found: whyNot(walk, entry, broken) };
      continue;
    }
    const taken = walk.take(step);
    broken = taken.broken;
    if (!isSameStep(recorded, traceStep(taken, null))) {
      firstDifference ??= { step: i, recorded: recordedText(recorded), found: foundText(taken) };
    }
  }
  if (walk.cells.length > known) return null;
  if (broken.length === 0 && firstDifference === null && trace.cycleStart !== null) {
    const again = soundLasso(trace, trace.cycleStart, walk.schedule, system, options);
    if (again !== null) return again;
  }
  if (broken.length === 0) broken = settle(walk);
  if (walk.cells.length > known) return null;
  const isAtRest = walk.isQuiescent;
  const schedule = [...walk.schedule];
  const { property, message } = trace.violation;
  const base = {
    rows: rowsOf(system, schedule, walkOptions(trace, options)),
    firstDifference,
    goalSearched: null,
    cycleStart: null,
    why: null,
  };
  const [first] = broken;
  if (first !== undefined) return { ...base, kind: 'violated', ...first };
  if (!isAtRest) return { ...base, kind: 'unsettled', property, message };
  const goal = searchGoal(system, schedule, property, runOptions(trace, undefined), options.maxStates);
  const goalSearched = goal.kind === 'none' ? null : goal.kind !== 'cut';
  if (goal.kind === 'lost')
    return { ...base, kind: 'violated', property, message: goal.message, goalSearched };
  return { ...base, kind: 'clean', property, message, goalSearched };
}

/** The sound code goes the very same way: it may go round in the very same way, too. Null: it does no harm there. */
function soundLasso(
  trace: Trace,
  cycleStart: number,
  schedule: readonly ScheduleStep[],
  system: System,
  options: ReplayOptions,
): ReplayResult | null {
  // One of its own: the judge moves it.
  const walk = new Walk(system, { memory: trace.memory, cells: trace.cells ?? [] });
  const { property } = trace.violation;
  const judged = judgeLasso(walk, { property, schedule, cycleStart });
  if (judged.kind !== 'shown') return null;
  return {
    kind: 'violated',
    rows: rowsOf(system, schedule, walkOptions(trace, options)),
    firstDifference: null,
    property,
    message: judged.message,
    goalSearched: null,
    cycleStart,
    why: null,
  };
}

/**
 * Lets everyone come to rest, taking turns step by step: first those who are not at rest yet, then all. Handlers are
 * entered as soon as they can be, but for those that the outside may call at any time.
 */
function settle(walk: Walk): WalkStep['broken'] {
  const { agents, cores, interrupts } = walk.system;
  const entries = agents.flatMap(({ interrupt }, who) =>
    interrupt === undefined || interrupts?.lines[interrupt.line]?.external === true
      ? []
      : [{ kind: 'enter' as const, who, choice: 0 }],
  );
  let left = MAX_SETTLING_STEPS;
  while (!walk.isQuiescent) {
    let moved = false;
    const patient = left > MAX_SETTLING_STEPS - PATIENT_STEPS;
    const turns: ScheduleStep[] = [
      ...agents.flatMap((_, who) => [...entries, { kind: 'step' as const, who, choice: 0 }]),
      ...entries,
      ...cores.map((_, who) => ({ kind: 'drain' as const, who, choice: 0 })),
    ];
    for (const step of turns) {
      if (walk.isQuiescent) return [];
      if ((patient && step.kind === 'step' && walk.isResting(step.who)) || !walk.isEnabled(step)) continue;
      if (left-- === 0) return [];
      const broken = walk.advance(step);
      if (broken.length > 0) return broken;
      moved = true;
    }
    if (!moved && !patient) return [];
    if (!moved) left = MAX_SETTLING_STEPS - PATIENT_STEPS;
  }
  return [];
}
