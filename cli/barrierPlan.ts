/** Which runs a barrier ledger is made on: those that are expected to be proved. */
import type { MemoryModelName } from '../checker/index.ts';
import type { Scenario, Target } from '../scenarios/index.ts';
import type { BarrierRun } from './barrierReport.ts';
import { UsageError } from './errors.ts';
import type { RefusedRun, Selection } from './plan.ts';
import { expectationOf } from './runReport.ts';
import type { LoadedTarget } from './targets.ts';

/** Where one buffer at a time is handled in order, and where several are in any order: the second needs more barriers. */
const DEFAULT_SCENARIOS: readonly string[] = ['in-order', 'any-order'];
const DEFAULT_SLOTS = 2;
/** Hardware that reorders little, and a language that reorders much. */
const DEFAULT_MEMORIES: readonly MemoryModelName[] = ['tso', 'rc11'];

/** @throws UsageError when nothing is left that could be run. */
export function planBarrierRuns(
  loaded: LoadedTarget,
  selection: Pick<Selection, 'scenarios' | 'slots' | 'memories' | 'properties'>,
): { readonly runs: readonly BarrierRun[]; readonly leftOut: readonly RefusedRun[] } {
  const { target } = loaded;
  const usualNames = target.barrierRuns?.map(({ scenario }) => scenario) ?? DEFAULT_SCENARIOS;
  const usual = target.scenarios.filter(({ name }) => usualNames.includes(name));
  const asked = target.scenarios.filter(({ name }) => selection.scenarios?.includes(name) ?? false);
  const scenarios = selection.scenarios !== undefined ? asked : usual.length > 0 ? usual : target.scenarios;
  const memories = memoriesOf(loaded, selection.memories);
  const runs: BarrierRun[] = [];
  const leftOut: RefusedRun[] = [];
  for (const memory of memories) {
    for (const scenario of scenarios) {
      for (const slots of selection.slots ?? slotsOf(target, scenario, memory)) {
        const params = { slots, memory, defects: [] };
        const run: BarrierRun = {
          scenario,
          params,
          title: `${scenario.name}, ${slots} ${slots === 1 ? 'slot' : 'slots'}`,
        };
        const expected =
          scenario.refuse(params) === null ? expectationOf(run, selection.properties) : 'proved';
        const reason =
          scenario.refuse(params) ??
          (expected === 'proved'
            ? null
            : `it declares violations (${expected.join(', ')}), with all barriers`);
        if (reason === null) runs.push(run);
        else leftOut.push({ scenario: scenario.name, slots, memory, reason });
      }
    }
  }
  const [first] = leftOut;
  if (runs.length === 0) {
    throw new UsageError('refused-combination', `no scenario of ${loaded.asTyped} can be used`, {
      expected: 'a scenario that is expected to be proved with these slots, under one of these memory models',
      found:
        first === undefined
          ? 'no scenario'
          : `${first.scenario}, ${first.slots} slots, ${first.memory}: ${first.reason}`,
      advice: `vqcheck list ${loaded.asTyped}`,
    });
  }
  return { runs, leftOut };
}

function memoriesOf(
  { target }: LoadedTarget,
  asked: readonly string[] | undefined,
): readonly MemoryModelName[] {
  if (asked?.includes('all') === true) return target.memories;
  if (asked !== undefined) return target.memories.filter((name) => asked.includes(name));
  const usual = target.memories.filter((name) => DEFAULT_MEMORIES.includes(name));
  return usual.length > 0 ? usual : target.memories;
}

/** The target's choice; else two, where the scenario takes them: with one, nothing overtakes anything. */
function slotsOf(target: Target, scenario: Scenario, memory: MemoryModelName): readonly number[] {
  const chosen = target.barrierRuns?.filter((choice) => choice.scenario === scenario.name) ?? [];
  if (chosen.length > 0) return chosen.map(({ slots }) => slots);
  const sizes = [DEFAULT_SLOTS, ...scenario.defaultSlots];
  const taken = sizes.find((slots) => scenario.refuse({ slots, memory, defects: [] }) === null);
  return [taken ?? DEFAULT_SLOTS];
}
