/** The largest ratio over cycles: graphs that are drawn here, and random ones against all simple cycles. */
import { describe, expect, it } from 'vitest';
import { type WorstRatio, worstRatio, worstTotal } from '../../dist/checker/search/cycleRatio.js';
import type { StateGraph } from '../../dist/checker/search/stateGraph.js';

/** Where a transition leads, its numerator and its denominator (for totals: its weight, and nothing). */
type Step = readonly [target: number, numerator: number, denominator?: number];

function graphOf(steps: readonly (readonly Step[])[], cut: readonly number[] = []): StateGraph {
  const all = steps.flat();
  const offsets = new Uint32Array(steps.length + 1);
  steps.forEach((from, s) => {
    offsets[s + 1] = (offsets[s] ?? 0) + from.length;
  });
  return {
    states: steps.length,
    offsets,
    targets: Uint32Array.from(all, ([target]) => target),
    labels: new Uint8Array(all.length),
    cut: Uint8Array.from(steps, (_, s) => (cut.includes(s) ? 1 : 0)),
  };
}

const numerators = (steps: readonly (readonly Step[])[]): Uint8Array =>
  Uint8Array.from(steps.flat(), ([, numerator]) => numerator);
const denominators = (steps: readonly (readonly Step[])[]): Uint8Array =>
  Uint8Array.from(steps.flat(), ([, , denominator]) => denominator ?? 0);

function ratio(
  steps: readonly (readonly Step[])[],
  cut: readonly number[] = [],
  sweeps?: number,
): WorstRatio {
  return worstRatio(graphOf(steps, cut), numerators(steps), denominators(steps), sweeps);
}

function total(steps: readonly (readonly Step[])[], cut: readonly number[] = []): number | 'unbounded' {
  return worstTotal(graphOf(steps, cut), numerators(steps));
}

const bounded = (numerator: number, denominator: number): WorstRatio => ({
  kind: 'bounded',
  numerator,
  denominator,
});

describe('the largest ratio over cycles', () => {
  it('is none without a cycle, and without a cycle that carries numerator', () => {
    expect(ratio([])).toEqual({ kind: 'none' });
    // 0 -1/1-> 1 -1/0-> 2
    expect(ratio([[[1, 1, 1]], [[2, 1, 0]], []])).toEqual({ kind: 'none' });
    // 0 -0/1-> 1 -0/0-> 0, 1 -1/0-> 2
    expect(
      ratio([
        [[1, 0, 1]],
        [
          [0, 0, 0],
          [2, 1, 0],
        ],
        [],
      ]),
    ).toEqual({ kind: 'none' });
  });

  it('is unbounded if a cycle has numerator alone, be it of one state', () => {
    expect(ratio([[[0, 1, 0]]])).toEqual({ kind: 'unbounded' });
    // 0 -1/0-> 1 -0/0-> 0
    expect(ratio([[[1, 1, 0]], [[0, 0, 0]]])).toEqual({ kind: 'unbounded' });
  });

  it('is that of a loop of one state', () => {
    expect(ratio([[[0, 1, 1]]])).toEqual(bounded(1, 1));
    // 0 -1/1-> 0 is better than 0 -1/1-> 1 -0/1-> 0
    expect(
      ratio([
        [
          [0, 1, 1],
          [1, 1, 1],
        ],
        [[0, 0, 1]],
      ]),
    ).toEqual(bounded(1, 1));
  });

  it('is the better one of two cycles, in lowest terms', () => {
    // 0 -1/0-> 1 -1/1-> 2 -0/1-> 3 -0/1-> 0 (2/3), and 2 -1/1-> 0 (3/2)
    expect(ratio([[[1, 1, 0]], [[2, 1, 1]], [[3, 0, 1]], [[0, 0, 1]]])).toEqual(bounded(2, 3));
    expect(
      ratio([
        [[1, 1, 0]],
        [[2, 1, 1]],
        [
          [3, 0, 1],
          [0, 1, 1],
        ],
        [[0, 0, 1]],
      ]),
    ).toEqual(bounded(3, 2));
    // 0 -1/1-> 1 -0/1-> 2 -1/1-> 3 -0/1-> 0: 2/4
    expect(ratio([[[1, 1, 1]], [[2, 0, 1]], [[3, 1, 1]], [[0, 0, 1]]])).toEqual(bounded(1, 2));
  });

  it('passes cycles with 0 to 0 on its way', () => {
    // {0, 1} without anything, 1 -1/0-> 2 -1/0-> 3 -0/1-> 0
    expect(
      ratio([
        [[1, 0, 0]],
        [
          [0, 0, 0],
          [2, 1, 0],
        ],
        [[3, 1, 0]],
        [[0, 0, 1]],
      ]),
    ).toEqual(bounded(2, 1));
    // 0 -0/0-> 1 -0/0-> 0 and 0 -1/1-> 1: a loop of the two as one
    expect(
      ratio([
        [
          [1, 0, 0],
          [1, 1, 1],
        ],
        [[0, 0, 0]],
      ]),
    ).toEqual(bounded(1, 1));
  });

  it('leaves out states that are cut', () => {
    // 0 -1/1-> 1 -0/1-> 0, 1 -1/0-> 2 -0/1-> 1
    const steps: Step[][] = [
      [[1, 1, 1]],
      [
        [0, 0, 1],
        [2, 1, 0],
      ],
      [[1, 0, 1]],
    ];
    expect(ratio(steps)).toEqual(bounded(1, 1));
    expect(ratio(steps, [2])).toEqual(bounded(1, 2));
    expect(ratio(steps, [1])).toEqual({ kind: 'none' });
  });

  it('gives up when the sweeps are used up, and says so', () => {
    const steps: Step[][] = [[[1, 1, 1]], [[2, 0, 1]], [[0, 0, 1]]];
    expect(ratio(steps, [], 1)).toEqual({ kind: 'unknown' });
    expect(ratio(steps, [], 20)).toEqual(bounded(1, 3));
    expect(ratio([[[0, 1, 0]]], [], 0)).toEqual({ kind: 'unbounded' });
    expect(ratio([[[0, 0, 1]]], [], 0)).toEqual({ kind: 'none' });
  });

  it('is exact on a cycle of 100,001 transitions, in either direction', () => {
    const length = 100_001;
    const up = Array.from({ length }, (_, s): Step[] => [[(s + 1) % length, s % 5 === 0 ? 1 : 0, s % 2]]);
    const down = Array.from({ length }, (_, s): Step[] => [
      [(s + length - 1) % length, s % 5 === 0 ? 1 : 0, s % 2],
    ]);
    expect(ratio(up)).toEqual(bounded(20_001, 50_000));
    expect(ratio(down)).toEqual(bounded(20_001, 50_000));
  });
});

