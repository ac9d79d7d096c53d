/** A sub core that looks early enough follows whatever the memory held. As in the published code. */
import type { Reservation } from '../sysInfo.ts';
import type { EspAmpDefect } from './defect.ts';

/** Seeded: an entry is linked before its header is written. */
export const linkBeforeHeader: EspAmpDefect = {
  name: 'link-before-header',
  title: 'an entry is linked before its header is written',
  changes: 'sysInfo',
  mixin: (Base) =>
    class extends Base {
      protected override write_header(reservation: Reservation): void {
        super.link(reservation);
        super.write_header(reservation);
      }

      protected override link(_reservation: Reservation): void {}
    },
};
