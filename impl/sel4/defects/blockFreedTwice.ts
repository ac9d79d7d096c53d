/**
 * Q12: the block becomes its own successor, and is handed out for ever: every message in one buffer. A pointer into its middle
 * frees it as well. As in the published code.
 *
 * What to do today: free each block once, and never one that `camkes_virtqueue_driver_gather_copy_buffer` has freed.
 */
import type { Allocator } from '../camkesDriver.ts';
import type { Sel4Defect } from './defect.ts';

/** Seeded: a block that is free is put into the free list again. */
export const blockFreedTwice: Sel4Defect = {
  name: 'block-freed-twice',
  title: 'a block that is free is put into the free list again',
  fault: 'Q12',
  driver: (Base) =>
    class extends Base {
      protected override may_free(
        _allocator: Allocator,
        _buf: number,
        _block: number,
        _blocks: number,
      ): boolean {
        return true;
      }
      protected override take_block(block: number, blocks: number): number {
        return this.block_at(this.vq.cookie, block, blocks).next;
      }
      protected override mark(_allocator: Allocator, _buf: number, _where: number): void {}
    },
};
