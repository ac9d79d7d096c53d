/**
 * What an exhausted space says about the runs without end: which goals can no longer be reached, and which fair runs
 * go round, or stand still, without what ought to happen in the end.
 *
 * A state that has been blamed for a lost wake-up is not blamed again for what follows from it: that nothing succeeds
 * there any more, and that the buffers do not come home.
 */
import type { Goal } from '../../properties/index.ts';
import { LIVELOCK, unreceivedMessage } from '../lasso.ts';
import { asleepMessage, membersOf, receivingCores, sleepingCores } from '../sleep.ts';
import { isSent, sentAnywhere, sentIn } from './availability.ts';
import { AT_HOME, CAN_PROGRESS, type Exhausted, FINISHED, type Found } from './exhausted.ts';
import { findFairLasso, type Lasso } from './fairCycle.ts';
import { processesOf } from './processes.ts';
import {
  LABEL_PROGRESS,
  LABEL_RANG,
  LABEL_RECEIVED,
  NO_PROCESS,
  PROCESS_MASK,
  type StateGraph,
} from './stateGraph.ts';
import { slotsThatMayStay } from './staying.ts';

/** Violations, the most telling first. */
export function judge(space: Exhausted): Found[] {
  const { graph, flags } = space;
  const found: Found[] = [];
  const blame = (goal: Goal, message: string, from: number, cycle: readonly number[] | null): void => {
    for (const property of space.properties)
      if (property.goal === goal) found.push({ property: property.name, message, from, last: null, cycle });
  };
  const asked = (goal: Goal): boolean => space.properties.some((property) => property.goal === goal);
  /** States of which nothing more is claimed. */
  const excused = graph.cut.slice();

  if (asked('awake') || asked('received')) {
    for (const { message, goal, lasso, blamed } of unreceived(space, asked('awake'), asked('received'))) {
      blame(goal, message, lasso.entry, lasso.cycle);
      if (goal === 'awake')
        for (let state = 0; state < graph.states; state++) if (blamed[state] === 1) excused[state] = 1;
    }
  }
  if (asked('progress') || asked('live')) {
    const reaches = backwards(
      graph,
      (state) => excused[state] === 1 || hasFlag(flags, state, FINISHED | CAN_PROGRESS),
    );
    const stuck = reaches.indexOf(0);
    if (stuck >= 0) {
      const message = 'from here on no operation can ever succeed again, though there is work left';
      blame('progress', message, stuck, null);
    }
    if (asked('live')) {
      // What lies behind a violation is not known: it is no progress that could be made.
      const cut = excused.includes(1);
      const inside = cut
        ? backwards(graph, (state) => hasFlag(flags, state, FINISHED | CAN_PROGRESS))
        : reaches;
      for (let state = 0; state < graph.states; state++)
        if (excused[state] === 1 || hasFlag(flags, state, FINISHED)) inside[state] = 0;
      const lasso = endless(space, inside, LABEL_PROGRESS);
      if (lasso !== null) blame('live', LIVELOCK, lasso.entry, lasso.cycle);
    }
  }
  if (asked('home')) {
    const lost = backwards(graph, (state) => excused[state] === 1 || hasFlag(flags, state, AT_HOME)).indexOf(
      0,
    );
    const message = 'from here on the buffers can never all come home, with the cursors of both sides agreed';
    if (lost >= 0) blame('home', message, lost, null);
  }
  return found;
}

interface Unreceived {
  readonly goal: 'awake' | 'received';
  readonly message: string;
  readonly lasso: Lasso;
  readonly blamed: Uint8Array;
}

