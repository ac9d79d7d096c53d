/**
 * Which stores are read by whom: for each store and each load of another agent that reach the same bytes, by their
 * places in the code, whether there is a run in which the load reads what the store has put there.
 *
 * How: for each run of bytes that is accessed as one, the set of stores that may have been its last in a state. A store
 * replaces the set, every other transition hands it on, and where ways meet, sets are united, until nothing changes any
 * more. Each element is the last store on some way to the state, so the answer is exact. The transitions are those that
 * the search has found; the implementation does not run again.
 *
 * What an agent reads out of its core's own store buffer never came from the memory. It is communication only between
 * a task and a handler of that core; which store it is, stands in the buffer.
 */
import { CAS, KIND_NAMES, LOAD, READ, RMW, STORE, WRITE } from '../access.ts';
import { BROKEN, type Machine } from '../machine.ts';
import { grownInt32 } from '../store/growable.ts';
import type { StepKind } from '../verdict.ts';
import { CUT, type Exhausted } from './exhausted.ts';

/** A place in the code that makes an access. */
export interface AccessSite {
  /** Name of the agent that comes there, and index of its core. */
  readonly agent: string;
  readonly core: number;
  /** As the host's `site` gave it. */
  readonly site: string | null;
  /** Operations open there, outermost first. */
  readonly operations: readonly string[];
  /** `load`, `store`, `rmw`, `cas`, `read` or `write`. */
  readonly access: string;
}

/** A store and a load of different agents that were both seen to reach some bytes. */
export interface CommunicationPair {
  readonly store: AccessSite;
  readonly load: AccessSite;
  /** Names of the locations of which some run has the load read what the store put there; none: they never communicate. */
  readonly communicates: readonly string[];
  /** Names of those that both reach, though no run has that. */
  readonly never: readonly string[];
}

/**
 * Ordered by store and load. If the space was not explored to its end, so far: then what is said never to communicate may
 * still do so.
 */
export interface Communication {
  readonly pairs: readonly CommunicationPair[];
}

/** Bytes that every access reaches as a whole or not at all: a cell, or the pieces into which accesses cut it. */
interface Unit {
  readonly cell: number;
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** Stores that one pass follows: a bit each. */
const PASS = 32;

/** Null under a memory model that keeps several messages of a location: of those, a state does not say who wrote them. */
export function communication(
  space: Pick<Exhausted, 'machine' | 'graph' | 'states' | 'flags'>,
  explored: number,
): Communication | null {
  if (space.machine.model.hasStaleChoices || space.machine.origins === undefined) return null;
  const units = new Units(space.machine);
  const transitions = new Transitions(space, units, explored);
  const pairs = new Pairs(space.machine, units);
  for (const [unit, { readers }] of transitions.byUnit.entries()) {
    const stores = transitions.storesTo(unit);
    for (const store of stores) for (const load of readers) pairs.possible(unit, store, load);
    for (let first = 0; first < stores.length; first += PASS) {
      const part = stores.slice(first, first + PASS);
      for (const [load, bits] of transitions.readsFrom(unit, part))
        for (const [i, store] of part.entries()) if (((bits >>> i) & 1) === 1) pairs.seen(unit, store, load);
    }
  }
  for (const { unit, store, load } of transitions.forwarded.values()) pairs.seen(unit, store, load);
  return { pairs: pairs.all() };
}

/** The units of the memory, and which of them an access reaches. */
class Units {
  readonly all: Unit[] = [];
  readonly #machine: Machine;
  readonly #byAccess: (readonly number[])[];

  constructor(machine: Machine) {
    this.#machine = machine;
    const { accesses, cells } = machine;
    const cuts = new Map<number, Set<number>>();
    for (const [access, { cell, within, bytes }] of accesses.all.entries()) {
      if (cell < 0 || (accesses.word[access] as number) < 0) continue;
      const known = cuts.get(cell) ?? new Set();
      cuts.set(cell, known.add(within).add(within + bytes));
    }
    const byCell = new Map<number, number[]>();
    for (const [cell, places] of cuts) {
      const { memory, byteOffset } = cells.cell(cell);
      const sorted = [...places].sort((a, b) => a - b);
      const own: number[] = [];
      for (const [i, from] of sorted.slice(0, -1).entries()) {
        const to = sorted[i + 1] as number;
        own.push(this.all.length);
        this.all.push({ cell, from, to, name: cells.nameOf(memory, byteOffset + from, to - from) });
      }
      byCell.set(cell, own);
    }
    this.#byAccess = accesses.all.map(({ cell, within, bytes }) =>
      (byCell.get(cell) ?? []).filter((unit) => {
        const { from, to } = this.all[unit] as Unit;
        return within <= from && to <= within + bytes;
      }),
    );
  }

  of(access: number): readonly number[] {
    return this.#byAccess[access] ?? [];
  }

  originOf(access: number): number {
    return this.#machine.accesses.origins[access] as number;
  }
}

