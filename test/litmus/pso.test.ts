/** Partial store order on tiny systems: what litmus tests do not reach, and exact numbers of states. */
import { describe, expect, it } from 'vitest';
import { check, type MemoryModelName, type Program, program, STOP, type System, Walk } from 'vqcheck/checker';
import { locationAt, type MemoryPort } from 'vqcheck/memory';
import type { Property } from 'vqcheck/properties';

const x = locationAt('shared', 0, 32);
const y = locationAt('shared', 4, 32);
const z = locationAt('shared', 8, 32);
const own = locationAt('local', 0, 32);
const result = locationAt('local', 4, 32);

function once(body: (port: MemoryPort) => void): Program {
  return program<number>(0, (port) => () => {
    body(port);
    return STOP;
  });
}

/** Agents, one core each unless they are handlers; `results` of cores 0, 1, … are collected in `ends`. */
function tiny(agents: Readonly<Record<string, Program>>, more: Partial<System> = {}): System {
  return {
    title: 'tiny',
    sharedBytes: 16,
    localBytes: 16,
    cores: Object.keys(agents),
    agents: Object.entries(agents).map(([name, spec], core) => ({ name, core, program: spec })),
    slots: [],
    queues: 0,
    operations: {},
    names: { nameOf: (space, offset) => `${space}[${offset}]` },
    setup: () => {},
    properties: [],
    witnesses: [],
    accessBound: 50,
    ...more,
  };
}

/** What stands in `result` of each core when all is over. */
function ends(
  system: System,
  memory: MemoryModelName,
): { readonly found: readonly string[]; readonly verdict: string } {
  const found = new Set<string>();
  const collect: Property = {
    name: 'ends',
    title: 'Ends are collected.',
    quiescent: () => (view) => {
      found.add(system.cores.map((_, core) => view.load(result, core)).join(' '));
      return null;
    },
  };
  const { verdict } = check({ ...system, properties: [collect] }, { memory });
  return { found: [...found].sort(), verdict };
}

const idle = once(() => {});

describe('under pso a doorbell', () => {
  /** Core 0 stores x and rings; the handler on core 1 notes what it finds, plus 1. */
  const announced = (between: (port: MemoryPort) => void): System => ({
    ...tiny({ driver: idle, device: idle }),
    interrupts: { lines: [{ name: 'bell', core: 1, trigger: 'edge', enabled: true }] },
    agents: [
      {
        name: 'driver',
        core: 0,
        program: once((port) => {
          port.store(x, 1, 'relaxed');
          between(port);
          port.action('ring', 0);
        }),
      },
      {
        name: 'handler',
        core: 1,
        program: once((port) => port.store(result, 1 + port.load(x, 'relaxed'), 'plain')),
        interrupt: { line: 0 },
      },
    ],
  });

  it('overtakes the store that it announces; under tso it does not', () => {
    const system = announced(() => {});
    expect(ends(system, 'tso').found).toEqual(['0 0', '0 2']);
    expect(ends(system, 'pso').found).toEqual(['0 0', '0 1', '0 2']);
  });

  it.each(['release', 'acq_rel', 'seq_cst'] as const)(
    'does not overtake what stands before a %s fence',
    (order) => {
      expect(
        ends(
          announced((port) => port.fence(order)),
          'pso',
        ).found,
      ).toEqual(['0 0', '0 2']);
    },
  );

  it('overtakes what stands before an acquire fence', () => {
    expect(
      ends(
        announced((port) => port.fence('acquire')),
        'pso',
      ).found,
    ).toEqual(['0 0', '0 1', '0 2']);
  });
});

