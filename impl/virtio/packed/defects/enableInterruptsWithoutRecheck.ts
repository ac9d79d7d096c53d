/**
 * G9: a list that the device has used between the driver's last look and its wish is never announced.
 *
 * How it comes about: the call that enables interrupts has no result, or nobody asks for it. What to do: look once
 * more, and collect what is there.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: interrupts are wanted without a last look at the ring. */
export const enableInterruptsWithoutRecheck: PackedDefect = {
  name: 'enable-interrupts-without-recheck',
  title: 'interrupts are wanted without a last look at the ring',
  fault: 'G9',
  driver: (Base) =>
    class extends Base {
      protected override recheck(_cursor: number, _size: number): boolean {
        return true;
      }
    },
};
