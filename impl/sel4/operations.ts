/**
 * The seL4 operations in the vocabulary of the slot statechart. A slot is a block of the pool. What moves ownership are
 * the innermost operations, so whatever is built on them (scatter, gather, the message queue) needs no rules of its own:
 *
 * - `buffer_alloc` reserves a block, `buffer_free` cancels it.
 * - `announce_chain` publishes all blocks of a chain at its call, `put_desc` says which those are.
 * - `get_available_buf` takes a whole chain at its return, `add_used_buf` returns it at its call.
 * - `get_used_buf` collects a whole chain at its return, and each `gather_used` reserves one of its blocks: between the
 *   two nobody owns it.
 */
import type { PlainData } from '../../memory/index.ts';
import type { OperationSpec, OperationValues } from '../target.ts';
import type { ChainAction } from './chains.ts';
import {
  CAMKES_ERROR,
  CAMKES_OK,
  codeName,
  EBADMSG,
  ECOMM,
  EINVAL,
  EMSGSIZE,
  ENOMEM,
  ENOMSG,
  type Sel4Layer,
  VQ_NONE,
  VQ_OK,
  VQ_REFUSED,
} from './errors.ts';

/** One operation; as `OperationSpec`, but that several buffers may change hands at once. */
export type Sel4OperationSpec = Pick<OperationSpec, 'codes' | 'succeeded'> & {
  onCall?(args: OperationValues): readonly ChainAction[];
  onReturn?(args: OperationValues, result: PlainData | undefined): readonly ChainAction[];
};

/** The operations, by the names that the implementation gives to `port.op`. */
export type Sel4OperationSpecs = Readonly<Record<string, Sel4OperationSpec>>;

/** Where a queue's pool begins in shared memory, by the queue's id: descriptors name their buffers from there. */
export type PoolBases = Readonly<Record<string, number>>;

