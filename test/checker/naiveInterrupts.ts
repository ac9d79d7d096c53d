/**
 * Systems with interrupt handlers, for tests; random ones; and a second opinion on what they can do: an interpreter
 * written from the rules of interrupts, masks, sleeping and semaphores, on plain records. It shares nothing with the
 * engine but the programs. It visits each state once, known by its full text, in which stands all that was reported.
 */
import fc from 'fast-check';
import {
  type AgentSpec,
  type Interrupts,
  type Line,
  type Program,
  program,
  type Semaphore,
  STOP,
  type System,
  startCheck,
} from 'vqcheck/checker';
import { type Location, locationAt, type MemoryPort } from 'vqcheck/memory';
import { reducerProperty } from 'vqcheck/properties';
import { report, type TinyOptions, tiny } from './support.ts';

/** A program with where it runs: by default on core 0, as a task. */
export interface Placed {
  readonly program: Program;
  readonly core?: number;
  /** Of a handler. */
  readonly line?: number;
  readonly priority?: number;
  readonly receives?: readonly number[];
}

/** A tiny system of tasks (programs as such are tasks on core 0) and handlers. */
export function interrupted(
  agents: Readonly<Record<string, Program | Placed>>,
  interrupts: Interrupts,
  options: Omit<TinyOptions, 'coreOf' | 'interrupts' | 'agents'> = {},
): System {
  const placed = Object.entries(agents).map(([name, agent]) => ({
    name,
    ...('start' in agent ? { program: agent } : agent),
  }));
  const system = tiny(Object.fromEntries(placed.map((each) => [each.name, each.program])), {
    ...options,
    coreOf: placed.map(({ core = 0 }) => core),
    interrupts,
  });
  const specs = system.agents.map((spec, index): AgentSpec => {
    const { line, priority = 1, receives } = placed[index] ?? {};
    return {
      ...spec,
      ...(line === undefined ? {} : { interrupt: { line, priority } }),
      ...(receives === undefined ? {} : { receives }),
    };
  });
  return { ...system, agents: specs };
}

/** A line of core 0 that is enabled, and not pending. */
export function line(more: Partial<Line> = {}): Line {
  return { name: 'line', core: 0, trigger: 'edge', enabled: true, ...more };
}

/** An action whose result does not matter. */
export function act(port: MemoryPort, name: string, argument = 0): void {
  port.action(name, argument);
}

// --- Random programs -------------------------------------------------------------------------------------------------

/** x, y: shared. `local`: of the core. `own`: a shared word which only this agent reaches. */
type Word = 'x' | 'y' | 'local' | 'own';

export type Act =
  | { readonly kind: 'load'; readonly word: Word }
  | { readonly kind: 'store'; readonly word: Word; readonly value: number }
  | { readonly kind: 'fence' | 'mask' | 'unmask' | 'wait' }
  | { readonly kind: 'ring' | 'clear' | 'enable' | 'disable'; readonly of: number }
  | { readonly kind: 'give' | 'take'; readonly of: number };

export interface RandomAgent {
  readonly core: number;
  readonly acts: readonly Act[];
  /** A handler runs twice, and stops. */
  readonly handles: { readonly line: number; readonly priority: number } | null;
  /** A task: each act is a turn of its own, else all are one. */
  readonly turns: boolean;
}

export interface RandomSystem {
  readonly agents: readonly RandomAgent[];
  readonly lines: readonly Required<
    Pick<Line, 'core' | 'trigger' | 'most' | 'enabled' | 'pending' | 'external'>
  >[];
  readonly semaphores: readonly { readonly most: number; readonly initial: number }[];
  readonly nesting: boolean;
  readonly spuriousWakeUps: boolean;
}

const RUNS = 2;

function oneIn(count: number): fc.Arbitrary<boolean> {
  return fc.integer({ min: 1, max: count }).map((dice) => dice === 1);
}

