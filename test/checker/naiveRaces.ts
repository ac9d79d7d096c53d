/**
 * Random small programs with plain data and flags, and a second opinion on whether they can race, by the definition: in some
 * run two accesses to the same byte by different cores, one of them a write and one of them plain, are not related by
 * happens-before. That is computed anew for each run from who comes before whom in program order and who reads from whom;
 * there are no clocks, and nothing is dropped. Runs are those of a memory with store buffers kept as lists (sc, tso, pso), or
 * the graphs that the axioms of RC11 allow (naiveRc11.ts).
 */
import fc from 'fast-check';
import { check, type MemoryModelName, type System } from 'vqcheck/checker';
import { type AtomicOrdering, type FenceOrdering, locationAt, type Ordering } from 'vqcheck/memory';
import { noDataRace } from 'vqcheck/properties';
import { type Conditional, eachGraph, type Rc11Graph, THREAD_ROOM } from './naiveRc11.ts';
import { once, tiny } from './support.ts';

// --- Programs --------------------------------------------------------------------------------------------------------

/** Plain access to some bytes of the block. */
interface RangeOp {
  readonly kind: 'read' | 'write';
  readonly from: number;
  readonly length: number;
}

/**
 * Location 0 is data, 1 and 2 are flags: words of 4 bytes each. `when`: done only if the value last loaded from a flag is
 * this (0 if none was).
 */
export type RaceOp = Conditional | (RangeOp & { readonly when?: number });

export type RaceProgram = readonly (readonly RaceOp[])[];

const PLACES = 3;
const BLOCK = 32;
/** Longest thread. */
const MOST_OPS = THREAD_ROOM;

export interface ProgramOptions {
  /** Accesses of order seq_cst, for which the model rc11 is stronger than the axioms. */
  readonly seqCst: boolean;
  readonly ranges: boolean;
}

