/**
 * The step function: what one step of one agent, or of the memory, does to a state. Search, replay and fuzzing all
 * go through here.
 *
 * A state is a short vector of words: the memory model's (its memory and buffers, interned), one for all monitors, and
 * one position an agent.
 */
import {
  bytesOf,
  type FenceOrdering,
  type Location,
  locationAt,
  MAX_OFFSET,
  offsetOf,
  type PlainData,
  spaceOf,
  type Width,
} from '../memory/index.ts';
import type { SlotState } from '../model/index.ts';
import type { Property, StateView } from '../properties/index.ts';
import { ACTION, type Access, AccessTable, CHOOSE, DEAD, END, NO_ACCESS, PAUSE, SPIN } from './access.ts';
import { type Cell, type CellMap, SEVERAL, SHARED } from './cells.ts';
import type { Image } from './directPort.ts';
import { createMemoryModel } from './memory/create.ts';
import type { MemoryModel, MemoryModelName } from './memory/model.ts';
import { MonitorBank } from './monitorBank.ts';
import { canonical } from './plain.ts';
import {
  type AccessEntry,
  type Entry,
  type LoopEntry,
  type LoopRecord,
  type PositionRecord,
  PositionTable,
  PROGRESS,
  type Root,
} from './position.ts';
import type { RawEvent } from './rawEvent.ts';
import { Restart } from './restart.ts';
import { noSite, SteppedPort, type SteppedPortHost, SUSPENSION } from './steppedPort.ts';
import { ContentTable } from './store/contents.ts';
import { STOP, type System, type Turn } from './system.ts';
import { asked, TargetError } from './targetError.ts';

export interface MachineOptions {
  readonly system: System;
  readonly memory: MemoryModelName;
  readonly properties: readonly Property[];
  readonly cells: CellMap;
  readonly image: Image;
  /** Run every new transition twice, the second time on a fresh instance of the program, and compare. */
  readonly verify: boolean;
  /** Says where the code stands, for traces; costs a stack walk for each new position. */
  readonly site?: () => string | null;
}

/** Result of `fire` when a property is broken. */
export const BROKEN = -1;
/** Default capacity of a store buffer, in stores. */
export const DEFAULT_BUFFER_DEPTH = 8;
/** Turns without any access after which a program is taken to go round without end. */
const IDLE_TURNS = 1000;

interface Outcome {
  readonly position: number;
  readonly events: readonly RawEvent[];
  readonly flags: number;
}

export class Machine {
  readonly system: System;
  readonly model: MemoryModel;
  readonly positions = new PositionTable();
  readonly accesses: AccessTable;
  readonly contents = new ContentTable();
  readonly monitors: MonitorBank;
  readonly cells: CellMap;
  /** Words of a state; where the monitors' word and the first position stand. */
  readonly width: number;
  readonly monitorWord: number;
  readonly firstPosition: number;
  /** Per agent: its core. */
  readonly cores: readonly number[];
  /** Names of the witnesses reached so far. */
  readonly witnesses = new Set<string>();
  /** Per operation: the largest number of its own accesses from call to return. */
  readonly longestOperations = new Map<string, number>();
  /** How often the implementation ran, to fill the tables. */
  executions = 0;
  /** Word of the result that the last `fire` fed to its agent. */
  lastWord = 0;

  readonly #options: MachineOptions;
  readonly #ports: readonly SteppedPort[];
  readonly #turns: readonly Turn[];
  readonly #host: SteppedPortHost;
  /** Word of the memory of each cell that several agents reach; and by location, for the scalars among them, + 1. */
  readonly #words = new Map<number, number>();
  readonly #scalarWords: Int32Array;
  readonly #initialWords = new Map<number, number>();
  readonly #loopEntries = new Map<string, LoopEntry>();
  readonly #entryIds = new Map<Entry, number>();

