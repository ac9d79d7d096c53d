/**
 * The transitions of the chart as a plain list, with what the chart says about each: for documents, for paths, and
 * for whoever has to know at which moment of an operation an event belongs.
 */
import { getNextTransitions } from 'xstate';
import { type SlotEvent, type SlotEventMeta, slotEvents } from './events.ts';
import { slotMachine } from './slot.ts';
import {
  ILLEGAL,
  nextSlotState,
  type SlotState,
  slotEventIndex,
  slotStateIndex,
  slotStates,
  valueOfPath,
} from './table.ts';

/** One arrow of the chart, between leaf states. */
export type SlotTransition = {
  readonly from: SlotState;
  readonly event: SlotEvent;
  readonly to: SlotState;
  /** One sentence. */
  readonly meaning: string;
} & SlotEventMeta;

function transitionsFrom(from: SlotState): readonly SlotTransition[] {
  const definitions = getNextTransitions(slotMachine.resolveState({ value: valueOfPath(from.split('.')) }));
  return slotEvents.flatMap((event) => {
    const next = nextSlotState(slotStateIndex(from), slotEventIndex(event));
    const to = next === ILLEGAL ? undefined : slotStates[next];
    if (to === undefined) {
      return [];
    }
    // The first one counts: XState lists a state's own transitions before those of its parents.
    const definition = definitions.find(({ eventType }) => eventType === event);
    // The cast is true because the chart's setup demands this type of every `meta`.
    const meta = definition?.meta as SlotEventMeta | undefined;
    if (definition?.description === undefined || meta === undefined) {
      throw new Error(
        `Expected a description and meta on the transition '${event}' of the slot state '${from}'.`,
      );
    }
    return [{ from, event, to, meaning: definition.description, ...meta }];
  });
}

/** All transitions, ordered by the index of their source, then of their event. */
export const slotTransitions: readonly SlotTransition[] = slotStates.flatMap(transitionsFrom);