/** Two or three threads: those that hand data over by flags, in a chain or back; and some without any design. */
export function racePrograms({ seqCst, ranges }: ProgramOptions): fc.Arbitrary<RaceProgram> {
  const sc = <T>(...of: T[]): T[] => (seqCst ? of : []);
  const flag = fc.constantFrom(1, 1, 1, 2);
  const loadOrder = fc.constantFrom<Ordering>(
    'acquire',
    'acquire',
    'acquire',
    'relaxed',
    'plain',
    ...sc<Ordering>('seq_cst'),
  );
  const storeOrder = fc.constantFrom<Ordering>(
    'release',
    'release',
    'release',
    'relaxed',
    'relaxed',
    'plain',
    ...sc<Ordering>('seq_cst'),
  );
  const updateOrder = fc.constantFrom<AtomicOrdering>(
    'relaxed',
    'acquire',
    'release',
    'acq_rel',
    'acq_rel',
    ...sc<AtomicOrdering>('seq_cst'),
  );
  const failureOrder = fc.constantFrom<AtomicOrdering>(
    'relaxed',
    'acquire',
    ...sc<AtomicOrdering>('seq_cst'),
  );
  const fence: fc.Arbitrary<RaceOp> = fc
    .constantFrom<FenceOrdering>('acquire', 'release', 'release', 'acq_rel', 'seq_cst')
    .map((order) => ({ kind: 'fence', order }));
  const value = fc.constantFrom(1, 1, 2);
  const dataOrder = fc.constantFrom<Ordering>('plain', 'plain', 'plain', 'plain', 'plain', 'relaxed');
  const range = fc
    .tuple(fc.constantFrom('read' as const, 'write' as const), fc.nat(3), fc.constantFrom(1, 2, 4))
    .map(([kind, from, length]): RaceOp => ({ kind, from, length }));
  const failing: fc.Arbitrary<RaceOp> = failureOrder.map((failureOrder) => ({
    kind: 'cas',
    at: 0,
    expected: 9,
    desired: 1,
    order: 'acq_rel',
    failureOrder,
  }));
  const word: fc.Arbitrary<RaceOp> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('load' as const), at: fc.constant(0), order: dataOrder }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('store' as const),
        at: fc.constant(0),
        value,
        order: dataOrder,
      }),
    },
    { weight: 1, arbitrary: failing },
  );
  const data = ranges ? fc.oneof({ weight: 3, arbitrary: word }, { weight: 2, arbitrary: range }) : word;
  const storeFlag = fc.record({ kind: fc.constant('store' as const), at: flag, value, order: storeOrder });
  const add = fc.record({ kind: fc.constant('add' as const), at: flag, value, order: updateOrder });
  const cas = fc.record({
    kind: fc.constant('cas' as const),
    at: flag,
    expected: fc.constantFrom(0, 1, 1, 9),
    desired: fc.constantFrom(1, 2),
    order: updateOrder,
    failureOrder,
  });
  const loadFlag: fc.Arbitrary<RaceOp> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('load' as const), at: flag, order: loadOrder }),
    },
    { weight: 1, arbitrary: add },
    { weight: 2, arbitrary: cas },
  );
  const any: fc.Arbitrary<RaceOp> = fc.oneof(
    { weight: 3, arbitrary: data },
    { weight: 2, arbitrary: storeFlag },
    { weight: 2, arbitrary: loadFlag },
    { weight: 1, arbitrary: fence },
  );
  const maybe = (op: fc.Arbitrary<RaceOp>, one: number): fc.Arbitrary<RaceOp[]> =>
    fc.tuple(op, fc.nat(one - 1)).map(([each, dice]) => (dice === 0 ? [each] : []));
  const some = (op: fc.Arbitrary<RaceOp>, minLength: number, maxLength: number): fc.Arbitrary<RaceOp[]> =>
    fc.array(op, { minLength, maxLength, size: 'max' });
  const inOrder = (...parts: readonly fc.Arbitrary<RaceOp[]>[]): fc.Arbitrary<RaceOp[]> =>
    fc.tuple(...parts).map((each) => each.flat().slice(0, MOST_OPS));
  const set = (at: number, value: number, orders: fc.Arbitrary<Ordering>): fc.Arbitrary<RaceOp> =>
    orders.map((order) => ({ kind: 'store', at, value, order }));
  const relaxedOr = fc.constantFrom<Ordering>(
    'relaxed',
    'release',
    'release',
    ...sc<Ordering>('seq_cst', 'seq_cst'),
  );
  /** Something that must not count as a release fence, or does. */
  const aside = fc.oneof<fc.Arbitrary<RaceOp>[]>(
    set(2, 7, relaxedOr),
    fc.constant({ kind: 'cas', at: 2, expected: 9, desired: 1, order: 'acq_rel', failureOrder: 'relaxed' }),
  );
  const sender = inOrder(
    maybe(aside, 4),
    some(data, 1, 1),
    maybe(aside, 3),
    maybe(fence, 3),
    some(set(1, 1, storeOrder), 1, 1),
    maybe(data, 12),
    maybe(set(1, 3, fc.constant('relaxed')), 3),
  );
  const bump = inOrder(
    some(
      fc.oneof<fc.Arbitrary<RaceOp>[]>(
        updateOrder.map((order) => ({ kind: 'add', at: 1, value: 2, order })),
        fc.constant({
          kind: 'cas',
          at: 1,
          expected: 1,
          desired: 4,
          order: 'relaxed',
          failureOrder: 'relaxed',
        }),
      ),
      1,
      1,
    ),
    maybe(
      set(1, 5, fc.constant('relaxed')).map((op) => ({ ...op, when: 1 })),
      2,
    ),
  );
  const seen = fc.constantFrom(1, 1, 1, 3, 3, 4, 5);
  const look = (at: number): fc.Arbitrary<RaceOp> =>
    fc.oneof<fc.Arbitrary<RaceOp>[]>(
      loadOrder.map((order) => ({ kind: 'load', at, order })),
      loadOrder.map((order) => ({ kind: 'load', at, order })),
      fc
        .tuple(fc.constantFrom(1, 9, 9), updateOrder, failureOrder)
        .map(([expected, order, failureOrder]) => ({
          kind: 'cas',
          at,
          expected,
          desired: 1,
          order,
          failureOrder,
        })),
      updateOrder.map((order) => ({ kind: 'add', at, value: 1, order })),
    );
  const receiver = fc
    .tuple(maybe(fence, 8), look(1), maybe(look(2), 6), maybe(fence, 2), data, maybe(data, 4), seen)
    .map(([first, flag, detour, fences, one, more, when]): RaceOp[] => [
      ...first,
      flag,
      ...detour.map((op) => ({ ...op, when })),
      ...fences,
      ...[one, ...more].map((op) => ({ ...op, when: detour.length > 0 ? 7 : when })),
    ])
    .map((ops) => ops.slice(0, MOST_OPS));
  const relay = fc
    .tuple(look(1), maybe(fence, 3), set(2, 7, relaxedOr), seen)
    .map(([flag, fences, then, when]): RaceOp[] => [flag, ...fences, { ...then, when }]);
  const last = fc
    .tuple(look(2), maybe(fence, 3), data)
    .map(([flag, fences, then]): RaceOp[] => [flag, ...fences, { ...then, when: 7 }]);
  const back = inOrder(
    some(data, 1, 1),
    some(set(1, 1, storeOrder), 1, 1),
    some(look(2), 1, 1),
    fc.tuple(data).map(([op]): RaceOp[] => [{ ...op, when: 7 }]),
  );
  const returning = fc
    .tuple(look(1), data, maybe(fence, 4), set(2, 7, relaxedOr), maybe(data, 5))
    .map(([flag, use, fences, then, late]): RaceOp[] => [
      flag,
      ...[use, ...fences, then, ...late].map((op) => ({ ...op, when: 1 })),
    ]);
  const plainSender = inOrder(some(data, 1, 1), maybe(fence, 3), some(set(1, 1, storeOrder), 1, 1));
  return fc.noBias(
    fc.oneof<fc.WeightedArbitrary<RaceOp[][]>[]>(
      { weight: 5, arbitrary: fc.tuple(sender, receiver) },
      { weight: 4, arbitrary: fc.tuple(sender, bump, receiver) },
      { weight: 3, arbitrary: fc.tuple(plainSender, relay, last) },
      { weight: 2, arbitrary: fc.tuple(back, returning) },
      { weight: 1, arbitrary: fc.tuple(some(data, 1, 2), some(data, 1, 2)) },
      { weight: 1, arbitrary: fc.tuple(some(any, 2, 4), some(any, 2, 4)) },
      { weight: 1, arbitrary: fc.tuple(some(any, 1, 3), some(any, 1, 3), some(any, 1, 2)) },
    ),
  );
}

