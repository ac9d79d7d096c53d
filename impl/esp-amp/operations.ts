/**
 * The ESP-AMP operations in the vocabulary of the slot statechart. The master is its driver, the remote its device;
 * a returned slot is free at once, so there is no `return` and `collect`, only `release`.
 *
 * Of a call that is refused nothing moved: its `publish` or `release` at the call is undone at the return.
 */
import type { PlainData } from '../../memory/index.ts';
import type { OperationSpec, OperationSpecs, OperationValues } from '../target.ts';
import {
  codeName,
  INVALID_ARG,
  NO_MEM,
  NOT_ALLOWED,
  NOT_FINISHED,
  NOT_FOUND,
  NOT_SUPPORTED,
  OK,
} from './errors.ts';

/** Specifications by operation name. */
export const espAmpOperations: OperationSpecs = {
  alloc_try: {
    ...returning(OK, NOT_SUPPORTED, NO_MEM, NOT_FOUND),
    onReturn: (args, result) => (result === OK ? { event: 'reserve', address: out(args, 'address') } : null),
  },
  send_try: {
    ...returning(OK, NOT_SUPPORTED, NOT_ALLOWED, NO_MEM),
    onCall: (args) => ({ event: 'publish', address: value(args, 'buffer'), length: value(args, 'size') }),
    onReturn: (args, result) =>
      result === OK ? null : { event: 'publish.failed', address: value(args, 'buffer') },
  },
  recv_try: {
    ...returning(OK, NOT_SUPPORTED, NOT_FOUND),
    onReturn: (args, result) =>
      result === OK ? { event: 'take', address: out(args, 'address'), length: out(args, 'size') } : null,
  },
  free_try: {
    ...returning(OK, NOT_SUPPORTED, NOT_ALLOWED),
    onCall: (args) => ({ event: 'release', address: value(args, 'buffer') }),
    onReturn: (args, result) =>
      result === OK ? null : { event: 'release.failed', address: value(args, 'buffer') },
  },
  init_buffer: returning(OK),
  create: returning(OK),
  main_init: returning(OK, INVALID_ARG, NO_MEM),
  sub_init: returning(OK, NOT_FOUND),
  intr_enable: returning(OK, NOT_SUPPORTED, INVALID_ARG, NOT_FINISHED),
  sys_info_init: returning(OK),
  sys_info_get: returning(OK, NOT_FOUND),
  sys_info_alloc: { codes: null, succeeded: (address) => address !== 0 },
  sys_info_reserve: { codes: null, succeeded: (reservation) => reservation !== null },
  sys_info_prepare: { codes: null, succeeded: () => true },
  sys_info_publish: { codes: null, succeeded: () => true },
  sw_intr_init: returning(OK),
  sw_intr_trigger: { codes: null, succeeded: () => true },
  sw_intr_add_handler: { codes: { 0: 'OK', '-1': 'FULL' }, succeeded: (result) => result === 0 },
  sw_intr_delete_handler: { codes: null, succeeded: () => true },
};

/** An operation whose result is one of these codes, with OK as its success. */
function returning(...codes: readonly number[]): OperationSpec {
  return {
    codes: Object.fromEntries(codes.map((code) => [code, codeName(code)])),
    succeeded: (result) => result === OK,
  };
}

function value(args: OperationValues, name: string): number {
  return numberOf(args[name], name);
}

function out(args: OperationValues, field: 'address' | 'size'): number {
  const record = args.out;
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new TypeError('out: expected a record');
  }
  return numberOf((record as OperationValues)[field], `out.${field}`); // neither array nor null: a record
}

function numberOf(data: PlainData | undefined, name: string): number {
  if (typeof data !== 'number')
    throw new TypeError(`${name}: expected a number, got ${JSON.stringify(data)}`);
  return data;
}
