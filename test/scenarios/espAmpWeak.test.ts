/** The ESP-AMP scenarios where stores overtake each other, and under C11's memory model: the verdicts are the same. */
import { describe, expect, it } from 'vitest';
import { check } from 'vqcheck/checker';
import { espAmpUnseenDefects } from 'vqcheck/impl';
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

const POLLING = [
  ['in-order', 1],
  ['in-order', 2],
  ['any-order', 1],
  ['any-order', 2],
] as const;

/** What the defects break in a scenario; `undecided` if it was not explored to its end. */
function broken(
  name: string,
  slots: number,
  memory: 'sc' | 'tso' | 'pso' | 'rc11',
  defects: readonly string[],
): readonly string[] {
  const scenario = espAmp.scenarios.find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const { verdict, violations } = check(scenario.system({ slots, memory, defects }), { memory });
  if (verdict !== 'proved' && verdict !== 'violated') return ['undecided'];
  return violations.map(({ property }) => property);
}

describe('a seeded slip of the memory order', () => {
  const weak = espAmp.defects.filter(({ name }) => /-(acquire|release)(-|$)/.test(name));

  it('is seen for each fence but two, left out or on the wrong side', () => {
    expect(weak.map(({ name }) => name)).toEqual([
      'alloc-acquire-before-load',
      'alloc-without-acquire',
      'free-release-after-store',
      'free-without-release',
      'recv-acquire-before-load',
      'recv-without-acquire',
      'send-release-after-store',
      'send-without-release',
    ]);
  });

  it.each(weak)('$name shows under $memory and weaker models, and under no stronger one', (defect) => {
    const { name, scenario, slots, memory, property } = defect;
    const seen = (['sc', 'tso', 'pso', 'rc11'] as const).filter((model) =>
      broken(scenario, slots, model, [name]).includes(property),
    );
    expect(seen).toEqual(memory === 'pso' ? ['pso', 'rc11'] : ['rc11']);
  });

  it.each(['alloc-without-acquire', 'alloc-acquire-before-load'])(
    '%s is but a data race, unless buffers are sent out of order: else the address stays what it was',
    (name) => {
      for (const [scenario, slots] of POLLING.slice(0, 3))
        expect(broken(scenario, slots, 'rc11', [name])).toEqual(['no-data-race']);
    },
  );
});

describe('a slip of the memory order that no property sees', () => {
  it.each(espAmpUnseenDefects)('$name breaks nothing, under pso or rc11', ({ name }) => {
    for (const memory of ['pso', 'rc11'] as const) {
      for (const [scenario, slots] of POLLING) expect(broken(scenario, slots, memory, [name])).toEqual([]);
    }
  });

  // The fence of alloc, or of recv, comes after the same load, and does all that this one does.
  it.each([
    ['send', 'alloc', 1],
    ['free', 'recv', 2],
  ] as const)('%s needs an acquire if %s has none', (second, first, slots) => {
    const one = broken('any-order', slots, 'rc11', [`${first}-without-acquire`]);
    const both = broken('any-order', slots, 'rc11', [
      `${first}-without-acquire`,
      `${second}-without-acquire`,
    ]);
    expect(both.filter((property) => !one.includes(property))).toEqual([
      slots === 1 ? 'payload-integrity' : 'no-lost-buffers',
    ]);
  });
});

describe('flags that are not atomic', () => {
  // The seq_cst fences on both sides order what is handed over, even by plain accesses.
  it.each([['flags-loaded-plain'], ['flags-stored-plain'], ['flags-loaded-plain', 'flags-stored-plain']])(
    '%s %s: a data race under every memory model, and nothing else',
    (...defects) => {
      for (const memory of ['sc', 'tso', 'pso', 'rc11'] as const)
        expect(broken('in-order', 1, memory, defects.filter(Boolean))).toEqual(['no-data-race']);
      expect(broken('any-order', 2, 'rc11', defects.filter(Boolean))).toEqual(['no-data-race']);
    },
  );
});
