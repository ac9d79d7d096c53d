/**
 * What the checker explores: cores, agents and their programs on one memory, with the properties that must hold.
 * A system is one scenario at one size; the checker knows nothing else about a target.
 */
import type { MemoryPort, PlainData } from '../memory/index.ts';
import type { SlotEvent } from '../model/index.ts';
import type {
  LocationNames,
  MonitorEvent,
  OperationContract,
  Property,
  Slot,
  StateView,
} from '../properties/index.ts';

/** Returned by a turn: the agent has ended and takes no further step. */
export const STOP: unique symbol = Symbol('stop');

/**
 * One turn of an agent: usually one operation. A pure function of its plain-data state and of what the port returns.
 * Between two turns the agent is at rest, which is where quiescent states are looked at.
 */
export type Turn = (state: PlainData) => PlainData | typeof STOP;

/** What an agent does, for ever or until it stops. */
export interface Program {
  readonly initial: PlainData;
  /** Binds the program to a port. Called anew for every run, so nothing may be kept outside the port's memories. */
  start(port: MemoryPort): Turn;
}

/** A program whose state has a type of its own. */
export function program<S extends PlainData>(
  initial: S,
  start: (port: MemoryPort) => (state: S) => S | typeof STOP,
): Program {
  // The engine hands a turn only states which a turn of the same program returned, or `initial`: all of type S.
  return { initial, start: start as unknown as Program['start'] };
}

export interface AgentSpec {
  readonly name: string;
  /** Index into the system's cores. */
  readonly core: number;
  readonly program: Program;
  /** It runs in interrupt context: each turn of its program is one run of the handler. Not given: a task. */
  readonly interrupt?: InterruptContext;
  /** Queues (indices) from which it may take buffers; not given: all of them. Saves states that only order takes. */
  readonly receives?: readonly number[];
  /**
   * A peer that keeps to no rules: no access of its own is a data race, nor one of others with them. What they make of the
   * values is judged as ever. Default false.
   */
  readonly hostile?: boolean;
}

/** What brings an interrupt handler in, and what it may interrupt. */
export interface InterruptContext {
  /** Index into the system's lines; a line of the agent's own core. */
  readonly line: number;
  /**
   * 1 or more, 1 by default: of several handlers that could be entered, the highest is; with nesting it may interrupt
   * those that are lower.
   */
  readonly priority?: number;
}

/** An interrupt line: from a doorbell to a core. */
export interface Line {
  readonly name: string;
  /** Index of the core that it interrupts. */
  readonly core: number;
  /** `edge`: entering the handler takes the interrupt. `level`: it stays pending until the handler clears it. */
  readonly trigger: 'edge' | 'level';
  /** How many interrupts can be pending: 1, the default, coalesces; one that is rung beyond it is lost. 1..255. */
  readonly most?: number;
  /** At the start; default false. */
  readonly enabled?: boolean;
  readonly pending?: boolean;
  /** Raised from outside the system, whenever it pleases: always pending, and nobody's duty. */
  readonly external?: boolean;
  /** Queue (index) whose messages it announces: an interrupt without any is spurious. */
  readonly announces?: number;
}

/** What a task can wait for, and a handler give: kept by the operating system of one core. */
export interface Semaphore {
  readonly name: string;
  /** 1: binary. Giving beyond it changes nothing. 1..255. */
  readonly most: number;
  /** At the start; default 0. */
  readonly initial?: number;
}

/** The interrupt units of all cores. */
export interface Interrupts {
  readonly lines: readonly Line[];
  /** A handler may interrupt one of lower priority. Default false. */
  readonly nesting?: boolean;
  readonly semaphores?: readonly Semaphore[];
  /** Waiting for an interrupt may end without one. Default false. */
  readonly spuriousWakeUps?: boolean;
}

/** How ownership moves at the call or the return of an operation. */
export interface SlotAction {
  readonly event: SlotEvent;
  /** Address of the buffer, as the implementation names it. */
  readonly address: number;
  /** Length in bytes that goes with it, where there is one. */
  readonly length?: number;
}

/**
 * How ownership moves where buffers change hands by the chain. A chain is named by its queue (index) and by a number, its
 * head (0..65535), as the implementation names it; which buffers are in it was said before, by `append`.
 */
