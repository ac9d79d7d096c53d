/** What a run finds out, as data. */
import type { SharedCell } from './cells.ts';
import type { MemoryModelName } from './memory/model.ts';
import type { Communication } from './search/communication.ts';
import type { TargetErrorCode } from './targetError.ts';

/**
 * `proved`: the space was exhausted, and every property holds on all of it. `violated`: some run breaks a property.
 * `incomplete`: a bound was met first. `error`: the target cannot be checked (nondeterministic, hidden state, …).
 */
export type Verdict = 'proved' | 'violated' | 'incomplete' | 'error';

/**
 * One choice of a schedule. `step`: agent `who` makes its next access, in its `choice`-th way (the result of
 * `choose`; the message read, 0 = newest). `drain`: core `who` makes a waiting store visible. `enter`: the handler
 * `who` is entered. `wake`: agent `who`, asleep, wakes for no reason.
 */
export type StepKind = 'step' | 'drain' | 'enter' | 'wake';

export interface ScheduleStep {
  readonly kind: StepKind;
  readonly who: number;
  readonly choice: number;
}

export interface Violation {
  readonly property: string;
  readonly message: string;
  /** From the first state to the violation; its last step is the one that breaks the property. */
  readonly schedule: readonly ScheduleStep[];
  /**
   * A run without end: from this step on the schedule goes round for ever, its last step leading back to where this
   * one began. The schedule's length: nothing happens any more. Null: the violation is in the last step, or in what
   * can no longer happen after it.
   */
  readonly cycleStart: number | null;
  /**
   * Locations which only this search found to be shared, late: for whoever walks the schedule and did not search, it
   * would mean another run without them. Mostly none.
   */
  readonly cells: readonly SharedCell[];
}

/** So many for so many messages, at worst; `unbounded`: there are runs in which it happens without end and no message comes. */
export type WorstRate = { readonly most: number; readonly messages: number } | 'unbounded' | null;

/** What notification costs at worst, over all runs. */
export interface Notifications {
  readonly doorbellsPerMessage: WorstRate;
  readonly interruptsPerMessage: WorstRate;
  /** Interrupts that came when no message was there. */
  readonly spuriousPerMessage: WorstRate;
  /** Steps of the receiving core between the end of a send and the taking of the message; polls in vain do not count. */
  readonly longestWait: number | 'unbounded';
}

/**
 * Which bound was met. `buffer`: a store had to wait for room in its core's store buffer of `depth` stores. `messages`: some
 * core could still read a message of the location `location` with more than `limit` newer ones behind it (`rc11`).
 */
export type IncompleteReason =
  | { readonly kind: 'states'; readonly limit: number }
  | { readonly kind: 'memory'; readonly limit: number }
  | { readonly kind: 'buffer'; readonly depth: number }
  | { readonly kind: 'messages'; readonly location: string; readonly limit: number }
  | { readonly kind: 'stopped'; readonly why: string };

/** That a run put a property to the test: its monitor says when (see `EXERCISED`). */
export interface Exercise {
  readonly property: string;
  /** In how many different situations: a state of the monitors, and a step. */
  readonly situations: number;
  /** The shortest run to the first of them: its last step is the one that does. */
  readonly schedule: readonly ScheduleStep[];
  /** As in a `Violation`. */
  readonly cells: readonly SharedCell[];
}

export interface CheckResult {
  readonly verdict: Verdict;
  readonly memory: MemoryModelName;
  /** The shortest counterexample of each property broken, in the order found. */
  readonly violations: readonly Violation[];
  readonly incomplete: IncompleteReason | null;
  readonly error: { readonly code: TargetErrorCode; readonly message: string } | null;
  readonly witnesses: readonly { readonly name: string; readonly reached: boolean }[];
  /** Properties that were put to the test, in the order of the system's properties; of those whose monitors say so. */
  readonly exercised: readonly Exercise[];
  readonly states: number;
  readonly transitions: number;
  /** Steps from the first state to the farthest one, by the shortest way. */
  readonly depth: number;
  /** States that were at rest, and those of them in which everything was home. */
  readonly quiescentStates: number;
  readonly homeStates: number;
  /** Largest number of its own accesses that each operation made. */
  readonly longestOperations: Readonly<Record<string, number>>;
  /** Null where there are no doorbells that announce messages, or the space was not exhausted, or is too large to say. */
  readonly notifications: Notifications | null;
  /** Which stores are read by whom; null: not asked, or not known under the memory model. */
  readonly communication: Communication | null;
  /**
   * Capacity of a store buffer, and the most stores that ever waited in one; null without buffers. Under `rc11`: how many
   * messages may stand behind one that is still read, and the most that did.
   */
  readonly bufferDepth: number | null;
  readonly deepestBuffer: number;
  /** Bytes that the search held at its end. */
  readonly bytes: number;
  /** Distinct positions of all agents, and how often the implementation ran to fill the tables. */
  readonly positions: number;
  readonly executions: number;
}
