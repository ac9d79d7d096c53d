/**
 * The step function: what one step of one agent, or of the memory, does to a state. Search, replay and fuzzing all
 * go through here.
 *
 * A state is a short vector of words: the memory model's (its memory and buffers, interned), one for all monitors, and
 * one position an agent.
 */
import type { FenceOrdering, Location, PlainData } from '../memory/index.ts';
import type { SlotState } from '../model/index.ts';
import type { Property, StateView } from '../properties/index.ts';
import {
  ACTION,
  type Access,
  AccessTable,
  ASLEEP,
  CAS,
  CHOOSE,
  DEAD,
  DISABLE,
  ENABLE,
  END,
  ENTER,
  FENCE,
  GIVE,
  LOAD,
  MASK,
  PAUSE,
  READ,
  RING,
  RMW,
  SPIN,
  STORE,
  TAKE,
  UNMASK,
  WAIT,
  WRITE,
} from './access.ts';
import type { BarrierEditor } from './barriers/editedPort.ts';
import { type Cell, type CellMap, SHARED } from './cells.ts';
import type { Image } from './directPort.ts';
import { Execution, type Guess, type Outcome } from './execution.ts';
import { InterruptUnit } from './interruptUnit.ts';
import { createMemoryModel } from './memory/create.ts';
import type { MemoryModel, MemoryModelName } from './memory/model.ts';
import { type CellReader, MemoryMap } from './memoryMap.ts';
import { MonitorBank } from './monitorBank.ts';
import { OriginTable } from './origins.ts';
import { type PositionRecord, PositionTable, RANG } from './position.ts';
import { PrivateWords } from './privateWords.ts';
import type { Unordered } from './races/clockTable.ts';
import { HappensBefore } from './races/happensBefore.ts';
import type { Synchronizing } from './races/synchronizing.ts';
import { ContentTable } from './store/contents.ts';
import type { Observation, System } from './system.ts';
import { asked } from './targetError.ts';
import { canRace } from './uses.ts';
import type { ScheduleStep, StepKind } from './verdict.ts';

export interface MachineOptions {
  readonly system: System;
  readonly memory: MemoryModelName;
  readonly properties: readonly Property[];
  readonly cells: CellMap;
  readonly image: Image;
  /** Run every new transition twice, the second time on a fresh instance of the program, and compare. */
  readonly verify: boolean;
  /** What synchronizes: locations and doorbells, by their names; null, the default: all. */
  readonly synchronizing?: Synchronizing | null;
  /** Says where the code stands, for traces; costs a stack walk for each new position. */
  readonly site?: () => string | null;
  /** Tell accesses apart by where they are made: for communication between sites. Needs `site`. */
  readonly origins?: boolean;
  /** Makes some accesses in another way than the code asks for. */
  readonly barriers?: BarrierEditor | undefined;
  /**
   * It will be used for one run after the other, each from `start` on, and hardly ever comes to a state again. What is
   * found is the same.
   */
  readonly linear?: boolean;
}

/** Result of `fire` when a property is broken. */
export const BROKEN = -1;
/** Default capacity of a store buffer, in stores. */
export const DEFAULT_BUFFER_DEPTH = 8;

export class Machine {
  readonly system: System;
  readonly model: MemoryModel;
  readonly positions = new PositionTable();
  readonly accesses: AccessTable;
  readonly contents = new ContentTable();
  readonly monitors: MonitorBank;
  readonly cells: CellMap;
  readonly unit: InterruptUnit;
  /** Undefined: accesses are not told apart by their sites. */
  readonly origins: OriginTable | undefined;
  /** Words of a state; where the monitors' word, the interrupt unit's and the first position stand. */
  readonly width: number;
  readonly monitorWord: number;
  readonly unitWord: number;
  readonly firstPosition: number;
  /** Per agent: its core. */
  readonly cores: readonly number[];
  /** Agents that run in interrupt context. */
  readonly handlers: readonly number[];
  /** Names of the witnesses reached so far. */
  readonly witnesses = new Set<string>();
  /** Per operation: the largest number of its own accesses from call to return. */
  readonly longestOperations = new Map<string, number>();
  /** Word of the result that the last `fire` fed to its agent. */
  lastWord = 0;
  /** Whether the access of the last `fire` races. */
  raced = false;

