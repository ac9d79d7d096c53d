/**
 * Agents, programs and bounds as data: which systems are checked, and what is expected of them. An implementation and
 * the checker meet here; neither knows the other.
 */
import { espAmp } from './espAmp/target.ts';
import { sel4, sel4Published } from './sel4/target.ts';
import type { Target } from './target.ts';
import { virtioPacked } from './virtio/packedTarget.ts';
import { virtioSplit } from './virtio/splitTarget.ts';

export type {
  BarrierRunChoice,
  Expectation,
  Scenario,
  ScenarioParams,
  Target,
  TargetDefect,
} from './target.ts';
export {
  type ClauseOptions,
  type ClauseRegisters,
  type NotificationAction,
  packedClauses,
  splitClauses,
} from './virtio/clauses/index.ts';
export { espAmp, sel4, sel4Published, virtioPacked, virtioSplit };
/** All targets that come with the package. */
export const builtInTargets: readonly Target[] = [espAmp, sel4, sel4Published, virtioSplit, virtioPacked];