// --- By the engine ---------------------------------------------------------------------------------------------------

/** Whether the engine finds a race. */
export function engineRaces(threads: RaceProgram, memory: MemoryModelName, merge: boolean): boolean {
  const word = (at: number) => locationAt('shared', 4 * at, 32);
  const agents = Object.fromEntries(
    threads.map((ops, index) => [
      String(index),
      once((port) => {
        let last = 0;
        for (const op of ops) {
          if (op.when !== undefined && op.when !== last) continue;
          let loaded: number | null = null;
          switch (op.kind) {
            case 'fence':
              port.fence(op.order);
              continue;
            case 'read':
              port.readRange(BLOCK + op.from, new Uint8Array(op.length));
              continue;
            case 'write':
              port.writeRange(BLOCK + op.from, new Uint8Array(op.length).fill(1));
              continue;
            case 'store':
              port.store(word(op.at), op.value, op.order);
              continue;
            case 'load':
              loaded = port.load(word(op.at), op.order);
              break;
            case 'add':
              loaded = port.rmw(word(op.at), 'add', op.value, op.order);
              break;
            case 'cas':
              loaded = port.cas(word(op.at), op.expected, op.desired, op.order, op.failureOrder);
              break;
          }
          if (op.at !== 0) last = loaded;
        }
      }),
    ]),
  );
  const system: System = tiny(agents, { properties: [noDataRace], bufferDepth: 16 });
  const { verdict, error, incomplete } = check(system, { memory, merge, verify: false });
  if (error !== null || incomplete !== null) throw new Error(error?.message ?? incomplete?.kind);
  return verdict === 'violated';
}

// --- By the definition -----------------------------------------------------------------------------------------------