/** Specifications by operation name. @throws TypeError, when asked, for a queue whose pool is not given. */
export function sel4Operations(pools: PoolBases): Sel4OperationSpecs {
  const addressOf = (args: OperationValues, offset: number): number => {
    const queue = queueOf(args);
    const base = Object.hasOwn(pools, queue) ? pools[queue] : undefined;
    if (base === undefined) throw new TypeError(`${queue}: where its pool begins is not known`);
    return base + offset;
  };
  const chain = (
    args: OperationValues,
    head: number,
    event: 'publish' | 'take' | 'return' | 'return.failed' | 'collect',
  ): readonly ChainAction[] => [{ kind: 'chain', queue: queueOf(args), head, event }];

  return {
    init_driver: virtqueue(VQ_OK, VQ_REFUSED),
    init_device: virtqueue(VQ_OK, VQ_REFUSED),
    add_available_buf: virtqueue(VQ_OK, VQ_NONE, VQ_REFUSED),
    chain_available_buf: virtqueue(VQ_OK, VQ_NONE, VQ_REFUSED),
    publish_available: virtqueue(VQ_OK, VQ_REFUSED),
    discard_available: {
      ...virtqueue(VQ_OK, VQ_REFUSED),
      onCall: (args) => [{ kind: 'discard', queue: queueOf(args), head: field(args, 'object', 'first') }],
    },
    put_desc: {
      ...silent,
      onReturn: (args) => [
        {
          kind: 'append',
          queue: queueOf(args),
          head: value(args, 'head'),
          address: addressOf(args, value(args, 'buf')),
          length: value(args, 'len'),
        },
      ],
    },
    announce_chain: { ...silent, onCall: (args) => chain(args, value(args, 'head'), 'publish') },
    get_available_buf: {
      ...virtqueue(VQ_OK, VQ_NONE, VQ_REFUSED),
      onReturn: (args, result) =>
        result === VQ_OK ? chain(args, field(args, 'object', 'first'), 'take') : [],
    },
    scattered_available_size: { codes: null, succeeded: (size) => size !== 0 },
    gather_available: virtqueue(VQ_OK, VQ_NONE, VQ_REFUSED),
    add_used_buf: {
      ...virtqueue(VQ_OK, VQ_REFUSED),
      onCall: (args) => chain(args, field(args, 'object', 'first'), 'return'),
      // Where it fails the ring object is what it was, so it still names the chain.
      onReturn: (args, result) =>
        result === VQ_OK ? [] : chain(args, field(args, 'object', 'first'), 'return.failed'),
    },
    dev_poll: answer,
    get_used_buf: {
      ...virtqueue(VQ_OK, VQ_NONE, VQ_REFUSED),
      onReturn: (args, result) =>
        result === VQ_OK ? chain(args, field(args, 'object', 'first'), 'collect') : [],
    },
    gather_used: {
      ...virtqueue(VQ_OK, VQ_NONE, VQ_REFUSED),
      onReturn: (args, result) =>
        result === VQ_OK
          ? [{ kind: 'slot', event: 'reserve', address: addressOf(args, field(args, 'out', 'buf')) }]
          : [],
    },
    drv_poll: answer,
    driver_init: camkes,
    driver_init_with_recv: camkes,
    driver_init_common: msgqueue(0, EINVAL, ENOMEM),
    device_init: camkes,
    device_init_with_recv: camkes,
    device_init_common: msgqueue(0, EINVAL, ENOMEM),
    buffer_alloc: {
      ...camkes,
      onReturn: (args, result) =>
        result === CAMKES_OK ? [{ kind: 'slot', event: 'reserve', address: field(args, 'out', 'buf') }] : [],
    },
    buffer_free: {
      ...camkes,
      // At its success, and not at its call: the statechart has no event that would undo it.
      onReturn: (args, result) =>
        result === CAMKES_OK ? [{ kind: 'slot', event: 'cancel', address: value(args, 'buf') }] : [],
    },
    driver_send_buffer: camkes,
    driver_scatter_send_buffer: camkes,
    driver_gather_copy_buffer: camkes,
    driver_gather_buffer: camkes,
    driver_offset_to_buffer: { codes: null, succeeded: (address) => address !== 0 },
    device_gather_copy_buffer: camkes,
    device_scatter_copy_buffer: camkes,
    device_gather_buffer: camkes,
    device_offset_to_buffer: { codes: null, succeeded: (address) => address !== 0 },
    channel_register: camkes,
    channel_num: answer,
    get_id_from_name: { codes: null, succeeded: (id) => id !== CAMKES_ERROR },
    msgqueue_sender_init: msgqueue(0, EINVAL, ENOMEM),
    msgqueue_receiver_init: msgqueue(0, EINVAL, ENOMEM),
    msgqueue_send: msgqueue(0, EINVAL, EMSGSIZE, ENOMEM, ECOMM),
    // A bad message is dropped: that is what is done about it, and leaves its traces.
    msgqueue_get: {
      ...msgqueue(0, EINVAL, EMSGSIZE, ENOMSG, EBADMSG),
      succeeded: (result) => result === 0 || result === EBADMSG,
    },
    seL4_Signal: silent,
    seL4_Poll: answer,
    seL4_Wait: answer,
    notify_deferred: silent,
    notify_flush: silent,
  };
}

const silent: Sel4OperationSpec = { codes: null, succeeded: () => true };
const answer: Sel4OperationSpec = silent;
const camkes: Sel4OperationSpec = returning('camkes', CAMKES_OK, CAMKES_ERROR);

function virtqueue(...codes: readonly [number, ...number[]]): Sel4OperationSpec {
  return returning('virtqueue', ...codes);
}

function msgqueue(...codes: readonly [number, ...number[]]): Sel4OperationSpec {
  return returning('msgqueue', ...codes);
}

/** An operation whose result is one of these codes, the first of which is its success. */
function returning(layer: Sel4Layer, ...codes: readonly [number, ...number[]]): Sel4OperationSpec {
  const [success] = codes;
  return {
    codes: Object.fromEntries(codes.map((code) => [code, codeName(layer, code)])),
    succeeded: (result) => result === success,
  };
}

function queueOf(args: OperationValues): string {
  if (typeof args.queue !== 'string')
    throw new TypeError(`queue: expected a name, got ${JSON.stringify(args.queue)}`);
  return args.queue;
}

function value(args: OperationValues, name: string): number {
  return numberOf(args[name], name);
}

/** A field of an argument that is a record: a ring object, or an out-parameter. */
function field(args: OperationValues, name: string, of: string): number {
  const record = args[name];
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw new TypeError(`${name}: expected a record`);
  return numberOf((record as OperationValues)[of], `${name}.${of}`); // neither array nor null: a record
}

function numberOf(data: PlainData | undefined, name: string): number {
  if (typeof data !== 'number')
    throw new TypeError(`${name}: expected a number, got ${JSON.stringify(data)}`);
  return data;
}
