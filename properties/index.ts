/**
 * Claims about runs: what a property is, the built-in ones, and a comfortable way to write more. What lives here
 * judges events and states at rest; it knows neither how runs are found nor any target.
 */
import { boundedOperation } from './boundedOperation.ts';
import { deadlock } from './deadlock.ts';
import { documentedErrors } from './documentedErrors.ts';
import { eventualReceipt } from './eventualReceipt.ts';
import { failureAtomicity } from './failureAtomicity.ts';
import { fifo } from './fifo.ts';
import { livelock } from './livelock.ts';
import { lostWakeup } from './lostWakeup.ts';
import { noDataRace } from './noDataRace.ts';
import { noDoubleOwnership } from './noDoubleOwnership.ts';
import { noLostBuffers } from './noLostBuffers.ts';
import { noOutsideAccess } from './noOutsideAccess.ts';
import { payloadIntegrity } from './payloadIntegrity.ts';
import type { Property } from './property.ts';

export type {
  AccessEvent,
  ActionEvent,
  AgentContext,
  AllocationEvent,
  CallEvent,
  Clause,
  Contents,
  EnterEvent,
  FaultEvent,
  FenceEvent,
  Goal,
  LocationNames,
  Monitor,
  MonitorEvent,
  OperationContract,
  PayloadAccessEvent,
  Property,
  PropertyContext,
  ReturnEvent,
  Slot,
  SlotMoveEvent,
  StateView,
  Words,
} from './property.ts';
export { EXERCISED } from './property.ts';
export { type ReducerOptions, type ReducerViolation, reducerProperty } from './reducer.ts';
export {
  boundedOperation,
  deadlock,
  documentedErrors,
  eventualReceipt,
  failureAtomicity,
  fifo,
  livelock,
  lostWakeup,
  noDataRace,
  noDoubleOwnership,
  noLostBuffers,
  noOutsideAccess,
  payloadIntegrity,
};

/** All properties of this folder: first who owns what, then what is in it, then how single operations behave. */
export const builtInProperties: readonly Property[] = [
  noDoubleOwnership,
  noLostBuffers,
  fifo,
  payloadIntegrity,
  noDataRace,
  noOutsideAccess,
  failureAtomicity,
  documentedErrors,
  boundedOperation,
  deadlock,
  lostWakeup,
  eventualReceipt,
  livelock,
];
