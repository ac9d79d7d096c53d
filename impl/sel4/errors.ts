/** Result codes of the seL4 virtqueues, by layer, with the names that operations and documents give them. */

/** libvirtqueue: done. */
export const VQ_OK = 1;
/** libvirtqueue: nothing there, or no descriptor left. Nothing has changed. */
export const VQ_NONE = 0;
/**
 * libvirtqueue: the caller or the peer broke the rules. Nothing has changed: an entry of the peer's that is refused
 * stays where it is, and so will be what follows it. Not a result of the published code, which does not look.
 */
export const VQ_REFUSED = -1;

/** libsel4camkes: done. */
export const CAMKES_OK = 0;
/** libsel4camkes: not done, and nothing has changed. */
export const CAMKES_ERROR = -1;

// Of the message queue and of both initializations, as in C (the numbers are those of Linux and of musl).
export const ENOMEM = 12;
export const EINVAL = 22;
export const ENOMSG = 42;
export const ECOMM = 70;
/** Not a result of the published code: a message broke the protocol. It was dropped, and its buffer returned. */
export const EBADMSG = 74;
export const EMSGSIZE = 90;

const VIRTQUEUE_NAMES: Readonly<Record<number, string>> = {
  [VQ_OK]: 'OK',
  [VQ_NONE]: 'NONE',
  [VQ_REFUSED]: 'REFUSED',
};
const CAMKES_NAMES: Readonly<Record<number, string>> = { [CAMKES_OK]: 'OK', [CAMKES_ERROR]: 'ERROR' };
const MSGQUEUE_NAMES: Readonly<Record<number, string>> = {
  0: 'OK',
  [ENOMEM]: 'ENOMEM',
  [EINVAL]: 'EINVAL',
  [ENOMSG]: 'ENOMSG',
  [ECOMM]: 'ECOMM',
  [EBADMSG]: 'EBADMSG',
  [EMSGSIZE]: 'EMSGSIZE',
};

/** The layers of the API: each has codes of its own. */
export type Sel4Layer = 'virtqueue' | 'camkes' | 'msgqueue';

const NAMES: Readonly<Record<Sel4Layer, Readonly<Record<number, string>>>> = {
  virtqueue: VIRTQUEUE_NAMES,
  camkes: CAMKES_NAMES,
  msgqueue: MSGQUEUE_NAMES,
};

/** `REFUSED` for -1 of libvirtqueue; `code 7` for a number that is no documented code. */
export function codeName(layer: Sel4Layer, code: number): string {
  return NAMES[layer][code] ?? `code ${code}`;
}
