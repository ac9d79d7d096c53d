/**
 * In which slots a message can stay for ever while others come and go. Answered on the graph of the ledgers (who owns
 * which buffer), of which there are far fewer than states: what cannot go round there cannot go round among the states.
 */
import { PairCache } from '../store/pairCache.ts';
import type { Exhausted } from './exhausted.ts';

/** Indices of the slots of which it cannot be excluded. */
export function slotsThatMayStay(space: Exhausted): number[] {
  const { monitors, system } = space.machine;
  const changes = ledgerChanges(space);
  const inside = new Uint8Array(monitors.size);
  return system.slots.flatMap((_, slot) => {
    for (let ledger = 0; ledger < inside.length; ledger++)
      inside[ledger] = monitors.isAvailable(ledger, slot) ? 1 : 0;
    return hasCycle(changes, inside) ? [slot] : [];
  });
}

/** What follows a ledger has the places `offsets[ledger]` to `offsets[ledger + 1] - 1` in `targets`. */
interface Changes {
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
}

/** The transitions that change the ledger: each pair of ledgers at least once. */
function ledgerChanges({ machine, graph, states }: Exhausted): Changes {
  const { width, monitorWord, monitors } = machine;
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
  const offsets = new Uint32Array(monitors.size + 1);
  for (const ledger of from) offsets[ledger + 1] = (offsets[ledger + 1] as number) + 1;
  for (let ledger = 0; ledger < monitors.size; ledger++)
    offsets[ledger + 1] = (offsets[ledger + 1] as number) + (offsets[ledger] as number);
  const places = offsets.slice();
  const targets = new Uint32Array(from.length);
  for (const [i, ledger] of from.entries()) {
    const place = places[ledger] as number;
    targets[place] = to[i] as number;
    places[ledger] = place + 1;
  }
  return { offsets, targets };
}

/** Whether some cycle stays inside: takes away what nothing inside leads to, until nothing goes any more. */
function hasCycle({ offsets, targets }: Changes, inside: Uint8Array): boolean {
  const entries = new Uint32Array(inside.length);
  const free = new Uint32Array(inside.length);
  let left = 0;
  for (let ledger = 0; ledger < inside.length; ledger++) {
    if (inside[ledger] === 0) continue;
    left++;
    for (let i = offsets[ledger] as number; i < (offsets[ledger + 1] as number); i++)
      entries[targets[i] as number] = (entries[targets[i] as number] as number) + 1;
  }
  let last = 0;
  for (let ledger = 0; ledger < inside.length; ledger++)
    if (inside[ledger] === 1 && entries[ledger] === 0) free[last++] = ledger;
  for (let next = 0; next < last; next++) {
    const ledger = free[next] as number;
    for (let i = offsets[ledger] as number; i < (offsets[ledger + 1] as number); i++) {
      const target = targets[i] as number;
      entries[target] = (entries[target] as number) - 1;
      if (entries[target] === 0 && inside[target] === 1) free[last++] = target;
    }
  }
  return last < left;
}
