/**
 * Breadth-first search: every reachable state, in order of its distance from the first, so that the first
 * counterexample of a property is a shortest one. Works in slices, so that whoever drives it can show progress,
 * watch the time and be interrupted.
 */
import type { Property, StateView } from '../../properties/index.ts';
import { BROKEN, type Machine } from '../machine.ts';
import { PROGRESS } from '../position.ts';
import { Restart } from '../restart.ts';
import { grownUint8, grownUint16, grownUint32 } from '../store/growable.ts';
import { VectorTable } from '../store/vectorTable.ts';
import { asked, TargetError } from '../targetError.ts';
import type {
  CheckResult,
  Exercise,
  IncompleteReason,
  Notifications,
  ScheduleStep,
  Violation,
} from '../verdict.ts';
import { type Communication, communication } from './communication.ts';
import { Counterexamples } from './counterexamples.ts';
import { notifications } from './economics.ts';
import { AT_HOME, CAN_PROGRESS, CUT, FINISHED, type Found } from './exhausted.ts';
import { judge } from './judge.ts';
import { type Processes, processesOf } from './processes.ts';
import { NO_PROCESS, PROCESS_BITS, type StateGraph } from './stateGraph.ts';

export interface BreadthFirstOptions {
  /** Makes the machine; again whenever the search has to start anew. */
  readonly build: () => Machine;
  readonly properties: readonly Property[];
  /** What the last step of a schedule races with; null: it does not, and the machine has to be made again. */
  readonly judgeRace: (schedule: readonly ScheduleStep[]) => string | null;
  /** Stop at the first violation. */
  readonly first: boolean;
  readonly maxStates: number;
  readonly maxBytes: number;
  /** Steps to take before the search begins: it explores what can be reached after them. */
  readonly from: readonly ScheduleStep[];
  /** Find out which stores are read by whom; the machines tell accesses apart by their sites. */
  readonly communication: boolean;
  /** Barrier edits that nothing was met for so far: after all of the space, mistakes. */
  readonly barriersNotMet?: () => readonly string[];
  /** Learns at once what can be learned in a smaller space; asked before a long search begins anew. */
  readonly scout?: () => void;
}

/** With fewer states than these, to begin anew costs less than to look ahead. */
const LATE = 10_000;

/** What a property says of a state at rest. */
interface Look {
  readonly property: string;
  readonly look: (view: StateView) => string | null;
}

export class BreadthFirst {
  readonly #options: BreadthFirstOptions;
  #machine: Machine;
  #states: VectorTable;
  #current: Uint32Array;
  #next: Uint32Array;
  /**
   * Where the transitions of each state lead, one state's after the other's, and whose they are; and how many a state
   * has. The first one to a state is its parent's, so parents need no room of their own.
   */
  #degrees = new Uint16Array(1024);
  #targets = new Uint32Array(4096);
  #labels = new Uint8Array(4096);
  #transitions = 0;
  #flags = new Uint8Array(1024);
  #head = 0;
  #levelEnd = 0;
  #depth = 0;
  #quiescent = 0;
  #home = 0;
  #found: Found[] = [];
  /** Where each property was first put to the test: by which step of which state. */
  #tests: { readonly property: string; readonly from: number; readonly last: ScheduleStep }[] = [];
  /** The same for those of which that was before the search began: after how many steps of the prefix. */
  #testsBefore: { readonly property: string; readonly steps: number }[] = [];
  /** A race was found already. */
  #raced = false;
  #incomplete: IncompleteReason | null = null;
  #notifications: Notifications | null = null;
  #error: TargetError | null = null;
  #done = false;
  #scouted = false;
  restarts = 0;

  constructor(options: BreadthFirstOptions) {
    this.#options = options;
    this.#machine = options.build();
    this.#states = new VectorTable(this.#machine.width);
    this.#current = new Uint32Array(this.#machine.width);
    this.#next = new Uint32Array(this.#machine.width);
    this.#guarded(() => this.#begin());
  }

