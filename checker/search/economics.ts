/**
 * What notification costs at worst, over the whole of an exhausted space: how often a doorbell is rung and a handler
 * entered for each message, how often for nothing, and how long a message waits.
 */
import type { Notifications, WorstRate } from '../verdict.ts';
import { sentIn, statesWith } from './availability.ts';
import { worstRatio } from './cycleRatio.ts';
import type { Exhausted } from './exhausted.ts';
import { longestStay } from './longestWait.ts';
import { processesOf } from './processes.ts';
import { LABEL_RANG, LABEL_RECEIVED, PROCESS_MASK, type StateGraph } from './stateGraph.ts';

/** Spaces with more states are not asked: where most states lie on cycles, it takes longer than the search. */
export const MOST_STATES = 1_000_000;

/** Null: nobody announces messages, some states were not explored to the end, or there are too many. */
export function notifications(space: Exhausted): Notifications | null {
  const { machine, graph } = space;
  const { system } = machine;
  const announced = system.agents.flatMap(({ interrupt }, agent) => {
    const queue = system.interrupts?.lines[interrupt?.line ?? -1]?.announces;
    return queue === undefined ? [] : [{ agent, queue }];
  });
  if (announced.length === 0 || graph.states > MOST_STATES || graph.cut.includes(1)) return null;
  const runs = withEnds(graph);
  const { labels } = runs;
  const marked = (test: (label: number) => boolean): Uint8Array => {
    const kinds = Uint8Array.from({ length: 256 }, (_, label) => (test(label) ? 1 : 0));
    return labels.map((label) => kinds[label] as number);
  };
  const received = marked((label) => (label & LABEL_RECEIVED) !== 0);
  const rang = marked((label) => (label & LABEL_RANG) !== 0);
  const { entering } = processesOf(machine);
  const taken = marked((label) => announced.some(({ agent }) => entering[agent] === (label & PROCESS_MASK)));
  const spurious = new Uint8Array(labels.length);
  for (const { agent, queue } of announced) {
    const slots = system.slots.flatMap((slot, index) => (slot.queue === queue ? [index] : []));
    const waiting = statesWith(space, (ledger) =>
      slots.some((slot) => machine.monitors.isAvailable(ledger, slot)),
    );
    for (let state = 0; state < graph.states; state++) {
      if (waiting[state] === 1) continue;
      const end = runs.offsets[state + 1] as number;
      for (let edge = runs.offsets[state] as number; edge < end; edge++)
        if (((labels[edge] as number) & PROCESS_MASK) === entering[agent]) spurious[edge] = 1;
    }
  }
  return {
    doorbellsPerMessage: rate(runs, rang, received),
    interruptsPerMessage: rate(runs, taken, received),
    spuriousPerMessage: rate(runs, spurious, received),
    longestWait: longestWait(space),
  };
}

function rate(graph: StateGraph, numerator: Uint8Array, denominator: Uint8Array): WorstRate {
  const worst = worstRatio(graph, numerator, denominator);
  switch (worst.kind) {
    case 'bounded':
      return { most: worst.numerator, messages: worst.denominator };
    case 'none':
      return { most: 0, messages: 1 };
    case 'unbounded':
      return 'unbounded';
    case 'unknown':
      return null;
  }
}

/** Steps of the receiving core from the end of a send until the message is taken. Polls in vain do not count. */
function longestWait(space: Exhausted): number | 'unbounded' {
  const { machine, graph } = space;
  const { system } = machine;
  let longest = 0;
  for (const [index, { queue }] of system.slots.entries()) {
    const cores = new Set(
      system.agents.flatMap(({ core, receives }) =>
        receives === undefined || receives.includes(queue) ? [core] : [],
      ),
    );
    const own = new Set<number>();
    for (const [agent, { core }] of system.agents.entries()) {
      if (!cores.has(core)) continue;
      own.add(agent);
      own.add(processesOf(machine).entering[agent] as number);
    }
    const weight = graph.labels.map((label) => (own.has(label & PROCESS_MASK) ? 1 : 0));
    const stay = longestStay(graph, sentIn(space, index), weight);
    if (stay === 'unbounded') return stay;
    longest = Math.max(longest, stay);
  }
  return longest;
}

/** Every run that ends begins anew, so that its rates count like those of a run that goes round. */
function withEnds(graph: StateGraph): StateGraph {
  const ends: number[] = [];
  for (let state = 0; state < graph.states; state++) {
    const end = graph.offsets[state + 1] as number;
    let edge = graph.offsets[state] as number;
    while (edge < end && graph.targets[edge] === state) edge++;
    if (edge === end) ends.push(state);
  }
  if (ends.length === 0) return graph;
  const count = graph.offsets[graph.states] as number;
  const offsets = graph.offsets.slice();
  const targets = new Uint32Array(count + ends.length);
  const labels = new Uint8Array(count + ends.length);
  let added = 0;
  for (let state = 0; state < graph.states; state++) {
    const from = graph.offsets[state] as number;
    const end = graph.offsets[state + 1] as number;
    targets.set(graph.targets.subarray(from, end), from + added);
    labels.set(graph.labels.subarray(from, end), from + added);
    if (ends[added] === state) {
      targets[end + added] = 0;
      labels[end + added] = PROCESS_MASK;
      added++;
    }
    offsets[state + 1] = end + added;
  }
  return { ...graph, offsets, targets, labels };
}