function actsOf(lines: number, task: boolean, from: number, to: number): fc.Arbitrary<Act[]> {
  const word = fc.constantFrom<Word[]>('x', 'x', 'x', 'y', 'y', 'local', 'local', 'own');
  // Rather the first one: what is rung twice is more telling.
  const of = fc.constantFrom(0, 0, lines - 1);
  const simple = fc
    .constantFrom<('fence' | 'mask' | 'unmask' | 'wait')[]>(
      'mask',
      'mask',
      'unmask',
      'unmask',
      'fence',
      task ? 'wait' : 'fence',
    )
    .map((kind): Act => ({ kind }));
  const on = (kind: 'ring' | 'clear' | 'enable' | 'disable'): fc.Arbitrary<Act> =>
    of.map((of) => ({ kind, of }));
  const always = (act: Act): fc.Arbitrary<Act> => fc.constant(act);
  const act = fc.oneof(
    { weight: 4, arbitrary: word.map((word): Act => ({ kind: 'load', word })) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(word, fc.integer({ min: 1, max: 3 }))
        .map(([word, value]): Act => ({ kind: 'store', word, value })),
    },
    { weight: 3, arbitrary: on('ring') },
    { weight: 1, arbitrary: on('clear') },
    { weight: 1, arbitrary: on('enable') },
    { weight: 1, arbitrary: on('disable') },
    { weight: 3, arbitrary: simple },
    { weight: 1, arbitrary: always({ kind: 'give', of: 0 }) },
    { weight: 1, arbitrary: always({ kind: task ? 'take' : 'give', of: 0 }) },
    { weight: 2, arbitrary: task ? always({ kind: 'wait' }) : on('ring') },
  );
  const acts = fc.array(act, { minLength: from, maxLength: to, size: 'max' });
  return fc.tuple(acts, fc.integer({ min: 0, max: 5 })).map(([acts, dice]) => shaped(acts, task, dice));
}

/** What random acts seldom come to: ringing behind a mask, waiting when the handler has been there, or has not. */
function shaped(acts: readonly Act[], task: boolean, dice: number): Act[] {
  if (!task) return dice < 3 ? [{ kind: 'store', word: 'local', value: 1 }, ...acts.slice(1)] : [...acts];
  const [first = { kind: 'wait' }, second = first, ...rest] = acts;
  if (dice === 0) return [{ kind: 'mask' }, first, second, { kind: 'unmask' }];
  if (dice === 1)
    return [{ kind: 'mask' }, { kind: 'ring', of: 0 }, { kind: 'ring', of: 0 }, { kind: 'unmask' }];
  if (dice === 2) return [{ kind: 'load', word: 'local' }, { kind: 'wait' }, ...acts.slice(0, 1)];
  if (dice === 3) return [{ kind: 'mask' }, first, { kind: 'wait' }, second, ...rest.slice(0, 1)];
  return [...acts];
}

/** One or two cores, each with a task, and one or two handlers with a line each; not smaller ones first. */
export const randomSystems: fc.Arbitrary<RandomSystem> = fc.noBias(
  fc
    .tuple(fc.integer({ min: 1, max: 2 }), fc.constantFrom(1, 2, 2), fc.boolean())
    .chain(([cores, handlers, together]) => {
      // Two handlers are on one core more often than not: that is where they meet.
      const coreOf = (handler: number): number => (together ? 0 : handler % cores);
      const small = cores + handlers > 3;
      return fc.record({
        agents: fc
          .tuple(
            ...Array.from({ length: cores }, (_, core) =>
              fc.record({
                core: fc.constant(core),
                acts: actsOf(handlers, true, 2, small ? 3 : 4),
                handles: fc.constant(null),
                turns: fc.boolean(),
              }),
            ),
            ...Array.from({ length: handlers }, (_, line) =>
              fc.record({
                core: fc.constant(coreOf(line)),
                acts: actsOf(handlers, false, line === 0 ? 1 : 0, small ? 2 : 3),
                handles: fc.record({ line: fc.constant(line), priority: fc.integer({ min: 1, max: 2 }) }),
                turns: fc.constant(false),
              }),
            ),
          )
          .map((agents): RandomAgent[] => agents),
        lines: fc
          .tuple(
            ...Array.from({ length: handlers }, (_, line) =>
              fc.record({
                core: fc.constant(coreOf(line)),
                trigger: fc.constantFrom('edge' as const, 'level' as const),
                most: fc.integer({ min: 1, max: 2 }),
                enabled: oneIn(5).map((not) => !not),
                pending: fc.boolean(),
                external: oneIn(8),
              }),
            ),
          )
          .map((lines) => lines),
        semaphores: fc.tuple(
          fc.record({ most: fc.integer({ min: 1, max: 2 }), initial: fc.integer({ min: 0, max: 1 }) }),
        ),
        nesting: fc.boolean(),
        spuriousWakeUps: oneIn(5),
      });
    }),
);