/** What one pass needs to know of a unit. */
interface UnitReads {
  /** (state, origin of the load), one behind the other. */
  reads: Int32Array<ArrayBuffer>;
  count: number;
  readonly readers: Set<number>;
}

/** All transitions, as far as memory is concerned. */
class Transitions {
  readonly byUnit: readonly UnitReads[];
  /** Loads that were served from their own core's store buffer. */
  readonly forwarded = new Map<
    string,
    { readonly unit: number; readonly store: number; readonly load: number }
  >();
  readonly #machine: Machine;
  readonly #graph: Exhausted['graph'];
  readonly #units: Units;
  readonly #explored: number;
  /** Per transition: the access that reaches the memory as a store, or -1. */
  readonly #stored: Int32Array;
  readonly #storing = new Set<number>();
  /** Stores go through a buffer first. */
  readonly #buffered: boolean;

  constructor(
    { machine, graph, states, flags }: Pick<Exhausted, 'machine' | 'graph' | 'states' | 'flags'>,
    units: Units,
    explored: number,
  ) {
    this.#machine = machine;
    this.#graph = graph;
    this.#units = units;
    this.#explored = explored;
    this.#buffered = machine.model.bufferDepth !== null;
    this.byUnit = units.all.map(() => ({ reads: new Int32Array(64), count: 0, readers: new Set() }));
    this.#stored = new Int32Array(graph.offsets[explored] as number).fill(-1);
    const { width } = machine;
    const current = new Uint32Array(width);
    for (let state = 0; state < explored; state++) {
      for (let i = 0; i < width; i++) current[i] = states.data[state * width + i] as number;
      this.#look(state, current, ((flags[state] as number) & CUT) !== 0);
    }
  }

