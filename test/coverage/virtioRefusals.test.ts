import { describe, expect, it } from 'vitest';
import { check } from 'vqcheck/checker';
import { virtioPacked, virtioSplit } from 'vqcheck/scenarios';

const targets = { split: virtioSplit, packed: virtioPacked };

/** The scenario's system with these seeded defects. */
function system(
  layout: keyof typeof targets,
  name: 'refusals' | 'transport-refusals',
  memory: 'sc' | 'tso' | 'pso' | 'rc11',
  ...defects: readonly string[]
) {
  const scenario = targets[layout].scenarios.find((known) => known.name === name);
  if (scenario === undefined) throw new Error(`no scenario is called ${name}`);
  return scenario.system({ slots: 2, memory, defects });
}

describe.each(['split', 'packed'] as const)('every call of a %s queue that must be refused', (layout) => {
  it.each(['sc', 'tso', 'pso', 'rc11'] as const)(
    'answers with its one code and changes nothing, under %s',
    (memory) => {
      for (const name of ['refusals', 'transport-refusals'] as const) {
        const result = check(system(layout, name, memory), { memory });
        expect(result.violations).toEqual([]);
        expect(result.verdict).toBe('proved');
        expect(result.witnesses.filter(({ reached }) => !reached)).toEqual([]);
      }
    },
  );

  it('is told from one that succeeds', () => {
    const { violations } = check(system(layout, 'refusals', 'sc', 'double-return-accepted'), {
      memory: 'sc',
    });
    expect(violations.map(({ property }) => property)).toContain('documented-errors');
    expect(violations.map(({ message }) => message).join()).toContain('expect INVALID returned 0');
  });
});

it('is told from a queue that is set up although it is too large', () => {
  const { violations } = check(system('split', 'transport-refusals', 'sc', 'size-above-maximum'), {
    memory: 'sc',
  });
  expect(violations.map(({ property }) => property)).toContain('documented-errors');
});
