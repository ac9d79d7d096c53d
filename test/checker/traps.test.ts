/** What a target must not do, and what the engine says when it does: none of it may pass as proved. */

import { describe, expect, it } from 'vitest';
import { check, type Program, program, STOP, TargetError } from 'vqcheck/checker';
import { locationAt, type MemoryPort, type PlainData } from 'vqcheck/memory';
import { boundedOperation, noOutsideAccess } from 'vqcheck/properties';
import { always, move, never, neverInOrder, once, own, report, tiny, x, y, z } from './support.ts';

const reader = once((port) => {
  port.load(x, 'relaxed');
  port.load(y, 'relaxed');
});

/** Verdict and code, whether the engine returns the error or throws it while it looks around. */
function errorOf(run: () => ReturnType<typeof check>): { code: string; message: string } {
  try {
    const { verdict, error } = run();
    return error ?? { code: verdict, message: '' };
  } catch (error) {
    if (error instanceof TargetError) return { code: error.code, message: error.message };
    throw error;
  }
}

describe('a nondeterministic target', () => {
  it('is an error that shows both accesses, when a counter in a closure changes a value', () => {
    let counter = 0;
    const agent = once((port) => {
      counter++;
      port.store(x, counter % 2, 'relaxed');
      port.store(y, 5, 'relaxed');
    });
    const { verdict, error } = check(tiny({ agent, reader }));
    expect(verdict).toBe('error');
    expect(error?.code).toBe('nondeterministic');
    expect(error?.message).toMatch(
      /^agent agent: from the same point, the code made two different accesses: store x = 0 relaxed, then store x = 1 relaxed/,
    );
  });

  it('is an error when it takes another location in every second run', () => {
    let flip = false;
    const agent = once((port) => {
      flip = !flip;
      port.load(flip ? x : y, 'relaxed');
    });
    const { verdict, error } = check(tiny({ agent, reader }));
    expect([verdict, error?.code]).toEqual(['error', 'nondeterministic']);
    expect(error?.message).toMatch(/load x/);
    expect(error?.message).toMatch(/load y/);
  });

  it('is an error when it changes its mind after the last recorded access', () => {
    let runs = 0;
    const agent = once((port) => {
      port.load(x, 'relaxed');
      runs++;
      if (runs % 2 === 0) port.load(y, 'relaxed');
    });
    const { verdict, error } = check(tiny({ agent, reader }));
    expect(verdict).toBe('error');
    expect(['nondeterministic', 'hidden-state']).toContain(error?.code);
  });

  it('is an error when a turn ends after fewer accesses than before', () => {
    let runs = 0;
    const agent = once((port) => {
      runs++;
      if (runs % 3 === 0) return;
      port.load(x, 'relaxed');
      port.load(y, 'relaxed');
    });
    expect(errorOf(() => check(tiny({ agent, reader }))).code).toMatch(/nondeterministic|hidden-state/);
  });
});

