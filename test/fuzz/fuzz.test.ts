import { describe, expect, it } from 'vitest';
import {
  check,
  type FuzzOptions,
  type FuzzResult,
  type FuzzStrategy,
  fuzzStrategies,
  startFuzz,
  Walk,
} from 'vqcheck/checker';
import { espAmp, type ScenarioParams } from 'vqcheck/scenarios';

function system(scenario: string, params: ScenarioParams) {
  const found = espAmp.scenarios.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`no scenario ${scenario}`);
  return found.system(params);
}

function fuzz(
  scenario: string,
  params: ScenarioParams,
  options: Omit<FuzzOptions, 'memory'>,
  slice = 16,
): FuzzResult {
  const run = startFuzz(system(scenario, params), { memory: params.memory, ...options });
  while (!run.advance(slice)) {
    // Until it says that it is over.
  }
  return run.result();
}

const interrupted = espAmp.defects.filter(({ scenario, slots, memory }) =>
  hasInterrupts(scenario, slots, memory),
);
const polling = espAmp.defects.filter((defect) => defect.memory === 'sc' && !interrupted.includes(defect));
const reordered = espAmp.defects.filter((defect) => defect.memory !== 'sc' && !interrupted.includes(defect));

function hasInterrupts(scenario: string, slots: number, memory: ScenarioParams['memory']): boolean {
  return system(scenario, { slots, memory, defects: [] }).interrupts !== undefined;
}

/** Walks what was found and shrunk: it must break that property once more. */
function expectBroken(
  result: FuzzResult,
  scenario: string,
  params: ScenarioParams,
  checked: Pick<FuzzOptions, 'properties'> = {},
): void {
  const { property = '', schedule = [], cells = [] } = result.violation ?? {};
  expect(schedule.length).toBeLessThanOrEqual(result.foundLength ?? 0);
  const walk = new Walk(system(scenario, params), { memory: params.memory, cells, ...checked });
  walk.reset();
  const broken = schedule.map((step) => walk.advance(step)).at(-1) ?? [];
  if (property === 'lost-wakeup') expect(walk.neglected()).toBe(result.violation?.message);
  if (property === 'lost-wakeup' || property === 'deadlock') expect(walk.isStuck(1000)).toBe(true);
  else expect(broken.map((found) => found.property)).toContain(property);
}

/**
 * What is not found. It needs one agent to stand still for most of a lap at one certain point, which a choice at each step
 * hardly ever makes: not met from three seeds in 3000 runs each.
 */
const beyond: Readonly<Record<FuzzStrategy, readonly string[]>> = {
  uniform: ['acknowledged-twice', 'pending-cleared-after-handlers'],
  pct: [],
};

/**
 * Where a run from seed 1 meets a data race before what comes of it; fuzzing stops at the first property that is broken.
 * Who looks at what is not ready yet, races on the way there: in `late-attach` at the first look.
 */
const raceMetFirst: Readonly<Record<FuzzStrategy, readonly string[]>> = {
  uniform: ['link-before-configuration', 'link-before-header'],
  pct: ['link-before-configuration', 'link-before-header', 'publish-before-fill'],
};
const racing = polling.filter(({ name }) =>
  Object.values(raceMetFirst).some((names) => names.includes(name)),
);

describe('a defect of which fuzzing meets the race first', () => {
  it.each(racing)(
    'is one that breaks both properties: $name',
    ({ name, scenario, slots, memory, property }) => {
      const { violations } = check(system(scenario, { slots, memory, defects: [name] }), { memory });
      const broken = violations.map((violation) => violation.property);
      expect(broken).toEqual(expect.arrayContaining(['no-data-race', property]));
    },
  );
});

