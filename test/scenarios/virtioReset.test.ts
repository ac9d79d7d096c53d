/**
 * Initialization and resets of VirtIO devices: exact counts where all is well, the property that names it where a defect is
 * seeded. A changed number is allowed when the change that causes it explains it.
 */
import { describe, expect, it } from 'vitest';
import { check, type MemoryModelName } from 'vqcheck/checker';
import { transportDefects } from 'vqcheck/impl';
import { type Scenario, type Target, virtioPacked, virtioSplit } from 'vqcheck/scenarios';

function scenarioNamed(target: Target, name: string): Scenario {
  const scenario = target.scenarios.find((known) => known.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return scenario;
}

/** States with one descriptor. Larger runs: `vqcheck check`. */
const counts: readonly (readonly [Target, string, MemoryModelName, number])[] = [
  [virtioSplit, 'lifecycle', 'sc', 2231],
  [virtioSplit, 'lifecycle', 'tso', 7143],
  [virtioSplit, 'lifecycle', 'rc11', 20_706],
  [virtioSplit, 'needs-reset', 'sc', 8108],
  [virtioSplit, 'needs-reset', 'tso', 28_676],
  [virtioSplit, 'reset-while-busy', 'sc', 25_688],
  [virtioPacked, 'lifecycle', 'sc', 1140],
  [virtioPacked, 'lifecycle', 'tso', 3321],
  [virtioPacked, 'lifecycle', 'pso', 6368],
  [virtioPacked, 'lifecycle', 'rc11', 11_010],
  [virtioPacked, 'needs-reset', 'sc', 4619],
  [virtioPacked, 'needs-reset', 'tso', 14_756],
  [virtioPacked, 'reset-while-busy', 'sc', 12_372],
  [virtioPacked, 'reset-while-busy', 'tso', 51_843],
];

describe('a device that is initialized and reset', () => {
  it.each(counts.map(([target, name, memory, states]) => ({ target, name, memory, states })))(
    '$target.name, $name, $memory: keeps every property in all of $states states, and every situation is reached',
    ({ target, name, memory, states }) => {
      const system = scenarioNamed(target, name).system({ slots: 1, memory, defects: [] });
      const result = check(system, { memory });
      expect(result.violations).toEqual([]);
      expect(result.verdict).toBe('proved');
      expect(result.witnesses.filter(({ reached }) => !reached)).toEqual([]);
      expect(result.states).toBe(states);
    },
  );
});

describe.each([virtioSplit, virtioPacked])('the transport of $name', (target) => {
  const shown = target.defects.filter(({ name }) => transportDefects.some((known) => known.name === name));

  it('registers all defects but the two that need a peer which breaks the rules as well', () => {
    const left = transportDefects.filter(({ name }) => !shown.some((defect) => defect.name === name));
    expect(left.map(({ name }) => name)).toEqual(['size-above-maximum', 'unoffered-unchecked']);
  });

  it.each(shown)(
    'with $name violates $property in $scenario',
    ({ name, scenario, property, slots, memory }) => {
      const system = scenarioNamed(target, scenario).system({ slots, memory, defects: [name] });
      const { violations } = check(system, { memory });
      expect(violations.map((violation) => violation.property)).toContain(property);
    },
  );
});
