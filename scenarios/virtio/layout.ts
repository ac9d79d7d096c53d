/**
 * What the scenarios need to know of a layout, split or packed, to be written once for both: how its sides are made, where
 * they lie, what their names are, and how to see from their own memory that all is home.
 */
import type { VirtioQueueDevice, VirtioQueueDriver, VirtioQueueOptions } from '../../impl/index.ts';
import type { LayoutMap, MemoryPort } from '../../memory/index.ts';
import type { Property, StateView } from '../../properties/index.ts';
import type { ClauseOptions } from './clauses/index.ts';
import type { WickedStore } from './hostile.ts';

/** Where a queue and its two sides lie. */
export interface QueuePlace {
  /** Byte offset in shared memory. */
  readonly base: number;
  /** In descriptors. */
  readonly size: number;
  /** Byte offset of either side's private struct, in the local memory of its core. */
  readonly handle: number;
  /** Cores of the two sides. */
  readonly driverCore: number;
  readonly deviceCore: number;
}

/** What a driver knows of a chain that is out. */
export interface OutChain {
  readonly head: number;
  readonly token: number;
  /** Descriptors of the ring that it takes. */
  readonly descriptors: readonly number[];
}

/** The two classes of a layout, with or without seeded defects. */
export interface LayoutClasses {
  readonly Driver: new (
    port: MemoryPort,
    handle: number,
    base: number,
    options: VirtioQueueOptions,
  ) => VirtioQueueDriver;
  readonly Device: new (
    port: MemoryPort,
    handle: number,
    base: number,
    options: VirtioQueueOptions,
  ) => VirtioQueueDevice;
}

/** What the clauses have to know beside where the queue lies. */
export type LayoutClauseOptions = Omit<ClauseOptions<never>, 'geometry' | 'driverCore' | 'deviceCore'>;

export interface Layout {
  readonly name: 'split' | 'packed';
  /** Why a queue cannot have this size, or null. */
  refuse(size: number): string | null;
  /** Modulus of the indices: the smallest one that will do; null where there are none. */
  smallestModulus(size: number): number | null;
  /** Classes with these defects seeded. */
  classes(defects: readonly string[]): LayoutClasses;
  /** Bytes of shared memory from the queue's base on. */
  queueBytes(size: number): number;
  driverBytes(size: number): number;
  deviceBytes(size: number): number;
  /** @param halves packed only: event structures are accessed by 16 bits. */
  nameQueue(map: LayoutMap, place: QueuePlace, halves: boolean): void;
  /** Indirect tables: one for each descriptor, one behind the other. */
  nameTables(map: LayoutMap, base: number, tables: number, entries: number): void;
  nameDriver(map: LayoutMap, place: QueuePlace): void;
  nameDevice(map: LayoutMap, place: QueuePlace): void;
  /**
   * Brings a queue that was just set up, and is empty, to where its counters have gone on by so many entries. Called with one
   * port a side, before any agent runs.
   */
  advance(driver: MemoryPort, device: MemoryPort, place: QueuePlace, entries: number): void;
  /** The clauses of the specification, as monitors. */
  clauses(place: QueuePlace, options: LayoutClauseOptions): readonly Property[];
  /**
   * What a side could store that keeps to no rules: a device into descriptors, too. @param tables byte offset of the driver's
   * indirect tables.
   */
  wickedStores(by: 'driver' | 'device', place: QueuePlace, tables: number | null): readonly WickedStore[];
  /** Codes with which the other side can find such a side out. */
  foundInDrivers(size: number): readonly number[];
  foundInDevices(size: number): readonly number[];
  /** Whether both sides have seen all that the other one published, and the driver has all descriptors. */
  isHome(view: StateView, place: QueuePlace): boolean;
  /** Chains that the driver has out, by its own memory. */
  out(view: StateView, place: QueuePlace): readonly OutChain[];
  /** Descriptors (split: in the free list; packed: ids) that the driver has free, by its own memory. */
  free(view: StateView, place: QueuePlace): readonly number[];
}
