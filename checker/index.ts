/**
 * The engine: explores a system's states and says what holds. It knows memories, agents and properties, and no
 * protocol: a target comes in as a `System`. Nothing here reads a clock, a file or a random number.
 */
export type { BarrierOptions } from './barriers/editedPort.ts';
export {
  type BarrierEdit,
  type BarrierKind,
  type BarrierOrder,
  type BarrierPlace,
  barrierEditKinds,
  barrierOrders,
  editText,
  type SteppedKind,
  steppedKinds,
  weakerOrders,
  wrongEdits,
} from './barriers/edits.ts';
export { LoadStoreOrder, type LoadStorePair, type Strengths } from './barriers/loadStore.ts';
export { type Barrier, BarrierSurvey, keyOf as barrierKey } from './barriers/survey.ts';
export type { SharedCell } from './cells.ts';
export { type CheckOptions, check, startCheck } from './check.ts';
export {
  type DelayedStore,
  type Difference,
  type DifferenceOptions,
  explainDifference,
  type FenceAdvice,
  type FencePlace,
  type PlacedStore,
  type Remedy,
  type RunAccess,
  type StaleLoad,
} from './difference/difference.ts';
export { judgeLasso, type LassoJudgement } from './lasso.ts';
export { type MemoryModelName, memoryModelNames } from './memory/model.ts';
export { BreadthFirst } from './search/breadthFirst.ts';
export type { AccessSite, Communication, CommunicationPair } from './search/communication.ts';
export {
  defaultFuzzSteps,
  Fuzz,
  type FuzzOptions,
  type FuzzResult,
  type FuzzStrategy,
  fuzzStrategies,
  type ShrinkOptions,
  type ShrinkProgress,
  shrinkSchedule,
  startFuzz,
} from './search/random.ts';
export {
  type Actions,
  type AgentSpec,
  type ChainAction,
  type ChainEvent,
  type InterruptContext,
  type Interrupts,
  type Line,
  type Observation,
  type Program,
  program,
  type Semaphore,
  type SlotAction,
  STOP,
  type System,
  type SystemOperation,
  type Turn,
  type Witness,
} from './system.ts';
export { TargetError, type TargetErrorCode } from './targetError.ts';
export type {
  CheckResult,
  Exercise,
  IncompleteReason,
  Notifications,
  ScheduleStep,
  StepKind,
  Verdict,
  Violation,
  WorstRate,
} from './verdict.ts';
export { type AccessedBytes, Walk, type WalkOptions, type WalkStep } from './walk.ts';
