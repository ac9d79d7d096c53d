/** The remote may look, find nothing and sleep before the slot is published: a lost wake-up. */
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: send_try rings the doorbell before it publishes the slot. */
export const notifyBeforePublish: EspAmpDefect = {
  name: 'notify-before-publish',
  title: 'send_try rings the doorbell before it publishes the slot',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override publish_and_notify(
        desc: Descriptor,
        position: number,
        last: number,
        buffer: number,
        size: number,
      ): number {
        const notified = this.ring_doorbell();
        this.hand_over(desc, buffer, size);
        this.flip_used(position, last);
        return notified;
      }
    },
};
