/**
 * Event sequences through the chart, for tests that drive an implementation: to each state, and over each transition.
 *
 * The chart alone would offer `release.failed` as the shortest way from `free` to `used.held`, since it does not
 * remember that nothing was released. No implementation can follow that, so a path uses a `.failed` event only as
 * its last, straight after the event that it undoes.
 */
import { getShortestPaths } from 'xstate/graph';
import { type SlotEvent, slotEvents } from './events.ts';
import { slotMachine } from './slot.ts';
import { type SlotState, slotStates } from './table.ts';
import { type SlotTransition, slotTransitions } from './transitions.ts';

/** A state and a shortest sequence of events that leads to it from the initial state. */
export interface SlotPath {
  readonly state: SlotState;
  readonly events: readonly SlotEvent[];
}

const undoing: ReadonlySet<string> = new Set(
  slotTransitions.filter(({ at }) => at === 'error return').map(({ event }) => event),
);

/** One path for each state, in the order of `slotStates`. Without failures; the initial state's is empty. */
export function shortestSlotPaths(): readonly SlotPath[] {
  const found = getShortestPaths(slotMachine, {
    events: slotEvents.filter((event) => !undoing.has(event)).map((type) => ({ type })),
    // By default XState tells states apart by the event that led to them, too.
    serializeState: ({ value }) => JSON.stringify(value),
  });
  return slotStates.map((state) => {
    const path = found.find((candidate) => leafName(candidate.state.value) === state);
    if (path === undefined) {
      throw new Error(`Expected the slot state '${state}' to be reachable without a failure.`);
    }
    // XState's own first step is the event with which an actor starts.
    const events = path.steps.flatMap(({ event: { type } }) => slotEvents.filter((event) => event === type));
    return { state, events };
  });
}

/** `used.held` for `{used: 'held'}`. */
function leafName(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  return Object.entries(value)
    .map(([key, child]) => `${key}.${leafName(child)}`)
    .join();
}

/**
 * For each of `slotTransitions`, in that order, a shortest sequence of events from the initial state that ends with
 * this transition.
 */
export function slotTransitionPaths(): readonly (readonly SlotEvent[])[] {
  const paths = new Map(shortestSlotPaths().map(({ state, events }) => [state, events]));
  const pathOver = (transition: SlotTransition): readonly SlotEvent[] => {
    if (transition.at !== 'error return') {
      return [...(paths.get(transition.from) ?? []), transition.event];
    }
    const undone = slotTransitions.find(
      ({ event, to }) => event === transition.undoes && to === transition.from,
    );
    if (undone === undefined || undone.at === 'error return') {
      throw new Error(`Expected '${transition.event}' to undo a transition to '${transition.from}'.`);
    }
    return [...pathOver(undone), transition.event];
  };
  return slotTransitions.map(pathOver);
}
