/** A target whose scenarios check some of its properties only. */
import type { Target } from '../scenarios/index.ts';

/**
 * A run that breaks another property goes on there: needed to record and repeat what was found with that property left
 * out. `properties` undefined: the target itself.
 */
export function withProperties(target: Target, properties: readonly string[] | undefined): Target {
  if (properties === undefined) return target;
  return {
    ...target,
    scenarios: target.scenarios.map((scenario) => ({
      name: scenario.name,
      title: scenario.title,
      defaultSlots: scenario.defaultSlots,
      moreSlots: scenario.moreSlots,
      refuse: (params) => scenario.refuse(params),
      expected: (params) => scenario.expected(params),
      bounds: (params) => scenario.bounds(params),
      indexModulus: (params) => scenario.indexModulus(params),
      system: (params) => {
        const system = scenario.system(params);
        return { ...system, properties: system.properties.filter(({ name }) => properties.includes(name)) };
      },
    })),
  };
}
