/** The step function and both memory models on systems so small that every state is listed by hand. */

import { describe, expect, it } from 'vitest';
import { check } from 'vqcheck/checker';
import { locationAt } from 'vqcheck/memory';
import { always, loads, local, never, once, outcomes, report, tiny, x, y } from './support.ts';

/** What is counted exactly. */
function counts(...args: Parameters<typeof check>): readonly (string | number)[] {
  const { verdict, states, transitions, depth } = check(...args);
  return [verdict, states, transitions, depth];
}

describe('interleavings, counted by hand', () => {
  // Two agents load x twice. Positions of each: before the first load, before the second, ended. 3 × 3 states; each
  // of an agent's 2 steps can come at each of the other's 3 positions: 2 × 2 × 3 transitions; the last is 4 steps away.
  it('two agents of two loads each make a grid of 9 states', () => {
    const reader = once((port) => loads(port, x, x));
    expect(counts(tiny({ a: reader, b: reader }))).toEqual(['proved', 9, 12, 4]);
  });

  // A stores x = 1, then 2: positions a0 a1 a2, which say what x holds. B loads x twice: b0, b1(v) after it read v,
  // end. States: (a, b0) 3; (a, b1(v)) with v ≤ a: 1 + 2 + 3; (a, end) 3. Steps of A: from a0 and a1 with b0 2, with
  // b1 1 + 2, with end 2. Steps of B: from b0 3, from b1 6.
  it('two stores against two loads make 12 states', () => {
    const writer = once((port) => {
      port.store(x, 1, 'relaxed');
      port.store(x, 2, 'relaxed');
    });
    const reader = once((port) => loads(port, x, x));
    expect(counts(tiny({ a: writer, b: reader }))).toEqual(['proved', 12, 16, 4]);
  });

  // One store against one load under tso. A: before, waiting, drained; B: before, ended. 3 × 2 states. Store 2, drain 2,
  // load 3.
  it('one store against one load under tso make 6 states', () => {
    const system = tiny({
      a: once((port) => port.store(x, 1, 'relaxed')),
      b: once((port) => loads(port, x)),
    });
    expect(counts(system, { memory: 'tso' })).toEqual(['proved', 6, 7, 3]);
    expect(counts(system, { memory: 'sc' })).toEqual(['proved', 4, 4, 2]);
  });

  // A's two stores under tso, B loads once. Of A and its buffer: (a0, -), (a1, 1), (a1, -), (a2, 1 2), (a2, 2), (a2, -): 6,
  // times B's 2. Stores: a0→a1 and twice a1→a2, drains: (1), (1 2), (2): 6 transitions × 2, and 6 loads.
  it('two stores in a buffer drain in their order, one step each', () => {
    const system = tiny({
      a: once((port) => {
        port.store(x, 1, 'relaxed');
        port.store(x, 2, 'relaxed');
      }),
      b: once((port) => loads(port, x)),
    });
    const result = check(system, { memory: 'tso' });
    expect([result.states, result.transitions, result.depth, result.deepestBuffer]).toEqual([12, 18, 5, 2]);
  });

  // Both poll x for ever: one state, from which two steps lead back to it.
  it('polls in vain are transitions, but lead to no new state', () => {
    const poll = always((port) => loads(port, x));
    expect(counts(tiny({ a: poll, b: poll }))).toEqual(['proved', 1, 2, 0]);
  });

  // Reads of two agents do not depend on each other, so all 6 orders of the 4 steps exist: seen by a monitor that
  // keeps the whole order. Its states make a tree: 1 + 2 + 4 + 6 + 6 = 19.
  it('explores every order of the steps, as a monitor that remembers them shows', () => {
    const orders = new Set<string>();
    const agent = (name: string) =>
      once((port) => {
        loads(port, x);
        report(port, `${name}1`);
        loads(port, x);
        report(port, `${name}2`);
      });
    const result = check(
      tiny(
        { a: agent('a'), b: agent('b') },
        {
          properties: [
            {
              name: 'orders',
              title: '',
              monitor: () => {
                const texts = [''];
                return {
                  words: 1,
                  step(words, event) {
                    if (event.kind !== 'call') return null;
                    const text = `${texts[words.get(0)] ?? '?'}${event.args.value}`;
                    if (text.length === 8) orders.add(text);
                    if (!texts.includes(text)) texts.push(text);
                    words.set(0, texts.indexOf(text));
                    return null;
                  },
                };
              },
            },
          ],
        },
      ),
    );
    expect([...orders].sort()).toEqual([
      'a1a2b1b2',
      'a1b1a2b2',
      'a1b1b2a2',
      'b1a1a2b2',
      'b1a1b2a2',
      'b1b2a1a2',
    ]);
    expect(result.states).toBe(19);
  });
});

