/** The memory model rc11: the litmus suite, and systems so small that their outcomes and states are listed by hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { check } from 'vqcheck/checker';
import {
  type AtomicOrdering,
  locationAt,
  type MemoryPort,
  type Ordering,
  type PlainData,
} from 'vqcheck/memory';
import { reducerProperty } from 'vqcheck/properties';
import {
  type Access,
  AccessTable,
  FENCE,
  LOAD,
  NO_ACCESS,
  RING,
  RMW,
  STORE,
} from '../../dist/checker/access.js';
import { type Cell, SEVERAL, SHARED } from '../../dist/checker/cells.js';
import type { ModelParts } from '../../dist/checker/memory/model.js';
import { ReleaseConsistency } from '../../dist/checker/memory/rc11.js';
import { ContentTable } from '../../dist/checker/store/contents.js';
import { ATOMIC_LOADS, ATOMIC_STORES, ATOMIC_UPDATES } from '../../dist/checker/uses.js';
import { compareOutcomes, decodeLitmus, expectedOutcomes, runLitmus } from '../../dist/litmus/index.js';
import { engineEnds, type Rc11Op } from './naiveRc11.ts';
import { always, never, once, report, SLOTS, tiny, x, y } from './support.ts';

describe('the litmus suite', () => {
  const suite = decodeLitmus(readFileSync(new URL('../../litmus/suite.json', import.meta.url), 'utf8'));
  const families = [...new Set(suite.map(({ family }) => family))];

  it.each(families)('%s: exactly the published sets', (family) => {
    const differing = suite
      .filter((test) => test.family === family)
      .map((test) => ({
        name: test.name,
        ...compareOutcomes(expectedOutcomes(test, 'rc11'), runLitmus(test, 'rc11').outcomes),
      }))
      .filter(({ agrees }) => !agrees);
    expect(differing).toEqual([]);
  });
});

const load = (at: number, order: Ordering = 'relaxed'): Rc11Op => ({ kind: 'load', at, order });
const store = (at: number, value: number, order: Ordering = 'relaxed'): Rc11Op => ({
  kind: 'store',
  at,
  value,
  order,
});
const fence = (order: 'acquire' | 'release' | 'acq_rel' | 'seq_cst'): Rc11Op => ({ kind: 'fence', order });
const update = (at: number, value: number, order: AtomicOrdering = 'relaxed'): Rc11Op => ({
  kind: 'add',
  at,
  value,
  order,
});
const cas = (order: AtomicOrdering, failureOrder: AtomicOrdering): Rc11Op => ({
  kind: 'cas',
  at: 1,
  expected: 9,
  desired: 9,
  order,
  failureOrder,
});

/** The ends of threads, without what is in memory then. */
function results(...threads: readonly Rc11Op[][]): string[] {
  return [
    ...new Set([...engineEnds(threads)].map((end) => end.split(' | ').slice(0, -1).join(' | '))),
  ].sort();
}

