/** Which stores are read by whom: exact sets, known by hand or from enumerating every run. */
import { describe, expect, it } from 'vitest';
import {
  type CheckOptions,
  type Communication,
  check,
  type MemoryModelName,
  type System,
  Walk,
} from 'vqcheck/checker';
import type { Location, MemoryPort } from 'vqcheck/memory';
import { interrupted, line } from './naiveInterrupts.ts';
import { always, local, once, tiny, x, y, z } from './support.ts';

/** Says which line the code is at: tests name their accesses. */
let at = '';
const site = (): string => at;

function load(port: MemoryPort, name: string, location: Location): number {
  at = name;
  return port.load(location, 'relaxed');
}

function store(port: MemoryPort, name: string, location: Location, value: number): void {
  at = name;
  port.store(location, value, 'relaxed');
}

function communicationOf(system: System, options: Omit<CheckOptions, 'communication'> = {}): Communication {
  const result = check(system, { ...options, communication: site });
  if (result.communication === null) throw new Error(`no communication: ${result.verdict}`);
  return result.communication;
}

/** `store>load`, with `!` behind those that never communicate. */
function pairsOf(system: System, options: Omit<CheckOptions, 'communication'> = {}): string[] {
  return communicationOf(system, options)
    .pairs.map((pair) => `${pair.store.site}>${pair.load.site}${pair.communicates.length > 0 ? '' : '!'}`)
    .sort();
}

const buffered: readonly MemoryModelName[] = ['sc', 'tso', 'pso'];

describe('communication', () => {
  it.each(buffered)('pairs the two stores and the two loads of message passing under %s', (memory) => {
    const system = tiny({
      writer: once((port) => {
        store(port, 'data', x, 1);
        store(port, 'flag', y, 1);
      }),
      reader: once((port) => {
        if (load(port, 'see flag', y) === 1) load(port, 'see data', x);
      }),
    });
    expect(pairsOf(system, { memory })).toEqual(['data>see data', 'flag>see flag']);
    const [pair] = communicationOf(system, { memory }).pairs;
    expect(pair).toEqual({
      store: { agent: 'writer', core: 0, site: 'data', operations: [], access: 'store' },
      load: { agent: 'reader', core: 1, site: 'see data', operations: [], access: 'load' },
      communicates: ['x'],
      never: [],
    });
  });

  it('tells that a store is overwritten before anybody can look, but not where stores overtake each other', () => {
    const system = tiny({
      writer: once((port) => {
        store(port, 'first', x, 1);
        store(port, 'second', x, 2);
        store(port, 'flag', y, 1);
      }),
      reader: once((port) => {
        if (load(port, 'see flag', y) === 1) load(port, 'see data', x);
      }),
    });
    const never = ['first>see data!', 'flag>see flag', 'second>see data'];
    expect(pairsOf(system, { memory: 'sc' })).toEqual(never);
    expect(pairsOf(system, { memory: 'tso' })).toEqual(never);
    expect(pairsOf(system, { memory: 'pso' })).toEqual([
      'first>see data',
      'flag>see flag',
      'second>see data',
    ]);
  });

  it.each(buffered)('tells two stores of the same value apart under %s', (memory) => {
    const system = tiny({
      writer: once((port) => {
        store(port, 'first', x, 1);
        at = 'fence';
        port.fence('seq_cst');
        store(port, 'second', x, 1);
        at = 'fence';
        port.fence('seq_cst');
        store(port, 'flag', y, 1);
      }),
      reader: once((port) => {
        if (load(port, 'see flag', y) === 1) load(port, 'see data', x);
      }),
    });
    expect(pairsOf(system, { memory })).toEqual(['first>see data!', 'flag>see flag', 'second>see data']);
  });

  it.each(buffered)(
    'does not count what an agent reads of its own stores, waiting or not, under %s',
    (memory) => {
      const system = tiny({
        a: once((port) => {
          store(port, 'a stores', x, 1);
          load(port, 'a reads', x);
        }),
        b: once((port) => {
          load(port, 'b reads', x);
        }),
      });
      expect(pairsOf(system, { memory })).toEqual(['a stores>b reads']);
    },
  );

  it.each(buffered)(
    'counts a handler that reads what its task stored, by forwarding or not, under %s',
    (memory) => {
      const system = interrupted(
        {
          task: once((port) => {
            store(port, 'shared', x, 1);
            store(port, 'local', local, 1);
            port.action('ring', 0);
            load(port, 'see shared', y);
          }),
          handler: {
            program: always((port) => {
              load(port, 'handler sees shared', x);
              load(port, 'handler sees local', local);
              store(port, 'handler stores', y, 1);
            }),
            line: 0,
          },
        },
        { lines: [line()] },
      );
      const found = communicationOf(system, { memory });
      expect(found.pairs.map((pair) => `${pair.store.site}>${pair.load.site}`).sort()).toEqual([
        'handler stores>see shared',
        'local>handler sees local',
        'shared>handler sees shared',
      ]);
      for (const { store: from, load: to, communicates } of found.pairs) {
        expect(from.core).toBe(to.core);
        expect(communicates).toHaveLength(1);
      }
    },
  );

  it('takes a CAS that fails for a load only', () => {
    const cas = (port: MemoryPort, name: string, expected: number): void => {
      at = name;
      port.cas(x, expected, 7, 'relaxed', 'relaxed');
    };
    const system = tiny({
      a: once((port) => cas(port, 'succeeds', 0)),
      b: once((port) => cas(port, 'fails', 5)),
    });
    expect(pairsOf(system)).toEqual(['succeeds>fails']);
  });

  it('knows the bytes of a range that a smaller store has left alone', () => {
    const bytes = (value: number, count: number): Uint8Array => new Uint8Array(count).fill(value);
    const system = tiny({
      a: once((port) => {
        at = 'all';
        port.writeRange(32, bytes(1, 8));
        at = 'half';
        port.writeRange(32, bytes(2, 4));
        store(port, 'flag', y, 1);
      }),
      b: once((port) => {
        if (load(port, 'see flag', y) !== 1) return;
        at = 'see left';
        port.readRange(32, new Uint8Array(4));
        at = 'see right';
        port.readRange(36, new Uint8Array(4));
      }),
    });
    expect(pairsOf(system)).toEqual(['all>see left!', 'all>see right', 'flag>see flag', 'half>see left']);
  });

  it('ends where a property is broken, and counts what the breaking step itself has read', () => {
    const system = (bound: number): System =>
      tiny(
        {
          writer: once((port) => store(port, 'data', x, 1)),
          reader: once((port) => {
            port.op('look', {}, () => {
              load(port, 'see', x);
              if (bound > 1) load(port, 'see again', x);
              return null;
            });
          }),
        },
        { accessBound: bound },
      );
    expect(pairsOf(system(1))).toEqual(['data>see']);
    expect(pairsOf(system(2))).toEqual(['data>see', 'data>see again']);
  });

  it('is not asked by default, changes no count of states under sc, and is not known under rc11', () => {
    const system = tiny({
      a: once((port) => store(port, 'data', x, 1)),
      b: once((port) => void load(port, 'see', x)),
    });
    const plain = check(system);
    expect(plain.communication).toBeNull();
    const asked = check(system, { communication: site });
    expect(asked.communication?.pairs).toHaveLength(1);
    expect([asked.states, asked.transitions]).toEqual([plain.states, plain.transitions]);
    expect(check(system, { memory: 'rc11', communication: site }).communication).toBeNull();
  });

  it('keeps what is known when the search ends early', () => {
    const system = tiny({
      a: once((port) => {
        store(port, 'early', x, 1);
        store(port, 'late', y, 1);
      }),
      b: once((port) => {
        load(port, 'see early', x);
        load(port, 'see late', y);
      }),
    });
    expect(pairsOf(system)).toEqual(['early>see early', 'late>see late']);
    expect(pairsOf(system, { maxStates: 4 })).toEqual(['early>see early']);
    expect(pairsOf(system, { maxStates: 1 })).toEqual(['early>see early!']);
  });

  it.each(buffered)('finds what enumerating every run finds, on random programs under %s', (memory) => {
    const random = generator(20);
    let communicating = 0;
    let never = 0;
    for (let round = 0; round < 25; round++) {
      const system = randomSystem(random);
      const found = pairsOf(system, { memory, merge: false });
      expect(found.filter((pair) => !pair.endsWith('!'))).toEqual(enumerated(system, memory));
      communicating += found.filter((pair) => !pair.endsWith('!')).length;
      never += found.filter((pair) => pair.endsWith('!')).length;
    }
    // The programs are worth it: both answers occur.
    expect(communicating).toBeGreaterThan(25);
    expect(never).toBeGreaterThan(0);
  });
});

