/** Loops without a static bound: what a pass loaded is forgotten, and nothing else is. */

import { describe, expect, it } from 'vitest';
import { check, program, STOP } from 'vqcheck/checker';
import type { MemoryPort } from 'vqcheck/memory';
import { boundedOperation } from 'vqcheck/properties';
import { always, move, never, neverInOrder, once, outcomes, own, report, tiny, x, y } from './support.ts';

const writer = once((port) => {
  port.store(x, 1, 'relaxed');
  port.store(x, 2, 'relaxed');
  report(port, 0);
});
const reader = once((port) => void port.load(x, 'relaxed'));

describe('port.repeat', () => {
  it('keeps the positions of an agent finite that drains what another fills without end', () => {
    const filler = always((port) => port.store(x, 1, 'relaxed'));
    const drainer = always((port) => {
      port.op('drain', {}, () =>
        port.repeat<null, null>(null, () => {
          if (port.load(x, 'relaxed') === 0) return { done: null };
          port.store(x, 0, 'relaxed');
          return { again: null };
        }),
      );
    });
    for (const memory of ['sc', 'tso'] as const) {
      const result = check(tiny({ filler, drainer }, { properties: [boundedOperation] }), {
        memory,
        maxStates: 10_000,
      });
      expect(result.verdict).toBe(memory === 'sc' ? 'proved' : 'incomplete');
      // Filler: at its store. Drainer: at its load and at its store (where x is 1), in the first pass and in a later one.
      expect(result.positions).toBe(5);
      // Of the drainer's four positions the two loads come with x = 0 and 1; each state has a step of both agents.
      if (memory === 'sc') expect([result.states, result.transitions]).toEqual([6, 12]);
    }
  });

  it('does what an ordinary loop does', () => {
    const summed = (repeat: boolean) =>
      once((port) => {
        let sum = 0;
        if (repeat) {
          sum = port.repeat<{ i: number; sum: number }, number>({ i: 0, sum: 0 }, (state) => {
            if (state.i === 4) return { done: state.sum };
            return { again: { i: state.i + 1, sum: state.sum * 3 + port.load(x, 'relaxed') } };
          });
        } else {
          for (let i = 0; i < 4; i++) sum = sum * 3 + port.load(x, 'relaxed');
        }
        report(port, sum);
      });
    for (const memory of ['sc', 'tso'] as const) {
      const expected = outcomes({ a: summed(false), writer }, memory);
      // Ways to write 0 0 1 2 without going down: C(6, 2).
      expect(expected.length).toBe(15);
      expect(outcomes({ a: summed(true), writer }, memory)).toEqual(expected);
    }
  });

  it('nests, in any position of the outer pass, and one loop may follow another', () => {
    const count = 2;
    const looped = (repeat: boolean) =>
      once((port) => {
        const inner = (): number => {
          if (!repeat) {
            let sum = 0;
            for (let i = 0; i < count; i++) sum = sum * 3 + port.load(x, 'relaxed');
            return sum;
          }
          return port.repeat<readonly [number, number], number>([0, 0], ([i, sum]) =>
            i === count ? { done: sum } : { again: [i + 1, sum * 3 + port.load(x, 'relaxed')] },
          );
        };
        const pass = (sum: number): number => {
          const first = inner();
          const middle = port.load(y, 'relaxed');
          return ((sum * 9 + first) * 3 + middle) * 9 + inner();
        };
        let total = 0;
        if (repeat) {
          total = port.repeat<readonly [number, number], number>([0, 0], ([i, sum]) =>
            i === 2 ? { done: sum } : { again: [i + 1, pass(sum)] },
          );
        } else {
          for (let i = 0; i < 2; i++) total = pass(total);
        }
        report(port, [total, inner(), port.load(x, 'relaxed')]);
      });
    const both = once((port) => {
      port.store(x, 1, 'relaxed');
      port.store(y, 1, 'relaxed');
      report(port, 0);
    });
    const expected = outcomes({ a: looped(false), both }, 'sc');
    expect(expected.length).toBeGreaterThan(20);
    expect(outcomes({ a: looped(true), both }, 'sc')).toEqual(expected);
  });

  it('counts the accesses of an operation by the pass, with those before the loop', () => {
    const agent = once((port) => {
      port.op('outer', {}, () => {
        port.load(x, 'relaxed');
        port.repeat<number, null>(5, (left) => {
          for (let i = 0; i < 3; i++) port.load(x, 'relaxed');
          return left === 0 ? { done: null } : { again: left - 1 };
        });
        port.load(x, 'relaxed');
        return null;
      });
    });
    const result = check(tiny({ agent, reader }, { accessBound: 4, properties: [boundedOperation] }));
    expect([result.verdict, result.longestOperations]).toEqual(['proved', { outer: 4 }]);
    const tight = check(tiny({ reader, agent }, { accessBound: 3, properties: [boundedOperation] }));
    expect(tight.violations[0]?.message).toMatch(/outer made more than 3 accesses/);
  });

  it('keeps what dropped passes stored to a location of its own', () => {
    const agent = once((port) => {
      port.repeat<number, null>(3, (left) => {
        port.store(own, port.load(own, 'relaxed') + 1, 'relaxed');
        port.load(x, 'relaxed');
        port.store(own, port.load(own, 'relaxed') + 10, 'relaxed');
        return left === 1 ? { done: null } : { again: left - 1 };
      });
      report(port, port.load(own, 'relaxed'));
    });
    for (const merge of [true, false]) expect(outcomes({ agent, writer }, 'sc', { merge })).toEqual(['33 0']);
  });

  it('tells of what happens in a pass exactly once', () => {
    const agent = once((port) => {
      port.repeat<number, null>(3, (left) => {
        report(port, left);
        port.load(x, 'relaxed');
        report(port, -left);
        return left === 1 ? { done: null } : { again: left - 1 };
      });
      report(port, 0);
    });
    const order = neverInOrder(
      (event) => (event.kind === 'call' ? String(event.args.value) : null),
      (seen) => seen.length === 7,
    );
    const result = check(tiny({ agent, reader }, { properties: [order] }));
    expect(result.violations.map(({ message }) => message)).toEqual(['3 -3 2 -2 1 -1 0']);
    const more = neverInOrder(
      (event) => (event.kind === 'call' ? 'c' : null),
      (seen) => seen.length > 7,
    );
    expect(check(tiny({ agent, reader }, { properties: [more] })).verdict).toBe('proved');
  });

  it('retries a compare-and-swap until it fits: no increment is lost, and the space is finite', () => {
    const increment = once((port) => {
      const old = port.repeat<number, number>(0, (expected) => {
        const found = port.cas(x, expected, expected + 1, 'relaxed', 'relaxed');
        return found === expected ? { done: found } : { again: found };
      });
      report(port, old);
    });
    for (const memory of ['sc', 'tso'] as const) {
      expect(outcomes({ a: increment, b: increment, c: increment }, memory)).toEqual([
        '0 1 2',
        '0 2 1',
        '1 0 2',
        '1 2 0',
        '2 0 1',
        '2 1 0',
      ]);
    }
  });

  it('hands each pass a state of its own, which it may change', () => {
    const agent = once((port) => {
      const result = port.repeat<{ items: number[] }, number>({ items: [] }, (state) => {
        state.items.push(port.load(x, 'relaxed'));
        return state.items.length === 3 ? { done: state.items.length } : { again: state };
      });
      report(port, result);
    });
    expect(outcomes({ agent, writer }, 'sc')).toEqual(['3 0']);
  });

  // A pass that ends with a move leaves it behind for the next one to pause after; resumed, the loop has forgotten it.
  it('pauses between the move that ends a pass and the one that begins the next', () => {
    const agent = once((port) => {
      port.load(y, 'relaxed');
      port.repeat<number, null>(2, (left) => {
        move(port, 'cancel', 0, () => void port.load(x, 'relaxed'));
        move(port, 'reserve', 0, () => void port.load(x, 'relaxed'));
        return left === 0 ? { done: null } : { again: left - 1 };
      });
    });
    const toucher = once((port) => {
      port.load(x, 'relaxed');
      port.load(y, 'relaxed');
    });
    const result = check(tiny({ agent, toucher }, { withSlots: true }));
    expect([result.verdict, result.error]).toEqual(['proved', null]);
  });

  // The result is kept as the object that the target got, and handed out again after the target changed it.
  it('hands out its result anew each time the operation runs again', () => {
    const agent = once((port) => {
      const list = port.repeat<null, number[]>(null, () => ({ done: [1, 2, 3] }));
      for (let item = list.pop(); item !== undefined; item = list.pop()) port.store(y, item, 'relaxed');
      report(port, 0);
    });
    const other = once((port) => {
      report(port, port.load(y, 'relaxed'));
    });
    expect(outcomes({ agent, other }, 'sc')).toEqual(['0 0', '0 1', '0 2', '0 3']);
  });

  // Recorded as null, which is what the operation gets when it runs again.
  it('gives no result where it gave none before', () => {
    const agent = once((port) => {
      const nothing = port.repeat<null, undefined>(null, () => ({ done: undefined }));
      port.load(nothing === undefined ? x : y, 'relaxed');
      port.load(x, 'relaxed');
    });
    const both = once((port) => {
      port.load(x, 'relaxed');
      port.load(y, 'relaxed');
    });
    expect(check(tiny({ agent, both })).error).toBe(null);
  });

  /** More passes than any run of a tiny system needs: who gets there would never have come back. */
  const FOR_EVER = 20_000;
  const giveUp = (passes: number): void => {
    if (passes > FOR_EVER) throw new Error('went round for ever');
  };

  // Each pass resets the count of the operation, and none is a step: the engine itself never comes back.
  it('that goes round without a step is stopped', () => {
    const agent = once((port) => {
      let passes = 0;
      port.op('wait', {}, () =>
        port.repeat<null, null>(null, () => {
          giveUp(++passes);
          return port.load(own, 'relaxed') === 1 ? { done: null } : { again: null };
        }),
      );
    });
    const result = check(tiny({ agent, reader }, { properties: [boundedOperation] }));
    expect(result.violations.filter(({ message }) => message.includes('went round for ever'))).toEqual([]);
  });

  it('that makes no access at all is stopped', () => {
    const agent = once((port) => {
      let passes = 0;
      port.repeat<null, null>(null, () => {
        giveUp(++passes);
        return { again: null };
      });
    });
    const result = check(tiny({ agent, reader }, { properties: [boundedOperation] }));
    expect(result.violations.filter(({ message }) => message.includes('went round for ever'))).toEqual([]);
  });

  // An action is a step for the search, but returns 0 at once to the walk that looks around, which has no bound on it.
  it('that waits by an action does not hold up the walk before the search', () => {
    let most = 0;
    const agent = once((port) => {
      let passes = 0;
      port.repeat<null, null>(null, () => {
        most = Math.max(most, ++passes);
        giveUp(passes);
        return port.action('wait', 0) === 1 ? { done: null } : { again: null };
      });
    });
    expect(check(tiny({ agent, reader })).verdict).toBe('proved');
    expect(most).toBeLessThan(FOR_EVER);
  });

  // Outside any operation the count of the turn is not reset by a pass, unlike an operation's.
  it('outside any operation counts by the pass as well', () => {
    const agent = once((port) => {
      port.repeat<number, null>(60, (left) => {
        port.load(own, 'relaxed');
        return left === 0 ? { done: null } : { again: left - 1 };
      });
    });
    expect(check(tiny({ agent, reader }, { properties: [boundedOperation] })).verdict).toBe('proved');
  });

  it('is one position a state of the loop, wherever the loop stands', () => {
    const agent = program<number>(0, (port: MemoryPort) => (state) => {
      if (state === 1) return STOP;
      port.load(x, 'relaxed');
      port.repeat<null, null>(null, () => (port.load(x, 'relaxed') === 2 ? { done: null } : { again: null }));
      return 1;
    });
    const seen = never(() => false);
    const result = check(tiny({ agent, writer }, { properties: [seen] }));
    // Agent: at the first load; in the loop, entered after x was 0, 1 or 2, before its first pass or in a later one (after
    // 2 the first pass is the last); ended: 1 + 2 + 2 + 1 + 1. Writer: 2 and ended.
    expect([result.verdict, result.positions]).toEqual(['proved', 10]);
  });
});
