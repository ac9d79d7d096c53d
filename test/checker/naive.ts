/**
 * Random small programs, and a second opinion on what they can do: an interpreter written from the definitions of the
 * memory models, on plain arrays. It shares nothing with the engine but the programs: memory is bytes, all of them
 * shared, a store buffer is a list of byte ranges, an agent is the list of what it still has to do. It visits each
 * state once, known by its full text, in which every value ever loaded stands.
 */
import fc from 'fast-check';
import { type Program, program, startCheck } from 'vqcheck/checker';
import {
  type AtomicOrdering,
  type FenceOrdering,
  type Location,
  locationAt,
  type MemoryPort,
  type Ordering,
  type RmwOperation,
} from 'vqcheck/memory';
import { tiny } from './support.ts';

// --- Programs --------------------------------------------------------------------------------------------------------

/** `last + add` (the value loaded last, 0 if none), or just `add`. */
interface Value {
  readonly last: boolean;
  readonly add: number;
}

/** A scalar: index into `PLACES`. */
type Place = number;

export type Op =
  | { readonly kind: 'load'; readonly place: Place; readonly order: Ordering }
  | { readonly kind: 'store'; readonly place: Place; readonly value: Value; readonly order: Ordering }
  | {
      readonly kind: 'rmw';
      readonly place: Place;
      readonly operation: RmwOperation;
      readonly value: Value;
      readonly order: AtomicOrdering;
    }
  | {
      readonly kind: 'cas';
      readonly place: Place;
      readonly expected: Value;
      readonly desired: Value;
      readonly order: AtomicOrdering;
    }
  | { readonly kind: 'fence'; readonly order: FenceOrdering }
  | { readonly kind: 'choose' }
  | { readonly kind: 'read'; readonly from: number; readonly length: number }
  | { readonly kind: 'write'; readonly from: number; readonly length: number; readonly value: Value }
  /** Done if the value loaded `back` loads ago (0: the last one) is, or is not, `equals`. */
  | {
      readonly kind: 'if';
      readonly back: number;
      readonly equals: number;
      readonly not: boolean;
      readonly body: Op;
    }
  | { readonly kind: 'op'; readonly body: readonly Op[] }
  /** At most `passes` passes; ends after the first one whose last loaded value is not 0. */
  | { readonly kind: 'repeat'; readonly passes: number; readonly body: readonly Op[] };

export interface Agent {
  readonly core: number;
  /** What it does in each turn. */
  readonly turns: readonly (readonly Op[])[];
}

export interface RandomProgram {
  readonly agents: readonly Agent[];
  /** Scalars overlap others: a part of x, and a word of the block. Means something under sc only. */
  readonly mixed: boolean;
}

const BLOCK = 40;
const BLOCK_BYTES = 8;
const LOCAL = 4;
const OWN = 3;

/** x, y and z (64 bits); one word for each agent alone; one of the core's own memory; then the overlapping ones. */
function placeOf(place: Place, agent: number, mixed: boolean): Location {
  switch (place) {
    case 0:
      return locationAt('shared', 0, 32);
    case 1:
      return locationAt('shared', 4, 32);
    case 2:
      return locationAt('shared', 8, 64);
    case OWN:
      return locationAt('shared', 16 + 4 * agent, 32);
    case LOCAL:
      return locationAt('local', 0, 32);
    case 5:
      return mixed ? locationAt('shared', 2, 16) : locationAt('shared', 0, 32);
    default:
      return mixed ? locationAt('shared', BLOCK, 32) : locationAt('shared', 4, 32);
  }
}

const orders = fc.constantFrom<Ordering[]>('plain', 'relaxed', 'acquire', 'release', 'acq_rel', 'seq_cst');
const atomicOrders = fc.constantFrom<AtomicOrdering[]>('relaxed', 'acquire', 'release', 'acq_rel', 'seq_cst');
// Most accesses meet on two words.
const places = fc.constantFrom(0, 0, 0, 1, 1, 1, 2, OWN, LOCAL, 5, 6);
const values = fc.record({ last: fc.boolean(), add: fc.integer({ min: 1, max: 3 }) });
const expectedValues = fc.record({ last: fc.boolean(), add: fc.integer({ min: 0, max: 1 }) });
const kinds = fc.constantFrom<RmwOperation[]>('exchange', 'add', 'sub', 'and', 'or', 'xor');
const ranges = fc
  .tuple(fc.integer({ min: 0, max: BLOCK_BYTES - 1 }), fc.integer({ min: 1, max: 4 }))
  .map(([from, length]) => ({ from, length: Math.min(length, BLOCK_BYTES - from) }));

