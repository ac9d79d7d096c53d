/**
 * Random small programs under rc11, and a second opinion on what they can do: execution graphs, built event by event
 * and checked against the axioms of RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017), without views. A graph has
 * program order, who reads from whom, and the coherence order of each location; every graph is visited once. That a load
 * only reads from what is there already is the axiom that no cycle of program order and reads-from exists.
 *
 * No access is seq_cst here, fences may be: there the axioms and the model must agree exactly.
 */
import fc from 'fast-check';
import { check, type System } from 'vqcheck/checker';
import { type AtomicOrdering, type FenceOrdering, locationAt, type Ordering } from 'vqcheck/memory';
import type { Property } from 'vqcheck/properties';
import {
  type Access,
  AccessTable,
  CAS,
  FENCE,
  LOAD,
  NO_ACCESS,
  RMW,
  STORE,
} from '../../dist/checker/access.js';
import { type Cell, SEVERAL, SHARED } from '../../dist/checker/cells.js';
import { ReleaseConsistency } from '../../dist/checker/memory/rc11.js';
import { ContentTable } from '../../dist/checker/store/contents.js';
import { ATOMIC_LOADS, ATOMIC_STORES, ATOMIC_UPDATES } from '../../dist/checker/uses.js';
import { once, tiny } from './support.ts';

// --- Programs --------------------------------------------------------------------------------------------------------

export type Rc11Op =
  | { readonly kind: 'load'; readonly at: number; readonly order: Ordering }
  | { readonly kind: 'store'; readonly at: number; readonly value: number; readonly order: Ordering }
  | { readonly kind: 'add'; readonly at: number; readonly value: number; readonly order: AtomicOrdering }
  | {
      readonly kind: 'cas';
      readonly at: number;
      readonly expected: number;
      readonly desired: number;
      readonly order: AtomicOrdering;
      readonly failureOrder: AtomicOrdering;
    }
  | { readonly kind: 'fence'; readonly order: FenceOrdering };

export type Rc11Program = readonly (readonly Rc11Op[])[];

const MOST_THREADS = 3;
const MOST_OPS = 4;
/** Room for the events of a thread: of programs from elsewhere, too. */
export const THREAD_ROOM = 6;
/** Events are bits of a number: those of the threads, then the first writes of the locations. */
const INITIAL = MOST_THREADS * THREAD_ROOM;
const PLACES = 2;
const ALL_PLACES = 3;
const EVENTS = INITIAL + ALL_PLACES;

const place = fc.nat(PLACES - 1);
const value = fc.integer({ min: 1, max: 2 });
const randomOps: fc.Arbitrary<Rc11Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('load' as const),
      at: place,
      order: fc.constantFrom<Ordering>('relaxed', 'relaxed', 'acquire', 'acquire', 'plain'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      at: place,
      value,
      order: fc.constantFrom<Ordering>('relaxed', 'relaxed', 'release', 'release', 'plain'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      at: place,
      value,
      order: fc.constantFrom<AtomicOrdering>('relaxed', 'acquire', 'release', 'acq_rel'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cas' as const),
      at: place,
      expected: fc.nat(2),
      desired: value,
      order: fc.constantFrom<AtomicOrdering>('relaxed', 'acquire', 'release', 'acq_rel'),
      failureOrder: fc.constantFrom<AtomicOrdering>('relaxed', 'acquire'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('fence' as const),
      order: fc.constantFrom<FenceOrdering>('acquire', 'release', 'acq_rel', 'seq_cst', 'seq_cst'),
    }),
  },
);