describe('the largest total of a run', () => {
  it('is that of the heaviest way, and 0 if nothing weighs', () => {
    expect(total([])).toBe(0);
    expect(total([[]])).toBe(0);
    // 0 -1-> 1 -0-> 3, 0 -0-> 2 -1-> 3 -1-> 4, 0 -1-> 2
    expect(
      total([
        [
          [1, 1],
          [2, 0],
          [2, 1],
        ],
        [[3, 0]],
        [[3, 1]],
        [[4, 1]],
        [],
      ]),
    ).toBe(3);
  });

  it('is unbounded if a cycle carries weight, even one of one state', () => {
    expect(total([[[0, 1]]])).toBe('unbounded');
    expect(total([[[1, 0]], [[2, 0]], [[1, 1]]])).toBe('unbounded');
    // 0 -0-> 1 -0-> 0, 1 -1-> 2 -0-> 2
    expect(
      total([
        [[1, 0]],
        [
          [0, 0],
          [2, 1],
        ],
        [[2, 0]],
      ]),
    ).toBe(1);
  });

  it('ends where a state is cut, and leaves out what is only behind it', () => {
    // 0 -1-> 1 -1-> 2 -1-> 1, and 2 -1-> 2
    const steps: Step[][] = [
      [[1, 1]],
      [[2, 1]],
      [
        [1, 1],
        [2, 1],
      ],
    ];
    expect(total(steps)).toBe('unbounded');
    expect(total(steps, [1])).toBe(1);
    expect(total(steps, [2])).toBe(2);
    expect(total(steps, [0])).toBe(0);
  });
});

interface Tour {
  readonly numerator: number;
  readonly denominator: number;
}

/** All simple cycles, each from its smallest state. Parallel transitions make different ones. */
function simpleCycles(steps: readonly (readonly Step[])[], isIn: (s: number) => boolean): Tour[] {
  const tours: Tour[] = [];
  const walk = (start: number, path: readonly number[], at: number, sofar: Tour): void => {
    for (const [target, numerator, denominator] of steps[at] ?? []) {
      const next = {
        numerator: sofar.numerator + numerator,
        denominator: sofar.denominator + (denominator ?? 0),
      };
      if (target === start) tours.push(next);
      else if (target > start && isIn(target) && !path.includes(target)) {
        walk(start, [...path, target], target, next);
      }
    }
  };
  for (let s = 0; s < steps.length; s++) if (isIn(s)) walk(s, [s], s, { numerator: 0, denominator: 0 });
  return tours;
}

