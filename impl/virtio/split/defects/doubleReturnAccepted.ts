/**
 * G1: the driver collects a chain twice, or one that it has given anew in the meantime.
 *
 * How it comes about: devices that answer twice on an error path. What to do: remember which chains one has; return each once.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: a chain that the device does not have is returned all the same. */
export const doubleReturnAccepted: SplitDefect = {
  name: 'double-return-accepted',
  title: 'a chain that the device does not have is returned all the same',
  fault: 'G1',
  device: (Base) =>
    class extends Base {
      protected override mayReturn(head: number, size: number): boolean {
        return head < size;
      }
      protected override canHaveWritten(written: number, head: number, size: number): boolean {
        return this.chainAt(head, size).held === 0 || super.canHaveWritten(written, head, size);
      }
    },
};
