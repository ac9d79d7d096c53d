/**
 * PD5 (2.8.19): INDIRECT must not be in a list that is linked by NEXT; devices refuse it, or read on in the ring.
 *
 * How it comes about: flags that are the same for all descriptors but the last. What to do: a table is a list of its own.
 */
import { PACKED_INDIRECT, PACKED_NEXT } from '../layout.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the descriptor that names a table has NEXT. */
export const indirectWithNext: PackedDefect = {
  name: 'indirect-with-next',
  title: 'the descriptor that names a table has NEXT',
  fault: 'PD5',
  driver: (Base) =>
    class extends Base {
      protected override publish(id: number, head: number, flags: number, size: number): void {
        super.publish(id, head, (flags & PACKED_INDIRECT) === 0 ? flags : flags | PACKED_NEXT, size);
      }
    },
};
