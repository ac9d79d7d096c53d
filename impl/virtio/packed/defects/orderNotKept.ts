/**
 * PV6: the driver goes by the order in which it made the lists available, and takes a later one for the end of a batch.
 *
 * How it comes about: devices that offer IN_ORDER and complete requests as they are done. What to do: keep what is done
 * early until its turn has come, or do not offer the feature.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: with IN_ORDER lists are returned in any order. */
export const orderNotKept: PackedDefect = {
  name: 'order-not-kept',
  title: 'with IN_ORDER lists are returned in any order',
  fault: 'PV6',
  device: (Base) =>
    class extends Base {
      protected override isNext(_head: number, _cursor: number, _size: number): boolean {
        return true;
      }
    },
};
