/** Fair runs without end: graphs that are drawn here, and random ones against the definition itself. */
import { describe, expect, it } from 'vitest';
import { findFairLasso, type Lasso } from '../../dist/checker/search/fairCycle.js';
import {
  type Fairness,
  LABEL_PROGRESS,
  LABEL_RANG,
  NO_PROCESS,
  PROCESS_MASK,
  type StateGraph,
} from '../../dist/checker/search/stateGraph.js';

/** Whose transition, where it leads, and its LABEL bits. */
type Step = readonly [process: number, target: number, flags?: number];

interface Question {
  readonly inside: Uint8Array;
  readonly forbidden: number;
  readonly fairness: Fairness;
}

const P = 0;
const Q = 1;
const R = 2;
const set = (...processes: number[]): number => processes.reduce((bits, p) => bits | (1 << p), 0);

function graphOf(steps: readonly (readonly Step[])[], cut: readonly number[] = []): StateGraph {
  const all = steps.flat();
  const offsets = new Uint32Array(steps.length + 1);
  steps.forEach((from, s) => {
    offsets[s + 1] = (offsets[s] ?? 0) + from.length;
  });
  return {
    states: steps.length,
    offsets,
    targets: Uint32Array.from(all, ([, target]) => target),
    labels: Uint8Array.from(all, ([process, , flags]) => process | (flags ?? 0)),
    cut: Uint8Array.from(steps, (_, s) => (cut.includes(s) ? 1 : 0)),
  };
}

function everywhere(graph: StateGraph, fairness: Partial<Fairness>, forbidden = 0): Question {
  return {
    inside: new Uint8Array(graph.states).fill(1),
    forbidden,
    fairness: { weak: 0, strong: 0, ...fairness },
  };
}

function lassoOf(
  steps: readonly (readonly Step[])[],
  fairness: Partial<Fairness>,
  forbidden = 0,
): Lasso | null {
  const graph = graphOf(steps);
  return findFairLasso(graph, everywhere(graph, fairness, forbidden));
}

