/**
 * What is asked of virtio-split and of virtio-packed, of their scenarios and defects: exact counts where all is well, exact
 * lengths where a defect is seeded. A changed number is allowed when the change that causes it explains it.
 */
import { describe, expect, it } from 'vitest';
import { type CheckResult, check } from 'vqcheck/checker';
import { transportDefects } from 'vqcheck/impl';
import { builtInTargets, type Scenario, type ScenarioParams, type Target } from 'vqcheck/scenarios';

/** Runs with more states are left to `vqcheck check`: they are cut off here, having broken nothing. */
const MOST_STATES = 30_000;

/** Defects that break nothing in any scenario, or only where a peer breaks the rules as well. */
const UNSEEN = ['event-torn', 'size-above-maximum', 'unoffered-unchecked'];

function scenarioNamed(target: Target, name: string): Scenario {
  const scenario = target.scenarios.find((known) => known.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return scenario;
}

/** @param seeded defects of the layout. */
export function describeTarget(target: Target, seeded: readonly { readonly name: string }[]): void {
  describe(target.name, () => {
    const runs = target.scenarios.flatMap((scenario) =>
      [1, 2].flatMap((slots) =>
        (['sc', 'tso'] as const).map((memory) => ({
          scenario,
          run: `${scenario.name} ${slots} ${memory}`,
          params: { slots, memory, defects: [] } as ScenarioParams,
        })),
      ),
    );
    const covered = runs.filter(({ scenario, params }) => scenario.refuse(params) === null);
    const proofs = new Map<string, CheckResult>();

    it.each(covered)(
      '$run: every property holds, and every situation is reached',
      ({ scenario, run, params }) => {
        const result = check(scenario.system(params), { memory: params.memory, maxStates: MOST_STATES });
        proofs.set(run, result);
        expect([result.violations, result.error]).toEqual([[], null]);
        expect(scenario.expected(params)).toBe('proved');
        if (result.incomplete !== null) return;
        expect(result.verdict).toBe('proved');
        expect(result.witnesses.length).toBeGreaterThan(0);
        expect(result.witnesses.filter(({ reached }) => !reached)).toEqual([]);
        expect(result.homeStates).toBeGreaterThan(0);
      },
    );

    it('has these states, transitions and depths', () => {
      const table = Object.fromEntries(
        [...proofs].map(([run, { incomplete, states, transitions, depth }]) => [
          run,
          incomplete === null ? `${states} ${transitions} ${depth}` : 'more than is explored here',
        ]),
      );
      expect(table).toMatchSnapshot();
    });

    it('is built in', () => {
      expect(builtInTargets.map(({ name }) => name)).toContain(target.name);
    });

    it('names the properties of all its scenarios, clauses among them', () => {
      const { properties } = target;
      expect(new Set(properties).size).toBe(properties.length);
      expect(properties).toContain('lost-wakeup');
      expect(properties).toContain('hands-out-once');
      for (const { name, property } of target.defects)
        expect([name, properties.includes(property)]).toEqual([name, true]);
    });

    it('refuses sizes that the layout does not admit, and what would take too long', () => {
      const refusal = (slots: number, memory: ScenarioParams['memory']): string | null =>
        scenarioNamed(target, 'in-order').refuse({ slots, memory, defects: [] });
      expect(refusal(0, 'sc')).toMatch('descriptors');
      expect(refusal(3, 'sc')).toEqual(
        target.name === 'virtio-packed' ? null : expect.stringMatching('power of two'),
      );
      expect(refusal(4, 'rc11')).toMatch('takes too long');
    });

    it('says what is bounded', () => {
      const bounds = (name: string, slots: number, memory: ScenarioParams['memory']) =>
        scenarioNamed(target, name).bounds({ slots, memory, defects: [] });
      expect(bounds('in-order', 2, 'tso')).toEqual({});
      expect(bounds('in-order', 4, 'sc')).toEqual({ messages: 6, clauses: 'none' });
      expect(bounds('batch', 1, 'pso')).toEqual({ messages: 3, clauses: 'none' });
    });

    it('has every defect of the implementation, but those that nothing shows', () => {
      const all = [...seeded, ...transportDefects].map(({ name }) => name);
      expect(target.defects.map(({ name }) => name)).toEqual(all.filter((name) => !UNSEEN.includes(name)));
    });

    /** Clauses by the names of their properties, each with why it has no monitor, or null. */
    const clauses = new Map(
      covered.flatMap(({ scenario, params }) =>
        scenario
          .system(params)
          .properties.flatMap(({ name, clause }) =>
            clause === undefined ? [] : [[name, clause.unmonitored ?? null] as const],
          ),
      ),
    );

    it('puts every clause to the test that has a monitor', () => {
      const exercised = new Set(
        [...proofs.values()].flatMap((proof) => proof.exercised.map((one) => one.property)),
      );
      const silent = [...clauses].filter(([name, reason]) => reason === null && !exercised.has(name));
      expect(silent).toEqual([]);
      expect([...clauses.values()].filter((reason) => reason !== null)).toEqual([]);
    });

    it('has a defect that breaks each clause that has a monitor', () => {
      const broken = new Set(target.defects.flatMap(({ property, breaks = [] }) => [property, ...breaks]));
      const safe = [...clauses].flatMap(([name, reason]) =>
        reason === null && !broken.has(name) ? [name] : [],
      );
      expect(safe).toEqual([]);
    });

    it.each(target.defects)(
      '$name breaks the property that it declares',
      ({ name, scenario, slots, memory, property, breaks = [] }) => {
        const where = scenarioNamed(target, scenario);
        const params: ScenarioParams = { slots, memory, defects: [name] };
        const result = check(where.system(params), { memory });
        const found = result.violations.find((violation) => violation.property === property);
        expect(result.violations.map((violation) => violation.property)).toContain(property);
        expect(where.expected(params)).toEqual([property]);
        const alsoBroken = result.violations.filter(
          (one) => one.property !== property && clauses.has(one.property),
        );
        expect(alsoBroken.map((violation) => violation.property).sort()).toEqual(breaks);
        expect(`${scenario} ${slots} ${memory}: ${property} ${found?.schedule.length}`).toMatchSnapshot();
      },
    );
  });
}
