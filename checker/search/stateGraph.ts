/**
 * The reachable states as a graph, for questions about runs without end. States are numbered in the order in which a
 * breadth-first search found them, so a smaller number is never farther from the first state.
 */

/** What a transition is, in one byte: whose it is in the low bits, and what happens in it. */
export const PROCESS_BITS = 5;
export const PROCESS_MASK = (1 << PROCESS_BITS) - 1;
/** Nobody has to take this transition ever: a spurious wake-up, an interrupt that comes from outside. */
export const NO_PROCESS = PROCESS_MASK;
/** An operation that moves a buffer succeeds. */
export const LABEL_PROGRESS = 1 << 5;
/** A buffer is taken by its receiver. */
export const LABEL_RECEIVED = 1 << 6;
/** A doorbell is rung. */
export const LABEL_RANG = 1 << 7;

export interface StateGraph {
  readonly states: number;
  /** The transitions of state `s` have the numbers `offsets[s]` to `offsets[s + 1] - 1`. */
  readonly offsets: Uint32Array;
  /** Per transition: the state that it leads to; those that lead back to their own state are among them. */
  readonly targets: Uint32Array;
  /** Per transition: process, and LABEL bits. */
  readonly labels: Uint8Array;
  /** Per state: 1 if not all its transitions are known (a property was broken there): nothing is claimed about it. */
  readonly cut: Uint8Array;
}

/**
 * Which processes a fair run may not neglect, as sets of bits by process number. Weak: one that can step all the time
 * must step. Strong: one that can step again and again must step.
 */
export interface Fairness {
  readonly weak: number;
  readonly strong: number;
}