describe('a fair run without end', () => {
  it('is not in a graph without states', () => {
    expect(lassoOf([], {})).toBeNull();
  });

  it('stays in a terminal state, the first there is', () => {
    // 0 -P-> 1 -P-> 2, 0 -Q-> 3
    expect(
      lassoOf(
        [
          [
            [P, 1],
            [Q, 3],
          ],
          [[P, 2]],
          [],
          [],
        ],
        { weak: set(P, Q) },
      ),
    ).toEqual({ entry: 2, cycle: [] });
  });

  it('stays where only those can step who need not', () => {
    // 0 -P-> 1, and in 1 nobody has to take the way to 2.
    const steps: Step[][] = [
      [[P, 1]],
      [
        [NO_PROCESS, 2],
        [Q, 2],
      ],
      [],
    ];
    expect(lassoOf(steps, { weak: set(P) })).toEqual({ entry: 1, cycle: [] });
    expect(lassoOf(steps, { weak: set(P, Q) })).toEqual({ entry: 2, cycle: [] });
    // As a set of bits, the number of nobody is one as well: it must not become a process by that.
    expect(lassoOf([[[NO_PROCESS, 1]], []], { weak: -1, strong: -1 })).toEqual({ entry: 0, cycle: [] });
  });

  it('polls in one state only if nobody else is kept waiting there', () => {
    // 0 -P-> 0, 0 -Q-> 1, 1 -P-> 1
    const steps: Step[][] = [
      [
        [P, 0],
        [Q, 1],
      ],
      [[P, 1]],
    ];
    expect(lassoOf(steps, { weak: set(P, Q) })).toEqual({ entry: 1, cycle: [2] });
    expect(lassoOf(steps, { weak: set(P), strong: set(Q) })).toEqual({ entry: 1, cycle: [2] });
    expect(lassoOf(steps, { weak: set(P) })).toEqual({ entry: 0, cycle: [0] });
  });

  it('takes one loop for each process that polls in the same state', () => {
    // 0 -P-> 0 (twice), 0 -Q-> 0
    expect(
      lassoOf(
        [
          [
            [P, 0],
            [P, 0],
            [Q, 0],
          ],
        ],
        { weak: set(P), strong: set(Q) },
      ),
    ).toEqual({ entry: 0, cycle: [0, 2] });
  });

  it('may keep a weakly fair process waiting that cannot step all the time, but no strongly fair one', () => {
    // mask, try, unmask: 0 -P-> 1 -P-> 2 -P-> 0, and Q can come in at 0 only: 0 -Q-> 3, where all ends forbidden.
    const steps: Step[][] = [
      [
        [P, 1],
        [Q, 3],
      ],
      [[P, 2]],
      [[P, 0]],
      [[P, 3, LABEL_PROGRESS]],
    ];
    expect(lassoOf(steps, { weak: set(P, Q) }, LABEL_PROGRESS)).toEqual({ entry: 0, cycle: [0, 2, 3] });
    expect(lassoOf(steps, { weak: set(P), strong: set(Q) }, LABEL_PROGRESS)).toBeNull();
    expect(lassoOf(steps, { weak: set(P, Q), strong: set(Q) }, LABEL_PROGRESS)).toBeNull();
  });

  it('goes to where a weakly fair process cannot step, rather than round where it always can', () => {
    // 0 <-P-> 1, 1 <-P-> 2; Q can leave from 0 and 1, for 3 and never back.
    const steps: Step[][] = [
      [
        [P, 1],
        [Q, 3],
      ],
      [
        [P, 0],
        [P, 2],
        [Q, 3],
      ],
      [[P, 1]],
      [[P, 3, LABEL_PROGRESS]],
    ];
    expect(lassoOf(steps, { weak: set(P, Q) }, LABEL_PROGRESS)).toEqual({ entry: 0, cycle: [0, 3, 5, 2] });
  });

  it('may choose badly for ever where nobody is bound to choose well', () => {
    // 0 -choice-> 1 -P-> 0, 0 -choice-> 2 -P-> (progress) 0
    const steps: Step[][] = [
      [
        [NO_PROCESS, 1],
        [NO_PROCESS, 2],
      ],
      [[P, 0]],
      [[P, 0, LABEL_PROGRESS]],
    ];
    const graph = graphOf(steps);
    // 0 itself would do, as nobody has to choose; here it does not count, and so no cycle is left inside.
    expect(findFairLasso(graph, everywhere(graph, { weak: set(P) }))).toEqual({ entry: 0, cycle: [] });
    const inside = Uint8Array.of(0, 1, 1);
    expect(findFairLasso(graph, { ...everywhere(graph, { weak: set(P) }), inside })).toBeNull();
    // The choice as a step of P: 0 -P-> 1 or 2.
    const own: Step[][] = [
      [
        [P, 2],
        [P, 1],
      ],
      [[P, 0]],
      [[P, 0, LABEL_PROGRESS]],
    ];
    expect(lassoOf(own, { weak: set(P) }, LABEL_PROGRESS)).toEqual({ entry: 0, cycle: [1, 2] });
  });

  it('is one in which two processes make each other fail', () => {
    // P tries (1), Q tries (2), both see the other (3) and give up: 0 -P-> 1 -Q-> 3 -P-> 2 -Q-> 0; a lone one succeeds.
    const steps: Step[][] = [
      [
        [P, 1],
        [Q, 2],
      ],
      [
        [P, 0, LABEL_PROGRESS],
        [Q, 3],
      ],
      [
        [P, 3],
        [Q, 0, LABEL_PROGRESS],
      ],
      [
        [P, 2],
        [Q, 1],
      ],
    ];
    // 0 -P-> 1 -Q-> 3 -Q-> 1 ... never comes back to 0; among 1, 2, 3 both step and both fail.
    expect(lassoOf(steps, { weak: set(P, Q) }, LABEL_PROGRESS)).toEqual({ entry: 1, cycle: [3, 6, 4, 7] });
    // Q alone fails for ever only if P need not step.
    expect(lassoOf(steps, { weak: set(Q) }, LABEL_PROGRESS)).toEqual({ entry: 1, cycle: [3, 7] });
  });

  it('is found in a component that falls apart twice', () => {
    // 0 -P-> 1 -P-> 2 -P-> 3 -P-> 0, 2 -P-> 1, 3 -P-> 2. From 0, Q can leave; without 0, R can leave from 1:
    // 2 and 3 are left.
    const leave = 4;
    const steps: Step[][] = [
      [
        [P, 1],
        [Q, leave],
      ],
      [
        [P, 2],
        [R, leave],
      ],
      [
        [P, 3],
        [P, 1],
      ],
      [
        [P, 0],
        [P, 2],
      ],
      [[P, leave, LABEL_RANG]],
    ];
    const both = { weak: set(P), strong: set(Q, R) };
    expect(lassoOf(steps, both, LABEL_RANG)).toEqual({ entry: 2, cycle: [4, 7] });
    // R takes part as long as 0 is there (0 -R-> 1), and is shut out with it.
    const later: Step[][] = [
      [
        [P, 1],
        [R, 1],
        [Q, leave],
      ],
      ...steps.slice(1),
    ];
    expect(lassoOf(later, both, LABEL_RANG)).toEqual({ entry: 2, cycle: [5, 8] });
    // And if R can leave from 2 as well, nothing is left.
    const never: Step[][] = later.map((from, s) => (s === 2 ? [...from, [R, leave]] : from));
    expect(lassoOf(never, both, LABEL_RANG)).toBeNull();
  });

  it('does not come to a state that is cut', () => {
    // 0 <-P-> 1
    const steps: Step[][] = [[[P, 1]], [[P, 0]]];
    const whole = graphOf(steps);
    const cut = graphOf(steps, [1]);
    expect(findFairLasso(whole, everywhere(whole, { weak: set(P) }))).toEqual({ entry: 0, cycle: [0, 1] });
    expect(findFairLasso(cut, everywhere(cut, { weak: set(P) }))).toBeNull();
    const terminal = graphOf([[]], [0]);
    expect(findFairLasso(terminal, everywhere(terminal, {}))).toBeNull();
  });

  it('is a cycle of 200,000 states, if that is the only one', () => {
    const length = 200_000;
    const steps = Array.from({ length }, (_, s): Step[] => [[s === length / 2 ? Q : P, (s + 1) % length]]);
    const lasso = lassoOf(steps, { weak: set(P), strong: set(Q) });
    expect(lasso?.entry).toBe(0);
    expect(lasso?.cycle.length).toBe(length);
  });
});

