/** In which states a message waits in a slot. */
import { PairCache } from '../store/pairCache.ts';
import type { Exhausted } from './exhausted.ts';

/** Per state: 1 if a message was sent in the slot, and is not taken yet. */
export function sentIn(space: Exhausted, slot: number): Uint8Array {
  const { monitors } = space.machine;
  const available = statesWith(space, (ledger) => monitors.isAvailable(ledger, slot));
  excludeGiving(space, slot, available);
  return available;
}

/** The same of one state. */
export function isSent({ machine, states }: Exhausted, state: number, slot: number): boolean {
  const { width, firstPosition, monitorWord, positions, monitors } = machine;
  const words = states.data.subarray(state * width, (state + 1) * width);
  const ledger = words[monitorWord] as number;
  return (
    monitors.isAvailable(ledger, slot) &&
    words
      .subarray(firstPosition)
      .every((position) => !monitors.isGiven(ledger, slot, positions.record(position).giving))
  );
}

/** Per state: 1 if a message was sent in any slot, and is not taken yet. */
export function sentAnywhere(space: Exhausted): Uint8Array {
  const { machine, states, graph } = space;
  const { width, firstPosition, monitorWord, positions, monitors, system } = machine;
  const slots = system.slots.length;
  const counts = new Uint16Array(monitors.size);
  for (let ledger = 0; ledger < counts.length; ledger++)
    for (let slot = 0; slot < slots; slot++)
      if (monitors.isAvailable(ledger, slot)) counts[ledger] = (counts[ledger] as number) + 1;
  const gives = Uint8Array.from(positions.records, ({ giving }) => (giving.length > 0 ? 1 : 0));
  // There are far fewer pairs of a ledger and a position than states.
  const known = new PairCache();
  const given = (ledger: number, position: number): number => {
    const { giving } = positions.record(position);
    let count = 0;
    for (let slot = 0; slot < slots; slot++)
      if (monitors.isAvailable(ledger, slot) && monitors.isGiven(ledger, slot, giving)) count++;
    known.put(ledger, position, count);
    return count;
  };
  const inside = new Uint8Array(graph.states);
  for (let state = 0; state < graph.states; state++) {
    if (graph.cut[state] === 1) continue;
    const at = state * width;
    const ledger = states.data[at + monitorWord] as number;
    let sent = counts[ledger] as number;
    for (let place = firstPosition; place < width && sent > 0; place++) {
      const position = states.data[at + place] as number;
      if (gives[position] === 0) continue;
      const before = known.get(ledger, position);
      sent -= before >= 0 ? before : given(ledger, position);
    }
    if (sent > 0) inside[state] = 1;
  }
  return inside;
}

/** States whose ledger (of which there are far fewer) is of a kind. */
export function statesWith(
  { machine, graph, states }: Exhausted,
  test: (ledger: number) => boolean,
): Uint8Array {
  const { width, monitorWord } = machine;
  const ledgers = new Uint8Array(machine.monitors.size);
  for (let ledger = 0; ledger < ledgers.length; ledger++) ledgers[ledger] = test(ledger) ? 1 : 0;
  const inside = new Uint8Array(graph.states);
  for (let state = 0; state < graph.states; state++) {
    if (graph.cut[state] === 0)
      inside[state] = ledgers[states.data[state * width + monitorWord] as number] as number;
  }
  return inside;
}

/** A message whose sending is not over was not sent: takes the states out in which an agent is still about it. */
function excludeGiving({ machine, states, graph }: Exhausted, slot: number, inside: Uint8Array): void {
  const { width, firstPosition, monitorWord, positions, monitors } = machine;
  const gives = Uint8Array.from(positions.records, ({ giving }) => (giving.length > 0 ? 1 : 0));
  for (let state = 0; state < graph.states; state++) {
    if (inside[state] === 0) continue;
    const ledger = states.data[state * width + monitorWord] as number;
    for (let place = firstPosition; place < width; place++) {
      const position = states.data[state * width + place] as number;
      if (gives[position] === 1 && monitors.isGiven(ledger, slot, positions.record(position).giving))
        inside[state] = 0;
    }
  }
}
