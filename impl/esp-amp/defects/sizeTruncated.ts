/**
 * 64 slots of 1016 bytes are 65,548: 12 are reserved, and the ring overwrites what follows. As in the
 * published code.
 */
import type { EspAmpDefect } from './defect.ts';

/** Seeded: a block's size is cut to 16 bits before it is asked for. */
export const sizeTruncated: EspAmpDefect = {
  name: 'size-truncated',
  title: "a block's size is cut to 16 bits before it is asked for",
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override block_size(bytes: number): number {
        return bytes & 0xffff;
      }
    },
};
