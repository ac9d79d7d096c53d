/** On a full ring a buffer that is on its way, or held by the remote, is handed out again. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: alloc_try does not test whether the slot is free. */
export const allocWithoutTest: EspAmpDefect = {
  name: 'alloc-without-test',
  title: 'alloc_try does not test whether the slot is free',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override may_alloc(_flip_counter: number, _flags: number): boolean {
        return true;
      }
    },
};
