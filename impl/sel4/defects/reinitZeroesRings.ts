/**
 * Q8: a driver that starts again while the device goes on sets both indices to 0; the device, which has seen more, takes what
 * is left in the ring for new chains. As in the published code.
 *
 * What to do today: restart both components, or neither. Initialize the driver before the device's first look.
 */
import { virtqueue_init_avail_ring, virtqueue_init_used_ring } from '../virtqueue.ts';
import type { Sel4Defect } from './defect.ts';

/** Seeded: an initialization zeroes the indices, whatever the other side has seen. */
export const reinitZeroesRings: Sel4Defect = {
  name: 'reinit-zeroes-rings',
  title: 'an initialization zeroes the indices, whatever the other side has seen',
  fault: 'Q8',
  driver: (Base) =>
    class extends Base {
      protected override may_init(_avail_ring: number, _used_ring: number): boolean {
        return true;
      }
      protected override start_rings(avail_ring: number, used_ring: number, queue_len: number): number {
        virtqueue_init_avail_ring(this.port, avail_ring);
        virtqueue_init_used_ring(this.port, used_ring);
        return this.index_before(0, queue_len);
      }
    },
  device: (Base) =>
    class extends Base {
      protected override first_seen(_used_ring: number, queue_len: number): number {
        return this.index_before(0, queue_len);
      }
    },
};