  /** Origins of the stores that reach a unit. */
  storesTo(unit: number): readonly number[] {
    const origins = [...this.#storing]
      .filter((access) => this.#units.of(access).includes(unit))
      .map((access) => this.#units.originOf(access));
    return [...new Set(origins)];
  }

  /** For each origin of a load of the unit: of which of these stores it may read, as bits. */
  readsFrom(unit: number, stores: readonly number[]): Map<number, number> {
    const sets = this.#lastStores(unit, stores);
    const { reads, count } = this.byUnit[unit] as UnitReads;
    const read = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const load = reads[2 * i + 1] as number;
      read.set(load, (read.get(load) ?? 0) | (sets[reads[2 * i] as number] as number));
    }
    return read;
  }

  /** Per state: which of the stores may have been the last one to the unit, as bits. */
  #lastStores(unit: number, stores: readonly number[]): Uint32Array {
    const { offsets, targets, states } = this.#graph;
    const stored = this.#stored;
    // By access: it leaves the unit alone (-1), or is the last one then: its bit, 0 for one that this pass does not follow.
    const effects = new Int32Array(this.#machine.accesses.all.length).fill(-1);
    for (const access of this.#storing) {
      if (!this.#units.of(access).includes(unit)) continue;
      const bit = stores.indexOf(this.#units.originOf(access));
      effects[access] = bit < 0 ? PASS : bit;
    }
    const sets = new Uint32Array(states);
    const queue = new Uint32Array(states + 1);
    const queued = new Uint8Array(states);
    let head = 0;
    let tail = 0;
    const push = (state: number): void => {
      if (queued[state] === 1) return;
      queued[state] = 1;
      queue[tail] = state;
      tail = tail === states ? 0 : tail + 1;
    };
    const add = (state: number, bits: number): void => {
      const known = sets[state] as number;
      const now = (known | bits) >>> 0;
      if (now === known) return;
      sets[state] = now;
      push(state);
    };
    for (let edge = 0; edge < stored.length; edge++) {
      const access = stored[edge] as number;
      const effect = access < 0 ? -1 : (effects[access] as number);
      if (effect >= 0 && effect < PASS) add(targets[edge] as number, 1 << effect);
    }
    while (head !== tail) {
      const state = queue[head] as number;
      head = head === states ? 0 : head + 1;
      queued[state] = 0;
      if (state >= this.#explored) continue;
      const end = offsets[state + 1] as number;
      for (let edge = offsets[state] as number; edge < end; edge++) {
        const access = stored[edge] as number;
        if (access < 0 || effects[access] === -1) add(targets[edge] as number, sets[state] as number);
      }
    }
    return sets;
  }

  // --- Looking through the transitions -----------------------------------------------------------------------------

  /** Goes through the transitions of a state in the order in which the search took them. */
  #look(state: number, current: Uint32Array, cut: boolean): void {
    const machine = this.#machine;
    const { offsets } = this.#graph;
    let edge = offsets[state] as number;
    const end = offsets[state + 1] as number;
    // A property that looked at the state itself was broken: the search took no step from there.
    if (edge === end && (!cut || machine.quiescent(current))) return;
    const next = new Uint32Array(current.length);
    const kinds: readonly StepKind[] = ['step', 'drain', 'enter', 'wake'];
    for (const kind of kinds) {
      const everyone = kind === 'drain' ? machine.system.cores.length : machine.system.agents.length;
      for (let who = 0; who < everyone; who++) {
        const ways = machine.ways(current, kind, who);
        for (let choice = 0; choice < ways; choice++) {
          const step = { kind, who, choice };
          let broken = false;
          if (cut) {
            next.set(current);
            broken = machine.take(next, step) === BROKEN;
          }
          // What a step that breaks a property has read, it has read; what comes after it nobody has looked at.
          if (kind === 'step') this.#step(state, current, who, choice, broken ? -1 : edge);
          else if (kind === 'drain') this.#store(machine.model.waiting(current, who)[choice] as number, edge);
          if (!broken) edge++;
        }
      }
    }
    if (edge !== end) throw new Error(`internal: state ${state} has other transitions than the search found`);
  }

  /** `edge`: -1, if the step leads to no state. */
  #step(state: number, current: Uint32Array, agent: number, choice: number, edge: number): void {
    const machine = this.#machine;
    const { accesses, positions } = machine;
    const access = positions.access[current[machine.firstPosition + agent] as number] as number;
    const kind = accesses.kind[access];
    const atOnce = !this.#buffered || accesses.local[access] === 1;
    switch (kind) {
      case LOAD:
      case READ:
        this.#read(state, current, agent, access);
        return;
      case STORE:
      case WRITE:
        if (atOnce) this.#store(access, edge);
        return;
      case RMW:
      case CAS:
        this.#read(state, current, agent, access);
        if (kind === RMW || this.#succeeds(current, agent, choice, access)) this.#store(access, edge);
        return;
      default:
        return;
    }
  }

  #succeeds(current: Uint32Array, agent: number, choice: number, access: number): boolean {
    this.#machine.fire(current.slice(), agent, choice);
    return this.#machine.lastWord === this.#machine.accesses.get(access).expected;
  }

  #store(access: number, edge: number): void {
    if (this.#units.of(access).length === 0) return;
    this.#storing.add(access);
    if (edge >= 0) this.#stored[edge] = access;
  }

  #read(state: number, current: Uint32Array, agent: number, access: number): void {
    const units = this.#units.of(access);
    if (units.length === 0) return;
    const machine = this.#machine;
    const load = this.#units.originOf(access);
    const waiting = this.#buffered ? machine.model.waiting(current, machine.cores[agent] as number) : [];
    for (const unit of units) {
      const reads = this.byUnit[unit] as UnitReads;
      reads.readers.add(load);
      const own = waiting.findLast((store) => this.#units.of(store).includes(unit));
      if (own !== undefined) {
        const store = this.#units.originOf(own);
        this.forwarded.set(`${unit},${store},${load}`, { unit, store, load });
        continue;
      }
      reads.reads = grownInt32(reads.reads, 2 * reads.count + 2);
      reads.reads[2 * reads.count] = state;
      reads.reads[2 * reads.count + 1] = load;
      reads.count++;
    }
  }
}

/** The pairs of different agents, as they are told. */
class Pairs {
  readonly #machine: Machine;
  readonly #units: Units;
  readonly #pairs = new Map<
    string,
    { readonly store: number; readonly load: number; readonly names: Map<string, boolean> }
  >();

  constructor(machine: Machine, units: Units) {
    this.#machine = machine;
    this.#units = units;
  }

  possible(unit: number, store: number, load: number): void {
    this.#note(unit, store, load, false);
  }

  seen(unit: number, store: number, load: number): void {
    this.#note(unit, store, load, true);
  }

  all(): CommunicationPair[] {
    return [...this.#pairs.values()]
      .sort((a, b) => a.store - b.store || a.load - b.load)
      .map(({ store, load, names }) => ({
        store: this.#site(store),
        load: this.#site(load),
        communicates: [...names].flatMap(([name, seen]) => (seen ? [name] : [])).sort(),
        never: [...names].flatMap(([name, seen]) => (seen ? [] : [name])).sort(),
      }));
  }

  #note(unit: number, store: number, load: number, seen: boolean): void {
    const origins = this.#machine.origins;
    if (origins === undefined || origins.get(store).agent === origins.get(load).agent) return;
    const key = `${store},${load}`;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = { store, load, names: new Map() };
      this.#pairs.set(key, pair);
    }
    const name = (this.#units.all[unit] as Unit).name;
    pair.names.set(name, seen || pair.names.get(name) === true);
  }

  #site(number: number): AccessSite {
    const { system, origins } = this.#machine;
    const origin = origins?.get(number);
    const agent = system.agents[origin?.agent ?? -1];
    return {
      agent: agent?.name ?? '',
      core: agent?.core ?? -1,
      site: origin?.site ?? null,
      operations: origin?.operations ?? [],
      access: KIND_NAMES[origin?.kind ?? LOAD] ?? '',
    };
  }
}
