/**
 * The port under the checker. It runs one turn of one agent: results recorded earlier are fed back in order, each
 * checked against the access that the code makes now; at the first access without a result it throws, which
 * suspends the agent there. Accesses to cells that only this agent reaches are served at once and are no steps.
 */
import {
  AccessError,
  bytesOf,
  type FenceOrdering,
  type Location,
  type MemoryPort,
  type OperationArguments,
  type Ordering,
  offsetOf,
  type PlainData,
  type Repeat,
  type RmwOperation,
  spaceOf,
} from '../memory/index.ts';
import {
  ACTION,
  type Access,
  type AccessTable,
  applyRmw,
  CAS,
  CHOOSE,
  FENCE,
  KIND_NAMES,
  LOAD,
  NO_ACCESS,
  PAUSE,
  READ,
  RMW,
  SPIN,
  STORE,
  sameAccess,
  WRITE,
} from './access.ts';
import { type Cell, type CellMap, SEVERAL, SHARED } from './cells.ts';
import { checkAccess } from './directPort.ts';
import { OperationStack } from './operationStack.ts';
import { canonical, plainCopy } from './plain.ts';
import {
  type Entry,
  type LoopEntry,
  type LoopRecord,
  type PrivateWords,
  privateKeyOf,
  type Root,
} from './position.ts';
import type { RawEvent } from './rawEvent.ts';
import type { ContentTable } from './store/contents.ts';
import type { SlotAction, System } from './system.ts';
import { TargetError } from './targetError.ts';

/** Thrown to suspend the agent. It must reach the engine. */
export const SUSPENSION: unique symbol = Symbol('suspended by the checker');
/** Alternatives that one choice may have. */
const MOST_CHOICES = 1024;
/** Passes of a loop without any step, after which it is taken never to make one. */
const IDLE_PASSES = 10_000;
/** Thrown when an operation exceeds its bound on accesses. */
class Unbounded extends Error {}

/** What an access does to its cell. */
type Reach = 'load' | 'store' | 'atomic';

/** Before the first turn. */
const NO_ROOT: Root = {
  id: -1,
  agent: -1,
  state: null,
  privateWords: new Map(),
  privateKey: '',
  position: -1,
  pausedPosition: -1,
  deadPosition: -1,
};

/** What the port needs of the engine around it. */
export interface SteppedPortHost {
  readonly system: System;
  readonly cells: CellMap;
  readonly contents: ContentTable;
  readonly accesses: AccessTable;
  /** First word of a cell. */
  initialWord(cell: Cell): number;
  /** Whether a fence can be noticed by anybody under the memory model: else it is merged away. */
  fenceIsStep(order: FenceOrdering): boolean;
  /** Interns the end of a loop's pass, or of the loop. */
  loopEntry(root: Root, parent: Entry | null, loop: LoopRecord): LoopEntry;
  /** Where the code stands now, if sites are recorded. */
  site(): string | null;
}

export class SteppedPort implements MemoryPort {
  readonly agent: number;
  readonly core: number;
  readonly #host: SteppedPortHost;

  #root: Root;
  #entries: Entry[] = [];
  #cursor = 0;
  #private = new Map<number, number>();
  readonly #operations = new OperationStack();
  #loops = 0;
  /** Moves of ownership told of since the last step, and among the events that wait for the next one. */
  #moves = 0;
  #waitingMoves = 0;
  /** A move before the turn's first step would share its step with one that was made before the turn. */
  #carried = false;
  #eventsBefore = 0;
  /**
   * The call of an operation that gives a buffer away, and what follows until the next step: it belongs to that step,
   * not to the one before. So ownership ends when the operation first acts, and others may come in before.
   */
  #waiting: RawEvent[] = [];
  /** What the port threw and will throw again at each access, whoever catches it. */
  #thrown: Error | null = null;
  /** Operation out of which the implementation threw last. */
  #thrownBy: string | null = null;

  /** What the step has caused so far; read by the engine after the run. */
  events: RawEvent[] = [];
  suspended = false;
  /** The access at which it is suspended; null when it waits for a step of its own before the turn (`pausedAtStart`). */
  pending: Access | null = null;
  pausedAtStart = false;
  site: string | null = null;
  merged: string[] = [];

