/** How long a run can stay among given states, and what it can add up on its way, as exact numbers. */
import { components } from './scc.ts';
import type { StateGraph } from './stateGraph.ts';

/** The question of `heaviestPaths`. */
export interface HeaviestPathsQuestion {
  /** Per state: 1 if paths lead on from it. A path that comes to another state ends there. */
  readonly inside: Uint8Array;
  /** Per transition: 0 or 1. */
  readonly weight: Uint8Array;
  /** Whether a transition that leads back to its own state counts. If not, it is as if it were not there. */
  readonly loops: boolean;
  /** Cycles are of interest only if they can be reached from one of these states, through inside states. */
  readonly roots: Uint32Array | 'all';
}

/**
 * Per state: the largest total weight of a path that starts there (0 outside). Right for each state that can be reached
 * from the roots, through inside states. 'unbounded' if a cycle among these carries weight.
 *
 * O(states + transitions). States from which no cycle can be reached are done in one sweep against the order.
 */
export function heaviestPaths(graph: StateGraph, question: HeaviestPathsQuestion): Uint32Array | 'unbounded' {
  const { offsets, targets } = graph;
  const { inside, weight, loops } = question;
  const totals = new Uint32Array(graph.states);
  const undone = Uint8Array.from(inside);
  let left = 0;
  // Every index below is a state or a transition of the graph.
  sweep: for (let s = graph.states - 1; s >= 0; s--) {
    if (undone[s] === 0) continue;
    let most = 0;
    for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
      const t = targets[e] as number;
      const own = weight[e] as number;
      if (t === s) {
        if (!loops || own === 0) continue;
        left++;
        continue sweep;
      }
      if (undone[t] !== 0) {
        left++;
        continue sweep;
      }
      const total = own + (totals[t] as number);
      if (total > most) most = total;
    }
    totals[s] = most;
    undone[s] = 0;
  }
  if (left === 0) return totals;

  const roots = question.roots === 'all' ? listOf(undone, left) : question.roots;
  const component = new Int32Array(graph.states);
  let bounded = true;
  components(
    graph,
    { states: undone, marks: weight, barred: 0 },
    roots,
    component,
    0,
    (members, from, to) => {
      const number = component[members[from] as number];
      let most = 0;
      for (let i = from; i < to; i++) {
        const s = members[i] as number;
        for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
          const t = targets[e] as number;
          const own = weight[e] as number;
          if (component[t] === number) {
            if (own === 0 || (t === s && !loops)) continue;
            bounded = false;
            return false;
          }
          const total = own + (totals[t] as number);
          if (total > most) most = total;
        }
      }
      // Nothing is gained inside a component, so all its states are worth what the best of them is.
      for (let i = from; i < to; i++) totals[members[i] as number] = most;
      return true;
    },
  );
  return bounded ? totals : 'unbounded';
}

function listOf(states: Uint8Array, size: number): Uint32Array {
  const list = new Uint32Array(size);
  for (let s = 0, i = 0; i < size; s++) if (states[s] !== 0) list[i++] = s;
  return list;
}

/**
 * The largest total weight of a path among `inside` states, with the transition by which it leaves them, if it does.
 * It starts in any of them. Transitions that lead back to their own state are ignored; a state that is cut counts as
 * outside. 0 if there is no inside state. 'unbounded' if a cycle of two or more inside states carries weight.
 *
 * `inside` holds 0 or 1 per state, `weight` 0 or 1 per transition. O(states + transitions).
 */
export function longestStay(graph: StateGraph, inside: Uint8Array, weight: Uint8Array): number | 'unbounded' {
  const here = inside.map((is, s) => (graph.cut[s] === 0 ? is : 0));
  const totals = heaviestPaths(graph, { inside: here, weight, loops: false, roots: 'all' });
  if (totals === 'unbounded') return totals;
  let most = 0;
  for (let s = 0; s < graph.states; s++) most = Math.max(most, totals[s] as number);
  return most;
}
