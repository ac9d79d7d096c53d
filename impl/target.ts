/**
 * What an implementation says about its operations, so that code which knows nothing of it can follow who owns which
 * buffer. This is the one place where a source's names are translated into the vocabulary of the slot statechart.
 */
import type { PlainData } from '../memory/index.ts';
import type { SlotEvent } from '../model/index.ts';

/** An operation's arguments as they were at its call or its return: out-parameters differ between the two. */
export type OperationValues = Readonly<Record<string, PlainData>>;

/** What an operation does to the ownership of a buffer. */
export type SlotAction = {
  readonly event: SlotEvent;
  /** The buffer, by its byte offset in shared memory. */
  readonly address: number;
  /** Of the message, in bytes, where one is published or taken. */
  readonly length?: number;
};

/** One operation of a target's API. */
export type OperationSpec = {
  /** The documented results with their names; `null` when the result is no code. */
  readonly codes: Readonly<Record<number, string>> | null;
  /** Whether the operation did what it is for; if not, it must have left all memory as it was. */
  succeeded(result: PlainData | undefined): boolean;
  /** Ownership moved at the call: what an operation takes away, it takes before its first access. */
  onCall?(args: OperationValues): SlotAction | null;
  /** Ownership moved at the return: what it gives, and what it gives back because it failed. */
  onReturn?(args: OperationValues, result: PlainData | undefined): SlotAction | null;
};

/** The operations of a target, by the names that it gives to `port.op`. */
export type OperationSpecs = Readonly<Record<string, OperationSpec>>;
