/**
 * G1: the driver gets an id back that is not out, or that is out again for another buffer.
 *
 * How it comes about: a request is completed by its handler and by its timeout. What to do: note which lists the device
 * has.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a list that the device does not have is returned all the same. */
export const doubleReturnAccepted: PackedDefect = {
  name: 'double-return-accepted',
  title: 'a list that the device does not have is returned all the same',
  fault: 'G1',
  device: (Base) =>
    class extends Base {
      protected override mayReturn(_head: number, _size: number): boolean {
        return true;
      }
    },
};
