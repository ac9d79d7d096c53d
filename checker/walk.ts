/**
 * A walk: one run of a system, step by step, along a schedule that somebody else chooses. Replay, shrinking and
 * fuzzing walk; the steps are the very ones that the search explores.
 */
import { type Location, locationAt, type Width } from '../memory/index.ts';
import type { StateView } from '../properties/index.ts';
import {
  ACTION,
  type Access,
  CAS,
  CHOOSE,
  CLEAR,
  DISABLE,
  ENABLE,
  ENTER,
  GIVE,
  KIND_NAMES,
  LOAD,
  MASK,
  READ,
  RING,
  RMW,
  STORE,
  TAKE,
  UNMASK,
  WAIT,
  WRITE,
} from './access.ts';
import type { BarrierEditor } from './barriers/editedPort.ts';
import type { BarrierEdit } from './barriers/edits.ts';
import { type Cell, SHARED, type SharedCell } from './cells.ts';
import type { CheckOptions } from './check.ts';
import { machineFactory } from './check.ts';
import { BROKEN, type Machine } from './machine.ts';
import type { BrokenProperty } from './monitorBank.ts';
import { PROGRESS } from './position.ts';
import { raceText } from './races/describeRace.ts';
import { Restart } from './restart.ts';
import { membersOf, neglected, sleepingCores } from './sleep.ts';
import { VectorTable } from './store/vectorTable.ts';
import type { System } from './system.ts';
import type { ScheduleStep, StepKind } from './verdict.ts';

/** What a step did, in words and values. */
export interface WalkStep {
  readonly step: ScheduleStep;
  /** Name of the agent, or of the core whose store drained. */
  readonly who: string;
  /** Operations open at the access, outermost first. */
  readonly operations: readonly string[];
  /** `load`, `store`, `rmw`, `cas`, `fence`, `read`, `write`, `choose`, `action`, `pause` or `drain`. */
  readonly access: string;
  /** Name of the location, or of the action; '' where there is none. */
  readonly location: string;
  readonly order: string;
  /** What was loaded or stored, or chosen; payload as hexadecimal digits; null where there is nothing. */
  readonly value: number | string | null;
  /** The bytes accessed, and whether they were written (by a failing CAS, they were not); null where there are none. */
  readonly at: AccessedBytes | null;
  /** Where the access stands in the code, as the host's `site` gave it. */
  readonly site: string | null;
  /** Accesses and fences merged into this step after its own access. */
  readonly merged: readonly string[];
  /** Properties that this step broke. */
  readonly broken: readonly BrokenProperty[];
}

/** Bytes of one memory. */
export interface AccessedBytes {
  /** -1: shared memory; otherwise the core whose local memory it is. */
  readonly memory: number;
  readonly byteOffset: number;
  readonly bytes: number;
  readonly writes: boolean;
  /** By which a view of the state loads it; null for a range. */
  readonly location: Location | null;
}

export interface WalkOptions
  extends Pick<CheckOptions, 'memory' | 'properties' | 'verify' | 'cells' | 'barriers'> {
  /** Says where the running code stands, for `WalkStep.site`. */
  readonly site?: () => string | null;
  /** Many runs, hardly any of which comes where another one was: it is made fast for that. What happens is the same. */
  readonly linear?: boolean;
  /** Whether to look around for long before: see `machineFactory`. */
  readonly looksFar?: boolean;
}

/** In the order in which `enabled` tells of them, and a search takes them. */
const stepKinds: readonly StepKind[] = ['step', 'drain', 'enter', 'wake'];
const NONE: readonly BrokenProperty[] = [];
/** Tables of a walk are dropped when they hold this many positions: fuzzing meets new ones without end. */
const MOST_POSITIONS = 200_000;

