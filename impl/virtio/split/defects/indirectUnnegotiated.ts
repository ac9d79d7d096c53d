/**
 * 2.7.5.3.1 (SD5): the device takes the table for a buffer, or refuses the chain.
 *
 * How it comes about: drivers that ask whether they have tables, or what was offered. What to do: ask what was negotiated.
 */
import type { AddOptions, Segment } from '../../queue.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the driver uses its tables, though INDIRECT_DESC was not negotiated. */
export const indirectUnnegotiated: SplitDefect = {
  name: 'indirect-unnegotiated',
  title: 'the driver uses its tables, though INDIRECT_DESC was not negotiated',
  fault: 'SD5',
  driver: (Base) =>
    class extends Base {
      override add(segments: readonly Segment[], token: number, options: AddOptions = {}): number {
        const fits = segments.length > 1 && segments.length <= this.tables.entries;
        return super.add(segments, token, fits ? { indirectFrom: 0, ...options } : options);
      }

      protected override isValid(
        segments: readonly Segment[],
        token: number,
        options: AddOptions,
        size: number,
      ): boolean {
        const asked = this.features.indirectDesc === true ? options : {};
        return super.isValid(segments, token, asked, size);
      }
    },
};