  constructor(options: MachineOptions) {
    const { system, cells } = options;
    this.#options = options;
    this.system = system;
    this.cells = cells;
    const shared = cells.cells.filter((cell) => cell.agent === SEVERAL && this.#isCurrent(cell));
    this.#scalarWords = new Int32Array(system.sharedBytes * 8);
    for (const [word, cell] of shared.entries()) {
      this.#words.set(cell.number, word);
      if (!cell.block && cell.memory === SHARED && cell.byteOffset <= MAX_OFFSET) {
        const width = (cell.bytes * 8) as Width; // A scalar cell has 1, 2 or 4 bytes.
        this.#scalarWords[locationAt('shared', cell.byteOffset, width)] = word + 1;
      }
    }
    this.accesses = new AccessTable(
      this.contents,
      (number) => cells.cell(number),
      (number) => this.#words.get(number) ?? -1,
    );
    this.model = createMemoryModel(options.memory, {
      accesses: this.accesses,
      cores: system.cores.length,
      memoryWords: Math.max(1, shared.length),
      bufferDepth: system.bufferDepth ?? DEFAULT_BUFFER_DEPTH,
    });
    this.monitors = new MonitorBank(system, options.properties, this.contents, (agent, event) =>
      this.#observe({ kind: 'event', agent: system.agents[agent]?.name ?? '', event }),
    );
    this.monitorWord = this.model.words;
    this.firstPosition = this.model.words + 1;
    this.width = this.firstPosition + system.agents.length;
    this.cores = system.agents.map((agent) => agent.core);
    this.#host = {
      system,
      cells,
      contents: this.contents,
      accesses: this.accesses,
      initialWord: (cell) => this.#initialWord(cell),
      fenceIsStep: (order: FenceOrdering) => this.model.fenceIsStep(order),
      loopEntry: (...parts) => this.#loopEntry(...parts),
      site: options.site ?? noSite,
    };
    this.#ports = system.agents.map((agent, index) => new SteppedPort(index, agent.core, this.#host));
    this.#turns = system.agents.map((agent, index) => agent.program.start(this.#port(index)));
  }