export class Walk {
  readonly system: System;
  readonly #build: (linear: boolean) => Machine;
  readonly #linear: boolean;
  /** For what a race is in words, if a linear one runs. */
  #exact: Machine | null = null;
  readonly #barriers: BarrierEditor | undefined;
  readonly #looks: readonly {
    readonly property: string;
    readonly look: (view: StateView) => string | null;
  }[];
  readonly #raceProperties: readonly string[];
  #machine: Machine;
  #state: Uint32Array;
  /** States at rest that were looked at, and those in which something was wrong. */
  #rests: VectorTable;
  readonly #brokenRests = new Set<number>();
  #taken: ScheduleStep[] = [];
  #stuck = false;
  /** Outlive the tables. */
  readonly #witnesses = new Set<string>();

  /** @throws TargetError if the system cannot be set up. */
  constructor(system: System, options: WalkOptions = {}) {
    this.system = system;
    const { build, properties, barriers } = machineFactory(
      system,
      { verify: false, ...options },
      options.site,
      options.looksFar ?? false,
    );
    this.#build = build;
    this.#linear = options.linear ?? false;
    this.#barriers = barriers;
    this.#machine = build(this.#linear);
    this.#state = new Uint32Array(this.#machine.width);
    this.#rests = new VectorTable(this.#machine.width);
    const context = this.#machine.monitors.context;
    this.#looks = properties.flatMap((property) => {
      const look = property.quiescent?.(context);
      return look === undefined ? [] : [{ property: property.name, look }];
    });
    this.#raceProperties = properties.filter(({ races }) => races === true).map(({ name }) => name);
    this.reset();
  }

  /** The schedule walked so far. */
  get schedule(): readonly ScheduleStep[] {
    return this.#taken;
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** Names of the witnesses reached in all runs so far. */
  get witnesses(): ReadonlySet<string> {
    for (const name of this.#machine.witnesses) this.#witnesses.add(name);
    return this.#witnesses;
  }

  /** The state's words: changed in place by each step, and replaced when the walk starts anew. Not to be changed. */
  get state(): Uint32Array {
    return this.#state;
  }

  /** Whether the agent stands between two turns, or has ended. */
  isResting(agent: number): boolean {
    const { positions, firstPosition } = this.#machine;
    return positions.resting[this.#state[firstPosition + agent] as number] === 1;
  }

  /** Back to the first state. Returns the properties broken there. */
  reset(): readonly BrokenProperty[] {
    if (this.#machine.positions.size > MOST_POSITIONS) this.#rebuild();
    this.#taken = [];
    this.#stuck = false;
    for (;;) {
      try {
        if (this.#machine.start(this.#state) === BROKEN) {
          this.#stuck = true;
          return this.#machine.monitors.broken;
        }
        return this.#atRest();
      } catch (error) {
        this.#restart(error);
      }
    }
  }

  /** Every step possible now: agents in their order, each with its choices; then what could drain, enter, wake. */
  enabled(): ScheduleStep[] {
    const steps: ScheduleStep[] = [];
    if (!this.#stuck) this.#eachStep(this.#state, (step) => void steps.push(step));
    return steps;
  }

  isEnabled({ kind, who, choice }: ScheduleStep): boolean {
    return !this.#stuck && choice < this.#machine.ways(this.#state, kind, who);
  }

  /**
   * Takes a step that is enabled, without words: fast. Returns the properties it broke; after one, nothing more. A step that
   * is no longer possible with what it teaches about the memory is not taken: `schedule` tells.
   */
  advance(step: ScheduleStep): readonly BrokenProperty[] {
    for (;;) {
      try {
        const taken = this.#machine.take(this.#state, step);
        this.#taken.push(step);
        const races = this.#machine.raced ? this.#races() : NONE;
        if (taken !== BROKEN) return races.length === 0 ? this.#atRest() : [...races, ...this.#atRest()];
        this.#stuck = true;
        return [...races, ...this.#machine.monitors.broken];
      } catch (error) {
        this.#restart(error);
        // What has come apart may stand before this step now: then others have to come first.
        if (!this.isEnabled(step)) return NONE;
      }
    }
  }

  /** Takes a step that is enabled, and says what it did. */
  take(step: ScheduleStep): WalkStep {
    const { system } = this;
    if (step.kind === 'drain') {
      const access = this.#machine.model.waiting(this.#state, step.who)[step.choice] ?? 0;
      const broken = this.advance(step);
      const shown = this.#shown(this.#machine.accesses.get(access), null);
      const who = system.cores[step.who] ?? '';
      return { step, who, operations: [], ...shown, access: 'drain', site: null, merged: [], broken };
    }
    const before = this.#machine.positionRecord(this.#state, step.who);
    const access = this.#machine.pending(this.#state, step.who);
    const broken = this.advance(step);
    const after = this.#machine.positionRecord(this.#state, step.who);
    return {
      step,
      who: system.agents[step.who]?.name ?? '',
      operations: before.operations,
      ...this.#shown(access, this.#machine.lastWord),
      access: KIND_NAMES[access.kind] ?? '',
      site: before.site,
      merged: after.merged,
      broken,
    };
  }

  /** The state, for those who look at it; exact at rest. */
  view(): StateView {
    return this.#machine.view(this.#state);
  }

  /** Index of the agent that owns a slot's buffer, or -1. */
  holder(slot: number): number {
    return this.#machine.monitors.holder(this.#state[this.#machine.monitorWord] as number, slot);
  }

  /** Accesses that wait in a core's store buffer, oldest first, as `location = value`. */
  waiting(core: number): string[] {
    return this.#machine.model.waiting(this.#state, core).map((access) => {
      const { location, value } = this.#shown(this.#machine.accesses.get(access), null);
      return `${location} = ${value}`;
    });
  }

  /**
   * Whether from here on no operation can ever succeed again, though there is work left: explores what can be reached,
   * up to `limit` states. Null: too many to say. (What a property forbids counts as success: it is reported elsewhere.)
   */
  isStuck(limit: number): boolean | null {
    if (this.#stuck) return null;
    for (;;) {
      try {
        return this.#lacksProgress(limit);
      } catch (error) {
        this.#restart(error);
      }
    }
  }

  /** A message waits for a core that sleeps, in this very state; says for which. */
  neglected(): string | null {
    const machine = this.#machine;
    const sleeping = sleepingCores(machine, membersOf(this.system), this.#state);
    if (sleeping === 0) return null;
    const ledger = this.#state[machine.monitorWord] as number;
    for (let slot = 0; slot < this.system.slots.length; slot++) {
      const message = neglected(machine, sleeping, slot, ledger);
      if (message !== null) return message;
    }
    return null;
  }

  #lacksProgress(limit: number): boolean | null {
    const machine = this.#machine;
    const { width } = machine;
    const states = new VectorTable(width, 64);
    const current = new Uint32Array(width);
    const next = new Uint32Array(width);
    current.set(this.#state);
    machine.branch(current);
    try {
      return this.#explore(machine, states, current, next, limit);
    } finally {
      machine.unbranch();
    }
  }

  #explore(
    machine: Machine,
    states: VectorTable,
    current: Uint32Array,
    next: Uint32Array,
    limit: number,
  ): boolean | null {
    const { width } = machine;
    states.intern(current, 0);
    for (let state = 0; state < states.size; state++) {
      if (states.size > limit) return null;
      for (let i = 0; i < width; i++) current[i] = states.data[state * width + i] as number;
      if (machine.quiescent(current) && this.#isFinished(current)) return false;
      let progress = false;
      this.#eachStep(current, (step) => {
        if (progress) return;
        next.set(current);
        const taken = machine.take(next, step);
        progress = taken === BROKEN || (taken & PROGRESS) !== 0;
        states.intern(next, 0);
      });
      if (progress) return false;
    }
    return true;
  }

  #eachStep(state: Uint32Array, visit: (step: ScheduleStep) => void): void {
    for (const kind of stepKinds) {
      const everyone = kind === 'drain' ? this.system.cores.length : this.system.agents.length;
      for (let who = 0; who < everyone; who++) {
        const ways = this.#machine.ways(state, kind, who);
        for (let choice = 0; choice < ways; choice++) visit({ kind, who, choice });
      }
    }
  }

  #isFinished(state: Uint32Array): boolean {
    const machine = this.#machine;
    return (
      machine.monitors.allFree(state[machine.monitorWord] as number) &&
      (this.system.home?.(machine.view(state)) ?? true) &&
      machine.finished(state)
    );
  }

  /** Nothing is in progress anywhere, no store waits, and no interrupt. */
  get isQuiescent(): boolean {
    return this.#machine.quiescent(this.#state);
  }

  /** The last step taken races; the walk can go on behind it. */
  #races(): BrokenProperty[] {
    if (this.#linear) this.#exact ??= this.#build(false);
    const message = raceText(this.#exact ?? this.#machine, this.#taken) ?? 'a data race';
    return this.#raceProperties.map((property) => ({ property, message }));
  }

  #atRest(): readonly BrokenProperty[] {
    if (!this.#machine.quiescent(this.#state)) return NONE;
    // Runs begin alike, and poll: many states at rest come again.
    const { size } = this.#rests;
    const rest = this.#rests.intern(this.#state, 0);
    if (rest < size && !this.#brokenRests.has(rest)) return NONE;
    const view = this.view();
    const broken: BrokenProperty[] = [];
    for (const { property, look } of this.#looks) {
      const message = this.#machine.monitors.guarded(property, 'a state at rest', () => look(view));
      if (message !== null) broken.push({ property, message });
    }
    if (broken.length > 0) {
      this.#stuck = true;
      this.#brokenRests.add(rest);
    }
    return broken;
  }

  #shown(access: Access, word: number | null): Pick<WalkStep, 'location' | 'order' | 'value' | 'at'> {
    const { cells, contents, accesses } = this.#machine;
    const cell = access.cell < 0 ? null : cells.cell(access.cell);
    const location =
      cell === null ? access.name : cells.nameOf(cell.memory, cell.byteOffset + access.within, access.bytes);
    const hex = (content: number): string =>
      Array.from(contents.bytesOf(content), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const scalar = (of: number): number => (cell?.block === true ? accesses.number(of) : of);
    const { order } = access;
    const { kind } = access;
    const writes =
      kind === STORE || kind === WRITE || kind === RMW || (kind === CAS && word === access.expected);
    const range = kind === READ || kind === WRITE;
    const at = cell === null ? null : accessedBytes(cell, access, writes, range);
    switch (kind) {
      case LOAD:
      case RMW:
      case CAS:
        return { location, order, value: word === null ? null : scalar(word), at };
      case STORE:
        return { location, order, value: scalar(access.value), at };
      case READ:
        return { location, order, value: word === null ? null : hex(word), at };
      case WRITE:
        return { location, order, value: hex(access.value), at };
      case CHOOSE:
        return { location: '', order: '', value: word, at };
      case ACTION:
        return { location: access.name, order: '', value: access.argument, at };
      case RING:
      case CLEAR:
      case ENABLE:
      case DISABLE:
      case ENTER:
        return { location: this.#lineName(access.argument), order: '', value: null, at };
      case GIVE:
      case TAKE:
        return { location: this.#semaphoreName(access.argument), order: '', value: null, at };
      case MASK:
      case UNMASK:
      case WAIT:
        return { location: '', order: '', value: word, at };
      default:
        return { location, order, value: null, at };
    }
  }

  #lineName(line: number): string {
    return this.system.interrupts?.lines[line]?.name ?? String(line);
  }

  #semaphoreName(semaphore: number): string {
    return this.system.interrupts?.semaphores?.[semaphore]?.name ?? String(semaphore);
  }

  #rebuild(): void {
    for (const name of this.#machine.witnesses) this.#witnesses.add(name);
    this.#machine = this.#build(this.#linear);
    this.#exact = null;
    this.#state = new Uint32Array(this.#machine.width);
    this.#rests = new VectorTable(this.#machine.width);
    this.#brokenRests.clear();
  }

  /**
   * Something new was learned about the memory: walk the same way again on new tables, as far as it goes. What was
   * merged into one step may have come apart, so it may end earlier, and elsewhere: see `learn`.
   */
  #restart(error: unknown): void {
    if (!(error instanceof Restart)) throw error;
    const taken = this.#taken;
    this.#rebuild();
    this.reset();
    for (const step of taken) {
      if (!this.isEnabled(step)) break;
      this.advance(step);
    }
  }

  /**
   * Walks a schedule as often as it teaches something new about the memory, and goes back to the first state. After
   * that, each of its steps is one step whenever it is walked.
   */
  learn(schedule: readonly ScheduleStep[]): void {
    for (let machine: Machine | null = null; machine !== this.#machine; ) {
      machine = this.#machine;
      this.reset();
      for (const step of schedule) {
        if (machine !== this.#machine || !this.isEnabled(step)) break;
        this.advance(step);
      }
    }
    this.reset();
  }

  /** Barrier edits that applied to something in the runs so far. */
  get appliedBarriers(): readonly BarrierEdit[] {
    return this.#barriers?.applied() ?? [];
  }

  /** What the walk learned about the memory beyond what looking around shows: see `Violation.cells`. */
  get cells(): readonly SharedCell[] {
    return this.#machine.cells.late();
  }
}

function accessedBytes(cell: Cell, access: Access, writes: boolean, range: boolean): AccessedBytes {
  const { memory } = cell;
  const byteOffset = cell.byteOffset + access.within;
  const { bytes } = access;
  // A scalar access has 1, 2, 4 or 8 bytes.
  const width = (bytes * 8) as Width;
  const location = range ? null : locationAt(memory === SHARED ? 'shared' : 'local', byteOffset, width);
  return { memory, byteOffset, bytes, writes, location };
}
