/** The targets `virtio-split` and `virtio-packed`: one set of scenarios over two layouts. */
import type { MemoryModelName } from '../../checker/index.ts';
import type { Expectation, Scenario, ScenarioParams, Target, TargetDefect } from '../target.ts';
import type { Layout } from './layout.ts';
import type { Plan } from './plan.ts';
import { plans } from './plans.ts';
import { Platform } from './platform.ts';

/** Of the indices as shipped. */
const FULL_MODULUS = 65_536;
/** What is checked has small buffers and short chains; what is fuzzed has the sizes of real requests. */
const small = { bufferBytes: 8, length: 2, longest: 3 };
const real = { bufferBytes: 512, length: 200, longest: 16 };

/** Models under which the clauses of the specification are judged: others only let more values be read. */
const CLAUSE_MEMORIES: readonly MemoryModelName[] = ['sc', 'tso'];
/** Beyond so many descriptors the clauses' own memory is what takes longest. */
const CLAUSES_TO = 2;

/** Runs of half a million states and more. */
const LONG_RUNS: Readonly<Record<Layout['name'], readonly string[]>> = {
  split: [
    'any-order 2 tso',
    'any-order 4 tso',
    'batch 2 tso',
    'hostile-driver 1 tso',
    'in-order 2 pso',
    'index-wrap 2 tso',
    'isr-collect 4 tso',
    'kick-suppression 2 pso',
    'kick-suppression 2 sc',
    're-init 2 pso',
    'reset-while-busy 2 tso',
  ],
  packed: [
    'any-order 4 tso',
    'batch 2 tso',
    'batch 3 tso',
    'event-halves 1 tso',
    'event-halves 2 tso',
    'event-halves 3 tso',
    'in-order-feature 2 pso',
    'index-wrap 2 tso',
    'index-wrap 3 tso',
    'isr-collect 4 tso',
  ],
};

/** What is quick at 2 descriptors, too; of the others 1 must do where it is to be quick. */
const QUICK_AT_TWO: readonly string[] = [
  'in-order',
  'chains',
  'full-ring',
  'misuse',
  'in-order-misuse',
  'refusals',
];
/** Set-up and resets are long operations: to tabulate them takes seconds. */
const SLOW_TO_TABULATE: readonly string[] = [
  'lifecycle',
  'needs-reset',
  'reset-while-busy',
  'transport-refusals',
];

function isQuick(plan: Plan, layout: Layout, { slots, memory }: ScenarioParams): boolean {
  if (LONG_RUNS[layout.name].includes(`${plan.name} ${slots} ${memory}`)) return false;
  if (memory !== 'sc' && (slots > 1 || SLOW_TO_TABULATE.includes(plan.name))) return false;
  return slots < 2 || (slots === 2 && QUICK_AT_TWO.includes(plan.name));
}

function judgesClauses(
  { clausesTo = CLAUSES_TO }: Plan,
  { slots, memory, realistic }: ScenarioParams,
): boolean {
  return slots <= clausesTo && CLAUSE_MEMORIES.includes(memory) && realistic !== true;
}

function scenario(target: string, plan: Plan, layout: Layout, defects: readonly TargetDefect[]): Scenario {
  const indexModulus = ({ slots, realistic }: ScenarioParams): number | null => {
    const smallest = layout.smallestModulus(slots);
    return smallest === null || (realistic !== true && plan.shippedIndices !== true)
      ? smallest
      : FULL_MODULUS;
  };
  return {
    name: plan.name,
    title: plan.title,
    defaultSlots: (plan.sizes ?? (layout.name === 'split' ? [1, 2, 4] : [1, 2, 3, 4])).filter(
      (slots) => slots <= plan.most.sc && layout.refuse(slots) === null,
    ),
    moreSlots: [],
    indexModulus,
    bounds: (params) => ({
      ...plan.bounds?.(params, layout),
      ...(judgesClauses(plan, params) ? {} : { clauses: 'none' }),
    }),
    refuse(params) {
      const { slots, memory, realistic } = params;
      const refused = layout.refuse(slots) ?? plan.refuse?.(params, layout) ?? null;
      if (refused !== null) return refused;
      if (realistic === true && slots > 256)
        return `fuzzed to 256 descriptors; a schedule of ${slots} takes too long`;
      if (realistic !== true && slots > plan.most[memory])
        return `explored to ${plan.most[memory]} descriptors under ${memory}; ${slots} takes too long`;
      return null;
    },
    takesLong: ({ slots, memory }) => LONG_RUNS[layout.name].includes(`${plan.name} ${slots} ${memory}`),
    isQuick: (params) => isQuick(plan, layout, params),
    expected: ({ defects: seeded }): Expectation => {
      if (seeded.length === 0) return 'proved';
      const here = defects.filter(
        ({ name, scenario: where }) => seeded.includes(name) && where === plan.name,
      );
      return here.length === 0 ? null : here.map(({ property }) => property);
    },
    system(params) {
      const { slots, defects: seeded, realistic } = params;
      const { bufferBytes, length, longest } = realistic === true ? real : small;
      const title = `${target} ${plan.name}, ${slots} descriptors`;
      const classes = layout.classes(seeded);
      return plan.system(params, {
        layout,
        tags: 2 * slots,
        length,
        longest: Math.min(slots, longest),
        platform: (more = {}) =>
          new Platform({
            title,
            layout,
            classes,
            size: slots,
            bufferBytes,
            indexModulus: indexModulus(params),
            clauses: judgesClauses(plan, params),
            ...more,
          }),
      });
    },
  };
}

export function virtioTarget(
  name: string,
  title: string,
  layout: Layout,
  defects: readonly TargetDefect[],
): Target {
  const scenarios = plans
    .filter((plan) => plan.layout === undefined || plan.layout === layout.name)
    .map((plan) => scenario(name, plan, layout, defects));
  return {
    name,
    title,
    scenarios,
    defects,
    memories: ['sc', 'tso', 'pso', 'rc11'],
    // Asked for seldom, and the clauses that a scenario judges depend on what it has negotiated.
    get properties() {
      return propertiesOf(scenarios);
    },
    // Replies come back in chains; each side's sleep needs a pair of full fences.
    barrierRuns: [
      { scenario: 'chains', slots: 2 },
      { scenario: 'kick-suppression', slots: 1 },
      { scenario: 'interrupt-suppression', slots: 1 },
    ],
  };
}

/** Names of all properties that some scenario checks, in the order in which they come up. */
function propertiesOf(scenarios: readonly Scenario[]): readonly string[] {
  const names = scenarios.flatMap((each) =>
    each.defaultSlots
      .slice(0, 1)
      .flatMap((slots) =>
        each.system({ slots, memory: 'sc', defects: [] }).properties.map((property) => property.name),
      ),
  );
  return [...new Set(names)];
}
