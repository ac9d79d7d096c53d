/** The seeded defects of a transport, with where each shows first; the same for both layouts. */
import { transportDefects as seeded } from '../../impl/index.ts';
import type { TargetDefect } from '../target.ts';
import { statusChartsName } from './statusCharts.ts';

type Shown = Pick<TargetDefect, 'scenario' | 'property'>;

/** Each with one descriptor, under sc. */
const shown: Readonly<Record<string, Shown>> = Object.fromEntries(
  seeded.map(({ name }) => [name, { scenario: 'lifecycle', property: statusChartsName }]),
);

export const transportDefects: readonly TargetDefect[] = seeded.flatMap(({ name, title }) => {
  const where = shown[name];
  return where === undefined ? [] : [{ name, title, slots: 1, memory: 'sc' as const, ...where }];
});
