/**
 * S12, G12: descriptors are read behind the table; a chain is taken twice.
 *
 * How it comes about: the driver is trusted. What to do: refuse what is no descriptor of the table, and heads of chains that
 * one has.
 */
import type { SplitDevice } from '../device.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the device believes any head in the available ring, and any next. */
export const headUnchecked: SplitDefect = {
  name: 'head-unchecked',
  title: 'the device believes any head in the available ring, and any next',
  fault: 'S12',
  device: (Base) =>
    class extends Base {
      protected override mayTake(_head: number, _size: number): boolean {
        return true;
      }
      protected override isEntry(_at: number, _count: number): boolean {
        return true;
      }
      protected override chainAt(head: number, size: number): ReturnType<SplitDevice['chainAt']> {
        // Notes are kept for heads that are descriptors: the fault that is shown here is the one in shared memory.
        return super.chainAt(head & (size - 1), size);
      }
    },
};