export type ChainAction =
  /** One buffer, as elsewhere. */
  | ({ readonly kind: 'slot' } & SlotAction)
  /** A buffer joins a chain, with its length in bytes. If the chain was published already, so is the buffer. */
  | {
      readonly kind: 'append';
      readonly queue: number;
      readonly head: number;
      readonly address: number;
      readonly length: number;
    }
  /** The chain is none any more, and was never published: its buffers stay what they are. */
  | { readonly kind: 'discard'; readonly queue: number; readonly head: number }
  /**
   * All buffers of a chain, at once; `publish` and `take` with the length of the append. `collect` and `revoke` end the chain. A head
   * of null: of all chains of the queue, if there are any. `keeps`: whoever collects or revokes has the buffers, and not the pool:
   * each of them is reserved by him at once.
   */
  | {
      readonly kind: 'chain';
      readonly queue: number;
      readonly head: number | null;
      readonly event: ChainEvent;
      readonly keeps?: boolean;
    };

/** What can happen to a chain as a whole. */
export type ChainEvent = Extract<
  SlotEvent,
  'publish' | 'take' | 'return' | 'return.failed' | 'collect' | 'revoke'
>;

/** What one call or one return does: one buffer, or several at once, or nothing. */
export type Actions = SlotAction | readonly ChainAction[] | null;

type PlainArguments = Readonly<Record<string, PlainData>>;

/** An operation of the target, translated into ownership once, at the boundary. */
export interface SystemOperation extends OperationContract {
  onCall?(args: PlainArguments): Actions;
  onReturn?(args: PlainArguments, result: PlainData): Actions;
  /** That it succeeds is progress although it moves buffers only through the operations nested in it. Default false. */
  readonly progress?: boolean;
  /** It does nothing but wait: an agent that sleeps in it is at rest. Default false. */
  readonly waits?: boolean;
  /** Shared memory that the operation handed out, if it is an allocator's. */
  allocates?(
    args: PlainArguments,
    result: PlainData,
  ): { readonly byteOffset: number; readonly length: number } | null;
}

/** What a witness may look at: every event, and every state in which an agent rests between two turns. */
export type Observation =
  | { readonly kind: 'event'; readonly agent: string; readonly event: MonitorEvent }
  | { readonly kind: 'rest'; readonly agent: string; readonly state: PlainData };

/** A situation that must be reachable: a proof in which the queue never filled up proves little. */
export interface Witness {
  readonly name: string;
  /** Pure; called once for each new event and resting state. */
  reached(observation: Observation): boolean;
}

export interface System {
  /** Shown in reports: target, scenario and parameters. */
  readonly title: string;
  readonly sharedBytes: number;
  /** Bytes of each core's local memory. */
  readonly localBytes: number;
  readonly cores: readonly string[];
  readonly agents: readonly AgentSpec[];
  /** Not given: no agent runs in interrupt context, and actions are steps without effect. */
  readonly interrupts?: Interrupts;
  readonly slots: readonly Slot[];
  readonly queues: number;
  /** Buffers change hands by the chain: the ledger keeps which chain each is in. Default false. */
  readonly chains?: boolean;
  readonly operations: Readonly<Record<string, SystemOperation>>;
  readonly names: LocationNames;
  /** Brings the memory into the state in which the agents start. One port a core; nothing in it is a step. */
  setup(ports: readonly MemoryPort[]): void;
  readonly properties: readonly Property[];
  readonly witnesses: readonly Witness[];
  /** All buffers free, and the cursors of both sides agree. Asked in quiescent states only. */
  home?(view: StateView): boolean;
  /**
   * Whether no work is left in a state in which all is home: then it is no deadlock that nothing will ever succeed. Takes
   * the agents' states, null for one that has ended. Not given: once some agent has ended.
   */
  finished?(states: readonly (PlainData | null)[]): boolean;
  /** Calls `place` for each place in which a slot's buffer stands. Asked in quiescent states only. */
  census?(view: StateView, place: (slot: number, where: string) => void): void;
  /** Largest number of own accesses of one operation (in a loop: of one pass). */
  readonly accessBound: number;
  /** Tell monitors of every access to shared memory, not of payload accesses only; and of every fence and action. */
  readonly watchAccesses?: boolean;
  /** Capacity of a store buffer, in stores, under memory models that have one. */
  readonly bufferDepth?: number;
}
