import { describe, expect, it } from 'vitest';
import { type FuzzOptions, type FuzzResult, fuzzStrategies, startFuzz } from 'vqcheck/checker';
import { type Target, virtioPacked, virtioSplit } from 'vqcheck/scenarios';

type Memory = 'sc' | 'tso';

function fuzz(
  target: Target,
  scenario: string,
  slots: number,
  options: FuzzOptions,
  ...defects: readonly string[]
): FuzzResult {
  const found = target.scenarios.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`no scenario ${scenario}`);
  const memory: Memory = options.memory === 'tso' ? 'tso' : 'sc';
  const run = startFuzz(found.system({ slots, memory, defects, realistic: true }), options);
  while (!run.advance(1)) {
    // Until it says that it is over.
  }
  return run.result();
}

const targets = [
  { name: virtioSplit.name, target: virtioSplit, sizes: [16] },
  { name: virtioPacked.name, target: virtioPacked, sizes: [3, 16] },
];

/** Those that have no size of real queues say so. */
function sized(target: Target, slots: number): readonly string[] {
  const params = { slots, memory: 'sc', defects: [], realistic: true } as const;
  return target.scenarios.filter((scenario) => scenario.refuse(params) === null).map(({ name }) => name);
}

describe.each(targets)('fuzzing $name', ({ target, sizes }) => {
  it.each(fuzzStrategies)(
    'finds nothing in the sound code of any scenario, with the strategy %s',
    (strategy) => {
      for (const slots of sizes) {
        const scenarios = sized(target, slots);
        expect(scenarios.length).toBeGreaterThan(20);
        for (const scenario of scenarios) {
          const result = fuzz(target, scenario, slots, { seed: 1, runs: 1, strategy });
          expect({ scenario, result }).toMatchObject({
            scenario,
            result: { verdict: 'incomplete', runs: 1, violation: null, error: null },
          });
        }
      }
    },
  );

  it('finds nothing in the sound code under tso, where stores wait', () => {
    for (const scenario of ['chains', 'batch', 'index-wrap', 'full-ring']) {
      const result = fuzz(target, scenario, 16, { seed: 1, runs: 2, memory: 'tso' });
      expect(result).toMatchObject({ verdict: 'incomplete', runs: 2, violation: null, error: null });
    }
  });

  it.each(fuzzStrategies)(
    'gets a device live and resets it, whoever waits for whom, with the strategy %s',
    (strategy) => {
      for (const scenario of ['lifecycle', 'needs-reset', 'reset-while-busy']) {
        const { witnesses } = fuzz(target, scenario, 2, { seed: 1, runs: 100, strategy });
        expect({ scenario, missed: witnesses.filter(({ reached }) => !reached) }).toEqual({
          scenario,
          missed: [],
        });
      }
    },
  );

  it('leaves out what has a size of its own, or none so large, and says why', () => {
    const reasons = target.scenarios.flatMap(
      (scenario) => scenario.refuse({ slots: 256, memory: 'sc', defects: [], realistic: true }) ?? [],
    );
    expect(reasons).toEqual([
      'a line keeps no more than 255 interrupts that were not taken yet',
      'refusals have a size of their own',
      'refusals have a size of their own',
    ]);
  });
});

it.each([3, 100, 255])('finds nothing in the sound packed queue with %i descriptors', (slots) => {
  // Lists as long as the ring are long work where it is.
  for (const scenario of slots > 200 ? ['chains', 'index-wrap'] : ['chains', 'index-wrap', 'lists-of-n']) {
    const result = fuzz(virtioPacked, scenario, slots, { seed: 1, runs: 1 });
    expect(result).toMatchObject({ verdict: 'incomplete', runs: 1, violation: null, error: null });
  }
});

it('takes a walk once round 256 descriptors for no walk without end', () => {
  const result = fuzz(virtioSplit, 'hostile-driver', 256, {
    seed: 1,
    runs: 2,
    strategy: 'pct',
    memory: 'tso',
  });
  expect(result).toMatchObject({ verdict: 'incomplete', runs: 2, violation: null, error: null });
});

it('finds nothing in the sound code with 256 descriptors', () => {
  for (const target of [virtioSplit, virtioPacked]) {
    const result = fuzz(target, 'any-order', 256, { seed: 1, runs: 1 });
    expect(result).toMatchObject({ verdict: 'incomplete', runs: 1, violation: null, error: null });
  }
});

describe.each([
  {
    target: virtioSplit,
    scenario: 'in-order',
    defect: 'index-modulo-size',
    strategy: 'pct',
    property: 'deadlock',
  },
  {
    target: virtioSplit,
    scenario: 'any-order',
    defect: 'slot-instead-of-id',
    strategy: 'uniform',
    property: 'no-double-ownership',
  },
  {
    target: virtioPacked,
    scenario: 'lists-of-n',
    defect: 'wrap-missed-at-full-list',
    strategy: 'uniform',
    property: 'lost-wakeup',
  },
  {
    target: virtioPacked,
    scenario: 'chains',
    defect: 'head-first',
    strategy: 'uniform',
    property: 'no-data-race',
  },
] as const)('with $defect, fuzzing', ({ target, scenario, defect, strategy, property }) => {
  it('finds what goes wrong with 16 descriptors', () => {
    const result = fuzz(target, scenario, 16, { seed: 1, runs: 3, strategy }, defect);
    expect(result.violation?.property).toBe(property);
  });
});
