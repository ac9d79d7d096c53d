/** The ESP-AMP scenarios where stores overtake each other, and under C11's memory model: the verdicts are the same. */
import { describe, expect, it } from 'vitest';
import { check } from 'vqcheck/checker';
import { espAmp } from 'vqcheck/scenarios';

/** Many millions of states: the benchmark's. */
const LARGE = ['duplex'];

describe.each(['pso', 'rc11'] as const)('esp-amp under %s', (memory) => {
  const slotsOf = (name: string): readonly number[] =>
    ['in-order', 'any-order', 'isr-receive'].includes(name) ? [1, 2] : [1];
  const runs = espAmp.scenarios
    .filter(({ name }) => !LARGE.includes(name))
    .flatMap((scenario) =>
      slotsOf(scenario.name).map((slots) => ({ scenario, params: { slots, memory, defects: [] } })),
    )
    .filter(({ scenario, params }) => scenario.refuse(params) === null);
  const counts: Record<string, number> = {};

  it.each(runs.map((run) => ({ ...run, name: run.scenario.name, slots: run.params.slots })))(
    '$name, $slots slots, has the verdict that it declares',
    ({ scenario, params, name, slots }) => {
      const result = check(scenario.system(params), { memory });
      const expected = scenario.expected(params);
      const broken = result.violations.map(({ property }) => property);
      expect([result.verdict, result.incomplete]).toEqual([
        expected === 'proved' ? 'proved' : 'violated',
        null,
      ]);
      expect(broken).toEqual(expect.arrayContaining(expected === 'proved' ? [] : [...(expected ?? [])]));
      counts[`${name} ${slots}`] = result.states;
    },
  );

  it('has so many states', () => {
    expect(counts).toMatchSnapshot();
  });
});

describe('a doorbell that nothing orders after the store before it', () => {
  const scenario = espAmp.scenarios.find(({ name }) => name === 'semaphore-receive-one-uncoalesced');
  const verdict = (memory: 'sc' | 'tso' | 'pso' | 'rc11') => {
    const system = scenario?.system({ slots: 1, memory, defects: ['doorbell-not-ordered'] });
    return system === undefined ? [] : check(system, { memory }).violations.map(({ property }) => property);
  };

  it('loses the wake-up where it may overtake that store, and nowhere else', () => {
    expect([verdict('sc'), verdict('tso'), verdict('pso'), verdict('rc11')]).toEqual([
      [],
      [],
      ['lost-wakeup'],
      ['lost-wakeup'],
    ]);
  });
});
