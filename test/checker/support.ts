/**
 * Tiny systems for tests of the engine: a few words of memory, agents written as functions of a port, and a way to
 * collect everything that their runs can report.
 */
import { type AgentSpec, check, type Program, program, STOP, type System } from 'vqcheck/checker';
import { type Location, locationAt, type MemoryPort, type PlainData } from 'vqcheck/memory';
import { type MonitorEvent, type Property, reducerProperty } from 'vqcheck/properties';

/** Shared 32-bit words. */
export const x = locationAt('shared', 0, 32);
export const y = locationAt('shared', 4, 32);
export const z = locationAt('shared', 8, 32);
/** A shared word which the tests let one agent only reach. */
export const own = locationAt('shared', 12, 32);
/** First word of a core's local memory. */
export const local = locationAt('local', 0, 32);
/** Addresses of the two slots that a tiny system may have. */
export const SLOTS = [32, 40] as const;

const NAMES: Readonly<Record<string, string>> = {
  'shared 0': 'x',
  'shared 4': 'y',
  'shared 8': 'z',
  'shared 12': 'own',
};

/** An agent that runs `body` once, and stops. */
export function once(body: (port: MemoryPort) => void): Program {
  return program<number>(0, (port) => () => {
    body(port);
    return STOP;
  });
}

/** An agent that runs `body` for ever, one turn after the other. */
export function always(body: (port: MemoryPort) => void): Program {
  return program<number>(0, (port) => () => {
    body(port);
    return 0;
  });
}

export interface TinyOptions extends Partial<System> {
  /** Core of each agent; default: one core each. */
  readonly coreOf?: readonly number[];
  /** Whether the two buffers at `SLOTS` are followed. */
  readonly withSlots?: boolean;
}

/** Agents by name, in order, over 64 bytes of shared memory and 16 of each core's own. */
export function tiny(agents: Readonly<Record<string, Program>>, options: TinyOptions = {}): System {
  const { coreOf, withSlots = false, ...rest } = options;
  const specs: AgentSpec[] = Object.entries(agents).map(([name, spec], index) => ({
    name,
    core: coreOf?.[index] ?? index,
    program: spec,
  }));
  const cores = Math.max(...specs.map(({ core }) => core)) + 1;
  return {
    title: 'tiny',
    sharedBytes: 64,
    localBytes: 16,
    cores: Array.from({ length: cores }, (_, core) => `core${core}`),
    agents: specs,
    slots: withSlots
      ? SLOTS.map((address, i) => ({ name: `buffer[${i}]`, address, lengthBytes: 8, queue: 0 }))
      : [],
    queues: withSlots ? 1 : 0,
    operations: withSlots ? MOVES : {},
    names: { nameOf: (space, offset) => NAMES[`${space} ${offset}`] ?? `${space}[${offset}]` },
    setup: () => {},
    properties: [],
    witnesses: [],
    accessBound: 50,
    ...rest,
  };
}

/** Operations whose names are the ownership events that they cause: `reserve` and `take` when they return. */
export const MOVES: System['operations'] = {
  reserve: given('reserve'),
  take: given('take'),
  publish: takenAway('publish'),
  cancel: takenAway('cancel'),
  release: takenAway('release'),
};

function given(event: 'reserve' | 'take'): System['operations'][string] {
  return {
    codes: null,
    succeeded: (result) => result === true,
    onReturn: (args, result) => (result === true ? { event, address: addressOf(args) } : null),
  };
}

function takenAway(event: 'publish' | 'cancel' | 'release'): System['operations'][string] {
  return {
    codes: null,
    succeeded: (result) => result === true,
    onCall: (args) => ({ event, address: addressOf(args) }),
  };
}

function addressOf(args: Readonly<Record<string, PlainData>>): number {
  return typeof args.address === 'number' ? args.address : -1;
}

/** One of `MOVES` on slot 0 or 1, around `body`; succeeds. */
export function move(port: MemoryPort, name: string, slot: 0 | 1 = 0, body: () => void = () => {}): void {
  port.op(name, { address: SLOTS[slot] }, () => {
    body();
    return true;
  });
}

/** Reports a value: an operation without any access, which a monitor can see. */
export function report(port: MemoryPort, value: PlainData): void {
  port.op('report', { value }, () => null);
}

/** A property that breaks when `sees` says so of an event. */
export function never(sees: (event: MonitorEvent) => boolean, name = 'never'): Property {
  return reducerProperty<number>({
    name,
    title: 'It is never seen.',
    initial: 0,
    step: (state, event) => (sees(event) ? { violation: 'seen' } : state),
  });
}

/** A property that breaks when the events picked from a run come in an order that `bad` accepts. */
export function neverInOrder(
  pick: (event: MonitorEvent) => string | null,
  bad: (seen: readonly string[]) => boolean,
): Property {
  return reducerProperty<readonly string[]>({
    name: 'order',
    title: 'It never comes in this order.',
    initial: [],
    step(seen, event) {
      const what = pick(event);
      if (what === null) return seen;
      const now = [...seen, what];
      return bad(now) ? { violation: now.join(' ') } : now;
    },
  });
}

/**
 * Everything that the agents of a system report, over all its runs: one text a run, agents in their order. The reducer
 * writes down what it sees, which is impure but harmless: each different history comes by at least once.
 */
export function outcomes(
  agents: Readonly<Record<string, Program>>,
  memory: 'sc' | 'tso',
  options: TinyOptions & { readonly merge?: boolean } = {},
): string[] {
  const seen = new Set<string>();
  const count = Object.keys(agents).length;
  const { merge = true, ...rest } = options;
  const collect = reducerProperty<Readonly<Record<string, PlainData>>>({
    name: 'collect',
    title: 'Collects what is reported.',
    initial: {},
    step(state, event) {
      if (event.kind !== 'call' || event.operation !== 'report') return state;
      const next: Readonly<Record<string, PlainData>> = { ...state, [event.agent]: event.args.value ?? null };
      if (Object.keys(next).length === count)
        seen.add(Array.from({ length: count }, (_, agent) => JSON.stringify(next[String(agent)])).join(' '));
      return next;
    },
  });
  const result = check(tiny(agents, { ...rest, properties: [collect] }), { memory, merge });
  if (result.verdict !== 'proved')
    throw new Error(`${result.verdict}: ${result.error?.message ?? result.incomplete?.kind}`);
  return [...seen].sort();
}

/** Loads these locations, in this order. */
export function loads(port: MemoryPort, ...at: readonly Location[]): number[] {
  return at.map((location) => port.load(location, 'relaxed'));
}
