/**
 * G12: a driver that publishes slots again which the device has not returned makes it hold more than there is room for;
 * the used cursor laps the other one.
 *
 * Who did it: openvmm until #4002 (2026). What to do: count the slots of all lists that the device has.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: lists may take more slots together than the ring has. */
export const listJumpUnchecked: PackedDefect = {
  name: 'list-jump-unchecked',
  title: 'lists may take more slots together than the ring has',
  fault: 'G12',
  device: (Base) =>
    class extends Base {
      protected override isPlausible(_slots: number, _size: number): boolean {
        return true;
      }
    },
};