  constructor(agent: number, core: number, host: SteppedPortHost) {
    this.#root = NO_ROOT;
    this.agent = agent;
    this.core = core;
    this.#host = host;
  }

  /** Begins the run of a step; or, `first`, the way to the first one, which several agents go at the same time. */
  beginStep(first: boolean): void {
    this.events = [];
    this.merged = [];
    this.#moves = 0;
    this.#carried = first;
  }

  /** Begins a turn, with the results recorded in it so far. */
  beginTurn(root: Root, newest: Entry | null): void {
    this.#carried = newest === null && (this.#carried || this.#moves > 0);
    this.#eventsBefore = this.events.length;
    this.pausedAtStart = false;
    this.#root = root;
    const entries: Entry[] = new Array(newest?.length ?? 0);
    for (let entry = newest; entry !== null; entry = entry.parent) entries[entry.length - 1] = entry;
    this.#entries = entries;
    this.#cursor = 0;
    this.#private = new Map(root.privateWords);
    this.#operations.clear();
    this.#loops = 0;
    this.#moves = 0;
    this.#waitingMoves = 0;
    this.#waiting = [];
    this.#thrown = null;
    this.#thrownBy = null;
    this.suspended = false;
    this.pending = null;
    this.site = null;
  }

  /** Ends a turn that returned: what still waits for a step has none left in it. */
  endTurn(): void {
    this.#checkSuspended();
    this.#settle();
  }

  /** What the port threw out of an access, even if the implementation caught it; null: nothing. */
  get thrown(): Error | null {
    return this.#thrown;
  }

  get newest(): Entry | null {
    return this.#entries[this.#entries.length - 1] ?? null;
  }

  get privateWords(): PrivateWords {
    return this.#private;
  }

  get operations(): readonly string[] {
    const open = this.#operations.names;
    const waiting =
      this.pending?.kind === PAUSE ? this.#waiting.find(({ kind }) => kind === 'call') : undefined;
    // An operation without any access is over by the time it gets a step.
    return waiting?.kind === 'call' && !open.includes(waiting.operation)
      ? [...open, waiting.operation]
      : open;
  }

  /** The turn has begun, but nothing has happened in it yet, and it is not about to give a buffer away. */
  get isResting(): boolean {
    return this.#entries.length === 0 && this.#waitingMoves === 0;
  }

  /** Whether all recorded results have been consumed: what happens now is new. */
  get isLive(): boolean {
    return this.#cursor === this.#entries.length;
  }

  load(at: Location, order: Ordering): number {
    const cell = this.#cell(at, 'load');
    const within = offsetOf(at) - cell.byteOffset;
    const word = this.#isPrivate(cell)
      ? this.#part(cell, within, bytesOf(at), this.#privateWord(cell))
      : this.#step({ ...NO_ACCESS, kind: LOAD, cell: cell.number, within, bytes: bytesOf(at), order });
    this.#learn(cell, within, bytesOf(at), word);
    return cell.block ? this.#host.accesses.number(word) : word;
  }

  store(at: Location, value: number, order: Ordering): void {
    const cell = this.#cell(at, 'store');
    const bytes = bytesOf(at);
    const within = offsetOf(at) - cell.byteOffset;
    const word = this.#wordOf(cell, value, bytes, at);
    if (this.#isPrivate(cell)) {
      this.#change(cell, within, bytes, word, this.#privateWord(cell));
      this.#storePrivate(cell, within, word);
    } else {
      this.#step({ ...NO_ACCESS, kind: STORE, cell: cell.number, within, bytes, order, value: word });
      this.#change(cell, within, bytes, word, null);
    }
    // A seq_cst store is followed by a full fence (design of the hardware mappings: x86 xchg, Arm stlr + dmb).
    if (order === 'seq_cst') this.fence('seq_cst');
  }

