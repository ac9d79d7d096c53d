/** The slot chart as a dense table (`chart.ts`), and who owns a buffer in each of its states. */
import type { SnapshotFrom } from 'xstate';
import { type LeafName, type TabledChart, tabledChart } from './chart.ts';
import { type SlotEvent, type SlotOwner, slotEvents } from './events.ts';
import { slotMachine } from './slot.ts';

/** The name of a leaf state of the chart, with dots: `used.held`. */
export type SlotState = LeafName<SnapshotFrom<typeof slotMachine>['value']>;

/** The chart with its names. */
export const slotChart: TabledChart<SlotState, SlotEvent> = tabledChart(slotMachine, slotEvents, 'slot');

/** All leaf states of the chart, in the order of their indices. */
export const slotStates: readonly SlotState[] = slotChart.states;

/** Index of the state in which every slot starts: `free`. */
export const INITIAL_SLOT_STATE: number = slotChart.initial;

/** `slotTable[state * slotEvents.length + event]`: index of the next state, or `ILLEGAL`. Not to be written. */
export const slotTable: Readonly<Int8Array> = slotChart.table;

/** Index of a state, 0..4. @throws RangeError for a name that is none. */
export function slotStateIndex(name: SlotState): number {
  return slotChart.stateIndex(name);
}

/** Index of an event, 0..10. Look it up once, outside the hot loop. @throws RangeError for a name that is none. */
export function slotEventIndex(name: SlotEvent): number {
  return slotChart.eventIndex(name);
}

const { next } = slotChart;

/**
 * Index of the state after an event, or `ILLEGAL`.
 *
 * @throws RangeError for an index that is none (`ILLEGAL` is no state).
 */
export function nextSlotState(state: number, event: number): number {
  return next(state, event);
}

const allOwners: readonly SlotOwner[] = ['driver', 'device', 'nobody'];

const owners: readonly SlotOwner[] = slotChart.tags.map((tags, state) => {
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
