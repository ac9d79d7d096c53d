/** The operations of a transport: their results, and whether they did what they are for. */

import type { OperationValues } from '../target.ts';
import { VIRTIO_OK, virtioCodes } from './errors.ts';
import type { VirtioChainAction, VirtioOperationSpec } from './operations.ts';
import { transportCodes } from './transportErrors.ts';

const done: VirtioOperationSpec = { codes: null, succeeded: () => true };
const coded: VirtioOperationSpec = { codes: transportCodes, succeeded: (result) => result === VIRTIO_OK };
/** Gives the device up, which is an effect, where it does not succeed. */
const givesUp: VirtioOperationSpec = { codes: transportCodes, succeeded: () => true };

/** The driver's application has all buffers again that were out. Of all queues, where none is named. */
const revokeAll = ({ queue }: OperationValues): VirtioChainAction => ({
  kind: 'chain',
  queue: queue === undefined ? '' : String(queue),
  head: null,
  event: 'revoke',
  keeps: true,
});

/** Specifications by operation name. A reset that the device has confirmed gives back to the driver what was out. */
export const transportOperations: Readonly<Record<string, VirtioOperationSpec>> = {
  initialize: givesUp,
  probe: coded,
  resetDevice: { ...done, onReturn: (args) => [revokeAll(args)] },
  acknowledge: done,
  drive: done,
  negotiate: givesUp,
  // Its `init` may have zeroed the queue before something else goes wrong.
  setUpQueue: { codes: { ...virtioCodes, ...transportCodes }, succeeded: () => true },
  // A device that is broken at once was told that it is live all the same.
  driverOk: givesUp,
  fail: done,
  readStatus: done,
  resetQueue: { ...coded, onReturn: (args, result) => (result === VIRTIO_OK ? [revokeAll(args)] : []) },
  writeStatus: done,
  enableQueue: done,
  boot: done,
  poll: done,
  answerStatus: done,
  answerReset: done,
  acceptQueue: done,
  answerQueueReset: done,
  presentStatus: done,
  confirmQueueReset: done,
  needsReset: done,
  configChange: done,
};
