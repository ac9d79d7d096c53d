/**
 * Runs without end in which no process is neglected: where one can go round, and how.
 *
 * A set of states that can all reach each other is fair if the run that goes round in all of it is. Components are
 * refined: one in which a strongly fair process can step but never does loses the states in which it can, one in which
 * a weakly fair process can always step but never does holds no fair run at all. At most one round per strongly fair
 * process, each O(states + transitions) of what is left.
 */
import { components, stillIn, trim } from './scc.ts';
import { type Fairness, NO_PROCESS, PROCESS_MASK, type StateGraph } from './stateGraph.ts';

/** What kind of run is looked for. */
export interface FairCycleQuestion {
  /** Per state: 1 if the run may be there. A state that is cut counts as 0. */
  readonly inside: Uint8Array;
  /** LABEL bits that no transition of the cycle may carry. */
  readonly forbidden: number;
  readonly fairness: Fairness;
}

/** Where a run comes round again. */
export interface Lasso {
  /** The state in which the cycle starts and ends. */
  readonly entry: number;
  /** The numbers of its transitions, in order. Empty: the run stays in the entry for ever, nobody has to step. */
  readonly cycle: readonly number[];
}

/** Up to so many pairs of a state and a set of duties, the shortest cycle is searched for: 48 MB. */
const EXACT_PAIRS = 2 ** 22;

/**
 * Finds a fair cycle that stays in `inside` states and takes no forbidden transition; null if there is none.
 *
 * A process can step in a state if a transition from there is its own, wherever it leads. The cycle is fair if each
 * process that is weakly fair takes a transition of it or cannot step in one of its states, and each one that is
 * strongly fair takes a transition of it or can step in none of its states. Staying in one state without any
 * transition is fair if no such process can step there.
 *
 * The entry has the smallest number that the entry of any such cycle has, so no other is nearer to the first state. If
 * a cycle of loops in the entry alone is fair, it is one loop for each process that can step there. Otherwise it is a
 * shortest fair cycle from the entry, unless states and duties are too many to search for it: then it meets one duty
 * after the other, the nearest first.
 */
export function findFairLasso(graph: StateGraph, question: FairCycleQuestion): Lasso | null {
  const { offsets, targets, labels } = graph;
  const search = { graph, forbidden: question.forbidden, ...dutiesOf(question.fairness) };
  const { forbidden, strong, weak } = search;
  const states = question.inside.map((inside, s) => (graph.cut[s] === 0 ? inside : 0));

  let entry = graph.states;
  for (let s = 0; s < graph.states; s++) {
    if (states[s] !== 0 && isFairAlone(search, s)) {
      entry = s;
      break;
    }
  }
  if (entry === 0 && graph.states > 0) return { entry, cycle: loopsIn(search, entry) };

  const part = { states, marks: labels, barred: forbidden };
  let left = trim(graph, part);
  if (left.length === 0) {
    return entry === graph.states ? null : { entry, cycle: loopsIn(search, entry) };
  }
  const component = new Int32Array(graph.states);
  const best = { number: 0, size: 0, canStep: 0 };
  let numbers = 0;
  const judge = (members: Uint32Array, from: number, to: number): boolean => {
    const number = component[members[from] as number] as number;
    let first = graph.states;
    let some = 0;
    let every = -1;
    let taken = 0;
    for (let i = from; i < to; i++) {
      const s = members[i] as number;
      if (s < first) first = s;
      let here = 0;
      for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
        const label = labels[e] as number;
        const process = 1 << (label & PROCESS_MASK);
        here |= process;
        if ((label & forbidden) === 0 && component[targets[e] as number] === number) taken |= process;
      }
      some |= here;
      every &= here;
    }
    const starved = strong & some & ~taken;
    // States alone have been looked at. An entry that comes later is of no use, whatever a refinement would find.
    const hopeless = to - from < 2 || first >= entry || (weak & every & ~taken) !== 0;
    if (!hopeless && starved === 0) {
      entry = first;
      best.number = number;
      best.size = to - from;
      best.canStep = some;
    }
    for (let i = from; i < to; i++) {
      const s = members[i] as number;
      if (hopeless || starved === 0 || (canStepIn(graph, s) & starved) !== 0) states[s] = 0;
    }
    return true;
  };
  while (left.length > 0) {
    numbers = components(graph, part, left, component, numbers, judge);
    left = stillIn(left, states);
    for (let i = 0; i < left.length; i++) component[left[i] as number] = 0;
  }
  if (entry === graph.states) return null;
  if (best.number === 0) return { entry, cycle: loopsIn(search, entry) };
  return { entry, cycle: cycleThrough(search, entry, component, best) };
}