  /** Writes the first state to `state` (`width` words). Returns BROKEN if a property is broken by then. */
  start(state: Uint32Array): number {
    const memory = new Uint32Array(Math.max(1, this.#words.size));
    for (const [number, word] of this.#words) memory[word] = this.#initialWord(this.cells.cell(number));
    this.model.start(state, memory);
    state[this.monitorWord] = this.monitors.start();
    for (const [index, agent] of this.system.agents.entries()) {
      const text = canonical(agent.program.initial, `the initial state of agent ${agent.name}`);
      const root = this.#root(index, text, new Map());
      const outcome = this.#run(index, root, null, true);
      if (this.#options.verify) this.#verify(index, root, null, outcome, true);
      state[this.firstPosition + index] = outcome.position;
      const events = this.monitors.intern(index, outcome.events);
      if (events === 0) continue;
      const next = this.monitors.step(state[this.monitorWord] as number, events);
      if (next < 0) return BROKEN;
      state[this.monitorWord] = next;
    }
    return 0;
  }

  /** In how many ways the agent can step now; 0: it is blocked, or has ended. */
  outcomes(state: Uint32Array, agent: number): number {
    const access = this.positions.access[state[this.firstPosition + agent] as number] as number;
    switch (this.accesses.kind[access]) {
      case END:
      case DEAD:
        return 0;
      case CHOOSE:
        return this.accesses.get(access).argument;
      case PAUSE:
      case SPIN:
      case ACTION:
        return 1;
      default:
        return this.model.outcomes(state, this.cores[agent] as number, access);
    }
  }

  /** Makes the agent's step, changing `state` in place. Returns the transition's flags, or BROKEN. */
  fire(state: Uint32Array, agent: number, choice: number): number {
    const place = this.firstPosition + agent;
    const position = state[place] as number;
    const access = this.positions.access[position] as number;
    const word =
      this.accesses.kind[access] === CHOOSE
        ? choice
        : this.model.perform(state, this.cores[agent] as number, access, choice);
    this.lastWord = word;
    let transition = this.positions.find(position, word);
    if (transition < 0) transition = this.#tabulate(agent, position, word);
    state[place] = this.positions.next[transition] as number;
    const events = this.positions.events[transition] as number;
    if (events !== 0) {
      const next = this.monitors.step(state[this.monitorWord] as number, events);
      if (next < 0) return BROKEN;
      state[this.monitorWord] = next;
    }
    return this.positions.flags[transition] as number;
  }

  /** Every agent rests between two turns, and no store waits. */
  quiescent(state: Uint32Array): boolean {
    const resting = this.positions.resting;
    for (let place = this.firstPosition; place < this.width; place++) {
      if (resting[state[place] as number] === 0) return false;
    }
    return this.model.settled(state);
  }

  /** No work is left, so that nobody need ever succeed again. Asked in quiescent states only. */
  finished(state: Uint32Array): boolean {
    const states = this.system.agents.map((_, agent) => {
      const { root } = this.positionRecord(state, agent);
      return root.state === null ? null : (JSON.parse(root.state) as PlainData);
    });
    return this.system.finished?.(states) ?? states.includes(null);
  }

  /** The access that an agent is about to make. */
  pending(state: Uint32Array, agent: number): Access {
    return this.accesses.get(this.positions.access[state[this.firstPosition + agent] as number] as number);
  }

  positionRecord(state: Uint32Array, agent: number): PositionRecord {
    return this.positions.record(state[this.firstPosition + agent] as number);
  }

  /** A port for words about accesses. */
  describe(access: Access): string {
    return this.#port(0).describe(access);
  }

  /** Looks at a state. Private values are those of the agents' last turn starts, exact in quiescent states. */
  view(state: Uint32Array): StateView {
    const view: StateView = {
      load: (at: Location, core?: number) => this.#look(state, at, core ?? 0),
      slotState: (slot: number): SlotState =>
        this.monitors.slotState(state[this.monitorWord] as number, slot),
      census: (place) => {
        this.system.census?.(view, place);
        return this.system.census !== undefined;
      },
    };
    return view;
  }

  /** Bytes held by the tables, roughly. */
  bytes(): number {
    return this.positions.bytes() + this.model.bytes() + this.monitors.bytes();
  }

  // --- Tabling -----------------------------------------------------------------------------------------------------

  #tabulate(agent: number, position: number, word: number): number {
    const record = this.positions.record(position);
    const access = this.positions.access[position] as number;
    const entry: AccessEntry | null = record.paused
      ? null
      : {
          kind: 'access',
          parent: record.entry,
          length: (record.entry?.length ?? 0) + 1,
          access,
          word,
          position: -1,
        };
    const outcome = this.#run(agent, record.root, entry);
    if (this.#options.verify) this.#verify(agent, record.root, entry, outcome);
    const events = this.monitors.intern(agent, outcome.events);
    return this.positions.addTransition(position, word, outcome.position, events, outcome.flags);
  }

  /** Runs the agent's turn from its start, with the results recorded, up to its next unknown one. */
  #run(agent: number, from: Root, newestEntry: Entry | null, first = false): Outcome {
    this.executions++;
    const port = this.#port(agent);
    // As many turns as agents and ports.
    return this.#execute(port, this.#turns[agent] as Turn, from, newestEntry, first);
  }

  #execute(port: SteppedPort, turn: Turn, from: Root, newestEntry: Entry | null, first: boolean): Outcome {
    const agent = port.agent;
    port.beginStep(first);
    let root = from;
    let newest = newestEntry;
    const begun = new Set<Root>(newestEntry === null ? [from] : []);
    for (let turns = 0; ; turns++) {
      port.beginTurn(root, newest);
      let next: PlainData | typeof STOP;
      let returned = false;
      try {
        if (root.state === null) return this.#ended(port, root, END);
        next = turn(JSON.parse(root.state));
        returned = port.suspended;
        port.endTurn();
      } catch (caught) {
        // What the port threw counts, whatever the target made of it.
        const error = port.thrown ?? caught;
        if (error instanceof Restart || error instanceof TargetError) throw error;
        if (port.suspended) {
          if (error !== SUSPENSION || returned) throw this.#caught(agent, returned ? null : error);
          return this.#suspended(port, root);
        }
        port.events.push(port.fault(error));
        return this.#ended(port, root, DEAD);
      }
      if (!port.isLive) {
        throw new TargetError(
          'nondeterministic',
          `agent ${this.#agentName(agent)}: run again with the same results, a turn ended after fewer accesses. ` +
            `Keep all state in the port's memories or in the program's state.`,
        );
      }
      if (turns === IDLE_TURNS) {
        const operation = null;
        const message = `${this.#agentName(agent)} takes turn after turn without any access: nobody else could ever run`;
        port.events.push({ kind: 'fault', fault: 'unbounded', operation, message });
        return this.#ended(port, root, DEAD);
      }
      const text =
        next === STOP ? null : canonical(next, `the state that agent ${this.#agentName(agent)} returned`);
      root = this.#root(agent, text, port.privateWords);
      // Round and round without a step: a poll of what nobody else ever writes. It waits there, and others may run.
      if (begun.has(root))
        return {
          position: this.#paused(port, root),
          events: port.events,
          flags: progressOf(port.events, this.system),
        };
      begun.add(root);
      newest = null;
    }
  }

  #caught(agent: number, error: unknown): TargetError {
    const instead =
      error === null ? 'it returned' : `it threw ${error instanceof Error ? error.message : error}`;
    return new TargetError(
      'caught-suspension',
      `agent ${this.#agentName(agent)} was suspended at an access, but ${instead}: some try/catch/finally around the ` +
        `access swallowed what the memory port throws. Let the port's exceptions pass.`,
      { cause: error },
    );
  }

  #suspended(port: SteppedPort, root: Root): Outcome {
    const flags = progressOf(port.events, this.system);
    if (port.pausedAtStart) return { position: this.#paused(port, root), events: port.events, flags };
    // A suspended port that did not pause at its start has the access that it is suspended at.
    const pending = port.pending as Access;
    const entry = port.newest;
    const known = entry === null ? root.position : entry.position;
    if (known >= 0) {
      const recorded = this.positions.access[known] as number;
      if (recorded !== this.accesses.intern(pending)) {
        throw new TargetError(
          'nondeterministic',
          `agent ${this.#agentName(port.agent)}: from the same point, the code made two different accesses: ` +
            `${port.describe(this.accesses.get(recorded))}, then ${port.describe(pending)}. ` +
            `Keep all state in the port's memories or in the program's state, and use no time, no random numbers.`,
        );
      }
      return { position: known, events: port.events, flags };
    }
    const position = this.#addPosition(port, root, entry, pending, false);
    if (entry === null) root.position = position;
    else entry.position = position;
    return { position, events: port.events, flags };
  }

  #paused(port: SteppedPort, root: Root): number {
    if (root.pausedPosition < 0) {
      root.pausedPosition = this.#addPosition(port, root, null, { ...NO_ACCESS, kind: SPIN }, true);
    }
    return root.pausedPosition;
  }