/** Fair runs in which a message stays where it is for ever: its receivers sleep, or they never come to it. */
function unreceived(space: Exhausted, awake: boolean, received: boolean): Unreceived[] {
  const { graph } = space;
  const { system } = space.machine;
  const asleep = awake ? sleepers(space) : null;
  const shortest = new Map<string, Unreceived>();
  const consider = (candidate: Unreceived): void => {
    const known = shortest.get(candidate.goal);
    if (known === undefined || candidate.lasso.entry < known.lasso.entry)
      shortest.set(candidate.goal, candidate);
  };
  const blamed = new Uint8Array(graph.states);
  for (const [index, slot] of asleep === null ? [] : system.slots.entries()) {
    const inside = sentIn(space, index);
    const receivers = receivingCores(system, slot.queue);
    for (let state = 0; state < graph.states; state++) {
      if (inside[state] === 0) continue;
      if (receivers === 0 || ((asleep?.[state] ?? 0) & receivers) !== receivers) inside[state] = 0;
    }
    const lasso = endless(space, inside, 0);
    if (lasso === null) continue;
    const message = asleepMessage(system, receivers, slot.name);
    consider({ goal: 'awake', message, lasso, blamed });
    // Who sleeps for a while only is not blamed.
    const lost = neverLeft(graph, inside);
    for (let state = 0; state < graph.states; state++) if (lost[state] === 1) blamed[state] = 1;
  }
  if (received) {
    const look = (inside: Uint8Array, forbidden: number, slotAt: (entry: number) => string): void => {
      for (let state = 0; state < graph.states; state++) if (blamed[state] === 1) inside[state] = 0;
      const lasso = endless(space, inside, forbidden);
      if (lasso === null) return;
      consider({ goal: 'received', message: unreceivedMessage(slotAt(lasso.entry)), lasso, blamed });
    };
    // Nothing is received any more; or one message stays while others are.
    look(sentAnywhere(space), LABEL_RECEIVED, (entry) => {
      const slot = system.slots.findIndex((_, index) => isSent(space, entry, index));
      return system.slots[slot]?.name ?? '';
    });
    for (const slot of slotsThatMayStay(space))
      look(sentIn(space, slot), 0, () => system.slots[slot]?.name ?? '');
  }
  return ['awake', 'received'].flatMap((goal) => shortest.get(goal) ?? []);
}

/** A fair run that stays inside for ever, in which what is nobody's duty no longer happens. */
function endless({ machine, graph }: Exhausted, inside: Uint8Array, forbidden: number): Lasso | null {
  const { fairness } = processesOf(machine);
  if (machine.system.interrupts === undefined && !machine.model.hasStaleChoices)
    return findFairLasso(graph, { inside, forbidden, fairness });
  // That a doorbell is rung does not matter here: its bit marks what is nobody's duty.
  const labels = graph.labels.map((label) =>
    (label & PROCESS_MASK) === NO_PROCESS ? label | LABEL_RANG : label & ~LABEL_RANG,
  );
  return findFairLasso({ ...graph, labels }, { inside, forbidden: forbidden | LABEL_RANG, fairness });
}

/** The states inside which, once entered, are never left but by what is nobody's duty. */
function neverLeft({ states, offsets, targets, labels }: StateGraph, inside: Uint8Array): Uint8Array {
  const kept = inside.slice();
  for (let changed = true; changed; ) {
    changed = false;
    for (let state = states - 1; state >= 0; state--) {
      if (kept[state] === 0) continue;
      const end = offsets[state + 1] as number;
      for (let edge = offsets[state] as number; edge < end; edge++) {
        if (kept[targets[edge] as number] === 1) continue;
        if (((labels[edge] as number) & PROCESS_MASK) === NO_PROCESS) continue;
        kept[state] = 0;
        changed = true;
        break;
      }
    }
  }
  return kept;
}

/** Per state: the cores that sleep. Null if none ever can. */
function sleepers({ machine, graph, states }: Exhausted): Uint32Array | null {
  const { system, width } = machine;
  if (system.interrupts === undefined) return null;
  const sleeping = new Uint32Array(graph.states);
  const current = new Uint32Array(width);
  const members = membersOf(system);
  for (let state = 0; state < graph.states; state++) {
    for (let i = 0; i < width; i++) current[i] = states.data[state * width + i] as number;
    sleeping[state] = sleepingCores(machine, members, current);
  }
  return sleeping;
}

function hasFlag(flags: Uint8Array, state: number, wanted: number): boolean {
  return ((flags[state] as number) & wanted) !== 0;
}

/** Per state: 1 if a state of the kind asked for can be reached from it. */
function backwards(graph: StateGraph, goal: (state: number) => boolean): Uint8Array {
  const { states, offsets, targets } = graph;
  const reaches = new Uint8Array(states);
  for (let state = 0; state < states; state++) if (goal(state)) reaches[state] = 1;
  // Against the order of discovery most transitions are followed in one sweep; sweep until nothing changes.
  for (let changed = true; changed; ) {
    changed = false;
    for (let state = states - 1; state >= 0; state--) {
      if (reaches[state] === 1) continue;
      const end = offsets[state + 1] as number;
      for (let edge = offsets[state] as number; edge < end; edge++) {
        if (reaches[targets[edge] as number] === 1) {
          reaches[state] = 1;
          changed = true;
          break;
        }
      }
    }
  }
  return reaches;
}
