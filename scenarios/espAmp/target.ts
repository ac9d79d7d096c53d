/** The target `esp-amp`: the queue of ESP-AMP, its scenarios and its seeded defects. */
import { espAmpClasses, espAmpDefects, espAmpUnseenDefects } from '../../impl/index.ts';
import { builtInProperties } from '../../properties/index.ts';
import type { Expectation, Scenario, ScenarioParams, Target } from '../target.ts';
import { acceptedSend } from './acceptedSend.ts';
import { defects, interruptSlips, slips } from './defects.ts';
import { interruptPlans } from './interruptPlans.ts';
import { FULL_MODULUS, type Plan } from './plan.ts';
import { Platform, smallestModulus } from './platform.ts';
import { pollingPlans } from './pollingPlans.ts';

/** Messages of real size: 64 bytes, or the most that 1024 slots leave in a block of the allocator (16 bits), in 16s. */
function realItemSize(slots: number): number {
  return slots >= 1024 ? 48 : 64;
}

/** Weak memory has many times the states. */
const MOST_WEAK: Partial<Record<ScenarioParams['memory'], number>> = { pso: 4, rc11: 2 };

/** Those that nobody sees can be seeded as well, alone or on top of others. */
const changes = [...espAmpDefects, ...espAmpUnseenDefects];

const plans: readonly Plan[] = [...pollingPlans, ...interruptPlans];

function scenario(plan: Plan): Scenario {
  const indexModulus = ({ slots, realistic }: ScenarioParams): number =>
    realistic === true ? FULL_MODULUS : (plan.modulus?.(slots) ?? smallestModulus(slots));
  return {
    name: plan.name,
    title: plan.title,
    defaultSlots: plan.only === undefined ? (plan.defaultSlots ?? [1, 2, 4]) : [plan.only.slots],
    moreSlots: plan.moreSlots ?? [],
    indexModulus,
    bounds: (params) => plan.bounds?.(params) ?? {},
    refuse({ slots, memory, realistic }) {
      const most = realistic === true ? undefined : (plan.most?.[memory] ?? MOST_WEAK[memory]);
      if (realistic === true && slots > 1024)
        return 'more than 1024 slots of real size do not fit the allocator';
      if (slots < 1 || slots > 32_768 || (slots & (slots - 1)) !== 0) {
        return `an ESP-AMP queue rounds its length up to a power of two, so ${slots} slots would be another number`;
      }
      if (plan.only !== undefined && slots !== plan.only.slots) {
        return `${plan.name} is made for ${plan.only.slots} slots: ${plan.only.because}`;
      }
      if (most !== undefined && slots > most)
        return `explored to ${most} slots under ${memory}; ${slots} takes too long`;
      return null;
    },
    takesLong: (params) => plan.takesLong?.(params) ?? false,
    expected: (params): Expectation => {
      const { defects: seeded } = params;
      if (seeded.length === 0) return plan.expected?.(params) ?? 'proved';
      const here = defects.filter(
        ({ name, scenario: where }) => seeded.includes(name) && where === plan.name,
      );
      return here.length === 0 ? null : here.map(({ property }) => property);
    },
    system(params) {
      const { slots, defects: seeded, realistic } = params;
      const modulus = indexModulus(params);
      const itemSize = realistic === true ? realItemSize(slots) : 8;
      const title = `esp-amp ${plan.name}, ${slots} slots`;
      return plan.system(params, {
        title,
        slip: seeded.map((name) => slips[name]).find((slip) => slip !== undefined),
        interruptSlip: interruptSlips.find((slip) => seeded.includes(slip)),
        tags: Math.min(modulus, realistic === true ? FULL_MODULUS : 2 * slots),
        length: () => (realistic === true ? itemSize : 4),
        platform: (more = {}) =>
          new Platform({
            title,
            slots,
            itemSize,
            indexModulus: modulus,
            classes: espAmpClasses(changes.filter(({ name }) => seeded.includes(name))),
            ...more,
          }),
      });
    },
  };
}

export const espAmp: Target = {
  name: 'esp-amp',
  title: 'ESP-AMP queue (espressif/esp-amp, esp_amp_queue)',
  scenarios: plans.map(scenario),
  defects,
  memories: ['sc', 'tso', 'pso', 'rc11'],
  defaultMemories: ['sc', 'tso'],
  properties: [...builtInProperties, acceptedSend].map(({ name }) => name),
};
