/** Data races: small programs whose verdicts follow from C11 by hand, the same under every memory model. */
import { describe, expect, it } from 'vitest';
import { type CheckResult, check, type MemoryModelName, type Program, type System } from 'vqcheck/checker';
import { type AtomicOrdering, locationAt, type MemoryPort, type Ordering } from 'vqcheck/memory';
import { noDataRace } from 'vqcheck/properties';
import { act, interrupted, line } from './naiveInterrupts.ts';
import { always, once, type TinyOptions, tiny, x, y, z } from './support.ts';

const MODELS: readonly MemoryModelName[] = ['sc', 'tso', 'pso', 'rc11'];
type Agents = Readonly<Record<string, Program>>;

/** Two more words, and a block of payload. */
const v = locationAt('shared', 16, 32);
const w = locationAt('shared', 20, 32);
const BLOCK = 32;

function result(system: System, memory: MemoryModelName, merge = true): CheckResult {
  const found = check({ ...system, properties: [noDataRace] }, { memory, merge });
  // Nothing but a race may end it.
  expect([found.error, found.incomplete]).toEqual([null, null]);
  return found;
}

/** Models under which the system races, merged or not: the two must agree. */
function racesUnder(system: System): MemoryModelName[] {
  return MODELS.filter((memory) => {
    const [merged, not] = [true, false].map((merge) => result(system, memory, merge).verdict);
    expect(merged).toBe(not);
    return merged === 'violated';
  });
}

function expectRace(agents: Agents, options: TinyOptions = {}): void {
  expect(racesUnder(tiny(agents, options))).toEqual(MODELS);
}

function expectNone(agents: Agents, options: TinyOptions = {}): void {
  expect(racesUnder(tiny(agents, options))).toEqual([]);
}

function messages(agents: Agents): (string | undefined)[] {
  return MODELS.map((memory) => result(tiny(agents), memory).violations[0]?.message);
}

/** Writes x, and then the flag y. */
function sender(order: Ordering, before: (port: MemoryPort) => void = () => {}): Program {
  return once((port) => {
    port.store(x, 1, 'plain');
    before(port);
    port.store(y, 1, order);
  });
}

/** Reads x once it has seen the flag y. */
function receiver(order: Ordering, after: (port: MemoryPort) => void = () => {}, flag = 1): Program {
  return once((port) => {
    if (port.load(y, order) !== flag) return;
    after(port);
    port.load(x, 'plain');
  });
}

const fence = (order: 'acquire' | 'release' | 'acq_rel' | 'seq_cst') => (port: MemoryPort) =>
  port.fence(order);

describe('the programs that a detector by views gets wrong', () => {
  it('a relaxed load that sees a store does not come after it', () => {
    const writes = once((port) => port.store(x, 1, 'relaxed'));
    const reads = once((port) => {
      if (port.load(x, 'relaxed') === 1) port.load(x, 'plain');
    });
    expectRace({ writes, reads });
    for (const message of messages({ writes, reads }))
      expect(message).toMatch(
        /^x: reads's plain load is not ordered after writes's relaxed store \(step 1\)$/,
      );
  });

  it('a relaxed flag does not tell of the load before it', () => {
    const reads = once((port) => {
      port.load(x, 'relaxed');
      port.store(y, 1, 'relaxed');
    });
    const writes = once((port) => {
      if (port.load(y, 'relaxed') === 1) port.store(x, 1, 'plain');
    });
    expectRace({ reads, writes });
    for (const message of messages({ reads, writes }))
      expect(message).toMatch(
        /^x: writes's plain store is not ordered after reads's relaxed load \(step 1\)$/,
      );
  });

  // B stores after A in every run, and C comes after B: the last store alone would look fine.
  it('to come after the last of two stores is not to come after the other', () => {
    const a = once((port) => {
      port.store(x, 1, 'relaxed');
      port.store(z, 1, 'relaxed');
    });
    const b = once((port) => {
      if (port.load(z, 'relaxed') !== 1) return;
      port.store(x, 2, 'relaxed');
      port.store(y, 1, 'release');
    });
    expectRace({ a, b, c: receiver('acquire') });
    for (const message of messages({ a, b, c: receiver('acquire') }))
      expect(message).toMatch(/^x: c's plain load is not ordered after a's relaxed store \(step 1\)$/);
  });
});

