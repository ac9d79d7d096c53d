/**
 * In which slots a message can stay for ever while others come and go. Answered on the graph of the ledgers (who owns
 * which buffer), of which there are far fewer than states: what cannot go round there cannot go round among the states.
 */
import { PairCache } from '../store/pairCache.ts';
import type { Exhausted } from './exhausted.ts';

/** Indices of the slots of which it cannot be excluded. */
export function slotsThatMayStay(space: Exhausted): number[] {
  const { monitors, system } = space.machine;
  const [from, to] = ledgerChanges(space);
  return system.slots.flatMap((_, slot) => {
    const inside = Uint8Array.from({ length: monitors.size }, (_, ledger) =>
      monitors.slotState(ledger, slot) === 'available' ? 1 : 0,
    );
    return hasCycle(from, to, inside) ? [slot] : [];
  });
}

/** The transitions that change the ledger: each pair of ledgers once. */
function ledgerChanges({ machine, graph, states }: Exhausted): readonly [from: number[], to: number[]] {
  const { width, monitorWord } = machine;
  const known = new PairCache();
  const from: number[] = [];
  const to: number[] = [];
  for (let state = 0; state < graph.states; state++) {
    const before = states.data[state * width + monitorWord] as number;
    const end = graph.offsets[state + 1] as number;
    for (let edge = graph.offsets[state] as number; edge < end; edge++) {
      const after = states.data[(graph.targets[edge] as number) * width + monitorWord] as number;
      if (after === before || known.get(before, after) >= 0) continue;
      known.put(before, after, 1);
      from.push(before);
      to.push(after);
    }
  }
  return [from, to];
}

/** Whether some cycle stays inside: takes away what nothing inside leads to, until nothing goes any more. */
function hasCycle(from: readonly number[], to: readonly number[], inside: Uint8Array): boolean {
  const left = inside.slice();
  const entries = new Uint32Array(inside.length);
  const followers: number[][] = Array.from({ length: inside.length }, () => []);
  for (let i = 0; i < from.length; i++) {
    const [a, b] = [from[i] as number, to[i] as number];
    if (left[a] === 0 || left[b] === 0) continue;
    entries[b] = (entries[b] as number) + 1;
    (followers[a] as number[]).push(b);
  }
  const free: number[] = [];
  for (let ledger = 0; ledger < left.length; ledger++)
    if (left[ledger] === 1 && entries[ledger] === 0) free.push(ledger);
  for (let ledger = free.pop(); ledger !== undefined; ledger = free.pop()) {
    left[ledger] = 0;
    for (const next of followers[ledger] as number[]) {
      entries[next] = (entries[next] as number) - 1;
      if (entries[next] === 0) free.push(next);
    }
  }
  return left.includes(1);
}
