/**
 * Result codes of the VirtIO queues, with the names that operations and documents give them. The specification has none:
 * these are ours, the same for both layouts and for both sides.
 *
 * What the peer has broken is no mistake of the caller's: the queue is marked as broken, keeps the reason, and works no
 * more until it is set up again. The call that finds it says what it is; each one after it says `QUEUE_BROKEN`.
 */

/** Done. */
export const VIRTIO_OK = 0;
/** Nothing is there to be taken or collected. Nothing has changed. */
export const VIRTIO_NONE = 1;
/** Fewer descriptors are free than the chain needs. Nothing has changed. */
export const VIRTIO_NO_SPACE = -1;
/** The caller broke the rules: what it gave is not valid, or not its own. Nothing has changed. */
export const VIRTIO_INVALID = -2;
/** The peer has broken the rules before: the queue works no more. Nothing has changed. */
export const VIRTIO_QUEUE_BROKEN = -3;

// What a driver finds that does not trust its device.
/** A used entry whose id is no descriptor, or no head of a chain that is out: also one returned twice. */
export const VIRTIO_BAD_USED_ID = -16;
/** A used entry that claims more bytes than the chain has for writing. */
export const VIRTIO_BAD_USED_LENGTH = -17;

// What both find.
/** An index that is further ahead than there are entries. */
export const VIRTIO_BAD_INDEX = -18;

// What a device finds that does not trust its driver.
/** An available entry, or a `next`, that is no descriptor; or a head of a chain which the device has already. */
export const VIRTIO_BAD_HEAD = -19;
/** A chain of more descriptors than the queue has: a loop. */
export const VIRTIO_CHAIN_TOO_LONG = -20;
/** A descriptor that names bytes outside the memory which the device may reach, or none at all. */
export const VIRTIO_BAD_BUFFER = -21;
/** A descriptor for reading behind one for writing. */
export const VIRTIO_BAD_ORDER = -22;
/** INDIRECT where it was not negotiated, inside a table, or with NEXT; a table of a size that is none. */
export const VIRTIO_BAD_INDIRECT = -23;

/** The codes by value. */
export const virtioCodes: Readonly<Record<number, string>> = {
  [VIRTIO_OK]: 'OK',
  [VIRTIO_NONE]: 'NONE',
  [VIRTIO_NO_SPACE]: 'NO_SPACE',
  [VIRTIO_INVALID]: 'INVALID',
  [VIRTIO_QUEUE_BROKEN]: 'QUEUE_BROKEN',
  [VIRTIO_BAD_USED_ID]: 'BAD_USED_ID',
  [VIRTIO_BAD_USED_LENGTH]: 'BAD_USED_LENGTH',
  [VIRTIO_BAD_INDEX]: 'BAD_INDEX',
  [VIRTIO_BAD_HEAD]: 'BAD_HEAD',
  [VIRTIO_CHAIN_TOO_LONG]: 'CHAIN_TOO_LONG',
  [VIRTIO_BAD_BUFFER]: 'BAD_BUFFER',
  [VIRTIO_BAD_ORDER]: 'BAD_ORDER',
  [VIRTIO_BAD_INDIRECT]: 'BAD_INDIRECT',
};

/** Whether a result says that the peer was found out just now: the queue is broken from here on. */
export function findsPeerBroken(code: number): boolean {
  return code <= VIRTIO_BAD_USED_ID && code >= VIRTIO_BAD_INDIRECT;
}

/** `NO_SPACE` for -1; `code 7` for a number that is no documented code. */
export function virtioCodeName(code: number): string {
  return virtioCodes[code] ?? `code ${code}`;
}