describe('state kept outside the memories', () => {
  class Queue {
    index = 0;
    readonly port: MemoryPort;
    constructor(port: MemoryPort) {
      this.port = port;
    }
    next(): void {
      this.port.load(x, 'relaxed');
      this.index++;
      this.port.store(y, this.index, 'relaxed');
    }
  }

  it('in a class field, is an error that says where such state belongs', () => {
    const agent = program<number>(0, (port) => {
      const queue = new Queue(port);
      return () => {
        queue.next();
        return 0;
      };
    });
    const { verdict, error } = check(tiny({ agent, reader }));
    expect(verdict).toBe('error');
    expect(error?.code).toMatch(/hidden-state|nondeterministic/);
    expect(error?.message).toMatch(/port's memories/);
  });

  it('that only shows in a later turn is found by the second run on a fresh instance', () => {
    const agent = program<number>(0, (port) => {
      let turns = 0;
      return (state) => {
        turns++;
        port.load(x, 'relaxed');
        if (state === 0 && turns > 1) port.store(y, 1, 'relaxed');
        return 1 - state;
      };
    });
    expect(check(tiny({ agent, reader })).error?.code).toMatch(/hidden-state|nondeterministic/);
  });

  // Each transition runs once on an instance that has run before and once on a fresh one. Here the two agree on the only
  // transition there is, and the table hides what later runs would do. A second run on the old instance would tell.
  it('in the result of an operation only, is found as well', () => {
    const agent = program<number>(0, (port) => {
      let calls = 0;
      return () => {
        port.op('count', {}, () => {
          port.load(x, 'relaxed');
          return calls++;
        });
        return 0;
      };
    });
    expect(check(tiny({ agent, reader })).error?.code).toBe('hidden-state');
  });
});

describe('a target that catches what the port throws', () => {
  it('and returns, is an error that says so', () => {
    const agent = once((port) => {
      try {
        port.load(x, 'relaxed');
      } catch {
        return;
      }
    });
    const { verdict, error } = check(tiny({ agent, reader }));
    expect([verdict, error?.code]).toEqual(['error', 'caught-suspension']);
    expect(error?.message).toMatch(/try\/catch\/finally/);
  });

  it('and throws an error of its own, is an error that shows it', () => {
    const agent = once((port) => {
      try {
        port.load(x, 'relaxed');
      } catch {
        throw new Error('my own');
      }
    });
    const { error } = check(tiny({ agent, reader }));
    expect(error?.code).toBe('caught-suspension');
    expect(error?.message).toMatch(/my own/);
  });

  it('and goes on with another access, is suspended all the same, and loses no outcome', () => {
    const agent = once((port) => {
      let value = 9;
      try {
        value = port.load(x, 'relaxed');
      } catch {
        port.store(y, 1, 'relaxed');
      }
      report(port, value);
    });
    const writer = once((port) => {
      port.store(x, 1, 'relaxed');
      port.load(y, 'relaxed');
    });
    const seen = (value: number) =>
      never((event) => event.kind === 'call' && event.args.value === value, `saw-${value}`);
    const result = check(tiny({ agent, writer }, { properties: [seen(0), seen(1), seen(9)] }));
    expect(result.violations.map(({ property }) => property).sort()).toEqual(['saw-0', 'saw-1']);
  });

  it('in a finally with an access of its own, makes that access once, after the others', () => {
    const agent = once((port) => {
      try {
        port.store(x, 1, 'relaxed');
      } finally {
        port.store(y, 1, 'relaxed');
      }
    });
    const watcher = once((port) => {
      const second = port.load(y, 'relaxed');
      report(port, [second, port.load(x, 'relaxed')]);
    });
    const early = never((event) => event.kind === 'call' && JSON.stringify(event.args.value) === '[1,0]');
    const result = check(tiny({ agent, watcher }, { properties: [early] }));
    expect([result.verdict, result.error]).toEqual(['proved', null]);
  });

  // The port throws Restart, TargetError and AccessError out of the middle of an access; unlike a suspension, they
  // are not remembered, so a target that swallows them goes on in a machine that does not fit the memory.
  it('hides no access outside the memory', () => {
    const agent = once((port) => {
      port.load(x, 'relaxed');
      try {
        port.load(locationAt('shared', 4096, 32), 'relaxed');
      } catch {}
    });
    const result = check(tiny({ agent, reader }, { properties: [noOutsideAccess] }));
    expect(result.verdict).toBe('violated');
  });

  /** Reaches `z` only when the reader came between its two loads: nothing that runs turn by turn sees it. */
  const late = (port: MemoryPort, then: () => void): void => {
    const before = port.load(x, 'relaxed');
    if (port.load(x, 'relaxed') !== before) then();
  };
  const tick = once((port) => {
    port.store(x, 1, 'relaxed');
    port.store(z, 1, 'relaxed');
    port.load(y, 'relaxed');
  });

  // Restart is thrown by the load in `try`; the access in `finally` then throws a suspension over it, and it is lost.
  it('in a finally, loses no restart: z is seen to be shared, and to hold 0 or 1', () => {
    const agent = once((port) => {
      port.load(y, 'relaxed');
      late(port, () => {
        try {
          report(port, port.load(z, 'relaxed'));
        } finally {
          port.store(y, 1, 'relaxed');
        }
      });
    });
    const seen = (value: number) =>
      never((event) => event.kind === 'call' && event.args.value === value, `saw-${value}`);
    const result = check(tiny({ agent, tick }, { properties: [seen(0), seen(1)] }));
    expect(result.violations.map(({ property }) => property).sort()).toEqual(['saw-0', 'saw-1']);
  });

  it('and returns, loses no restart either', () => {
    const agent = once((port) =>
      late(port, () => {
        try {
          port.load(z, 'relaxed');
        } catch {
          return;
        }
      }),
    );
    expect(check(tiny({ agent, tick })).error?.code).toBe('caught-suspension');
  });
});

describe('events before the first access, and operations without any', () => {
  const calls = (limit: number) =>
    neverInOrder(
      (event) => (event.kind === 'call' ? event.operation : null),
      (seen) => seen.length > limit,
    );

  it('an operation without any access is called and returns exactly once', () => {
    const agent = once((port) => {
      report(port, 1);
      port.load(x, 'relaxed');
      report(port, 2);
      report(port, 3);
    });
    expect(check(tiny({ agent, reader }, { properties: [calls(3)] })).verdict).toBe('proved');
    expect(check(tiny({ agent, reader }, { properties: [calls(2)] })).verdict).toBe('violated');
  });

  it('a call before the first access is seen exactly once, however often the operation runs again', () => {
    const agent = once((port) => {
      port.op('outer', {}, () => {
        port.op('inner', {}, () => {
          for (let i = 0; i < 4; i++) port.load(x, 'relaxed');
          return null;
        });
        return null;
      });
    });
    const returns = neverInOrder(
      (event) => (event.kind === 'return' ? `${event.operation}${event.depth}` : null),
      (seen) => seen.length === 2 && seen.join() !== 'inner1,outer0',
    );
    expect(check(tiny({ agent, reader }, { properties: [calls(2), returns] })).verdict).toBe('proved');
    expect(check(tiny({ agent, reader }, { properties: [calls(1)] })).verdict).toBe('violated');
  });

  it('calls in the first state of several agents are all seen, once', () => {
    const agent = once((port) => {
      report(port, 1);
      port.load(x, 'relaxed');
    });
    expect(check(tiny({ a: agent, b: agent }, { properties: [calls(2)] })).verdict).toBe('proved');
    const result = check(tiny({ a: agent, b: agent }, { properties: [calls(1)] }));
    expect([result.verdict, result.violations[0]?.schedule.length, result.states]).toEqual([
      'violated',
      0,
      1,
    ]);
  });

  it('accesses to a location of one agent only are told of once, too', () => {
    const agent = once((port) => {
      port.load(x, 'relaxed');
      port.writeRange(16, Uint8Array.of(1));
      port.load(y, 'relaxed');
      port.load(x, 'relaxed');
    });
    const writes = (limit: number) =>
      neverInOrder(
        (event) => (event.kind === 'payload' ? 'write' : null),
        (seen) => seen.length > limit,
      );
    expect(check(tiny({ agent, reader }, { properties: [writes(1)] })).verdict).toBe('proved');
    expect(check(tiny({ agent, reader }, { properties: [writes(0)] })).verdict).toBe('violated');
  });

  // The turn pauses before its first ownership event, but `call` was told by then, and is told again after the pause.
  it('a call whose move of ownership waits for a step of its own is seen once', () => {
    const agent = program<number>(0, (port) => (state) => {
      if (state === 0) {
        move(port, 'reserve', 0, () => void port.load(x, 'relaxed'));
        return 1;
      }
      move(port, 'publish', 0, () => void port.load(x, 'relaxed'));
      return STOP;
    });
    const result = check(tiny({ agent, reader }, { withSlots: true, properties: [calls(2)] }));
    expect(result.verdict).toBe('proved');
  });

  it('an access is told of when it happens, not when the agent arrives at it', () => {
    const agent = once((port) => {
      port.load(y, 'relaxed');
      port.store(x, 1, 'relaxed');
    });
    const other = once((port) => {
      port.load(y, 'relaxed');
      report(port, port.load(x, 'relaxed'));
    });
    const order = neverInOrder(
      (event) =>
        event.kind === 'access' && event.agent === 0 && event.name === 'x'
          ? 'stored'
          : event.kind === 'access' && event.agent === 1 && event.name === 'x'
            ? 'loaded'
            : event.kind === 'call' && event.args.value === 0
              ? 'old'
              : null,
      // The store, then the load, and the load still missed it: impossible under sc.
      (seen) => seen.join(' ') === 'stored loaded old',
    );
    expect(check(tiny({ agent, other }, { watchAccesses: true, properties: [order] })).verdict).toBe(
      'proved',
    );
  });
});

describe('a target that fails', () => {
  it('by throwing, breaks bounded-operation with the operation named', () => {
    const agent = once((port) => {
      port.op('explode', {}, () => {
        port.load(x, 'relaxed');
        throw new TypeError('no such thing');
      });
    });
    const result = check(tiny({ reader, agent }, { properties: [boundedOperation] }));
    expect(result.verdict).toBe('violated');
    expect(result.violations).toMatchObject([
      {
        property: 'bounded-operation',
        message: 'agent: explode threw TypeError: no such thing',
        schedule: [{ who: 1 }],
      },
    ]);
  });

  it('outside any operation, names the program', () => {
    const agent = once((port) => {
      port.load(x, 'relaxed');
      throw new Error('no');
    });
    const result = check(tiny({ agent, reader }, { properties: [boundedOperation] }));
    expect(result.violations[0]?.message).toBe('agent: the program threw Error: no');
  });

  it('by looping for ever, breaks bounded-operation with the operation and the location named', () => {
    const agent = once((port) => {
      port.op('spin', {}, () => {
        while (port.load(x, 'acquire') !== 7);
        return null;
      });
    });
    const result = check(tiny({ reader, agent }, { properties: [boundedOperation] }));
    // The 51st access is not made: 50 steps lead to it.
    expect(result.violations.map(({ schedule }) => schedule.length)).toEqual([50]);
    expect(result.violations[0]?.message).toMatch(/^agent: spin made more than 50 accesses.*the last to x\./);
  });

  it('by looping over a location of its own, which takes no steps, breaks it as well', () => {
    const agent = once((port) => {
      port.op('spin', {}, () => {
        while (port.load(own, 'relaxed') !== 7);
        return null;
      });
    });
    const result = check(tiny({ agent, reader }, { properties: [boundedOperation] }));
    expect(result.violations[0]?.message).toMatch(/spin made more than 50 accesses.*the last to own\./);
    expect(result.violations[0]?.schedule).toEqual([]);
  });

  it('by taking turns for ever without any access, breaks it too', () => {
    const agent = program<number>(0, () => (state) => state + 1);
    const result = check(tiny({ agent, reader }, { properties: [boundedOperation] }));
    expect(result.violations[0]?.message).toMatch(/agent takes turn after turn without any access/);
  });

  it('by an access outside the memory, misaligned or unsafe, breaks no-outside-access', () => {
    const messages = [
      (port: MemoryPort) => port.load(locationAt('shared', 64, 32), 'relaxed'),
      (port: MemoryPort) => port.load(locationAt('shared', 2, 32), 'relaxed'),
      (port: MemoryPort) => port.store(locationAt('shared', 8, 64), -1, 'relaxed'),
      (port: MemoryPort) => port.writeRange(60, new Uint8Array(5)),
    ].map((bad) => {
      const agent = once((port) => {
        port.load(x, 'relaxed');
        bad(port);
      });
      const result = check(tiny({ agent, reader }, { properties: [noOutsideAccess] }));
      return [result.verdict, result.violations[0]?.message];
    });
    expect(messages).toMatchInlineSnapshot(`
      [
        [
          "violated",
          "agent: access outside the memory: 4 bytes at offset 0x40 in shared memory, which has 0x40 bytes",
        ],
        [
          "violated",
          "agent: misaligned access: 4 bytes at shared[2] (offset 0x2) in shared memory; expected a multiple of 4",
        ],
        [
          "violated",
          "agent: -1 stored to z: expected a safe integer, 0..2^53-1",
        ],
        [
          "violated",
          "agent: access outside the memory: 5 bytes at offset 0x3c in shared memory, which has 0x40 bytes",
        ],
      ]
    `);
  });

  // The fault is an event that no other property listens to, and the agent silently stops there.
  it('is not proved when the properties asked for do not look at faults', () => {
    const agent = once((port) => {
      port.load(x, 'relaxed');
      throw new Error('no');
    });
    expect(check(tiny({ agent, reader }, { properties: [] })).verdict).not.toBe('proved');
  });

  // An operation left by an exception that its caller expects stays open: later ones count as nested in it.
  it('and catches its own exception, is outside of that operation afterwards', () => {
    const agent = once((port) => {
      try {
        port.op('refuse', {}, () => {
          port.load(x, 'relaxed');
          throw new RangeError('full');
        });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      report(port, 1);
    });
    const nested = never(
      (event) => event.kind === 'call' && event.operation === 'report' && event.depth !== 0,
    );
    const result = check(tiny({ agent, reader }, { properties: [nested] }));
    expect(result.verdict).toBe('proved');
  });
});

describe('what is not plain data', () => {
  const bad: readonly unknown[] = [new Map(), Number.NaN, undefined, [undefined], { a: 1n }, Symbol.iterator];

  it.each(bad.map((value) => [String(Array.isArray(value) ? 'an array with a hole' : typeof value), value]))(
    'as a state returned by a turn (%s), is an error',
    (_name, value) => {
      // What JavaScript code may return, whatever the types say.
      const agent: Program = {
        initial: 0,
        start: (port) => () => {
          port.load(x, 'relaxed');
          return value as PlainData;
        },
      };
      const { verdict, error } = check(tiny({ agent, reader }));
      expect([verdict, error?.code]).toEqual(['error', 'not-plain-data']);
      expect(error?.message).toMatch(/the state that agent agent returned must be plain data/);
    },
  );

  it('as an argument or a result of an operation, is an error that names it', () => {
    const withArgument = once((port) => void port.op('take', { when: new Date(0) }, () => null));
    expect(errorOf(() => check(tiny({ agent: withArgument, reader })))).toMatchObject({
      code: 'not-plain-data',
      message: expect.stringMatching(/argument when of take.*an instance of Date/) as string,
    });
    const withResult = once((port) => void port.op('take', {}, () => Number.POSITIVE_INFINITY));
    expect(errorOf(() => check(tiny({ agent: withResult, reader }))).message).toMatch(/the result of take/);
  });

  it('an operation without a result is told of as null', () => {
    const agent = once((port) => void port.op('nothing', {}, () => undefined));
    const seen = never((event) => event.kind === 'return' && event.result === null);
    expect(check(tiny({ agent, reader }, { properties: [seen] })).verdict).toBe('violated');
  });

  it('as a class instance in the first state, is an error', () => {
    const agent: Program = { initial: new Map() as unknown as PlainData, start: () => () => STOP };
    expect(errorOf(() => check(tiny({ agent, reader }))).code).toBe('not-plain-data');
  });

  // `structuredClone` in the walk that looks around throws its own error out of `check`.
  it('as a function in the first state, is that error, too', () => {
    const agent: Program = { initial: { f: () => 1 } as unknown as PlainData, start: () => () => STOP };
    expect(errorOf(() => check(tiny({ agent, reader }))).code).toBe('not-plain-data');
  });
});

describe('what the scenario does wrong', () => {
  it('a setup that fails is thrown as an error with its cause', () => {
    const system = tiny(
      { reader },
      {
        setup: ([port]) => {
          port?.store(locationAt('shared', 3, 32), 1, 'plain');
        },
      },
    );
    expect(() => check(system)).toThrow(TargetError);
    expect(errorOf(() => check(system))).toMatchObject({
      code: 'setup-failed',
      message: expect.stringMatching(
        /^tiny: setting up the memory failed: misaligned access: 4 bytes/,
      ) as string,
    });
  });

  it('what the setup stored is what the agents find, shared and local', () => {
    const local = locationAt('local', 4, 16);
    const system = tiny(
      {
        a: once((port) => report(port, [port.load(x, 'relaxed'), port.load(local, 'plain')])),
        b: once((port) => void port.load(x, 'relaxed')),
      },
      {
        properties: [
          never((event) => event.kind === 'call' && JSON.stringify(event.args.value) === '[4294967295,513]'),
        ],
        setup: ([port]) => {
          port?.store(x, -1, 'plain');
          port?.store(local, 0x0201, 'plain');
        },
      },
    );
    expect(check(system).verdict).toBe('violated');
  });

  it('a monitor that throws is an error that names the property and the event', () => {
    const property = {
      name: 'broken-monitor',
      title: '',
      monitor: () => ({
        words: 0,
        step: (): null => {
          throw new RangeError('oops');
        },
      }),
    };
    const agent = once((port) => {
      port.load(x, 'relaxed');
      report(port, 1);
    });
    const { verdict, error } = check(tiny({ agent, reader }, { properties: [property] }));
    expect([verdict, error?.code, error?.message]).toEqual([
      'error',
      'monitor-threw',
      'property broken-monitor threw on a call event: oops',
    ]);
  });

  // Only `step` is guarded: a look at a state at rest throws through `check`.
  it('a property that throws at a state at rest is that error, too', () => {
    const property = {
      name: 'broken-look',
      title: '',
      quiescent: () => (): null => {
        throw new RangeError('oops');
      },
    };
    expect(errorOf(() => check(tiny({ reader, again: reader }, { properties: [property] }))).code).toBe(
      'monitor-threw',
    );
  });
});

describe('accesses of different sizes to the same bytes', () => {
  const low = locationAt('shared', 0, 16);
  const whole = once((port) => {
    port.store(x, 0x0001_0002, 'relaxed');
    report(port, port.load(x, 'relaxed'));
  });
  const part = once((port) => {
    port.store(low, 7, 'relaxed');
    report(port, port.load(low, 'relaxed'));
  });

  it('mean something under sc: a part is laid over the whole', () => {
    const seen = new Set<number>();
    const collect = never((event) => {
      if (event.kind === 'call' && event.agent === 0) seen.add(event.args.value as number);
      return false;
    });
    const result = check(tiny({ whole, part }, { properties: [collect] }));
    expect(result.verdict).toBe('proved');
    expect([...seen].sort()).toEqual([0x0001_0002, 0x0001_0007]);
  });

  it('are an error under tso that names the location and says what to do', () => {
    const { code, message } = errorOf(() => check(tiny({ whole, part }), { memory: 'tso' }));
    expect(code).toBe('mixed-size');
    expect(message).toMatch(/mixed-size access: x \(4 bytes\).*--memory sc/);
  });

  // Found by the walk that looks around, before there is a search to hold the verdict: thrown out of `check`.
  it('are an error as a verdict, not as an exception', () => {
    expect(check(tiny({ whole, part }), { memory: 'tso' }).verdict).toBe('error');
  });

  it('are fine under tso as long as one agent only makes them', () => {
    const both = once((port) => {
      port.store(own, 0x0102_0304, 'relaxed');
      report(port, port.load(locationAt('shared', 14, 16), 'relaxed'));
      port.load(x, 'relaxed');
    });
    const seen = never((event) => event.kind === 'call' && event.args.value === 0x0102);
    const result = check(tiny({ both, reader }, { properties: [seen] }), { memory: 'tso' });
    expect(result.verdict).toBe('violated');
  });

  it('payload ranges that overlap, each as one access, are fine', () => {
    const agent = (from: number) =>
      once((port) => {
        port.writeRange(from, Uint8Array.of(from, from, from));
        port.readRange(16, new Uint8Array(4));
      });
    expect(check(tiny({ a: agent(16), b: agent(17) }), { memory: 'tso' }).verdict).toBe('proved');
  });
});

describe('agents without an end', () => {
  it('that poll a location nobody else reaches wait there, and the others go on', () => {
    const poller = always((port) => void port.load(own, 'relaxed'));
    const result = check(tiny({ poller, reader, again: reader }, { properties: [boundedOperation] }));
    // The readers make a grid of 3 × 3 with 12 steps; the poll is a step in each of its states.
    expect([result.verdict, result.states, result.transitions]).toEqual(['proved', 9, 21]);
  });
});
