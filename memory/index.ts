/**
 * The memory port, the layout language and the live port. What lives here knows nothing of any protocol, of the
 * checker or of its memory models, and imports no other folder.
 */
export { AccessError } from './accessError.ts';
export {
  type AccessorMaker,
  type AccessorPort,
  arrayOf,
  type Field,
  type Fields,
  fieldLocation,
  type Struct,
  type StructArray,
  StructView,
  struct,
  u8,
  u16,
  u32,
  u64,
  type View,
  type ViewBase,
  viewOf,
} from './layout.ts';
export { LayoutMap, unnamed } from './layoutMap.ts';
export { LivePort, type LivePortOptions } from './live.ts';
export {
  LiveInterrupts,
  type LiveInterruptsOptions,
  type LiveLine,
  type LiveSemaphore,
  liveInterruptsBytes,
} from './liveInterrupts.ts';
export {
  bytesOf,
  type Location,
  locationAt,
  MAX_OFFSET,
  offsetOf,
  type Space,
  spaceOf,
  type Width,
} from './location.ts';
export type { AtomicOrdering, FenceOrdering, Ordering } from './ordering.ts';
export type { PlainData } from './plainData.ts';
export type { MemoryPort, OperationArguments, Repeat, RmwOperation } from './port.ts';
