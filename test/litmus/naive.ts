/**
 * Litmus tests by the definitions: store buffers as lists, every choice tried, nothing clever. Written from the rules of the
 * suite's description, not from the engine's memory models. Rules can be made wrong in one point, to see that a comparison
 * would notice. Random programs to compare with, in the same format.
 */
import fc from 'fast-check';
import type { LitmusOperation, LitmusTest, LitmusValue } from './support.ts';

/** Rules that are wrong in one point. */
export const WRONG_RULES = [
  'a release fence is no barrier',
  'an acq_rel fence is no barrier',
  'an acquire fence is a barrier',
  'a release fence waits for empty buffers',
  'a seq_cst fence is only a barrier',
  'a release store is no barrier',
  'a release store is a barrier behind it, too',
  'a seq_cst store has no barrier before it',
  'a seq_cst store has no fence behind it',
  'an rmw waits for its own location only',
  'an rmw waits for no store',
  'a cas that fails waits for no store',
  'no forwarding',
  'forwarding of the oldest store',
  'stores to one location drain in any order',
  'stores to all locations drain in one order',
] as const;
export type WrongRule = (typeof WRONG_RULES)[number];

/** A store that waits; or a barrier. */
type Entry = readonly [location: string, value: number] | 'barrier';

interface State {
  readonly memory: Readonly<Record<string, number>>;
  /** Of each thread's core, in program order. A handler has none of its own. */
  readonly buffers: readonly (readonly Entry[])[];
  readonly counters: readonly number[];
  readonly registers: readonly Readonly<Record<string, number>>[];
}

/** More states than this are too many for a quick test. */
const MOST_STATES = 40_000;

/** All final states, as texts like `1,0`; null: too many states to try. */
export function naiveOutcomes(
  test: LitmusTest,
  memory: 'sc' | 'tso' | 'pso',
  wrong: WrongRule | null = null,
): Set<string> | null {
  const handlers = new Map((test.isr ?? []).map(({ thread, on }) => [thread, on]));
  const coreOf = (thread: number): number => handlers.get(thread) ?? thread;
  const programs = test.threads.map((thread) =>
    thread.flatMap((operation): LitmusOperation[] => {
      const fenced = operation.op === 'store' && operation.order === 'sc';
      if (!fenced || wrong === 'a seq_cst store has no fence behind it') return [operation];
      const { when } = operation;
      return [operation, { op: 'fence', order: 'sc', ...(when === undefined ? {} : { when }) }];
    }),
  );
  const ends = new Set<string>();
  const visited = new Set<string>();
  const waiting: State[] = [];
  const add = (state: State): void => {
    const text = JSON.stringify(state);
    if (visited.has(text)) return;
    visited.add(text);
    waiting.push(state);
  };
  add({
    memory: test.locations,
    buffers: test.threads.map(() => []),
    counters: test.threads.map(() => 0),
    registers: test.threads.map(() => ({})),
  });
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    if (visited.size > MOST_STATES) return null;
    const ended = programs.every((program, thread) => state.counters[thread] === program.length);
    if (ended && state.buffers.every((buffer) => buffer.length === 0)) ends.add(observedText(test, state));
    for (const [core, buffer] of state.buffers.entries()) {
      for (const index of drainable(buffer, memory, wrong)) {
        const [location, value] = buffer[index] as readonly [string, number];
        const rest = buffer.toSpliced(index, 1);
        while (rest[0] === 'barrier') rest.shift();
        add({
          ...state,
          memory: { ...state.memory, [location]: value },
          buffers: state.buffers.with(core, rest),
        });
      }
    }
    for (const [thread, program] of programs.entries()) {
      const interrupted = [...handlers].some(([handler, on]) => {
        const counter = state.counters[handler] ?? 0;
        return (
          on === coreOf(thread) &&
          handler !== thread &&
          counter > 0 &&
          counter < (programs[handler]?.length ?? 0)
        );
      });
      const operation = program[state.counters[thread] ?? 0];
      if (interrupted || operation === undefined) continue;
      for (const next of after(state, thread, coreOf(thread), operation, memory, wrong)) {
        add({ ...next, counters: state.counters.with(thread, (state.counters[thread] ?? 0) + 1) });
      }
    }
  }
  return ends;
}

