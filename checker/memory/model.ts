/**
 * The contract of a memory model: which value an access returns and what it does to the memory, and what the memory
 * does by itself. A model keeps its part of a state in some words of it; everything long is interned.
 */
import type { FenceOrdering } from '../../memory/index.ts';
import type { AccessTable } from '../access.ts';

export type MemoryModelName = 'sc' | 'tso' | 'pso' | 'rc11';
/** Those that can be asked for. */
export const memoryModelNames: readonly MemoryModelName[] = ['sc', 'tso', 'pso', 'rc11'];

export interface MemoryModel {
  readonly name: MemoryModelName;
  /** Words of a state that are the model's, from word 0. */
  readonly words: number;
  /** Capacity of a store buffer in stores, or null where there is none. */
  readonly bufferDepth: number | null;
  /**
   * Choices of an access other than the first are about old values, or places before newer ones. In the end each location
   * gives its newest value, so a run that takes them for ever is no fair one.
   */
  readonly hasStaleChoices: boolean;
  /** Whether a release store orders the core's later stores, too, so that it matters even where nobody else looks. */
  readonly releaseStoreIsFence: boolean;
  /** Whether a read-modify-write of what nobody else reaches is a full fence all the same, as it is on x86. */
  readonly updateIsFence: boolean;
  /**
   * Whether a seq_cst load is preceded by a seq_cst fence, and a seq_cst read-modify-write surrounded by two, each a step of
   * its own that others can come in after. The port makes them, as it makes the one behind a seq_cst store everywhere.
   */
  readonly accessBringsFences: boolean;
  /**
   * How many messages of its location are newer than the one that the last `perform` read, or placed its own after. -1: it
   * read a store of its own core that nobody else can see yet.
   */
  readonly newer: number;
  /** How many messages of a word can still be read, and which word of the state says so. Not given: the newest one. */
  readonly keptBy?: number;
  kept?(state: Uint32Array, word: number): number;
  /** Whether a store ever had to wait for room in a buffer: then the space was cut there. */
  readonly bufferWasFull: boolean;
  /** Word of the memory whose location had too many messages, under rc11; -1: none, or there are no messages. */
  readonly fullWord: number;
  /** Largest number of stores that waited in one buffer. */
  readonly deepestBuffer: number;
  /** Whether the fence can be noticed by anyone; otherwise it needs no step. */
  fenceIsStep(order: FenceOrdering): boolean;
  /** Writes the model's words of the first state. */
  start(state: Uint32Array, memory: Uint32Array): void;
  /** In how many ways the access can happen now: 0 is blocked; a load has one for each message it may read. */
  outcomes(state: Uint32Array, core: number, access: number): number;
  /** Makes the access in its `choice`-th way; changes the model's words in place. Returns the result's word. */
  perform(state: Uint32Array, core: number, access: number, choice: number): number;
  /** How many different stores of the core could become visible next. */
  drains(state: Uint32Array, core: number): number;
  /** Makes the `choice`-th of them visible. Returns the access that stored it. */
  drain(state: Uint32Array, core: number, choice: number): number;
  /** A handler of a line is entered on its core: what the doorbell has released is seen there. */
  enter?(state: Uint32Array, line: number): void;
  /** No store waits anywhere. */
  settled(state: Uint32Array): boolean;
  /** Newest value of a word of the memory, once nothing waits. */
  newest(state: Uint32Array, word: number): number;
  /** Stores that wait at a core, oldest first, as accesses: for those who look at a state. */
  waiting(state: Uint32Array, core: number): readonly number[];
  bytes(): number;
}

/** What a model is made of. */
export interface ModelParts {
  readonly accesses: AccessTable;
  readonly cores: number;
  /** Words of the memory: one for each cell that several agents reach. */
  readonly memoryWords: number;
  readonly bufferDepth: number;
  /** Core of each interrupt line. */
  readonly lines?: readonly number[];
  /** How the agents of a core access a word of the memory, as far as known: see uses.ts. Default: in every way. */
  readonly uses?: (core: number, word: number) => number;
  /** A store to a device (RING, CLEAR) has become visible: changes the device's words in place. */
  device(state: Uint32Array, access: number): void;
}