/** Accesses with a fence in between, none of which orders anything by itself: where fences matter most. */
const randomFenced: fc.Arbitrary<readonly Rc11Op[]> = fc
  .record({
    first: place,
    third: place,
    stores: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    value,
    fence: fc.constantFrom<FenceOrdering>(
      'acquire',
      'release',
      'acq_rel',
      ...Array(6).fill('seq_cst' as const),
    ),
    count: fc.constantFrom(2, 3),
  })
  .map(({ first, third, stores, value: stored, fence, count }) => {
    const accesses = [first, 1 - first, third].map(
      (at, i): Rc11Op =>
        stores[i]
          ? { kind: 'store', at, value: stored, order: 'relaxed' }
          : { kind: 'load', at, order: 'relaxed' },
    );
    return [...accesses.slice(0, 1), { kind: 'fence', order: fence }, ...accesses.slice(1, count)];
  });

/** Location 0 is handed over by location 1, with a third core in between: where release sequences matter most. */
const randomPassing: fc.Arbitrary<Rc11Program> = fc
  .record({
    storeOrder: fc.constantFrom<Ordering>('plain', 'relaxed', 'release'),
    loadOrder: fc.constantFrom<Ordering>('plain', 'relaxed', 'acquire'),
    /** The location is read by a CAS that fails. */
    fails: fc.boolean(),
    storeFence: fc.boolean(),
    loadFence: fc.boolean(),
    again: fc.boolean(),
    between: fc.array(
      fc.constantFrom<Rc11Op>(
        { kind: 'add', at: 1, value: 2, order: 'relaxed' },
        { kind: 'add', at: 1, value: 2, order: 'release' },
        { kind: 'store', at: 1, value: 4, order: 'relaxed' },
        { kind: 'store', at: 0, value: 3, order: 'relaxed' },
      ),
      { minLength: 1, maxLength: 2 },
    ),
  })
  .map(({ storeOrder, loadOrder, fails, storeFence, loadFence, again, between }) => [
    [
      { kind: 'store', at: 0, value: 1, order: 'relaxed' },
      ...(storeFence ? [{ kind: 'fence', order: 'release' } as const] : []),
      { kind: 'store', at: 1, value: 1, order: storeOrder },
      ...(again ? [{ kind: 'store', at: 1, value: 3, order: 'relaxed' } as const] : []),
    ],
    between,
    [
      fails
        ? { kind: 'cas', at: 1, expected: 9, desired: 1, order: 'acquire', failureOrder: 'relaxed' }
        : { kind: 'load', at: 1, order: loadOrder },
      ...(loadFence ? [{ kind: 'fence', order: 'acquire' } as const] : []),
      { kind: 'load', at: 0, order: 'relaxed' },
    ],
  ]);

export const rc11Programs: fc.Arbitrary<Rc11Program> = fc.oneof(
  fc.array(fc.array(randomOps, { minLength: 2, maxLength: MOST_OPS }), { minLength: 2, maxLength: 2 }),
  fc.array(fc.array(randomOps, { minLength: 2, maxLength: 3 }), { minLength: 3, maxLength: 3 }),
  fc.array(randomFenced, { minLength: 2, maxLength: 2 }),
  fc.tuple(randomFenced, randomFenced, fc.array(randomOps, { minLength: 1, maxLength: 2 })),
  randomPassing,
);

// --- By the engine ---------------------------------------------------------------------------------------------------

