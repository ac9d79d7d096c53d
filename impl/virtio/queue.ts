/**
 * What the two sides of a VirtIO queue can do, whatever its layout: the split virtqueue (2.7) and the packed one (2.8)
 * both implement this, so that whoever uses a queue, checks it or breaks it need not know which one it is.
 *
 * Operations, with the names that they give to `port.op`. Nested ones are indented; they are where ownership moves:
 *
 * - driver: `init`, `add` (`describe` once for each segment, `expose`), `kick` (`notify`), `collect`,
 *   `disableInterrupts`, `enableInterrupts`
 * - device: `init`, `take`, `giveBack`, `giveBackBatch`, `interrupt` (`notify`), `disableKicks`, `enableKicks`
 *
 * All state lies in the port's memories. One agent a side at a time, or an interrupt handler and a task that divide the
 * operations: `collect` in the handler, `add` in the task needs the mutual exclusion that the caller brings.
 */
import type { Features } from './features.ts';

/** A part of a buffer, in the memory that both sides share. */
export type Segment = {
  /** Byte offset in shared memory. */
  readonly addr: number;
  /** In bytes; 1 or more. */
  readonly len: number;
  /** The device writes it; otherwise the device reads it. */
  readonly writable: boolean;
};

/** Out-parameter of `collect`. */
export type Collected = {
  /** What the driver gave to `add`. */
  token: number;
  /** Head (split) or id (packed) of the chain. */
  head: number;
  /** Bytes that the device has written from the first writable one on; `UNKNOWN_LENGTH` where the device did not say. */
  len: number;
};

/** Out-parameter of `take`. */
export type Taken = {
  /** Head (split) or id (packed) of the chain: what `giveBack` wants. */
  head: number;
  /** All of the chain, those of an indirect table included. The device need not look at descriptors again. */
  segments: Segment[];
};

/** IN_ORDER: of a chain that was used together with a later one. It counts as used completely. */
export const UNKNOWN_LENGTH = 0xffff_ffff;

export function newCollected(): Collected {
  return { token: 0, head: 0, len: 0 };
}

export function newTaken(): Taken {
  return { head: 0, segments: [] };
}

/** NOTIFICATION_DATA: up to where buffers are available (2.9). */
export type NotificationData = {
  /** Split: the low 15 bits of the available index. Packed: the slot of the next list. */
  readonly next_off: number;
  /** Split: bit 15 of the available index. Packed: the wrap counter of that slot. */
  readonly next_wrap: number;
};

/** What a side is configured with. None of it changes while it is in use. */
export type VirtqueueOptions = {
  /** What operations' arguments call this queue. */
  readonly id: string;
  /** What was negotiated. */
  readonly features: Features;
  /**
   * The notification of the peer: the driver's kick, or the device's interrupt. Called inside the operation `notify`.
   * @param data with NOTIFICATION_DATA, what the driver's kick carries; also arguments of the operation.
   */
  readonly notify?: (data?: NotificationData) => void;
  /**
   * Split only: indices run free modulo this, a power of two, 2..65536, at least twice the queue's size (four times with
   * chains of notifications in mind). 65536 as shipped; the smallest one makes the fewest states.
   */
  readonly indexModulus?: number;
  /**
   * INDIRECT_DESC: where the driver's tables lie, one for each descriptor (split) or id (packed), one behind the other.
   * `base`: byte offset in shared memory; `entries`: of each table, in descriptors of 16 bytes. `marksWrite`, split only: the
   * descriptor that names a table has WRITE, as with drivers that give all descriptors the same flags. Devices ignore it there.
   */
  readonly tables?: { readonly base: number; readonly entries: number; readonly marksWrite?: boolean };
  /** Shared memory that the device may reach through descriptors, in bytes: `[from, to)`. Not given: all. */
  readonly reach?: { readonly from: number; readonly to: number };
};

/** How a chain is put into the queue. */
export type AddOptions = {
  /**
   * INDIRECT_DESC: the segments from this one on go into a table, named by one descriptor. 0: all of them. The packed
   * layout admits 0 only. Not given: none.
   */
  readonly indirectFrom?: number;
};

/** The driver's side. */
export interface VirtqueueDriver {
  /**
   * Sets this side up: all descriptors free, the parts of shared memory that the driver writes zeroed, all counters at
   * their start. `VIRTIO_INVALID` for a size that the layout does not admit. @param size in descriptors.
   */
  init(size: number): number;
  /**
   * Makes a chain available: readable segments before writable ones. `VIRTIO_OK`, `VIRTIO_NO_SPACE`, `VIRTIO_INVALID`,
   * `VIRTIO_QUEUE_BROKEN`. @param token whatever the user likes, 0..2^32-1: comes back with `collect`.
   */
  add(segments: readonly Segment[], token: number, options?: AddOptions): number;
  /** Notifies the device of all that was added since the last kick, if it wants that. Whether it did. */
  kick(): boolean;
  /** Takes a chain that the device has used. `VIRTIO_OK`, `VIRTIO_NONE`, or what is wrong with the device. */
  collect(out: Collected): number;
  /** Wants no interrupts. With EVENT_IDX a hint that the device may overlook. */
  disableInterrupts(): void;
  /** Wants interrupts from here on. Whether nothing is there to be collected: if not, none may come for it. */
  enableInterrupts(): boolean;
}

/** The device's side. */
export interface VirtqueueDevice {
  /** Sets this side up for a queue that the driver has set up. As `VirtqueueDriver.init`. */
  init(size: number): number;
  /** Takes a chain, reading each of its descriptors once. `VIRTIO_OK`, `VIRTIO_NONE`, or what is wrong with the driver. */
  take(out: Taken): number;
  /**
   * Gives a chain back. `VIRTIO_OK`; `VIRTIO_INVALID` when the device does not have it, or when it cannot have written so
   * much. With IN_ORDER chains must be given back in the order in which they were taken: `VIRTIO_INVALID` otherwise.
   * @param written bytes from the first writable one on.
   */
  giveBack(head: number, written: number): number;
  /**
   * IN_ORDER: gives all chains back up to this one, by one used entry. `VIRTIO_OK`, `VIRTIO_INVALID`.
   * @param heads of all of them, in order. @param written to the last one.
   */
  giveBackBatch(heads: readonly number[], written: number): number;
  /** Notifies the driver of all that was given back since the last time, if it wants that. Whether it did. */
  interrupt(): boolean;
  /** Wants no kicks. With EVENT_IDX a hint that the driver may overlook. */
  disableKicks(): void;
  /** Wants kicks from here on. Whether nothing is there to be taken: if not, none may come for it. */
  enableKicks(): boolean;
}
