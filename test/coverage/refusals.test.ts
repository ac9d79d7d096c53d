import { describe, expect, it } from 'vitest';
import { check } from 'vqcheck/checker';
import { espAmp } from 'vqcheck/scenarios';

/** The scenario's system with these seeded defects. */
function system(memory: 'sc' | 'tso', ...defects: readonly string[]) {
  const scenario = espAmp.scenarios.find(({ name }) => name === 'refusals');
  if (scenario === undefined) throw new Error('no scenario is called refusals');
  return scenario.system({ slots: 1, memory, defects });
}

describe('every call that must be refused', () => {
  it.each([
    { memory: 'sc', states: 33, transitions: 60 },
    { memory: 'tso', states: 42, transitions: 69 },
  ] as const)('answers with its documented code and changes nothing, under $memory', (expected) => {
    const result = check(system(expected.memory), { memory: expected.memory });
    expect(result.violations).toEqual([]);
    expect(result.verdict).toBe('proved');
    expect(result.witnesses.filter(({ reached }) => !reached)).toEqual([]);
    expect({ memory: expected.memory, states: result.states, transitions: result.transitions }).toEqual(
      expected,
    );
  });

  it('is told from one that succeeds', () => {
    const { violations } = check(system('sc', 'alloc-without-test'));
    expect(violations.map(({ property }) => property)).toEqual(['documented-errors']);
    expect(violations[0]?.message).toContain('expect NOT_FOUND returned 0');
  });

  it('is told from one that leaves something behind', () => {
    const { violations } = check(system('sc', 'index-advanced-on-failure'));
    expect(violations.map(({ property }) => property)).toEqual(['failure-atomicity']);
  });
});