/** Ends by the engine: the results of each thread's operations (0 where there is none), then both locations. */
export function engineEnds(threads: Rc11Program): ReadonlySet<string> {
  const ends = new Set<string>();
  const register = (i: number) => locationAt('local', 4 * i, 32);
  const ended = register(MOST_OPS);
  const shared = (at: number) => locationAt('shared', 4 * at, 32);
  const agents = Object.fromEntries(
    threads.map((ops, index) => [
      String(index),
      once((port) => {
        for (const [i, op] of ops.entries()) {
          let result = 0;
          if (op.kind === 'load') result = port.load(shared(op.at), op.order);
          else if (op.kind === 'store') port.store(shared(op.at), op.value, op.order);
          else if (op.kind === 'add') result = port.rmw(shared(op.at), 'add', op.value, op.order);
          else if (op.kind === 'cas')
            result = port.cas(shared(op.at), op.expected, op.desired, op.order, op.failureOrder);
          else port.fence(op.order);
          port.store(register(i), result, 'plain');
        }
        port.store(ended, 1, 'plain');
      }),
    ]),
  );
  const collect: Property = {
    name: 'ends',
    title: 'Ends are collected.',
    quiescent: () => (view) => {
      if (!threads.every((_, core) => view.load(ended, core) === 1)) return null;
      const results = threads.map((ops, core) => ops.map((_, i) => view.load(register(i), core)).join(' '));
      ends.add([...results, `${view.load(shared(0))} ${view.load(shared(1))}`].join(' | '));
      return null;
    },
  };
  const system: System = tiny(agents, { localBytes: 4 * (MOST_OPS + 1), properties: [collect] });
  // Every access to a shared location is a step, whoever else reaches it.
  const cells = [0, 1].map((at) => ({ memory: -1, byteOffset: 4 * at, bytes: 4, block: false }));
  const { verdict, error, incomplete } = check(system, { memory: 'rc11', cells });
  if (verdict !== 'proved') throw new Error(`${verdict}: ${error?.message ?? incomplete?.kind}`);
  return ends;
}

// --- By the model alone ----------------------------------------------------------------------------------------------

/** Ends by the model without the engine around it, told exactly how each core uses each location. */
export function modelEnds(threads: Rc11Program): ReadonlySet<string> {
  const ends = new Set<string>();
  const cellOf = (number: number): Cell => ({
    number,
    memory: SHARED,
    byteOffset: 4 * number,
    bytes: 4,
    block: false,
    scalar: true,
    mixed: false,
    agent: SEVERAL,
  });
  const accesses = new AccessTable(new ContentTable(), cellOf, (cell) => cell);
  const ids = threads.map((ops) => ops.map((op) => accesses.intern(accessOf(op))));
  const model = new ReleaseConsistency({
    accesses,
    cores: threads.length,
    memoryWords: PLACES,
    bufferDepth: 8,
    device: () => {},
    uses: (core, word) =>
      (threads[core] ?? []).reduce(
        (uses, op) => (op.kind !== 'fence' && op.at === word ? uses | USES[op.kind] : uses),
        0,
      ),
  });
  const visited = new Set<string>();
  const visit = (state: Uint32Array, results: readonly (readonly number[])[]): void => {
    const key = `${state.join()} ${JSON.stringify(results)}`;
    if (visited.has(key)) return;
    visited.add(key);
    let ended = true;
    for (const [core, steps] of ids.entries()) {
      const done = results[core] ?? [];
      const access = steps[done.length];
      if (access === undefined) continue;
      ended = false;
      for (let choice = 0; choice < model.outcomes(state, core, access); choice++) {
        const next = state.slice();
        const result = model.perform(next, core, access, choice);
        visit(next, results.with(core, [...done, result]));
      }
    }
    const last = `${model.newest(state, 0)} ${model.newest(state, 1)}`;
    if (ended) ends.add([...results.map((each) => each.join(' ')), last].join(' | '));
  };
  const start = new Uint32Array(model.words);
  model.start(start, new Uint32Array(PLACES));
  visit(
    start,
    threads.map(() => []),
  );
  return ends;
}

const USES = {
  load: ATOMIC_LOADS,
  store: ATOMIC_STORES,
  add: ATOMIC_UPDATES,
  cas: ATOMIC_LOADS | ATOMIC_UPDATES,
} as const;

function accessOf(op: Rc11Op): Access {
  if (op.kind === 'fence') return { ...NO_ACCESS, kind: FENCE, order: op.order };
  const common = { ...NO_ACCESS, cell: op.at, bytes: 4, order: op.order };
  switch (op.kind) {
    case 'load':
      return { ...common, kind: LOAD };
    case 'store':
      return { ...common, kind: STORE, value: op.value };
    case 'add':
      return { ...common, kind: RMW, operation: 'add', value: op.value };
    case 'cas':
      return {
        ...common,
        kind: CAS,
        expected: op.expected,
        value: op.desired,
        failureOrder: op.failureOrder,
      };
  }
}