function observedText(test: LitmusTest, state: State): string {
  return test.observed
    .map((name) => {
      const [thread, register] = name.split(':');
      return register === undefined ? state.memory[name] : (state.registers[Number(thread)]?.[register] ?? 0);
    })
    .join();
}

/** Indices of the stores that may become visible next. */
function drainable(
  buffer: readonly Entry[],
  memory: 'sc' | 'tso' | 'pso',
  wrong: WrongRule | null,
): number[] {
  const found: number[] = [];
  const passed = new Set<string>();
  for (const [index, entry] of buffer.entries()) {
    if (entry === 'barrier') {
      if (passed.size > 0) break;
      continue;
    }
    const [location] = entry;
    const inOrder = memory === 'tso' || wrong === 'stores to all locations drain in one order';
    if (inOrder && passed.size > 0) break;
    if (!passed.has(location) || wrong === 'stores to one location drain in any order') found.push(index);
    passed.add(location);
  }
  return found;
}

function computed(value: LitmusValue, registers: Readonly<Record<string, number>>): number {
  if (typeof value === 'number') return value;
  return (
    ((((registers[value.reg] ?? 0) * (value.mul ?? 1) + (value.add ?? 0)) % 2 ** 32) + 2 ** 32) % 2 ** 32
  );
}

/** The states after the operation; none: it has to wait. */
function after(
  state: State,
  thread: number,
  core: number,
  operation: LitmusOperation,
  memory: 'sc' | 'tso' | 'pso',
  wrong: WrongRule | null,
): State[] {
  const registers = state.registers[thread] ?? {};
  const buffer = state.buffers[core] ?? [];
  const skipped = (operation.when ?? []).some(({ reg, eq, ne }) => {
    const value = registers[reg] ?? 0;
    return eq !== undefined ? value !== eq : value === ne;
  });
  if (skipped) return [state];
  const withBuffer = (entries: readonly Entry[]): State => ({
    ...state,
    buffers: state.buffers.with(core, entries),
  });
  const withBarrier = (entries: readonly Entry[]): readonly Entry[] =>
    memory === 'pso' && entries.length > 0 && entries.at(-1) !== 'barrier'
      ? [...entries, 'barrier']
      : entries;
  const withRegister = (from: State, reg: string, value: number): State => ({
    ...from,
    registers: from.registers.with(thread, { ...registers, [reg]: value }),
  });
  const isEmpty = buffer.length === 0;
  switch (operation.op) {
    case 'fence':
      switch (operation.order) {
        case 'sc':
          if (wrong === 'a seq_cst fence is only a barrier') return [withBuffer(withBarrier(buffer))];
          return isEmpty ? [state] : [];
        case 'rel':
          if (wrong === 'a release fence waits for empty buffers') return isEmpty ? [state] : [];
          return [wrong === 'a release fence is no barrier' ? state : withBuffer(withBarrier(buffer))];
        case 'acq_rel':
          return [wrong === 'an acq_rel fence is no barrier' ? state : withBuffer(withBarrier(buffer))];
        case 'acq':
          return [wrong === 'an acquire fence is a barrier' ? withBuffer(withBarrier(buffer)) : state];
      }
      break;
    case 'store': {
      const { loc, order } = operation;
      const value = computed(operation.value, registers);
      if (memory === 'sc') return [{ ...state, memory: { ...state.memory, [loc]: value } }];
      const isBarrier =
        (order === 'rel' && wrong !== 'a release store is no barrier') ||
        (order === 'sc' && wrong !== 'a seq_cst store has no barrier before it');
      const now: readonly Entry[] = [...(isBarrier ? withBarrier(buffer) : buffer), [loc, value]];
      const behind = order === 'rel' && wrong === 'a release store is a barrier behind it, too';
      return [withBuffer(behind ? withBarrier(now) : now)];
    }
    case 'load':
    case 'await': {
      const own = buffer.filter((entry) => entry !== 'barrier' && entry[0] === operation.loc);
      const seen = wrong === 'forwarding of the oldest store' ? own[0] : own.at(-1);
      const forwarded =
        seen === undefined || seen === 'barrier' || wrong === 'no forwarding' ? null : seen[1];
      const value = forwarded ?? state.memory[operation.loc] ?? 0;
      if (operation.op === 'await') {
        const { eq, ne } = operation;
        if (eq !== undefined ? value !== eq : value === ne) return [];
      }
      return [withRegister(state, operation.reg, value)];
    }
    case 'rmw':
    case 'cas': {
      const { loc, reg } = operation;
      const old = state.memory[loc] ?? 0;
      const operand = computed(operation.value, registers);
      const fails = operation.op === 'cas' && old !== computed(operation.expect, registers);
      const ownLocation = wrong === 'an rmw waits for its own location only';
      const free =
        (wrong === 'an rmw waits for no store' && operation.op === 'rmw') ||
        (fails && wrong === 'a cas that fails waits for no store');
      const hindered = ownLocation
        ? buffer.some((entry) => entry !== 'barrier' && entry[0] === loc)
        : !isEmpty;
      if (hindered && !free) return [];
      const value = fails ? old : operation.op === 'cas' ? operand : combined(operation.kind, old, operand);
      return [withRegister({ ...state, memory: { ...state.memory, [loc]: value } }, reg, old)];
    }
  }
}

