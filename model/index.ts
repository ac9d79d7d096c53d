/**
 * What may happen: the statechart of one slot, that is the ownership of a buffer, those of a device's and of a queue's
 * status, and what is derived from them (tables, paths, pictures). XState lives here and nowhere else. Nothing here knows about memory, protocols or exploration.
 */
export {
  compileTransitionTable,
  ILLEGAL,
  type TabledChart,
  type TransitionTable,
} from './chart.ts';
export {
  type DeviceStatusArrow,
  type DeviceStatusEvent,
  type DeviceStatusMeta,
  type DeviceStatusState,
  type DeviceStatusTag,
  deviceStatusEvents,
  deviceStatusMachine,
  deviceStatusTable,
  deviceStatusTransitions,
} from './deviceStatus.ts';
export { deviceStatusDiagram, deviceStatusDocument, queueStatusDiagram } from './deviceStatusPage.ts';
export {
  type SlotEvent,
  type SlotEventMeta,
  type SlotEventMoment,
  type SlotOwner,
  slotEvents,
} from './events.ts';
export { slotDiagram, slotDocument } from './mermaid.ts';
export { type SlotPath, shortestSlotPaths, slotTransitionPaths } from './paths.ts';
export {
  type QueueStatusArrow,
  type QueueStatusEvent,
  type QueueStatusState,
  type QueueStatusTag,
  queueStatusEvents,
  queueStatusMachine,
  queueStatusTable,
  queueStatusTransitions,
} from './queueStatus.ts';
export { type SlotOwnerTag, slotMachine } from './slot.ts';
export {
  INITIAL_SLOT_STATE,
  nextSlotState,
  ownerOf,
  type SlotState,
  slotEventIndex,
  slotStateIndex,
  slotStates,
  slotTable,
} from './table.ts';
export { type SlotTransition, slotTransitions } from './transitions.ts';
