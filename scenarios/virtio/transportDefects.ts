/** The seeded defects of a transport, with where each shows first. */
import { transportDefects as seeded } from '../../impl/index.ts';
import type { TargetDefect } from '../target.ts';
import type { Layout } from './layout.ts';
import { statusChartsName } from './statusCharts.ts';

type Shown = Pick<TargetDefect, 'scenario' | 'property' | 'breaks'>;

/**
 * The scenario and the property that names it; each with one descriptor, under sc. Two need a peer that breaks the rules as
 * well, and are shown by the tests of the transport only: `size-above-maximum`, `unoffered-unchecked`.
 */
const shown: Readonly<Record<string, Shown>> = {
  'accepts-unoffered': { scenario: 'lifecycle', property: statusChartsName },
  'device-goes-on-after-queue-reset': {
    scenario: 'reset-while-busy',
    property: statusChartsName,
    breaks: ['sv9-quiet-after-reset'],
  },
  'device-goes-on-after-reset': { scenario: 'lifecycle', property: 'sv9-quiet-after-reset' },
  'features-ok-not-reread': {
    scenario: 'needs-reset',
    property: statusChartsName,
    breaks: ['sd12-initialization-order'],
  },
  'needs-reset-silent': { scenario: 'needs-reset', property: statusChartsName },
  'notify-before-driver-ok': {
    scenario: 'lifecycle',
    property: statusChartsName,
    breaks: ['sd12-no-early-kick'],
  },
  'queue-ready-before-addresses': { scenario: 'reset-while-busy', property: 'livelock' },
  'queue-reset-not-confirmed': {
    scenario: 'reset-while-busy',
    property: statusChartsName,
    breaks: ['sd14-reset-confirmed'],
  },
  'ready-not-cleared': { scenario: 'lifecycle', property: 'deadlock' },
  'reset-not-confirmed': { scenario: 'lifecycle', property: statusChartsName },
  'status-bits-cleared': {
    scenario: 'lifecycle',
    property: statusChartsName,
    breaks: ['sd12-initialization-order'],
  },
  'used-before-driver-ok': { scenario: 'lifecycle', property: 'sv1-not-before-driver-ok' },
};

/** Where the clauses that name it are those of a layout. */
const shownIn: Readonly<Record<Layout['name'], Readonly<Record<string, Shown>>>> = {
  split: {
    'device-goes-on-after-queue-reset': {
      scenario: 'reset-while-busy',
      property: statusChartsName,
      breaks: ['sv7-spurious-kicks', 'sv9-quiet-after-reset'],
    },
    'queue-misaligned': { scenario: 'lifecycle', property: 'sd1-alignment' },
  },
  packed: { 'queue-misaligned': { scenario: 'lifecycle', property: 'pd1-alignment' } },
};

export function transportDefects(layout: Layout['name']): readonly TargetDefect[] {
  return seeded.flatMap(({ name, title }) => {
    const where = shownIn[layout][name] ?? shown[name];
    return where === undefined ? [] : [{ name, title, slots: 1, memory: 'sc' as const, ...where }];
  });
}