/** Rules with one mistake: to show that the comparison would notice it. */
export const WRONG_RULES = [
  'later stores do not continue a release sequence',
  'read-modify-writes do not continue a release sequence',
  'what a core stores behind a read-modify-write continues what that carries on',
  'an acquire fence does nothing',
  'a release fence does nothing',
  'a release store is a release fence',
  'an acquire load makes up for relaxed loads before it',
  'relaxed loads synchronize',
  'relaxed stores synchronize',
  'a failing CAS reads with the order of success',
  'a failing CAS releases',
  'happens-before is not transitive over three cores',
  'atomic accesses never race',
  'atomic accesses race with each other',
  'two reads race',
  'a failing CAS writes',
] as const;
/** Such that they can only be made where steps have an order. */
export const WRONG_STEPS = [
  'a seq_cst store is a fence',
  'the last access alone counts',
  'a write minds no read before it',
  'a block is one',
] as const;
export type WrongRule = (typeof WRONG_RULES)[number];
export type WrongStep = (typeof WRONG_STEPS)[number];
type Wrong = WrongRule | WrongStep | null;

/** An access or a fence that was made; its number says whose and the how many-th it is. */
interface Made {
  readonly kind: RaceOp['kind'];
  /** Of a CAS, by its outcome. */
  readonly order: string;
  /** Order of a CAS if it had gone the other way. */
  readonly otherwise: string;
  /** Bytes; none of a fence. */
  readonly at: number;
  readonly bytes: number;
  readonly reads: boolean;
  readonly writes: boolean;
  /** Number of the write that it reads from; -1: the first of its location, or none. */
  readonly from: number;
}

/** What was made, by number; null: not yet, or left out. */
type Run = readonly (Made | null)[];

function threadOf(id: number): number {
  return Math.floor(id / THREAD_ROOM);
}

function isBefore(a: number, b: number): boolean {
  return a < b && threadOf(a) === threadOf(b);
}

function includes(orders: readonly string[], order: string): boolean {
  return orders.includes(order);
}

const ACQUIRING = ['acquire', 'acq_rel', 'seq_cst'];
const RELEASING = ['release', 'acq_rel', 'seq_cst'];

/** For each number, the bits of those that it happens before. */
function happensBefore(run: Run, wrong: Wrong): number[] {
  const ids = run.flatMap((made, id) => (made === null ? [] : [id]));
  const relation = run.map(() => 0);
  const relate = (a: number, b: number): void => {
    relation[a] = (relation[a] as number) | (1 << b);
  };
  const of = (id: number): Made => run[id] as Made;
  const isAtomic = (id: number): boolean => of(id).order !== 'plain';
  const releases = (id: number): boolean => {
    const { order, kind, writes, otherwise } = of(id);
    if (kind === 'fence') return includes(RELEASING, order) && wrong !== 'a release fence does nothing';
    if (!writes)
      return wrong === 'a failing CAS releases' && kind === 'cas' && includes(RELEASING, otherwise);
    return includes(RELEASING, order) || (wrong === 'relaxed stores synchronize' && order === 'relaxed');
  };
  const acquires = (id: number): boolean => {
    const { order, kind, reads, writes, otherwise } = of(id);
    if (kind === 'fence') return includes(ACQUIRING, order) && wrong !== 'an acquire fence does nothing';
    if (!reads) return false;
    const failed = kind === 'cas' && !writes && wrong === 'a failing CAS reads with the order of success';
    return (
      includes(ACQUIRING, failed ? otherwise : order) ||
      (wrong === 'relaxed loads synchronize' && order === 'relaxed')
    );
  };
  const fencesLike = (id: number, acquire: boolean): boolean => {
    const { kind, writes, reads, order } = of(id);
    if (kind === 'fence') return true;
    if (acquire) return reads && wrong === 'an acquire load makes up for relaxed loads before it';
    if (!writes) return wrong === 'a failing CAS releases';
    return (
      wrong === 'a release store is a release fence' ||
      (wrong === 'a seq_cst store is a fence' && order === 'seq_cst' && kind === 'store')
    );
  };
  for (const a of ids) for (const b of ids) if (isBefore(a, b)) relate(a, b);
  for (const head of ids) {
    if (!of(head).writes || !isAtomic(head)) continue;
    const sources = ids.filter(
      (id) => releases(id) && (id === head || (isBefore(id, head) && fencesLike(id, false))),
    );
    if (sources.length === 0) continue;
    const later = (write: number): boolean =>
      isBefore(head, write) && wrong !== 'later stores do not continue a release sequence';
    const sequence = new Set(
      ids.filter(
        (id) => id === head || (later(id) && of(id).writes && of(id).at === of(head).at && isAtomic(id)),
      ),
    );
    for (let size = 0; size < sequence.size && !wrong?.startsWith('read-modify-writes do not'); ) {
      size = sequence.size;
      for (const id of ids) {
        if (!of(id).writes) continue;
        if (of(id).reads && sequence.has(of(id).from)) sequence.add(id);
        const carrying = [...sequence].some((other) => of(other).reads && isBefore(other, id));
        const same = of(id).at === of(head).at && isAtomic(id);
        if (wrong?.startsWith('what a core stores behind') && carrying && same) sequence.add(id);
      }
    }
    for (const reader of ids) {
      if (!of(reader).reads || !sequence.has(of(reader).from) || !isAtomic(reader)) continue;
      const targets = ids.filter(
        (id) => acquires(id) && (id === reader || (isBefore(reader, id) && fencesLike(id, true))),
      );
      for (const a of sources) for (const b of targets) if (threadOf(a) !== threadOf(b)) relate(a, b);
    }
  }
  return closed(relation, wrong === 'happens-before is not transitive over three cores');
}