describe("under pso a core's own memory", () => {
  /** A task and a handler on core 0 share the word `own`, so that storing to it is a step. */
  const watched = (order: 'plain' | 'release'): System => ({
    ...tiny({ driver: idle, reader: idle }),
    interrupts: { lines: [{ name: 'line', core: 0, trigger: 'edge', enabled: true, pending: true }] },
    agents: [
      {
        name: 'driver',
        core: 0,
        program: once((port) => {
          port.store(x, 1, 'relaxed');
          port.store(own, 1, order);
          port.store(y, 1, 'relaxed');
        }),
      },
      {
        name: 'handler',
        core: 0,
        program: once((port) => port.store(result, port.load(own, 'plain'), 'plain')),
        interrupt: { line: 0 },
      },
      {
        name: 'reader',
        core: 1,
        program: once((port) => {
          const ySeen = port.load(y, 'relaxed');
          port.store(result, 1 + 10 * ySeen + port.load(x, 'relaxed'), 'plain');
        }),
      },
    ],
  });

  it('is stored to at once, and is no barrier', () => {
    const { found, verdict } = ends(watched('plain'), 'pso');
    expect(verdict).toBe('proved');
    expect(new Set(found.map((end) => end.split(' ')[0]))).toEqual(new Set(['0', '1']));
    expect(found.some((end) => end.endsWith(' 11'))).toBe(true);
  });

  it('has no buffer before it', () => {
    const walk = new Walk(watched('release'), { memory: 'pso' });
    const waiting = [0, 1, 2].map(() => {
      walk.take({ kind: 'step', who: 0, choice: 0 });
      return walk.waiting(0);
    });
    expect(waiting).toEqual([['shared[0] = 1'], ['shared[0] = 1'], ['shared[0] = 1', 'shared[4] = 1']]);
  });

  it('is a barrier for shared stores when it is stored to with release', () => {
    expect(ends(watched('release'), 'pso').found.some((end) => end.endsWith(' 11'))).toBe(false);
    expect(ends(watched('release'), 'pso').found.some((end) => end.endsWith(' 12'))).toBe(true);
  });
});