// --- By the axioms ---------------------------------------------------------------------------------------------------

/** Axioms with one mistake: to show that the comparison would notice it. */
export const WRONG_AXIOMS = [
  'later stores do not continue a release sequence',
  'read-modify-writes do not continue a release sequence',
  'stores of any core continue a release sequence',
  'an acquire fence does nothing',
  'a release fence does nothing',
  'a seq_cst fence is only acq_rel',
  'seq_cst fences are not ordered by what lies between',
  'plain accesses synchronize like relaxed ones',
  'a store may come between the halves of a read-modify-write',
  'stores come last in coherence order',
  'a failing CAS reads with the order of success',
  'loads read the newest',
] as const;
export type WrongAxiom = (typeof WRONG_AXIOMS)[number];

/** An operation that is left out unless the value last loaded from a location other than 0 is the given one. */
export type Conditional = Rc11Op & { readonly when?: number };

export interface Rc11Event {
  /** Null: none, as it was left out; or the first write of a location. */
  readonly op: Rc11Op | null;
  /** Event that it reads from, or -1; value read, and written (null: it writes nothing). */
  readonly from: number;
  readonly read: number;
  readonly written: number | null;
}

/** Events by their number; of each location, its writes in coherence order. */
export interface Rc11Graph {
  readonly events: readonly (Rc11Event | null)[];
  readonly coherence: readonly (readonly number[])[];
}

/** Ends by the axioms, in the form of `engineEnds`. */
export function axiomaticEnds(threads: Rc11Program, wrong: WrongAxiom | null = null): ReadonlySet<string> {
  const ends = new Set<string>();
  eachGraph(
    threads,
    (graph, complete) => {
      if (!complete) return true;
      const results = threads.map((ops, thread) =>
        ops.map((_, i) => graph.events[thread * THREAD_ROOM + i]?.read ?? 0).join(' '),
      );
      const written = graph.coherence.map((writes) => graph.events[writes.at(-1) ?? 0]?.written);
      ends.add([...results, written.slice(0, PLACES).join(' ')].join(' | '));
      return true;
    },
    wrong,
  );
  return ends;
}

/** Visits each consistent graph of a program, complete or not; no more of them once a visit returns false. */
export function eachGraph(
  threads: readonly (readonly Conditional[])[],
  visitor: (graph: Rc11Graph, complete: boolean) => boolean,
  wrong: WrongAxiom | null = null,
): void {
  const visited = new Set<string>();
  let goesOn = true;
  const visit = (graph: Rc11Graph): void => {
    const key = JSON.stringify([graph.coherence, graph.events.map((event) => event?.from ?? null)]);
    if (!goesOn || visited.has(key)) return;
    visited.add(key);
    if (!isConsistent(graph, wrong)) return;
    const undone = threads.flatMap((ops, thread) => {
      const done = ops.findIndex((_, i) => graph.events[thread * THREAD_ROOM + i] === null);
      return done < 0 ? [] : [{ thread, done }];
    });
    goesOn = visitor(graph, undone.length === 0);
    for (const { thread, done } of undone) {
      const id = thread * THREAD_ROOM + done;
      const op = threads[thread]?.[done] as Conditional;
      if (op.when === undefined || op.when === lastLoaded(graph, thread)) {
        for (const next of extended(graph, id, op, wrong)) visit(next);
      } else {
        visit({ ...graph, events: graph.events.with(id, { op: null, from: -1, read: 0, written: null }) });
      }
    }
  };
  const initial: Rc11Event = { op: null, from: -1, read: 0, written: 0 };
  visit({
    events: Array.from({ length: EVENTS }, (_, event) => (event < INITIAL ? null : initial)),
    coherence: Array.from({ length: ALL_PLACES }, (_, at) => [INITIAL + at]),
  });
}

