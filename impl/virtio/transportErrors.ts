/** Result codes of a device's setup and resets. As with those of the queues (`errors.ts`), the numbers are ours. */
import { virtioCodes } from './errors.ts';

/** No device, or none of this kind: magic value, version or device id are not what they must be. */
export const VIRTIO_NO_DEVICE = -32;
/** The device lacks a feature without which the driver cannot work. It was given up: FAILED is set. */
export const VIRTIO_FEATURE_MISSING = -33;
/** The device did not accept the features: FEATURES_OK is not set. It was given up: FAILED is set. */
export const VIRTIO_FEATURES_REFUSED = -34;
/** The device has no such queue. */
export const VIRTIO_NO_QUEUE = -35;
/** The queue is in use: it has to be reset first. */
export const VIRTIO_QUEUE_IN_USE = -36;
/** The device admits no queue of this size. */
export const VIRTIO_QUEUE_TOO_LARGE = -37;
/** The device says DEVICE_NEEDS_RESET. */
export const VIRTIO_NEEDS_RESET = -38;
/** What was called needs a feature that was not negotiated. */
export const VIRTIO_NOT_NEGOTIATED = -39;
/** What was called is not its turn: 3.1.1 wants another order. Nothing has changed. */
export const VIRTIO_OUT_OF_ORDER = -40;

/** All codes by value, those of the queues included. */
export const transportCodes: Readonly<Record<number, string>> = {
  ...virtioCodes,
  [VIRTIO_NO_DEVICE]: 'NO_DEVICE',
  [VIRTIO_FEATURE_MISSING]: 'FEATURE_MISSING',
  [VIRTIO_FEATURES_REFUSED]: 'FEATURES_REFUSED',
  [VIRTIO_NO_QUEUE]: 'NO_QUEUE',
  [VIRTIO_QUEUE_IN_USE]: 'QUEUE_IN_USE',
  [VIRTIO_QUEUE_TOO_LARGE]: 'QUEUE_TOO_LARGE',
  [VIRTIO_NEEDS_RESET]: 'NEEDS_RESET',
  [VIRTIO_NOT_NEGOTIATED]: 'NOT_NEGOTIATED',
  [VIRTIO_OUT_OF_ORDER]: 'OUT_OF_ORDER',
};
