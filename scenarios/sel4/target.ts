/** The target `sel4`: virtqueues of seL4's libvirtqueue and libsel4camkes, made sound, with their scenarios and defects. */
import { sel4Classes, sel4Defects } from '../../impl/index.ts';
import type { Expectation, Scenario, ScenarioParams, Target } from '../target.ts';
import { defects } from './defects.ts';
import type { Plan } from './plan.ts';
import { plans } from './plans.ts';
import { BLOCK_BYTES, Platform } from './platform.ts';
import { propertyNames } from './properties.ts';

/** Of the indices as shipped. */
const FULL_MODULUS = 65_536;

function scenario(plan: Plan): Scenario {
  const indexModulus = ({ slots, realistic }: ScenarioParams): number =>
    realistic === true ? FULL_MODULUS : (plan.modulus?.(slots) ?? 2 * slots);
  return {
    name: plan.name,
    title: plan.title,
    defaultSlots: plan.lengths ?? [1, 2],
    moreSlots: plan.most.sc > 2 ? [4] : [],
    indexModulus,
    bounds: (params) => plan.bounds?.(params) ?? {},
    refuse(params) {
      const { slots, memory, realistic } = params;
      if (slots < 1 || slots > 32_768 || (slots & (slots - 1)) !== 0)
        return `a queue has a power of two of descriptors, up to 32768: not ${slots}`;
      const most = plan.most[memory];
      const refused = plan.refuse?.(params) ?? null;
      if (refused !== null) return refused;
      if (realistic !== true && slots > most)
        return `explored to ${most} descriptors under ${memory}; ${slots} takes too long`;
      return null;
    },
    expected: (params): Expectation => {
      const { defects: seeded } = params;
      if (seeded.length === 0) return 'proved';
      const here = defects.filter(
        ({ name, scenario: where }) => seeded.includes(name) && where === plan.name,
      );
      return here.length === 0 ? null : here.map(({ property }) => property);
    },
    system(params) {
      const { slots, defects: seeded } = params;
      const modulus = indexModulus(params);
      const title = `sel4 ${plan.name}, ${slots} descriptors`;
      return plan.system(params, {
        title,
        tags: 2 * slots,
        platform: (more = {}) =>
          new Platform({
            title,
            slots,
            blockBytes: BLOCK_BYTES,
            indexModulus: modulus,
            classes: sel4Classes(sel4Defects.filter(({ name }) => seeded.includes(name))),
            ...more,
          }),
      });
    },
  };
}

export const sel4: Target = {
  name: 'sel4',
  title: 'seL4 virtqueues (libvirtqueue and libsel4camkes), corrected',
  scenarios: plans.map(scenario),
  defects,
  memories: ['sc', 'tso', 'pso', 'rc11'],
  defaultMemories: ['sc', 'tso'],
  properties: propertyNames,
};
