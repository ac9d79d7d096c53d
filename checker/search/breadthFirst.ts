/**
 * Breadth-first search: every reachable state, in order of its distance from the first, so that the first
 * counterexample of a property is a shortest one. Works in slices, so that whoever drives it can show progress,
 * watch the time and be interrupted.
 */
import type { Goal, Property, StateView } from '../../properties/index.ts';
import { BROKEN, type Machine } from '../machine.ts';
import { PROGRESS } from '../position.ts';
import { Restart } from '../restart.ts';
import { grownUint8, grownUint16, grownUint32 } from '../store/growable.ts';
import { VectorTable } from '../store/vectorTable.ts';
import { asked, TargetError } from '../targetError.ts';
import type { CheckResult, IncompleteReason, ScheduleStep, Violation } from '../verdict.ts';

export interface BreadthFirstOptions {
  /** Makes the machine; again whenever the search has to start anew. */
  readonly build: () => Machine;
  readonly properties: readonly Property[];
  /** Stop at the first violation. */
  readonly first: boolean;
  readonly maxStates: number;
  readonly maxBytes: number;
  /** Steps to take before the search begins: it explores what can be reached after them. */
  readonly from: readonly ScheduleStep[];
}

/** Flags of a state. */
const AT_HOME = 1;
const CAN_PROGRESS = 2;
/** Not expanded, or not to the end: nothing is claimed about what it can reach. */
const CUT = 4;
/** At home with no work left: nothing need ever succeed again. */
const FINISHED = 8;

