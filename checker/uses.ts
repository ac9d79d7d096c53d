/** How the agents of a core access some bytes of the shared memory, as far as the run has shown: bits. */
import type { Ordering } from '../memory/index.ts';

export const PLAIN_LOADS = 1;
export const PLAIN_STORES = 2;
export const ATOMIC_LOADS = 4;
export const ATOMIC_STORES = 8;
/** Read-modify-writes, compare-and-swap among them. */
export const ATOMIC_UPDATES = 16;

export function loadUse(order: Ordering): number {
  return order === 'plain' ? PLAIN_LOADS : ATOMIC_LOADS;
}

export function storeUse(order: Ordering): number {
  return order === 'plain' ? PLAIN_STORES : ATOMIC_STORES;
}

/** Whether accesses of these kinds, one entry a core, can race at all: two cores, one write, one plain access. */
export function canRace(uses: readonly number[]): boolean {
  return uses.some((mine, core) =>
    uses.some((others, other) => {
      if (other === core || others === 0) return false;
      if ((mine & PLAIN_STORES) !== 0) return true;
      return (mine & PLAIN_LOADS) !== 0 && (others & ~(PLAIN_LOADS | ATOMIC_LOADS)) !== 0;
    }),
  );
}