function ratioByCycles(tours: readonly Tour[]): WorstRatio {
  const carrying = tours.filter(({ numerator }) => numerator > 0);
  if (carrying.length === 0) return { kind: 'none' };
  if (carrying.some(({ denominator }) => denominator === 0)) return { kind: 'unbounded' };
  const best = carrying.reduce((a, b) => (b.numerator / b.denominator > a.numerator / a.denominator ? b : a));
  for (let d = Math.min(best.numerator, best.denominator); d > 1; d--) {
    if (best.numerator % d === 0 && best.denominator % d === 0) {
      return bounded(best.numerator / d, best.denominator / d);
    }
  }
  return bounded(best.numerator, best.denominator);
}

/** The heaviest simple path from state 0: enough where no cycle that can be reached carries weight. */
function totalByPaths(
  steps: readonly (readonly Step[])[],
  isIn: (s: number) => boolean,
): number | 'unbounded' {
  let most = 0;
  let unbounded = false;
  const walk = (
    path: readonly { readonly state: number; readonly sum: number }[],
    at: number,
    sum: number,
  ): void => {
    most = Math.max(most, sum);
    if (!isIn(at)) return;
    const longer = [...path, { state: at, sum }];
    for (const [target, weight] of steps[at] ?? []) {
      const earlier = longer.find(({ state }) => state === target);
      if (earlier === undefined) walk(longer, target, sum + weight);
      else if (sum + weight > earlier.sum) unbounded = true;
    }
  };
  walk([], 0, 0);
  return unbounded ? 'unbounded' : most;
}

/** Numbers 0 to `below` - 1, the same ones each time. */
function randomNumbers(seed: number): (below: number) => number {
  let counter = seed;
  return (below) => {
    counter = (counter + 0x9e37_79b9) | 0;
    let x = Math.imul(counter ^ (counter >>> 16), 0x21f0_aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
    return ((x ^ (x >>> 15)) >>> 0) % below;
  };
}

describe('random graphs, against all simple cycles', () => {
  it('gives the same ratio', () => {
    const random = randomNumbers(20_261_205);
    const answers = new Map<string, number>();
    for (let run = 0; run < 8000; run++) {
      const states = 1 + random(8);
      const density = 1 + random(3);
      const seldom = 1 + random(3);
      const steps = Array.from({ length: states }, () =>
        Array.from({ length: random(density + 2) }, (): Step => {
          const numerator = random(1 + seldom) === 0 ? 1 : 0;
          return [random(states), numerator, random(8) === 0 ? 0 : random(4 - seldom) === 0 ? 1 : numerator];
        }),
      );
      const cut = random(4) === 0 ? [random(states)] : [];
      const expected = ratioByCycles(simpleCycles(steps, (s) => !cut.includes(s)));
      expect(ratio(steps, cut), `run ${run}: ${JSON.stringify({ steps, cut })}`).toEqual(expected);
      const kind = expected.kind === 'bounded' && expected.numerator !== 1 ? 'not 1/n' : expected.kind;
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
    }
    for (const kind of ['none', 'unbounded', 'bounded', 'not 1/n']) {
      expect(answers.get(kind), kind).toBeGreaterThan(300);
    }
  });

  it('gives the same ratio on rings with short cuts, where fractions are not simple', () => {
    const random = randomNumbers(20_261_206);
    const fractions = new Set<string>();
    for (let run = 0; run < 3000; run++) {
      const states = 4 + random(5);
      const steps = Array.from({ length: states }, (_, s) => {
        const step = (target: number): Step => [target, random(2), target <= s ? 1 : random(2)];
        return random(2) === 0 ? [step((s + 1) % states)] : [step((s + 1) % states), step(random(states))];
      });
      const expected = ratioByCycles(simpleCycles(steps, () => true));
      expect(ratio(steps), `run ${run}: ${JSON.stringify(steps)}`).toEqual(expected);
      if (expected.kind === 'bounded') fractions.add(`${expected.numerator}/${expected.denominator}`);
    }
    expect(fractions.size).toBeGreaterThan(15);
  });

  it('gives the same total', () => {
    const random = randomNumbers(20_261_207);
    const answers = new Map<string, number>();
    for (let run = 0; run < 6000; run++) {
      const states = 1 + random(8);
      const steps = Array.from({ length: states }, (_, s) =>
        Array.from({ length: random(4) }, (): Step => {
          // Mostly onwards, and back mostly without weight, or nearly all totals would be small or unbounded.
          const target = random(8) > 0 ? Math.min(s + 1 + random(3), states - 1) : random(states);
          return [target, target > s || random(12) === 0 ? random(2) : 0];
        }),
      );
      const cut = random(3) === 0 ? [random(states)] : [];
      const expected = totalByPaths(steps, (s) => !cut.includes(s));
      expect(total(steps, cut), `run ${run}: ${JSON.stringify({ steps, cut })}`).toBe(expected);
      const kind = expected === 'unbounded' || expected < 3 ? `${expected}` : 'more';
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
    }
    for (const kind of ['0', '1', '2', 'more', 'unbounded'])
      expect(answers.get(kind), kind).toBeGreaterThan(100);
  });
});
