/**
 * The transitions of a chart as a plain list, with what the chart says about each: for documents, for paths, and for
 * whoever has to know at which moment of an operation an event belongs.
 */
import { getNextTransitions } from 'xstate';
import { ILLEGAL, type TabledChart, valueOfPath } from './chart.ts';
import type { SlotEvent, SlotEventMeta } from './events.ts';
import { type SlotState, slotChart } from './table.ts';

/** One arrow of a chart, between leaf states. */
export type ChartTransition<S extends string, E extends string, M> = {
  readonly from: S;
  readonly event: E;
  readonly to: S;
  /** One sentence. */
  readonly meaning: string;
} & M;

/**
 * All transitions, ordered by the index of their source, then of their event.
 *
 * @typeParam M what the chart's setup demands as the `meta` of a transition.
 * @throws Error when a transition has no description or no meta.
 */
export function chartTransitions<S extends string, E extends string, M>(
  chart: TabledChart<S, E>,
): readonly ChartTransition<S, E, M>[] {
  return chart.states.flatMap((from) => transitionsFrom<S, E, M>(chart, from));
}

function transitionsFrom<S extends string, E extends string, M>(
  chart: TabledChart<S, E>,
  from: S,
): readonly ChartTransition<S, E, M>[] {
  const { machine, events, states } = chart;
  const definitions = getNextTransitions(
    machine.resolveState({ value: valueOfPath(from.split('.')), context: {} }),
  );
  return events.flatMap((event) => {
    const next = chart.next(chart.stateIndex(from), chart.eventIndex(event));
    const to = next === ILLEGAL ? undefined : states[next];
    if (to === undefined) {
      return [];
    }
    // The first one counts: XState lists a state's own transitions before those of its parents.
    const definition = definitions.find(({ eventType }) => eventType === event);
    // The cast is true because the chart's setup demands this type of every `meta`.
    const meta = definition?.meta as M | undefined;
    if (definition?.description === undefined || meta === undefined) {
      throw new Error(
        `Expected a description and meta on the transition '${event}' of the ${chart.what} state '${from}'.`,
      );
    }
    return [{ from, event, to, meaning: definition.description, ...meta }];
  });
}

/** One arrow of the slot chart. */
export type SlotTransition = ChartTransition<SlotState, SlotEvent, SlotEventMeta>;

/** All transitions of the slot chart, ordered by the index of their source, then of their event. */
export const slotTransitions: readonly SlotTransition[] = chartTransitions(slotChart);
