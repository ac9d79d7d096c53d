/**
 * Q9: an index a whole ring ahead, an id that is no descriptor's, or that of a chain which is not out, is worked on like any
 * other. As in the published code.
 *
 * What to do today: on the driver's side, compare the id of each used entry with the heads that are out, before gathering.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: indices, heads and used ids are taken as they come. */
export const idsUnchecked: Sel4Defect = {
  name: 'ids-unchecked',
  title: 'indices, heads and used ids are taken as they come',
  fault: 'Q9',
  driver: (Base) =>
    class extends Base {
      protected override is_plausible(_index: number, _next: number, _queue_len: number): boolean {
        return true;
      }
      protected override may_collect(_id: number, _len: number, _queue_len: number): boolean {
        return true;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override is_plausible(_index: number, _next: number, _queue_len: number): boolean {
        return true;
      }
      protected override may_take(_head: number, _queue_len: number): boolean {
        return true;
      }
    },
};