// --- Through the engine ----------------------------------------------------------------------------------------------

function placeOf(word: Word, agent: number): Location {
  switch (word) {
    case 'x':
      return locationAt('shared', 0, 32);
    case 'y':
      return locationAt('shared', 4, 32);
    case 'local':
      return locationAt('local', 0, 32);
    case 'own':
      return locationAt('shared', 16 + 4 * agent, 32);
  }
}

function perform(port: MemoryPort, agent: number, act: Act): void {
  switch (act.kind) {
    case 'load':
      report(port, port.load(placeOf(act.word, agent), 'relaxed'));
      break;
    case 'store':
      port.store(placeOf(act.word, agent), act.value, 'relaxed');
      break;
    case 'fence':
      port.fence('seq_cst');
      break;
    default:
      report(port, `${act.kind} ${port.action(act.kind, 'of' in act ? act.of : 0)}`);
  }
}

function adapted({ acts, handles, turns }: RandomAgent, agent: number): Program {
  const count = handles !== null ? RUNS : turns ? acts.length : 1;
  return program<number>(0, (port) => (turn) => {
    for (const act of turns ? acts.slice(turn, turn + 1) : acts) perform(port, agent, act);
    if (handles !== null) report(port, 'returns');
    return turn + 1 === count ? STOP : turn + 1;
  });
}

/** What can be seen of all runs: what the agents have reported, at any time; and states at rest. */
export interface Seen {
  readonly reports: ReadonlySet<string>;
  readonly rests: ReadonlySet<string>;
}

/** Stores that a buffer holds: more than any of these programs makes. */
const DEPTH = 24;

export function engineSees(random: RandomSystem, memory: 'sc' | 'tso', merge: boolean): Seen {
  const { agents, lines, semaphores, nesting, spuriousWakeUps } = random;
  const initial = agents.map((): readonly string[] => []);
  const reports = new Set([JSON.stringify(initial)]);
  const rests = new Set<string>();
  let memoryText = '';
  const collect = reducerProperty<readonly (readonly string[])[]>({
    name: 'collect',
    title: 'Collects what is reported.',
    initial,
    step(state, event) {
      if (event.kind !== 'enter' && (event.kind !== 'call' || event.operation !== 'report')) return state;
      const text = event.kind === 'enter' ? 'enters' : String(event.args.value);
      const next = state.with(event.agent, [...(state[event.agent] ?? []), text]);
      reports.add(JSON.stringify(next));
      return next;
    },
  });
  const cores = Math.max(...agents.map(({ core }) => core)) + 1;
  const system = interrupted(
    Object.fromEntries(
      agents.map((agent, index) => [
        `${index}`,
        { program: adapted(agent, index), core: agent.core, ...(agent.handles ?? {}) },
      ]),
    ),
    {
      lines: lines.map((each, index) => ({ name: `line${index}`, ...each })),
      semaphores: semaphores.map((each, index): Semaphore => ({ name: `semaphore${index}`, ...each })),
      nesting,
      spuriousWakeUps,
    },
    {
      properties: [collect],
      bufferDepth: DEPTH,
      home(view) {
        const words = [placeOf('x', 0), placeOf('y', 0), ...agents.map((_, agent) => placeOf('own', agent))];
        const local = placeOf('local', 0);
        memoryText = [
          ...words.map((at) => view.load(at)),
          ...Array.from({ length: cores }, (_, core) => view.load(local, core)),
        ].join('.');
        return true;
      },
      finished(states) {
        rests.add(`${JSON.stringify(states)} ${memoryText}`);
        return true;
      },
    },
  );
  const search = startCheck(system, { memory, merge, verify: true });
  while (!search.advance(10_000));
  const result = search.result();
  if (result.verdict !== 'proved')
    throw new Error(`${result.verdict}: ${result.error?.message ?? result.incomplete?.kind}`);
  // What it saw before it started anew would not count. It never does: these programs do not depend on what they load.
  if (search.restarts > 0) throw new Error('the search started anew');
  return { reports, rests };
}

