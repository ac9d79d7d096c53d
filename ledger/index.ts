/**
 * The barrier ledger: which fences and orderings of an implementation its scenarios need, and why. What lives here
 * asks the checker the same question again and again, about systems that it is given; it knows no target, reads no
 * clock and prints nothing.
 */
export {
  type BarrierEntry,
  type BarrierVerdict,
  type Baseline,
  type BaselineRun,
  type Bench,
  barrierLedger,
  type Evidence,
  type LedgerRun,
  type MinimalSet,
  type ModelLedger,
  surveyBarriers,
  withoutBarrierClaims,
} from './ledger.ts';
