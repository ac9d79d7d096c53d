/**
 * Charts as dense tables of small integers, for the hot loop: looking up a transition is one array access, where asking
 * XState costs microseconds. Nothing is written twice: every entry is XState's own answer.
 */
import { type AnyStateMachine, initialTransition, type StateValue, transition } from 'xstate';

/** In place of a next state: the chart has no transition for this event. (XState would silently stay.) */
export const ILLEGAL = -1;

/** `a` for an atomic state value, `a.b` for a nested one. */
export type LeafName<Value> = Value extends string
  ? Value
  : { [Key in keyof Value & string]: `${Key}.${LeafName<Value[Key]>}` }[keyof Value & string];

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

/** A chart's table with the names of its states and events, for whoever works with names at the edge. */
export interface TabledChart<S extends string, E extends string> {
  readonly machine: AnyStateMachine;
  /** What it is a chart of: `slot`. */
  readonly what: string;
  /** All leaf states, in the order of their indices. */
  readonly states: readonly S[];
  /** All events, in the order of their indices. */
  readonly events: readonly E[];
  /** Index of the state in which everything starts. */
  readonly initial: number;
  /** `table[state * events.length + event]`: index of the next state, or `ILLEGAL`. Not to be written. */
  readonly table: Readonly<Int8Array>;
  /** The tags of each state, its ancestors' included. */
  readonly tags: readonly ReadonlySet<string>[];
  /** Index of a state. @throws RangeError for a name that is none. */
  stateIndex(name: S): number;
  /** Index of an event. Look it up once, outside the hot loop. @throws RangeError for a name that is none. */
  eventIndex(name: E): number;
  /**
   * Index of the state after an event, or `ILLEGAL`.
   *
   * @throws RangeError for an index that is none (`ILLEGAL` is no state): the table is flat, so such an index would
   * otherwise read another state's row.
   */
  next(state: number, event: number): number;
}

/**
 * Compiles a chart, and gives its states and events their names back. @param what it is a chart of, for errors.
 *
 * @typeParam S the names of its leaf states: `LeafName` of the values of its snapshots.
 * @throws Error as `compileTransitionTable`.
 */
export function tabledChart<S extends string, E extends string>(
  machine: AnyStateMachine,
  events: readonly E[],
  what: string,
): TabledChart<S, E> {
  const compiled = compileTransitionTable(machine, events);
  const eventCount = events.length;
  const indexIn = (names: readonly string[], name: string, kind: string): number => {
    const index = names.indexOf(name);
    if (index < 0) throw new RangeError(`Expected a ${what} ${kind} (${names.join(', ')}), found '${name}'.`);
    return index;
  };
  return {
    machine,
    what,
    // The cast is true when the names and their type come from the same chart.
    states: compiled.states as readonly S[],
    events,
    initial: compiled.initial,
    table: compiled.next,
    tags: compiled.tags,
    stateIndex: (name) => indexIn(compiled.states, name, 'state'),
    eventIndex: (name) => indexIn(events, name, 'event'),
    next(state, event) {
      const next = event >= 0 && event < eventCount ? compiled.next[state * eventCount + event] : undefined;
      if (next === undefined) {
        throw new RangeError(
          `Expected a ${what} state 0..${compiled.states.length - 1} and an event 0..${eventCount - 1}, found ${state} and ${event}.`,
        );
      }
      return next;
    },
  };
}
