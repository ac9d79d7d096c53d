/**
 * Q4: both sides access the index at the same time, and the compiler may take a plain load out of a polling loop, or move a
 * plain store past others. The published code removed `volatile` in 2019.
 *
 * What to do today: in a loop that polls, put a compiler barrier (`COMPILER_MEMORY_FENCE()`) into each pass; better, declare
 * `idx` as `_Atomic`.
 */
import type { Vring } from '../virtqueue.ts';
import type { Sel4Defect } from './defect.ts';

/** Seeded: the indices are read and written by plain accesses. */
export const indexPlain: Sel4Defect = {
  name: 'index-plain',
  title: 'the indices are read and written by plain accesses',
  fault: 'Q4',
  driver: (Base) =>
    class extends Base {
      protected override load_index(ring: Vring): number {
        return this.port.load(ring.locationOf('idx'), 'plain');
      }
      protected override store_index(ring: Vring, index: number): void {
        this.port.store(ring.locationOf('idx'), index, 'plain');
      }
    },
  device: (Base) =>
    class extends Base {
      protected override load_index(ring: Vring): number {
        return this.port.load(ring.locationOf('idx'), 'plain');
      }
      protected override store_index(ring: Vring, index: number): void {
        this.port.store(ring.locationOf('idx'), index, 'plain');
      }
    },
};
