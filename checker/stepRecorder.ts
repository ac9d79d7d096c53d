/**
 * The record of one turn of one agent: the results of its steps so far, fed back in order when it runs again, each
 * checked against the access that the code makes now. At the first step without a result it throws, which suspends the
 * agent there. It also puts events and moves of ownership with the steps that they belong to.
 */
import { AccessError, type FenceOrdering, type Ordering, type PlainData } from '../memory/index.ts';
import {
  ACTION,
  type Access,
  type AccessTable,
  ASLEEP,
  applyRmw,
  CAS,
  CLEAR,
  DISABLE,
  ENABLE,
  ENTER,
  FENCE,
  GIVE,
  IMPLIED,
  KIND_NAMES,
  MASK,
  NO_ACCESS,
  PAUSE,
  READ,
  RING,
  RMW,
  SPIN,
  STORE,
  sameAccess,
  TAKE,
  UNMASK,
  WAIT,
  WRITE,
} from './access.ts';
import { type Cell, type CellMap, SHARED } from './cells.ts';
import { isMove } from './chains.ts';
import { OperationStack } from './operationStack.ts';
import { canonical } from './plain.ts';
import type { AccessEntry, Entry, LoopEntry, LoopRecord, Root } from './position.ts';
import { FIRST_WORDS, type PrivateWords } from './privateWords.ts';
import type { RawEvent } from './rawEvent.ts';
import { Restart } from './restart.ts';
import type { ContentTable } from './store/contents.ts';
import type { Actions, ChainAction, SlotAction, System } from './system.ts';
import { TargetError } from './targetError.ts';

/** Thrown to suspend the agent. It must reach the engine. */
export const SUSPENSION: unique symbol = Symbol('suspended by the checker');
/** Thrown when an operation exceeds its bound on accesses. */
export class Unbounded extends Error {}
/** Thrown when a run that has gone on with guessed results would teach something: only what really happens may. */
export const ABANDONED: unique symbol = Symbol('abandoned by the checker');

/** Names of the actions that the interrupt unit knows. */
const UNIT_ACTION_NAMES: ReadonlyMap<number, string> = new Map(
  [RING, CLEAR, ENABLE, DISABLE, MASK, UNMASK, WAIT, GIVE, TAKE].map((kind) => [
    kind,
    KIND_NAMES[kind] ?? '',
  ]),
);

/** Before the first turn. */
const NO_ROOT: Root = {
  id: -1,
  agent: -1,
  state: null,
  privateWords: FIRST_WORDS,
  position: -1,
  pausedPosition: -1,
  deadPosition: -1,
  told: true,
};

/** What the port needs of the engine around it. */
export interface SteppedPortHost {
  readonly system: System;
  readonly cells: CellMap;
  readonly contents: ContentTable;
  readonly accesses: AccessTable;
  readonly privates: PrivateWords;
  /** First word of a cell. */
  initialWord(cell: Cell): number;
  /** Whether a fence can be noticed by anybody under the memory model: else it is merged away. */
  fenceIsStep(order: FenceOrdering): boolean;
  /** Whether a release store orders the core's later stores, whoever reaches its location. */
  readonly releaseStoreIsFence: boolean;
  /** Whether a read-modify-write is a full fence, whoever reaches its location. */
  readonly updateIsFence: boolean;
  /** Whether seq_cst loads and read-modify-writes come with fences of their own. */
  readonly accessBringsFences: boolean;
  /** Interns the end of a loop's pass, or of the loop. */
  loopEntry(root: Root, parent: Entry | null, loop: LoopRecord): LoopEntry;
  /** Where the code stands now, if sites are recorded. */
  site(): string | null;
}

/** One agent's recorder; its port adds the accesses. */
export abstract class StepRecorder {
  readonly agent: number;
  readonly core: number;
  protected readonly host: SteppedPortHost;

