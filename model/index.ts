/**
 * What may happen to the ownership of a buffer: the statechart of one slot, and what is derived from it (table,
 * paths, picture). XState lives here and nowhere else. Nothing here knows about memory, protocols or exploration.
 */
export {
  type SlotEvent,
  type SlotEventMeta,
  type SlotEventMoment,
  type SlotOwner,
  slotEvents,
} from './events.ts';
export { slotDiagram, slotDocument } from './mermaid.ts';
export { type SlotPath, shortestSlotPaths, slotTransitionPaths } from './paths.ts';
export { type SlotOwnerTag, slotMachine } from './slot.ts';
export {
  compileTransitionTable,
  ILLEGAL,
  INITIAL_SLOT_STATE,
  nextSlotState,
  ownerOf,
  type SlotState,
  slotEventIndex,
  slotStateIndex,
  slotStates,
  slotTable,
  type TransitionTable,
} from './table.ts';
export { type SlotTransition, slotTransitions } from './transitions.ts';
