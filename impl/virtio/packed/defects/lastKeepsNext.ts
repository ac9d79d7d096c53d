/**
 * PD4 (2.8.6): the device walks on into the next list, or into what is left there from the lap before.
 *
 * How it comes about: all descriptors are written alike, and the last is not put right. What to do: know which one is
 * the last.
 */
import type { PackedDefect } from './defect.ts';

/** Seeded: the last descriptor of a list has NEXT. */
export const lastKeepsNext: PackedDefect = {
  name: 'last-keeps-next',
  title: 'the last descriptor of a list has NEXT',
  fault: 'PD4',
  driver: (Base) =>
    class extends Base {
      protected override nextFlag(_isLast: boolean): number {
        return super.nextFlag(false);
      }
    },
};