  rmw(at: Location, operation: RmwOperation, value: number, order: Ordering): number {
    const cell = this.#cell(at, 'atomic');
    const bytes = bytesOf(at);
    const within = offsetOf(at) - cell.byteOffset;
    const operand = this.#wordOf(cell, value, bytes, at);
    const access = {
      ...NO_ACCESS,
      kind: RMW,
      cell: cell.number,
      within,
      bytes,
      order,
      operation,
      value: operand,
    };
    const word = this.#isPrivate(cell) ? this.#atomicPart(cell, within, bytes, null) : this.#step(access);
    const old = cell.block ? this.#host.accesses.number(word) : word;
    const result = this.#wordOf(cell, applyRmw(operation, old, value, bytes), bytes, at);
    this.#change(cell, within, bytes, result, word);
    if (this.#isPrivate(cell)) this.#storePrivate(cell, within, result);
    return old;
  }

  cas(at: Location, expected: number, desired: number, order: Ordering, failureOrder: Ordering): number {
    const cell = this.#cell(at, 'atomic');
    const bytes = bytesOf(at);
    const within = offsetOf(at) - cell.byteOffset;
    const expectedWord = this.#wordOf(cell, expected, bytes, at);
    const desiredWord = this.#wordOf(cell, desired, bytes, at);
    const word = this.#isPrivate(cell)
      ? this.#atomicPart(cell, within, bytes, expectedWord)
      : this.#step({
          ...NO_ACCESS,
          kind: CAS,
          cell: cell.number,
          within,
          bytes,
          order,
          failureOrder,
          value: desiredWord,
          expected: expectedWord,
        });
    if (word === expectedWord) {
      this.#change(cell, within, bytes, desiredWord, word);
      if (this.#isPrivate(cell)) this.#storePrivate(cell, within, desiredWord);
    } else {
      this.#learn(cell, within, bytes, word);
    }
    return cell.block ? this.#host.accesses.number(word) : word;
  }

