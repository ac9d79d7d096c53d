/**
 * How much of one thing runs without end can have per one of another: doorbells per buffer, for example. An exact
 * fraction, not an estimate.
 */
import { heaviestPaths } from './longestWait.ts';
import { components, stillIn, trim } from './scc.ts';
import type { StateGraph } from './stateGraph.ts';

/** The largest ratio of two sums over a cycle, as far as it is known. */
export type WorstRatio =
  /** No cycle carries any numerator: there is no cycle, or the ratio is 0 on each (or 0 to 0). */
  | { readonly kind: 'none' }
  /** The largest ratio, which some cycle has: a fraction in lowest terms, both parts 1 or more. */
  | { readonly kind: 'bounded'; readonly numerator: number; readonly denominator: number }
  /** Some cycle carries numerator, and no denominator. */
  | { readonly kind: 'unbounded' }
  /** Not found with so many sweeps. It is not 'none', and not 'unbounded'. */
  | { readonly kind: 'unknown' };

const DEFAULT_SWEEPS = 2000;
/** Cycles among the parents are looked for at the latest after so many sweeps. */
const SWEEPS_UNSEARCHED = 8;
const NUMERATOR = 2;
const DENOMINATOR = 1;
const NO_PARENT = 0xffff_ffff;

/**
 * The supremum of (sum of numerator) / (sum of denominator) over all cycles of the graph without its cut states, a
 * transition back to its own state among them. Cycles with 0 to 0 do not count.
 *
 * `numerator` and `denominator` hold 0 or 1 per transition. Exact up to some 20 million states (sums stay below 2^53).
 * Linear time for 'none' and 'unbounded'. Otherwise each sweep costs at most O(states + transitions) of the components
 * that carry numerator; after `sweepBudget` sweeps altogether the answer is 'unknown'.
 *
 * Dinkelbach's method: no cycle is better than p/q if and only if none is positive under q * numerator - p *
 * denominator, and a positive one gives the next p/q.
 */
export function worstRatio(
  graph: StateGraph,
  numerator: Uint8Array,
  denominator: Uint8Array,
  sweepBudget: number = DEFAULT_SWEEPS,
): WorstRatio {
  const { offsets, targets } = graph;
  const states = graph.cut.map((cut) => (cut === 0 ? 1 : 0));
  let atLeastOne = false;
  // Loops of one state first; the rest is about cycles of several. Every index is a state or a transition of the graph.
  for (let s = 0; s < graph.states; s++) {
    if (states[s] === 0) continue;
    for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
      if (targets[e] !== s || numerator[e] === 0) continue;
      if (denominator[e] === 0) return { kind: 'unbounded' };
      atLeastOne = true;
    }
  }

  const all = { states, marks: numerator, barred: 0 };
  const kept = trim(graph, all);
  const outer = new Int32Array(graph.states);
  const finished = new Uint32Array(kept.length);
  let relevant = 0;
  const judge = (members: Uint32Array, from: number, to: number): boolean => {
    if (carries(graph, numerator, outer, members, from, to)) relevant += to - from;
    else for (let i = from; i < to; i++) states[members[i] as number] = 0;
    return true;
  };
  components(graph, all, kept, outer, 0, judge, finished);
  if (relevant === 0)
    return atLeastOne ? { kind: 'bounded', numerator: 1, denominator: 1 } : { kind: 'none' };

  // States that can reach each other without denominator become one node: what is between them is 0 to 0. Taking the
  // roots as they were finished keeps most other arcs leading upwards as well: on a ring of 100,001 states five sweeps
  // are enough, where one per denominator was needed before.
  const roots = stillIn(finished, states);
  const inner = new Int32Array(graph.states);
  const grouped = new Uint32Array(relevant);
  let place = 0;
  let free = false;
  const nodes = components(
    graph,
    { states, marks: denominator, barred: 1 },
    roots,
    inner,
    0,
    (members, from, to) => {
      const number = inner[members[from] as number];
      for (let i = from; i < to; i++) {
        const s = members[i] as number;
        grouped[place++] = s;
        for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
          if (numerator[e] === 0 || denominator[e] !== 0) continue;
          if (inner[targets[e] as number] === number) free = true;
        }
      }
      return !free;
    },
  );
  if (free) return { kind: 'unbounded' };
  return dinkelbach(condensed(graph, numerator, denominator, { outer, inner, grouped, nodes }), {
    atLeastOne,
    sweepBudget,
  });
}