  get machine(): Machine {
    return this.#machine;
  }

  get states(): number {
    return this.#states.size;
  }

  get transitions(): number {
    return this.#transitions;
  }

  get depth(): number {
    return this.#depth;
  }

  /** States found but not expanded yet. */
  get frontier(): number {
    return this.#states.size - this.#head;
  }

  bytes(): number {
    const edges = this.#degrees.byteLength + this.#targets.byteLength + this.#labels.byteLength;
    return this.#states.bytes() + edges + this.#flags.byteLength + this.#machine.bytes();
  }

  /** Expands up to `count` states. Returns whether the search is over. */
  advance(count: number): boolean {
    if (!this.#done) this.#guarded(() => this.#expand(count));
    return this.#done;
  }

  /** Ends the search before its time: the verdict says why. */
  stop(why: string): void {
    if (this.#done) return;
    this.#incomplete = { kind: 'stopped', why };
    this.#done = true;
  }

  result(): CheckResult {
    const machine = this.#machine;
    const violations = this.#violations();
    const witnesses = machine.system.witnesses.map(({ name }) => ({
      name,
      reached: machine.witnesses.has(name),
    }));
    return {
      verdict: this.#error !== null ? 'error' : this.#verdict(violations),
      memory: machine.model.name,
      violations,
      incomplete: this.#incomplete,
      error: this.#error === null ? null : { code: this.#error.code, message: this.#error.message },
      witnesses,
      exercised: this.#exercised(),
      states: this.#states.size,
      transitions: this.#transitions,
      depth: this.#depth,
      quiescentStates: this.#quiescent,
      homeStates: this.#home,
      longestOperations: Object.fromEntries([...machine.longestOperations].sort()),
      notifications: this.#notifications,
      communication: this.#communication(),
      bufferDepth: machine.model.bufferDepth,
      deepestBuffer: machine.model.deepestBuffer,
      bytes: this.bytes(),
      positions: machine.positions.size,
      executions: machine.executions,
    };
  }

  #verdict(violations: readonly Violation[]): CheckResult['verdict'] {
    if (violations.length > 0) return 'violated';
    return this.#incomplete !== null || !this.#done ? 'incomplete' : 'proved';
  }

  // --- Search ------------------------------------------------------------------------------------------------------

  /** Starts anew when something was learned about the memory; ends when the target turns out not to be checkable. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof Restart) {
        this.restarts++;
        if (!this.#scouted && this.#states.size > LATE) {
          this.#scouted = true;
          this.#options.scout?.();
        }
        this.#machine = this.#options.build();
        this.#guarded(() => this.#begin());
      } else if (error instanceof TargetError) {
        this.#error = error;
        this.#done = true;
      } else {
        throw error;
      }
    }
  }

  #begin(): void {
    this.#states = new VectorTable(this.#machine.width, 1024);
    this.#current = new Uint32Array(this.#machine.width);
    this.#next = new Uint32Array(this.#machine.width);
    this.#flags.fill(0);
    this.#transitions = 0;
    this.#head = 0;
    this.#depth = 0;
    this.#quiescent = 0;
    this.#home = 0;
    this.#found = [];
    this.#tests = [];
    this.#testsBefore = [];
    this.#raced = false;
    const broken = this.#afterPrefix();
    this.#states.intern(this.#current, 0);
    this.#levelEnd = 1;
    if (broken === BROKEN) {
      this.#report(0, null);
      this.#head = 1;
      this.#degrees[0] = 0;
      this.#flags[0] = CUT;
    }
  }

  /** Sets the current state to the one after the prefix. Returns BROKEN if a property is broken by then. */
  #afterPrefix(): number {
    const machine = this.#machine;
    const current = this.#current;
    const started = machine.start(current);
    if (this.#tested) this.#noteTestsBefore(0);
    if (started === BROKEN) return BROKEN;
    for (const [index, step] of this.#options.from.entries()) {
      const { kind, who, choice } = step;
      if (choice >= machine.ways(current, kind, who))
        throw new RangeError(`the schedule to begin with has a ${kind} of ${who} that is not possible`);
      const taken = machine.take(current, step);
      if (this.#tested) this.#noteTestsBefore(index + 1);
      if (taken === BROKEN) return BROKEN;
    }
    return 0;
  }

  /** Whether a property was put to the test for the first time. */
  get #tested(): boolean {
    return this.#machine.monitors.exercised.size !== this.#tests.length + this.#testsBefore.length;
  }

  /** Properties that were put to the test just now, for the first time. */
  #newlyTested(): string[] {
    return [...this.#machine.monitors.exercised.keys()].slice(this.#tests.length + this.#testsBefore.length);
  }

  #noteTestsBefore(steps: number): void {
    for (const property of this.#newlyTested()) this.#testsBefore.push({ property, steps });
  }

  #noteTests(from: number, last: ScheduleStep): void {
    for (const property of this.#newlyTested()) this.#tests.push({ property, from, last });
  }

  #expand(count: number): void {
    const machine = this.#machine;
    const width = machine.width;
    const current = this.#current;
    const next = this.#next;
    const agents = machine.system.agents.length;
    const cores = machine.system.cores.length;
    const interrupts = machine.system.interrupts !== undefined;
    const states = this.#states;
    const { maxStates, first } = this.#options;
    const maxBytes = this.#options.maxBytes;
    const end = Math.min(this.#head + count, Number.MAX_SAFE_INTEGER);
    while (this.#head < end) {
      if (this.#head === states.size) {
        this.#finish();
        return;
      }
      if (states.size > maxStates) {
        this.#incomplete = { kind: 'states', limit: maxStates };
        this.#done = true;
        return;
      }
      const state = this.#head;
      if (state === this.#levelEnd) {
        this.#levelEnd = states.size;
        this.#depth++;
      }
      const at = state * width;
      for (let i = 0; i < width; i++) current[i] = states.data[at + i] as number;
      if (state >= this.#degrees.length) {
        this.#degrees = grownUint16(this.#degrees, state + 1);
        this.#flags = grownUint8(this.#flags, state + 1);
      }
      const before = this.#transitions;
      let flags = 0;
      if (machine.quiescent(current)) {
        flags = this.#rest(state);
      }
      if ((flags & CUT) === 0) {
        for (let agent = 0; agent < agents; agent++) {
          const outcomes = machine.outcomes(current, agent);
          for (let choice = 0; choice < outcomes; choice++) {
            for (let i = 0; i < width; i++) next[i] = current[i] as number;
            const fired = machine.fire(next, agent, choice);
            if (this.#tested) this.#noteTests(state, { kind: 'step', who: agent, choice });
            if (machine.raced) this.#race(state, { kind: 'step', who: agent, choice });
            if (fired === BROKEN) {
              this.#report(state, { kind: 'step', who: agent, choice });
              flags |= CUT;
            } else {
              if ((fired & PROGRESS) !== 0) flags |= CAN_PROGRESS;
              // A poll in vain leads nowhere, and need not be looked up to know it.
              const to = same(current, next, width) ? state : states.intern(next, 0);
              const process = choice > 0 && machine.isStale(current, agent, choice) ? NO_PROCESS : agent;
              this.#edge(to, process | (fired << PROCESS_BITS));
            }
          }
        }
        for (let core = 0; core < cores; core++) {
          const drains = machine.model.drains(current, core);
          for (let choice = 0; choice < drains; choice++) {
            for (let i = 0; i < width; i++) next[i] = current[i] as number;
            machine.drain(next, core, choice);
            this.#edge(states.intern(next, 0), agents + core);
          }
        }
        if (interrupts) flags |= this.#interrupt(state);
      }
      this.#flags[state] = flags;
      this.#degrees[state] = this.#transitions - before;
      this.#head = state + 1;
      if (first && this.#found.length > 0) {
        this.#done = true;
        return;
      }
    }
    if (this.bytes() > maxBytes) {
      this.#incomplete = { kind: 'memory', limit: maxBytes };
      this.#done = true;
    }
  }

  /** Handlers that can be entered now, and tasks that can wake for no reason. Returns flags of the state. */
  #interrupt(state: number): number {
    const machine = this.#machine;
    const next = this.#next;
    const { agents } = machine.system;
    let flags = 0;
    const { entering } = this.#processes;
    for (const handler of machine.handlers) {
      if (!machine.enters(this.#current, handler)) continue;
      next.set(this.#current);
      const fired = machine.enter(next, handler);
      if (this.#tested) this.#noteTests(state, { kind: 'enter', who: handler, choice: 0 });
      if (fired !== BROKEN) {
        this.#edge(this.#states.intern(next, 0), (entering[handler] as number) | (fired << PROCESS_BITS));
        continue;
      }
      this.#report(state, { kind: 'enter', who: handler, choice: 0 });
      flags |= CUT;
    }
    for (let agent = 0; agent < agents.length; agent++) {
      if (!machine.canWakeSpuriously(this.#current, agent)) continue;
      next.set(this.#current);
      const fired = machine.wakeSpuriously(next, agent);
      if (this.#tested) this.#noteTests(state, { kind: 'wake', who: agent, choice: 0 });
      if (fired !== BROKEN) {
        this.#edge(this.#states.intern(next, 0), NO_PROCESS | (fired << PROCESS_BITS));
        continue;
      }
      this.#report(state, { kind: 'wake', who: agent, choice: 0 });
      flags |= CUT;
    }
    return flags;
  }

  #edge(to: number, label: number): void {
    const edge = this.#transitions++;
    if (edge === this.#targets.length) {
      this.#targets = grownUint32(this.#targets, edge + 1);
      this.#labels = grownUint8(this.#labels, edge + 1);
    }
    this.#targets[edge] = to;
    this.#labels[edge] = label;
  }

  /** A quiescent state: asks the properties that look at those. Returns the state's flags. */
  #rest(state: number): number {
    const machine = this.#machine;
    this.#quiescent++;
    const view = machine.view(this.#current);
    let flags = 0;
    for (const { property, look } of this.#looks()) {
      const message = machine.monitors.guarded(property, 'a state at rest', () => look(view));
      if (message !== null) {
        this.#note({ property, message, from: state, last: null, cycle: null });
        flags |= CUT;
      }
    }
    if (flags === 0 && machine.monitors.allFree(this.#current[machine.monitorWord] as number)) {
      if (asked('home threw on a state at rest', () => machine.system.home?.(view) ?? true)) {
        flags |= AT_HOME;
        if (asked('finished threw on a state at rest', () => machine.finished(this.#current)))
          flags |= FINISHED;
        this.#home++;
      }
    }
    return flags;
  }

  get #processes(): Processes {
    return processesOf(this.#machine);
  }

  #looksOf: Machine | null = null;
  #looksCache: readonly Look[] = [];

  #looks(): readonly Look[] {
    if (this.#looksOf !== this.#machine) {
      const context = this.#machine.monitors.context;
      this.#looksCache = this.#options.properties.flatMap((property) => {
        const look = property.quiescent?.(context);
        return look === undefined ? [] : [{ property: property.name, look }];
      });
      this.#looksOf = this.#machine;
    }
    return this.#looksCache;
  }

  #report(from: number, last: ScheduleStep | null): void {
    for (const { property, message } of this.#machine.monitors.broken)
      this.#note({ property, message, from, last, cycle: null });
  }

  /**
   * A run goes on behind a race: what comes of it is to be found as well.
   * @throws Restart if it is none, by something that did not count so far.
   */
  #race(from: number, last: ScheduleStep): void {
    if (this.#raced) return;
    const ways = new Counterexamples(this.#machine, this.#states, this.#graph());
    const message = this.#options.judgeRace([...this.#options.from, ...ways.to(from), last]);
    if (message === null) throw new Restart();
    this.#raced = true;
    for (const { name, races } of this.#options.properties)
      if (races === true) this.#note({ property: name, message, from, last, cycle: null });
  }

  /** The first violation of each property is a shortest one: later ones are not kept. */
  #note(found: Found): void {
    if (!this.#found.some((known) => known.property === found.property)) this.#found.push(found);
  }

  /** The space is exhausted: judges what must stay reachable. */
  #finish(): void {
    this.#done = true;
    const notMet = this.#options.barriersNotMet?.() ?? [];
    // After a prefix, what the edits are about may lie behind.
    if (notMet.length > 0 && this.#options.from.length === 0) {
      throw new TargetError(
        'barrier-not-met',
        `the code never came to this: ${notMet.join('; ')}. Expected file:line, kind and operation of an access that it makes; the line may have moved.`,
      );
    }
    const { model, fullLocation } = this.#machine;
    if (model.bufferWasFull) {
      const limit = model.bufferDepth ?? 0;
      this.#incomplete =
        fullLocation === null
          ? { kind: 'buffer', depth: limit }
          : { kind: 'messages', location: fullLocation, limit };
      return;
    }
    const { properties } = this.#options;
    const graph = this.#graph();
    const space = { machine: this.#machine, graph, states: this.#states, flags: this.#flags, properties };
    for (const found of judge(space)) this.#note(found);
    this.#notifications = notifications(space);
  }

  #communication(): Communication | null {
    if (!this.#options.communication || this.#error !== null) return null;
    const machine = this.#machine;
    return communication(
      { machine, graph: this.#graph(), states: this.#states, flags: this.#flags },
      this.#head,
    );
  }

  #graph(): StateGraph {
    const states = this.#states.size;
    const offsets = new Uint32Array(states + 1);
    const cut = new Uint8Array(states);
    for (let state = 0; state < states; state++) {
      offsets[state + 1] = (offsets[state] as number) + (this.#degrees[state] as number);
      if (((this.#flags[state] as number) & CUT) !== 0 || state >= this.#head) cut[state] = 1;
    }
    return { states, offsets, targets: this.#targets, labels: this.#labels, cut };
  }

  #exercised(): Exercise[] {
    if (this.#tests.length + this.#testsBefore.length === 0) return [];
    const machine = this.#machine;
    const { from: prefix, properties } = this.#options;
    const ways = new Counterexamples(machine, this.#states, this.#graph());
    const schedules = new Map<string, readonly ScheduleStep[]>();
    for (const { property, steps } of this.#testsBefore) schedules.set(property, prefix.slice(0, steps));
    for (const { property, from, last } of this.#tests)
      schedules.set(property, [...prefix, ...ways.to(from), last]);
    const cells = machine.cells.late();
    return properties.flatMap(({ name: property }) => {
      const schedule = schedules.get(property);
      const situations = machine.monitors.exercised.get(property) ?? 0;
      return schedule === undefined ? [] : [{ property, situations, schedule, cells }];
    });
  }

  #violations(): Violation[] {
    if (this.#found.length === 0) return [];
    const counterexamples = new Counterexamples(this.#machine, this.#states, this.#graph());
    const { from: prefix } = this.#options;
    return this.#found.map(({ property, message, from, last, cycle }) => {
      const schedule = [...prefix, ...counterexamples.to(from)];
      const cycleStart = cycle === null ? null : schedule.length;
      if (last !== null) schedule.push(last);
      if (cycle !== null) schedule.push(...counterexamples.along(from, cycle));
      return { property, message, schedule, cycleStart, cells: this.#machine.cells.late() };
    });
  }
}

function same(a: Uint32Array, b: Uint32Array, width: number): boolean {
  // Positions stand last, and most steps change one.
  for (let i = width - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}
