import {
  type AtomicOrdering,
  bytesOf,
  type FenceOrdering,
  type Location,
  type MemoryPort,
  type OperationArguments,
  type Ordering,
  offsetOf,
  type PlainData,
  type Repeat,
  type RmwOperation,
  spaceOf,
} from 'vqcheck/memory';

/** Kind, space, offset, bytes, ordering and value; or `fence` and its ordering; or `action` and what it was told. */
export type RecordedAccess = readonly (string | number)[];

/** A port that writes down each access, and leaves it to another port. */
export class RecordingPort implements MemoryPort {
  readonly accesses: RecordedAccess[] = [];
  readonly operations: string[] = [];
  private readonly port: MemoryPort;

  constructor(port: MemoryPort) {
    this.port = port;
  }

  /** Shared accesses and fences only, as `R flags[0]`-like triples: what another core can tell. */
  shared(): RecordedAccess[] {
    return this.accesses.filter((access) => access[1] !== 'local');
  }

  load(at: Location, order: Ordering): number {
    const value = this.port.load(at, order);
    this.accesses.push(['load', spaceOf(at), offsetOf(at), bytesOf(at), order, value]);
    return value;
  }

  store(at: Location, value: number, order: Ordering): void {
    this.port.store(at, value, order);
    this.accesses.push(['store', spaceOf(at), offsetOf(at), bytesOf(at), order, value]);
  }

  rmw(at: Location, operation: RmwOperation, value: number, order: AtomicOrdering): number {
    this.accesses.push([operation, spaceOf(at), offsetOf(at), bytesOf(at), order, value]);
    return this.port.rmw(at, operation, value, order);
  }

  cas(
    at: Location,
    expected: number,
    desired: number,
    order: AtomicOrdering,
    failureOrder: AtomicOrdering,
  ): number {
    this.accesses.push(['cas', spaceOf(at), offsetOf(at), bytesOf(at), order, desired]);
    return this.port.cas(at, expected, desired, order, failureOrder);
  }

  fence(order: FenceOrdering): void {
    this.accesses.push(['fence', order]);
    this.port.fence(order);
  }

  readRange(byteOffset: number, into: Uint8Array): void {
    this.accesses.push(['read', 'shared', byteOffset, into.length]);
    this.port.readRange(byteOffset, into);
  }

  writeRange(byteOffset: number, bytes: Uint8Array): void {
    this.accesses.push(['write', 'shared', byteOffset, bytes.length]);
    this.port.writeRange(byteOffset, bytes);
  }

  choose(count: number): number {
    return this.port.choose(count);
  }

  action(name: string, argument: number): number {
    this.accesses.push(['action', name, argument]);
    return this.port.action(name, argument);
  }

  repeat<S extends PlainData, R extends PlainData | undefined>(
    state: S,
    body: (state: S) => Repeat<S, R>,
  ): R {
    return this.port.repeat(state, body);
  }

  op<R extends PlainData | undefined>(name: string, args: OperationArguments, body: () => R): R {
    this.operations.push(name);
    return this.port.op(name, args, body);
  }
}