  #root: Root;
  protected entries: Entry[] = [];
  protected cursor = 0;
  /** Words of the cells that only this agent reaches, and what has changed of them since. */
  #privateWords = FIRST_WORDS;
  readonly #privateChanges = new Map<number, number>();
  protected readonly stack = new OperationStack();
  protected loops = 0;
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
  protected waiting: RawEvent[] = [];
  /** What the port threw and will throw again at each access, whoever catches it. */
  protected failure: Error | typeof ABANDONED | null = null;
  /** Operation out of which the implementation threw last. */
  protected thrownBy: string | null = null;

  /** What the step has caused so far; read by the engine after the run. */
  events: RawEvent[] = [];
  suspended = false;
  /** The access at which it is suspended; null when it waits for a step of its own before the turn (`pausedAtStart`). */
  pending: Access | null = null;
  pausedAtStart = false;
  /** Whether some result in this run is a guess. */
  guesses = false;
  /** Asked at a step without a result: a guess to go on with, whatever becomes of it; null: suspend. */
  guess: (() => AccessEntry | null) | null = null;
  site: string | null = null;
  merged: string[] = [];
  /** Fences of the step that no memory model could notice, in order. */
  fences: FenceOrdering[] = [];

  constructor(agent: number, core: number, host: SteppedPortHost) {
    this.#root = NO_ROOT;
    this.agent = agent;
    this.core = core;
    this.host = host;
  }

  /** Begins the run of a step; or, `first`, the way to the first one, which several agents go at the same time. */
  beginStep(first: boolean): void {
    this.events = [];
    this.merged = [];
    this.fences = [];
    this.#moves = 0;
    this.#carried = first;
    this.guesses = false;
  }

  /** Begins a turn, with the results recorded in it so far. */
  beginTurn(root: Root, newest: Entry | null): void {
    this.#carried = newest === null && (this.#carried || this.#moves > 0);
    this.#eventsBefore = this.events.length;
    this.pausedAtStart = false;
    this.#root = root;
    const entries: Entry[] = new Array(newest?.length ?? 0);
    for (let entry = newest; entry !== null; entry = entry.parent) entries[entry.length - 1] = entry;
    this.entries = entries;
    this.cursor = 0;
    this.#privateWords = root.privateWords;
    this.#privateChanges.clear();
    this.stack.clear();
    this.loops = 0;
    this.#moves = 0;
    this.#waitingMoves = 0;
    this.waiting = [];
    this.failure = null;
    this.thrownBy = null;
    this.suspended = false;
    this.pending = null;
    this.site = null;
  }

  /** Ends a turn that returned: what still waits for a step has none left in it. */
  endTurn(): void {
    this.checkSuspended();
    this.settle();
  }

  /** What the port threw out of an access, even if the implementation caught it; null: nothing. */
  get thrown(): Error | typeof ABANDONED | null {
    return this.failure;
  }

  /** Where the turn began. */
  get root(): Root {
    return this.#root;
  }

  get newest(): Entry | null {
    return this.entries[this.entries.length - 1] ?? null;
  }

  /** Number of the words that now stand in the cells which only this agent reaches. */
  get privateWords(): number {
    this.#privateWords = this.host.privates.changed(this.#privateWords, this.#privateChanges);
    this.#privateChanges.clear();
    return this.#privateWords;
  }