function closed(relation: readonly number[], overTwo: boolean): number[] {
  const now = [...relation];
  const has = (a: number, b: number): boolean => (((now[a] as number) >> b) & 1) === 1;
  const stages = [...now.keys()];
  for (const via of stages) {
    for (const a of stages) {
      if (!has(a, via)) continue;
      for (const b of stages) {
        const threads = new Set([a, via, b].map(threadOf));
        if (has(via, b) && !(overTwo && threads.size > 2)) now[a] = (now[a] as number) | (1 << b);
      }
    }
  }
  return now;
}

/** Whether two accesses of a run race; `newest`: of which this is one. `order`: of the accesses, where a rule needs it. */
function races(run: Run, wrong: Wrong, newest = -1, order: readonly number[] = []): boolean {
  const ids = run.flatMap((made, id) => (made === null || made.bytes === 0 ? [] : [id]));
  const pairs = ids.flatMap((a) =>
    ids.filter((b) => a < b && conflict(run, a, b, wrong, order)).map((b) => [a, b] as const),
  );
  const asked = pairs.filter((pair) => newest < 0 || pair.includes(newest));
  if (asked.length === 0) return false;
  const relation = happensBefore(run, wrong);
  const related = (a: number, b: number): boolean => (((relation[a] as number) >> b) & 1) === 1;
  return asked.some(([a, b]) => !related(a, b) && !related(b, a));
}

/** Whether two accesses must be ordered. */
function conflict(run: Run, a: number, b: number, wrong: Wrong, order: readonly number[]): boolean {
  if (threadOf(a) === threadOf(b)) return false;
  const [one, other] = [run[a] as Made, run[b] as Made];
  const inBlock = one.at >= BLOCK && other.at >= BLOCK && wrong === 'a block is one';
  const overlap = one.at < other.at + other.bytes && other.at < one.at + one.bytes;
  if (!overlap && !inBlock) return false;
  const plain = [one, other].filter((each) => each.order === 'plain').length;
  if (wrong === 'atomic accesses never race' && plain < 2) return false;
  if (plain < 1 && wrong !== 'atomic accesses race with each other') return false;
  const writes = [one, other].some(
    (each) => each.writes || (each.kind === 'cas' && wrong === 'a failing CAS writes'),
  );
  if (!writes && wrong !== 'two reads race') return false;
  if (order.length === 0) return true;
  const [first, second] = order.indexOf(a) < order.indexOf(b) ? [a, b] : [b, a];
  if (wrong === 'a write minds no read before it' && !(run[first] as Made).writes) return false;
  if (wrong !== 'the last access alone counts') return true;
  const between = order.slice(order.indexOf(first) + 1, order.indexOf(second));
  return !between.some((id) => run[id]?.at === run[first]?.at);
}

// --- Runs with store buffers -----------------------------------------------------------------------------------------

type Waiting = { readonly at: number; readonly value: number; readonly id: number } | 'barrier';