// ---- The definition, as plainly as it can be written, on graphs of a few states.

interface Edge {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly process: number;
}

function edgesOf(graph: StateGraph): Edge[] {
  const edges: Edge[] = [];
  for (let s = 0; s < graph.states; s++) {
    for (let e = graph.offsets[s] ?? 0; e < (graph.offsets[s + 1] ?? 0); e++) {
      const process = (graph.labels[e] ?? 0) & PROCESS_MASK;
      edges.push({ number: e, from: s, to: graph.targets[e] ?? 0, process });
    }
  }
  return edges;
}

class Definition {
  readonly graph: StateGraph;
  readonly edges: readonly Edge[];
  readonly allowed: readonly Edge[];
  readonly question: Question;

  constructor(graph: StateGraph, question: Question) {
    this.graph = graph;
    this.question = question;
    this.edges = edgesOf(graph);
    this.allowed = this.edges.filter(
      ({ number, from, to }) =>
        this.isInside(from) && this.isInside(to) && ((graph.labels[number] ?? 0) & question.forbidden) === 0,
    );
  }

  isInside(s: number): boolean {
    return this.question.inside[s] === 1 && this.graph.cut[s] === 0;
  }

  /** Is a run fair that visits just these states again and again, and takes the steps of just these processes? */
  isFair(states: ReadonlySet<number>, stepping: ReadonlySet<number>): boolean {
    const { weak, strong } = this.question.fairness;
    for (let p = 0; p < NO_PROCESS; p++) {
      const can = [...states].filter((s) => this.edges.some((e) => e.from === s && e.process === p));
      const must =
        (((weak >>> p) & 1) === 1 && can.length === states.size) ||
        (((strong >>> p) & 1) === 1 && can.length > 0);
      if (must && !stepping.has(p)) return false;
    }
    return true;
  }

