/**
 * The chart as a dense table of small integers, for the hot loop: looking up a transition is one array access, where
 * asking XState costs microseconds. Nothing is written twice: every entry is XState's own answer.
 */
import {
  type AnyStateMachine,
  initialTransition,
  type SnapshotFrom,
  type StateValue,
  transition,
} from 'xstate';
import { type SlotEvent, type SlotOwner, slotEvents } from './events.ts';
import { slotMachine } from './slot.ts';

/** In place of a next state: the chart has no transition for this event. (XState would silently stay.) */
export const ILLEGAL = -1;

/** `a` for an atomic state value, `a.b` for a nested one. */
type LeafName<Value> = Value extends string
  ? Value
  : { [Key in keyof Value & string]: `${Key}.${LeafName<Value[Key]>}` }[keyof Value & string];

/** The name of a leaf state of the chart, with dots: `used.held`. */
export type SlotState = LeafName<SnapshotFrom<typeof slotMachine>['value']>;

/** A chart in dense form. Indices are positions in `states` and in the list of events that it was compiled for. */
export interface TransitionTable {
  /** Names of the leaf states, with dots, in the order of the chart. */
  readonly states: readonly string[];
  readonly initial: number;
  /** `next[state * eventCount + event]` is the next state, or `ILLEGAL`. Not to be written. */
  readonly next: Readonly<Int8Array>;
  /** The tags of each state, its ancestors' included. */
  readonly tags: readonly ReadonlySet<string>[];
}

type StateNode = AnyStateMachine['root'];

/** Leaves below a node, in the order of the chart. */
function leavesOf(node: StateNode): readonly StateNode[] {
  const children = Object.values(node.states);
  return children.length === 0 ? [node] : children.flatMap(leavesOf);
}

/** Refuses what a table of names cannot say, so that a chart which outgrows it is noticed and not flattened. */
function refuseUntabled(node: StateNode): void {
  const transitions = [...node.transitions.values()].flat();
  const reasons = [
    node.type !== 'atomic' && node.type !== 'compound' ? `is ${node.type}` : '',
    node.invoke.length > 0 ? 'invokes an actor' : '',
    node.after.length > 0 ? 'has a delayed transition' : '',
    (node.always ?? []).length > 0 ? 'has an eventless transition' : '',
    transitions.some(({ guard }) => guard !== undefined) ? 'has a guard' : '',
    [node.entry, node.exit, ...transitions.map(({ actions }) => actions)].flat().length > 0
      ? 'has an action'
      : '',
  ];
  const reason = reasons.find((text) => text !== '');
  if (reason !== undefined) {
    throw new Error(`Expected a chart of plain states and transitions, but state '${node.id}' ${reason}.`);
  }
  Object.values(node.states).forEach(refuseUntabled);
}

/** XState's way to name a leaf: `{used: 'held'}` for the path `['used', 'held']`. */
export function valueOfPath(path: readonly string[]): StateValue {
  const [first = '', ...rest] = path;
  return rest.length === 0 ? first : { [first]: valueOfPath(rest) };
}

/**
 * Compiles a chart for the given events. Asks XState for each pair of a leaf state and an event: whether the state
 * can handle it (`can`), then where it leads (`transition`). The first question is needed because both a transition
 * to itself, which is legal, and an unhandled event, which is not, end where they began.
 *
 * @throws Error for a chart whose states are more than their names: parallel, final or history states, guards, actions,
 * invoked actors, delayed or eventless transitions; and for one of more than 127 leaf states.
 */
export function compileTransitionTable(machine: AnyStateMachine, events: readonly string[]): TransitionTable {
  refuseUntabled(machine.root);
  const leaves = leavesOf(machine.root);
  if (leaves.length > 127) {
    throw new Error(
      `Expected at most 127 leaf states, which is what the table's cells hold, found ${leaves.length}.`,
    );
  }
  const states = leaves.map((leaf) => leaf.path.join('.'));
  const snapshots = leaves.map((leaf) =>
    machine.resolveState({ value: valueOfPath(leaf.path), context: {} }),
  );
  const indexOf = (snapshot: (typeof snapshots)[number]): number =>
    snapshots.findIndex((candidate) => JSON.stringify(candidate.value) === JSON.stringify(snapshot.value));
  const next = new Int8Array(states.length * events.length).fill(ILLEGAL);
  snapshots.forEach((snapshot, state) => {
    events.forEach((type, event) => {
      if (snapshot.can({ type })) {
        next[state * events.length + event] = indexOf(transition(machine, snapshot, { type })[0]);
      }
    });
  });
  return {
    states,
    initial: indexOf(initialTransition(machine)[0]),
    next,
    tags: snapshots.map(({ tags }) => tags),
  };
}

const compiled = compileTransitionTable(slotMachine, slotEvents);
const eventCount = slotEvents.length;

/** All leaf states of the chart, in the order of their indices. */
// The cast is true because the names and their type come from the same chart, in the same way.
export const slotStates = compiled.states as readonly SlotState[];

/** Index of the state in which every slot starts: `free`. */
export const INITIAL_SLOT_STATE: number = compiled.initial;

/** `slotTable[state * slotEvents.length + event]`: index of the next state, or `ILLEGAL`. Not to be written. */
export const slotTable: Readonly<Int8Array> = compiled.next;

function indexIn(names: readonly string[], name: string, what: string): number {
  const index = names.indexOf(name);
  if (index < 0) {
    throw new RangeError(`Expected a slot ${what} (${names.join(', ')}), found '${name}'.`);
  }
  return index;
}

/** Index of a state, 0..4. @throws RangeError for a name that is none. */
export function slotStateIndex(name: SlotState): number {
  return indexIn(slotStates, name, 'state');
}

/** Index of an event, 0..9. Look it up once, outside the hot loop. @throws RangeError for a name that is none. */
export function slotEventIndex(name: SlotEvent): number {
  return indexIn(slotEvents, name, 'event');
}

/**
 * Index of the state after an event, or `ILLEGAL`.
 *
 * @throws RangeError for an index that is none (`ILLEGAL` is no state): the table is flat, so such an index would
 * otherwise read another state's row.
 */
export function nextSlotState(state: number, event: number): number {
  const next = event >= 0 && event < eventCount ? slotTable[state * eventCount + event] : undefined;
  if (next === undefined) {
    throw new RangeError(
      `Expected a slot state 0..${slotStates.length - 1} and an event 0..${eventCount - 1}, found ${state} and ${event}.`,
    );
  }
  return next;
}

const allOwners: readonly SlotOwner[] = ['driver', 'device', 'nobody'];

const owners: readonly SlotOwner[] = compiled.tags.map((tags, state) => {
  const [owner, ...others] = allOwners.filter((candidate) => tags.has(`owner:${candidate}`));
  if (owner === undefined || others.length > 0) {
    throw new Error(
      `Expected one owner tag on the slot state '${slotStates[state]}', found: ${[...tags].join(', ')}.`,
    );
  }
  return owner;
});

/** Who may touch the buffer's bytes in this state. @throws RangeError for an index that is none. */
export function ownerOf(state: number): SlotOwner {
  const owner = owners[state];
  if (owner === undefined) {
    throw new RangeError(`Expected a slot state 0..${slotStates.length - 1}, found ${state}.`);
  }
  return owner;
}