interface State {
  /** Per flag and the data: value, and the write that stored it. */
  readonly memory: readonly (readonly [value: number, id: number])[];
  readonly buffers: readonly (readonly Waiting[])[];
  readonly done: readonly number[];
  readonly last: readonly number[];
  /** A fence comes with the store before: the core waits for its buffer. */
  readonly waits: readonly boolean[];
  readonly run: Run;
  /** The steps in their order, where a rule needs it. */
  readonly order: readonly number[];
}

/** More states than this are too many for a quick test. */
const MOST_STATES = 10_000;

/** Whether some run races; null: too many states to say. */
export function naiveRaces(
  threads: RaceProgram,
  memory: 'sc' | 'tso' | 'pso',
  wrong: Wrong = null,
): boolean | null {
  const visited = new Set<string>();
  const stack: State[] = [];
  let found = false;
  const keepsOrder = wrong === 'the last access alone counts' || wrong === 'a write minds no read before it';
  const add = (state: State): void => {
    // What else stands in a run is the program's.
    const run = state.run
      .map((made) => (made === null ? '' : `${made.from}${made.writes ? 'w' : ''}`))
      .join();
    const { memory, buffers, done, last, waits, order } = state;
    const key = JSON.stringify([run, memory, buffers, done, last, waits, order]);
    if (visited.has(key)) return;
    visited.add(key);
    stack.push(state);
  };
  const made = (state: State, thread: number, what: Made | null, more: Partial<State> = {}): void => {
    const id = thread * THREAD_ROOM + (state.done[thread] as number);
    const run = state.run.with(id, what);
    const next: State = {
      ...state,
      ...more,
      done: state.done.with(thread, (state.done[thread] as number) + 1),
      run,
      order: keepsOrder ? [...state.order, id] : [],
    };
    if (what !== null && races(run, wrong, id, next.order)) found = true;
    else add(next);
  };
  add({
    memory: Array.from({ length: PLACES }, () => [0, -1] as const),
    buffers: threads.map(() => []),
    done: threads.map(() => 0),
    last: threads.map(() => 0),
    waits: threads.map(() => false),
    run: Array.from({ length: 3 * THREAD_ROOM }, () => null),
    order: [],
  });
  for (let state = stack.pop(); state !== undefined && !found; state = stack.pop()) {
    if (visited.size > (keepsOrder ? MOST_STATES / 10 : MOST_STATES)) return null;
    for (const thread of threads.keys()) {
      for (const index of drainable(state.buffers[thread] ?? [], memory)) {
        const waiting = state.buffers[thread] ?? [];
        const { at, value, id } = waiting[index] as Exclude<Waiting, 'barrier'>;
        const buffer = waiting.toSpliced(index, 1);
        while (buffer[0] === 'barrier') buffer.shift();
        const drained = { ...state, buffers: state.buffers.with(thread, buffer) };
        add(at < 0 ? drained : { ...drained, memory: state.memory.with(at, [value, id]) });
      }
      step(state, thread);
    }
  }
  return found;

  function step(state: State, thread: number): void {
    const buffer = state.buffers[thread] ?? [];
    const done = state.done[thread] as number;
    const op = threads[thread]?.[done];
    if (op === undefined || (state.waits[thread] && buffer.length > 0)) return;
    const id = thread * THREAD_ROOM + done;
    if (op.when !== undefined && op.when !== state.last[thread]) {
      made(state, thread, null);
      return;
    }
    const none = { otherwise: '', from: -1, reads: false, writes: false, at: -1, bytes: 0 };
    const free = { waits: state.waits.with(thread, false) };
    const pushed = (...entries: Waiting[]): Partial<State> => {
      const now = [...buffer];
      for (const entry of entries) if (entry !== 'barrier' || now.length > 0) now.push(entry);
      return { ...free, buffers: state.buffers.with(thread, now) };
    };
    const last = (at: number, value: number): Partial<State> =>
      at === 0 ? {} : { last: state.last.with(thread, value) };
    switch (op.kind) {
      case 'fence': {
        if (op.order === 'seq_cst' && buffer.length > 0) return;
        const blocks = memory === 'pso' && includes(RELEASING, op.order);
        made(
          state,
          thread,
          { ...none, kind: 'fence', order: op.order },
          {
            ...pushed(...(blocks ? ['barrier' as const] : [])),
          },
        );
        return;
      }
      case 'read':
      case 'write': {
        const writes = op.kind === 'write';
        const what = { ...none, kind: op.kind, order: 'plain', at: BLOCK + op.from, bytes: op.length };
        // What stands in the block matters to nobody; but a store to it takes its place in the buffer.
        const entry: Waiting[] = writes && memory !== 'sc' ? [{ at: -1 - op.from, value: 0, id: -1 }] : [];
        made(state, thread, { ...what, writes, reads: !writes }, pushed(...entry));
        return;
      }
      case 'store': {
        const { at, value, order } = op;
        const what = { ...none, kind: op.kind, order, at: 4 * at, bytes: 4, writes: true };
        if (memory === 'sc') {
          made(state, thread, what, { ...free, memory: state.memory.with(at, [value, id]) });
          return;
        }
        const blocks = memory === 'pso' && includes(RELEASING, order);
        const buffered = pushed(...(blocks ? ['barrier' as const] : []), { at, value, id });
        made(state, thread, what, { ...buffered, waits: state.waits.with(thread, order === 'seq_cst') });
        return;
      }
      case 'load': {
        const own = buffer.findLast((entry) => entry !== 'barrier' && entry.at === op.at);
        const inMemory = state.memory[op.at] as readonly [number, number];
        const [value, from] = own === undefined || own === 'barrier' ? inMemory : [own.value, own.id];
        made(
          state,
          thread,
          { ...none, kind: op.kind, order: op.order, at: 4 * op.at, bytes: 4, reads: true, from },
          { ...free, ...last(op.at, value) },
        );
        return;
      }
      case 'add':
      case 'cas': {
        if (buffer.length > 0) return;
        const [value, from] = state.memory[op.at] as readonly [number, number];
        const fails = op.kind === 'cas' && value !== op.expected;
        const stored = op.kind === 'add' ? value + op.value : op.desired;
        const [order, otherwise] =
          op.kind === 'add'
            ? [op.order, '']
            : fails
              ? [op.failureOrder, op.order]
              : [op.order, op.failureOrder];
        made(
          state,
          thread,
          { kind: op.kind, order, otherwise, at: 4 * op.at, bytes: 4, reads: true, writes: !fails, from },
          {
            ...free,
            ...last(op.at, value),
            ...(fails ? {} : { memory: state.memory.with(op.at, [stored, id]) }),
          },
        );
        return;
      }
    }
  }
}

