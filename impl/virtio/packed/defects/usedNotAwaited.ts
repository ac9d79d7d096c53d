/**
 * PD2 (2.8.16): the device finds another list where it has not read the first one yet.
 *
 * How it comes about: a driver that sends no faster than the device, it thinks. What to do: count free slots, and wait.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: slots are written again before they were seen used. */
export const usedNotAwaited: PackedDefect = {
  name: 'used-not-awaited',
  title: 'slots are written again before they were seen used',
  fault: 'PD2',
  driver: (Base) =>
    class extends Base {
      protected override hasRoom(_slots: number): boolean {
        return true;
      }

      protected override takeId(size: number): number {
        return this.vq.free_id < size ? super.takeId(size) : 0;
      }
    },
};
