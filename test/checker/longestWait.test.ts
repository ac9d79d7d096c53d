/** The longest stay among given states: graphs that are drawn here, and random ones against all simple paths. */
import { describe, expect, it } from 'vitest';
import { longestStay } from '../../dist/checker/search/longestWait.js';
import type { StateGraph } from '../../dist/checker/search/stateGraph.js';

/** Where a transition leads, and its weight. */
type Step = readonly [target: number, weight: number];

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

function stay(
  steps: readonly (readonly Step[])[],
  inside: readonly number[],
  cut: readonly number[] = [],
): number | 'unbounded' {
  const weight = Uint8Array.from(steps.flat(), ([, own]) => own);
  const is = Uint8Array.from(steps, (_, s) => (inside.includes(s) ? 1 : 0));
  return longestStay(graphOf(steps, cut), is, weight);
}

describe('the longest stay', () => {
  it('is 0 where there is no inside state, or none is left', () => {
    expect(stay([], [])).toBe(0);
    expect(stay([[[1, 1]], [[0, 1]]], [])).toBe(0);
    expect(stay([[], []], [0, 1])).toBe(0);
  });

  it('counts the transition that leaves, and not the one that comes in', () => {
    // 0 -1-> 1 -1-> 2 -1-> 3 -1-> 0, inside: 1 and 2
    expect(stay([[[1, 1]], [[2, 1]], [[3, 1]], [[0, 1]]], [1, 2])).toBe(2);
  });

  it('counts a stay that ends inside', () => {
    // 0 -1-> 1 -1-> 2, all inside
    expect(stay([[[1, 1]], [[2, 1]], []], [0, 1, 2])).toBe(2);
  });

  it('ignores transitions back to the same state, and passes cycles without weight', () => {
    // 0 -0-> 1 -0-> 0, 1 -1-> 1, 1 -1-> 2 (outside), 0 -0-> 2
    expect(
      stay(
        [
          [
            [1, 0],
            [2, 0],
          ],
          [
            [0, 0],
            [1, 1],
            [2, 1],
          ],
          [],
        ],
        [0, 1],
      ),
    ).toBe(1);
  });

  it('adds up over cycles without weight', () => {
    // {0, 1} -1-> {2, 3} -1-> 4: 0 -0-> 1 -0-> 0, 0 -1-> 2, 2 -0-> 3 -0-> 2, 3 -1-> 4
    const steps: Step[][] = [
      [
        [1, 0],
        [2, 1],
      ],
      [[0, 0]],
      [[3, 0]],
      [
        [2, 0],
        [4, 1],
      ],
      [[0, 1]],
    ];
    expect(stay(steps, [0, 1, 2, 3])).toBe(2);
  });

  it('is unbounded if a cycle of two states carries weight', () => {
    // 0 -0-> 1 -1-> 0
    expect(stay([[[1, 0]], [[0, 1]]], [0, 1])).toBe('unbounded');
    expect(stay([[[1, 0]], [[0, 1]]], [1])).toBe(1);
  });

  it('ends where a state is cut', () => {
    expect(stay([[[1, 1]], [[0, 1]]], [0, 1], [1])).toBe(1);
  });

  it('is exact on a chain of 300,000 states, against the order as well', () => {
    const length = 300_000;
    const up = Array.from({ length }, (_, s): Step[] => (s + 1 < length ? [[s + 1, 1]] : []));
    // A cycle without weight at the end, so that the chain that leads down has to be walked.
    const down = Array.from({ length }, (_, s): Step[] => (s > 0 ? [[s - 1, s > 1 ? 1 : 0]] : [[1, 0]]));
    const all = Array.from({ length }, (_, s) => s);
    const inside = new Uint8Array(all.length).fill(1);
    for (const [steps, expected] of [
      [up, length - 1],
      [down, length - 2],
    ] as const) {
      const weight = Uint8Array.from(steps.flat(), ([, own]) => own);
      expect(longestStay(graphOf(steps), inside, weight)).toBe(expected);
    }
  });
});

/** The same by all simple paths; a path that comes back with more weight than 0 is a cycle that carries weight. */
function byPaths(
  steps: readonly (readonly Step[])[],
  isInside: (s: number) => boolean,
): number | 'unbounded' {
  let most = 0;
  let unbounded = false;
  const walk = (
    path: readonly { readonly state: number; readonly total: number }[],
    at: number,
    total: number,
  ) => {
    if (total > most) most = total;
    if (!isInside(at)) return;
    for (const [target, weight] of steps[at] ?? []) {
      if (target === at) continue;
      const earlier = [...path, { state: at, total }].find(({ state }) => state === target);
      if (earlier === undefined) walk([...path, { state: at, total }], target, total + weight);
      else if (total + weight > earlier.total) unbounded = true;
    }
  };
  for (let s = 0; s < steps.length; s++) if (isInside(s)) walk([], s, 0);
  return unbounded ? 'unbounded' : most;
}

describe('the longest stay in random graphs', () => {
  it('is the one that all simple paths give', () => {
    let counter = 20_261_204;
    const random = (below: number): number => {
      counter = (counter + 0x9e37_79b9) | 0;
      let x = Math.imul(counter ^ (counter >>> 16), 0x21f0_aaad);
      x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
      return ((x ^ (x >>> 15)) >>> 0) % below;
    };
    const answers = new Map<string, number>();
    for (let run = 0; run < 6000; run++) {
      const states = 1 + random(8);
      const rare = 1 + random(6);
      const steps = Array.from({ length: states }, () =>
        Array.from({ length: random(4) }, (): Step => [random(states), random(rare) === 0 ? 1 : 0]),
      );
      const inside = steps.map((_, s) => s).filter(() => random(4) > 0);
      const cut = random(3) === 0 ? [random(states)] : [];
      const expected = byPaths(steps, (s) => inside.includes(s) && !cut.includes(s));
      expect(stay(steps, inside, cut), `run ${run}: ${JSON.stringify({ steps, inside, cut })}`).toBe(
        expected,
      );
      const kind = expected === 'unbounded' || expected < 3 ? `${expected}` : 'more';
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
    }
    for (const kind of ['0', '1', '2', 'more', 'unbounded'])
      expect(answers.get(kind), kind).toBeGreaterThan(100);
  });
});