describe('what a race is said to be', () => {
  it('names both accesses, their agents, orders and operations, and the step of the first', () => {
    const a = once((port) =>
      port.op('fill', {}, () => {
        port.writeRange(BLOCK, Uint8Array.of(1, 2, 3));
        return null;
      }),
    );
    const b = once((port) => {
      port.op('get', {}, () => {
        port.op('copy', {}, () => {
          if (port.load(y, 'relaxed') === 0) port.readRange(BLOCK, new Uint8Array(3));
          return null;
        });
        return null;
      });
    });
    const [violation] = result(tiny({ a, b }), 'sc').violations;
    expect(violation?.property).toBe('no-data-race');
    expect(violation?.message).toMatch(
      /^shared\[32\]: (b's plain read in get > copy is not ordered after a's plain write in fill|a's plain write in fill is not ordered after b's plain read in get > copy) \(step \d\)$/,
    );
  });

  it('says of a CAS what it did: one that fails has only loaded', () => {
    const fails = once((port) => void port.cas(x, 5, 6, 'acq_rel', 'relaxed'));
    const writes = once((port) => port.store(x, 1, 'plain'));
    for (const message of messages({ fails, writes })) {
      expect(message).toMatch(/fails's relaxed cas/);
      expect(message).toMatch(/writes's plain store/);
    }
  });

  it('is told once, and the run goes on behind it', () => {
    const a = once((port) => {
      port.store(x, 1, 'plain');
      port.store(x, 2, 'plain');
    });
    for (const memory of MODELS) {
      const alone = check(tiny({ a, b: a }), { memory });
      const found = result(tiny({ a, b: a }), memory);
      expect(alone.verdict).toBe('proved');
      expect(found.violations).toHaveLength(1);
      expect(found.states).toBeGreaterThanOrEqual(alone.states);
      expect(found.quiescentStates).toBeGreaterThanOrEqual(alone.quiescentStates);
    }
  });

  it('is not asked for if the property is not', () => {
    const a = once((port) => port.store(x, 1, 'plain'));
    const system = tiny({ a, b: a }, { properties: [noDataRace] });
    expect(check(system).verdict).toBe('violated');
    expect(check(system, { properties: [] }).verdict).toBe('proved');
  });
});

describe('handing data over by a flag', () => {
  it.each(['release', 'seq_cst'] as const)('a %s store orders it', (order) => {
    expectNone({ a: sender(order), b: receiver('acquire') });
    expectNone({ a: sender(order), b: receiver('seq_cst') });
    expectNone({ a: sender(order), b: receiver('relaxed', fence('acquire')) });
  });

  it('a relaxed or plain flag does not, on either side', () => {
    expectRace({ a: sender('relaxed'), b: receiver('acquire') });
    expectRace({ a: sender('release'), b: receiver('relaxed') });
    expectRace({ a: sender('relaxed'), b: receiver('relaxed') });
    expectRace({ a: sender('plain'), b: receiver('acquire') });
    expectRace({ a: sender('release'), b: receiver('plain') });
  });

  it.each(['acq_rel', 'seq_cst'] as const)('%s fences in between do', (order) => {
    expectNone({ a: sender('relaxed', fence(order)), b: receiver('relaxed', fence(order)) });
    expectNone({ a: sender('relaxed', fence('release')), b: receiver('relaxed', fence('acquire')) });
    expectNone({ a: sender('relaxed', fence('release')), b: receiver('acquire') });
  });

  it('the wrong fences do not', () => {
    expectRace({ a: sender('relaxed', fence('acquire')), b: receiver('relaxed', fence('acquire')) });
    expectRace({ a: sender('relaxed', fence('release')), b: receiver('relaxed', fence('release')) });
    expectRace({ a: sender('plain', fence('seq_cst')), b: receiver('plain', fence('seq_cst')) });
  });

  it('fences on the wrong side of the flag do not', () => {
    const releaseBefore = once((port) => {
      port.fence('release');
      port.store(x, 1, 'plain');
      port.store(y, 1, 'relaxed');
    });
    const releaseBehind = once((port) => {
      port.store(x, 1, 'plain');
      port.store(y, 1, 'relaxed');
      port.fence('release');
    });
    const acquireBefore = once((port) => {
      port.fence('acquire');
      if (port.load(y, 'relaxed') === 1) port.load(x, 'plain');
    });
    expectRace({ a: releaseBefore, b: receiver('acquire') });
    expectRace({ a: releaseBehind, b: receiver('acquire') });
    expectRace({ a: sender('release'), b: acquireBefore });
  });

  it('an acquire fence makes up for all relaxed loads before it, not only the last', () => {
    const b = once((port) => {
      const seen = port.load(y, 'relaxed');
      port.load(z, 'relaxed');
      port.fence('acquire');
      if (seen === 1) port.load(x, 'plain');
    });
    const c = once((port) => port.store(z, 1, 'relaxed'));
    expectNone({ a: sender('release'), b, c });
  });

  it('data written behind the flag is not handed over by it, in whatever order the stores drain', () => {
    const a = once((port) => {
      port.store(y, 1, 'release');
      port.store(x, 1, 'plain');
    });
    expectRace({ a, b: receiver('acquire') });
  });

  // The clock goes with the store from when it is made: what its core does until it drains is not in it.
  it('nor is data written while the flag waits to drain', () => {
    const a = once((port) => {
      port.store(y, 1, 'release');
      port.load(z, 'relaxed');
      port.store(x, 1, 'plain');
      port.fence('seq_cst');
    });
    const b = once((port) => {
      if (port.load(y, 'acquire') === 1 && port.load(x, 'relaxed') === 1) port.store(x, 2, 'plain');
    });
    expectRace({ a, b });
  });

  it('reading an own store, from the buffer or not, learns nothing of what it hides', () => {
    const a = once((port) => {
      port.store(x, 1, 'plain');
      port.store(y, 1, 'release');
      port.store(z, 1, 'relaxed');
    });
    const b = once((port) => {
      if (port.load(z, 'relaxed') !== 1) return;
      port.store(y, 2, 'relaxed');
      if (port.load(y, 'acquire') === 2) port.load(x, 'plain');
    });
    expectRace({ a, b });
  });

  it('a seq_cst store is no fence: later relaxed stores tell nothing', () => {
    const a = once((port) => {
      port.store(x, 1, 'plain');
      port.store(z, 1, 'seq_cst');
      port.store(y, 1, 'relaxed');
    });
    expectRace({ a, b: receiver('acquire') });
    const fenced = once((port) => {
      port.store(x, 1, 'plain');
      port.store(z, 1, 'relaxed');
      port.fence('seq_cst');
      port.store(y, 1, 'relaxed');
    });
    expectNone({ a: fenced, b: receiver('acquire') });
  });

  it('nor is a seq_cst read-modify-write of what nobody else reaches, which is one on x86', () => {
    const a = once((port) => {
      port.store(x, 1, 'plain');
      port.rmw(w, 'add', 1, 'seq_cst');
      port.store(y, 1, 'relaxed');
    });
    expectRace({ a, b: receiver('acquire') });
  });

  it('seq_cst fences without communication order nothing', () => {
    const a = once((port) => {
      port.store(x, 1, 'plain');
      port.fence('seq_cst');
      port.store(y, 1, 'plain');
    });
    const b = once((port) => {
      port.load(z, 'relaxed');
      port.fence('seq_cst');
      port.load(x, 'plain');
    });
    expectRace({ a, b });
  });

  // Dekker: at most one of the two comes in, so there is only one access.
  it('seq_cst fences keep one of two out', () => {
    const side = (mine: typeof y, other: typeof y, order: 'acq_rel' | 'seq_cst') =>
      once((port) => {
        port.store(mine, 1, 'relaxed');
        port.fence(order);
        if (port.load(other, 'relaxed') === 0) port.store(x, 1, 'plain');
      });
    expectNone({ a: side(y, z, 'seq_cst'), b: side(z, y, 'seq_cst') });
    // A weaker fence lets both in, but under sc.
    const weak = tiny({ a: side(y, z, 'acq_rel'), b: side(z, y, 'acq_rel') });
    expect(racesUnder(weak)).toEqual(['tso', 'pso', 'rc11']);
  });
});

describe('a flag that is data itself, later or before', () => {
  // The store that a load reads from comes before it as well, not only what precedes that store.
  it('who has read from a release store may access the flag without order', () => {
    const reuses = once((port) => {
      if (port.load(y, 'acquire') === 1) port.store(y, 2, 'plain');
    });
    const updates = once((port) => {
      if (port.rmw(y, 'add', 1, 'acq_rel') === 1) port.store(y, 2, 'plain');
    });
    expectNone({ a: sender('release'), b: reuses });
    expectNone({ a: sender('release'), b: updates });
    expectRace({ a: sender('relaxed'), b: reuses });
  });

  it('but not who has read from a later store of its release sequence, which is ordered by nothing', () => {
    const a = once((port) => {
      port.store(y, 1, 'release');
      port.store(y, 2, 'relaxed');
    });
    const b = once((port) => {
      if (port.load(y, 'acquire') === 2) port.store(y, 3, 'plain');
    });
    expectRace({ a, b });
  });

  // An access comes after what it reads from: it does not race with what comes before that.
  it('a read-modify-write that reads from a release store comes after what precedes that', () => {
    const a = once((port) => {
      port.load(y, 'plain');
      port.store(y, 1, 'release');
    });
    const b = (order: AtomicOrdering) => once((port) => void port.cas(y, 1, 2, order, 'relaxed'));
    expectNone({ a, b: b('acquire') });
    expectRace({ a, b: b('relaxed') });
  });

  it('so does an acquire load, if it must see the store', () => {
    const a = once((port) => {
      port.store(y, 1, 'plain');
      port.store(y, 2, 'release');
      port.store(z, 1, 'relaxed');
    });
    const b = once((port) => {
      if (port.load(z, 'relaxed') === 1) port.load(y, 'acquire');
    });
    // Where stores drain in order it must.
    expect(racesUnder(tiny({ a, b }))).toEqual(['pso', 'rc11']);
  });

  it('a word that was written without order before it was handed over becomes a flag', () => {
    const a = once((port) => {
      port.store(z, 5, 'plain');
      port.store(y, 1, 'release');
      port.store(z, 6, 'release');
    });
    const b = once((port) => {
      if (port.load(y, 'acquire') === 1 && port.load(z, 'acquire') === 6) port.load(x, 'plain');
    });
    expectNone({ a, b });
  });
});

describe('release sequences', () => {
  const bump = (order: AtomicOrdering) => once((port) => void port.rmw(y, 'add', 1, order));

  it('go on through a read-modify-write of a third core', () => {
    expectNone({ a: sender('release'), b: bump('relaxed'), c: receiver('acquire', undefined, 2) });
    expectRace({ a: sender('relaxed'), b: bump('relaxed'), c: receiver('acquire', undefined, 2) });
    // It takes what it carries from a third one, not from its own core alone.
    expectRace({ a: sender('relaxed'), b: bump('release'), c: receiver('acquire', undefined, 2) });
    expectNone({
      a: sender('relaxed', fence('release')),
      b: bump('relaxed'),
      c: receiver('acquire', undefined, 2),
    });
  });

  it('go on through a chain of two, and a CAS', () => {
    const swap = once((port) => void port.cas(y, 2, 7, 'relaxed', 'relaxed'));
    expectNone({
      a: sender('release'),
      b: bump('relaxed'),
      c: swap,
      d: receiver('acquire', undefined, 7),
    });
  });

  it('go on through a later store of the same core', () => {
    const a = once((port) => {
      port.store(x, 1, 'plain');
      port.store(y, 1, 'release');
      port.store(y, 2, 'relaxed');
    });
    expectNone({ a, b: receiver('acquire', undefined, 2) });
  });

  it('but hand over nothing that was done behind the release store', () => {
    const a = once((port) => {
      port.store(y, 1, 'release');
      port.store(x, 1, 'plain');
      port.store(y, 2, 'relaxed');
    });
    expectRace({ a, b: receiver('acquire', undefined, 2) });
  });

  // Of the same location in program order, whatever comes in between: as in RC11, not only what comes next to it.
  it('go on so even if a store of another core comes in between, which itself hands over nothing', () => {
    const a = once((port) => {
      port.store(x, 1, 'plain');
      port.store(y, 1, 'release');
      port.store(y, 2, 'relaxed');
    });
    const b = once((port) => port.store(y, 5, 'relaxed'));
    expectNone({ a, b, c: receiver('acquire', undefined, 2) });
    const seen = once((port) => {
      if (port.load(y, 'relaxed') === 1) port.store(y, 5, 'relaxed');
    });
    expectRace({ a: sender('release'), b: seen, c: receiver('acquire', undefined, 5) });
  });

  it('do not go on through a plain store', () => {
    const a = once((port) => {
      port.store(x, 1, 'plain');
      port.store(y, 1, 'release');
      port.store(y, 2, 'plain');
    });
    expectRace({ a, b: receiver('acquire', undefined, 2) });
  });
});

describe('compare-and-swap', () => {
  const swapper = (expected: number, order: AtomicOrdering, failureOrder: AtomicOrdering) =>
    once((port) => {
      if (port.cas(y, expected, 9, order, failureOrder) === 1) port.load(x, 'plain');
    });

  it('acquires by the order of its success if it succeeds', () => {
    expectNone({ a: sender('release'), b: swapper(1, 'acquire', 'relaxed') });
    expectRace({ a: sender('release'), b: swapper(1, 'relaxed', 'relaxed') });
    expectRace({ a: sender('release'), b: swapper(1, 'release', 'relaxed') });
  });

  it('acquires by the order of its failure if it fails', () => {
    expectRace({ a: sender('release'), b: swapper(5, 'acq_rel', 'relaxed') });
    expectNone({ a: sender('release'), b: swapper(5, 'acq_rel', 'acquire') });
    expectNone({ a: sender('release'), b: swapper(5, 'seq_cst', 'seq_cst') });
  });

  it('releases if it succeeds', () => {
    const a = (order: AtomicOrdering) =>
      once((port) => {
        port.store(x, 1, 'plain');
        port.cas(y, 0, 1, order, 'relaxed');
      });
    expectNone({ a: a('release'), b: receiver('acquire') });
    expectNone({ a: a('acq_rel'), b: receiver('acquire') });
    expectRace({ a: a('acquire'), b: receiver('acquire') });
  });

  it('releases nothing if it fails', () => {
    const a = once((port) => {
      port.store(y, 1, 'relaxed');
      port.store(x, 1, 'plain');
      port.cas(y, 7, 8, 'acq_rel', 'acquire');
    });
    expectRace({ a, b: receiver('acquire') });
  });

  it('makes a lock', () => {
    const locking = (order: AtomicOrdering, unlock: Ordering) =>
      once((port) => {
        if (port.cas(y, 0, 1, order, 'relaxed') !== 0) return;
        port.store(x, port.load(x, 'plain') + 1, 'plain');
        port.store(y, 0, unlock);
      });
    const locked = locking('acquire', 'release');
    expectNone({ a: locked, b: locked, c: locked });
    expectRace({ a: locked, b: locking('relaxed', 'release') });
    expectRace({ a: locked, b: locking('acquire', 'relaxed') });
  });
});

describe('which accesses conflict', () => {
  const loads = (order: Ordering) => once((port) => void port.load(x, order));
  const stores = (order: Ordering) => once((port) => port.store(x, 1, order));
  const updates = once((port) => void port.rmw(x, 'add', 1, 'seq_cst'));
  const failing = once((port) => void port.cas(x, 5, 6, 'seq_cst', 'seq_cst'));

  it('a plain store with every other access', () => {
    for (const other of [
      loads('plain'),
      stores('plain'),
      loads('seq_cst'),
      stores('seq_cst'),
      updates,
      failing,
    ]) {
      expectRace({ a: stores('plain'), b: other });
      expectRace({ a: other, b: stores('plain') });
    }
  });

  it('a plain load with every store', () => {
    for (const other of [stores('plain'), stores('release'), updates]) {
      expectRace({ a: loads('plain'), b: other });
      expectRace({ a: other, b: loads('plain') });
    }
  });

  it('no two loads, and no two atomic accesses', () => {
    for (const other of [loads('plain'), loads('relaxed'), failing])
      expectNone({ a: loads('plain'), b: other });
    for (const other of [loads('relaxed'), stores('relaxed'), updates, failing]) {
      expectNone({ a: stores('relaxed'), b: other });
      expectNone({ a: updates, b: other });
    }
  });

  it('no accesses of one agent', () => {
    const a = once((port) => {
      port.store(x, 1, 'plain');
      port.load(x, 'plain');
      port.store(x, 2, 'relaxed');
      port.store(x, 3, 'plain');
    });
    const b = once((port) => port.store(y, 1, 'plain'));
    expectNone({ a, b });
  });

  it('none with what the memory was set up with', () => {
    const setup: System['setup'] = ([port]) => {
      port?.store(x, 7, 'plain');
      port?.writeRange(BLOCK, Uint8Array.of(1, 2, 3, 4));
    };
    const a = once((port) => {
      port.load(x, 'plain');
      port.readRange(BLOCK, new Uint8Array(4));
    });
    expectNone({ a, b: a }, { setup });
    expectNone(
      { a: stores('plain'), b: once((port) => port.readRange(BLOCK, new Uint8Array(4))) },
      { setup },
    );
  });

  it('none of a core with its own memory', () => {
    const a = once((port) => {
      port.store(locationAt('local', 0, 32), 1, 'plain');
      port.load(y, 'relaxed');
    });
    expectNone({ a, b: a });
  });
});

describe('payload', () => {
  const writes = (from: number, length: number) => (port: MemoryPort) =>
    port.writeRange(BLOCK + from, new Uint8Array(length).fill(7));
  const reads = (from: number, length: number) => (port: MemoryPort) =>
    port.readRange(BLOCK + from, new Uint8Array(length));

  it('races byte by byte: disjoint parts of a block do not', () => {
    const whole = once((port) => {
      if (port.load(y, 'acquire') === 1 && port.load(z, 'acquire') === 1) reads(0, 8)(port);
    });
    const part = (from: number, length: number, flag: typeof y) =>
      once((port) => {
        writes(from, length)(port);
        port.store(flag, 1, 'release');
      });
    expectNone({ a: part(0, 4, y), b: part(4, 4, z), whole });
    expectRace({ a: part(0, 5, y), b: part(4, 4, z), whole });
    expectRace({ a: part(0, 8, y), b: part(3, 1, z), whole });
  });

  it('says which bytes', () => {
    const found = result(tiny({ a: once(writes(0, 5)), b: once(writes(4, 4)) }), 'sc').violations[0];
    expect(found?.message).toMatch(/^shared\[36\]: /);
  });

  it('is ordered by a flag, or not', () => {
    const a = (order: Ordering) =>
      once((port) => {
        writes(0, 8)(port);
        port.store(y, 1, order);
      });
    const b = once((port) => {
      if (port.load(y, 'acquire') === 1) reads(2, 3)(port);
    });
    expectNone({ a: a('release'), b });
    expectRace({ a: a('relaxed'), b });
  });

  it('that is read at once by two races with none', () => {
    expectNone({ a: once(reads(0, 8)), b: once(reads(4, 4)) });
  });

  it('handed back before its last read was ordered races', () => {
    const owner = once((port) => {
      writes(0, 8)(port);
      port.store(y, 1, 'release');
      if (port.load(z, 'acquire') === 1) writes(0, 8)(port);
    });
    const reader = (late: boolean) =>
      once((port) => {
        if (port.load(y, 'acquire') !== 1) return;
        reads(0, 4)(port);
        if (!late) reads(4, 4)(port);
        port.store(z, 1, 'release');
        if (late) reads(4, 4)(port);
      });
    expectNone({ owner, reader: reader(false) });
    expectRace({ owner, reader: reader(true) });
  });

  it('of 64 bits races with each of its halves that is a range', () => {
    const wide = locationAt('shared', BLOCK, 64);
    const a = once((port) => port.store(wide, 1, 'plain'));
    const b = once((port) => void port.load(wide, 'plain'));
    expectRace({ a, b });
  });
});

describe('three cores', () => {
  const relay = (acquires: Ordering, releases: Ordering) =>
    once((port) => {
      if (port.load(y, acquires) === 1) port.store(z, 1, releases);
    });
  const last = once((port) => {
    if (port.load(z, 'acquire') === 1) port.load(x, 'plain');
  });

  it('hand data on from one to the next', () => {
    expectNone({ a: sender('release'), b: relay('acquire', 'release'), c: last });
  });

  it('but not through one that does not synchronize with both', () => {
    expectRace({ a: sender('release'), b: relay('relaxed', 'release'), c: last });
    expectRace({ a: sender('release'), b: relay('acquire', 'relaxed'), c: last });
    expectRace({ a: sender('relaxed'), b: relay('acquire', 'release'), c: last });
  });

  it('with two writers: the reader must come after both', () => {
    const writer = (byte: number, flag: typeof y) =>
      once((port) => {
        port.store(byte === 0 ? x : v, 1, 'plain');
        port.store(flag, 1, 'release');
      });
    const both = once((port) => {
      if (port.load(y, 'acquire') === 1 && port.load(z, 'acquire') === 1) {
        port.load(x, 'plain');
        port.load(v, 'plain');
      }
    });
    const either = once((port) => {
      if (port.load(y, 'acquire') === 1 || port.load(z, 'acquire') === 1) {
        port.load(x, 'plain');
        port.load(v, 'plain');
      }
    });
    expectNone({ a: writer(0, y), b: writer(1, z), both });
    expectRace({ a: writer(0, y), b: writer(1, z), either });
  });
});

describe('interrupts', () => {
  const reading = once((port) => void port.load(x, 'plain'));
  const writing = once((port) => port.store(x, 2, 'plain'));
  const ringing = (fenced: 'release' | 'seq_cst' | 'acquire' | null, flag: Ordering | null = null) =>
    once((port) => {
      port.store(x, 1, 'plain');
      if (flag !== null) port.store(y, 1, flag);
      if (fenced !== null) port.fence(fenced);
      act(port, 'ring');
    });
  /** A task on core 0 that rings, and a handler on core 1. */
  const across = (task: Program, handler: Program, more: Readonly<Record<string, Program>> = {}): System =>
    interrupted(
      {
        task,
        handler: { program: handler, core: 1, line: 0 },
        ...Object.fromEntries(
          Object.entries(more).map(([name, other]) => [name, { program: other, core: 1 }]),
        ),
      },
      { lines: [line({ core: 1 })] },
    );

  it('the handler comes after what the release fence before the doorbell came after', () => {
    for (const order of ['release', 'seq_cst'] as const) {
      expect(racesUnder(across(ringing(order), reading))).toEqual([]);
      expect(racesUnder(across(ringing(order), writing))).toEqual([]);
    }
  });

  it('but not after what no fence came after', () => {
    expect(racesUnder(across(ringing(null), reading))).toEqual(MODELS);
    expect(racesUnder(across(ringing('acquire'), reading))).toEqual(MODELS);
    // A release store is no fence.
    expect(racesUnder(across(ringing(null, 'release'), reading))).toEqual(MODELS);
    const late = once((port) => {
      port.fence('release');
      port.store(x, 1, 'plain');
      act(port, 'ring');
    });
    expect(racesUnder(across(late, reading))).toEqual(MODELS);
  });

  it('nor after what came behind the doorbell', () => {
    const behind = once((port) => {
      port.fence('release');
      act(port, 'ring');
      port.store(x, 1, 'plain');
      port.fence('release');
    });
    expect(racesUnder(across(behind, reading))).toEqual(MODELS);
  });

  it('the task that the handler interrupts knows what the handler knows', () => {
    const task = once((port) => {
      if (port.load(locationAt('local', 0, 32), 'plain') === 1) port.load(x, 'plain');
    });
    const handler = once((port) => port.store(locationAt('local', 0, 32), 1, 'plain'));
    expect(racesUnder(across(ringing('release'), handler, { other: task }))).toEqual([]);
    expect(racesUnder(across(ringing(null), handler, { other: task }))).toEqual(MODELS);
  });

  it('task and handlers of one core never race with each other', () => {
    const both = once((port) => {
      port.store(x, 1, 'plain');
      port.load(x, 'plain');
      port.store(x, 2, 'relaxed');
    });
    const system = interrupted(
      { task: both, first: { program: both, line: 0 }, second: { program: both, line: 1, priority: 2 } },
      { lines: [line({ pending: true }), line({ pending: true })], nesting: true },
    );
    expect(racesUnder(system)).toEqual([]);
  });

  it('but each of them does with another core', () => {
    const idle = once((port) => void port.load(y, 'relaxed'));
    const of = (task: Program, handler: Program): System =>
      interrupted(
        { task, handler: { program: handler, line: 0 }, other: { program: writing, core: 1 } },
        { lines: [line({ pending: true })] },
      );
    expect(racesUnder(of(reading, idle))).toEqual(MODELS);
    expect(racesUnder(of(idle, reading))).toEqual(MODELS);
    expect(racesUnder(of(idle, idle))).toEqual([]);
  });

  it('what the handler did is handed over by a flag of its task', () => {
    const task = (order: Ordering) =>
      once((port) => {
        if (port.load(locationAt('local', 0, 32), 'plain') === 1) port.store(y, 1, order);
      });
    const handler = once((port) => {
      port.store(x, 1, 'plain');
      port.store(locationAt('local', 0, 32), 1, 'plain');
    });
    const of = (order: Ordering): System =>
      interrupted(
        {
          task: task(order),
          handler: { program: handler, line: 0 },
          other: { program: receiver('acquire'), core: 1 },
        },
        { lines: [line({ pending: true })] },
      );
    expect(racesUnder(of('release'))).toEqual([]);
    expect(racesUnder(of('relaxed'))).toEqual(MODELS);
  });

  it('a doorbell tells of what other cores did, as far as it was known before the fence', () => {
    const relay = (fenced: boolean) =>
      once((port) => {
        if (port.load(y, 'acquire') !== 1) return;
        if (fenced) port.fence('release');
        act(port, 'ring');
      });
    const of = (fenced: boolean): System =>
      interrupted(
        {
          sends: sender('release'),
          relay: { program: relay(fenced), core: 1 },
          handler: { program: reading, core: 2, line: 0 },
        },
        { lines: [line({ core: 2 })] },
      );
    expect(racesUnder(of(true))).toEqual([]);
    expect(racesUnder(of(false))).toEqual(MODELS);
  });
});

describe('endless runs', () => {
  const turns = (mine: number, next: number, order: Ordering, body: (port: MemoryPort) => void) =>
    always((port) => {
      if (port.load(y, 'acquire') !== mine) return;
      body(port);
      port.store(y, next, order);
    });
  const writes = (port: MemoryPort): void => port.store(x, 1, 'plain');
  const reads = (port: MemoryPort): void => void port.load(x, 'plain');

  it('that hand data to and fro have finitely many states', () => {
    for (const memory of MODELS) {
      const agents = { a: turns(0, 1, 'release', writes), b: turns(1, 0, 'release', reads) };
      const { verdict, states } = result(tiny(agents), memory);
      expect(verdict).toBe('proved');
      expect(states).toBeLessThan(60);
    }
  });

  it('round three cores, too', () => {
    const agents = (order: Ordering) => ({
      a: turns(0, 1, 'release', writes),
      b: turns(1, 2, 'release', reads),
      c: turns(2, 0, order, reads),
    });
    expectNone(agents('release'));
    // The core that goes on does not know of the read of the one before it, or of the read before that.
    expectRace(agents('relaxed'));
  });

  it('that access plain data without any order have finitely many states, too', () => {
    for (const memory of MODELS) {
      const a = always((port) => port.store(x, 1, 'plain'));
      const b = always((port) => {
        port.load(x, 'plain');
        port.store(y, 1, 'release');
        port.load(y, 'acquire');
      });
      const system = tiny({ a, b }, { bufferDepth: 2 });
      const { verdict, states } = check({ ...system, properties: [noDataRace] }, { memory });
      expect(verdict).toBe('violated');
      expect(states).toBeLessThan(3000);
    }
  });
});

// Under sc a word may be reached in parts, and then the parts are one cell, with one clock for all that can be read of it.
describe('known gaps: flags that are parts of what others access as a whole', () => {
  const [flag, other] = [locationAt('shared', BLOCK, 32), locationAt('shared', BLOCK + 4, 32)];
  const sends = once((port) => {
    port.store(x, 1, 'plain');
    port.store(flag, 1, 'release');
  });
  const whole = once((port) => void port.load(locationAt('shared', BLOCK, 64), 'relaxed'));

  it.fails('a load of one part learns nothing from a store to another', () => {
    const b = once((port) => {
      if (port.load(flag, 'relaxed') !== 1) return;
      port.load(other, 'acquire');
      port.load(x, 'plain');
    });
    expect(result(tiny({ sends, b, whole }), 'sc').verdict).toBe('violated');
  });

  it.fails('a store to one part hides nothing of another', () => {
    const b = once((port) => {
      port.store(other, 1, 'relaxed');
      if (port.load(flag, 'acquire') === 1) port.load(x, 'plain');
    });
    expect(result(tiny({ sends, b, whole }), 'sc').verdict).toBe('proved');
  });
});

describe('a hostile agent', () => {
  const spoils = once((port) => port.store(x, 7, 'plain'));
  const reads = once((port) => void port.load(x, 'plain'));
  /** The same agents, of which these keep to no rules. */
  const withHostile = (system: System, ...hostile: readonly string[]): System => ({
    ...system,
    agents: system.agents.map((agent) => ({ ...agent, hostile: hostile.includes(agent.name) })),
  });

  it('races with nobody, on whichever side of the race it is', () => {
    expect(racesUnder(tiny({ spoils, reads }))).toEqual(MODELS);
    expect(racesUnder(withHostile(tiny({ spoils, reads }), 'spoils'))).toEqual([]);
    expect(racesUnder(withHostile(tiny({ spoils, reads }), 'reads'))).toEqual([]);
  });

  it('hides no race of the others, of its own core neither', () => {
    const agents = { spoils, reads, writes: sender('relaxed'), sees: receiver('relaxed') };
    expect(racesUnder(withHostile(tiny(agents, { coreOf: [0, 1, 0, 1] }), 'spoils'))).toEqual(MODELS);
    const sound = { spoils, writes: sender('release'), sees: receiver('acquire') };
    expect(racesUnder(withHostile(tiny(sound, { coreOf: [0, 0, 1] }), 'spoils'))).toEqual([]);
    for (const memory of MODELS) {
      const [first] = result(
        withHostile(tiny(agents, { coreOf: [0, 1, 0, 1] }), 'spoils'),
        memory,
      ).violations;
      expect(first?.message).not.toMatch('spoils');
    }
  });

  it('that compares and swaps is judged neither when it succeeds nor when it fails', () => {
    const swaps = once((port) => void port.cas(x, 1, 2, 'relaxed', 'relaxed'));
    const writes = once((port) => port.store(x, 1, 'plain'));
    expect(racesUnder(tiny({ swaps, writes }))).toEqual(MODELS);
    expect(racesUnder(withHostile(tiny({ swaps, writes }), 'swaps'))).toEqual([]);
  });
});