describe('litmus shapes', () => {
  const storeBuffering = (between: 'nothing' | 'fence' | 'acq_rel' | 'rmw' | 'cas' | 'seq_cst store') => {
    const side = (mine: typeof x, other: typeof x) =>
      once((port) => {
        port.store(mine, 1, between === 'seq_cst store' ? 'seq_cst' : 'relaxed');
        if (between === 'fence') port.fence('seq_cst');
        if (between === 'acq_rel') port.fence('acq_rel');
        // On the word that was just stored, which two agents reach.
        if (between === 'rmw') port.rmw(mine, 'or', 0, 'relaxed');
        if (between === 'cas') port.cas(mine, 77, 0, 'relaxed', 'relaxed');
        report(port, port.load(other, 'relaxed'));
      });
    return { a: side(x, y), b: side(y, x) };
  };
  const ALL = ['0 0', '0 1', '1 0', '1 1'];
  const WITHOUT_BOTH_OLD = ['0 1', '1 0', '1 1'];

  it('store buffering: both loads miss the other store under tso, never under sc', () => {
    expect(outcomes(storeBuffering('nothing'), 'tso')).toEqual(ALL);
    expect(outcomes(storeBuffering('nothing'), 'sc')).toEqual(WITHOUT_BOTH_OLD);
  });

  it.each(['fence', 'rmw', 'cas', 'seq_cst store'] as const)(
    'store buffering with a %s in between is forbidden under tso',
    (between) => {
      expect(outcomes(storeBuffering(between), 'tso')).toEqual(WITHOUT_BOTH_OLD);
    },
  );

  it('an acquire-release fence does not drain the buffer', () => {
    expect(outcomes(storeBuffering('acq_rel'), 'tso')).toEqual(ALL);
  });

  it('the outcome is reported as a violation, with a shortest schedule, by a property that forbids it', () => {
    const both = (event: { kind: string; operation?: unknown }): boolean =>
      event.kind === 'call' && event.operation === 'report';
    // Stores 2, loads 2: nothing need drain.
    let reported = 0;
    const system = tiny(storeBuffering('nothing'), {
      properties: [
        {
          name: 'no-both-old',
          title: '',
          monitor: () => ({
            words: 1,
            step(words, event) {
              if (!both(event) || event.kind !== 'call' || event.args.value !== 0) return null;
              words.set(0, words.get(0) + 1);
              reported++;
              return words.get(0) === 2 ? 'both loads missed' : null;
            },
          }),
        },
      ],
    });
    const result = check(system, { memory: 'tso' });
    expect(result.verdict).toBe('violated');
    expect(
      result.violations.map(({ property, message, schedule }) => [property, message, schedule.length]),
    ).toEqual([['no-both-old', 'both loads missed', 4]]);
    expect(reported).toBeGreaterThan(0);
    expect(check(system, { memory: 'sc' }).verdict).toBe('proved');
  });

  it('message passing: the flag is never seen before the data, under either model', () => {
    const system = {
      a: once((port) => {
        port.store(x, 1, 'relaxed');
        port.store(y, 1, 'relaxed');
        report(port, 0);
      }),
      b: once((port) => {
        const flag = port.load(y, 'relaxed');
        report(port, [flag, port.load(x, 'relaxed')]);
      }),
    };
    expect(outcomes(system, 'tso')).toEqual(['0 [0,0]', '0 [0,1]', '0 [1,1]']);
    expect(outcomes(system, 'sc')).toEqual(['0 [0,0]', '0 [0,1]', '0 [1,1]']);
  });

  it('independent reads of independent writes agree on an order, and load buffering does not happen', () => {
    const iriw = {
      a: once((port) => {
        port.store(x, 1, 'relaxed');
        report(port, 0);
      }),
      b: once((port) => {
        port.store(y, 1, 'relaxed');
        report(port, 0);
      }),
      c: once((port) => report(port, loads(port, x, y))),
      d: once((port) => report(port, loads(port, y, x))),
    };
    const seen = outcomes(iriw, 'tso');
    expect(seen).not.toContain('0 0 [1,0] [1,0]');
    expect(seen.length).toBe(15);
    const buffering = {
      a: once((port) => {
        const r = port.load(x, 'relaxed');
        port.store(y, 1, 'relaxed');
        report(port, r);
      }),
      b: once((port) => {
        const r = port.load(y, 'relaxed');
        port.store(x, 1, 'relaxed');
        report(port, r);
      }),
    };
    expect(outcomes(buffering, 'tso')).toEqual(['0 0', '0 1', '1 0']);
  });

  it('a core reads its own store early, before anyone else can', () => {
    // SB with forwarding (n6 of Owens, Sarkar, Sewell): A reads its own x = 1, then y = 0, and still x ends as 1.
    const system = {
      a: once((port) => {
        port.store(x, 1, 'relaxed');
        report(port, loads(port, x, y));
      }),
      b: once((port) => {
        port.store(y, 2, 'relaxed');
        port.store(x, 2, 'relaxed');
        report(port, loads(port, x));
      }),
    };
    const tso = outcomes(system, 'tso');
    const sc = outcomes(system, 'sc');
    // Under sc, [1,0] means that both of A's loads came before B's stores: then B, whose store came last, reads 2.
    expect(sc).toEqual(['[1,0] [2]', '[1,2] [1]', '[1,2] [2]', '[2,2] [2]']);
    // Under tso A's store may drain after B's last one: B reads 1 although A, before it, had read y = 0.
    expect(tso).toEqual(['[1,0] [1]', '[1,0] [2]', '[1,2] [1]', '[1,2] [2]', '[2,2] [2]']);
  });

  it('a waiting store that covers a part of a cell is laid over what memory holds', () => {
    const buffer = 16;
    const system = {
      a: once((port) => {
        port.writeRange(buffer + 2, Uint8Array.of(7, 8));
        port.writeRange(buffer + 3, Uint8Array.of(9));
        const into = new Uint8Array(6);
        port.readRange(buffer, into);
        report(port, [...into]);
      }),
      b: once((port) => {
        port.writeRange(buffer, Uint8Array.of(1, 2, 3, 4, 5, 6));
        report(port, 0);
      }),
    };
    const own = outcomes(system, 'tso');
    // A's own bytes are seen at once unless B's store came between its stores and the read, with A's drained before it.
    expect(own).toEqual(['[0,0,7,9,0,0] 0', '[1,2,3,4,5,6] 0', '[1,2,3,9,5,6] 0', '[1,2,7,9,5,6] 0']);
    expect(outcomes(system, 'sc')).toEqual(own);
  });

  it('a read-modify-write waits until the buffer is empty, then acts on memory at once', () => {
    // A: store y, then rmw x. States of A and its buffer: (before, -), (at rmw, 1), (at rmw, -), (end, -): the rmw is
    // not possible while the store waits. B loads x once: × 2, and the value it read is forgotten.
    const system = tiny({
      a: once((port) => {
        port.store(y, 1, 'relaxed');
        port.rmw(x, 'add', 1, 'relaxed');
      }),
      b: once((port) => loads(port, x, y)),
    });
    const result = check(system, { memory: 'tso' });
    // B: before, after reading x = 0 (any of A's 4), after reading x = 1 (A ended only), ended: 4 + 4 + 1 + 4.
    expect([result.verdict, result.states, result.deepestBuffer]).toEqual(['proved', 13, 1]);
  });

  it('a failing compare-and-swap stores nothing, and a fitting one does, at any width', () => {
    const byte = locationAt('shared', 5, 8);
    const wide = locationAt('shared', 8, 64);
    const system = {
      a: once((port) => {
        const first = port.cas(x, 5, 6, 'relaxed', 'relaxed');
        const second = port.cas(x, 0, 6, 'relaxed', 'relaxed');
        const narrow = port.rmw(byte, 'sub', 1, 'relaxed');
        const big = port.rmw(wide, 'add', 2 ** 40, 'relaxed');
        report(port, [
          first,
          second,
          port.load(x, 'relaxed'),
          narrow,
          port.load(byte, 'relaxed'),
          big,
          port.load(wide, 'relaxed'),
        ]);
      }),
      b: once((port) => {
        loads(port, x, byte, wide);
        report(port, 0);
      }),
    };
    for (const merge of [true, false]) {
      for (const memory of ['sc', 'tso'] as const) {
        expect(outcomes(system, memory, { merge })).toEqual([`[0,0,6,0,255,0,${2 ** 40}] 0`]);
      }
    }
  });

  it('no increment is lost by read-modify-writes, and one may be lost by loads and stores', () => {
    const atomic = once((port) => report(port, port.rmw(x, 'add', 1, 'relaxed')));
    expect(outcomes({ a: atomic, b: atomic }, 'tso')).toEqual(['0 1', '1 0']);
    const plain = once((port) => {
      const value = port.load(x, 'relaxed');
      port.store(x, value + 1, 'relaxed');
      report(port, value);
    });
    expect(outcomes({ a: plain, b: plain }, 'sc')).toEqual(['0 0', '0 1', '1 0']);
  });

  it('a full buffer makes the verdict incomplete, and says how deep it was', () => {
    const writer = once((port) => {
      for (let i = 1; i <= 3; i++) port.store(x, i, 'relaxed');
    });
    const reader = once((port) => loads(port, x));
    const shallow = check(tiny({ a: writer, b: reader }, { bufferDepth: 2 }), { memory: 'tso' });
    expect(shallow).toMatchObject({
      verdict: 'incomplete',
      incomplete: { kind: 'buffer', depth: 2 },
      bufferDepth: 2,
      deepestBuffer: 2,
    });
    const deep = check(tiny({ a: writer, b: reader }, { bufferDepth: 3 }), { memory: 'tso' });
    expect(deep).toMatchObject({ verdict: 'proved', incomplete: null, bufferDepth: 3, deepestBuffer: 3 });
  });

  it('a violation is found beyond a full buffer, too', () => {
    const system = tiny(
      {
        a: once((port) => {
          port.store(x, 1, 'relaxed');
          port.store(x, 2, 'relaxed');
        }),
        b: once((port) => report(port, port.load(x, 'relaxed'))),
      },
      { bufferDepth: 1, properties: [never((event) => event.kind === 'call' && event.args.value === 2)] },
    );
    expect(check(system, { memory: 'tso' }).verdict).toBe('violated');
  });

  it('two agents of one core share its store buffer, and see the core-local memory in program order', () => {
    const system = {
      task: once((port) => {
        port.store(x, 1, 'relaxed');
        port.store(local, 1, 'plain');
        report(port, port.load(y, 'relaxed'));
      }),
      isr: once((port) => {
        // Whoever sees the core-local word has the store to x before it: in the same buffer.
        const flag = port.load(local, 'plain');
        report(port, [flag, port.load(x, 'relaxed')]);
      }),
      other: once((port) => {
        port.store(y, 1, 'relaxed');
        report(port, port.load(x, 'relaxed'));
      }),
    };
    const together = outcomes(system, 'tso', { coreOf: [0, 0, 1] });
    expect(together.filter((text) => text.includes('[1,0]'))).toEqual([]);
    // On the task's core the store is seen while the other core still misses it.
    expect(together).toContain('0 [1,1] 0');
    expect(together).toContain('0 [0,1] 0');
  });

  it('core-local memory of two cores are two memories', () => {
    const agent = (value: number) =>
      once((port) => {
        port.store(local, value, 'plain');
        report(port, port.load(local, 'plain'));
      });
    expect(outcomes({ a: agent(1), b: agent(2) }, 'tso')).toEqual(['1 2']);
    // Of one core, they are one.
    expect(outcomes({ a: agent(1), b: agent(2) }, 'tso', { coreOf: [0, 0] })).toEqual(['1 1', '1 2', '2 2']);
  });
});