// --- From the rules --------------------------------------------------------------------------------------------------

/** Wrong rules, to see that the comparison would notice them. */
export const WRONG_INTERRUPTS = [
  'handlers nest where they must not',
  'handlers never nest',
  'handlers of equal priority nest',
  'a lower handler comes first',
  'a handler that has stopped keeps lower ones out',
  'an external line keeps lower handlers out',
  'entering takes the interrupt of a level line',
  'entering takes no interrupt of an edge line',
  'a line counts beyond its most',
  'a line never counts beyond one',
  'a line that is disabled interrupts',
  'masked interrupts come in',
  'a mask is of all cores',
  'a task steps while a handler is active',
  'a handler stops the tasks of all cores',
  'no handler enters once the task has ended',
  'waiting does not see masked interrupts',
  'waiting sees lines that are disabled',
  'waiting sees external lines',
  'being entered does not wake',
  'an interrupt served before the wait wakes',
  'nobody wakes for no reason',
  'taking does not wait',
  'giving counts beyond the most',
  'a doorbell is heard at once',
  'a doorbell overtakes earlier stores',
  'clearing acts at once',
  'masking drains the store buffer',
] as const;
export type WrongInterrupts = (typeof WRONG_INTERRUPTS)[number];

interface Waiting {
  readonly kind: 'store' | 'ring' | 'clear';
  /** Name of the word, or number of the line. */
  readonly at: string;
  readonly value: number;
}

interface NaiveAgent {
  /** Index of its next act. A handler's run is over when there is none. */
  readonly at: number;
  /** Runs that a handler has begun. */
  readonly runs: number;
  /** A handler between `enter` and its return. */
  readonly active: boolean;
  readonly sleep: 'no' | 'asleep' | 'woken';
}

interface NaiveState {
  readonly words: Readonly<Record<string, number>>;
  readonly buffers: readonly (readonly Waiting[])[];
  readonly pending: readonly number[];
  readonly enabled: readonly boolean[];
  readonly masked: readonly boolean[];
  readonly counts: readonly number[];
  readonly agents: readonly NaiveAgent[];
  readonly reports: readonly (readonly string[])[];
}

/** More states than this are too many for a quick test. */
const MOST_STATES = 12_000;

/**
 * All that can be seen by the rules; null: too many states. `merge`: an access to a word that no other agent has in its
 * program is no step, but part of the one before.
 */
