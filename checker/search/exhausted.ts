/** A space that was explored to its end, as those who judge it see it; and what they may find in it. */
import type { Property } from '../../properties/index.ts';
import type { Machine } from '../machine.ts';
import type { VectorTable } from '../store/vectorTable.ts';
import type { ScheduleStep } from '../verdict.ts';
import type { StateGraph } from './stateGraph.ts';

export interface Exhausted {
  readonly machine: Machine;
  readonly graph: StateGraph;
  readonly states: VectorTable;
  /** Per state. */
  readonly flags: Uint8Array;
  readonly properties: readonly Property[];
}

/** Flags of a state. */
export const AT_HOME = 1;
export const CAN_PROGRESS = 2;
/** Not expanded, or not to the end: nothing is claimed about what it can reach. */
export const CUT = 4;
/** At home with no work left: nothing need ever succeed again. */
export const FINISHED = 8;

/** A violation before its schedule is known. */
export interface Found {
  readonly property: string;
  readonly message: string;
  /** Found in this state: by its last step or by itself, or because of what can or will happen from there. */
  readonly from: number;
  readonly last: ScheduleStep | null;
  /** Transitions of a cycle from that state back to it: it goes round for ever. Empty: it stays there for ever. */
  readonly cycle: readonly number[] | null;
}
