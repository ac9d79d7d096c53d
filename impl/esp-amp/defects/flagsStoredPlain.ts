/** No fence makes a release of a plain store: a data race, and a compiler may store the flags in parts, or early. */
import { arrayOf, struct, u16, u32 } from '../../../memory/index.ts';
import type { Descriptor } from '../queue.ts';
import type { EspAmpDefect } from './defect.ts';

/** The descriptor, with the same layout. */
const desc_t = struct('esp_amp_queue_desc_t', {
  addr: u32('plain'),
  len: u16('plain'),
  flags: u16('relaxed', 'plain'),
});

/** Seeded: the flags are stored by accesses that are not atomic. */
export const flagsStoredPlain: EspAmpDefect = {
  name: 'flags-stored-plain',
  title: 'the flags are stored by accesses that are not atomic',
  changes: 'queue',
  mixin: (Base) =>
    class extends Base {
      protected override desc_at(base: number, position: number, last: number): Descriptor {
        return arrayOf(desc_t, this.port, 'shared', base, last + 1).at(position);
      }
    },
};