  fence(order: FenceOrdering): void {
    this.#count('a fence');
    if (this.#host.fenceIsStep(order)) this.#step({ ...NO_ACCESS, kind: FENCE, order });
    else this.#noteMerged(`fence ${order}`);
  }

  readRange(byteOffset: number, into: Uint8Array): void {
    if (into.length === 0) return;
    const cell = this.#rangeCell(byteOffset, into.length, 'load');
    const within = byteOffset - cell.byteOffset;
    const bytes = into.length;
    const content = this.#isPrivate(cell)
      ? this.#host.contents.slice(this.#privateWord(cell), within, bytes)
      : this.#step({ ...NO_ACCESS, kind: READ, cell: cell.number, within, bytes, order: 'plain' });
    this.#learn(cell, within, bytes, content);
    this.#emit({ kind: 'payload', access: 'read', byteOffset, length: bytes, content });
    into.set(this.#host.contents.bytesOf(content));
  }

  writeRange(byteOffset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const cell = this.#rangeCell(byteOffset, bytes.length, 'store');
    const within = byteOffset - cell.byteOffset;
    const content = this.#host.contents.intern(bytes);
    if (this.#isPrivate(cell)) {
      this.#change(cell, within, bytes.length, content, this.#privateWord(cell));
      this.#storePrivate(cell, within, content);
    } else {
      const access = { kind: WRITE, cell: cell.number, within, bytes: bytes.length, value: content };
      this.#step({ ...NO_ACCESS, ...access, order: 'plain' });
      this.#change(cell, within, bytes.length, content, null);
    }
    this.#emit({ kind: 'payload', access: 'write', byteOffset, length: bytes.length, content });
  }

  choose(count: number): number {
    this.#checkSuspended();
    if (!Number.isInteger(count) || count < 1 || count > MOST_CHOICES) {
      throw new RangeError(`choose(${count}): expected 1..${MOST_CHOICES}`);
    }
    if (count === 1) return 0;
    return this.#step({ ...NO_ACCESS, kind: CHOOSE, argument: count });
  }

  action(name: string, argument: number): number {
    this.#checkSuspended();
    return this.#step({ ...NO_ACCESS, kind: ACTION, name, argument });
  }

  repeat<S extends PlainData, R extends PlainData | undefined>(
    state: S,
    body: (state: S) => Repeat<S, R>,
  ): R {
    this.#checkSuspended();
    const nesting = this.#loops;
    const base = this.#cursor;
    const outer = this.#operations.counts();
    let current: PlainData = state;
    /** Where passes began in this run: to be there again means that no step was made in between. */
    const begun = new Set<Entry>();
    const recorded = this.#entries[base];
    if (recorded !== undefined && recorded.kind !== 'access' && recorded.nesting === nesting) {
      this.#resume(recorded);
      // The loop's own state or result, as its body returned it: of type S, or R.
      if (recorded.kind === 'done') return structuredClone(recorded.data) as R;
      current = recorded.data ?? null;
      begun.add(recorded);
      const next = this.#entries[this.#cursor];
      if (next?.kind === 'access' && this.#host.accesses.get(next.access).kind === SPIN) this.#spin();
    }
    for (let passes = 0; ; passes++) {
      this.#loops = nesting + 1;
      const before = this.#cursor;
      // What the body returned last is of type S, and so is its copy.
      const pass = body(structuredClone(current) as S);
      this.#loops = nesting;
      this.#checkSuspended();
      this.#settle();
      if (this.#cursor > before) {
        begun.clear();
        passes = 0;
      }
      this.#operations.endPass(outer);
      if ('done' in pass) {
        this.#forget(base, 'done', nesting, pass.done);
        return pass.done;
      }
      const entry = this.#forget(base, 'again', nesting, pass.again);
      if (begun.has(entry)) this.#spin();
      if (passes === IDLE_PASSES) {
        const operation = this.#operations.innermost ?? 'the program';
        throw this.#fail(
          new Unbounded(`a loop of ${operation} goes round without any step: nobody else could ever run`),
        );
      }
      begun.add(entry);
      current = entry.data ?? null;
    }
  }

  op<R extends PlainData | undefined>(name: string, args: OperationArguments, body: () => R): R {
    this.#checkSuspended();
    const depth = this.#operations.push(name);
    const contract = this.#host.system.operations[name];
    this.#thrownBy = null;
    const before = this.#arguments(name, args);
    const given = contract?.onCall?.(before) ?? null;
    const call: RawEvent = { kind: 'call', operation: name, depth, args: before };
    if (given === null) {
      this.#emit(call);
    } else {
      this.#waiting.push(call);
      this.#move(given, depth, 'call');
    }
    const result = this.#body(body, name, depth);
    const after = this.#arguments(name, args);
    const plainResult = plainCopy(result, `the result of ${name}`);
    const { accesses, changed } = this.#operations.pop();
    this.#emit({
      kind: 'return',
      operation: name,
      depth,
      args: after,
      result: plainResult,
      accesses,
      changed: changed.map((cell) => this.#nameOf(cell)).sort(),
    });
    const allocated = contract?.allocates?.(after, plainResult) ?? null;
    if (allocated !== null) this.#emit({ kind: 'allocation', ...allocated });
    this.#move(contract?.onReturn?.(after, plainResult) ?? null, depth, 'return');
    return result;
  }

  #body<R>(body: () => R, operation: string, depth: number): R {
    try {
      const result = body();
      this.#checkSuspended();
      return result;
    } catch (error) {
      // Left by an exception of its own, which a caller may expect: what follows is outside of the operation.
      if (!this.suspended && this.#thrown === null) {
        this.#thrownBy ??= operation;
        this.#operations.leave(depth);
      }
      throw error;
    }
  }

