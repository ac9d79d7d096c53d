/**
 * The scenarios of sel4 and its defects: exact counts where all is well, exact lengths where a defect is seeded. A changed
 * number is allowed when the change that causes it explains it.
 */
import { describe, expect, it } from 'vitest';
import { type CheckResult, check, type MemoryModelName } from 'vqcheck/checker';
import { sel4Defects } from 'vqcheck/impl';
import { builtInTargets, type Scenario, type ScenarioParams, sel4, sel4Published } from 'vqcheck/scenarios';

function scenarioNamed(name: string): Scenario {
  const scenario = sel4.scenarios.find((known) => known.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return scenario;
}

/** Hundreds of thousands of states and more: `vqcheck check sel4` has them. */
const LARGE = new Set([
  'exhausted 2 sc',
  'exhausted 2 tso',
  'exhausted 2 rc11',
  'notify-and-wait 2 sc',
  'notify-and-wait 2 tso',
  'notify-and-wait 2 rc11',
  'notify-and-wait 1 pso',
  'msgqueue 2 pso',
  'msgqueue 4 sc',
  'misuse 2 tso',
  'misuse 2 rc11',
  're-init 2 tso',
  'in-order 2 pso',
  'any-order 2 pso',
  'full-ring 4 sc',
  'any-order 4 sc',
  'in-order 4 tso',
  'chains 4 tso',
]);

const runs = sel4.scenarios.flatMap((scenario) =>
  [1, 2, 4].flatMap((slots) =>
    sel4.memories.map((memory) => ({
      scenario,
      run: `${scenario.name} ${slots} ${memory}`,
      params: { slots, memory, defects: [] } as ScenarioParams,
    })),
  ),
);
const covered = runs.filter(
  ({ scenario, run, params }) => !LARGE.has(run) && scenario.refuse(params) === null,
);

const proofs = new Map<string, CheckResult>(
  covered.map(({ scenario, run, params }) => [
    run,
    check(scenario.system(params), { memory: params.memory }),
  ]),
);

describe('the sound virtqueue', () => {
  it.each(covered)(
    '$run: every property holds, and every situation is reached',
    ({ scenario, run, params }) => {
      const result = proofs.get(run);
      expect([result?.verdict, result?.violations, result?.error, result?.incomplete]).toEqual([
        scenario.expected(params),
        [],
        null,
        null,
      ]);
      expect(result?.witnesses.filter(({ reached }) => !reached)).toEqual([]);
      expect(result?.witnesses.length).toBeGreaterThan(0);
      expect(result?.homeStates).toBeGreaterThan(0);
    },
  );

  it('has these states, transitions and depths', () => {
    const table = Object.fromEntries(
      [...proofs].map(([run, { states, transitions, depth }]) => [run, `${states} ${transitions} ${depth}`]),
    );
    expect(table).toMatchSnapshot();
  });

  it('is built in, second', () => {
    expect(builtInTargets.map(({ name }) => name).slice(0, 3)).toEqual(['esp-amp', 'sel4', 'sel4-published']);
  });

  it('is explored as it is, by indices of two laps, and says what is bounded', () => {
    const params: ScenarioParams = { slots: 2, memory: 'tso', defects: [] };
    expect(scenarioNamed('in-order').indexModulus(params)).toBe(4);
    expect(scenarioNamed('in-order').bounds(params)).toEqual({});
    expect(scenarioNamed('in-order').bounds({ ...params, slots: 4 })).toEqual({ messages: 6 });
    expect(scenarioNamed('notify-and-wait').bounds(params)).toEqual({ messages: 4 });
  });

  it('refuses what would take too long, and lengths that are no power of two', () => {
    const refusal = (name: string, slots: number, memory: MemoryModelName) =>
      scenarioNamed(name).refuse({ slots, memory, defects: [] });
    expect(refusal('in-order', 3, 'sc')).toMatch('a power of two');
    expect(refusal('misuse', 4, 'sc')).toMatch('takes too long');
    expect(refusal('exhausted', 1, 'rc11')).toMatch('without end');
    expect(refusal('set-up', 2, 'sc')).toMatch('lengths of its own');
  });
});

const defectRuns = sel4.defects.map((defect) => {
  const params: ScenarioParams = { slots: defect.slots, memory: defect.memory, defects: [defect.name] };
  return {
    defect,
    name: defect.name,
    params,
    result: check(scenarioNamed(defect.scenario).system(params), { memory: defect.memory }),
  };
});

describe('every defect', () => {
  it.each(defectRuns)('$name breaks the property that it declares', ({ defect, params, result }) => {
    expect(result.verdict).toBe('violated');
    expect(result.violations.map(({ property }) => property)).toContain(defect.property);
    expect(scenarioNamed(defect.scenario).expected(params)).toEqual([defect.property]);
  });

  it.each(defectRuns)('$name breaks nothing when it is not there', ({ defect }) => {
    const run = `${defect.scenario} ${defect.slots} ${defect.memory}`;
    expect([run, proofs.get(run)?.verdict]).toEqual([run, 'proved']);
  });

  it('breaks these properties, by counterexamples of these lengths', () => {
    const table = Object.fromEntries(
      defectRuns.map(({ defect, name, result }) => [
        `${name} (${defect.scenario} ${defect.slots} ${defect.memory})`,
        result.violations.map(({ property, schedule }) => `${property} ${schedule.length}`).join(', '),
      ]),
    );
    expect(table).toMatchSnapshot();
  });

  it('of the implementation is registered', () => {
    expect(sel4.defects.map(({ name }) => name)).toEqual(sel4Defects.map(({ name }) => name));
  });

  it('shows with no fewer descriptors', () => {
    for (const { name, scenario, memory, property } of sel4.defects.filter(({ slots }) => slots > 1)) {
      const system = scenarioNamed(scenario).system({ slots: 1, memory, defects: [name] });
      const broken = check(system, { memory }).violations.map((violation) => violation.property);
      expect([name, broken.includes(property)]).toEqual([name, false]);
    }
  });
});

describe('an order that is missing', () => {
  const broken = (name: string, memory: MemoryModelName): readonly string[] =>
    check(scenarioNamed('in-order').system({ slots: 1, memory, defects: [name] }), {
      memory,
      maxStates: 60_000,
    }).violations.map(({ property }) => property);

  it.each([
    ['release-missing', 'pso'],
    ['release-missing', 'rc11'],
    ['acquire-missing', 'rc11'],
    ['index-plain', 'rc11'],
  ] as const)('%s: a data race everywhere, and wrong bytes under %s', (name, memory) => {
    expect(broken(name, 'tso')).toEqual(['no-data-race']);
    expect(broken(name, memory)).toEqual(['no-data-race', 'payload-integrity']);
  });

  it('is none of the loads under pso, which keeps them in order', () => {
    expect(broken('acquire-missing', 'pso')).toEqual(['no-data-race']);
  });
});

/** All that a search says of the code, and not of itself. */
function behaviour({ states, transitions, depth, violations, witnesses, longestOperations }: CheckResult) {
  return { states, transitions, depth, violations, witnesses, longestOperations };
}

describe('the published code', () => {
  const published = sel4Published.scenarios.flatMap((scenario) =>
    scenario.defaultSlots.flatMap((slots) =>
      (['sc', 'tso'] as const).map((memory) => ({
        scenario,
        run: `${scenario.name} ${slots} ${memory}`,
        params: { slots, memory, defects: [] } as ScenarioParams,
      })),
    ),
  );

  // The search has tens of thousands of states more under tso.
  it.each(published.filter(({ run }) => run !== 'any-order 2 tso'))(
    '$run breaks what it declares, and nothing else',
    ({ scenario, params }) => {
      const { violations, incomplete } = check(scenario.system(params), { memory: params.memory });
      expect(incomplete).toBe(null);
      expect(violations.map(({ property }) => property).sort()).toEqual(
        [...(scenario.expected(params) ?? [])].sort(),
      );
    },
  );

  it.each(published.filter(({ params }) => params.memory === 'sc'))(
    '$run is the sound code with every defect',
    ({ scenario, params }) => {
      const defects = sel4.defects.map(({ name }) => name);
      const seeded = scenarioNamed(scenario.name).system({ ...params, defects });
      expect(behaviour(check(seeded))).toEqual(behaviour(check(scenario.system(params))));
    },
  );

  it.each(sel4Published.faults ?? [])(
    '$title: breaks $property in $scenario',
    ({ scenario: name, slots, memory, property }) => {
      const scenario = sel4Published.scenarios.find((candidate) => candidate.name === name);
      const params: ScenarioParams = { slots, memory, defects: [] };
      expect(scenario?.expected(params)).toContain(property);
      expect(scenario?.defaultSlots).toContain(slots);
    },
  );

  it('takes indices modulo the length, and is in no scenario sound', () => {
    const params: ScenarioParams = { slots: 2, memory: 'sc', defects: [] };
    for (const scenario of sel4Published.scenarios) {
      expect(scenario.defaultSlots.length).toBeGreaterThan(0);
      if (scenario.name !== 'set-up') expect(scenario.indexModulus(params)).toBe(2);
    }
    // What it breaks in the other two, these show already.
    expect(sel4.scenarios.map(({ name }) => name)).toEqual([
      ...sel4Published.scenarios.map(({ name }) => name),
      'refusals',
      'assembly',
    ]);
  });
});
