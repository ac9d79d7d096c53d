/**
 * PV5 (2.8.9): the driver finds the first buffer of a request, and has to wait for the others, or takes it for all.
 *
 * How it comes about: used descriptors are written in the order of the buffers. What to do: write the first one last.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: of a request of several buffers, the first one is marked as used first. */
export const requestFirstFirst: PackedDefect = {
  name: 'request-first-first',
  title: 'of a request of several buffers, the first one is marked as used first',
  fault: 'PV5',
  device: (Base) =>
    class extends Base {
      protected override orderInRequest(count: number): readonly number[] {
        return super.orderInRequest(count).toReversed();
      }
    },
};
