/** What `vqcheck barriers` found out, as plain data: the text report and the JSON report are both made from it. */
import type { MemoryModelName } from '../checker/index.ts';
import type { BarrierEntry, Baseline, ModelLedger } from '../ledger/index.ts';
import type { PlannedRun, RefusedRun } from './plan.ts';
import type { ReportedViolation } from './runReport.ts';
import type { LoadedTarget } from './targets.ts';

/** A scenario at one size under one memory model, by the name that the ledger's reader sees. */
export interface BarrierRun extends PlannedRun {
  readonly title: string;
}

/** What is known of one memory model when the command ends. */
export interface MemoryReport {
  readonly memory: MemoryModelName;
  readonly baseline: Baseline<BarrierRun>;
  /** Null: interrupted before the first verdict. */
  readonly ledger: ModelLedger<BarrierRun> | null;
  /** The counterexample of each needed barrier. */
  readonly traces: ReadonlyMap<BarrierEntry<BarrierRun>, ReportedViolation>;
}

/** What a report is made from. */
export interface BarriersReport {
  readonly loaded: LoadedTarget;
  readonly properties: readonly string[] | undefined;
  /** Properties that were not checked, as they claim nothing but that a barrier is there. */
  readonly claimsLeftOut: readonly string[];
  readonly models: readonly MemoryReport[];
  readonly leftOut: readonly RefusedRun[];
  readonly seconds: number;
  readonly interrupted: boolean;
}
