/** The remote is told the size of the buffer, which the slot held before, for that of the message. */
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: send_try does not store the length of the message. */
export const lengthNotStored: EspAmpDefect = {
  name: 'length-not-stored',
  title: 'send_try does not store the length of the message',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override fill_desc(desc: Descriptor, buffer: number, _size: number): void {
        desc.addr = buffer;
      }
    },
};
