/** Combinations that were not run, each with its reason: equal reasons in one place. */
import type { RefusedRun, TargetPlan } from '../plan.ts';
import { whereText } from './where.ts';
import { groupsOf, unique } from './words.ts';

/** What `--quick` left out of a plan. */
export function quickRefusals({ refused }: Pick<TargetPlan, 'refused'>): readonly RefusedRun[] {
  return refused.filter(({ quick }) => quick === true);
}

const FEW_NAMES = 3;

/** Lines of running text; those that belong to the one before are indented. Each refusal is in exactly one of them. */
export function refusalLines(plan: Pick<TargetPlan, 'runs' | 'refused'>): readonly string[] {
  const run = new Set(plan.runs.map(({ scenario }) => scenario.name));
  const placesIn = new Map<string, number>();
  for (const [name, all] of groupsOf(plan.refused, ({ scenario }) => scenario)) {
    placesIn.set(name, placesOf(all).size);
  }
  // A scenario that has no run for this one reason needs no sizes and models beside it.
  const whereOf = (name: string, refused: readonly RefusedRun[]): string =>
    !run.has(name) && placesOf(refused).size === placesIn.get(name) ? '' : whereText(refused);
  return [...groupsOf(plan.refused, reasonText)].flatMap(([reason, refused]) => {
    const byScenario = [...groupsOf(refused, ({ scenario }) => scenario)];
    const byWhere = [...groupsOf(byScenario, ([name, ofScenario]) => whereOf(name, ofScenario))].map(
      ([where, scenarios]) => ({ where, names: scenarios.map(([name]) => name).join(', ') }),
    );
    const [only, another] = byWhere;
    if (only !== undefined && another === undefined) {
      const where = only.where === '' ? '' : ` (${only.where})`;
      // Few names are the subject of what is said; a list of them comes last.
      const isFew = byScenario.length <= FEW_NAMES;
      return [isFew ? `${only.names}${where}: ${reason}` : `${reason}${where}: ${only.names}`];
    }
    return [
      `${reason}:`,
      ...byWhere.map(({ where, names }) => `  ${where === '' ? 'wherever asked for' : where}: ${names}`),
    ];
  });
}

function reasonText({ quick, reason }: RefusedRun): string {
  return quick === true ? 'left out by --quick' : reason;
}

function placesOf(refused: readonly RefusedRun[]): ReadonlySet<string> {
  return new Set(unique(refused.map(({ slots, memory }) => `${slots} ${memory}`)));
}
