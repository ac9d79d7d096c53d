/**
 * Q4: a core that loads entries ahead of the index sees an older entry, descriptor or buffer than the index announces. As in
 * the published code, which has no fence at all.
 *
 * What to do today: put an acquire fence (`THREAD_MEMORY_ACQUIRE()`) behind each successful `virtqueue_get_available_buf` and
 * `virtqueue_get_used_buf`, and one between the poll test and them; or take entries only after a wait for the notification,
 * one for each, as the kernel's lock orders those.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: nothing orders the load of an index before what it announces. */
export const acquireMissing: Sel4Defect = {
  name: 'acquire-missing',
  title: 'nothing orders the load of an index before what it announces',
  fault: 'Q4',
  driver: (Base) =>
    class extends Base {
      protected override acquire(): void {}
    },
  device: (Base) =>
    class extends Base {
      protected override acquire(): void {}
    },
};
