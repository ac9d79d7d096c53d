/** Whoever calls it inside a critical section goes on without one. */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: the end of a critical section always unmasks, also inside another one. */
export const criticalDoesNotNest: EspAmpDefect = {
  name: 'critical-does-not-nest',
  title: 'the end of a critical section always unmasks, also inside another one',
  changes: 'swIntr',
  mixin: (Base) =>
    class extends Base {
      protected override exit_critical(_was: number): void {
        super.exit_critical(0);
      }
    },
};