describe('outcomes, listed by hand', () => {
  const STALE = '1 0';

  // x = 1; y = 1 against y; x. Of the four results, only "saw y, missed x" depends on the orders.
  for (const writes of ['plain', 'relaxed', 'release'] as const) {
    for (const reads of ['plain', 'relaxed', 'acquire'] as const) {
      const passes = writes === 'release' && reads === 'acquire';
      it(`message passing by a ${writes} store and a ${reads} load ${passes ? 'is safe' : 'is not'}`, () => {
        const found = results([store(0, 1), store(1, 1, writes)], [load(1, reads), load(0)]);
        expect(found).toEqual(['0 0', '0 1', ...(passes ? [] : [STALE]), '1 1'].map((end) => `0 0 | ${end}`));
      });
    }
  }

  it.each([
    ['release', 'acquire', true],
    ['acq_rel', 'acq_rel', true],
    ['seq_cst', 'seq_cst', true],
    ['acquire', 'acquire', false],
    ['release', 'release', false],
  ] as const)('message passing by a %s and a %s fence: %s', (writes, reads, passes) => {
    const found = results([store(0, 1), fence(writes), store(1, 1)], [load(1), fence(reads), load(0)]);
    expect(found.includes('0 0 0 | 1 0 0')).toBe(!passes);
    expect(found).toContain('0 0 0 | 1 0 1');
  });

  it('a plain access synchronizes with nothing, fences or not', () => {
    const fenced = (order: Ordering) => [load(1, order), fence('acquire'), load(0)];
    expect(results([store(0, 1), store(1, 1, 'release')], fenced('relaxed'))).not.toContain('0 0 | 1 0 0');
    expect(results([store(0, 1), store(1, 1, 'release')], fenced('plain'))).toContain('0 0 | 1 0 0');
  });

  it('store buffering is forbidden by two seq_cst fences only', () => {
    const side = (mine: number, order: 'acq_rel' | 'seq_cst') => [
      store(mine, 1),
      fence(order),
      load(1 - mine),
    ];
    const BOTH_OLD = '0 0 0 | 0 0 0';
    expect(results(side(0, 'seq_cst'), side(1, 'seq_cst'))).not.toContain(BOTH_OLD);
    expect(results(side(0, 'seq_cst'), side(1, 'acq_rel'))).toContain(BOTH_OLD);
    expect(results([store(0, 1), load(1)], [store(1, 1), load(0)])).toEqual([
      '0 0 | 0 0',
      '0 0 | 0 1',
      '0 1 | 0 0',
      '0 1 | 0 1',
    ]);
  });

  it('readers of independent writes may disagree, unless seq_cst fences part their loads', () => {
    const disagree = '0 | 0 | 1 0 | 1 0';
    const reads = (first: number) => [load(first, 'acquire'), load(1 - first, 'acquire')];
    const writes = [[store(0, 1, 'release')], [store(1, 1, 'release')]];
    expect(results(...writes, reads(0), reads(1))).toContain(disagree);
    const fenced = (first: number) => [load(first), fence('seq_cst'), load(1 - first)];
    expect(results(...writes, fenced(0), fenced(1))).not.toContain('0 | 0 | 1 0 0 | 1 0 0');
  });

  it('two stores each, in opposite orders: both first ones may come last', () => {
    const side = (first: number) => [store(first, 1), store(1 - first, 2)];
    expect([...engineEnds([side(0), side(1)])].map((end) => end.split(' | ').at(-1)).sort()).toEqual([
      '1 1',
      '1 2',
      '2 1',
      '2 2',
    ]);
  });

  it('a location is coherent: loads never go back, stores of one core keep their order', () => {
    expect(results([store(0, 1), store(0, 2)], [load(0), load(0)])).toEqual(
      ['0 0', '0 1', '0 2', '1 1', '1 2', '2 2'].map((end) => `0 0 | ${end}`),
    );
    const ends = [...engineEnds([[store(0, 1), store(0, 2)], [load(1)]])];
    expect(ends).toEqual(['0 0 | 0 | 2 0']);
  });

  it('a release sequence goes on through a relaxed update of another core, and later stores of the same', () => {
    const first = [store(0, 1), store(1, 1, 'release')];
    const reader = [load(1, 'acquire'), load(0)];
    expect(results(first, [update(1, 1)], reader)).not.toContain('0 0 | 1 | 2 0');
    expect(results(first, [store(1, 2)], reader)).toContain('0 0 | 0 | 2 0');
    expect(results([...first, store(1, 2)], reader)).not.toContain('0 0 0 | 2 0');
    expect(results([...first, store(1, 2, 'plain')], reader)).toContain('0 0 0 | 2 0');
  });

  it('a CAS that fails acquires by the order of its failure', () => {
    const first = [store(0, 1), store(1, 1, 'release')];
    expect(results(first, [cas('acq_rel', 'relaxed'), load(0)])).toContain(`0 0 | ${STALE}`);
    expect(results(first, [cas('relaxed', 'acquire'), load(0)])).not.toContain(`0 0 | ${STALE}`);
  });

  it('two updates never read the same message', () => {
    expect(engineEnds([[update(0, 1)], [update(0, 1)]])).toEqual(new Set(['0 | 1 | 2 0', '1 | 0 | 2 0']));
  });

  it('a store to a part of a block changes the message that it comes after', () => {
    const seen = new Set<string>();
    const writer = once((port) => {
      port.writeRange(SLOTS[0], Uint8Array.of(1, 1, 1, 1));
      port.writeRange(SLOTS[0], Uint8Array.of(2, 2));
    });
    const reader = once((port) => {
      const bytes = new Uint8Array(4);
      port.readRange(SLOTS[0], bytes);
      report(port, [...bytes].join(''));
    });
    const collect = never((event) => {
      if (event.kind === 'call') seen.add(String(event.args.value));
      return false;
    });
    const system = tiny({ writer, reader }, { properties: [collect] });
    expect(check(system, { memory: 'rc11' }).verdict).toBe('proved');
    expect([...seen].sort()).toEqual(['0000', '1111', '2211']);
  });
});

