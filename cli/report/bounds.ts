/** What scenarios bound, with equal bounds in one place. */
import type { RunReport } from '../runReport.ts';
import { type Place, whereText } from './where.ts';
import { groupsOf, plainText, slotsText, unique } from './words.ts';

type Bounded = Pick<RunReport, 'scenario' | 'slots' | 'memory' | 'scenarioBounds'>;

/** A bound with its value, and the runs that it holds for. */
interface BoundedRun {
  readonly bound: string;
  readonly run: Bounded;
}

/** Lines of running text: one for each bound and value, with its scenarios and, where these are not all of their runs, which. */
export function boundLines(runs: readonly Bounded[]): readonly string[] {
  const bounds = runs.flatMap((run) =>
    Object.entries(run.scenarioBounds).map(
      ([name, value]): BoundedRun => ({ bound: `${name} ${plainText(value)}`, run }),
    ),
  );
  const all = groupsOf(runs, ({ scenario }) => scenario);
  const lines = [...groupsOf(bounds, ({ bound }) => bound)].map(([bound, group]) => {
    const scenarios = groupsOf(
      group.map(({ run }) => run),
      ({ scenario }) => scenario,
    );
    const byWhere = groupsOf([...scenarios], ([name, bounded]) => amongText(bounded, all.get(name) ?? []));
    const parts = [...byWhere].map(
      ([where, ofWhere]) => `${ofWhere.map(([name]) => name).join(', ')}${where === '' ? '' : ` ${where}`}`,
    );
    return `  ${bound}: ${parts.join('; ')}`;
  });
  return lines.length === 0 ? [] : ['what is beyond these bounds:', ...lines];
}

/** Which of the runs: empty for all, `with 1, 2 slots` for all of these sizes, else `at 1 · sc and 2 · sc, tso`. */
function amongText(some: readonly Place[], all: readonly Place[]): string {
  const count = (places: readonly Place[]): number =>
    unique(places.map(({ slots, memory }) => `${slots} ${memory}`)).length;
  if (count(some) === count(all)) return '';
  const slots = unique(some.map((place) => place.slots)).toSorted((a, b) => a - b);
  const ofSizes = all.filter((place) => slots.includes(place.slots));
  return count(some) === count(ofSizes)
    ? `with ${slotsText(slots)}`
    : `at ${whereText(some).replaceAll(';', ' and')}`;
}
