/**
 * The live port: an implementation's accesses done for real, on a `SharedArrayBuffer` between worker threads and an
 * `ArrayBuffer` of the thread's own.
 *
 * Orderings. A `plain` access is a plain typed-array access. Every other ordering is done by `Atomics`, which knows
 * only sequential consistency, so it is as strong as was asked for, or stronger.
 */
import { AccessError } from './accessError.ts';
import type { AccessorMaker, AccessorPort } from './layout.ts';
import { type LayoutMap, unnamed } from './layoutMap.ts';
import { type LiveMemories, liveAccessors } from './liveAccessors.ts';
import { bytesOf, type Location, offsetOf, type Space, spaceOf } from './location.ts';
import type { AtomicOrdering, FenceOrdering, Ordering } from './ordering.ts';
import type { PlainData } from './plainData.ts';
import type { OperationArguments, Repeat, RmwOperation } from './port.ts';

/** The memories behind a live port and its surroundings. */
export type LivePortOptions = {
  /** Reached by all threads. Its length is a multiple of 8 bytes. */
  readonly shared: SharedArrayBuffer;
  /** This thread's own; a multiple of 8 bytes. */
  readonly local: ArrayBuffer;
  /** Names for errors. */
  readonly names?: LayoutMap;
  /** What `action` does, by name. An action that is not here is an error: a doorbell must not get lost in silence. */
  readonly actions?: Readonly<Record<string, (argument: number) => number>>;
  /** What `choose` answers, 0..count-1. Without it, always 0. */
  readonly choose?: (count: number) => number;
};

/** The three element types up to 32 bits and the fourth, over one buffer. */
type Words<B extends ArrayBufferLike> = {
  readonly u8: Uint8Array<B>;
  readonly u16: Uint16Array<B>;
  readonly u32: Uint32Array<B>;
  readonly u64: BigUint64Array<B>;
};

/** Up to this many bytes a loop over words is faster than `set`: 64 bytes are read in 22 ns for 49, written in 24 for 28. */
const WORDWISE_BYTES = 256;

/** A memory port over real memory. One for each thread. */
export class LivePort implements LiveMemories, AccessorPort {
  readonly shared8: Uint8Array<SharedArrayBuffer>;
  readonly shared16: Uint16Array<SharedArrayBuffer>;
  readonly shared32: Uint32Array<SharedArrayBuffer>;
  private readonly shared64: BigUint64Array<SharedArrayBuffer>;
  /**
   * Shared memory as an application reaches its payload in place, at `wordIndex`. Plain accesses, which the port does
   * not see; no other port offers them.
   */
  readonly sharedWords: Int32Array<SharedArrayBuffer>;
  readonly local8: Uint8Array<ArrayBuffer>;
  readonly local16: Uint16Array<ArrayBuffer>;
  readonly local32: Uint32Array<ArrayBuffer>;
  private readonly local64: BigUint64Array<ArrayBuffer>;
  /** The array that payload was last copied to or from, and the same bytes as words: a thread keeps to one array. */
  private wordsOf: Uint8Array | undefined;
  private lastWords: Uint32Array = new Uint32Array(0);
  private readonly names: LayoutMap | undefined;
  private readonly actions: Readonly<Record<string, (argument: number) => number>>;
  private readonly chooser: ((count: number) => number) | undefined;

