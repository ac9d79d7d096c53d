/** What a run finds out, as data. */
import type { SharedCell } from './cells.ts';
import type { MemoryModelName } from './memory/model.ts';
import type { TargetErrorCode } from './targetError.ts';

/**
 * `proved`: the space was exhausted, and every property holds on all of it. `violated`: some run breaks a property.
 * `incomplete`: a bound was met first. `error`: the target cannot be checked (nondeterministic, hidden state, …).
 */
export type Verdict = 'proved' | 'violated' | 'incomplete' | 'error';

/**
 * One choice of a schedule. `step`: agent `who` makes its next access, in its `choice`-th way (the result of
 * `choose`; the message read, 0 = newest). `drain`: core `who` makes a waiting store visible.
 */
export interface ScheduleStep {
  readonly kind: 'step' | 'drain';
  readonly who: number;
  readonly choice: number;
}

export interface Violation {
  readonly property: string;
  readonly message: string;
  /** From the first state to the violation; its last step is the one that breaks the property. */
  readonly schedule: readonly ScheduleStep[];
  /**
   * Locations which only this search found to be shared, late: for whoever walks the schedule and did not search, it
   * would mean another run without them. Mostly none.
   */
  readonly cells: readonly SharedCell[];
}

export type IncompleteReason =
  | { readonly kind: 'states'; readonly limit: number }
  | { readonly kind: 'memory'; readonly limit: number }
  | { readonly kind: 'buffer'; readonly depth: number }
  | { readonly kind: 'stopped'; readonly why: string };

export interface CheckResult {
  readonly verdict: Verdict;
  readonly memory: MemoryModelName;
  /** The shortest counterexample of each property broken, in the order found. */
  readonly violations: readonly Violation[];
  readonly incomplete: IncompleteReason | null;
  readonly error: { readonly code: TargetErrorCode; readonly message: string } | null;
  readonly witnesses: readonly { readonly name: string; readonly reached: boolean }[];
  readonly states: number;
  readonly transitions: number;
  /** Steps from the first state to the farthest one, by the shortest way. */
  readonly depth: number;
  /** States that were at rest, and those of them in which everything was home. */
  readonly quiescentStates: number;
  readonly homeStates: number;
  /** Largest number of its own accesses that each operation made. */
  readonly longestOperations: Readonly<Record<string, number>>;
  /** Capacity of a store buffer, and the most stores that ever waited in one; null without buffers. */
  readonly bufferDepth: number | null;
  readonly deepestBuffer: number;
  /** Bytes that the search held at its end. */
  readonly bytes: number;
  /** Distinct positions of all agents, and how often the implementation ran to fill the tables. */
  readonly positions: number;
  readonly executions: number;
}
