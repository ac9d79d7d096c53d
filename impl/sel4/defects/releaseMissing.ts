/**
 * Q4: the index can become visible before the entry, the descriptors and the payload that it announces. As in the published
 * code, which has no fence at all.
 *
 * What to do today: the index is stored inside `virtqueue_add_available_buf` and `virtqueue_add_used_buf`, so a fence of
 * one's own comes too early for the entry: patch both, with a release fence (`THREAD_MEMORY_RELEASE()`) before the store of
 * `idx`. On one core, or on x86 with a compiler that keeps the stores in order, nothing is lost.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: nothing orders the store of an index behind what it announces. */
export const releaseMissing: Sel4Defect = {
  name: 'release-missing',
  title: 'nothing orders the store of an index behind what it announces',
  fault: 'Q4',
  driver: (Base) =>
    class extends Base {
      protected override release(): void {}
    },
  device: (Base) =>
    class extends Base {
      protected override release(): void {}
    },
};