function combined(kind: 'xchg' | 'add' | 'or' | 'and', old: number, operand: number): number {
  switch (kind) {
    case 'xchg':
      return operand;
    case 'add':
      return (old + operand) % 2 ** 32;
    case 'or':
      return (old | operand) >>> 0;
    case 'and':
      return (old & operand) >>> 0;
  }
}

// --- Random programs -------------------------------------------------------------------------------------------------

const locations = fc.constantFrom('x', 'x', 'y', 'y', 'z');
const registers = fc.constantFrom('r0', 'r1', 'r2');
const numbers = fc.integer({ min: 1, max: 3 });
const values: fc.Arbitrary<LitmusValue> = fc.oneof(
  { weight: 4, arbitrary: numbers },
  { weight: 1, arbitrary: fc.record({ reg: registers, mul: numbers, add: numbers }) },
);
const when = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record({
      when: fc.tuple(
        fc.oneof(
          fc.record({ reg: registers, eq: fc.integer({ min: 0, max: 1 }) }),
          fc.record({ reg: registers, ne: fc.integer({ min: 0, max: 1 }) }),
        ),
      ),
    }),
  },
);

const store = fc.record({
  op: fc.constant('store' as const),
  loc: locations,
  value: values,
  order: fc.constantFrom('plain', 'rlx', 'rlx', 'rlx', 'rel', 'rel', 'sc'),
});
const load = fc.record({
  op: fc.constant('load' as const),
  loc: locations,
  reg: registers,
  order: fc.constantFrom('plain', 'rlx', 'acq', 'sc'),
});
const fence = fc.record({
  op: fc.constant('fence' as const),
  order: fc.constantFrom('acq', 'rel', 'acq_rel', 'sc'),
});
const rmw = fc.record({
  op: fc.constant('rmw' as const),
  kind: fc.constantFrom('xchg', 'add', 'or', 'and'),
  loc: locations,
  value: values,
  reg: registers,
  order: fc.constantFrom('rlx', 'acq', 'rel', 'acq_rel', 'sc'),
});
const cas = fc.record({
  op: fc.constant('cas' as const),
  loc: locations,
  expect: fc.integer({ min: 0, max: 1 }),
  value: values,
  reg: registers,
  order: fc.constantFrom('rlx', 'acq', 'rel', 'acq_rel', 'sc'),
  failOrder: fc.constantFrom('rlx', 'acq', 'sc'),
});
const operation: fc.Arbitrary<LitmusOperation> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: store },
      { weight: 5, arbitrary: load },
      { weight: 2, arbitrary: fence },
      { weight: 1, arbitrary: rmw },
      { weight: 1, arbitrary: cas },
    ),
    when,
  )
  .map(([each, conditions]) => ({ ...each, ...conditions }));

