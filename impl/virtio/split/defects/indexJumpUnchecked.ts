/**
 * S12: entries are taken that nobody has made, one lap after the other.
 *
 * How it comes about: devices and drivers that only test whether the index has changed. rust-vmm refuses more than the size. What to do:
 * no more than what can be there: the size for the device, what is out for the driver.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the peer's index may be further ahead than there are entries. */
export const indexJumpUnchecked: SplitDefect = {
  name: 'index-jump-unchecked',
  title: "the peer's index may be further ahead than there are entries",
  fault: 'S12',
  driver: (Base) =>
    class extends Base {
      protected override isPlausible(_ahead: number, _most: number): boolean {
        return true;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override isPlausible(_ahead: number, _most: number): boolean {
        return true;
      }
    },
};
