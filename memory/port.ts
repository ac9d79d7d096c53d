/**
 * The memory port: the only way in which an implementation reaches memory, time and its surroundings.
 *
 * The same implementation runs behind the live port (a `SharedArrayBuffer`, full speed, between worker threads) and
 * behind the checker's stepped port, where every access is a point at which another agent may come in. Nothing here
 * is peculiar to TypeScript: locations are integers, ranges are bytes, so that hooks of compiled C can sit behind it.
 *
 * Under the checker an operation runs again from its start, fed with the results recorded so far, whenever it is
 * resumed. So code behind the port must be a pure function of its arguments and of what the port returned, must keep
 * its state in the port's memories, and must let the port's exceptions pass.
 */
import type { Location } from './location.ts';
import type { AtomicOrdering, FenceOrdering, Ordering } from './ordering.ts';
import type { PlainData } from './plainData.ts';

/** What a read-modify-write does with the value found (`old`) and its operand. Results are cut to the width. */
export type RmwOperation = 'exchange' | 'add' | 'sub' | 'and' | 'or' | 'xor';

/** What one pass of a `repeat` loop returns: go round again with a new state, or leave with a result. */
export type Repeat<S, R> = { readonly again: S } | { readonly done: R };

/** Arguments of an operation by name. Records among them are out-parameters: they are read again at the return. */
export type OperationArguments = Readonly<Record<string, unknown>>;

/**
 * Values are unsigned. 8, 16 and 32 bits hold any value of their width; a 64-bit location holds safe integers only
 * (0..2^53-1). Stores cut the value to the width, except at 64 bits, where an unsafe integer is an error.
 */
export interface MemoryPort {
  /** @throws AccessError when misaligned or outside the memory, naming the location. So do all accesses. */
  load(at: Location, order: Ordering): number;
  store(at: Location, value: number, order: Ordering): void;
  /** Returns the value found before. */
  rmw(at: Location, operation: RmwOperation, value: number, order: AtomicOrdering): number;
  /** Strong compare-and-swap. Returns the value found: it succeeded if that equals `expected`. */
  cas(
    at: Location,
    expected: number,
    desired: number,
    order: AtomicOrdering,
    failureOrder: AtomicOrdering,
  ): number;
  fence(order: FenceOrdering): void;
  /** Reads `into.length` payload bytes of shared memory, as one plain access. */
  readRange(byteOffset: number, into: Uint8Array): void;
  /** Writes payload bytes to shared memory, as one plain access. */
  writeRange(byteOffset: number, bytes: Uint8Array): void;
  /** A nondeterministic choice, 0..count-1. The checker explores them all; live, the port's owner decides. */
  choose(count: number): number;
  /**
   * Anything with an effect outside memory. Its result is recorded and replayed like a load's; 0 where there is nothing
   * to say. Lines and semaphores are numbered by the system (or by the live port's owner). These names have a meaning:
   * - `ring` (line): the doorbell of an interrupt line, a store to a device: it waits behind the core's earlier stores.
   * - `clear` (line): acknowledges the line, so that it is pending no more; a store to a device, too.
   * - `enable`, `disable` (line): whether the line may interrupt its core. Returns 1 if it was enabled before, else 0.
   * - `mask`, `unmask` (0): of all interrupts of the own core. Returns 1 if they were masked before, else 0.
   * - `wait` (0): sleeps until an enabled line of the own core is pending, masked or not. One that was served before
   *   does not end it.
   * - `give` (semaphore): one more, and returns 0; 1 if it was full already. `take` (semaphore): waits until there is
   *   one, and takes it.
   */
  action(name: string, argument: number): number;
  /**
   * A loop without a static bound. `body` is a pure function of plain-data `state` (and of what it loads); what it
   * loaded is forgotten when a pass ends, which keeps the positions of an agent finite.
   */
  repeat<S extends PlainData, R extends PlainData | undefined>(state: S, body: (state: S) => Repeat<S, R>): R;
  /** Marks one operation of the API; operations nest. `args` and the result are what monitors are told. */
  op<R extends PlainData | undefined>(name: string, args: OperationArguments, body: () => R): R;
}
