/**
 * The VirtIO operations in the vocabulary of the slot statechart. A slot is a buffer of the driver's application; the
 * segments of a chain are such buffers, from their start on.
 *
 * - `allocateBuffer` reserves one, `freeBuffer` cancels it.
 * - `describe` says which buffers are in a chain, `expose` publishes the chain at its call.
 * - `take` takes the whole chain at its return, `giveBack`, `giveBackBatch` and `giveBackRequest` return it at their call.
 * - `collect` collects it at its return, and hands its buffers to the application: they are reserved from there on.
 *
 * That a queue finds its peer out is a success: marking it as broken is what is to be done then.
 */
import type { PlainData } from '../../memory/index.ts';
import type { OperationSpec, OperationValues } from '../target.ts';
import { NO_BUFFER } from './bufferPool.ts';
import { findsPeerBroken, VIRTIO_OK, virtioCodes } from './errors.ts';

/** What an operation on a chain does to ownership. A chain is named by its queue and by its head. */
export type VirtioChainAction =
  | { readonly kind: 'slot'; readonly event: 'reserve' | 'cancel'; readonly address: number }
  /** A buffer was put at the end of a chain. */
  | {
      readonly kind: 'append';
      readonly queue: string;
      readonly head: number;
      readonly address: number;
      readonly length: number;
    }
  /** To all buffers of a chain. `collect` also ends it, and reserves its buffers for the driver's application. */
  | {
      readonly kind: 'chain';
      readonly queue: string;
      readonly head: number;
      readonly event: 'publish' | 'take' | 'return' | 'return.failed' | 'collect';
      readonly keeps?: boolean;
    }
  /** To all chains of a queue, or of all queues if none is named: the queue was reset. Reserves their buffers, likewise. */
  | {
      readonly kind: 'chain';
      readonly queue: string;
      readonly head: null;
      readonly event: 'revoke';
      readonly keeps: true;
    };

/** One operation; as `OperationSpec`, but that several buffers may change hands at once. */
export type VirtioOperationSpec = Pick<OperationSpec, 'codes' | 'succeeded'> & {
  onCall?(args: OperationValues): readonly VirtioChainAction[];
  onReturn?(args: OperationValues, result: PlainData | undefined): readonly VirtioChainAction[];
};

const coded: VirtioOperationSpec = {
  codes: virtioCodes,
  succeeded: (result) => result === VIRTIO_OK || (typeof result === 'number' && findsPeerBroken(result)),
};

/** Specifications by operation name. */
export const virtioOperations: Readonly<Record<string, VirtioOperationSpec>> = {
  allocateBuffer: {
    codes: null,
    succeeded: (address) => address !== NO_BUFFER,
    onReturn: (_args, result) =>
      result === NO_BUFFER ? [] : [{ kind: 'slot', event: 'reserve', address: numberOf(result, 'result') }],
  },
  freeBuffer: {
    codes: null,
    succeeded: () => true,
    onCall: (args) => [{ kind: 'slot', event: 'cancel', address: value(args, 'address') }],
  },
  init: coded,
  add: coded,
  describe: {
    codes: null,
    succeeded: () => true,
    onReturn: (args) => [
      {
        kind: 'append',
        queue: queueOf(args),
        head: value(args, 'head'),
        address: value(args, 'addr'),
        length: value(args, 'len'),
      },
    ],
  },
  expose: {
    codes: null,
    succeeded: () => true,
    onCall: (args) => chain(args, value(args, 'head'), 'publish'),
  },
  kick: { codes: null, succeeded: () => true },
  notify: { codes: null, succeeded: () => true },
  collect: {
    ...coded,
    onReturn: (args, result) =>
      result === VIRTIO_OK
        ? [
            {
              kind: 'chain',
              queue: queueOf(args),
              head: field(args, 'out', 'head'),
              event: 'collect',
              keeps: true,
            },
          ]
        : [],
  },
  disableInterrupts: { codes: null, succeeded: () => true },
  enableInterrupts: { codes: null, succeeded: () => true },
  hasUsed: { codes: null, succeeded: () => true },
  take: {
    ...coded,
    onReturn: (args, result) => (result === VIRTIO_OK ? chain(args, field(args, 'out', 'head'), 'take') : []),
  },
  giveBack: {
    ...coded,
    onCall: (args) => chain(args, value(args, 'head'), 'return'),
    onReturn: (args, result) =>
      result === VIRTIO_OK ? [] : chain(args, value(args, 'head'), 'return.failed'),
  },
  giveBackBatch: {
    ...coded,
    onCall: (args) => headsOf(args).flatMap((head) => chain(args, head, 'return')),
    onReturn: (args, result) =>
      result === VIRTIO_OK ? [] : headsOf(args).flatMap((head) => chain(args, head, 'return.failed')),
  },
  giveBackRequest: {
    ...coded,
    onCall: (args) => headsOf(args).flatMap((head) => chain(args, head, 'return')),
    onReturn: (args, result) =>
      result === VIRTIO_OK ? [] : headsOf(args).flatMap((head) => chain(args, head, 'return.failed')),
  },
  interrupt: { codes: null, succeeded: () => true },
  disableKicks: { codes: null, succeeded: () => true },
  enableKicks: { codes: null, succeeded: () => true },
};

function chain(
  args: OperationValues,
  head: number,
  event: 'publish' | 'take' | 'return' | 'return.failed',
): readonly VirtioChainAction[] {
  return [{ kind: 'chain', queue: queueOf(args), head, event }];
}

function queueOf(args: OperationValues): string {
  if (typeof args.queue !== 'string')
    throw new TypeError(`queue: expected a name, got ${JSON.stringify(args.queue)}`);
  return args.queue;
}

function headsOf(args: OperationValues): readonly number[] {
  const { heads } = args;
  if (!Array.isArray(heads)) throw new TypeError('heads: expected an array');
  return heads.map((head: PlainData) => numberOf(head, 'heads'));
}

function value(args: OperationValues, name: string): number {
  return numberOf(args[name], name);
}

/** A field of an out-parameter. */
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