  protected privateWord(cell: Cell): number {
    const { number } = cell;
    const first = this.host.initialWord(cell);
    const change = this.#privateChanges.get(number);
    if (change !== undefined) return (change ^ first) >>> 0;
    return this.host.privates.word(this.#privateWords, number, first);
  }

  protected setPrivateWord(cell: Cell, word: number): void {
    // With more room, then.
    if (!this.host.privates.holds(cell.number)) throw this.fail(new Restart());
    this.#privateChanges.set(cell.number, (word ^ this.host.initialWord(cell)) >>> 0);
  }

  get operations(): readonly string[] {
    const open = this.stack.names;
    const waiting =
      this.pending?.kind === PAUSE ? this.waiting.find(({ kind }) => kind === 'call') : undefined;
    // An operation without any access is over by the time it gets a step.
    return waiting?.kind === 'call' && !open.includes(waiting.operation)
      ? [...open, waiting.operation]
      : open;
  }

  /** Of the open operations the last that was called. */
  get innermostOperation(): string | null {
    return this.stack.innermost;
  }

  /** Addresses of the buffers that open operations are giving away. */
  get giving(): readonly number[] {
    return this.stack.giving;
  }

  /**
   * Nothing is in progress: the turn has begun, but nothing has happened in it yet, and it is not about to give a buffer
   * away; or it waits, in no operation but one for waiting, for what others have to do.
   */
  get isResting(): boolean {
    if (this.#waitingMoves > 0) return false;
    // Moves without any access have been told, although the turn has made no step yet.
    return this.entries.length === 0 ? this.#moves === 0 || this.restsWithin : this.restsWithin;
  }

  /** It rests within a turn, so that the turn's start does not say what its private cells hold. */
  get restsWithin(): boolean {
    const kind = this.pending?.kind;
    const waits = kind === WAIT || kind === ASLEEP || kind === TAKE;
    if (!waits) return false;
    const { operations } = this.host.system;
    return this.stack.names.every((name) => operations[name]?.waits === true);
  }

  /** Whether all recorded results have been consumed: what happens now is new. */
  get isLive(): boolean {
    return this.cursor === this.entries.length;
  }

  /** What went wrong when the implementation threw, as an event; after what happened before it. */
  fault(error: unknown): RawEvent {
    if (this.isLive) this.events.push(...this.waiting);
    this.waiting = [];
    const operation = this.thrownBy ?? this.stack.innermost;
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
  protected step(access: Access): number {
    this.checkSuspended();
    let entry = this.entries[this.cursor];
    if (entry === undefined) {
      this.pending = access;
      // A step that the engine makes by itself stands nowhere in the code.
      const { kind } = access;
      this.site = kind === PAUSE || kind === SPIN || kind === ENTER ? null : this.host.site();
      const guessed = this.guess?.() ?? null;
      if (guessed === null) this.#suspend();
      // From here on as if it had run anew, with that result recorded.
      this.beginStep(false);
      this.pending = null;
      this.guesses = true;
      this.entries.push(guessed);
      entry = guessed;
    }
    if (entry.kind !== 'access' || !sameAccess(this.host.accesses.get(entry.access), access)) {
      throw this.fail(this.#nondeterministic(entry, access));
    }
    this.cursor++;
    this.#carried = false;
    // The newest result is the step being made: what waited for it happens now, and then the access itself.
    if (this.isLive) this.events.push(...this.waiting);
    this.#moves = access.kind === PAUSE ? this.#waitingMoves : 0;
    this.waiting = [];
    this.#waitingMoves = 0;
    this.watch(access, entry.word);
    return entry.word;
  }

  /**
   * Tells monitors of an access to shared memory, of a fence or an action, when it has happened. `word`: what an agent is told
   * by it, or what it stores.
   */
  protected watch(access: Access, word: number): void {
    const { system, cells } = this.host;
    if (system.watchAccesses !== true) return;
    const { kind, name } = access;
    if (access.cell < 0) {
      if (kind === FENCE && name !== IMPLIED)
        this.emit({ kind: 'fence', order: access.order as FenceOrdering });
      const action = kind === ACTION ? name : UNIT_ACTION_NAMES.get(kind);
      if (action !== undefined) this.emit({ kind: 'action', name: action, argument: access.argument });
      return;
    }
    const cell = cells.cell(access.cell);
    if (cell.memory !== SHARED) return;
    const byteOffset = cell.byteOffset + access.within;
    const { bytes } = access;
    const failed = kind === CAS && word !== access.expected;
    const update = kind === CAS || kind === RMW;
    const range = kind === READ || kind === WRITE;
    const stores = kind === STORE || kind === WRITE;
    const scalar = (of: number): number => (cell.block ? this.host.accesses.number(of) : of);
    const left = stores || (kind === CAS && !failed) ? access.value : word;
    this.emit({
      kind: 'access',
      writes: stores || (update && !failed),
      byteOffset,
      length: bytes,
      name: cells.nameOf(cell.memory, byteOffset, bytes),
      operation: this.stack.innermost,
      // Accesses to memory have one; fences are told of above.
      order: (failed ? access.failureOrder : access.order) as Ordering,
      update,
      value: range
        ? null
        : kind === RMW
          ? applyRmw(access.operation, scalar(word), scalar(access.value), bytes)
          : scalar(left),
      before: update ? scalar(word) : null,
      content: range ? left : null,
    });
  }

  /** A step that does nothing: a loop came back to where it was, and others may run before it looks again. */
  protected spin(): void {
    this.step({ ...NO_ACCESS, kind: SPIN });
  }

  #suspend(): never {
    this.suspended = true;
    throw SUSPENSION;
  }

  /** Code that goes on after it was suspended has caught what was not meant for it: keep throwing. */
  protected checkSuspended(): void {
    if (this.suspended) throw SUSPENSION;
    if (this.failure !== null) throw this.failure;
  }

  /** Notes what is thrown out of an access, so that whoever catches it cannot go on as if nothing were. */
  protected fail<E extends Error | typeof ABANDONED>(error: E): E {
    this.failure ??= error;
    return error;
  }

  #nondeterministic(entry: Entry, now: Access): TargetError {
    const recorded = entry.kind === 'access' ? this.describe(this.host.accesses.get(entry.access)) : 'a loop';
    return new TargetError(
      'nondeterministic',
      `agent ${this.host.system.agents[this.agent]?.name}: run again with the same results, the code made another access. ` +
        `Recorded: ${recorded}; now: ${this.describe(now)}. ` +
        `Keep all state in the port's memories or in the program's state, and use no time, no random numbers.`,
    );
  }

  /** An access in words, for messages. */
  describe(access: Access): string {
    const cell = access.cell < 0 ? null : this.host.cells.cell(access.cell);
    const place =
      cell === null
        ? access.name
        : this.host.cells.nameOf(cell.memory, cell.byteOffset + access.within, access.bytes);
    const value = access.kind === STORE ? ` = ${access.value}` : '';
    return `${KIND_NAMES[access.kind]} ${place}${value} ${access.order}`.replace(/ +/g, ' ').trim();
  }

  /** Runs what may throw out of an access, and notes what it threw. */
  protected guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.fail(error as Error); // Only errors of ours are thrown in there.
    }
  }