  /** What went wrong when the implementation threw, as an event; after what happened before it. */
  fault(error: unknown): RawEvent {
    if (this.isLive) this.events.push(...this.#waiting);
    this.#waiting = [];
    const operation = this.#thrownBy ?? this.#operations.innermost;
    if (error instanceof AccessError)
      return { kind: 'fault', fault: error.code, operation, message: error.message };
    if (error instanceof Unbounded)
      return { kind: 'fault', fault: 'unbounded', operation, message: error.message };
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return {
      kind: 'fault',
      fault: 'threw',
      operation,
      message: `${operation ?? 'the program'} threw ${message}`,
    };
  }

  // --- Steps -------------------------------------------------------------------------------------------------------

  /** The result of an access that is a step: recorded, or not known yet, which suspends the agent. */
  #step(access: Access): number {
    this.#checkSuspended();
    const entry = this.#entries[this.#cursor];
    if (entry === undefined) {
      this.pending = access;
      // A step that the engine makes by itself stands nowhere in the code.
      this.site = access.kind === PAUSE || access.kind === SPIN ? null : this.#host.site();
      this.#suspend();
    }
    if (entry.kind !== 'access' || !sameAccess(this.#host.accesses.get(entry.access), access)) {
      throw this.#fail(this.#nondeterministic(entry, access));
    }
    this.#cursor++;
    this.#carried = false;
    // The newest result is the step being made: what waited for it happens now, and then the access itself.
    if (this.isLive) this.events.push(...this.#waiting);
    this.#moves = access.kind === PAUSE ? this.#waitingMoves : 0;
    this.#waiting = [];
    this.#waitingMoves = 0;
    if (access.cell >= 0) {
      const cell = this.#host.cells.cell(access.cell);
      const failed = access.kind === CAS && entry.word !== access.expected;
      const writes = access.kind !== LOAD && access.kind !== READ && !failed;
      this.#watch(cell.memory, cell.byteOffset + access.within, access.bytes, writes);
    }
    return entry.word;
  }

  /** A step that does nothing: a loop came back to where it was, and others may run before it looks again. */
  #spin(): void {
    this.#step({ ...NO_ACCESS, kind: SPIN });
  }

  #suspend(): never {
    this.suspended = true;
    throw SUSPENSION;
  }

  /** Code that goes on after it was suspended has caught what was not meant for it: keep throwing. */
  #checkSuspended(): void {
    if (this.suspended) throw SUSPENSION;
    if (this.#thrown !== null) throw this.#thrown;
  }

