/**
 * A negative id is written before the table, the later of two registrations wins, and a look-up by name compares with the
 * NULL name of the first id that is not registered; it never comes to id 100. As in the published code.
 *
 * What to do today: number a component's channels 0, 1, 2, … without a gap, and look them up by id.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: channels are registered under any id, and looked up by names that may be NULL. */
export const registryUnchecked: Sel4Defect = {
  name: 'registry-unchecked',
  title: 'channels are registered under any id, and looked up by names that may be NULL',
  fault: 'registry',
  channels: (Base) =>
    class extends Base {
      protected override may_register(_virtqueue_id: number): boolean {
        return true;
      }
      protected override last_named(): number {
        return this.max_id - 1;
      }
      protected override is_name(pointer: number, name: string): boolean {
        if (pointer === 0) throw new TypeError('strncmp: NULL');
        return super.is_name(pointer, name);
      }
    },
};