export function naiveSees(
  random: RandomSystem,
  memory: 'sc' | 'tso',
  merge: boolean,
  wrong: WrongInterrupts | null = null,
): Seen | null {
  const { agents, lines, semaphores, nesting, spuriousWakeUps } = random;
  const cores = Math.max(...agents.map(({ core }) => core)) + 1;
  const reports = new Set<string>();
  const rests = new Set<string>();
  const visited = new Set<string>();

  const names = ['x', 'y', ...agents.map((_, agent) => `own${agent}`)];
  for (let core = 0; core < cores; core++) names.push(`local${core}`);
  const coreOf = (agent: number): number => agents[agent]?.core ?? -1;
  const actsOf = (agent: number): readonly Act[] => agents[agent]?.acts ?? [];
  const nameOf = (word: Word, agent: number): string =>
    word === 'local' ? `local${coreOf(agent)}` : word === 'own' ? `own${agent}` : word;
  const reachedBy = (name: string): number =>
    agents.filter(({ acts }, agent) => acts.some((act) => 'word' in act && nameOf(act.word, agent) === name))
      .length;
  /** Part of the step before. */
  const isStep = (act: Act, agent: number): boolean => {
    if (act.kind === 'fence') return memory === 'tso';
    return !merge || !('word' in act) || reachedBy(nameOf(act.word, agent)) > 1;
  };

  // --- What is so in a state

  const hasStopped = (state: NaiveState, handler: number): boolean =>
    state.agents[handler]?.active === false && state.agents[handler]?.runs === RUNS;
  const isPending = (state: NaiveState, index: number): boolean =>
    lines[index]?.external === true || (state.pending[index] ?? 0) > 0;
  /** Handlers of the agent's core, other than itself, that run or are interrupted. */
  const activeOthers = (state: NaiveState, agent: number): RandomAgent[] =>
    agents.filter(
      (other, index) =>
        index !== agent &&
        (other.core === coreOf(agent) || wrong === 'a handler stops the tasks of all cores') &&
        state.agents[index]?.active === true,
    );
  const priorityOf = (agent: RandomAgent | undefined): number => agent?.handles?.priority ?? 0;
  const isHeldBack = (state: NaiveState, agent: number): boolean =>
    !(wrong === 'a task steps while a handler is active' && agents[agent]?.handles === null) &&
    activeOthers(state, agent).some((other) => priorityOf(other) > priorityOf(agents[agent]));
  const hasEnded = (state: NaiveState, task: number): boolean =>
    (state.agents[task]?.at ?? 0) >= actsOf(task).length;

  /** All but the rule that the highest comes first. */
  const couldEnter = (state: NaiveState, handler: number): boolean => {
    const { handles = null, core = -1 } = agents[handler] ?? {};
    if (handles === null || state.agents[handler]?.active === true) return false;
    if (hasStopped(state, handler) && wrong !== 'a handler that has stopped keeps lower ones out')
      return false;
    if (!isPending(state, handles.line)) return false;
    if (state.enabled[handles.line] !== true && wrong !== 'a line that is disabled interrupts') return false;
    if (state.masked[core] === true && wrong !== 'masked interrupts come in') return false;
    if (wrong === 'no handler enters once the task has ended' && hasEnded(state, core)) return false;
    return activeOthers(state, handler)
      .filter((other) => other.core === core)
      .every((other) => {
        if (wrong === 'handlers nest where they must not') return priorityOf(other) < handles.priority;
        if (!nesting || wrong === 'handlers never nest') return false;
        if (wrong === 'handlers of equal priority nest') return priorityOf(other) <= handles.priority;
        return priorityOf(other) < handles.priority;
      });
  };
  const canEnter = (state: NaiveState, handler: number): boolean =>
    !hasStopped(state, handler) &&
    couldEnter(state, handler) &&
    !agents.some((other, index) => {
      if (wrong === 'a lower handler comes first' || other.core !== coreOf(handler)) return false;
      const external = lines[other.handles?.line ?? -1]?.external === true;
      if (external && wrong !== 'an external line keeps lower handlers out') return false;
      return priorityOf(other) > priorityOf(agents[handler]) && couldEnter(state, index);
    });
  /** Something to get up for. */
  const isWanted = (state: NaiveState, core: number): boolean =>
    lines.some(
      (each, index) =>
        each.core === core &&
        (!each.external || wrong === 'waiting sees external lines') &&
        isPending(state, index) &&
        (state.enabled[index] === true || wrong === 'waiting sees lines that are disabled') &&
        !(wrong === 'waiting does not see masked interrupts' && state.masked[core] === true),
    );

  // --- What changes it

  const withReport = (state: NaiveState, agent: number, text: string): NaiveState => {
    const now = state.reports.with(agent, [...(state.reports[agent] ?? []), text]);
    reports.add(JSON.stringify(now));
    return { ...state, reports: now };
  };
  const withAgent = (state: NaiveState, agent: number, change: Partial<NaiveAgent>): NaiveState => {
    const mine = state.agents[agent];
    return mine === undefined
      ? state
      : { ...state, agents: state.agents.with(agent, { ...mine, ...change }) };
  };
  const withDevice = (state: NaiveState, kind: 'ring' | 'clear', index: number): NaiveState => {
    const { most = 1, external = false } = lines[index] ?? {};
    if (external) return state;
    const limit =
      wrong === 'a line counts beyond its most'
        ? most + 1
        : wrong === 'a line never counts beyond one'
          ? 1
          : most;
    const pending = kind === 'clear' ? 0 : Math.min(limit, (state.pending[index] ?? 0) + 1);
    return { ...state, pending: state.pending.with(index, pending) };
  };
  const arrived = (state: NaiveState, { kind, at, value }: Waiting): NaiveState =>
    kind === 'store'
      ? { ...state, words: { ...state.words, [at]: value } }
      : withDevice(state, kind, Number(at));
  const queued = (state: NaiveState, core: number, what: Waiting): NaiveState => {
    const buffer = state.buffers[core] ?? [];
    const atOnce =
      memory === 'sc' ||
      (wrong === 'a doorbell is heard at once' && what.kind === 'ring' && buffer.length === 0) ||
      (wrong === 'a doorbell overtakes earlier stores' && what.kind === 'ring') ||
      (wrong === 'clearing acts at once' && what.kind === 'clear') ||
      what.at.startsWith('local');
    if (atOnce) return arrived(state, what);
    return { ...state, buffers: state.buffers.with(core, [...buffer, what]) };
  };

  /** Goes on with the agent: past what is no step, and out of a handler's run when nothing of it is left. */
  const goOn = (from: NaiveState, agent: number): NaiveState => {
    let state = from;
    for (;;) {
      const at = state.agents[agent]?.at ?? 0;
      const act = actsOf(agent)[at];
      if (act === undefined) break;
      if (isStep(act, agent)) return state;
      state = withAgent(state, agent, { at: at + 1 });
      if (act.kind === 'load')
        state = withReport(state, agent, String(state.words[nameOf(act.word, agent)] ?? 0));
      if (act.kind === 'store')
        state = { ...state, words: { ...state.words, [nameOf(act.word, agent)]: act.value } };
    }
    if (agents[agent]?.handles === null) return state;
    return withAgent(withReport(state, agent, 'returns'), agent, { active: false, at: 0 });
  };
  /** Makes the agent's act with a result, and goes on. */
  const did = (state: NaiveState, agent: number, result: string | null): NaiveState => {
    const { at = 0, sleep = 'no' } = state.agents[agent] ?? {};
    const keeps = wrong === 'an interrupt served before the wait wakes' && result !== 'wait 0';
    const after = withAgent(state, agent, { at: at + 1, sleep: keeps ? sleep : 'no' });
    return goOn(result === null ? after : withReport(after, agent, result), agent);
  };

  const stepped = (state: NaiveState, agent: number, act: Act): NaiveState | null => {
    const core = coreOf(agent);
    const buffer = state.buffers[core] ?? [];
    const { sleep = 'no' } = state.agents[agent] ?? {};
    switch (act.kind) {
      case 'load': {
        const name = nameOf(act.word, agent);
        const newest = buffer.findLast(({ kind, at }) => kind === 'store' && at === name);
        return did(state, agent, String(newest?.value ?? state.words[name] ?? 0));
      }
      case 'store': {
        const what = { kind: 'store', at: nameOf(act.word, agent), value: act.value } as const;
        return did(queued(state, core, what), agent, null);
      }
      case 'fence':
        return buffer.length === 0 ? did(state, agent, null) : null;
      case 'ring':
      case 'clear':
        return did(
          queued(state, core, { kind: act.kind, at: `${act.of}`, value: 0 }),
          agent,
          `${act.kind} 0`,
        );
      case 'enable':
      case 'disable': {
        const enabled = state.enabled.with(act.of, act.kind === 'enable');
        return did({ ...state, enabled }, agent, `${act.kind} ${state.enabled[act.of] === true ? 1 : 0}`);
      }
      case 'mask':
      case 'unmask': {
        if (wrong === 'masking drains the store buffer' && buffer.length > 0) return null;
        const masked = state.masked.map((before, of) =>
          of === core || wrong === 'a mask is of all cores' ? act.kind === 'mask' : before,
        );
        return did({ ...state, masked }, agent, `${act.kind} ${state.masked[core] === true ? 1 : 0}`);
      }
      case 'give': {
        const count = state.counts[act.of] ?? 0;
        const full = count >= (semaphores[act.of]?.most ?? 1) && wrong !== 'giving counts beyond the most';
        const counts = state.counts.with(act.of, full ? count : count + 1);
        return did({ ...state, counts }, agent, `give ${full ? 1 : 0}`);
      }
      case 'take': {
        const count = state.counts[act.of] ?? 0;
        if (count === 0 && wrong !== 'taking does not wait') return null;
        const counts = state.counts.with(act.of, Math.max(0, count - 1));
        return did({ ...state, counts }, agent, 'take 0');
      }
      case 'wait':
        if (isWanted(state, core) || sleep === 'woken') return did(state, agent, 'wait 0');
        return sleep === 'no' ? withAgent(state, agent, { sleep: 'asleep' }) : null;
    }
  };

  const entered = (state: NaiveState, handler: number): NaiveState => {
    const { handles = null, core = -1 } = agents[handler] ?? {};
    const index = handles?.line ?? -1;
    const { trigger = 'edge', external = false } = lines[index] ?? {};
    const takes = trigger === 'edge' || wrong === 'entering takes the interrupt of a level line';
    let next = state;
    if (takes && !external && wrong !== 'entering takes no interrupt of an edge line')
      next = { ...next, pending: next.pending.with(index, (next.pending[index] ?? 0) - 1) };
    for (const [task, { sleep }] of state.agents.entries()) {
      if (coreOf(task) !== core || wrong === 'being entered does not wake') continue;
      if (agents[task]?.handles !== null) continue;
      if (sleep === 'asleep' || wrong === 'an interrupt served before the wait wakes')
        next = withAgent(next, task, { sleep: 'woken' });
    }
    next = withAgent(next, handler, { active: true, at: 0, runs: (state.agents[handler]?.runs ?? 0) + 1 });
    return goOn(withReport(next, handler, 'enters'), handler);
  };

  const isAtRest = (state: NaiveState): boolean =>
    state.buffers.every((buffer) => buffer.length === 0) &&
    !agents.some(
      ({ handles }, handler) =>
        handles !== null &&
        !hasStopped(state, handler) &&
        lines[handles.line]?.external !== true &&
        isPending(state, handles.line) &&
        state.enabled[handles.line] === true,
    ) &&
    state.agents.every(({ at, active }, agent) => {
      if (agents[agent]?.handles !== null) return !active;
      const act = actsOf(agent)[at];
      const first = actsOf(agent).findIndex((each) => isStep(each, agent));
      return (
        act === undefined || agents[agent].turns || at === first || act.kind === 'wait' || act.kind === 'take'
      );
    });
  const restText = (state: NaiveState): string => {
    const states = state.agents.map(({ at, runs }, agent) => {
      if (agents[agent]?.handles !== null) return runs === RUNS ? null : runs;
      return hasEnded(state, agent) ? null : agents[agent].turns ? at : 0;
    });
    return `${JSON.stringify(states)} ${names.map((name) => state.words[name]).join('.')}`;
  };

  // --- All of them

  const todo: NaiveState[] = [];
  const visit = (state: NaiveState): void => {
    const text = JSON.stringify(state);
    if (visited.has(text)) return;
    visited.add(text);
    todo.push(state);
  };
  let first: NaiveState = {
    // Each of them, so that a state has one text.
    words: Object.fromEntries(names.map((name) => [name, 0])),
    buffers: Array.from({ length: cores }, () => []),
    pending: lines.map(({ pending }) => (pending ? 1 : 0)),
    enabled: lines.map(({ enabled }) => enabled),
    masked: Array.from({ length: cores }, () => false),
    counts: semaphores.map(({ initial }) => initial),
    agents: agents.map(() => ({ at: 0, runs: 0, active: false, sleep: 'no' })),
    reports: agents.map(() => []),
  };
  reports.add(JSON.stringify(first.reports));
  for (const [agent, { handles }] of agents.entries()) if (handles === null) first = goOn(first, agent);
  visit(first);
  for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
    if (visited.size > MOST_STATES) return null;
    if (isAtRest(state)) rests.add(restText(state));
    for (const [core, [oldest, ...rest]] of state.buffers.entries())
      if (oldest !== undefined) visit(arrived({ ...state, buffers: state.buffers.with(core, rest) }, oldest));
    for (const [agent, { handles, acts }] of agents.entries()) {
      const { at, active, sleep } = state.agents[agent] ?? { at: 0, active: false, sleep: 'no' };
      if (handles !== null && canEnter(state, agent)) visit(entered(state, agent));
      const act = acts[at];
      if (act === undefined || (handles !== null && !active) || isHeldBack(state, agent)) continue;
      const next = stepped(state, agent, act);
      if (next !== null) visit(next);
      else if (spuriousWakeUps && sleep === 'asleep' && wrong !== 'nobody wakes for no reason')
        visit(did(state, agent, 'wait 0'));
    }
  }
  return { reports, rests };
}
