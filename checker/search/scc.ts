/**
 * Which states can reach each other, in graphs of tens of millions of states: no recursion, and a fixed number of flat
 * arrays. Typed arrays are read with `as number` throughout: every index is a state, a transition, or a place on a
 * stack that is as high as there are states.
 */
import type { StateGraph } from './stateGraph.ts';

/** A part of a graph: some of its states, and between them the transitions that are not barred. */
export interface Part {
  /** Per state: 1 if it belongs to the part. */
  readonly states: Uint8Array;
  /** Per transition: whatever `barred` asks for. */
  readonly marks: Uint8Array;
  /** A transition with one of these bits in its mark does not belong to the part; 0: all of them do. */
  readonly barred: number;
}

/**
 * Takes out of `part.states` most of the states that are on no cycle of two or more states, and returns the rest in
 * ascending order. Each state on such a cycle is kept. Loops of a single state do not count.
 *
 * Costs one sweep over the graph, and a few more over what is left as long as each takes away an eighth of it. States
 * are numbered breadth-first, so most transitions lead upwards and one sweep takes whole chains.
 */
export function trim(graph: StateGraph, part: Part): Uint32Array<ArrayBuffer> {
  const { offsets, targets } = graph;
  const { states, marks, barred } = part;
  let left = 0;
  for (let s = graph.states - 1; s >= 0; s--) {
    if (states[s] === 0) continue;
    if (leadsOn(graph, part, s)) left++;
    else states[s] = 0;
  }
  let kept = new Uint32Array(left);
  if (left === 0) return kept;
  for (let s = 0, i = 0; i < left; s++) if (states[s] !== 0) kept[i++] = s;

  const entered = new Uint8Array(graph.states);
  for (;;) {
    const before = kept.length;
    entered.fill(0);
    // Transitions that lead back are counted beforehand, whether or not their source is about to go.
    for (let i = 0; i < before; i++) {
      const s = kept[i] as number;
      for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
        const t = targets[e] as number;
        if (t < s && ((marks[e] as number) & barred) === 0) entered[t] = 1;
      }
    }
    for (let i = 0; i < before; i++) {
      const s = kept[i] as number;
      if (entered[s] === 0) {
        states[s] = 0;
        continue;
      }
      for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
        const t = targets[e] as number;
        if (t > s && ((marks[e] as number) & barred) === 0) entered[t] = 1;
      }
    }
    for (let i = before - 1; i >= 0; i--) {
      const s = kept[i] as number;
      if (states[s] !== 0 && !leadsOn(graph, part, s)) states[s] = 0;
    }
    kept = stillIn(kept, states);
    if (kept.length === 0 || before - kept.length < before / 8) return kept;
  }
}

/** Those of the `listed` states whose byte in `states` is not 0, in the same order and in the same memory. */
export function stillIn(listed: Uint32Array<ArrayBuffer>, states: Uint8Array): Uint32Array<ArrayBuffer> {
  let kept = 0;
  for (let i = 0; i < listed.length; i++) {
    const s = listed[i] as number;
    if (states[s] !== 0) listed[kept++] = s;
  }
  return listed.subarray(0, kept);
}

function leadsOn(graph: StateGraph, part: Part, s: number): boolean {
  const { offsets, targets } = graph;
  const { states, marks, barred } = part;
  for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
    const t = targets[e] as number;
    if (t !== s && states[t] !== 0 && ((marks[e] as number) & barred) === 0) return true;
  }
  return false;
}

/**
 * Is told of one component: its states are `members[from..to-1]`, which only stand there during the call. May take
 * them, and no others, out of the part. False ends the search.
 */
export type ComponentFound = (members: Uint32Array, from: number, to: number) => boolean;

/**
 * Finds the strongly connected components of what can be reached from `roots` inside `part`; a single state is one
 * too. Each is found after all those to which transitions lead out of it.
 *
 * `component` is 0 for each state of the part that is to be visited. When a component is found, its states have got
 * its number: -(after + k) for the k-th one, counted from 1, so a number below 0. Returns `after` for another search on
 * the same array, which then gives other numbers than all searches before. (A search that `found` ends leaves rubbish
 * in the states it has not finished.)
 *
 * `finished` is filled, if given, with the states in the order in which the search left them for good. Read backwards,
 * most transitions lead onwards in it: all but those that close a cycle.
 *
 * Gabow's path-based algorithm: O(states + transitions) of the part; allocates 16 bytes per state in it.
 */
export function components(
  graph: StateGraph,
  part: Part,
  roots: Uint32Array,
  component: Int32Array,
  after: number,
  found: ComponentFound,
  finished?: Uint32Array,
): number {
  const { offsets, targets } = graph;
  const { states, marks, barred } = part;
  let size = 0;
  for (let s = 0; s < graph.states; s++) size += states[s] as number;
  // The states that are being visited, each with its next transition.
  const path = new Uint32Array(size);
  const cursor = new Uint32Array(size);
  // The states whose component is not known yet, and the order numbers at which a component may start.
  const open = new Uint32Array(size);
  const starts = new Int32Array(size);
  let opened = 0;
  let started = 0;
  let order = 0;
  let finishedSoFar = 0;
  let number = -after;

  for (let r = 0; r < roots.length; r++) {
    let enter = roots[r] as number;
    if (states[enter] === 0 || component[enter] !== 0) continue;
    let depth = -1;
    do {
      if (enter >= 0) {
        depth++;
        path[depth] = enter;
        cursor[depth] = offsets[enter] as number;
        open[opened++] = enter;
        component[enter] = ++order;
        starts[started++] = order;
        enter = -1;
      }
      const s = path[depth] as number;
      const end = offsets[s + 1] as number;
      for (let e = cursor[depth] as number; e < end; e++) {
        const t = targets[e] as number;
        if (states[t] === 0 || ((marks[e] as number) & barred) !== 0) continue;
        const known = component[t] as number;
        if (known === 0) {
          cursor[depth] = e + 1;
          enter = t;
          break;
        }
        // Back to a state that is still open: all that has been opened since then is in its component.
        if (known > 0) while ((starts[started - 1] as number) > known) started--;
      }
      if (enter >= 0) continue;
      depth--;
      if (finished !== undefined) finished[finishedSoFar++] = s;
      if (starts[started - 1] !== component[s]) continue;
      started--;
      number--;
      const to = opened;
      let member: number;
      do {
        member = open[--opened] as number;
        component[member] = number;
      } while (member !== s);
      if (!found(open, opened, to)) return -number;
    } while (depth >= 0);
  }
  return -number;
}