/** Value that a thread loaded last from a location other than 0; 0 if none. */
function lastLoaded({ events }: Rc11Graph, thread: number): number {
  const own = events.slice(thread * THREAD_ROOM, (thread + 1) * THREAD_ROOM);
  const last = own.findLast((event) => {
    const op = event?.op;
    return op !== undefined && op !== null && op.kind !== 'fence' && op.kind !== 'store' && op.at !== 0;
  });
  return last?.read ?? 0;
}

/** All graphs with the event added: by what it reads from, and by its place in coherence order. */
function* extended(graph: Rc11Graph, id: number, op: Rc11Op, wrong: WrongAxiom | null): Generator<Rc11Graph> {
  if (op.kind === 'fence') {
    yield { ...graph, events: graph.events.with(id, { op, from: -1, read: 0, written: null }) };
    return;
  }
  const writes = graph.coherence[op.at] ?? [];
  const newest = writes.at(-1) as number;
  const sources = op.kind === 'store' ? [-1] : wrong === 'loads read the newest' ? [newest] : writes;
  for (const from of sources) {
    const read = from < 0 ? 0 : (graph.events[from]?.written ?? 0);
    const written =
      op.kind === 'store'
        ? op.value
        : op.kind === 'add'
          ? read + op.value
          : op.kind === 'cas' && read === op.expected
            ? op.desired
            : null;
    const events = graph.events.with(id, { op, from, read, written });
    if (written === null) {
      yield { ...graph, events };
      continue;
    }
    const first = wrong === 'stores come last in coherence order' ? writes.length : 1;
    for (let at = first; at <= writes.length; at++)
      yield { events, coherence: graph.coherence.with(op.at, writes.toSpliced(at, 0, id)) };
  }
}

/** A relation: of each event, the set of those it relates to. */
type Relation = number[];

function isConsistent(graph: Rc11Graph, wrong: WrongAxiom | null): boolean {
  const { events, coherence } = graph;
  const ids = events.flatMap((event, id) => (event === null ? [] : [id]));
  const before: Relation = events.map(() => 0);
  for (const a of ids) {
    for (const b of ids) {
      const inThread =
        a < INITIAL && b < INITIAL && Math.floor(a / THREAD_ROOM) === Math.floor(b / THREAD_ROOM);
      if ((inThread && a < b) || (a >= INITIAL && b < INITIAL)) add(before, a, b);
    }
  }
  const communication: Relation = events.map(() => 0);
  for (const writes of coherence) {
    for (const [i, write] of writes.entries()) {
      for (const later of writes.slice(i + 1)) add(communication, write, later);
      for (const reader of ids.filter((id) => events[id]?.from === write)) {
        add(communication, write, reader);
        for (const later of writes.slice(i + 1)) if (later !== reader) add(communication, reader, later);
        const isUpdate = events[reader]?.written !== null;
        const allowed = wrong === 'a store may come between the halves of a read-modify-write';
        // Atomicity: nothing between what a read-modify-write reads and what it writes.
        if (isUpdate && !allowed && writes[i + 1] !== reader) return false;
      }
    }
  }
  const extendedCoherence = closure(communication);
  const happensBefore = closure(union(before, synchronization(graph, ids, before, wrong)));
  if (!isIrreflexive(happensBefore)) return false;
  if (!isIrreflexive(composed(happensBefore, extendedCoherence))) return false;
  const between = composed(composed(happensBefore, extendedCoherence), happensBefore);
  const order =
    wrong === 'seq_cst fences are not ordered by what lies between'
      ? happensBefore
      : union(happensBefore, between);
  const fences = ids.filter((id) => {
    const op = events[id]?.op;
    return op?.kind === 'fence' && op.order === 'seq_cst';
  });
  if (wrong === 'a seq_cst fence is only acq_rel') return true;
  let mask = 0;
  for (const fence of fences) mask |= 1 << fence;
  const ofFences = order.map((set, id) => ((mask >> id) & 1 ? set & mask : 0));
  return isIrreflexive(closure(ofFences));
}