  /** The smallest state of any fair set of states that is strongly connected, or of one where a run may stay. */
  smallestEntry(): number | undefined {
    let smallest: number | undefined;
    for (let bits = 1; bits < 2 ** this.graph.states; bits++) {
      const states = new Set<number>();
      for (let s = 0; s < this.graph.states; s++) if (((bits >>> s) & 1) === 1) states.add(s);
      if (![...states].every((s) => this.isInside(s))) continue;
      const edges = this.allowed.filter((e) => states.has(e.from) && states.has(e.to));
      const cycles = edges.length > 0 && [...states].every((s) => reach(s, edges).size === states.size);
      const stays = states.size === 1 && this.isFair(states, new Set());
      if (!stays && !(cycles && this.isFair(states, new Set(edges.map((e) => e.process))))) continue;
      const first = Math.min(...states);
      if (smallest === undefined || first < smallest) smallest = first;
    }
    return smallest;
  }

  /** How many transitions a fair cycle from the entry has at least; 0 if the run may stay. */
  shortest(entry: number): number | undefined {
    if (this.isFair(new Set([entry]), new Set())) return 0;
    type Walk = { at: number; states: ReadonlySet<number>; stepping: ReadonlySet<number> };
    const seen = new Set<string>();
    let walks: Walk[] = [{ at: entry, states: new Set([entry]), stepping: new Set() }];
    for (let length = 1; walks.length > 0; length++) {
      const next: Walk[] = [];
      for (const { at, states, stepping } of walks) {
        for (const { from, to, process } of this.allowed) {
          if (from !== at) continue;
          const walk = {
            at: to,
            states: new Set([...states, to]),
            stepping: new Set([...stepping, process]),
          };
          const key = [to, [...walk.states].sort(), [...walk.stepping].sort()].join(' / ');
          if (seen.has(key)) continue;
          seen.add(key);
          if (to === entry && this.isFair(walk.states, walk.stepping)) return length;
          next.push(walk);
        }
      }
      walks = next;
    }
    return undefined;
  }

  /** What is wrong with a lasso, if anything is. */
  fault(lasso: Lasso): string | undefined {
    const states = new Set([lasso.entry]);
    const stepping = new Set<number>();
    let at = lasso.entry;
    if (!this.isInside(at)) return 'the entry is outside';
    for (const number of lasso.cycle) {
      const edge = this.allowed.find((e) => e.number === number);
      if (edge === undefined) return `transition ${number} is not allowed`;
      if (edge.from !== at) return `transition ${number} does not start in ${at}`;
      at = edge.to;
      states.add(at);
      stepping.add(edge.process);
    }
    if (at !== lasso.entry) return `ends in ${at}`;
    return this.isFair(states, stepping) ? undefined : 'unfair';
  }
}

function reach(from: number, edges: readonly Edge[]): ReadonlySet<number> {
  const reached = new Set([from]);
  for (const s of reached) for (const e of edges) if (e.from === s) reached.add(e.to);
  return reached;
}

