import { describe, expect, it } from 'vitest';
import { espAmp } from 'vqcheck/scenarios';
import { committedTraces, decodeTrace, generateTraces, replayTrace } from 'vqcheck/traces';
import { siteProbe } from '../../dist/cli/sites.js';

/** After a change of the code that moves lines or steps: `npx vitest run test/traces -u`, and look at the difference. */
const generated = new Map<string, string>();

/** The trace of one defect, found anew: a defect that does not show any more fails only its own tests. */
function generate(name: string): string {
  const known = generated.get(name);
  if (known !== undefined) return known;
  const only = { ...espAmp, defects: espAmp.defects.filter((defect) => defect.name === name) };
  const text = generateTraces(only, siteProbe())[0]?.text ?? '';
  generated.set(name, text);
  return text;
}

describe.each(espAmp.defects)('the committed trace of $name', ({ name, property, slots, scenario }) => {
  it('is what the search finds now', async () => {
    await expect(generate(name)).toMatchFileSnapshot(`../../traces/esp-amp/${name}.json`);
  });

  it('replays step by step to the violation of the property that names the defect', () => {
    const trace = decodeTrace(generate(name));
    expect(trace).toMatchObject({ scenario, defects: [name], params: { slots }, violation: { property } });
    const result = replayTrace(trace, espAmp, { defect: 'as recorded' });
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

  it('ends clean on the sound code', () => {
    const trace = decodeTrace(generate(name));
    const result = replayTrace(trace, espAmp, { defect: 'none' });
    expect(result.kind).toBe('clean');
    expect(result.goalSearched).not.toBe(false);
  });

  it('says for each step where it stands in the code, by a path inside the package', () => {
    const { steps } = decodeTrace(generate(name));
    for (const { access, site } of steps) {
      // Nobody's code makes these.
      if (['drain', 'pause', 'spin', 'enter'].includes(access)) continue;
      expect(site).toMatch(/^(impl|scenarios)\/[\w/.-]+\.ts:\d+$/);
    }
  });
});

it('there is one trace for each defect, and nothing else', () => {
  expect(committedTraces(espAmp).map(({ path }) => path)).toEqual(
    espAmp.defects.map(({ name }) => `traces/esp-amp/${name}.json`),
  );
});