const load = fc.record({ kind: fc.constant('load' as const), place: places, order: orders });
const store = fc.record({
  kind: fc.constant('store' as const),
  place: places,
  value: values,
  // A seq_cst store orders everything: rarely.
  order: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Ordering>('release') },
    { weight: 1, arbitrary: orders },
  ),
});
const access: fc.Arbitrary<Op> = fc.oneof(
  { weight: 6, arbitrary: load },
  { weight: 6, arbitrary: store },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rmw' as const),
      place: places,
      operation: kinds,
      value: values,
      order: atomicOrders,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cas' as const),
      place: places,
      expected: expectedValues,
      desired: values,
      order: atomicOrders,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fence' as const),
      order: fc.constantFrom<FenceOrdering[]>('seq_cst', 'seq_cst', 'acquire', 'release', 'acq_rel'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'choose' as const }) },
  { weight: 2, arbitrary: ranges.map((range): Op => ({ kind: 'read', ...range })) },
  {
    weight: 3,
    arbitrary: fc.tuple(ranges, values).map(([range, value]): Op => ({ kind: 'write', ...range, value })),
  },
);
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 10, arbitrary: access },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('if' as const),
      back: fc.integer({ min: 0, max: 1 }),
      equals: fc.integer({ min: 0, max: 1 }),
      not: fc.boolean(),
      body: access,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('op' as const),
      body: fc.array(access, { minLength: 1, maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('repeat' as const),
      passes: fc.integer({ min: 1, max: 2 }),
      body: fc.array(access, { minLength: 1, maxLength: 2 }),
    }),
  },
);

/** Cuts a list into turns after the given numbers of operations. */
function inTurns(ops: readonly Op[], cuts: readonly number[]): Op[][] {
  const turns: Op[][] = [[]];
  for (const [index, item] of ops.entries()) {
    if (cuts.includes(index)) turns.push([]);
    turns[turns.length - 1]?.push(item);
  }
  return turns;
}

/** What the models differ in: a store, perhaps a fence, and a load of another place. */
const overtaking: fc.Arbitrary<Op[]> = fc
  .tuple(
    fc.constantFrom<[number, number][]>([0, 1], [1, 0], [0, 2], [5, 1]),
    fc.constantFrom<Ordering[]>('plain', 'relaxed', 'release', 'acq_rel', 'seq_cst'),
    fc.option(fc.constantFrom<FenceOrdering[]>('seq_cst', 'seq_cst', 'release', 'acq_rel')),
    values,
    fc.array(op, { maxLength: 1, size: 'max' }),
  )
  .map(([[stored, loaded], order, fence, value, more]) => [
    { kind: 'store', place: stored, value, order },
    ...(fence === null ? [] : [{ kind: 'fence' as const, order: fence }]),
    { kind: 'load', place: loaded, order: 'acquire' },
    ...more,
  ]);

function agentsOf(count: number, ops: fc.Arbitrary<Op[]>): fc.Arbitrary<RandomProgram> {
  const agent = fc
    .tuple(
      fc.integer({ min: 0, max: count - 1 }),
      ops,
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
    )
    .map(([core, ops, cuts]) => ({ core, turns: inTurns(ops, cuts) }));
  return fc.record({
    agents: fc
      .tuple(
        fc.array(agent, { minLength: count, maxLength: count, size: 'max' }),
        fc.integer({ min: 0, max: 3 }), // In three of four programs each agent has a core to itself.
      )
      .map(([agents, shareCores]) =>
        shareCores === 0 ? agents : agents.map((each, core) => ({ ...each, core })),
      ),
    mixed: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
  });
}

/** Two agents of up to five operations, or three of up to three; not smaller ones first. */
export const randomPrograms: fc.Arbitrary<RandomProgram> = fc.noBias(
  fc.oneof(
    { weight: 3, arbitrary: agentsOf(2, fc.array(op, { minLength: 2, maxLength: 5, size: 'max' })) },
    { weight: 3, arbitrary: agentsOf(2, overtaking) },
    { weight: 2, arbitrary: agentsOf(3, fc.array(op, { minLength: 1, maxLength: 3, size: 'max' })) },
  ),
);

function lastOf(seen: readonly number[], back = 0): number {
  return seen[seen.length - 1 - back] ?? 0;
}

function computed({ last, add }: Value, seen: readonly number[]): number {
  return (last ? lastOf(seen) : 0) + add;
}

/** The bytes that a range write stores: the value's, little-endian, so that each write has a pattern of its own. */
function patternOf(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => (value + 16 * (i + 1)) % 256);
}

