/** The target `sel4`: virtqueues of seL4's libvirtqueue and libsel4camkes, made sound, with their scenarios and defects. */
import { BLOCK_SIZE, sel4Classes, sel4Defects, smallest_virtqueue_modulus } from '../../impl/index.ts';
import type { Expectation, Scenario, ScenarioParams, Target } from '../target.ts';
import { defects } from './defects.ts';
import type { Plan } from './plan.ts';
import { plans } from './plans.ts';
import { BLOCK_BYTES, Platform } from './platform.ts';
import { propertyNames } from './properties.ts';
import { publishedBreaks, publishedFaults } from './published.ts';

/** Of the indices as shipped. */
const FULL_MODULUS = 65_536;
/** What is checked has few descriptors, small blocks and short chains; what is fuzzed has the sizes of real channels. */
const small = { blockBytes: BLOCK_BYTES, bytes: 4, pieces: 3 };
const real = { blockBytes: BLOCK_SIZE, bytes: 100, pieces: 16 };

/** Where a schedule with 256 descriptors, which are the most elsewhere, takes half a minute. */
const LONGEST_REAL: Readonly<Record<string, number>> = { misuse: 16 };

/** The code as a target checks it: which faults it always has, and what is expected of a plan. */
interface Code {
  readonly target: string;
  readonly faults: readonly string[];
  expected(plan: Plan, params: ScenarioParams): Expectation;
  /** Why it is not run so, or null. */
  refuse(plan: Plan, params: ScenarioParams): string | null;
}

const sound: Code = {
  target: 'sel4',
  faults: [],
  expected: () => 'proved',
  refuse: () => null,
};

const published: Code = {
  target: 'sel4-published',
  faults: sel4Defects.map(({ name }) => name),
  expected: ({ name }, { slots }) => publishedBreaks[name]?.[slots] ?? null,
  refuse: ({ name }, { slots, realistic }) =>
    realistic === true || publishedBreaks[name]?.[slots] !== undefined
      ? null
      : `what breaks with ${slots} descriptors goes on without end, or breaks at once`,
};

function scenario(plan: Plan, code: Code): Scenario {
  const configured = ({ slots, realistic }: ScenarioParams): number =>
    realistic === true ? FULL_MODULUS : (plan.modulus?.(slots) ?? smallest_virtqueue_modulus(slots));
  /** What the code makes of it. */
  const indexModulus = (params: ScenarioParams): number =>
    [...code.faults, ...params.defects].includes('index-modulo-length') ? params.slots : configured(params);
  return {
    name: plan.name,
    title: plan.title,
    defaultSlots: (plan.lengths ?? [1, 2]).filter(
      (slots) => code.refuse(plan, { slots, memory: 'sc', defects: [] }) === null,
    ),
    moreSlots: plan.most.sc > 2 && code.faults.length === 0 ? [4] : [],
    indexModulus,
    bounds: (params) => plan.bounds?.(params) ?? {},
    refuse(params) {
      const { slots, memory, realistic } = params;
      if (slots < 1 || slots > 32_768 || (slots & (slots - 1)) !== 0)
        return `a queue has a power of two of descriptors, up to 32768: not ${slots}`;
      const most = plan.most[memory];
      const refused = plan.refuse?.(params) ?? code.refuse(plan, params);
      if (refused !== null) return refused;
      if (realistic === true && slots > (LONGEST_REAL[plan.name] ?? 256))
        return `fuzzed to ${LONGEST_REAL[plan.name] ?? 256} descriptors; a schedule of ${slots} takes too long`;
      if (realistic !== true && slots > most)
        return `explored to ${most} descriptors under ${memory}; ${slots} takes too long`;
      return null;
    },
    takesLong: (params) => code.faults.length === 0 && (plan.takesLong?.(params) ?? false),
    expected: (params): Expectation => {
      const { defects: seeded } = params;
      if (seeded.length === 0) return code.expected(plan, params);
      const here = defects.filter(
        ({ name, scenario: where }) => seeded.includes(name) && where === plan.name,
      );
      return here.length === 0 ? null : here.map(({ property }) => property);
    },
    system(params) {
      const { slots, defects: seeded, realistic } = params;
      const { blockBytes, bytes, pieces } = realistic === true ? real : small;
      const modulus = configured(params);
      const title = `${code.target} ${plan.name}, ${slots} descriptors`;
      const classes = sel4Classes(
        sel4Defects.filter(({ name }) => seeded.includes(name) || code.faults.includes(name)),
      );
      return plan.system(params, {
        title,
        classes,
        tags: 2 * slots,
        blockBytes,
        bytes,
        pieces: Math.min(slots, pieces),
        platform: (more = {}) =>
          new Platform({
            title,
            slots,
            blockBytes,
            indexModulus: modulus,
            classes,
            ...more,
          }),
      });
    },
  };
}

export const sel4: Target = {
  name: 'sel4',
  title: 'seL4 virtqueues (libvirtqueue and libsel4camkes), corrected',
  scenarios: plans.map((plan) => scenario(plan, sound)),
  defects,
  memories: ['sc', 'tso', 'pso', 'rc11'],
  defaultMemories: ['sc', 'tso'],
  properties: propertyNames,
};

/** All its faults at once. It has no defects to seed: they are there. */
export const sel4Published: Target = {
  name: 'sel4-published',
  title: 'seL4 virtqueues as published: what breaks, and where',
  scenarios: plans.filter(({ name }) => name in publishedBreaks).map((plan) => scenario(plan, published)),
  defects: [],
  faults: publishedFaults,
  memories: ['sc', 'tso'],
  defaultMemories: ['sc'],
  properties: propertyNames,
};