describe('states, counted by hand', () => {
  const counts = (...args: Parameters<typeof check>) => {
    const { verdict, states, transitions, depth, deepestBuffer } = check(...args);
    return [verdict, states, transitions, depth, deepestBuffer];
  };

  // (before, before); (before, ended); (stored, before), where B may read either; (stored, ended) after the old value, and
  // after the new one. Steps: 2; 1; 2, one for each message.
  it('one store against one load make 5 states', () => {
    const a = once((port) => port.store(x, 1, 'relaxed'));
    const b = once((port) => void port.load(x, 'relaxed'));
    expect(counts(tiny({ a, b }), { memory: 'rc11' })).toEqual(['proved', 5, 5, 2, 1]);
  });

  // A waits for 0 and stores 1, B the other way round, for ever. At rest with x = 0, seen by both: the start; A about to
  // store; x = 1 that B need not see yet; B, which saw it, about to store; x = 0 that A need not see yet; from where A
  // comes to be about to store again. 5 states; steps: A 1 and B 1 poll; A 1, B 1; A 1, B 2 messages; A 1, B 1; A 2
  // messages, B 1.
  it('ping-pong without end has 5 states: what all have seen is dropped', () => {
    const side = (waitFor: number) =>
      always((port: MemoryPort) => {
        if (port.load(x, 'acquire') === waitFor) port.store(x, 1 - waitFor, 'release');
      });
    expect(counts(tiny({ a: side(0), b: side(1) }), { memory: 'rc11' })).toEqual(['proved', 5, 12, 4, 1]);
  });

  // The same, handing over y: the receiver always finds the sender's value, because it acquires it.
  it('ping-pong hands over a plain word, unless the load is relaxed', () => {
    const violations = (order: Ordering) => {
      const ping = always((port: MemoryPort) => {
        if (port.load(x, order) !== 0) return;
        port.store(y, 1 - port.load(y, 'plain'), 'plain');
        port.store(x, 1, 'release');
      });
      const pong = always((port: MemoryPort) => {
        if (port.load(x, order) !== 1) return;
        const first = port.load(y, 'plain');
        const second = port.load(y, 'plain');
        if (first !== second) report(port, 'changed');
        port.store(x, 0, 'release');
      });
      const changed = never((event) => event.kind === 'call');
      return check(tiny({ ping, pong }, { properties: [changed] }), { memory: 'rc11' });
    };
    expect(violations('acquire').verdict).toBe('proved');
    expect(violations('relaxed').verdict).toBe('violated');
  });

  // 0 to 15 messages after the oldest one, which is the first of all, with its 0, or a later one.
  it('a writer that nobody keeps up with is cut off, and said to be', () => {
    const a = always((port: MemoryPort) => port.store(x, 1, 'relaxed'));
    const b = always((port: MemoryPort) => void port.load(x, 'relaxed'));
    const result = check(tiny({ a, b }), { memory: 'rc11' });
    expect([result.verdict, result.incomplete, result.deepestBuffer, result.states]).toEqual([
      'incomplete',
      { kind: 'buffer', depth: 15 },
      15,
      32,
    ]);
  });
});

