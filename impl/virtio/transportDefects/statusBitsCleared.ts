/** 2.1.1: a bit that is set stays set. */
import type { TransportDefect } from './defect.ts';

/** Seeded: the driver writes each status bit without those before it. */
export const statusBitsCleared: TransportDefect = {
  name: 'status-bits-cleared',
  title: 'the driver writes each status bit without those before it',
  section: '2.1.1',
  driver: (Base) =>
    class extends Base {
      protected override addStatus(bits: number): void {
        this.own.status |= bits;
        this.writeStatus(bits);
      }
    },
};