const some = (count: number, most: number): fc.Arbitrary<LitmusOperation[][]> =>
  fc.array(fc.array(operation, { minLength: 2, maxLength: most, size: 'max' }), {
    minLength: count,
    maxLength: count,
  });
/** Two stores, mostly with something in between, and one who looks whether they come in order. */
const publishing: fc.Arbitrary<LitmusOperation[][]> = fc
  .tuple(
    store,
    fc.oneof({ weight: 3, arbitrary: fence }, { weight: 1, arbitrary: operation }),
    store,
    operation,
    load,
  )
  .map(([first, between, last, behind, look]) => [
    [{ ...first, loc: 'x' }, between, { ...last, loc: 'y' }, behind],
    [
      { ...look, loc: 'y', reg: 'r0' },
      { ...look, loc: 'x', reg: 'r1' },
    ],
  ]);

/** One writes so much that barriers stand between many stores, and one looks twice. */
const writing: fc.Arbitrary<LitmusOperation[][]> = fc
  .tuple(
    fc.array(fc.oneof(store, store, fence), { minLength: 4, maxLength: 7, size: 'max' }),
    fc.tuple(load, load),
  )
  .map(([writes, [first, last]]) => [
    writes.map((each) => (each.op === 'store' && each.order === 'sc' ? { ...each, order: 'rel' } : each)),
    [
      { ...first, reg: 'r0' },
      { ...last, reg: 'r1' },
    ],
  ]);

/** Each stores to what the other loads, with something in between. */
const buffering: fc.Arbitrary<LitmusOperation[][]> = fc
  .array(fc.tuple(store, fc.oneof(fence, fence, operation), load), { minLength: 2, maxLength: 2 })
  .map((pairs) =>
    pairs.map(([stored, between, loaded], i) => [
      { ...stored, loc: i === 0 ? 'x' : 'y' },
      between,
      { ...loaded, loc: i === 0 ? 'y' : 'x' },
    ]),
  );

const threads = fc.oneof(
  { weight: 3, arbitrary: some(2, 4) },
  { weight: 1, arbitrary: some(3, 3) },
  { weight: 2, arbitrary: publishing },
  { weight: 2, arbitrary: buffering },
  { weight: 2, arbitrary: writing },
);

/** Tests with everything observed, and no expectations. */
export const randomTests: fc.Arbitrary<LitmusTest> = fc.noBias(
  threads.map((all) => observingAll(all.map(withoutUnset))),
);

/** Without uses of registers that the thread never sets. */
function withoutUnset(thread: LitmusOperation[]): LitmusOperation[] {
  const set = new Set(thread.flatMap((each) => ('reg' in each ? [each.reg] : [])));
  return thread.map((each) => {
    const { when: conditions, ...rest } = each;
    const always = conditions === undefined || conditions.some(({ reg }) => !set.has(reg));
    const kept: LitmusOperation = always ? (rest as LitmusOperation) : each; // The same operation, unconditional.
    if (!('value' in kept) || typeof kept.value === 'number' || set.has(kept.value.reg)) return kept;
    return { ...kept, value: kept.value.add ?? 0 };
  });
}

/** A test of these threads, with everything observed. */
export function observingAll(all: LitmusOperation[][]): LitmusTest {
  const names = all.flatMap((thread, i) => [
    ...new Set(thread.flatMap((each) => ('reg' in each ? [`${i}:${each.reg}`] : []))),
  ]);
  return {
    name: 'random',
    family: 'random',
    locations: { x: 0, y: 0, z: 0 },
    threads: all,
    observed: [...names, 'x', 'y', 'z'],
    condition: [],
    verdicts: { sc: 'forbidden', tso: 'forbidden', pso: 'forbidden', rc11: 'forbidden' },
    outcomes: { sc: [], tso: [], pso: [], rc11: [] },
  };
}
