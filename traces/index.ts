/**
 * Traces: the file format of a counterexample, and what can be done with one (record, replay, show, shrink), with the
 * committed traces of the seeded defects. What lives here knows scenarios and the checker; it prints nothing.
 */
export { decodeTrace, encodeTrace, readTraceFile } from './codec.ts';
export { committedTraces, generateTraces, type TraceFile } from './committed.ts';
export { type ExplainOptions, explainTrace } from './explain.ts';
export { type RecordOptions, recordTrace, type SiteProbe } from './record.ts';
export { type ReplayOptions, type ReplayResult, replayTrace, type TraceDifference } from './replay.ts';
export {
  type DisplayRow,
  type FoldedRow,
  foldRows,
  type LocalRow,
  type RingPart,
  type SlotOwnerRow,
  type StepRow,
  type WaitingStores,
} from './rows.ts';
export {
  MAX_TRACE_CHARACTERS,
  MAX_TRACE_STEPS,
  TRACE_FORMAT,
  TRACE_VERSION,
  type Trace,
  type TraceEntry,
  type TraceStep,
  traceSchema,
  traceSchemaDocument,
} from './schema.ts';
export { type ShrinkTraceOptions, shrinkTrace } from './shrink.ts';
export { TraceError, type TraceErrorCode } from './traceError.ts';