/** A violation before its schedule is known: found in state `from`, by its last step or by itself. */
interface Found {
  readonly property: string;
  readonly message: string;
  readonly from: number;
  readonly last: ScheduleStep | null;
}

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
   * Where the transitions of each state lead, one state's after the other's, without those that lead back to it; and
   * how many a state has. The first edge to a state is its parent's, so parents need no room of their own.
   */
  #degrees = new Uint16Array(1024);
  #edges = new Uint32Array(4096);
  #edgeCount = 0;
  #transitions = 0;
  #flags = new Uint8Array(1024);
  #head = 0;
  #levelEnd = 0;
  #depth = 0;
  #quiescent = 0;
  #home = 0;
  #found: Found[] = [];
  #incomplete: IncompleteReason | null = null;
  #error: TargetError | null = null;
  #done = false;
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
    const search =
      this.#states.bytes() + this.#degrees.byteLength + this.#edges.byteLength + this.#flags.byteLength;
    return search + this.#machine.bytes();
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
      states: this.#states.size,
      transitions: this.#transitions,
      depth: this.#depth,
      quiescentStates: this.#quiescent,
      homeStates: this.#home,
      longestOperations: Object.fromEntries([...machine.longestOperations].sort()),
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
    this.#edgeCount = 0;
    this.#transitions = 0;
    this.#head = 0;
    this.#depth = 0;
    this.#quiescent = 0;
    this.#home = 0;
    this.#found = [];
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
    if (machine.start(current) === BROKEN) return BROKEN;
    for (const { kind, who, choice } of this.#options.from) {
      const ways = kind === 'step' ? machine.outcomes(current, who) : machine.model.drains(current, who);
      if (choice >= ways)
        throw new RangeError(`the schedule to begin with has a ${kind} of ${who} that is not possible`);
      if (kind === 'drain') machine.model.drain(current, who, choice);
      else if (machine.fire(current, who, choice) === BROKEN) return BROKEN;
    }
    return 0;
  }

  #expand(count: number): void {
    const machine = this.#machine;
    const width = machine.width;
    const current = this.#current;
    const next = this.#next;
    const agents = machine.system.agents.length;
    const cores = machine.system.cores.length;
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
      const edges = this.#edgeCount;
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
            if (fired === BROKEN) {
              this.#report(state, { kind: 'step', who: agent, choice });
              flags |= CUT;
            } else {
              if ((fired & PROGRESS) !== 0) flags |= CAN_PROGRESS;
              // A poll in vain leads nowhere, and need not be looked up to know it.
              if (same(current, next, width)) this.#transitions++;
              else this.#edge(states.intern(next, 0));
            }
          }
        }
        for (let core = 0; core < cores; core++) {
          const drains = machine.model.drains(current, core);
          for (let choice = 0; choice < drains; choice++) {
            for (let i = 0; i < width; i++) next[i] = current[i] as number;
            machine.model.drain(next, core, choice);
            this.#edge(states.intern(next, 0));
          }
        }
      }
      this.#flags[state] = flags;
      this.#degrees[state] = this.#edgeCount - edges;
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

  #edge(to: number): void {
    this.#transitions++;
    if (this.#edgeCount === this.#edges.length) this.#edges = grownUint32(this.#edges, this.#edgeCount + 1);
    this.#edges[this.#edgeCount++] = to;
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
        this.#note({ property, message, from: state, last: null });
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
      this.#note({ property, message, from, last });
  }

  /** The first violation of each property is a shortest one: later ones are not kept. */
  #note(found: Found): void {
    if (!this.#found.some((known) => known.property === found.property)) this.#found.push(found);
  }

  /** The space is exhausted: judges what must stay reachable. */
  #finish(): void {
    this.#done = true;
    if (this.#machine.model.bufferWasFull) {
      this.#incomplete = { kind: 'buffer', depth: this.#machine.model.bufferDepth ?? 0 };
      return;
    }
    const goals: Goal[] = ['home', 'progress'];
    for (const goal of goals) {
      const properties = this.#options.properties.filter((property) => property.goal === goal);
      if (properties.length === 0) continue;
      const lost = this.#firstWithout(goal === 'home' ? AT_HOME | CUT : FINISHED | CAN_PROGRESS | CUT);
      if (lost < 0) continue;
      const message =
        goal === 'home'
          ? 'from here on the buffers can never all come home, with the cursors of both sides agreed'
          : 'from here on no operation can ever succeed again, though there is work left';
      for (const property of properties)
        this.#note({ property: property.name, message, from: lost, last: null });
    }
  }

  /** The first state from which no state with one of the flags can be reached, or -1. */
  #firstWithout(flags: number): number {
    const count = this.#states.size;
    const reaches = new Uint8Array(count);
    for (let state = 0; state < count; state++) {
      if (((this.#flags[state] as number) & flags) !== 0) reaches[state] = 1;
    }
    // Against the order of discovery most edges are followed in one sweep; sweep until nothing changes.
    for (let changed = true; changed; ) {
      changed = false;
      let end = this.#edgeCount;
      for (let state = count - 1; state >= 0; state--) {
        const first = end - (this.#degrees[state] as number);
        if (reaches[state] === 0) {
          for (let edge = first; edge < end; edge++) {
            if (reaches[this.#edges[edge] as number] === 1) {
              reaches[state] = 1;
              changed = true;
              break;
            }
          }
        }
        end = first;
      }
    }
    return reaches.indexOf(0);
  }

  // --- Counterexamples ---------------------------------------------------------------------------------------------

  #violations(): Violation[] {
    if (this.#found.length === 0) return [];
    const parents = this.#parents();
    return this.#found.map(({ property, message, from, last }) => {
      const path: number[] = [];
      for (let state = from; state !== 0; state = parents[state] as number) path.push(state);
      path.push(0);
      path.reverse();
      const schedule: ScheduleStep[] = [...this.#options.from];
      for (let i = 1; i < path.length; i++)
        schedule.push(this.#stepBetween(path[i - 1] as number, path[i] as number));
      if (last !== null) schedule.push(last);
      return { property, message, schedule, cells: this.#machine.cells.late() };
    });
  }

  /** Parent of each state: where the first edge to it comes from. Built when needed, as it costs 4 bytes a state. */
  #parents(): Uint32Array {
    const parents = new Uint32Array(this.#states.size).fill(0xffffffff);
    let edge = 0;
    for (let state = 0; state < this.#head; state++) {
      const end = edge + (this.#degrees[state] as number);
      for (; edge < end; edge++) {
        const to = this.#edges[edge] as number;
        if (parents[to] === 0xffffffff) parents[to] = state;
      }
    }
    return parents;
  }

  #stepBetween(from: number, to: number): ScheduleStep {
    const machine = this.#machine;
    const { width } = machine;
    const current = this.#states.data.slice(from * width, (from + 1) * width);
    const next = new Uint32Array(width);
    const target = this.#states.data.slice(to * width, (to + 1) * width);
    for (let agent = 0; agent < machine.system.agents.length; agent++) {
      const outcomes = machine.outcomes(current, agent);
      for (let choice = 0; choice < outcomes; choice++) {
        next.set(current);
        if (machine.fire(next, agent, choice) !== BROKEN && same(next, target, width))
          return { kind: 'step', who: agent, choice };
      }
    }
    for (let core = 0; core < machine.system.cores.length; core++) {
      const drains = machine.model.drains(current, core);
      for (let choice = 0; choice < drains; choice++) {
        next.set(current);
        machine.model.drain(next, core, choice);
        if (same(next, target, width)) return { kind: 'drain', who: core, choice };
      }
    }
    throw new Error(`internal: no step leads from state ${from} to state ${to}`);
  }
}

function same(a: Uint32Array, b: Uint32Array, width: number): boolean {
  // Positions stand last, and most steps change one.
  for (let i = width - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}