/** The question, with sets of processes that do not overlap. */
interface Search {
  readonly graph: StateGraph;
  readonly forbidden: number;
  /** Weakly fair, and not strongly fair as well: that says more. */
  readonly weak: number;
  readonly strong: number;
}

function dutiesOf(fairness: Fairness): { readonly weak: number; readonly strong: number } {
  const processes = ~(1 << NO_PROCESS);
  return { weak: fairness.weak & ~fairness.strong & processes, strong: fairness.strong & processes };
}

function canStepIn(graph: StateGraph, s: number): number {
  let processes = 0;
  for (let e = graph.offsets[s] as number, end = graph.offsets[s + 1] as number; e < end; e++) {
    processes |= 1 << ((graph.labels[e] as number) & PROCESS_MASK);
  }
  return processes;
}

/** Whether to stay in `s` for ever is fair, with transitions that lead back to it or without any. */
function isFairAlone({ graph, forbidden, weak, strong }: Search, s: number): boolean {
  let can = 0;
  let taken = 0;
  for (let e = graph.offsets[s] as number, end = graph.offsets[s + 1] as number; e < end; e++) {
    const label = graph.labels[e] as number;
    const process = 1 << (label & PROCESS_MASK);
    can |= process;
    if (graph.targets[e] === s && (label & forbidden) === 0) taken |= process;
  }
  return ((weak | strong) & can & ~taken) === 0;
}

/** One transition from `s` back to it for each process that has a duty. */
function loopsIn({ graph, forbidden, weak, strong }: Search, s: number): readonly number[] {
  const loops: number[] = [];
  let due = weak | strong;
  for (let e = graph.offsets[s] as number, end = graph.offsets[s + 1] as number; e < end; e++) {
    const label = graph.labels[e] as number;
    const process = 1 << (label & PROCESS_MASK);
    if (graph.targets[e] !== s || (label & forbidden) !== 0 || (due & process) === 0) continue;
    due &= ~process;
    loops.push(e);
  }
  return loops;
}

/** A fair component, with its states numbered anew from the entry (0) outwards. */
interface Inner {
  readonly states: Uint32Array;
  /** Per state of the graph: its number in here + 1, not above 0 outside. */
  readonly places: Int32Array;
  /** Per state in here: the processes that can step. */
  readonly canStep: Int32Array;
}

function cycleThrough(
  search: Search,
  entry: number,
  component: Int32Array,
  best: { readonly number: number; readonly size: number; readonly canStep: number },
): readonly number[] {
  const { graph, forbidden, weak, strong } = search;
  const { offsets, targets, labels } = graph;
  const inner: Inner = {
    states: new Uint32Array(best.size),
    places: component,
    canStep: new Int32Array(best.size),
  };
  let size = 1;
  inner.states[0] = entry;
  component[entry] = 1;
  for (let i = 0; i < size; i++) {
    const s = inner.states[i] as number;
    inner.canStep[i] = canStepIn(graph, s);
    for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
      const t = targets[e] as number;
      if (component[t] !== best.number || ((labels[e] as number) & forbidden) !== 0) continue;
      inner.states[size++] = t;
      component[t] = size;
    }
  }
  const duties = dutiesFrom(search, inner, best.canStep);
  if (size * 2 ** duties.bits <= EXACT_PAIRS) return shortestCycle(search, inner, duties);
  return greedyCycle(search, inner, weak | (strong & best.canStep));
}

/**
 * What a walk from the entry has done, as a set of bits. A process that can step in the entry has one bit: it is served,
 * because it has stepped, or (weakly fair) because the walk has been where it cannot step. One that is strongly fair
 * and cannot step in the entry has two, as it only needs to be served if the walk comes to where it can step.
 */
interface Duties {
  /** How many bits there are. If more than 31, the sets are of no use. */
  readonly bits: number;
  /** Bits that a fair cycle has set at its end, in any case. */
  readonly served: number;
  /** Pairs of neighbouring bits, this the lower: served. The upper: to be served. */
  readonly paired: number;
  /** Per process: what its transition sets. */
  readonly byStep: Int32Array;
  /** Per state of the component: what a visit sets. */
  readonly byVisit: Int32Array;
}

