/**
 * A port over plain bytes, without steps: it sets up the memory before the first step, and walks through a system a
 * turn at a time to find out which locations it has. Not for checking: nothing can come in between.
 */
import {
  AccessError,
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
} from '../memory/index.ts';
import { applyRmw } from './access.ts';
import { SHARED } from './cells.ts';
import { ATOMIC_LOADS, ATOMIC_UPDATES, loadUse, PLAIN_LOADS, PLAIN_STORES, storeUse } from './uses.ts';

/** Bytes of the shared memory, and of each core's local one. */
export interface Image {
  readonly shared: Uint8Array;
  readonly local: readonly Uint8Array[];
}

export interface DirectPortOptions {
  readonly image: Image;
  readonly core: number;
  nameOf(memory: number, byteOffset: number, bytes: number): string;
  /** Told of every access before it happens; `use`: how it accesses the bytes, see uses.ts. */
  onAccess?(memory: number, byteOffset: number, bytes: number, range: boolean, use: number): void;
  /** Decides `choose`; the first alternative by default. */
  choose?(count: number): number;
}

/** Accesses, and passes of loops, that one turn or a setup may make before it is taken to go on for ever. */
const ACCESS_LIMIT = 1_000_000;
const PASS_LIMIT = 10_000;

export class DirectPort implements MemoryPort {
  readonly #options: DirectPortOptions;
  #accesses = 0;
  #passes = 0;

  constructor(options: DirectPortOptions) {
    this.#options = options;
  }

  /** A new turn begins: its accesses count from 0. */
  beginTurn(): void {
    this.#accesses = 0;
    this.#passes = 0;
  }

  load(at: Location, order: Ordering): number {
    return this.#read(this.#bytes(at, loadUse(order)), offsetOf(at), bytesOf(at));
  }

  store(at: Location, value: number, order: Ordering): void {
    this.#write(this.#bytes(at, storeUse(order)), offsetOf(at), bytesOf(at), value);
  }

  rmw(at: Location, operation: RmwOperation, value: number): number {
    const bytes = this.#bytes(at, ATOMIC_UPDATES);
    const old = this.#read(bytes, offsetOf(at), bytesOf(at));
    this.#write(bytes, offsetOf(at), bytesOf(at), applyRmw(operation, old, value, bytesOf(at)));
    return old;
  }

  cas(at: Location, expected: number, desired: number): number {
    const bytes = this.#bytes(at, ATOMIC_UPDATES | ATOMIC_LOADS);
    const old = this.#read(bytes, offsetOf(at), bytesOf(at));
    if (old === expected) this.#write(bytes, offsetOf(at), bytesOf(at), desired);
    return old;
  }

  fence(_order: FenceOrdering): void {}

  readRange(byteOffset: number, into: Uint8Array): void {
    const bytes = this.#range(byteOffset, into.length, PLAIN_LOADS);
    into.set(bytes.subarray(byteOffset, byteOffset + into.length));
  }

  writeRange(byteOffset: number, bytes: Uint8Array): void {
    this.#range(byteOffset, bytes.length, PLAIN_STORES).set(bytes, byteOffset);
  }

  choose(count: number): number {
    return this.#options.choose?.(count) ?? 0;
  }

  action(_name: string, _argument: number): number {
    return 0;
  }

  repeat<S extends PlainData, R extends PlainData | undefined>(
    state: S,
    body: (state: S) => Repeat<S, R>,
  ): R {
    for (let current = state; ; ) {
      // A loop may wait for another agent, which cannot run here.
      if (++this.#passes > PASS_LIMIT) throw new Error('a loop without end');
      const pass = body(current);
      if ('done' in pass) return pass.done;
      current = pass.again;
    }
  }

  op<R extends PlainData | undefined>(_name: string, _args: OperationArguments, body: () => R): R {
    return body();
  }

  #bytes(at: Location, use: number): Uint8Array {
    const { image, core, onAccess } = this.#options;
    const local = spaceOf(at) === 'local';
    const memory = local ? core : SHARED;
    // A port is made for a core that the system has.
    const bytes = local ? (image.local[core] as Uint8Array) : image.shared;
    this.#check(memory, bytes, offsetOf(at), bytesOf(at), bytesOf(at));
    onAccess?.(memory, offsetOf(at), bytesOf(at), false, use);
    return bytes;
  }

  #range(byteOffset: number, length: number, use: number): Uint8Array {
    const { image, onAccess } = this.#options;
    this.#check(SHARED, image.shared, byteOffset, length, 1);
    if (length > 0) onAccess?.(SHARED, byteOffset, length, true, use);
    return image.shared;
  }

  #check(memory: number, bytes: Uint8Array, byteOffset: number, length: number, alignment: number): void {
    if (++this.#accesses > ACCESS_LIMIT) throw new Error('accesses without end');
    checkAccess(memory, bytes.length, byteOffset, length, alignment, this.#options.nameOf);
  }

  #read(memory: Uint8Array, byteOffset: number, bytes: number): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (memory[byteOffset + i] as number);
    return value;
  }

  #write(memory: Uint8Array, byteOffset: number, bytes: number, value: number): void {
    let rest = value;
    for (let i = 0; i < bytes; i++) {
      memory[byteOffset + i] = ((rest % 256) + 256) % 256;
      rest = Math.floor(rest / 256);
    }
  }
}

/** @throws AccessError if the access lies outside the memory or is misaligned. */
export function checkAccess(
  memory: number,
  memoryBytes: number,
  byteOffset: number,
  length: number,
  alignment: number,
  nameOf: DirectPortOptions['nameOf'],
): void {
  const inside = byteOffset >= 0 && Number.isInteger(byteOffset) && byteOffset + length <= memoryBytes;
  if (inside && byteOffset % alignment === 0) return;
  const name = inside ? nameOf(memory, byteOffset, length) : `offset 0x${byteOffset.toString(16)}`;
  const where = memory === SHARED ? 'shared memory' : `local memory of core ${memory}`;
  throw new AccessError(
    inside ? 'misaligned' : 'out-of-range',
    name,
    byteOffset,
    length,
    inside
      ? `misaligned access: ${length} bytes at ${name} (offset 0x${byteOffset.toString(16)}) in ${where}; expected a multiple of ${alignment}`
      : `access outside the memory: ${length} bytes at ${name} in ${where}, which has 0x${memoryBytes.toString(16)} bytes`,
  );
}
