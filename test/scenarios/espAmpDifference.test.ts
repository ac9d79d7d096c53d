/** A fence of the queue is left out, and the explanation of what breaks asks for it again: at its place, as weak as it may be. */
import { describe, expect, it } from 'vitest';
import {
  type BarrierEdit,
  BarrierSurvey,
  check,
  type Difference,
  explainDifference,
  type MemoryModelName,
} from 'vqcheck/checker';
import { espAmp } from 'vqcheck/scenarios';
import { siteProbe } from '../../dist/cli/sites.js';

/** Leaves out the queue's fence in an operation, and explains the first violation but for the race, which explains itself. */
function without(operation: string, memory: MemoryModelName, name: string, slots: number): Difference | null {
  const scenario = espAmp.scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(name);
  const system = scenario.system({ slots, memory, defects: [] });
  const siteOf = siteProbe();
  const survey = new BarrierSurvey();
  check(system, { memory, barriers: { edits: [], siteOf, survey } });
  // The fence in front of the hand-over is the last of its operation.
  const fences = survey.barriers.filter(
    ({ kind, operations }) => kind === 'fence' && operations.includes(operation),
  );
  const last = fences[fences.length - 1];
  if (last === undefined) throw new Error(operation);
  const edit: BarrierEdit = { site: last.site, kind: 'fence', operation, edit: 'weaken', order: 'none' };
  const { violations } = check(system, { memory, barriers: { edits: [edit], siteOf } });
  // A fence that is missing is a race, whatever comes of it under this memory model.
  expect(violations.map(({ property }) => property)).toContain('no-data-race');
  const violation = violations.find(({ property }) => property !== 'no-data-race');
  if (violation === undefined) return null;
  return explainDifference(system, { memory, violation, siteOf, barriers: [edit] });
}

/** `release before store desc[0].flags in send_try`. */
function advice(difference: Difference | null): string[] {
  return (difference?.remedy?.fences ?? []).map(
    ({ edit, before }) => `${edit.order} before ${before.access} ${before.location} in ${edit.operation}`,
  );
}

describe('esp-amp without one of its fences', () => {
  it.each(['pso', 'rc11'] as const)(
    'asks for the release fence of send under %s',
    (memory) => {
      const difference = without('send_try', memory, 'in-order', memory === 'pso' ? 2 : 1);
      expect(difference?.underSc).toBe('holds');
      expect(advice(difference)).toEqual(['release before store desc[0].flags in send_try']);
      expect(difference?.remedy?.fences[0]?.tooWeak).toEqual(['acquire']);
      expect(difference?.remedy?.effect).toBe('proved');
    },
    60_000,
  );

  it.each(['pso', 'rc11'] as const)(
    'asks for the release fence of free under %s',
    (memory) => {
      const difference = without('free_try', memory, 'any-order', 2);
      expect(advice(difference)).toEqual(['release before store desc[0].flags in free_try']);
      expect(difference?.remedy?.effect).toBe('proved');
      // The address that the remote core wrote back is what the main core must see.
      expect(difference?.stale.map(({ load, missed }) => [load.location, missed.operation])).toEqual([
        ['desc[0].addr', 'free_try'],
      ]);
    },
    60_000,
  );

  it.each(['pso', 'rc11'] as const)(
    'asks for an acquire fence in alloc under rc11, and nothing breaks under pso: %s',
    (memory) => {
      const difference = without('alloc_try', memory, 'any-order', 2);
      if (memory === 'pso') {
        expect(difference).toBeNull();
        return;
      }
      expect(advice(difference)).toEqual(['acquire before load desc[0].addr in alloc_try']);
      expect(difference?.remedy?.fences[0]?.tooWeak).toEqual(['release']);
    },
    60_000,
  );
});
