/** The operations of a transport: their results, and whether they did what they are for. */
import { VIRTIO_OK, virtioCodes } from './errors.ts';
import type { VirtioOperationSpec } from './operations.ts';
import { transportCodes } from './transportErrors.ts';

const done: VirtioOperationSpec = { codes: null, succeeded: () => true };
const coded: VirtioOperationSpec = { codes: transportCodes, succeeded: (result) => result === VIRTIO_OK };
/** Gives the device up, which is an effect, where it does not succeed. */
const givesUp: VirtioOperationSpec = { codes: transportCodes, succeeded: () => true };

/** Specifications by operation name. None of them moves a buffer by itself. */
export const transportOperations: Readonly<Record<string, VirtioOperationSpec>> = {
  initialize: givesUp,
  probe: coded,
  resetDevice: done,
  acknowledge: done,
  drive: done,
  negotiate: givesUp,
  // Its `init` may have zeroed the queue before something else goes wrong.
  setUpQueue: { codes: { ...virtioCodes, ...transportCodes }, succeeded: () => true },
  // A device that is broken at once was told that it is live all the same.
  driverOk: givesUp,
  fail: done,
  readStatus: done,
  resetQueue: coded,
  writeStatus: done,
  boot: done,
  poll: done,
  answerStatus: done,
  answerReset: done,
  acceptQueue: done,
  answerQueueReset: done,
  needsReset: done,
  configChange: done,
};