  // --- Operations --------------------------------------------------------------------------------------------------

  protected count(what: string | (() => string)): void {
    this.checkSuspended();
    const bound = this.host.system.accessBound;
    const exceeded = this.stack.count(bound);
    if (exceeded === null) return;
    const last = typeof what === 'string' ? what : what();
    throw this.fail(
      new Unbounded(
        `${exceeded} made more than ${bound} accesses without an end, the last to ${last}. ` +
          `If that loop is meant to go on until another agent acts, write it with port.repeat.`,
      ),
    );
  }

  /** Whether what happens now is told: else it was, when the results were recorded. */
  protected get emits(): boolean {
    return this.isLive || this.waiting.length > 0;
  }

  /** Told with the step just made; or, if something waits for the next step, after that. */
  protected emit(event: RawEvent): void {
    if (this.waiting.length > 0) this.waiting.push(event);
    else if (this.isLive) this.events.push(event);
  }

  /**
   * Ownership moves: at a call with the next step, at a return with the one just made. Nobody could come in between two
   * moves in one step, so a second one without an access before it makes a step of its own. What one call or one return
   * moves, it moves at once.
   */
  protected move(actions: Actions, depth: number, when: 'call' | 'return'): void {
    if (actions === null) return;
    const events = 'event' in actions ? [slotEvent(actions, depth)] : chainEvents(actions, depth);
    if (!this.moves(actions)) {
      for (const event of events) this.emit(event);
      return;
    }
    if (this.#waitingMoves > 0) this.step({ ...NO_ACCESS, kind: PAUSE });
    if (when === 'call') {
      this.waiting.push(...events);
      this.#waitingMoves++;
      return;
    }
    if (this.#carried) this.#pauseAtStart();
    if (this.#moves > 0) this.step({ ...NO_ACCESS, kind: PAUSE });
    if (this.isLive) this.events.push(...events);
    this.#moves++;
  }

  /** Whether ownership moves: else the ledger only takes notes. */
  protected moves(actions: SlotAction | readonly ChainAction[]): boolean {
    return 'event' in actions || actions.some(isMove);
  }

  /** Nothing of the turn has happened yet: it will, after a step of its own. */
  #pauseAtStart(): never {
    this.events.length = this.#eventsBefore;
    this.pausedAtStart = true;
    this.#suspend();
  }

  /** No step follows to which the waiting events could belong: they get one if they move something. */
  protected settle(): void {
    if (this.#waitingMoves > 0) this.step({ ...NO_ACCESS, kind: PAUSE });
    if (this.isLive) this.events.push(...this.waiting);
    this.waiting = [];
  }

  // --- Loops -------------------------------------------------------------------------------------------------------

  protected resume(recorded: LoopEntry): void {
    this.cursor++;
    this.#carried = false;
    this.#moves = recorded.moved ? 1 : 0;
    this.#waitingMoves = 0;
    this.waiting = [];
    this.#privateWords = recorded.privateWords;
    this.#privateChanges.clear();
    this.stack.restore(recorded.frames);
  }

  /** Drops the results recorded since the loop began, and records in their place where it stands. */
  protected forget(
    base: number,
    kind: LoopEntry['kind'],
    nesting: number,
    data: PlainData | undefined,
  ): LoopEntry {
    if (!this.isLive) {
      const message = 'a loop ended earlier than when its results were recorded';
      throw this.fail(new TargetError('nondeterministic', message));
    }
    const frames = this.stack.records();
    const text = this.guarded(() => (data === undefined ? '' : canonical(data, 'the state of a loop')));
    const parent = this.entries[base - 1] ?? null;
    const { privateWords } = this;
    const entry = this.host.loopEntry(this.#root, parent, {
      kind,
      nesting,
      // A copy: the target may change what it returned.
      data: text === '' ? undefined : JSON.parse(text),
      privateWords,
      frames,
      moved: this.#moves > 0,
      key: `${kind}|${nesting}|${this.#moves > 0}|${text}|${privateWords}|${JSON.stringify(frames)}`,
    });
    this.entries.length = base;
    this.entries.push(entry);
    this.cursor = base + 1;
    return entry;
  }

  protected noteMerged(what: string | (() => string)): void {
    if (!this.isLive || this.host.site === noSite) return;
    this.merged.push(typeof what === 'string' ? what : what());
  }
}

function slotEvent({ event, address, length = -1 }: SlotAction, depth: number): RawEvent {
  return { kind: 'slot', event, depth, address, length };
}

function chainEvents(actions: readonly ChainAction[], depth: number): RawEvent[] {
  return actions.map((action): RawEvent => {
    if (action.kind === 'slot') return slotEvent(action, depth);
    const { queue, head } = action;
    const chain = { kind: 'chain', depth, queue, head, address: -1, length: -1 } as const;
    if (action.kind === 'append')
      return { ...chain, event: 'append', address: action.address, length: action.length };
    if (action.kind === 'discard') return { ...chain, event: 'discard' };
    return { ...chain, event: action.event, ...(action.keeps === true ? { keeps: true } : {}) };
  });
}

/** A host that records no sites. */
export function noSite(): null {
  return null;
}