  /**
   * @throws RangeError when a buffer's length is no multiple of 8 bytes.
   * @throws Error on a big-endian host: typed arrays have the host's byte order, the protocols are little-endian.
   */
  constructor(options: LivePortOptions) {
    if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
      throw new Error('the live port needs a little-endian host');
    }
    const shared = wordsOf(options.shared, 'shared');
    this.shared8 = shared.u8;
    this.shared16 = shared.u16;
    this.shared32 = shared.u32;
    this.shared64 = shared.u64;
    this.sharedWords = new Int32Array(options.shared);
    const local = wordsOf(options.local, 'local');
    this.local8 = local.u8;
    this.local16 = local.u16;
    this.local32 = local.u32;
    this.local64 = local.u64;
    this.names = options.names;
    this.actions = options.actions ?? {};
    this.chooser = options.choose;
  }

  load(at: Location, order: Ordering): number {
    if (isMisaligned(at)) this.refuse(at);
    // The low three bits say which memory and which width.
    switch (at & 7) {
      case 0: {
        const index = at >>> 3;
        if (index >= this.shared8.length) break;
        return order === 'plain' ? (this.shared8[index] as number) : Atomics.load(this.shared8, index);
      }
      case 1: {
        const index = at >>> 4;
        if (index >= this.shared16.length) break;
        return order === 'plain' ? (this.shared16[index] as number) : Atomics.load(this.shared16, index);
      }
      case 2: {
        const index = at >>> 5;
        if (index >= this.shared32.length) break;
        return order === 'plain' ? (this.shared32[index] as number) : Atomics.load(this.shared32, index);
      }
      case 4: {
        const index = at >>> 3;
        if (index >= this.local8.length) break;
        return this.local8[index] as number;
      }
      case 5: {
        const index = at >>> 4;
        if (index >= this.local16.length) break;
        return this.local16[index] as number;
      }
      case 6: {
        const index = at >>> 5;
        if (index >= this.local32.length) break;
        return this.local32[index] as number;
      }
      default:
        return this.load64(at, order);
    }
    return this.refuse(at);
  }

  store(at: Location, value: number, order: Ordering): void {
    if (isMisaligned(at)) this.refuse(at);
    switch (at & 7) {
      case 0: {
        const index = at >>> 3;
        if (index >= this.shared8.length) break;
        if (order === 'plain') this.shared8[index] = value;
        else Atomics.store(this.shared8, index, value);
        return;
      }
      case 1: {
        const index = at >>> 4;
        if (index >= this.shared16.length) break;
        if (order === 'plain') this.shared16[index] = value;
        else Atomics.store(this.shared16, index, value);
        return;
      }
      case 2: {
        const index = at >>> 5;
        if (index >= this.shared32.length) break;
        if (order === 'plain') this.shared32[index] = value;
        else Atomics.store(this.shared32, index, value);
        return;
      }
      case 4: {
        const index = at >>> 3;
        if (index >= this.local8.length) break;
        this.local8[index] = value;
        return;
      }
      case 5: {
        const index = at >>> 4;
        if (index >= this.local16.length) break;
        this.local16[index] = value;
        return;
      }
      case 6: {
        const index = at >>> 5;
        if (index >= this.local32.length) break;
        this.local32[index] = value;
        return;
      }
      default:
        this.store64(at, value, order);
        return;
    }
    this.refuse(at);
  }

  /** The memories never change their size, so a view is checked when it is made, and not at each access. */
  accessorsFor(space: Space, base: number, bytes: number, alignment: number): AccessorMaker | undefined {
    const memory = space === 'shared' ? this.shared8 : this.local8;
    const sound = base >= 0 && base % alignment === 0 && base + bytes <= memory.length;
    return sound ? liveAccessors[space] : undefined;
  }

  rmw(at: Location, operation: RmwOperation, value: number, _order: AtomicOrdering): number {
    this.check(at);
    const width = at & 3;
    if (width === 3) {
      const words = spaceOf(at) === 'shared' ? this.shared64 : this.local64;
      return this.small(at, Atomics[operation](words, at >>> 6, this.big(at, value)));
    }
    // The operations have the names that `Atomics` gives them; on memory that is not shared it works as well.
    return Atomics[operation](this.words(at), at >>> (3 + width), value);
  }

  cas(
    at: Location,
    expected: number,
    desired: number,
    _order: AtomicOrdering,
    _failureOrder: AtomicOrdering,
  ): number {
    this.check(at);
    const width = at & 3;
    if (width === 3) {
      const words = spaceOf(at) === 'shared' ? this.shared64 : this.local64;
      return this.small(
        at,
        Atomics.compareExchange(words, at >>> 6, this.big(at, expected), this.big(at, desired)),
      );
    }
    return Atomics.compareExchange(this.words(at), at >>> (3 + width), expected, desired);
  }

  /**
   * Nothing to do, whatever the ordering, for every program that is free of data races in C11's sense:
   *
   * - What a fence does with the help of atomic accesses (a release fence before a relaxed store, a relaxed load
   *   before an acquire fence) those accesses do here by themselves: each is sequentially consistent, so the load
   *   that reads the store synchronizes with it, and everything before the store happens before everything after
   *   the load. So each happens-before edge of the C11 program is one here as well.
   * - What a `seq_cst` fence does between two atomic accesses (store buffering: each core stores its own word, then
   *   loads the other's, and at least one must see the other) follows from the single total order of sequentially
   *   consistent accesses: with or without a fence between them, both loads cannot come first.
   * - Plain accesses are ordered by happens-before only. A program whose conflicting plain accesses are all so
   *   ordered is race-free here too, and the ECMAScript memory model gives race-free programs sequential
   *   consistency: there is nothing left for a fence to forbid. A program in which a plain access and nothing but a
   *   fence were to do the ordering (a flag declared `plain`) races in C11 already; the checker reports that race,
   *   and this port does not repair it.
   */
  fence(_order: FenceOrdering): void {}

  readRange(byteOffset: number, into: Uint8Array): void {
    const length = into.length;
    if (!(byteOffset >= 0 && byteOffset + length <= this.shared8.length))
      this.refuseOutside('shared', byteOffset, length);
    if (length <= WORDWISE_BYTES && ((byteOffset | into.byteOffset | length) & 3) === 0) {
      const words = this.wordsOver(into);
      const start = byteOffset >>> 2;
      for (let i = 0; i < words.length; i++) words[i] = this.shared32[start + i] as number; // within the range checked
      return;
    }
    into.set(this.shared8.subarray(byteOffset, byteOffset + length));
  }

  writeRange(byteOffset: number, bytes: Uint8Array): void {
    const length = bytes.length;
    if (!(byteOffset >= 0 && byteOffset + length <= this.shared8.length))
      this.refuseOutside('shared', byteOffset, length);
    if (length <= WORDWISE_BYTES && ((byteOffset | bytes.byteOffset | length) & 3) === 0) {
      const words = this.wordsOver(bytes);
      const start = byteOffset >>> 2;
      for (let i = 0; i < words.length; i++) this.shared32[start + i] = words[i] as number; // within the range checked
      return;
    }
    this.shared8.set(bytes, byteOffset);
  }

  /**
   * The index in `sharedWords` of a buffer's first word; the words after it are consecutive. For an application that
   * holds the buffer, and builds or checks its message there, without the copy that `readRange` and `writeRange` make.
   * Only the range asked for is checked: keeping to it, for as long as the buffer is held, is up to the caller.
   * @param byteOffset a multiple of 4. @param bytes a multiple of 4.
   * @throws AccessError when the range is misaligned or not wholly inside.
   */
  wordIndex(byteOffset: number, bytes: number): number {
    if (!(byteOffset >= 0 && bytes >= 0 && byteOffset + bytes <= this.shared8.length))
      this.refuseOutside('shared', byteOffset, bytes);
    if (byteOffset % 4 !== 0 || bytes % 4 !== 0) this.refuseMisaligned('shared', byteOffset, bytes, 4);
    return byteOffset >>> 2;
  }

  /** @throws RangeError when the owner's answer is not one of 0..count-1. */
  choose(count: number): number {
    const answer = this.chooser === undefined ? 0 : this.chooser(count);
    if (!Number.isInteger(answer) || answer < 0 || answer >= count) {
      throw new RangeError(`choose: expected 0..${count - 1}, got ${answer}`);
    }
    return answer;
  }

  /** @throws Error when the options have no action of that name. */
  action(name: string, argument: number): number {
    const act = Object.hasOwn(this.actions, name) ? this.actions[name] : undefined;
    if (act === undefined) throw new Error(`this live port has no action called ${name}`);
    return act(argument);
  }

  repeat<S extends PlainData, R extends PlainData | undefined>(
    state: S,
    body: (state: S) => Repeat<S, R>,
  ): R {
    let pass = body(state);
    while ('again' in pass) pass = body(pass.again);
    return pass.done;
  }

  op<R extends PlainData | undefined>(_name: string, _args: OperationArguments, body: () => R): R {
    return body();
  }

  private wordsOver(bytes: Uint8Array): Uint32Array {
    if (bytes !== this.wordsOf) {
      this.wordsOf = bytes;
      this.lastWords = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    }
    return this.lastWords;
  }

  private load64(at: Location, order: Ordering): number {
    this.check(at);
    const index = at >>> 6;
    if (spaceOf(at) === 'local') return this.small(at, this.local64[index] as bigint); // checked above
    if (order === 'plain') return this.small(at, this.shared64[index] as bigint);
    return this.small(at, Atomics.load(this.shared64, index));
  }

  private store64(at: Location, value: number, order: Ordering): void {
    this.check(at);
    const index = at >>> 6;
    const big = this.big(at, value);
    if (spaceOf(at) === 'local') this.local64[index] = big;
    else if (order === 'plain') this.shared64[index] = big;
    else Atomics.store(this.shared64, index, big);
  }

  /** The array for a location of at most 32 bits. */
  private words(at: Location): Uint8Array | Uint16Array | Uint32Array {
    const shared = spaceOf(at) === 'shared';
    switch (at & 3) {
      case 0:
        return shared ? this.shared8 : this.local8;
      case 1:
        return shared ? this.shared16 : this.local16;
      default:
        return shared ? this.shared32 : this.local32;
    }
  }

  private big(at: Location, value: number): bigint {
    if (!Number.isSafeInteger(value) || value < 0) this.refuseUnsafe(at, value);
    return BigInt(value);
  }

  private small(at: Location, value: bigint): number {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.refuseUnsafe(at, value);
    return Number(value);
  }

  private check(at: Location): void {
    const memory = spaceOf(at) === 'shared' ? this.shared8 : this.local8;
    const bytes = bytesOf(at);
    if (offsetOf(at) % bytes !== 0 || offsetOf(at) + bytes > memory.length) this.refuse(at);
  }

  private refuse(at: Location): never {
    const space = spaceOf(at);
    const offset = offsetOf(at);
    const bytes = bytesOf(at);
    if (offset % bytes === 0) this.refuseOutside(space, offset, bytes);
    return this.refuseMisaligned(space, offset, bytes, bytes);
  }

  private refuseMisaligned(space: Space, offset: number, bytes: number, multiple: number): never {
    const name = this.nameOf(space, offset, bytes);
    const message = `${name}: ${bytes} bytes at ${unnamed(space, offset)}, which is no multiple of ${multiple}`;
    throw new AccessError('misaligned', name, offset, bytes, message);
  }

  private refuseOutside(space: Space, offset: number, bytes: number): never {
    const size = space === 'shared' ? this.shared8.length : this.local8.length;
    const name = this.nameOf(space, offset, bytes);
    const message = `${name}: ${bytes} bytes at ${unnamed(space, offset)}, outside a memory of ${size} bytes`;
    throw new AccessError('out-of-range', name, offset, bytes, message);
  }

  private refuseUnsafe(at: Location, value: number | bigint): never {
    const name = this.nameOf(spaceOf(at), offsetOf(at), 8);
    const message = `${name}: ${value} is not an integer in 0..2^53-1`;
    throw new AccessError('unsafe-integer', name, offsetOf(at), 8, message);
  }

  private nameOf(space: Space, offset: number, bytes: number): string {
    return this.names?.nameOf(space, offset, bytes) ?? unnamed(space, offset);
  }
}

function wordsOf<B extends ArrayBufferLike>(buffer: B, space: Space): Words<B> {
  if (buffer.byteLength % 8 !== 0) {
    throw new RangeError(`${space} memory: expected a multiple of 8 bytes, got ${buffer.byteLength}`);
  }
  return {
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    u32: new Uint32Array(buffer),
    u64: new BigUint64Array(buffer),
  };
}

/** The offset is no multiple of the width: its lowest bits, from bit 3 of the code on, are not all 0. */
function isMisaligned(at: Location): boolean {
  return (at & ((8 << (at & 3)) - 8)) !== 0;
}