describe.each(fuzzStrategies)('fuzzing with the strategy %s', (strategy) => {
  // Seeds are fixed: what is found once is found always. Of the
  // seeds 1 to 20, none needs more than 25 runs for most defects, 221 for the rarest (pct, the early links).
  it.each(polling)('finds $name, and shrinks it to a run that breaks the same property', (defect) => {
    const { name, scenario, slots, memory, property } = defect;
    const params: ScenarioParams = { slots, memory, defects: [name] };
    const result = fuzz(scenario, params, { seed: 1, runs: 200, strategy });
    expect(result.verdict).toBe('violated');
    const met = raceMetFirst[strategy].includes(name) ? 'no-data-race' : property;
    expect(result.violation?.property).toBe(met);
    expectBroken(result, scenario, params);
  });

  it.each(racing)('finds what comes of $name, too, if that alone is asked for', (defect) => {
    const { name, scenario, slots, memory, property } = defect;
    const params: ScenarioParams = { slots, memory, defects: [name] };
    const result = fuzz(scenario, params, { seed: 1, runs: 200, strategy, properties: [property] });
    expect(result.verdict).toBe('violated');
    expect(result.violation?.property).toBe(property);
    expectBroken(result, scenario, params, { properties: [property] });
  });

  // Of the seeds 1 to 5, none needs more than 2200 runs, but for what `free` does too late: that waits for a store to be left
  // behind while the other side makes most of a round, and 5 of 20 tries need more than 4000.
  it.each(reordered)('finds $name where memory is weak', (defect) => {
    const { name, scenario, slots, memory, property } = defect;
    const params: ScenarioParams = { slots, memory, defects: [name] };
    const result = fuzz(scenario, params, { seed: 1, runs: 4000, strategy, properties: [property] });
    expect(result.verdict).toBe('violated');
    expect(result.violation?.property).toBe(property);
    expectBroken(result, scenario, params, { properties: [property] });
  });

  // Of the seeds 1 to 3, none needs more than 2500 runs. They are short: the master may stop at any message.
  it.each(interrupted)('finds $name among interrupts, unless it is beyond it', (defect) => {
    const { name, scenario, slots, memory, property } = defect;
    const params: ScenarioParams = { slots, memory, defects: [name] };
    const result = fuzz(scenario, params, { seed: 1, runs: 4000, strategy, properties: [property] });
    if (beyond[strategy].includes(name)) {
      expect(result).toMatchObject({ verdict: 'incomplete', runs: 4000, violation: null });
      return;
    }
    expect(result.verdict).toBe('violated');
    // An operation without end is a fault, whatever is checked.
    expect([property, 'bounded-operation']).toContain(result.violation?.property);
    expectBroken(result, scenario, params, { properties: [property] });
  });

  it.each([
    ['in-order', 4, 'sc'],
    ['in-order', 4, 'tso'],
    ['any-order', 4, 'tso'],
    ['full-empty', 4, 'sc'],
    ['two-queues', 2, 'tso'],
    ['late-attach', 2, 'tso'],
    ['doorbell', 2, 'tso'],
    ['notify-fails', 2, 'sc'],
    ['index-wrap', 2, 'sc'],
    ['init-sizes', 1, 'sc'],
  ] as const)('finds nothing in the sound code: %s, %i slots, %s', (scenario, slots, memory) => {
    const realistic = scenario !== 'index-wrap' && scenario !== 'init-sizes';
    const result = fuzz(scenario, { slots, memory, defects: [], realistic }, { seed: 3, runs: 40, strategy });
    expect(result).toMatchObject({ verdict: 'incomplete', runs: 40, violation: null, error: null });
    expect(result.steps).toBeGreaterThanOrEqual(40);
  });

  it('does the same again with the same seed, however it is sliced', () => {
    const params: ScenarioParams = { slots: 2, memory: 'tso', defects: ['addr-not-written-back'] };
    const options = { seed: 11, runs: 100, strategy };
    const result = fuzz('any-order', params, options, 1);
    expect(result.verdict).toBe('violated');
    expect(fuzz('any-order', params, options, 100)).toEqual(result);
  });

  it('makes other runs with another seed', () => {
    const params: ScenarioParams = { slots: 2, memory: 'sc', defects: ['double-free'] };
    const lengths = [1, 2, 3, 4, 5].map(
      (seed) => fuzz('in-order', params, { seed, runs: 50, strategy }).foundLength,
    );
    expect(new Set(lengths).size).toBeGreaterThan(1);
  });

  it('runs queues of real size', () => {
    const params: ScenarioParams = { slots: 512, memory: 'tso', defects: [], realistic: true };
    const result = fuzz('in-order', params, { seed: 1, runs: 1, strategy });
    expect(result).toMatchObject({ verdict: 'incomplete', violation: null, error: null });
    // Long enough for a lap and a half: 20 steps a message.
    expect(result.steps).toBeGreaterThan(1.5 * 512 * 20);
    expect(result.witnesses).toContainEqual({ name: 'queue empty', reached: true });
  });
});

describe('a fuzzing run', () => {
  const params: ScenarioParams = { slots: 2, memory: 'sc', defects: [] };

  it('counts schedules and steps while it goes on, and ends after the last one', () => {
    const run = startFuzz(system('in-order', params), { seed: 1, runs: 10, maxSteps: 50 });
    expect(run.advance(4)).toBe(false);
    expect([run.runs, run.steps]).toEqual([4, 200]);
    expect(run.advance(6)).toBe(true);
    expect(run.advance(6)).toBe(true);
    expect(run.result()).toMatchObject({
      runs: 10,
      maxRuns: 10,
      steps: 500,
      maxSteps: 50,
      verdict: 'incomplete',
    });
  });

  it('fills the queue in long stretches of one agent with pct', () => {
    const big: ScenarioParams = { slots: 64, memory: 'sc', defects: [], realistic: true };
    const reached = (strategy: 'uniform' | 'pct') =>
      fuzz('in-order', big, { seed: 1, runs: 10, strategy }).witnesses.find(
        ({ name }) => name === 'queue full',
      );
    expect(reached('pct')?.reached).toBe(true);
    expect(reached('uniform')?.reached).toBe(false);
  });

  it('checks only the properties asked for', () => {
    const result = fuzz(
      'in-order',
      { ...params, defects: ['double-free'] },
      { seed: 1, runs: 5, properties: ['fifo'] },
    );
    expect(result.violation?.property).not.toBe('no-double-ownership');
  });
});