  /** Per agent: its line, or -1; the handlers that stop it while they are active; those that keep it from entering. */
  readonly #lineOf: readonly number[];
  readonly #above: readonly (readonly number[])[];
  readonly #barring: readonly (readonly number[])[];
  /** Per core: its tasks. */
  readonly #sleepers: readonly (readonly number[])[];
  readonly #execution: Execution;
  readonly #map: MemoryMap;
  readonly #privates: PrivateWords;
  /** Happens-before, and its word of a state; null, and no word, if nobody asks for races. */
  readonly #clocks: HappensBefore | null;
  readonly #hostile: readonly boolean[];
  readonly #clockWord: number;
  readonly #linear: boolean;
  /** Transitions found by guessing, and not met yet: what has happened in each by then. */
  readonly #untold: (Outcome | null)[] = [];
  /** Whether a linear machine looks at what could come next, in many ways: see `branch`. */
  #branches = false;

  constructor(options: MachineOptions) {
    const { system, cells } = options;
    this.system = system;
    this.cells = cells;
    this.#linear = options.linear ?? false;
    this.#privates = new PrivateWords(cells.cells.length);
    this.#map = new MemoryMap(system.sharedBytes, cells, options.image, this.contents);
    this.accesses = new AccessTable(
      this.contents,
      (number) => cells.cell(number),
      (number) => this.#map.word(number),
    );
    this.model = createMemoryModel(options.memory, {
      accesses: this.accesses,
      cores: system.cores.length,
      memoryWords: this.#map.size,
      bufferDepth: system.bufferDepth ?? DEFAULT_BUFFER_DEPTH,
      lines: (system.interrupts?.lines ?? []).map(({ core }) => core),
      uses: (core, word) => this.#map.usesOfWord(core, word),
      device: (state, access) => this.#device(state, access),
    });
    const lines = (system.interrupts?.lines ?? []).map(({ core }) => core);
    const asksForRaces = options.properties.some(({ races }) => races === true);
    this.#clocks = asksForRaces ? this.#happensBefore(lines, options.synchronizing ?? null) : null;
    this.unit = new InterruptUnit(system);
    this.monitors = new MonitorBank({
      system,
      properties: options.properties,
      contents: this.contents,
      linear: this.#linear,
      observe: (agent, event) =>
        this.#observe({ kind: 'event', agent: system.agents[agent]?.name ?? '', event }),
    });
    this.monitorWord = this.model.words;
    this.unitWord = this.monitorWord + 1;
    this.#clockWord = this.unitWord + this.unit.words;
    this.firstPosition = this.#clocks === null ? this.#clockWord : this.#clockWord + 1;
    this.width = this.firstPosition + system.agents.length;
    this.#hostile = system.agents.map(({ hostile }) => hostile === true);
    this.cores = system.agents.map((agent) => agent.core);
    const ranks = system.agents.map(({ interrupt }) =>
      interrupt === undefined ? 0 : (interrupt.priority ?? 1),
    );
    this.handlers = ranks.flatMap((rank, agent) => (rank > 0 ? [agent] : []));
    this.#lineOf = system.agents.map(({ interrupt }) => interrupt?.line ?? -1);
    const nesting = system.interrupts?.nesting ?? false;
    const handlersWhere = (agent: number, test: (rank: number, own: number) => boolean): number[] =>
      this.handlers.filter(
        (other) =>
          other !== agent &&
          this.cores[other] === this.cores[agent] &&
          test(ranks[other] as number, ranks[agent] as number),
      );
    this.#above = ranks.map((_, agent) => handlersWhere(agent, (rank, own) => rank > own));
    this.#barring = ranks.map((_, agent) => handlersWhere(agent, (rank, own) => !nesting || rank >= own));
    this.#sleepers = system.cores.map((_, core) =>
      this.cores.flatMap((of, agent) => (of === core && ranks[agent] === 0 ? [agent] : [])),
    );
    this.origins = options.origins === true ? new OriginTable() : undefined;
    this.#execution = new Execution({
      host: {
        system,
        cells,
        contents: this.contents,
        accesses: this.accesses,
        privates: this.#privates,
        initialWord: (cell) => this.#map.initialWord(cell),
        fenceIsStep: (order: FenceOrdering) => this.model.fenceIsStep(order),
        releaseStoreIsFence: this.model.releaseStoreIsFence,
        updateIsFence: this.model.updateIsFence,
        accessBringsFences: this.model.accessBringsFences,
      },
      positions: this.positions,
      verify: options.verify,
      site: options.site,
      origins: this.origins,
      barriers: options.barriers,
      rests: (agent, state) => this.#observe({ kind: 'rest', agent: this.#agentName(agent), state }),
    });
  }

  /** Writes the first state to `state` (`width` words). Returns BROKEN if a property is broken by then. */
  start(state: Uint32Array): number {
    this.model.start(state, this.#map.start());
    state[this.monitorWord] = this.monitors.start();
    this.unit.start(state, this.unitWord);
    if (this.#clocks !== null) state[this.#clockWord] = 0;
    for (let index = 0; index < this.system.agents.length; index++) {
      const outcome = this.#execution.begin(index);
      state[this.firstPosition + index] = outcome.position;
      const events = this.monitors.intern(index, outcome.events);
      if (events === 0) continue;
      const next = this.monitors.step(state[this.monitorWord] as number, events);
      if (next < 0) return BROKEN;
      state[this.monitorWord] = next;
    }
    return 0;
  }

  /**
   * Changes the state of a linear machine to one that can be left and come back to, until `unbranch`: nothing is said of
   * races meanwhile. Others are like that always.
   */
  branch(state: Uint32Array): void {
    if (!this.#linear) return;
    this.#branches = true;
    state[this.monitorWord] = this.monitors.branch();
  }

  /** Back to where the run was: its own state goes on. */
  unbranch(): void {
    if (!this.#linear) return;
    this.#branches = false;
    this.monitors.unbranch();
  }

  /** In how many ways the agent can step now; 0: it is blocked, interrupted, or has ended. */
  outcomes(state: Uint32Array, agent: number): number {
    const access = this.positions.access[state[this.firstPosition + agent] as number] as number;
    for (const handler of this.#above[agent] as readonly number[])
      if (this.isActive(state, handler)) return 0;
    switch (this.accesses.kind[access]) {
      case END:
      case DEAD:
      case ENTER:
        return 0;
      case CHOOSE:
        return this.accesses.argument[access] as number;
      case PAUSE:
      case SPIN:
      case ACTION:
      case ENABLE:
      case DISABLE:
      case MASK:
      case UNMASK:
      case WAIT:
      case GIVE:
        return 1;
      case ASLEEP:
        return this.#isRoused(state, agent) ? 1 : 0;
      case TAKE:
        return this.unit.canTake(state, this.accesses.argument[access] as number) ? 1 : 0;
      default:
        return this.model.outcomes(state, this.cores[agent] as number, access);
    }
  }

  /** Makes the agent's step, changing `state` in place. Returns the transition's flags, or BROKEN. */
  fire(state: Uint32Array, agent: number, choice: number): number {
    const access = this.positions.access[state[this.firstPosition + agent] as number] as number;
    this.raced = false;
    const word = this.#perform(state, agent, access, choice);
    if (this.#clocks !== null && !this.#branches) this.#order(this.#clocks, state, agent, access, word);
    return this.#advance(state, agent, word);
  }

  /** Makes a waiting store of a core visible, changing `state` in place. */
  drain(state: Uint32Array, core: number, choice: number): void {
    const access = this.model.drain(state, core, choice);
    if (this.#clocks === null || this.#branches) return;
    state[this.#clockWord] = this.#clocks.drained(state[this.#clockWord] as number, core, access);
  }

  /** Whether no access of the agent is judged for races. */
  isHostile(agent: number): boolean {
    return this.#hostile[agent] as boolean;
  }

  isHandler(agent: number): boolean {
    return (this.#lineOf[agent] as number) >= 0;
  }

  /** Whether the step is one that no fair run takes again and again: a value that has been old for ever. */
  isStale(state: Uint32Array, agent: number, choice: number): boolean {
    if (choice === 0 || !this.model.hasStaleChoices) return false;
    const access = this.positions.access[state[this.firstPosition + agent] as number] as number;
    return this.accesses.kind[access] !== CHOOSE;
  }

  /** Whether the handler is running, or interrupted by a higher one. */
  isActive(state: Uint32Array, handler: number): boolean {
    return this.positions.idle[state[this.firstPosition + handler] as number] === 0;
  }

  /** Whether the handler can be entered now. */
  enters(state: Uint32Array, handler: number): boolean {
    const position = state[this.firstPosition + handler] as number;
    if (this.accesses.kind[this.positions.access[position] as number] !== ENTER) return false;
    if (!this.unit.interrupts(state, this.#lineOf[handler] as number)) return false;
    for (const other of this.#barring[handler] as readonly number[])
      if (this.isActive(state, other)) return false;
    // Of several, the highest comes first.
    for (const other of this.#above[handler] as readonly number[]) {
      if (this.hasEnded(state, other)) continue;
      const line = this.#lineOf[other] as number;
      if (this.system.interrupts?.lines[line]?.external !== true && this.unit.interrupts(state, line))
        return false;
    }
    return true;
  }

  /** Enters a handler that can be, changing `state` in place. Returns the transition's flags, or BROKEN. */
  enter(state: Uint32Array, handler: number): number {
    const line = this.#lineOf[handler] as number;
    this.unit.acknowledge(state, line);
    this.model.enter?.(state, line);
    if (this.#clocks !== null && !this.#branches)
      state[this.#clockWord] = this.#clocks.entered(state[this.#clockWord] as number, line);
    for (const task of this.#sleepers[this.cores[handler] as number] as readonly number[])
      if (this.#isAsleep(state, task)) this.unit.setWoken(state, task, 1);
    return this.#advance(state, handler, 0);
  }

  /** Whether the agent sleeps, has no reason to wake, and may do so all the same. */
  canWakeSpuriously(state: Uint32Array, agent: number): boolean {
    if (this.system.interrupts?.spuriousWakeUps !== true || !this.#isAsleep(state, agent)) return false;
    for (const handler of this.#above[agent] as readonly number[])
      if (this.isActive(state, handler)) return false;
    return !this.#isRoused(state, agent);
  }

  wakeSpuriously(state: Uint32Array, agent: number): number {
    return this.#advance(state, agent, 0);
  }

  /** In how many ways a step of a schedule can be taken now. */
  ways(state: Uint32Array, kind: StepKind, who: number): number {
    switch (kind) {
      case 'step':
        return who < this.cores.length ? this.outcomes(state, who) : 0;
      case 'drain':
        return who < this.system.cores.length ? this.model.drains(state, who) : 0;
      case 'enter':
        return this.handlers.includes(who) && this.enters(state, who) ? 1 : 0;
      case 'wake':
        return who < this.cores.length && this.canWakeSpuriously(state, who) ? 1 : 0;
    }
  }

  /** Takes a step of a schedule that can be taken. Returns the transition's flags, or BROKEN. */
  take(state: Uint32Array, { kind, who, choice }: ScheduleStep): number {
    this.raced = false;
    switch (kind) {
      case 'step':
        return this.fire(state, who, choice);
      case 'drain':
        this.drain(state, who, choice);
        return 0;
      case 'enter':
        return this.enter(state, who);
      case 'wake':
        return this.wakeSpuriously(state, who);
    }
  }

  /** Every agent rests, no store waits, and no core has an interrupt to serve. */
  quiescent(state: Uint32Array): boolean {
    const resting = this.positions.resting;
    for (let place = this.firstPosition; place < this.width; place++) {
      if (resting[state[place] as number] === 0) return false;
    }
    return this.model.settled(state) && !this.#isWanted(state);
  }

  /** An enabled line is pending that some handler still serves. */
  #isWanted(state: Uint32Array): boolean {
    for (const handler of this.handlers)
      if (this.unit.isRaised(state, this.#lineOf[handler] as number) && !this.hasEnded(state, handler))
        return true;
    return false;
  }

  hasEnded(state: Uint32Array, agent: number): boolean {
    const access = this.positions.access[state[this.firstPosition + agent] as number] as number;
    return this.accesses.kind[access] === END;
  }

  /** Whether the agent waits for something that is not there. */
  isWaiting(state: Uint32Array, agent: number): boolean {
    const access = this.positions.access[state[this.firstPosition + agent] as number] as number;
    if (this.accesses.kind[access] === TAKE)
      return !this.unit.canTake(state, this.accesses.argument[access] as number);
    return this.#isAsleep(state, agent) && !this.#isRoused(state, agent);
  }

  /** No work is left, so that nobody need ever succeed again. Asked in quiescent states only. */
  finished(state: Uint32Array): boolean {
    const states = this.system.agents.map((_, agent) => {
      const { root } = this.positionRecord(state, agent);
      return root.state === null ? null : (JSON.parse(root.state) as PlainData);
    });
    return this.system.finished?.(states) ?? states.includes(null);
  }

  /**
   * With what the agent's access in this state races, if it does: which core's access it should come after. Asked right
   * after the access has been made elsewhere, with the result `word`.
   */
  raceOf(state: Uint32Array, agent: number, word: number): Unordered | null {
    const access = this.positions.access[state[this.firstPosition + agent] as number] as number;
    const clock = state[this.#clockWord] as number;
    return this.#clocks?.raceOf(clock, this.cores[agent] as number, access, word, this.model.newer) ?? null;
  }

  /** Name of the location or doorbell by which a step of a schedule could synchronize; null: by none. */
  synchronizerOf(state: Uint32Array, { kind, who }: ScheduleStep): string | null {
    if (kind === 'enter') return this.#lineName(this.#lineOf[who] as number);
    if (kind !== 'step') return null;
    const { cell, order } = this.pending(state, who);
    if (cell < 0 || order === 'plain') return null;
    const { memory, byteOffset, bytes } = this.cells.cell(cell);
    return memory === SHARED ? this.cells.nameOf(memory, byteOffset, bytes) : null;
  }

  /** Bytes of an atom of the shared memory: what a race is about. */
  atomBytes(atom: number): { readonly byteOffset: number; readonly bytes: number } {
    return this.#map.atomBytes(atom);
  }

  /** Whether two states go on alike: what cores know of each other, which decides on races alone, may differ. */
  isAlike(a: Uint32Array, b: Uint32Array): boolean {
    const left = this.#clocks === null ? -1 : this.#clockWord;
    return a.every((word, i) => i === left || word === b[i]);
  }

  /** The access that an agent is about to make. */
  pending(state: Uint32Array, agent: number): Access {
    return this.accesses.get(this.positions.access[state[this.firstPosition + agent] as number] as number);
  }

  positionRecord(state: Uint32Array, agent: number): PositionRecord {
    return this.positions.record(state[this.firstPosition + agent] as number);
  }

  /** Name of the location of which there were too many messages; null: of none. */
  get fullLocation(): string | null {
    const { fullWord } = this.model;
    if (fullWord < 0) return null;
    const { memory, byteOffset, bytes } = this.#map.cellOf(fullWord);
    return this.cells.nameOf(memory, byteOffset, bytes);
  }

  /** How often the implementation ran, to fill the tables. */
  get executions(): number {
    return this.#execution.executions;
  }

  /** Looks at a state. Private values are those of the agents' last turn starts, exact in quiescent states. */
  view(state: Uint32Array): StateView {
    const reader: CellReader = {
      newest: (word) => this.model.newest(state, word),
      wordOf: (cell) => this.#wordOf(state, cell),
    };
    const view: StateView = {
      load: (at: Location, core?: number) => this.#map.load(at, core ?? 0, reader),
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
    const clocks = this.#clocks?.bytes() ?? 0;
    return (
      this.positions.bytes() + this.#privates.bytes() + this.model.bytes() + this.monitors.bytes() + clocks
    );
  }

  // --- Steps -------------------------------------------------------------------------------------------------------

  #perform(state: Uint32Array, agent: number, access: number, choice: number): number {
    const { accesses, unit } = this;
    const core = this.cores[agent] as number;
    switch (accesses.kind[access]) {
      case CHOOSE:
        return choice;
      case ENABLE:
        return unit.enable(state, accesses.argument[access] as number, 1);
      case DISABLE:
        return unit.enable(state, accesses.argument[access] as number, 0);
      case MASK:
        return unit.mask(state, core, 1);
      case UNMASK:
        return unit.mask(state, core, 0);
      case WAIT:
        return unit.isPending(state, core) ? 0 : 1;
      case ASLEEP:
        unit.setWoken(state, agent, 0);
        return 0;
      case GIVE:
        return unit.give(state, accesses.argument[access] as number);
      case TAKE:
        unit.take(state, accesses.argument[access] as number);
        return 0;
      default:
        return this.model.perform(state, core, access, choice);
    }
  }

  /** A store to a device has arrived there. */
  #device(state: Uint32Array, access: number): void {
    const line = this.accesses.argument[access] as number;
    if (this.accesses.kind[access] === RING) this.unit.ring(state, line);
    else this.unit.clear(state, line);
  }

  /** Follows happens-before through an access that the memory model has just made. */
  #order(clocks: HappensBefore, state: Uint32Array, agent: number, access: number, word: number): void {
    const clock = state[this.#clockWord] as number;
    const core = this.cores[agent] as number;
    const next = clocks.accessed(clock, core, access, word, this.model.newer, this.isHostile(agent));
    this.raced = (next & 1) !== 0;
    state[this.#clockWord] = clocks.trimmed(next >>> 1, state, this.model);
  }

  /** The agent goes on with the result of its access. */
  #advance(state: Uint32Array, agent: number, word: number): number {
    const place = this.firstPosition + agent;
    const position = state[place] as number;
    this.lastWord = word;
    let transition = this.positions.find(position, word);
    if (transition < 0) transition = this.#tabulate(state, agent, position, word);
    state[place] = this.positions.next[transition] as number;
    const fences = this.positions.fences[transition] as number;
    if (fences !== 0 && this.#clocks !== null && !this.#branches) {
      const clock = state[this.#clockWord] as number;
      state[this.#clockWord] = this.#clocks.fenced(clock, this.cores[agent] as number, fences);
    }
    let events = this.positions.events[transition] as number;
    if (events < 0) {
      const outcome = this.#untold[-1 - events] as Outcome;
      this.#untold[-1 - events] = null;
      for (const root of outcome.roots) this.#execution.tell(root);
      events = this.monitors.intern(agent, outcome.events);
      this.positions.events[transition] = events;
    }
    if (events !== 0) {
      const next = this.monitors.step(state[this.monitorWord] as number, events);
      if (next < 0) return BROKEN;
      state[this.monitorWord] = next;
    }
    return this.positions.flags[transition] as number;
  }

  #isAsleep(state: Uint32Array, agent: number): boolean {
    const access = this.positions.access[state[this.firstPosition + agent] as number] as number;
    return this.accesses.kind[access] === ASLEEP;
  }

  /** There is a reason to wake: an interrupt to serve, or one that was served meanwhile. */
  #isRoused(state: Uint32Array, agent: number): boolean {
    return this.unit.isWoken(state, agent) || this.unit.isPending(state, this.cores[agent] as number);
  }

  // --- Tabling -----------------------------------------------------------------------------------------------------

  #tabulate(state: Uint32Array, agent: number, position: number, word: number): number {
    const guess = this.#linear ? this.#guess(state) : null;
    const outcome = this.#execution.resume(agent, position, word, guess);
    const events = this.monitors.intern(agent, outcome.events);
    const transition = this.#addTransition(position, word, outcome, events);
    if (guess === null) return transition;
    for (const guessed of this.#execution.guessed) {
      const { outcome } = guessed;
      const silent = outcome.events.length === 0 && outcome.roots.length === 0;
      const untold = silent ? 0 : -this.#untold.push(outcome);
      this.#addTransition(guessed.position, guessed.word, outcome, untold);
    }
    return transition;
  }

  #addTransition(position: number, word: number, outcome: Outcome, events: number): number {
    const access = this.positions.access[position] as number;
    const flags = outcome.flags | (this.accesses.kind[access] === RING ? RANG : 0);
    const fences = this.#clocks?.fences(outcome.fences) ?? 0;
    return this.positions.addTransition(position, word, outcome.position, events, flags, fences);
  }

  /** What accesses will give if nobody comes in between: what stands there now, and what was guessed to be stored since. */
  #guess(state: Uint32Array): Guess {
    const { accesses, model } = this;
    const stored = new Map<number, number>();
    return (access) => {
      const kind = accesses.kind[access] as number;
      if (kind === FENCE || kind === PAUSE || kind === ACTION || kind === RING) return 0;
      if (kind !== LOAD && kind !== STORE && kind !== RMW && kind !== CAS && kind !== READ && kind !== WRITE)
        return null;
      const word = accesses.word[access] as number;
      const now = stored.get(word) ?? model.newest(state, word);
      if (kind !== LOAD && kind !== READ) stored.set(word, accesses.stored(access, now));
      return kind === STORE || kind === WRITE ? 0 : accesses.resultOf(access, now);
    };
  }

  #observe(observation: Observation): void {
    if (observation.kind === 'event' && observation.event.kind === 'return') {
      const { operation, accesses } = observation.event;
      if (accesses > (this.longestOperations.get(operation) ?? -1))
        this.longestOperations.set(operation, accesses);
    }
    if (this.witnesses.size === this.system.witnesses.length) return;
    for (const witness of this.system.witnesses) {
      if (this.witnesses.has(witness.name)) continue;
      if (isReached(witness, observation)) this.witnesses.add(witness.name);
    }
  }

  #happensBefore(lines: readonly number[], counted: Synchronizing | null): HappensBefore {
    const map = this.#map;
    const { accesses, cells, model } = this;
    const { cores } = this.system;
    return new HappensBefore({
      accesses,
      cores: cores.length,
      lines,
      words: map.size,
      wordUses: (core, word) => map.usesOfWord(core, word),
      synchronizes: (word) => counted?.has(map.nameOfWord(word)) ?? true,
      rings: (line) => counted?.has(this.#lineName(line)) ?? true,
      atoms: map.atoms,
      atomUses: (core, atom) => map.usesOfAtom(core, atom),
      atomsOf: (number) => {
        const { cell, within, bytes } = accesses.get(number);
        const from = cells.cell(cell).byteOffset + within;
        const atom = map.atomAt(from);
        const atoms = map.atomAt(from + bytes - 1) - atom + 1;
        const its = Array.from({ length: atoms }, (_, i) => atom + i);
        const watched = its.some((one) => canRace(cores.map((_, core) => map.usesOfAtom(core, one))));
        return watched ? { atom, atoms } : { atom: 0, atoms: 0 };
      },
      ...(model.bufferDepth === null ? {} : { mostWaiting: model.bufferDepth }),
      buffered: model.bufferDepth !== null && model.keptBy === undefined,
      old: model.keptBy !== undefined,
      linear: this.#linear,
    });
  }

  // --- Small parts -------------------------------------------------------------------------------------------------

  #lineName(line: number): string {
    return `doorbell ${line}`;
  }

  /** Newest word of a cell. */
  #wordOf(state: Uint32Array, cell: Cell): number {
    const word = this.#map.word(cell.number);
    if (word >= 0) return this.model.newest(state, word);
    const initial = this.#map.initialWord(cell);
    if (cell.agent < 0) return initial;
    return this.#privates.word(this.positionRecord(state, cell.agent).privateWords, cell.number, initial);
  }

  #agentName(agent: number): string {
    return this.system.agents[agent]?.name ?? String(agent);
  }
}

function isReached(witness: System['witnesses'][number], observation: Observation): boolean {
  try {
    return witness.reached(observation);
  } catch (error) {
    return asked(`witness ${witness.name} threw`, () => {
      throw error;
    });
  }
}