/** Whether a transition inside the component has the mark. */
function carries(
  graph: StateGraph,
  marks: Uint8Array,
  component: Int32Array,
  members: Uint32Array,
  from: number,
  to: number,
): boolean {
  if (to - from < 2) return false;
  const number = component[members[from] as number];
  for (let i = from; i < to; i++) {
    const s = members[i] as number;
    for (let e = graph.offsets[s] as number, end = graph.offsets[s + 1] as number; e < end; e++) {
      if (marks[e] !== 0 && component[graph.targets[e] as number] === number) return true;
    }
  }
  return false;
}

/** A graph whose nodes are numbered so that all arcs without denominator lead upwards. */
interface Condensed {
  readonly nodes: number;
  /** Some arc from a node to itself has numerator (and then denominator as well). */
  readonly loop: boolean;
  /** The arcs of node v, those to itself left out, are `arcs[offsets[v]..offsets[v + 1] - 1]`. */
  readonly offsets: Uint32Array;
  /** Target * 4, and the bits NUMERATOR and DENOMINATOR. */
  readonly arcs: Uint32Array;
}

interface Grouping {
  /** Per state: the component with all transitions. Arcs from one to another are on no cycle. */
  readonly outer: Int32Array;
  /** Per state: the component without denominators, -1 for the one found first. */
  readonly inner: Int32Array;
  /** The states, those of each inner component together, in the order in which these were found. */
  readonly grouped: Uint32Array;
  /** How many inner components there are. */
  readonly nodes: number;
}

function condensed(
  graph: StateGraph,
  numerator: Uint8Array,
  denominator: Uint8Array,
  { outer, inner, grouped, nodes }: Grouping,
): Condensed {
  const offsets = new Uint32Array(nodes + 1);
  let loop = false;
  let arcs = new Uint32Array(0);
  // Twice over the same arcs: counting them, then storing them. Components were found from the last to the first.
  for (const storing of [false, true]) {
    let count = 0;
    let node = -1;
    for (let i = grouped.length - 1; i >= 0; i--) {
      const s = grouped[i] as number;
      const v = nodes + (inner[s] as number);
      if (v !== node) offsets[v] = count;
      node = v;
      for (let e = graph.offsets[s] as number, end = graph.offsets[s + 1] as number; e < end; e++) {
        const t = graph.targets[e] as number;
        // A state that was left out has the number of another outer component, or none.
        if (outer[t] !== outer[s]) continue;
        const to = nodes + (inner[t] as number);
        if (to === v) {
          if (numerator[e] !== 0) loop = true;
          continue;
        }
        if (storing) {
          arcs[count] =
            to * 4 + (numerator[e] === 0 ? 0 : NUMERATOR) + (denominator[e] === 0 ? 0 : DENOMINATOR);
        }
        count++;
      }
    }
    offsets[nodes] = count;
    if (!storing) arcs = new Uint32Array(count);
  }
  return { nodes, loop, offsets, arcs };
}

interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

