/**
 * The slot keeps the address it was received with. Harmless in order; out of order one buffer is then in two
 * places and another in none.
 */
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: free_try does not write the address of the buffer that it gives back. */
export const addrNotWrittenBack: EspAmpDefect = {
  name: 'addr-not-written-back',
  title: 'free_try does not write the address of the buffer that it gives back',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override write_back(desc: Descriptor, _buffer: number, size: number): void {
        desc.len = size;
      }
    },
};
