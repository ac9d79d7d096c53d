/** 2.2.1: what the driver wants is what it accepts. */
import type { Features } from '../features.ts';
import type { TransportDefect } from './defect.ts';

/** Seeded: the driver accepts features that were not offered. */
export const acceptsUnoffered: TransportDefect = {
  name: 'accepts-unoffered',
  title: 'the driver accepts features that were not offered',
  section: '2.2.1',
  driver: (Base) =>
    class extends Base {
      protected override choose(_offered: Features): Features {
        return this.options.wanted;
      }
    },
};
