/** A sub core that looks early enough sets up a queue of zeros. As in the published code, but for the header. */
import type { Reservation } from '../sysInfo.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: an entry is linked before the queue in it is configured. */
export const linkBeforeConfiguration: EspAmpDefect = {
  name: 'link-before-configuration',
  title: 'an entry is linked before the queue in it is configured',
  changes: 'sysInfo',
  mixin: (Base) =>
    class extends Base {
      protected override write_header(reservation: Reservation): void {
        super.write_header(reservation);
        super.link(reservation);
      }

      protected override link(_reservation: Reservation): void {}
    },
};
