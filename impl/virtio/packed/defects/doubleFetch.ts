/**
 * G12: the driver changes the length between the two.
 *
 * How it comes about: descriptors are structs in memory that the driver can write; a compiler may read twice even where
 * the source does so once. What to do: copy the descriptor, then look at the copy only.
 */
import type { PackedList, PackedNaming } from '../device.ts';
import type { PackedDefect } from './defect.ts';

/** Seeded: a length is read once to be checked, and once more to be used. */
export const doubleFetch: PackedDefect = {
  name: 'double-fetch',
  title: 'a length is read once to be checked, and once more to be used',
  fault: 'G12',
  device: (Base) =>
    class extends Base {
      protected override admit(naming: PackedNaming, flags: number, list: PackedList): number {
        const { addr, addr_high, len } = naming;
        const code = super.admit({ addr, addr_high, len }, flags, list);
        const admitted = list.segments.pop();
        if (admitted !== undefined) list.segments.push({ ...admitted, len: naming.len });
        return code;
      }
    },
};
