/**
 * Q9: an offset behind the pool's end becomes an address outside the dataport. As in the published code.
 *
 * What to do today: compare offsets with the dataport's size before `camkes_virtqueue_*_offset_to_buffer`.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: an offset is made an address wherever that leads. */
export const offsetsUnchecked: Sel4Defect = {
  name: 'offsets-unchecked',
  title: 'an offset is made an address wherever that leads',
  fault: 'Q9',
  driver: (Base) =>
    class extends Base {
      protected override is_inside(_offset: number, _bytes: number): boolean {
        return true;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override is_inside(_offset: number): boolean {
        return true;
      }
    },
};
