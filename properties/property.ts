/**
 * What a property is: a claim about every run, decided by a monitor (a reducer over plain words, fed with events),
 * by a look at every quiescent state, or by a goal that must stay reachable. No property knows how runs are found.
 */
import type { FenceOrdering, Location, Ordering, PlainData } from '../memory/index.ts';
import type { SlotEvent, SlotState } from '../model/index.ts';

/** A monitor's state: words 0..2^32-1, all 0 at first. Reads and writes are by index, so long states stay cheap. */
export interface Words {
  get(index: number): number;
  set(index: number, word: number): void;
}

/** What monitors are told, in the order in which it happens. `agent` and `core` are indices. */
export type MonitorEvent =
  | CallEvent
  | ReturnEvent
  | SlotMoveEvent
  | PayloadAccessEvent
  | AccessEvent
  | FenceEvent
  | ActionEvent
  | AllocationEvent
  | EnterEvent
  | FaultEvent;

/** An operation is called. `depth` 0: by the program itself; more: nested in other operations. */
export interface CallEvent {
  readonly kind: 'call';
  readonly agent: number;
  readonly core: number;
  readonly operation: string;
  readonly depth: number;
  readonly args: Readonly<Record<string, PlainData>>;
}

/** An operation returns. `args` are read again, for its out-parameters. */
export interface ReturnEvent {
  readonly kind: 'return';
  readonly agent: number;
  readonly core: number;
  readonly operation: string;
  readonly depth: number;
  readonly args: Readonly<Record<string, PlainData>>;
  readonly result: PlainData;
  /** Own accesses from call to return, merged ones included; in a loop, those of its longest pass. */
  readonly accesses: number;
  /** Names of the locations whose content the operation changed and did not put back. */
  readonly changed: readonly string[];
}

/**
 * A slot's statechart is told of an event: ownership moves. Comes after the `call` or the `return` that causes it, before
 * the agent's next access; another agent's events may come in between only where one step would carry two moves.
 */
export interface SlotMoveEvent {
  readonly kind: 'slot';
  readonly agent: number;
  readonly core: number;
  readonly event: SlotEvent;
  /** Depth of the operation that causes it, as in its `call`. */
  readonly depth: number;
  /** Index of the slot, or -1 if `address` is not the start of any buffer. */
  readonly slot: number;
  readonly address: number;
  /** Length in bytes that goes with the buffer (publish, take), or -1. */
  readonly length: number;
  /** State before, and after: null where the statechart has no such transition. */
  readonly from: SlotState | null;
  readonly to: SlotState | null;
  /** Agent that last acquired the buffer, or -1. */
  readonly holder: number;
  /** Head of a chain that was to move, but there is none; then `slot` is -1. Else not given. */
  readonly noChain?: number;
}

/** Payload bytes are read or written by `readRange`/`writeRange`. */
export interface PayloadAccessEvent {
  readonly kind: 'payload';
  readonly agent: number;
  readonly core: number;
  readonly access: 'read' | 'write';
  readonly byteOffset: number;
  readonly length: number;
  /** The bytes read or written: a content number, see `Contents`. */
  readonly content: number;
  /** Slot that the access begins in, or -1; `within`: its offset there; `inside`: it ends there too. */
  readonly slot: number;
  readonly within: number;
  readonly inside: boolean;
  readonly state: SlotState | null;
  /** Core that owns the slot's buffer now, or -1 when nobody does. */
  readonly ownerCore: number;
}

/**
 * Any access to shared memory, told when the program makes it: what a store buffer does with it later is not seen. Told
 * only where the system asks for it (`watchAccesses`), as it is many.
 */
export interface AccessEvent {
  readonly kind: 'access';
  readonly agent: number;
  readonly core: number;
  readonly writes: boolean;
  readonly byteOffset: number;
  readonly length: number;
  readonly name: string;
  /** Innermost operation, or null. */
  readonly operation: string | null;
  /** Of a compare-and-swap that stored nothing: the one for that case. */
  readonly order: Ordering;
  /** An atomic read-modify-write, or a compare-and-swap. */
  readonly update: boolean;
  /** What it stored, or what a load read. Null: a range, see `content`. */
  readonly value: number | null;
  /** Of an `update`: what stood there before. Else null. */
  readonly before: number | null;
  /** Of a range: its bytes, as a content number, see `Contents`. Else null. */
  readonly content: number | null;
}

/** A fence of the program; told under `watchAccesses`. Fences that accesses bring along are not. */
export interface FenceEvent {
  readonly kind: 'fence';
  readonly agent: number;
  readonly core: number;
  readonly order: FenceOrdering;
}

/** An action: a doorbell, a mask, a wait; told under `watchAccesses`, when the program makes it. */
export interface ActionEvent {
  readonly kind: 'action';
  readonly agent: number;
  readonly core: number;
  readonly name: string;
  readonly argument: number;
}

/** Shared memory is handed out by an allocator: from here on these bytes may be accessed. */
export interface AllocationEvent {
  readonly kind: 'allocation';
  readonly agent: number;
  readonly core: number;
  readonly byteOffset: number;
  readonly length: number;
}

/** An interrupt comes in: the agent is a handler, and begins a run. */
export interface EnterEvent {
  readonly kind: 'enter';
  readonly agent: number;
  readonly core: number;
  readonly line: number;
}