function dinkelbach(
  graph: Condensed,
  { atLeastOne, sweepBudget }: { readonly atLeastOne: boolean; readonly sweepBudget: number },
): WorstRatio {
  const { nodes, offsets, arcs } = graph;
  // Arcs from a node to itself have a ratio of 1 at the most: as a first guess they are done with.
  let best: Fraction = { numerator: atLeastOne || graph.loop ? 1 : 0, denominator: 1 };
  // Doubles, because a total may be as large as (number of states)^2.
  const total = new Float64Array(nodes);
  const changed = new Uint8Array(nodes);
  const parents = { node: new Uint32Array(nodes), arc: new Uint8Array(nodes) };
  const visited = new Uint32Array(nodes);
  let sweeps = 0;
  search: for (;;) {
    const gain = [0, -best.numerator, best.denominator, best.denominator - best.numerator];
    total.fill(0);
    changed.fill(1);
    parents.node.fill(NO_PARENT);
    let raised = 0;
    let unsearched = 0;
    for (;;) {
      if (sweeps++ >= sweepBudget) return { kind: 'unknown' };
      const raisedBefore = raised;
      for (let v = 0; v < nodes; v++) {
        if (changed[v] === 0) continue;
        changed[v] = 0;
        const here = total[v] as number;
        for (let a = offsets[v] as number, end = offsets[v + 1] as number; a < end; a++) {
          const arc = arcs[a] as number;
          const to = arc >>> 2;
          const there = here + (gain[arc & 3] as number);
          if (there <= (total[to] as number)) continue;
          total[to] = there;
          changed[to] = 1;
          parents.node[to] = v;
          parents.arc[to] = arc & 3;
          raised++;
        }
      }
      // At rest: with these totals as potentials no cycle is positive.
      if (raised === raisedBefore) break;
      unsearched++;
      // A search costs about as much as raising so many totals.
      if (unsearched < SWEEPS_UNSEARCHED && raised < nodes / 4) continue;
      raised = 0;
      unsearched = 0;
      const better = bestParentCycle(parents, visited);
      if (better === undefined) continue;
      best = better;
      continue search;
    }
    return { kind: 'bounded', numerator: best.numerator, denominator: best.denominator };
  }
}

/**
 * The best ratio of a cycle among parents. Each such cycle is positive: the raise that closed it would not have been
 * one otherwise. So it carries numerator, and denominator too, or the answer would have been 'unbounded'.
 */
function bestParentCycle(
  parents: { readonly node: Uint32Array; readonly arc: Uint8Array },
  visited: Uint32Array,
): Fraction | undefined {
  let best: Fraction | undefined;
  visited.fill(0);
  for (let first = 0; first < visited.length; first++) {
    let v = first;
    while (v !== NO_PARENT && visited[v] === 0) {
      visited[v] = first + 1;
      v = parents.node[v] as number;
    }
    if (v === NO_PARENT || visited[v] !== first + 1) continue;
    let numerator = 0;
    let denominator = 0;
    const start = v;
    do {
      const arc = parents.arc[v] as number;
      if ((arc & NUMERATOR) !== 0) numerator++;
      if ((arc & DENOMINATOR) !== 0) denominator++;
      v = parents.node[v] as number;
    } while (v !== start);
    if (best === undefined || numerator * best.denominator > best.numerator * denominator) {
      best = lowestTerms(numerator, denominator);
    }
  }
  return best;
}

function lowestTerms(numerator: number, denominator: number): Fraction {
  let divisor = numerator;
  for (let rest = denominator; rest !== 0; ) [divisor, rest] = [rest, divisor % rest];
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/**
 * The largest total weight of a run from state 0, for systems whose runs end. `weight` holds 0 or 1 per transition.
 * 'unbounded' if a run can come to a cycle that carries weight, a transition back to its own state among them. A run
 * is followed into a state that is cut, and no farther. O(states + transitions).
 */
export function worstTotal(graph: StateGraph, weight: Uint8Array): number | 'unbounded' {
  if (graph.states === 0) return 0;
  const inside = graph.cut.map((cut) => (cut === 0 ? 1 : 0));
  const totals = heaviestPaths(graph, { inside, weight, loops: true, roots: Uint32Array.of(0) });
  return totals === 'unbounded' ? totals : (totals[0] as number);
}
