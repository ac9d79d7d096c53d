/** The barrier ledger for a machine: stable key order, nothing of the machine but the time. */
import type { Barrier } from '../../checker/index.ts';
import type { BarrierRun, BarriersReport, MemoryReport } from '../barrierReport.ts';
import { traceOf } from './json.ts';

/** The report as text. `reportFile`: where it will stand; null: standard output, where traces are written out in full. */
export function barriersJson(report: BarriersReport, reportFile: string | null): string {
  const { loaded, models, leftOut, claimsLeftOut, seconds, interrupted } = report;
  const json = {
    version: 1,
    target: loaded.target.name,
    seconds,
    interrupted,
    leftOut,
    claimsLeftOut,
    models: models.map((model) => modelJson(model, reportFile)),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function modelJson({ memory, baseline, ledger, traces }: MemoryReport, reportFile: string | null): unknown {
  const minimal = ledger?.minimal ?? null;
  return {
    memory,
    runs: baseline.runs.map(({ run, result, problem }) => ({
      ...runJson(run),
      verdict: result?.verdict ?? 'error',
      problem,
      states: result?.states ?? 0,
    })),
    barriers: (ledger?.entries ?? []).map((entry) => {
      const { barrier, verdict, evidence, race, enough, pairs, why } = entry;
      const violation = traces.get(entry);
      return {
        ...barrierJson(barrier),
        verdict,
        property: violation?.property ?? null,
        message: violation?.message ?? null,
        run: evidence === null ? null : runJson(evidence.run),
        race:
          race === null
            ? null
            : {
                message: race.violation.message,
                run: runJson(race.run),
                length: race.violation.schedule.length,
              },
        enough,
        loadsBeforeStores: pairs,
        why,
        length: violation?.length ?? null,
        trace: violation === undefined ? null : traceOf(violation, reportFile),
      };
    }),
    minimal:
      minimal === null
        ? null
        : {
            kept: minimal.kept.map(({ barrier, order }) => ({ ...barrierJson(barrier), as: order })),
            leftOut: minimal.leftOut.map(barrierJson),
            notTried: minimal.notTried,
          },
  };
}

function runJson({ scenario, params }: BarrierRun) {
  return {
    scenario: scenario.name,
    slots: params.slots,
    indexModulus: scenario.indexModulus(params),
    bounds: scenario.bounds(params),
  };
}

/** `operation`: the one it was met in; null: in none, or in several: `operations` has them all. */
function barrierJson({ site, operations, kind, order }: Barrier) {
  const operation = operations.length === 1 ? (operations[0] ?? null) : null;
  return { site, operation, operations, kind, order };
}
