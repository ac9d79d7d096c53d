/** What the clause monitors have to know of a queue; the same for both layouts. */
import type { Features } from '../../../impl/index.ts';

/** An action of the port by which one side notifies the other: `{ name: 'ring', argument: 1 }`. */
export type NotificationAction = { readonly name: string; readonly argument: number };

/** Where registers of the device and of the queue lie, as byte offsets in shared memory; each has 32 bits. */
export type ClauseRegisters = {
  /** The device status field. Written by the device. */
  readonly status: number;
  /** Where the driver writes what the status field is to become; see `writtenMark`. */
  readonly statusWrite: number;
  /** Set beside the value in `statusWrite` while the device has not handled it. */
  readonly writtenMark: number;
  readonly driverFeatures: readonly [low: number, high: number];
  readonly deviceFeatures: readonly [low: number, high: number];
  /** Of the queue: 1 while the device may use it; 1 while a reset of the queue is under way; its size; its three parts. */
  readonly ready: number;
  readonly reset: number;
  readonly size: number;
  readonly desc: number;
  readonly driver: number;
  readonly device: number;
};

export type ClauseOptions<Geometry> = {
  /** Where the parts of the queue lie. */
  readonly geometry: Geometry;
  /** Indices of the cores on which the two sides run. */
  readonly driverCore: number;
  readonly deviceCore: number;
  /** What was negotiated. */
  readonly features: Features;
  /** Split: the modulus of the indices. Default 65,536. */
  readonly indexModulus?: number;
  /** Entries that the (empty) queue has gone on by when the agents start: its counters stand there. Default 0. */
  readonly start?: number;
  /** INDIRECT_DESC: where tables lie, one behind the other, each with so many entries of 16 bytes. */
  readonly tables?: { readonly base: number; readonly count: number; readonly entries: number };
  /** What operations' arguments call the queue, where a system has several. Not given: there is one. */
  readonly queue?: string;
  /** How the driver notifies the device, and the other way round. Not given: by whatever is called in the operation `notify`. */
  readonly kick?: NotificationAction;
  readonly interrupt?: NotificationAction;
  /** Not given: the queue is live all the time, but while the driver is in its operation `init`. */
  readonly registers?: ClauseRegisters;
};