describe('under pso the buffers of a core', () => {
  /** Both agents reach all three words, so that each store is a step; the second only looks. */
  const looking = once((port) => {
    port.load(x, 'relaxed');
    port.load(y, 'relaxed');
    port.load(z, 'relaxed');
  });
  const states = (body: (port: MemoryPort) => void, more: Partial<System> = {}): number => {
    const cells = [0, 4, 8].map((byteOffset) => ({ memory: -1, byteOffset, bytes: 4, block: false }));
    const found = check(tiny({ a: once(body) }, more), { memory: 'pso', cells });
    expect(found.verdict).toBe('proved');
    return found.states;
  };

  it('are told apart only by what can follow: stores to different locations commute', () => {
    // Listed: nothing stored; x stored, waiting or drained; then y beside it: each of both waiting or drained.
    expect(
      states((port) => {
        port.store(x, 1, 'relaxed');
        port.store(y, 1, 'relaxed');
      }),
    ).toBe(1 + 2 + 4);
    // In either order: the choice, then nothing, x or y alone stored (2 each), and the same 4 at the end.
    expect(
      states((port) => {
        const first = port.choose(2);
        port.store(first === 0 ? x : y, 1, 'relaxed');
        port.store(first === 0 ? y : x, 1, 'relaxed');
      }),
    ).toBe(1 + 2 + 4 + 4);
  });

  it('forget a barrier that orders nothing any more', () => {
    // Listed: start; x waits or not; after the fence x waits behind it, or nothing does (1 each); then y: both wait, y
    // waits, or none does.
    expect(
      states((port) => {
        port.store(x, 1, 'relaxed');
        port.fence('release');
        port.store(y, 1, 'relaxed');
      }),
    ).toBe(1 + 2 + 2 + 3);
    // Between two stores to x a barrier orders nothing any more once another follows them. Listed: start; x waits or not
    // before the choice, behind it without the barrier, before the barrier and behind it (2 each); both, the second or none
    // before and behind the next barrier, in both ways (3 each); and then, the same in both ways: x, x and y wait, x and y,
    // y, nothing.
    expect(
      states((port) => {
        port.store(x, 1, 'relaxed');
        if (port.choose(2) === 0) port.fence('release');
        port.store(x, 2, 'relaxed');
        port.fence('release');
        port.store(y, 1, 'relaxed');
      }),
    ).toBe(1 + 4 * 2 + 4 * 3 + 4);
  });

  it('hold so many stores together; a store that had to wait makes the verdict incomplete', () => {
    const system = (bufferDepth: number): System =>
      tiny(
        {
          a: once((port) => {
            port.store(x, 1, 'relaxed');
            port.store(y, 1, 'relaxed');
            port.store(z, 1, 'relaxed');
          }),
          b: looking,
        },
        { bufferDepth },
      );
    expect(check(system(2), { memory: 'pso' })).toMatchObject({
      verdict: 'incomplete',
      incomplete: { kind: 'buffer', depth: 2 },
      deepestBuffer: 2,
    });
    expect(check(system(3), { memory: 'pso' })).toMatchObject({
      verdict: 'proved',
      bufferDepth: 3,
      deepestBuffer: 3,
    });
  });

  it('drain in the order of a schedule, a way for each location, and say which store it was', () => {
    const a = once((port) => {
      port.store(y, 5, 'relaxed');
      port.store(y, 6, 'relaxed');
      port.store(x, 7, 'relaxed');
      port.store(z, 8, 'release');
    });
    // The locations in the order x, y, z: the way of a drain counts them so.
    const cells = [0, 4, 8].map((byteOffset) => ({ memory: -1, byteOffset, bytes: 4, block: false }));
    const walked = (
      ...choices: readonly number[]
    ): readonly (readonly [string, readonly string[], number])[] => {
      const walk = new Walk(tiny({ a }), { memory: 'pso', cells });
      const { model } = walk.machine;
      for (let i = 0; i < 4; i++) walk.take({ kind: 'step', who: 0, choice: 0 });
      expect(model.drains(walk.state, 0)).toBe(2);
      return choices.map((choice) => {
        const { location, value } = walk.take({ kind: 'drain', who: 0, choice });
        return [`${location} = ${value}`, walk.waiting(0), model.drains(walk.state, 0)];
      });
    };
    const [x7, y5, y6, z8] = ['shared[0] = 7', 'shared[4] = 5', 'shared[4] = 6', 'shared[8] = 8'] as const;
    const inOrder = walked(0, 0, 0, 0);
    const [xName] = inOrder[0] ?? [''];
    // Whichever location the engine met first has the lower number.
    const [toX, toY] = xName === x7 ? [0, 1] : [1, 0];
    expect(walked(toX, 0, 0, 0)).toEqual([
      [x7, [y5, y6, z8], 1],
      [y5, [y6, z8], 1],
      [y6, [z8], 1],
      [z8, [], 0],
    ]);
    expect(walked(toY, toX, 0, 0)).toEqual([
      [y5, toX === 0 ? [x7, y6, z8] : [y6, x7, z8], 2],
      [x7, [y6, z8], 1],
      [y6, [z8], 1],
      [z8, [], 0],
    ]);
    expect(walked(toY, toY, 0, 0).map(([what]) => what)).toEqual([y5, y6, x7, z8]);
  });

  it('shows what can drain next before what cannot, way by way', () => {
    const a = once((port) => {
      for (const value of [1, 2]) port.store(x, value, 'relaxed');
      for (const value of [3, 4]) port.store(y, value, 'relaxed');
    });
    const cells = [0, 4].map((byteOffset) => ({ memory: -1, byteOffset, bytes: 4, block: false }));
    const walk = new Walk(tiny({ a }), { memory: 'pso', cells });
    for (let i = 0; i < 4; i++) walk.take({ kind: 'step', who: 0, choice: 0 });
    const waiting = walk.waiting(0);
    const values = waiting.map((text) => Number(text.split(' = ')[1]));
    expect([...values.slice(0, 2)].sort()).toEqual([1, 3]);
    for (const [choice, text] of waiting.slice(0, 2).entries()) {
      const again = new Walk(tiny({ a }), { memory: 'pso', cells });
      for (let i = 0; i < 4; i++) again.take({ kind: 'step', who: 0, choice: 0 });
      const { location, value } = again.take({ kind: 'drain', who: 0, choice });
      expect(`${location} = ${value}`).toBe(text);
    }
    expect(() => walk.machine.model.drain(walk.state, 0, 2)).toThrow(RangeError);
  });
});