/** Something no run should contain; the agent goes no further. */
export interface FaultEvent {
  readonly kind: 'fault';
  readonly agent: number;
  readonly core: number;
  /** `unbounded`: an operation made more accesses than its bound. `threw`: the implementation threw. */
  readonly fault: 'misaligned' | 'out-of-range' | 'unsafe-integer' | 'unbounded' | 'threw';
  readonly operation: string | null;
  readonly message: string;
}

/** Interned byte strings. Number 0 is the empty one. Pure functions of their arguments. */
export interface Contents {
  bytesOf(content: number): Uint8Array;
  lengthOf(content: number): number;
  slice(content: number, from: number, length: number): number;
  splice(content: number, from: number, patch: number): number;
}

/** One buffer whose ownership is followed. */
export interface Slot {
  /** Name in messages, for instance `buffer[2]`. */
  readonly name: string;
  /** Byte offset in shared memory, by which the implementation refers to it. */
  readonly address: number;
  readonly lengthBytes: number;
  /** Index of the queue that it belongs to. */
  readonly queue: number;
}

/** What is documented about an operation. */
export interface OperationContract {
  /** Documented results by value, with their names; null where the result is no code. */
  readonly codes: Readonly<Record<number, string>> | null;
  succeeded(result: PlainData): boolean;
  /** Its own accesses must lie in allocated memory (an allocator's own do not). */
  readonly confined?: boolean;
}

/** Says what stands at a place in memory, for instance `desc[2].flags`. */
export interface LocationNames {
  nameOf(space: 'shared' | 'local', byteOffset: number, lengthBytes: number, core?: number): string;
}

export interface AgentContext {
  readonly name: string;
  /** Index of its core. */
  readonly core: number;
  /** Queues (indices) from which it may take buffers; not given: all of them. */
  readonly receives?: readonly number[];
}

/** What a property may look at when it is set up. */
export interface PropertyContext {
  readonly slots: readonly Slot[];
  readonly queues: number;
  readonly agents: readonly AgentContext[];
  readonly operations: Readonly<Record<string, OperationContract>>;
  /** Largest number of own accesses that an operation may make (in a loop: a pass of it). */
  readonly accessBound: number;
  readonly contents: Contents;
}

/** What a monitor's step returns when nothing is wrong, and the claim was put to the test: it could have been broken. */
export const EXERCISED: unique symbol = Symbol('exercised');

export interface Monitor {
  /** Words of state that it needs; fixed. */
  readonly words: number;
  /**
   * Whether an event can change its state or break it; pure. Not given: all can. Not asked about `slot` and `payload`
   * events, nor of a monitor without words. What nobody listens to costs nothing while searching.
   */
  listens?(event: MonitorEvent): boolean;
  /** Sets up its state where all 0 will not do. */
  start?(state: Words): void;
  /**
   * Takes one event. Returns what is wrong, or null; or `EXERCISED`, by which a run counts how often the claim mattered. A
   * pure function of `state` and `event`.
   */
  step(state: Words, event: MonitorEvent): string | null | typeof EXERCISED;
}

/** A state at rest, as a property may look at it. */
export interface StateView {
  /** Newest value of a location; `core` says whose local memory. */
  load(at: Location, core?: number): number;
  slotState(slot: number): SlotState;
  /**
   * Calls `place` once for each place in which a slot's buffer stands now, as the target counts them. Returns false if
   * the target cannot count.
   */
  census(place: (slot: number, where: string) => void): boolean;
}

/**
 * What must stay reachable from every state: `home` (every buffer free and both sides' cursors agreed), `progress` (an
 * operation succeeds, or the buffers are home and no work is left).
 *
 * What must happen in the end in every fair run: `received` (a message that was sent is taken), `awake` (no core sleeps
 * for ever while a message waits for it), `live` (an operation succeeds, as long as there is work). Fair: an agent or a
 * store buffer that can go on all the time does, and a handler that can be entered again and again is.
 */
export type Goal = 'home' | 'progress' | 'received' | 'awake' | 'live';

/** Where a claim comes from, if it is one that a specification makes. */
export interface Clause {
  /** Our short name for it, for instance `SD6`; several properties may be parts of one clause. */
  readonly id: string;
  readonly version: '1.2';
  /** For instance `2.7.6.1`. */
  readonly section: string;
  /** Whom it binds. */
  readonly side: 'driver' | 'device';
  /**
   * `described`: the specification says that it is so, without one of its keywords. `derived`: it says so nowhere, but what
   * it says makes no sense otherwise.
   */
  readonly level: 'MUST' | 'SHOULD' | 'MAY' | 'described' | 'derived';
  /** What it asks for, in our words. */
  readonly text: string;
  /** Why nothing that can be seen of a run decides on it; then the property has no monitor. Not given: it has one. */
  readonly unmonitored?: string;
}

export interface Property {
  /** Kebab-case, unique. */
  readonly name: string;
  /** The claim, as one sentence. */
  readonly title: string;
  monitor?(context: PropertyContext): Monitor;
  /** Looks at every quiescent state: no operation in progress, buffers drained. Returns what is wrong, or null. */
  quiescent?(context: PropertyContext): (view: StateView) => string | null;
  readonly goal?: Goal;
  /** Claims that no data race happens: the engine follows happens-before, and says so itself. */
  readonly races?: true;
  /** Claims that a barrier is there, whatever comes of it. Not checked where barriers are left out to see what breaks. */
  readonly barrier?: true;
  readonly clause?: Clause;
}