/** Numbers 0 to `below` - 1, the same ones each time (a 32-bit multiplicative mix of a counter). */
function randomNumbers(seed: number): (below: number) => number {
  let counter = seed;
  return (below) => {
    counter = (counter + 0x9e37_79b9) | 0;
    let x = Math.imul(counter ^ (counter >>> 16), 0x21f0_aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
    return ((x ^ (x >>> 15)) >>> 0) % below;
  };
}

describe('random graphs, against the definition', () => {
  it('gives the smallest entry there is, and a shortest fair cycle from it', () => {
    const random = randomNumbers(20_261_201);
    const kinds = { none: 0, stay: 0, loops: 0, several: 0 };
    for (let run = 0; run < 6000; run++) {
      const states = 1 + random(8);
      const processes = 3 + random(2);
      const density = 1 + random(3);
      const steps = Array.from({ length: states }, () =>
        Array.from({ length: random(density + 2) }, (): Step => {
          const process = random(12) === 0 ? NO_PROCESS : random(processes);
          return [process, random(states), random(6) === 0 ? LABEL_PROGRESS : 0];
        }),
      );
      const cut = random(4) === 0 ? [random(states)] : [];
      const graph = graphOf(steps, cut);
      const question = {
        inside: Uint8Array.from({ length: states }, () => (random(8) === 0 ? 0 : 1)),
        forbidden: random(2) === 0 ? LABEL_PROGRESS : 0,
        fairness: { weak: random(16), strong: random(16) & random(16) },
      };
      const definition = new Definition(graph, question);
      const lasso = findFairLasso(graph, question);
      const story = `run ${run}: ${JSON.stringify({ steps, cut, question, lasso })}`;
      expect(lasso?.entry, story).toBe(definition.smallestEntry());
      if (lasso === null) {
        kinds.none++;
        continue;
      }
      expect(definition.fault(lasso), story).toBeUndefined();
      if (lasso.cycle.every((e) => graph.targets[e] === lasso.entry)) {
        // Loops alone are preferred: one for each process that can step.
        if (lasso.cycle.length === 0) kinds.stay++;
        else kinds.loops++;
        const whose = lasso.cycle.map((e) => (graph.labels[e] ?? 0) & PROCESS_MASK);
        expect(new Set(whose).size, story).toBe(whose.length);
        if (definition.isFair(new Set([lasso.entry]), new Set())) expect(whose, story).toEqual([]);
      } else {
        kinds.several++;
        expect(lasso.cycle.length, story).toBe(definition.shortest(lasso.entry));
      }
    }
    // Each kind of answer is frequent, so none is compared in vain.
    for (const [kind, count] of Object.entries(kinds)) expect(count, kind).toBeGreaterThan(400);
  });

  it('finds cycles of several states that strongly fair processes make hard to find', () => {
    const random = randomNumbers(20_261_202);
    let several = 0;
    let none = 0;
    for (let run = 0; run < 3000; run++) {
      // A ring of P that nobody leaves, with transitions of others across it: few of them allowed.
      const states = 4 + random(5);
      const steps = Array.from({ length: states }, (_, s) => {
        const from: Step[] = [[P, (s + 1) % states]];
        if (random(2) === 0) from.push([P, random(states)]);
        if (random(2) === 0) from.push([1 + random(3), random(states), random(2) === 0 ? LABEL_PROGRESS : 0]);
        return from;
      });
      const graph = graphOf(steps);
      const question = everywhere(graph, { weak: set(P), strong: random(8) << 1 }, LABEL_PROGRESS);
      const definition = new Definition(graph, question);
      const lasso = findFairLasso(graph, question);
      const story = `run ${run}: ${JSON.stringify({ steps, question, lasso })}`;
      expect(lasso?.entry, story).toBe(definition.smallestEntry());
      if (lasso === null) {
        none++;
        continue;
      }
      expect(definition.fault(lasso), story).toBeUndefined();
      if (lasso.cycle.some((e) => graph.targets[e] !== lasso.entry)) {
        several++;
        expect(lasso.cycle.length, story).toBe(definition.shortest(lasso.entry));
      }
    }
    expect(several).toBeGreaterThan(1000);
    expect(none).toBeGreaterThan(50);
  });

  it('meets duties one after the other where they are too many for a shortest cycle', () => {
    const random = randomNumbers(20_261_203);
    for (let run = 0; run < 500; run++) {
      const states = 8 + random(8);
      // A ring, so that all can be met; two transitions across it per state; up to 31 processes.
      const steps = Array.from({ length: states }, (_, s): Step[] => [
        [random(31), (s + 1) % states],
        [random(31), random(states)],
        [random(31), random(states)],
      ]);
      const graph = graphOf(steps);
      const strong = 0x7fff_ffff & ~(1 << random(31));
      const question = everywhere(graph, { weak: 0x7fff_ffff, strong });
      const lasso = findFairLasso(graph, question);
      const story = `run ${run}: ${JSON.stringify({ steps, question, lasso })}`;
      expect(lasso?.entry, story).toBe(0);
      if (lasso !== null) expect(new Definition(graph, question).fault(lasso), story).toBeUndefined();
    }
  });
});
