/** The three parts of a queue as a device is told of them (VirtIO 1.2, 2.6), whatever the layout. */
import type { Features } from './features.ts';
import { packedGeometry } from './packed/layout.ts';
import { splitGeometry } from './split/layout.ts';

/** Byte offsets in shared memory. */
export type QueueParts = {
  /** Descriptor table, or descriptor ring. */
  readonly desc: number;
  /** What the driver has for the device: available ring, or driver event suppression. */
  readonly driver: number;
  /** What the device has for the driver: used ring, or device event suppression. */
  readonly device: number;
  /** Behind the last part. */
  readonly end: number;
};

const MAX_SIZE = 32_768;

/** Where the parts of a queue lie that begins at `base`. @param size in descriptors. */
export function queueParts(features: Features, base: number, size: number): QueueParts {
  if (features.ringPacked === true) {
    const { ring, driverEvent, deviceEvent, end } = packedGeometry(base, size);
    return { desc: ring, driver: driverEvent, device: deviceEvent, end };
  }
  const { desc, avail, used, end } = splitGeometry(base, size);
  return { desc, driver: avail, device: used, end };
}

/** Whether a queue can have this size: 1..32768, a power of two in the split layout. */
export function isQueueSize(features: Features, size: number): boolean {
  if (!Number.isInteger(size) || size < 1 || size > MAX_SIZE) return false;
  return features.ringPacked === true || (size & (size - 1)) === 0;
}