/** Release events (writes, fences) with the acquire events (reads, fences) that synchronize with them. */
function synchronization(
  { events, coherence }: Rc11Graph,
  ids: readonly number[],
  before: Relation,
  wrong: WrongAxiom | null,
): Relation {
  const synchronizes: Relation = events.map(() => 0);
  const isBefore = (a: number, b: number): boolean => (((before[a] as number) >> b) & 1) === 1;
  const isAtomic = (id: number): boolean =>
    orderOf(events[id], wrong) !== 'plain' || wrong === 'plain accesses synchronize like relaxed ones';
  const fences = (orders: readonly string[], ignored: WrongAxiom): readonly number[] =>
    ids.filter((id) => {
      const op = events[id]?.op;
      return op?.kind === 'fence' && orders.includes(op.order) && wrong !== ignored;
    });
  const releaseFences = fences(['release', 'acq_rel', 'seq_cst'], 'a release fence does nothing');
  const acquireFences = fences(['acquire', 'acq_rel', 'seq_cst'], 'an acquire fence does nothing');
  for (const writes of coherence) {
    for (const head of writes) {
      if (head >= INITIAL) continue;
      const releases = releaseFences.filter((fence) => isBefore(fence, head));
      if (['release', 'acq_rel'].includes(orderOf(events[head], wrong))) releases.push(head);
      if (releases.length === 0) continue;
      const sequence = new Set<number>();
      for (const write of writes) {
        const continues =
          (isBefore(head, write) && wrong !== 'later stores do not continue a release sequence') ||
          (writes.indexOf(write) > writes.indexOf(head) &&
            wrong === 'stores of any core continue a release sequence');
        if ((write === head || continues) && isAtomic(write)) sequence.add(write);
      }
      if (wrong !== 'read-modify-writes do not continue a release sequence') {
        // In coherence order, so that what each reads from has been decided.
        for (const write of writes) if (sequence.has(events[write]?.from ?? -1)) sequence.add(write);
      }
      for (const reader of ids) {
        if (!sequence.has(events[reader]?.from ?? -1) || !isAtomic(reader)) continue;
        const acquires = acquireFences.filter((fence) => isBefore(reader, fence));
        if (['acquire', 'acq_rel'].includes(orderOf(events[reader], wrong))) acquires.push(reader);
        for (const a of releases) for (const b of acquires) add(synchronizes, a, b);
      }
    }
  }
  return synchronizes;
}

/** Order of an access, of a CAS by its outcome. */
function orderOf(event: Rc11Event | null | undefined, wrong: WrongAxiom | null): Ordering {
  const op = event?.op;
  if (op === null || op === undefined) return 'plain';
  const failed = op.kind === 'cas' && event?.written === null;
  if (failed && wrong !== 'a failing CAS reads with the order of success') return op.failureOrder;
  return op.order;
}

function add(relation: Relation, a: number, b: number): void {
  relation[a] = (relation[a] as number) | (1 << b);
}

function union(r: Relation, s: Relation): Relation {
  return r.map((set, id) => set | (s[id] as number));
}

function composed(r: Relation, s: Relation): Relation {
  return r.map((set) => s.reduce((sum, then, id) => ((set >> id) & 1 ? sum | then : sum), 0));
}

function closure(r: Relation): Relation {
  const closed = [...r];
  for (let via = 0; via < closed.length; via++) {
    for (let id = 0; id < closed.length; id++)
      if (((closed[id] as number) >> via) & 1) closed[id] = (closed[id] as number) | (closed[via] as number);
  }
  return closed;
}

function isIrreflexive(r: Relation): boolean {
  return r.every((set, id) => ((set >> id) & 1) === 0);
}