function numberOf(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

// --- Through the port ------------------------------------------------------------------------------------------------

/** What a loop knows from pass to pass. */
type LoopState = { readonly pass: number; readonly seen: readonly number[] };

/** Does the operations; `seen` grows by what they load. */
function perform(port: MemoryPort, agent: number, mixed: boolean, ops: readonly Op[], seen: number[]): void {
  for (const item of ops) {
    switch (item.kind) {
      case 'load':
        seen.push(port.load(placeOf(item.place, agent, mixed), item.order));
        break;
      case 'store':
        port.store(placeOf(item.place, agent, mixed), computed(item.value, seen), item.order);
        break;
      case 'rmw': {
        const value = computed(item.value, seen);
        seen.push(
          port.rmw(
            placeOf(item.place, agent, mixed),
            operationOf(item.operation, item.place),
            value,
            item.order,
          ),
        );
        break;
      }
      case 'cas': {
        const expected = computed(item.expected, seen);
        const desired = computed(item.desired, seen);
        seen.push(port.cas(placeOf(item.place, agent, mixed), expected, desired, item.order, 'relaxed'));
        break;
      }
      case 'fence':
        port.fence(item.order);
        break;
      case 'choose':
        seen.push(port.choose(2));
        break;
      case 'read': {
        const bytes = new Uint8Array(item.length);
        port.readRange(BLOCK + item.from, bytes);
        seen.push(numberOf([...bytes]));
        break;
      }
      case 'write':
        port.writeRange(
          BLOCK + item.from,
          Uint8Array.from(patternOf(computed(item.value, seen), item.length)),
        );
        break;
      case 'if':
        if ((lastOf(seen, item.back) === item.equals) !== item.not)
          perform(port, agent, mixed, [item.body], seen);
        break;
      case 'op':
        port.op('some', {}, () => {
          perform(port, agent, mixed, item.body, seen);
          return null;
        });
        break;
      case 'repeat': {
        const after = port.repeat<LoopState, readonly number[]>({ pass: 1, seen: [...seen] }, (state) => {
          const now = [...state.seen];
          perform(port, agent, mixed, item.body, now);
          const ends = state.pass === item.passes || lastOf(now) !== 0;
          return ends ? { done: now } : { again: { pass: state.pass + 1, seen: now } };
        });
        seen.splice(0, seen.length, ...after);
        break;
      }
    }
  }
}

/** A 64-bit location holds no -1. */
function operationOf(operation: RmwOperation, place: Place): RmwOperation {
  return operation === 'sub' && place === 2 ? 'add' : operation;
}

interface Progress {
  readonly [name: string]: number | readonly number[];
  readonly turn: number;
  readonly seen: readonly number[];
}

/** An agent that takes its turns, and then rests for ever. */
function adapted({ turns }: Agent, agent: number, mixed: boolean): Program {
  return program<Progress>({ turn: 0, seen: [] }, (port) => (state) => {
    const ops = turns[state.turn];
    if (ops === undefined) return state;
    const seen = [...state.seen];
    perform(port, agent, mixed, ops, seen);
    return { turn: state.turn + 1, seen };
  });
}

/** How an end is written: what each agent loaded; shared memory, byte by byte; and each core's own word. */
function endText(
  seen: readonly (readonly number[])[],
  shared: readonly number[],
  own: readonly number[],
): string {
  return `${JSON.stringify(seen)} ${shared.join('.')} ${own.join('.')}`;
}

const SHARED_BYTES = BLOCK + BLOCK_BYTES;
/** Stores that a buffer holds: more than any of these programs makes. */
const DEPTH = 20;

/** All ends that the engine finds. */
export function engineEnds(
  { agents, mixed }: RandomProgram,
  memory: 'sc' | 'tso',
  merge: boolean,
): Set<string> {
  const cores = Math.max(...agents.map(({ core }) => core)) + 1;
  // By how often the search had started anew: what it saw before it did does not count.
  const ends = new Map<number, Set<string>>();
  let memoryText: readonly [number[], number[]] = [[], []];
  const system = tiny(
    Object.fromEntries(agents.map((agent, i) => [`${i}`, adapted(agent, i, mixed && memory === 'sc')])),
    {
      coreOf: agents.map(({ core }) => core),
      bufferDepth: DEPTH,
      home(view) {
        const shared = Array.from({ length: SHARED_BYTES }, (_, at) =>
          view.load(locationAt('shared', at, 8)),
        );
        memoryText = [
          shared,
          Array.from({ length: cores }, (_, core) => view.load(locationAt('local', 0, 32), core)),
        ];
        return true;
      },
      finished(states) {
        // The states are those of `adapted`.
        const found = states as unknown as Progress[];
        if (found.some(({ turn }, i) => turn !== agents[i]?.turns.length)) return false;
        const now = ends.get(search.restarts) ?? new Set();
        ends.set(search.restarts, now);
        now.add(
          endText(
            found.map(({ seen }) => seen),
            ...memoryText,
          ),
        );
        return true;
      },
    },
  );
  const search = startCheck(system, { memory, merge, verify: true });
  while (!search.advance(10_000));
  const result = search.result();
  if (result.verdict !== 'proved')
    throw new Error(`${result.verdict}: ${result.error?.message ?? result.incomplete?.kind}`);
  return ends.get(search.restarts) ?? new Set();
}

// --- From the definitions --------------------------------------------------------------------------------------------

/** Wrong rules, to see that the comparison would notice them. */
export const WRONG_RULES = [
  'no forwarding',
  'forwarding of the oldest store',
  'forwarding of equal ranges only',
  'forwarding from every core',
  'buffer drains in any order',
  'fence lets stores wait',
  'cas lets stores wait',
  'seq_cst store without its fence',
  'release store drains at once',
] as const;
export type WrongRule = (typeof WRONG_RULES)[number];

interface Waiting {
  readonly at: number;
  readonly bytes: readonly number[];
}

interface NaiveState {
  /** Shared memory, then each core's own. */
  readonly memory: readonly number[];
  readonly buffers: readonly (readonly Waiting[])[];
  readonly agents: readonly { readonly todo: readonly Op[]; readonly seen: readonly number[] }[];
}

/** More states than this are too many for a quick test. */
const MOST_STATES = 30_000;

/** All ends by the definitions; null: too many states. */
export function naiveEnds(
  { agents, mixed }: RandomProgram,
  memory: 'sc' | 'tso',
  wrong: WrongRule | null = null,
): Set<string> | null {
  const parts = mixed && memory === 'sc';
  const cores = Math.max(...agents.map(({ core }) => core)) + 1;
  const ends = new Set<string>();
  const visited = new Set<string>();

  const visit = (state: NaiveState): void => {
    if (visited.size > MOST_STATES) return;
    const text = JSON.stringify(state);
    if (visited.has(text)) return;
    visited.add(text);
    if (
      state.buffers.every((buffer) => buffer.length === 0) &&
      state.agents.every(({ todo }) => todo.length === 0)
    ) {
      const own = Array.from({ length: cores }, (_, core) =>
        numberOf(state.memory.slice(SHARED_BYTES + 4 * core, SHARED_BYTES + 4 * core + 4)),
      );
      ends.add(
        endText(
          state.agents.map(({ seen }) => seen),
          state.memory.slice(0, SHARED_BYTES),
          own,
        ),
      );
      return;
    }
    for (const [core, buffer] of state.buffers.entries()) {
      for (const [index, oldest] of buffer.entries()) {
        if (index > 0 && wrong !== 'buffer drains in any order') break;
        visit({
          ...state,
          memory: laid(state.memory, oldest),
          buffers: state.buffers.with(core, buffer.toSpliced(index, 1)),
        });
      }
    }
    for (const agent of agents.keys()) step(state, agent);
  };

  const step = (state: NaiveState, agent: number): void => {
    const mine = state.agents[agent];
    const core = agents[agent]?.core ?? 0;
    const buffer = state.buffers[core] ?? [];
    const item = mine?.todo[0];
    if (mine === undefined || item === undefined) return;
    const rest = mine.todo.slice(1);
    const { seen } = mine;
    const go = (todo: readonly Op[], loaded: readonly number[], more: Partial<NaiveState> = {}): void =>
      visit({ ...state, ...more, agents: state.agents.with(agent, { todo, seen: [...seen, ...loaded] }) });
    const push = (store: Waiting, todo: readonly Op[], order: Ordering): void => {
      if (
        memory === 'sc' ||
        (wrong === 'release store drains at once' && order === 'release' && buffer.length === 0)
      )
        go(todo, [], { memory: laid(state.memory, store) });
      else go(todo, [], { buffers: state.buffers.with(core, [...buffer, store]) });
    };
    const loaded = (at: number, length: number): number[] => {
      let seenMemory = state.memory;
      const sources = wrong === 'forwarding from every core' ? state.buffers.flat() : buffer;
      for (const store of wrong === 'forwarding of the oldest store' ? sources.toReversed() : sources) {
        if (wrong === 'no forwarding') continue;
        if (wrong === 'forwarding of equal ranges only' && (store.at !== at || store.bytes.length !== length))
          continue;
        seenMemory = laid(seenMemory, store);
      }
      return seenMemory.slice(at, at + length);
    };
    const bytesFor = (place: Place): readonly [at: number, bytes: number] => {
      const location = placeOf(place, agent, parts);
      const local = (location & 4) !== 0;
      return [local ? SHARED_BYTES + 4 * core : location >>> 3, 1 << (location & 3)];
    };
    switch (item.kind) {
      // Not steps: what follows is done instead.
      case 'if':
        step(
          withTodo(
            state,
            agent,
            (lastOf(seen, item.back) === item.equals) !== item.not ? [item.body, ...rest] : rest,
          ),
          agent,
        );
        if ((lastOf(seen, item.back) === item.equals) === item.not && rest.length === 0)
          visit(withTodo(state, agent, rest));
        return;
      case 'op':
        step(withTodo(state, agent, [...item.body, ...rest]), agent);
        return;
      case 'repeat': {
        const again: Op[] =
          item.passes === 1
            ? []
            : // No value loaded yet counts as 0, as in the loop.
              [{ kind: 'if', back: 0, equals: 0, not: false, body: { ...item, passes: item.passes - 1 } }];
        step(withTodo(state, agent, [...item.body, ...again, ...rest]), agent);
        return;
      }
      case 'load': {
        const [at, length] = bytesFor(item.place);
        go(rest, [numberOf(loaded(at, length))]);
        return;
      }
      case 'read':
        go(rest, [numberOf(loaded(BLOCK + item.from, item.length))]);
        return;
      case 'store': {
        const [at, length] = bytesFor(item.place);
        const fenced = item.order === 'seq_cst' && wrong !== 'seq_cst store without its fence';
        const after: Op[] = fenced ? [{ kind: 'fence', order: 'seq_cst' }, ...rest] : [...rest];
        push({ at, bytes: bytesOfNumber(computed(item.value, seen), length) }, after, item.order);
        return;
      }
      case 'write': {
        const bytes = patternOf(computed(item.value, seen), item.length);
        push({ at: BLOCK + item.from, bytes }, rest, 'plain');
        return;
      }
      case 'fence':
        if (item.order === 'seq_cst' && buffer.length > 0 && wrong !== 'fence lets stores wait') return;
        go(rest, []);
        return;
      case 'choose':
        go(rest, [0]);
        go(rest, [1]);
        return;
      case 'rmw': {
        if (buffer.length > 0) return;
        const [at, length] = bytesFor(item.place);
        const old = numberOf(state.memory.slice(at, at + length));
        const now = combined(operationOf(item.operation, item.place), old, computed(item.value, seen));
        go(rest, [old], { memory: laid(state.memory, { at, bytes: bytesOfNumber(now, length) }) });
        return;
      }
      case 'cas': {
        if (buffer.length > 0 && wrong !== 'cas lets stores wait') return;
        const [at, length] = bytesFor(item.place);
        const old = numberOf(state.memory.slice(at, at + length));
        const same = old === computed(item.expected, seen) % 256 ** length;
        const store = { at, bytes: bytesOfNumber(computed(item.desired, seen), length) };
        go(rest, [old], same ? { memory: laid(state.memory, store) } : {});
        return;
      }
    }
  };

  visit({
    memory: new Array(SHARED_BYTES + 4 * cores).fill(0),
    buffers: Array.from({ length: cores }, () => []),
    agents: agents.map(({ turns }) => ({ todo: turns.flat(), seen: [] })),
  });
  return visited.size > MOST_STATES ? null : ends;
}

function withTodo(state: NaiveState, agent: number, todo: readonly Op[]): NaiveState {
  const seen = state.agents[agent]?.seen ?? [];
  return { ...state, agents: state.agents.with(agent, { todo, seen }) };
}

function laid(memory: readonly number[], { at, bytes }: Waiting): number[] {
  return memory.toSpliced(at, bytes.length, ...bytes);
}

/** Little-endian, cut to the length; negative numbers as two's complement. */
function bytesOfNumber(value: number, length: number): number[] {
  const cut = BigInt.asUintN(8 * length, BigInt(value));
  return Array.from({ length }, (_, i) => Number((cut >> BigInt(8 * i)) & 255n));
}

function combined(operation: RmwOperation, old: number, operand: number): number {
  switch (operation) {
    case 'exchange':
      return operand;
    case 'add':
      return old + operand;
    case 'sub':
      return old - operand;
    case 'and':
      return Number(BigInt(old) & BigInt(operand));
    case 'or':
      return Number(BigInt(old) | BigInt(operand));
    case 'xor':
      return Number(BigInt(old) ^ BigInt(operand));
  }
}
