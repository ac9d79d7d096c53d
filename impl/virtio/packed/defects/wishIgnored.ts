/**
 * PD8, PV7 (2.8.10): each notification costs the other side an exit, or an interrupt.
 *
 * How it comes about: event structures that are left for later. What to do: read the wish, behind a full barrier.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a side notifies whatever its peer wants. */
export const wishIgnored: PackedDefect = {
  name: 'wish-ignored',
  title: 'a side notifies whatever its peer wants',
  fault: 'PD8',
  driver: (Base) =>
    class extends Base {
      protected override isWanted(_wish: number, _cursor: number, _count: number, _size: number): boolean {
        return true;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override isWanted(_wish: number, _cursor: number, _count: number, _size: number): boolean {
        return true;
      }
    },
};
