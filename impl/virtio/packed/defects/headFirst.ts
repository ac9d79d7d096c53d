/**
 * P4 (2.8.17, PD4): the device takes a list whose other descriptors are still those of the lap before.
 *
 * How it comes about: descriptors are written one by one, each with its flags, as a list of one is. What to do: store
 * the head's flags last.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: a list's head is published before the rest of it is written. */
export const headFirst: PackedDefect = {
  name: 'head-first',
  title: "a list's head is published before the rest of it is written",
  fault: 'P4',
  driver: (Base) =>
    class extends Base {
      protected override headWritten(id: number, head: number, flags: number, size: number): void {
        this.publish(id, head, flags, size);
      }
      protected override listWritten(_id: number, _head: number, _flags: number, _size: number): void {}
    },
};
