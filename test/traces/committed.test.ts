import { describe, expect, it } from 'vitest';
import { builtInTargets, type Target } from 'vqcheck/scenarios';
import { committedTraces, decodeTrace, generateTraces, replayTrace } from 'vqcheck/traces';
import { siteProbe } from '../../dist/cli/sites.js';

/** After a change of the code that moves lines or steps: `npx vitest run test/traces -u`, and look at the difference. */
const generated = new Map<string, string>();

/** The trace of one defect, found anew: a defect that does not show any more fails only its own tests. */
function generate(target: Target, name: string): string {
  const key = `${target.name} ${name}`;
  const known = generated.get(key);
  if (known !== undefined) return known;
  const only = {
    ...target,
    defects: target.defects.filter((defect) => defect.name === name),
    faults: (target.faults ?? []).filter((fault) => fault.name === name),
  };
  const text = generateTraces(only, siteProbe())[0]?.text ?? '';
  generated.set(key, text);
  return text;
}

const cases = builtInTargets.flatMap((target) => [
  ...target.defects.map((defect) => ({
    ...defect,
    defects: [defect.name],
    target,
    label: `${target.name}/${defect.name}`,
  })),
  // What is wrong as it is has no sound code beside it.
  ...(target.faults ?? []).map((fault) => ({
    ...fault,
    defects: [],
    target,
    label: `${target.name}/${fault.name}`,
  })),
]);

describe.each(cases)(
  'the committed trace of $label',
  ({ target, name, defects, property, slots, scenario }) => {
    it('is what the search finds now', async () => {
      await expect(generate(target, name)).toMatchFileSnapshot(`../../traces/${target.name}/${name}.json`);
    });

    it('replays step by step to the violation of the property that names the defect', () => {
      const trace = decodeTrace(generate(target, name));
      expect(trace).toMatchObject({ scenario, defects, params: { slots }, violation: { property } });
      const result = replayTrace(trace, target, { defect: 'as recorded' });
      expect(result).toMatchObject({
        kind: 'same-violation',
        firstDifference: null,
        property,
        message: trace.violation.message,
        cycleStart: trace.cycleStart,
      });
      expect(result.goalSearched).not.toBe(false);
      expect(result.rows.length).toBe(trace.steps.length);
    });

    it.runIf(defects.length > 0)('ends clean on the sound code', () => {
      const trace = decodeTrace(generate(target, name));
      const result = replayTrace(trace, target, { defect: 'none' });
      expect(result.kind).toBe('clean');
      expect(result.goalSearched).not.toBe(false);
    });

    it('says for each step where it stands in the code, by a path inside the package', () => {
      const { steps } = decodeTrace(generate(target, name));
      for (const { access, site } of steps) {
        // Nobody's code makes these.
        if (['drain', 'pause', 'spin', 'enter'].includes(access)) continue;
        expect(site).toMatch(/^(impl|scenarios)\/[\w/.-]+\.ts:\d+$/);
      }
    });
  },
);

it.each(builtInTargets)(
  'there is one trace for each defect and fault of $name, and nothing else',
  (target) => {
    expect(committedTraces(target).map(({ path }) => path)).toEqual(
      [...target.defects, ...(target.faults ?? [])].map(({ name }) => `traces/${target.name}/${name}.json`),
    );
  },
);