function generator(start: number): (count: number) => number {
  let seed = start;
  return (count) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 0x1_0000_0000) * count);
  };
}

/** Two agents of three accesses each to two locations; the last one only if the one before it has read 1. */
function randomSystem(random: (count: number) => number): System {
  const agent = (who: string) => {
    const steps = Array.from({ length: 3 }, (_, i) => ({
      name: `${who}${i}`,
      location: random(2) === 0 ? x : y,
      kind: random(5),
    }));
    const guarded = random(2) === 0;
    return once((port: MemoryPort) => {
      let last = 1;
      for (const [i, { name, location, kind }] of steps.entries()) {
        if (i === 2 && guarded && last === 0) return;
        at = name;
        if (kind < 2) last = port.load(location, 'relaxed');
        else if (kind < 4) port.store(location, 1, kind === 2 ? 'relaxed' : 'release');
        else last = port.rmw(location, 'exchange', 1, 'relaxed');
      }
    });
  };
  return tiny({ a: agent('a'), b: agent('b'), c: once((port) => store(port, 'c0', z, 1)) });
}

/** Walks every run to its end, and follows who wrote what is read. */
function enumerated(system: System, memory: MemoryModelName): string[] {
  const walk = new Walk(system, { memory, site });
  walk.learn([]);
  const pairs = new Set<string>();
  const schedules: (readonly { kind: 'step' | 'drain' | 'enter' | 'wake'; who: number; choice: number }[])[] =
    [[]];
  for (let schedule = schedules.pop(); schedule !== undefined; schedule = schedules.pop()) {
    walk.reset();
    const memoryOf = new Map<string, string>();
    const buffers: { location: string; site: string }[][] = system.cores.map(() => []);
    for (const step of schedule) {
      const { access, location, site: name } = walk.take(step);
      if (location === '' || location === 'z') continue;
      const by = name ?? '';
      const buffer = buffers[step.who] ?? [];
      if (access === 'drain') {
        const place = buffer.findIndex((waiting) => waiting.location === location);
        const [drained] = buffer.splice(place, 1);
        memoryOf.set(location, drained?.site ?? '');
        continue;
      }
      if (access === 'load' || access === 'rmw') {
        const own = buffer.findLast((waiting) => waiting.location === location);
        const from = own?.site ?? memoryOf.get(location);
        if (from !== undefined && from[0] !== by[0]) pairs.add(`${from}>${by}`);
      }
      if (access === 'rmw' || (access === 'store' && memory === 'sc')) memoryOf.set(location, by);
      else if (access === 'store') buffer.push({ location, site: by });
    }
    for (const step of walk.enabled()) schedules.push([...schedule, step]);
  }
  return [...pairs].sort();
}