describe('the model alone', () => {
  interface Bench {
    readonly model: ReleaseConsistency;
    readonly state: Uint32Array;
    /** Makes an access in its `choice`-th way; returns its result. */
    make(core: number, access: Partial<Access>, choice?: number): number;
    /** In how many ways the access could happen now. */
    ways(core: number, access: Partial<Access>): number;
  }

  /** Two cores, and locations of 4 bytes, all 0. */
  function bench(words: number, known: Pick<ModelParts, 'uses' | 'lines'> = {}): Bench {
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
    const parts = { accesses, cores: 2, memoryWords: words, bufferDepth: 8, device: () => {} };
    const model = new ReleaseConsistency({ ...parts, ...known });
    const state = new Uint32Array(model.words);
    model.start(state, new Uint32Array(words));
    const intern = (access: Partial<Access>): number =>
      accesses.intern({ ...NO_ACCESS, bytes: 4, order: 'relaxed', ...access });
    return {
      model,
      state,
      make: (core, access, choice = 0) => model.perform(state, core, intern(access), choice),
      ways: (core, access) => model.outcomes(state, core, intern(access)),
    };
  }

  const bell: Partial<Access> = { kind: RMW, cell: 0, order: 'acq_rel', operation: 'or', value: 1 };

  it('drops what a core is known not to use: an update cannot follow a message that another is glued to', () => {
    const { model, make, ways } = bench(1, {
      uses: (core) => (core === 0 ? ATOMIC_LOADS | ATOMIC_STORES | ATOMIC_UPDATES : ATOMIC_UPDATES),
    });
    for (let i = 0; i < 100; i++) make(0, bell);
    expect(ways(1, bell)).toBe(1);
    expect([model.bufferWasFull, model.fullWord, model.deepestBuffer]).toEqual([false, -1, 0]);
  });

  it('keeps it, up to the bound, where the uses are not known', () => {
    const { model, make, ways } = bench(1);
    for (let i = 0; i < 100; i++) make(0, bell);
    expect(ways(1, bell)).toBe(1);
    expect([model.bufferWasFull, model.fullWord, model.deepestBuffer]).toEqual([true, 0, 15]);
  });

  it('keeps apart any number of locations, and forgets all of them at one acquire load', () => {
    const COUNT = 100;
    const { model, state, make, ways } = bench(COUNT + 1);
    const loadOf = (cell: number, order = 'relaxed') => ({ kind: LOAD, cell, order });
    // Backwards, so that each comes in front of those before it.
    for (let cell = COUNT - 1; cell >= 0; cell--) make(0, { kind: STORE, cell, value: cell + 1 });
    make(0, { kind: STORE, cell: COUNT, value: 1, order: 'release' });
    const cells = Array.from({ length: COUNT }, (_, cell) => cell);
    expect(new Set(cells.map((cell) => ways(1, loadOf(cell))))).toEqual(new Set([2]));
    expect(new Set(cells.map((cell) => ways(0, loadOf(cell))))).toEqual(new Set([1]));
    // One of them is seen, another one not yet.
    expect(make(1, loadOf(30), 0)).toBe(31);
    expect(make(1, loadOf(31), 1)).toBe(0);
    expect([29, 30, 31, 32].map((cell) => ways(1, loadOf(cell)))).toEqual([2, 1, 2, 2]);
    expect(make(1, loadOf(COUNT, 'acquire'), 0)).toBe(1);
    expect(new Set(cells.map((cell) => ways(1, loadOf(cell))))).toEqual(new Set([1]));
    expect(cells.map((cell) => model.newest(state, cell))).toEqual(cells.map((cell) => cell + 1));
    // Nothing lags any more.
    expect(state[1]).toBe(0);
  });

  it('gives the same state for the same situation, however it came about', () => {
    const { model, state, make } = bench(2);
    const begin = state.slice();
    const runs = [
      [() => make(0, { kind: STORE, cell: 0, value: 1 }), () => make(1, { kind: LOAD, cell: 0 })],
      // Stored twice, of which the other core must see the last: the same as once.
      [
        () => make(0, { kind: STORE, cell: 0, value: 7 }),
        () => make(0, { kind: STORE, cell: 0, value: 1 }),
        () => make(1, { kind: LOAD, cell: 0 }),
      ],
    ];
    const ends = runs.map((run) => {
      state.set(begin);
      for (const step of run) step();
      make(0, { kind: STORE, cell: 1, value: 2, order: 'release' });
      return [...state];
    });
    expect(ends[0]?.[1]).not.toBe(0);
    expect(ends[0]).toEqual(ends[1]);
    expect(model.newest(state, 0)).toBe(1);
  });

  it('a handler sees what a release fence in front of its doorbell came after, and may miss what no fence did', () => {
    const seen = (fenced: boolean, lines?: readonly number[]): number => {
      const { model, state, make, ways } = bench(1, lines === undefined ? {} : { lines });
      make(0, { kind: STORE, cell: 0, value: 1 });
      if (fenced) make(0, { kind: FENCE, cell: -1, order: 'release' });
      make(0, { kind: RING, cell: -1, argument: 1 });
      model.enter(state, 1);
      return ways(1, { kind: LOAD, cell: 0 });
    };
    expect(seen(true, [0, 1])).toBe(1);
    expect(seen(false, [0, 1])).toBe(2);
    expect(seen(true, [1, 0])).toBe(2);
    expect(seen(true)).toBe(2);
  });
});

