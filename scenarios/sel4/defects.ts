/** The seeded defects of the target `sel4`: what the published code does otherwise, one by one, with where each shows first. */
import { sel4Defects } from '../../impl/index.ts';
import type { TargetDefect } from '../target.ts';

type Shown = Pick<TargetDefect, 'scenario' | 'slots' | 'property'>;

/** The smallest length that shows it, and the property that names it; all of them show under sc. */
const shown: Readonly<Record<string, Shown>> = {
  'acquire-missing': { scenario: 'in-order', slots: 1, property: 'no-data-race' },
  'block-freed-twice': { scenario: 'misuse', slots: 1, property: 'no-double-ownership' },
  'chain-unchecked': { scenario: 'hostile-driver', slots: 1, property: 'no-outside-access' },
  'double-return-accepted': { scenario: 'misuse', slots: 1, property: 'no-double-ownership' },
  'gather-unconsumed': { scenario: 'misuse', slots: 1, property: 'no-double-ownership' },
  // With one descriptor it shows as well, in `exhausted`: here it is what the message itself meets.
  'head-published-early': { scenario: 'chains', slots: 2, property: 'no-double-ownership' },
  'ids-unchecked': { scenario: 'forged-entry', slots: 1, property: 'no-double-ownership' },
  'index-modulo-length': { scenario: 'in-order', slots: 1, property: 'deadlock' },
  'index-plain': { scenario: 'in-order', slots: 1, property: 'no-data-race' },
  'length-unchecked': { scenario: 'set-up', slots: 1, property: 'refused-set-up' },
  'no-rollback': { scenario: 'exhausted', slots: 1, property: 'failure-atomicity' },
  'offsets-unchecked': { scenario: 'misuse', slots: 1, property: 'no-outside-access' },
  'registry-unchecked': { scenario: 'set-up', slots: 1, property: 'bounded-operation' },
  'reinit-zeroes-rings': { scenario: 're-init', slots: 1, property: 'no-double-ownership' },
  'release-missing': { scenario: 'in-order', slots: 1, property: 'no-data-race' },
  'send-unchecked': { scenario: 'misuse', slots: 2, property: 'no-double-ownership' },
  'shared-links-trusted': { scenario: 'hostile-device', slots: 2, property: 'no-double-ownership' },
  'short-chain-returned': { scenario: 'misuse', slots: 1, property: 'failure-atomicity' },
  'size-unchecked': { scenario: 'set-up', slots: 1, property: 'refused-set-up' },
  'stale-handle-accepted': { scenario: 'misuse', slots: 2, property: 'no-double-ownership' },
  'used-length-ignored': { scenario: 'replies', slots: 1, property: 'used-length' },
  'walk-unbounded': { scenario: 'hostile-driver', slots: 1, property: 'bounded-operation' },
};

export const defects: readonly TargetDefect[] = sel4Defects.flatMap(({ name, title }) => {
  const where = shown[name];
  return where === undefined ? [] : [{ name, title, memory: 'sc' as const, ...where }];
});
