/**
 * PD5 (2.8.19): the device takes the table for a buffer, or refuses the list.
 *
 * How it comes about: drivers that ask whether they have tables, or what was offered. What to do: ask what was negotiated.
 */
import type { AddOptions, Segment } from '../../queue.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: the driver uses its tables, though INDIRECT_DESC was not negotiated. */
export const indirectUnnegotiated: PackedDefect = {
  name: 'indirect-unnegotiated',
  title: 'the driver uses its tables, though INDIRECT_DESC was not negotiated',
  fault: 'PD5',
  driver: (Base) =>
    class extends Base {
      override add(segments: readonly Segment[], token: number, options: AddOptions = {}): number {
        const fits = segments.length > 1 && segments.length <= this.tables.entries;
        return super.add(segments, token, fits ? { indirectFrom: 0, ...options } : options);
      }

      protected override isDivisible(length: number, options: AddOptions): boolean {
        return super.isDivisible(length, this.features.indirectDesc === true ? options : {});
      }
    },
};
