/** The traces that come with the package: for each defect and fault of a target a shortest run that shows it. */
import { check, type Violation } from '../checker/index.ts';
import type { Target, TargetDefect } from '../scenarios/index.ts';
import { encodeTrace, packageText } from './codec.ts';
import { recordTrace, type SiteProbe, scenarioOf } from './record.ts';

export interface TraceFile {
  /** Name of the defect, or of the fault. */
  readonly defect: string;
  /** `traces/<target>/<defect>.json`, in the package. */
  readonly path: string;
  readonly text: string;
}

function pathOf(target: Target, { name }: TargetDefect): string {
  return `traces/${target.name}/${name}.json`;
}

/**
 * Finds each defect and fault of the target anew, by exhaustive search, and writes down a shortest violation of the property that
 * names it. Nothing is written to disk.
 * @throws Error when a defect does not show where it is declared to.
 */
export function generateTraces(target: Target, siteOf?: SiteProbe): TraceFile[] {
  return [
    ...target.defects.map((defect) => ({ defect, defects: [defect.name] })),
    ...(target.faults ?? []).map((defect) => ({ defect, defects: [] })),
  ].map(({ defect, defects }) => ({
    defect: defect.name,
    path: pathOf(target, defect),
    text: generate(target, defect, defects, siteOf),
  }));
}

function generate(
  target: Target,
  defect: TargetDefect,
  defects: readonly string[],
  siteOf: SiteProbe | undefined,
): string {
  const { name, scenario, slots, memory, property } = defect;
  const result = check(scenarioOf(target, scenario).system({ slots, memory, defects }), { memory });
  const violation = result.violations.find((candidate: Violation) => candidate.property === property);
  if (violation === undefined) {
    throw new Error(
      `defect ${name} of ${target.name}: expected a violation of ${property} in ${scenario} with ${slots} slots under ${memory}, ` +
        `found ${result.violations.map((other) => other.property).join(', ') || result.verdict}`,
    );
  }
  const sites = siteOf === undefined ? {} : { siteOf };
  return encodeTrace(
    recordTrace({ target, scenario, params: { slots }, memory, defects, violation, ...sites }),
  );
}

/** The committed traces as they are on disk, one for each defect and fault. @throws what the file system throws. */
export function committedTraces(target: Target): TraceFile[] {
  return [...target.defects, ...(target.faults ?? [])].map((defect) => {
    const path = pathOf(target, defect);
    return { defect: defect.name, path, text: packageText(path) };
  });
}
