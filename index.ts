/**
 * vqcheck: a formal-model checker and fuzzer for virtqueue protocols. What a user's own test suite needs is here; each
 * folder has a sub-path of its own with the rest.
 */
export {
  type CheckOptions,
  type CheckResult,
  check,
  type Program,
  program,
  STOP,
  type System,
} from './checker/index.ts';
export { LayoutMap, type MemoryPort } from './memory/index.ts';
export { builtInProperties, type Property, reducerProperty } from './properties/index.ts';
export { builtInTargets, type Scenario, type Target } from './scenarios/index.ts';