describe('known gaps', () => {
  /** What two agents report that buffer a store behind a relaxed update of a location of their own. */
  function buffering(merge: boolean): ReadonlySet<string> {
    const seen = new Set<string>();
    const side = (mine: typeof x, other: typeof x, ownOffset: number) =>
      once((port) => {
        port.store(mine, 1, 'relaxed');
        port.rmw(locationAt('shared', ownOffset, 32), 'add', 1, 'relaxed');
        report(port, port.load(other, 'relaxed'));
      });
    const collect = reducerProperty<readonly PlainData[]>({
      name: 'collect',
      title: '',
      initial: [],
      step(state, event) {
        if (event.kind !== 'call') return state;
        const now = [...state, event.args.value ?? null];
        if (now.length === 2) seen.add(now.join(' '));
        return now;
      },
    });
    const system = tiny({ a: side(x, y, 12), b: side(y, x, 16) }, { properties: [collect] });
    expect(check(system, { memory: 'rc11', merge }).verdict).toBe('proved');
    return seen;
  }

  // The port takes every read-modify-write of an own location for a full fence, as it is on x86.
  it('a relaxed read-modify-write of an own location orders nothing, if it is a step', () => {
    expect(buffering(false)).toContain('0 0');
  });
  it('nor does it if it is merged', () => {
    expect(buffering(true)).toContain('0 0');
  });

  // The fence in front of a seq_cst load is one step with it. Written out, another core's fence can come in between: A's
  // comes first, then B's, then what B stores reaches A by C, which synchronizes with neither.
  const rest = [
    [store(1, 1), fence('seq_cst'), store(2, 1)],
    [load(2), store(0, 1)],
  ];
  it('a fence in front of a load is a step of its own if it is written out', () => {
    expect(results([fence('seq_cst'), load(0), load(1)], ...rest)).toContain('0 1 0 | 0 0 0 | 1 0');
  });
  it.fails('and so is the one that a seq_cst load brings along', () => {
    expect(results([load(0, 'seq_cst'), load(1)], ...rest)).toContain('1 0 | 0 0 0 | 1 0');
  });
});
