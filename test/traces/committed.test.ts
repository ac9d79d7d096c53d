import { describe, expect, it } from 'vitest';
import { espAmp } from 'vqcheck/scenarios';
import { committedTraces, decodeTrace, generateTraces, replayTrace } from 'vqcheck/traces';
import { siteProbe } from '../../dist/cli/sites.js';

/** After a change of the code that moves lines or steps: `npx vitest run test/traces -u`, and look at the difference. */
const generated = new Map(generateTraces(espAmp, siteProbe()).map((file) => [file.defect, file]));

describe.each(espAmp.defects)('the committed trace of $name', ({ name, property, slots, scenario }) => {
  it('is what the search finds now', async () => {
    await expect(generated.get(name)?.text).toMatchFileSnapshot(`../../traces/esp-amp/${name}.json`);
  });

  it('replays step by step to the violation of the property that names the defect', () => {
    const trace = decodeTrace(generated.get(name)?.text ?? '');
    expect(trace).toMatchObject({ scenario, defects: [name], params: { slots }, violation: { property } });
    const result = replayTrace(trace, espAmp, { defect: 'as recorded' });
    expect(result).toMatchObject({
      kind: 'same-violation',
      firstDifference: null,
      property,
      message: trace.violation.message,
    });
    expect(result.goalSearched).not.toBe(false);
    expect(result.rows.length).toBe(trace.steps.length);
  });

  it('ends clean on the sound code', () => {
    const trace = decodeTrace(generated.get(name)?.text ?? '');
    const result = replayTrace(trace, espAmp, { defect: 'none' });
    expect(result.kind).toBe('clean');
    expect(result.goalSearched).not.toBe(false);
  });

  it('says for each step where it stands in the code, by a path inside the package', () => {
    const { steps } = decodeTrace(generated.get(name)?.text ?? '');
    for (const { access, site } of steps) {
      if (access === 'drain' || access === 'pause') continue;
      expect(site).toMatch(/^(impl|scenarios)\/[\w/.-]+\.ts:\d+$/);
    }
  });
});

it('there is one trace for each defect, and nothing else', () => {
  expect(committedTraces(espAmp).map(({ path }) => path)).toEqual(
    espAmp.defects.map(({ name }) => `traces/esp-amp/${name}.json`),
  );
});