  /** Notes what is thrown out of an access, so that whoever catches it cannot go on as if nothing were. */
  #fail<E extends Error>(error: E): E {
    this.#thrown ??= error;
    return error;
  }

  #nondeterministic(entry: Entry, now: Access): TargetError {
    const recorded =
      entry.kind === 'access' ? this.describe(this.#host.accesses.get(entry.access)) : 'a loop';
    return new TargetError(
      'nondeterministic',
      `agent ${this.#host.system.agents[this.agent]?.name}: run again with the same results, the code made another access. ` +
        `Recorded: ${recorded}; now: ${this.describe(now)}. ` +
        `Keep all state in the port's memories or in the program's state, and use no time, no random numbers.`,
    );
  }

  /** An access in words, for messages. */
  describe(access: Access): string {
    const cell = access.cell < 0 ? null : this.#host.cells.cell(access.cell);
    const place =
      cell === null
        ? access.name
        : this.#host.cells.nameOf(cell.memory, cell.byteOffset + access.within, access.bytes);
    const value = access.kind === STORE ? ` = ${access.value}` : '';
    return `${KIND_NAMES[access.kind]} ${place}${value} ${access.order}`.replace(/ +/g, ' ').trim();
  }

  // --- Cells -------------------------------------------------------------------------------------------------------

  /** Runs what may throw out of an access, and notes what it threw. */
  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#fail(error as Error); // Only errors of ours are thrown in there.
    }
  }

  #cell(at: Location, writes: Reach): Cell {
    this.#checkSuspended();
    const { system, cells } = this.#host;
    const local = spaceOf(at) === 'local';
    const memory = local ? this.core : SHARED;
    const bytes = bytesOf(at);
    const byteOffset = offsetOf(at);
    const limit = local ? system.localBytes : system.sharedBytes;
    const name = (of: number, from: number, length: number): string => cells.nameOf(of, from, length);
    this.#guarded(() => checkAccess(memory, limit, byteOffset, bytes, bytes, name));
    return this.#reach(memory, byteOffset, bytes, false, writes);
  }

  #rangeCell(byteOffset: number, length: number, writes: Reach): Cell {
    this.#checkSuspended();
    const { system, cells } = this.#host;
    const name = (of: number, from: number, bytes: number): string => cells.nameOf(of, from, bytes);
    this.#guarded(() => checkAccess(SHARED, system.sharedBytes, byteOffset, length, 1, name));
    return this.#reach(SHARED, byteOffset, length, true, writes);
  }

  #reach(memory: number, byteOffset: number, bytes: number, range: boolean, writes: Reach): Cell {
    const { cells } = this.#host;
    const name = (): string => cells.nameOf(memory, byteOffset, bytes);
    this.#count(name);
    const cell = this.#guarded(() => cells.resolve(memory, byteOffset, bytes, range, this.agent));
    if (cell.agent !== SEVERAL) {
      this.#noteMerged(name);
      if (writes !== 'atomic') this.#watch(memory, byteOffset, bytes, writes === 'store');
    }
    return cell;
  }

  /** Tells monitors of an access to shared memory, when it has happened. */
  #watch(memory: number, byteOffset: number, length: number, writes: boolean): void {
    const { system, cells } = this.#host;
    if (system.watchAccesses !== true || memory !== SHARED) return;
    const operation = this.#operations.innermost;
    const name = cells.nameOf(memory, byteOffset, length);
    this.#emit({ kind: 'access', writes, byteOffset, length, name, operation });
  }

  #isPrivate(cell: Cell): boolean {
    return cell.agent !== SEVERAL;
  }

  #privateWord(cell: Cell): number {
    return this.#private.get(cell.number) ?? this.#host.initialWord(cell);
  }

  #storePrivate(cell: Cell, within: number, word: number): void {
    const stored = cell.block ? this.#host.contents.splice(this.#privateWord(cell), within, word) : word;
    if (stored === this.#host.initialWord(cell)) this.#private.delete(cell.number);
    else this.#private.set(cell.number, stored);
  }

  #part(cell: Cell, within: number, bytes: number, word: number): number {
    return cell.block ? this.#host.contents.slice(word, within, bytes) : word;
  }

  /** A read-modify-write of what nobody else sees is a full fence all the same: x86 code uses it as one. */
  #atomicPart(cell: Cell, within: number, bytes: number, expected: number | null): number {
    if (this.#host.fenceIsStep('seq_cst')) this.#step({ ...NO_ACCESS, kind: FENCE, order: 'seq_cst' });
    const word = this.#part(cell, within, bytes, this.#privateWord(cell));
    this.#watch(cell.memory, cell.byteOffset + within, bytes, expected === null || word === expected);
    return word;
  }

  /** A scalar as the word of its cell: cut to its width, as content if the cell is a block. */
  #wordOf(cell: Cell, value: number, bytes: number, at: Location): number {
    if (!Number.isSafeInteger(value) || (bytes === 8 && value < 0)) {
      const name = this.#host.cells.nameOf(cell.memory, offsetOf(at), bytes);
      const message = `${value} stored to ${name}: expected a safe integer, 0..2^53-1`;
      throw this.#fail(new AccessError('unsafe-integer', name, offsetOf(at), bytes, message));
    }
    const cut = bytes === 8 ? value : bytes === 4 ? value >>> 0 : value & ((1 << (bytes * 8)) - 1);
    return cell.block ? this.#host.accesses.content(cut, bytes) : cut;
  }

  // --- Operations --------------------------------------------------------------------------------------------------

  #count(what: string | (() => string)): void {
    this.#checkSuspended();
    const bound = this.#host.system.accessBound;
    const exceeded = this.#operations.count(bound);
    if (exceeded === null) return;
    const last = typeof what === 'string' ? what : what();
    throw this.#fail(
      new Unbounded(
        `${exceeded} made more than ${bound} accesses without an end, the last to ${last}. ` +
          `If that loop is meant to go on until another agent acts, write it with port.repeat.`,
      ),
    );
  }

  /** A whole cell's word has become known to the open operations. */
  #learn(cell: Cell, within: number, bytes: number, word: number): void {
    if (within === 0 && bytes === cell.bytes) this.#operations.learn(cell.number, word);
  }

  /** A store by the open operations. `before`: what stood there, if it is known for certain. */
  #change(cell: Cell, within: number, bytes: number, word: number, before: number | null): void {
    const whole = within === 0 && bytes === cell.bytes;
    this.#operations.change(cell.number, whole ? word : null, before);
  }

  #nameOf(number: number): string {
    const { memory, byteOffset, bytes } = this.#host.cells.cell(number);
    return this.#host.cells.nameOf(memory, byteOffset, bytes);
  }

  #arguments(operation: string, args: OperationArguments): Readonly<Record<string, PlainData>> {
    const copy: Record<string, PlainData> = {};
    for (const [name, value] of Object.entries(args))
      copy[name] = plainCopy(value, `argument ${name} of ${operation}`);
    return copy;
  }

  /** Told with the step just made; or, if something waits for the next step, after that. */
  #emit(event: RawEvent): void {
    if (this.#waiting.length > 0) this.#waiting.push(event);
    else if (this.isLive) this.events.push(event);
  }

  /**
   * Ownership moves: at a call with the next step, at a return with the one just made. Nobody could come in between two
   * moves in one step, so a second one without an access before it makes a step of its own.
   */
  #move(action: SlotAction | null, depth: number, when: 'call' | 'return'): void {
    if (action === null) return;
    const { event: name, address, length = -1 } = action;
    const event: RawEvent = { kind: 'slot', event: name, depth, address, length };
    if (this.#waitingMoves > 0) this.#step({ ...NO_ACCESS, kind: PAUSE });
    if (when === 'call') {
      this.#waiting.push(event);
      this.#waitingMoves++;
      return;
    }
    if (this.#carried) this.#pauseAtStart();
    if (this.#moves > 0) this.#step({ ...NO_ACCESS, kind: PAUSE });
    if (this.isLive) this.events.push(event);
    this.#moves++;
  }

  /** Nothing of the turn has happened yet: it will, after a step of its own. */
  #pauseAtStart(): never {
    this.events.length = this.#eventsBefore;
    this.pausedAtStart = true;
    this.#suspend();
  }

  /** No step follows to which the waiting events could belong: they get one if they move something. */
  #settle(): void {
    if (this.#waitingMoves > 0) this.#step({ ...NO_ACCESS, kind: PAUSE });
    if (this.isLive) this.events.push(...this.#waiting);
    this.#waiting = [];
  }

  // --- Loops -------------------------------------------------------------------------------------------------------

  #resume(recorded: LoopEntry): void {
    this.#cursor++;
    this.#carried = false;
    this.#moves = recorded.moved ? 1 : 0;
    this.#waitingMoves = 0;
    this.#waiting = [];
    this.#private = new Map(recorded.privateWords);
    this.#operations.restore(recorded.frames);
  }

  /** Drops the results recorded since the loop began, and records in their place where it stands. */
  #forget(base: number, kind: LoopEntry['kind'], nesting: number, data: PlainData | undefined): LoopEntry {
    if (!this.isLive) {
      const message = 'a loop ended earlier than when its results were recorded';
      throw this.#fail(new TargetError('nondeterministic', message));
    }
    const frames = this.#operations.records();
    const text = this.#guarded(() => (data === undefined ? '' : canonical(data, 'the state of a loop')));
    const parent = this.#entries[base - 1] ?? null;
    const entry = this.#host.loopEntry(this.#root, parent, {
      kind,
      nesting,
      // A copy: the target may change what it returned.
      data: text === '' ? undefined : JSON.parse(text),
      privateWords: new Map(this.#private),
      frames,
      moved: this.#moves > 0,
      key: `${kind}|${nesting}|${this.#moves > 0}|${text}|${privateKeyOf(this.#private)}|${JSON.stringify(frames)}`,
    });
    this.#entries.length = base;
    this.#entries.push(entry);
    this.#cursor = base + 1;
    return entry;
  }

  #noteMerged(what: string | (() => string)): void {
    if (!this.isLive || this.#host.site === noSite) return;
    this.merged.push(typeof what === 'string' ? what : what());
  }
}

/** A host that records no sites. */
export function noSite(): null {
  return null;
}
