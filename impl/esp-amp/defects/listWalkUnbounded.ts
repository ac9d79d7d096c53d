/** A look-up that trusts the list of blocks to have an end. */
import type { Pool } from '../sysInfo.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: the walk over a pool's list of blocks has no bound, so a damaged list holds it for ever. */
export const listWalkUnbounded: EspAmpDefect = {
  name: 'list-walk-unbounded',
  title: 'the walk over the blocks of a pool has no bound',
  changes: 'sysInfo',
  mixin: (Base) =>
    class extends Base {
      protected override most_entries(_pool: Pool): number {
        return Number.POSITIVE_INFINITY;
      }
    },
};