function dutiesFrom({ weak, strong }: Search, inner: Inner, canStepAnywhere: number): Duties {
  const byStep = new Int32Array(PROCESS_MASK + 1);
  const byVisit = new Int32Array(inner.states.length);
  const inEntry = inner.canStep[0] as number;
  let bits = 0;
  let served = 0;
  let paired = 0;
  for (let p = 0; p < NO_PROCESS; p++) {
    const process = 1 << p;
    if (((weak | strong) & canStepAnywhere & process) === 0) continue;
    const isWeak = (weak & process) !== 0;
    if ((inEntry & process) !== 0) {
      const bit = 1 << bits++;
      served |= bit;
      byStep[p] = bit;
      if (!isWeak) continue;
      for (let i = 0; i < byVisit.length; i++) {
        if (((inner.canStep[i] as number) & process) === 0) byVisit[i] = (byVisit[i] as number) | bit;
      }
    } else if (!isWeak) {
      const bit = 1 << bits;
      bits += 2;
      paired |= bit;
      byStep[p] = bit | (bit << 1);
      for (let i = 0; i < byVisit.length; i++) {
        if (((inner.canStep[i] as number) & process) !== 0) byVisit[i] = (byVisit[i] as number) | (bit << 1);
      }
    }
  }
  return { bits, served, paired, byStep, byVisit };
}

/** Breadth-first over pairs of a state and what has been done: a shortest of all fair cycles from the entry. */
function shortestCycle({ graph, forbidden }: Search, inner: Inner, duties: Duties): readonly number[] {
  const { offsets, targets, labels } = graph;
  const { bits, served, paired, byStep, byVisit } = duties;
  const pairs = inner.states.length * 2 ** bits;
  const done = 2 ** bits - 1;
  const queue = new Uint32Array(pairs);
  // Per pair: the pair before it, + 1, and the transition from there.
  const before = new Uint32Array(pairs);
  const by = new Uint32Array(pairs);
  queue[0] = byVisit[0] as number;
  before[queue[0]] = 1;
  let queued = 1;
  for (let head = 0; head < queued; head++) {
    const pair = queue[head] as number;
    const s = inner.states[pair >>> bits] as number;
    for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
      const label = labels[e] as number;
      const place = (inner.places[targets[e] as number] as number) - 1;
      if (place < 0 || (label & forbidden) !== 0) continue;
      const set = (pair & done) | (byStep[label & PROCESS_MASK] as number) | (byVisit[place] as number);
      if (place === 0 && (set & served) === served && ((set >>> 1) & ~set & paired) === 0) {
        const cycle = [e];
        for (let at = pair; at !== queue[0]; at = (before[at] as number) - 1) cycle.push(by[at] as number);
        return cycle.reverse();
      }
      const next = (place << bits) | set;
      if (before[next] !== 0) continue;
      before[next] = pair + 1;
      by[next] = e;
      queue[queued++] = next;
    }
  }
  throw new Error('a fair component without a fair cycle');
}

/** Goes to whatever meets a duty next, until all are met, and then back to the entry. */
function greedyCycle({ graph, forbidden, weak }: Search, inner: Inner, duties: number): readonly number[] {
  const { offsets, targets, labels } = graph;
  const size = inner.states.length;
  const queue = new Uint32Array(size);
  const before = new Uint32Array(size);
  const by = new Uint32Array(size);
  // The walk, counted from 1, in which the state was reached last.
  const reached = new Uint8Array(size);
  const cycle: number[] = [];
  // What a state meets by being visited: duties of weakly fair processes that cannot step there.
  let due = duties & ~(weak & ~(inner.canStep[0] as number));
  let from = 0;
  for (let walk = 1; due !== 0 || from !== 0 || cycle.length === 0; walk++) {
    queue[0] = from;
    reached[from] = walk;
    let queued = 1;
    let arrived = -1;
    for (let head = 0; head < queued && arrived < 0; head++) {
      const at = queue[head] as number;
      const s = inner.states[at] as number;
      for (let e = offsets[s] as number, end = offsets[s + 1] as number; e < end; e++) {
        const label = labels[e] as number;
        const place = (inner.places[targets[e] as number] as number) - 1;
        if (place < 0 || (label & forbidden) !== 0) continue;
        const met = due & ((1 << (label & PROCESS_MASK)) | (weak & ~(inner.canStep[place] as number)));
        if (due === 0 ? place === 0 : met !== 0) {
          const way = [e];
          for (let i = at; i !== from; i = before[i] as number) way.push(by[i] as number);
          for (const step of way.reverse()) cycle.push(step);
          due &= ~met;
          arrived = place;
          break;
        }
        if (reached[place] === walk) continue;
        reached[place] = walk;
        before[place] = at;
        by[place] = e;
        queue[queued++] = place;
      }
    }
    if (arrived < 0) throw new Error('a fair component without a fair cycle');
    from = arrived;
  }
  return cycle;
}