  #ended(port: SteppedPort, root: Root, kind: typeof END | typeof DEAD): Outcome {
    const flags = progressOf(port.events, this.system);
    const known = kind === END ? root.position : root.deadPosition;
    if (known >= 0) return { position: known, events: port.events, flags };
    const position = this.#addPosition(port, root, null, { ...NO_ACCESS, kind }, kind === END);
    if (kind === END) root.position = position;
    else root.deadPosition = position;
    return { position, events: port.events, flags };
  }

  #addPosition(
    port: SteppedPort,
    root: Root,
    entry: Entry | null,
    pending: Access,
    atStart: boolean,
  ): number {
    const sites = this.#options.site !== undefined;
    return this.positions.addPosition(this.accesses.intern(pending), atStart || port.isResting, {
      root,
      entry,
      paused: pending.kind === SPIN && atStart,
      operations: port.operations,
      site: port.site,
      merged: sites ? port.merged : [],
      privateWords: sites ? new Map(port.privateWords) : root.privateWords,
    });
  }

  /**
   * A fresh instance of the program must do the same as one that has run before, and that one the same again: else it
   * keeps state of its own.
   */
  #verify(agent: number, root: Root, entry: AccessEntry | null, expected: Outcome, first = false): void {
    const spec = this.system.agents[agent];
    if (spec === undefined) return;
    const fresh = new SteppedPort(agent, spec.core, this.#host);
    const events = JSON.stringify(expected.events);
    const same = (outcome: Outcome): boolean =>
      outcome.position === expected.position && JSON.stringify(outcome.events) === events;
    let outcome = this.#execute(fresh, spec.program.start(fresh), root, entry, first);
    if (same(outcome)) outcome = this.#run(agent, root, entry, first);
    if (same(outcome)) return;
    const shown = (position: number): string =>
      this.describe(this.accesses.get(this.positions.access[position] as number));
    throw new TargetError(
      'hidden-state',
      `agent ${spec.name}: run again from the same point, on a fresh instance of the program or the same one, it behaves differently ` +
        `(${shown(expected.position)}; then ${shown(outcome.position)}). It keeps state outside the port's memories: ` +
        `in a class field, a closure or a module variable. Move it to local memory or to the program's state.`,
    );
  }

  #root(agent: number, state: string | null, privateWords: ReadonlyMap<number, number>): Root {
    const before = this.positions.rootList.length;
    const root = this.positions.root(agent, state, privateWords);
    if (this.positions.rootList.length > before && state !== null) {
      this.#observe({ kind: 'rest', agent: this.#agentName(agent), state: JSON.parse(state) });
    }
    return root;
  }

  #loopEntry(root: Root, parent: Entry | null, loop: LoopRecord): LoopEntry {
    const place = parent === null ? `turn ${root.id}` : `entry ${this.#entryId(parent)}`;
    const full = `${place}|${loop.key}`;
    let entry = this.#loopEntries.get(full);
    if (entry === undefined) {
      entry = { ...loop, parent, length: (parent?.length ?? 0) + 1, position: -1 };
      this.#loopEntries.set(full, entry);
    }
    return entry;
  }

  #entryId(entry: Entry): number {
    let id = this.#entryIds.get(entry);
    if (id === undefined) {
      id = this.#entryIds.size + 1;
      this.#entryIds.set(entry, id);
    }
    return id;
  }

  #observe(observation: Parameters<System['witnesses'][number]['reached']>[0]): void {
    if (observation.kind === 'event' && observation.event.kind === 'return') {
      const { operation, accesses } = observation.event;
      if (accesses > (this.longestOperations.get(operation) ?? -1))
        this.longestOperations.set(operation, accesses);
    }
    for (const witness of this.system.witnesses) {
      if (this.witnesses.has(witness.name)) continue;
      const reached = asked(`witness ${witness.name} threw`, () => witness.reached(observation));
      if (reached) this.witnesses.add(witness.name);
    }
  }

  // --- Memory ------------------------------------------------------------------------------------------------------

  /** Cells that a larger one swallowed are no longer anyone's. */
  #isCurrent(cell: Cell): boolean {
    return this.#options.cells.at(cell.memory, cell.byteOffset)?.number === cell.number;
  }

  #initialWord(cell: Cell): number {
    const known = this.#initialWords.get(cell.number);
    if (known !== undefined) return known;
    const { image } = this.#options;
    const memory = cell.memory === SHARED ? image.shared : (image.local[cell.memory] as Uint8Array);
    const bytes = memory.subarray(cell.byteOffset, cell.byteOffset + cell.bytes);
    let word = 0;
    if (cell.block) word = this.contents.intern(bytes);
    else for (let i = bytes.length - 1; i >= 0; i--) word = word * 256 + (bytes[i] as number);
    this.#initialWords.set(cell.number, word);
    return word;
  }

  #look(state: Uint32Array, at: Location, core: number): number {
    const scalar = this.#scalarWords[at] ?? 0;
    if (scalar > 0) return this.model.newest(state, scalar - 1);
    const memory = spaceOf(at) === 'local' ? core : SHARED;
    const cell = this.cells.at(memory, offsetOf(at));
    const { image } = this.#options;
    if (cell === undefined) {
      const bytes = memory === SHARED ? image.shared : (image.local[memory] as Uint8Array);
      let value = 0;
      for (let i = bytesOf(at) - 1; i >= 0; i--) value = value * 256 + (bytes[offsetOf(at) + i] as number);
      return value;
    }
    const from = offsetOf(at) - cell.byteOffset;
    if (!cell.block && from === 0 && cell.bytes === bytesOf(at)) return this.wordOf(state, cell);
    // Wider than its cell, or a part of it: byte by byte.
    let value = 0;
    for (let i = bytesOf(at) - 1; i >= 0; i--)
      value = value * 256 + this.#byte(state, memory, offsetOf(at) + i);
    return value;
  }

  #byte(state: Uint32Array, memory: number, byteOffset: number): number {
    const { image } = this.#options;
    const cell = this.cells.at(memory, byteOffset);
    if (cell === undefined) {
      return (memory === SHARED ? image.shared : (image.local[memory] as Uint8Array))[byteOffset] as number;
    }
    const word = this.wordOf(state, cell);
    const within = byteOffset - cell.byteOffset;
    return cell.block ? (this.contents.bytesOf(word)[within] as number) : (word >>> (8 * within)) & 0xff;
  }

  /** Newest word of a cell. */
  wordOf(state: Uint32Array, cell: Cell): number {
    const word = this.#words.get(cell.number);
    if (word !== undefined) return this.model.newest(state, word);
    const agent = cell.agent;
    if (agent < 0) return this.#initialWord(cell);
    return this.positionRecord(state, agent).privateWords.get(cell.number) ?? this.#initialWord(cell);
  }

  #port(agent: number): SteppedPort {
    const port = this.#ports[agent];
    if (port === undefined) throw new RangeError(`no agent ${agent}`);
    return port;
  }

  #agentName(agent: number): string {
    return this.system.agents[agent]?.name ?? String(agent);
  }
}

/** A step makes progress if an operation that moves ownership succeeds in it. */
function progressOf(events: readonly RawEvent[], system: System): number {
  for (const event of events) {
    if (event.kind !== 'return' || event.depth !== 0) continue;
    const operation = system.operations[event.operation];
    const moves = operation?.onCall !== undefined || operation?.onReturn !== undefined;
    if (moves && operation.succeeded(event.result)) return PROGRESS;
  }
  return 0;
}
