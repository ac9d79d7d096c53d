import { describe, expect, it } from 'vitest';
import { type FuzzOptions, type FuzzResult, fuzzStrategies, type System, startFuzz } from 'vqcheck/checker';
import { sel4, sel4Published, type Target } from 'vqcheck/scenarios';

function systemOf(target: Target, scenario: string, slots: number, memory: 'sc' | 'tso'): System {
  const found = target.scenarios.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`no scenario ${scenario}`);
  return found.system({ slots, memory, defects: [], realistic: true });
}

function fuzz(target: Target, scenario: string, slots: number, options: FuzzOptions): FuzzResult {
  const memory = options.memory === 'tso' ? 'tso' : 'sc';
  const run = startFuzz(systemOf(target, scenario, slots, memory), options);
  while (!run.advance(1)) {
    // Until it says that it is over.
  }
  return run.result();
}

describe.each(fuzzStrategies)('fuzzing the seL4 virtqueues with the strategy %s', (strategy) => {
  it.each(['in-order', 'any-order', 'chains', 'exhausted', 'notify-and-wait', 'msgqueue'])(
    'finds nothing in the sound code with 16 descriptors of real blocks: %s',
    (scenario) => {
      const result = fuzz(sel4, scenario, 16, { seed: 1, runs: 3, strategy });
      expect(result).toMatchObject({ verdict: 'incomplete', runs: 3, violation: null, error: null });
    },
  );

  it('finds that a chain of the published code is seen before it is whole', () => {
    const properties = ['no-double-ownership'];
    const result = fuzz(sel4Published, 'chains', 256, { seed: 1, runs: 5, strategy, properties });
    expect(result.violation?.property).toBe('no-double-ownership');
  });
});

it.each([2, 16, 64])(
  'finds that a full ring of %i descriptors of the published code looks empty',
  (slots) => {
    const options = { seed: 1, runs: 5, strategy: 'pct', properties: ['deadlock'] } as const;
    expect(fuzz(sel4Published, 'full-ring', slots, options).violation?.property).toBe('deadlock');
  },
);

it.each([
  ['in-order', 'uniform'],
  ['chains', 'uniform'],
  ['chains', 'pct'],
] as const)('finds nothing in the sound code with 256 descriptors: %s, %s', (scenario, strategy) => {
  const result = fuzz(sel4, scenario, 256, { seed: 1, runs: 2, strategy });
  expect(result).toMatchObject({ verdict: 'incomplete', runs: 2, violation: null, error: null });
});

// Locations turn out to be shared in the middle of these runs, and what was one step comes apart: a read-modify-write has to
// wait for stores that it had not to wait for before.
it('takes no step that is not possible any more, once it has learned what cores share', () => {
  const result = fuzz(sel4, 'msgqueue', 16, { seed: 1, runs: 8, memory: 'tso' });
  expect(result).toMatchObject({ verdict: 'incomplete', runs: 8, violation: null, error: null });
});
