/**
 * G9: a list that the driver has made available between the device's last look and its wish is never announced.
 *
 * How it comes about: as for interrupts. What to do: look once more, and take what is there.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: kicks are wanted without a last look at the ring. */
export const enableKicksWithoutRecheck: PackedDefect = {
  name: 'enable-kicks-without-recheck',
  title: 'kicks are wanted without a last look at the ring',
  fault: 'G9',
  device: (Base) =>
    class extends Base {
      protected override recheck(_cursor: number, _size: number): boolean {
        return true;
      }
    },
};
