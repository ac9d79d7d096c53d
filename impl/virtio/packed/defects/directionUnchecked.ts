/**
 * G12 (2.8.17): a device that counts what it has written from the first writable byte on counts bytes which it must not
 * write.
 *
 * How it comes about: the rule binds the driver, and nothing makes the device look. What to do: refuse such a list.
 */
import type { PackedList } from '../device.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the device accepts a descriptor for reading behind one for writing. */
export const directionUnchecked: PackedDefect = {
  name: 'direction-unchecked',
  title: 'the device accepts a descriptor for reading behind one for writing',
  fault: 'G12',
  device: (Base) =>
    class extends Base {
      protected override mayFollow(_writable: boolean, _list: PackedList): boolean {
        return true;
      }
    },
};
