/**
 * Q1: with as many chains in a ring as it is long, the index is what it was when the ring was empty, and nobody sees any of
 * them. With one descriptor that is the first chain. As in the published code.
 *
 * What to do today: never have more than length - 1 chains outstanding. Give the queue twice as many descriptors as there
 * are blocks, as the message queue's template does, or stop sending one short of the length.
 */
import type { Sel4Defect } from './defect.ts';

/** Seeded: indices are kept modulo the queue's length. */
export const indexModuloLength: Sel4Defect = {
  name: 'index-modulo-length',
  title: "indices are kept modulo the queue's length",
  fault: 'Q1',
  driver: (Base) =>
    class extends Base {
      protected override modulus(queue_len: number): number {
        return queue_len;
      }
      protected override check_modulus(_queue_len: number): void {}
    },
  device: (Base) =>
    class extends Base {
      protected override modulus(queue_len: number): number {
        return queue_len;
      }
      protected override check_modulus(_queue_len: number): void {}
    },
};
