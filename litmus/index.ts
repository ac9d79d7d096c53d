/**
 * Litmus tests: tiny programs with the exact sets of final states that memory models allow, and a way to run them on the
 * engine and its memory models. What lives here knows the checker and no protocol; it reads no files and prints nothing.
 */
export {
  decodeLitmus,
  LITMUS_FORMAT,
  LITMUS_VERSION,
  LitmusError,
  type LitmusErrorCode,
  type LitmusOperation,
  type LitmusTest,
  type LitmusThread,
  type LitmusValue,
  type LitmusVariant,
  litmusModels,
  MAX_LITMUS_CHARACTERS,
} from './format.ts';
export { litmusSystem } from './program.ts';
export {
  type Comparison,
  compareOutcomes,
  compareRace,
  expectedOutcomes,
  type LitmusRun,
  type Outcome,
  type RaceComparison,
  runLitmus,
  variantOf,
} from './run.ts';
