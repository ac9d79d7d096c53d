/**
 * S12, G11: a chain that leads back to itself holds the device for ever.
 *
 * How it comes about: the driver is trusted. rust-vmm has a budget for each chain. What to do: no more steps than the queue has
 * descriptors.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: a walk over a chain ends only where the chain does. */
export const chainUnbounded: SplitDefect = {
  name: 'chain-unbounded',
  title: 'a walk over a chain ends only where the chain does',
  fault: 'S12',
  device: (Base) =>
    class extends Base {
      protected override mayGoOn(_met: number, _inTable: boolean, _size: number): boolean {
        return true;
      }
    },
};