/** Indices of the stores that may become visible next. */
function drainable(buffer: readonly Waiting[], memory: 'sc' | 'tso' | 'pso'): number[] {
  const found: number[] = [];
  const passed = new Set<number>();
  for (const [index, entry] of buffer.entries()) {
    if (entry === 'barrier' || (memory === 'tso' && index > 0)) break;
    if (!passed.has(entry.at)) found.push(index);
    passed.add(entry.at);
  }
  return found;
}

// --- Graphs ----------------------------------------------------------------------------------------------------------

/** Whether some graph that the axioms of RC11 allow races. The program has no ranges, and no access is seq_cst. */
export function axiomaticRaces(threads: RaceProgram, wrong: WrongRule | null = null): boolean {
  let found = false;
  const scalars = threads.map((ops) =>
    ops.filter((op): op is Conditional => op.kind !== 'read' && op.kind !== 'write'),
  );
  eachGraph(scalars, (graph) => {
    found ||= races(runOf(graph), wrong);
    return !found;
  });
  return found;
}

function runOf({ events }: Rc11Graph): Run {
  return events.slice(0, 3 * THREAD_ROOM).map((event): Made | null => {
    if (event === null || event.op === null) return null;
    const { op, from, written } = event;
    const none = { otherwise: '', from: -1, reads: false, writes: false, at: -1, bytes: 0 };
    if (op.kind === 'fence') return { ...none, kind: op.kind, order: op.order };
    const writes = written !== null;
    const fails = op.kind === 'cas' && !writes;
    return {
      kind: op.kind,
      order: fails ? op.failureOrder : op.order,
      otherwise: op.kind !== 'cas' ? '' : fails ? op.order : op.failureOrder,
      at: 4 * op.at,
      bytes: 4,
      reads: op.kind !== 'store',
      writes,
      from: from >= 3 * THREAD_ROOM ? -1 : from,
    };
  });
}
