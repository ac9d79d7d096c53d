/** The seeded defects of a transport, with where each shows first; the same for both layouts. */
import { transportDefects as seeded } from '../../impl/index.ts';
import type { TargetDefect } from '../target.ts';
import { statusChartsName } from './statusCharts.ts';

type Shown = Pick<TargetDefect, 'scenario' | 'property'>;

/**
 * The scenario and the property that names it; each with one descriptor, under sc. Two need a peer that breaks the rules as
 * well, and are shown by the tests of the transport only: `size-above-maximum`, `unoffered-unchecked`.
 */
const shown: Readonly<Record<string, Shown>> = {
  'accepts-unoffered': { scenario: 'lifecycle', property: statusChartsName },
  'device-goes-on-after-queue-reset': { scenario: 'reset-while-busy', property: statusChartsName },
  'device-goes-on-after-reset': { scenario: 'lifecycle', property: 'sv9-quiet-after-reset' },
  'features-ok-not-reread': { scenario: 'needs-reset', property: statusChartsName },
  'needs-reset-silent': { scenario: 'needs-reset', property: statusChartsName },
  'notify-before-driver-ok': { scenario: 'lifecycle', property: statusChartsName },
  'queue-ready-before-addresses': { scenario: 'reset-while-busy', property: 'livelock' },
  'queue-reset-not-confirmed': { scenario: 'reset-while-busy', property: statusChartsName },
  'ready-not-cleared': { scenario: 'lifecycle', property: 'deadlock' },
  'reset-not-confirmed': { scenario: 'lifecycle', property: statusChartsName },
  'status-bits-cleared': { scenario: 'lifecycle', property: statusChartsName },
  'used-before-driver-ok': { scenario: 'lifecycle', property: 'sv1-not-before-driver-ok' },
};

export const transportDefects: readonly TargetDefect[] = seeded.flatMap(({ name, title }) => {
  const where = shown[name];
  return where === undefined ? [] : [{ name, title, slots: 1, memory: 'sc' as const, ...where }];
});
