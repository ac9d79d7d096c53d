/**
 * G8, G10: a full ring looks empty. With one descriptor that is the first chain.
 *
 * Who did it: seL4's libvirtqueue. What to do: indices run free over 16 bits (2.7.6); only the place of an entry is taken modulo
 * the size.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: indices are kept modulo the queue's size. */
export const indexModuloSize: SplitDefect = {
  name: 'index-modulo-size',
  title: "indices are kept modulo the queue's size",
  fault: 'G8',
  driver: (Base) =>
    class extends Base {
      protected override modulus(size: number): number {
        return size;
      }
      protected override checkModulus(_size: number): void {}
      protected override isPlausible(_ahead: number, _most: number): boolean {
        return true;
      }
    },
  device: (Base) =>
    class extends Base {
      protected override modulus(size: number): number {
        return size;
      }
      protected override checkModulus(_size: number): void {}
      protected override isPlausible(_ahead: number, _most: number): boolean {
        return true;
      }
    },
};
