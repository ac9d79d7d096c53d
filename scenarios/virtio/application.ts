/** What the applications of the two sides do with a queue: fill chains and send them, answer them, clean up. */
import {
  type AddOptions,
  type Collected,
  NO_BUFFER,
  newCollected,
  newTaken,
  type Segment,
  type Taken,
  UNKNOWN_LENGTH,
  VIRTIO_OK,
  type VirtioQueueDevice,
  type VirtioQueueDriver,
} from '../../impl/index.ts';
import type { MemoryPort } from '../../memory/index.ts';
import { chainOfToken, type Platform, tokenOf } from './platform.ts';

/** What a chain is made of: one buffer a segment. */
export interface Shape {
  readonly readable: number;
  readonly writable: number;
  /** Those from this one on go into an indirect table. */
  readonly indirectFrom?: number;
}

/** One segment for reading. */
export const SINGLE: Shape = { readable: 1, writable: 0 };

/**
 * The bytes of a segment: its chain's tag, and which segment it is, so that none can be taken for another one. A tag of more
 * than four bits takes four bytes, of which there is room in buffers of real size.
 */
export function segmentBytes(tag: number, index: number, length: number): Uint8Array {
  const bytes = tag > 0xf ? 4 : 1;
  return Uint8Array.from({ length }, (_, i) => ((tag >>> (4 * (i % bytes))) & 0xf) | ((index & 0xf) << 4));
}

/** The driver's application. All it knows lies in core-local memory. */
export class DriverApplication {
  readonly driver: VirtioQueueDriver;
  readonly #port: MemoryPort;
  readonly #platform: Platform;
  readonly #pool: ReturnType<Platform['bufferPool']>;
  readonly #links: ReturnType<Platform['links']>;

  constructor(port: MemoryPort, platform: Platform) {
    this.#port = port;
    this.#platform = platform;
    this.driver = platform.driver(port);
    this.#pool = platform.bufferPool(port);
    this.#links = platform.links(port);
  }

  /** Fills a chain and adds it: whether it could. If not, all its buffers are back in the pool. */
  send(shape: Shape, tag: number, length: number): boolean {
    const buffers = this.#allocate(shape.readable + shape.writable);
    if (buffers === null) return false;
    const segments = buffers.map((addr, i) => ({ addr, len: length, writable: i >= shape.readable }));
    for (const [i, { addr, writable }] of segments.entries())
      if (!writable) this.#port.writeRange(addr, segmentBytes(tag, i, length));
    if (this.add(segments, shape) === VIRTIO_OK) return true;
    for (const addr of buffers) this.#pool.free(addr);
    // It asks its kernel to let others run, and that drains the store buffer: else giving up again and again would fill any.
    this.#port.fence('seq_cst');
    return false;
  }

  /** Adds buffers that it has as a chain. */
  add(segments: readonly Segment[], { indirectFrom }: Pick<Shape, 'indirectFrom'> = {}): number {
    const numbers = segments.map(({ addr }) => this.#platform.bufferAt(addr));
    for (const [i, buffer] of numbers.entries()) {
      const next = numbers[i + 1];
      if (next !== undefined) this.#links.at(buffer).next = next;
    }
    const writable = segments.filter((segment) => segment.writable).length;
    const token = tokenOf({ first: numbers[0] ?? 0, segments: segments.length, writable });
    const options: AddOptions | undefined = indirectFrom === undefined ? undefined : { indirectFrom };
    return this.driver.add(segments, token, options);
  }

  /** A buffer of the pool, as address, or null. */
  allocate(): number | null {
    return this.#allocate(1)?.[0] ?? null;
  }

  free(address: number): void {
    this.#pool.free(address);
  }

  /** Collects a chain, reads the reply in it, and frees its buffers: what `collect` said. */
  collect(length: number): number {
    const out = newCollected();
    const result = this.driver.collect(out);
    if (result === VIRTIO_OK) this.#release(out, length);
    return result;
  }

  #release({ token, len }: Collected, length: number): void {
    const { first, segments, writable } = chainOfToken(token);
    let left = len === UNKNOWN_LENGTH ? 0 : len;
    let at = first;
    for (let i = 0; i < segments; i++) {
      const next = i < segments - 1 ? this.#links.at(at).next : at;
      const address = this.#platform.addressOf(at);
      const read = i >= segments - writable ? Math.min(left, length) : 0;
      if (read > 0) this.#port.readRange(address, new Uint8Array(read));
      left -= read;
      this.#pool.free(address);
      at = next;
    }
  }

  /** So many buffers, or none. */
  #allocate(count: number): readonly number[] | null {
    const buffers: number[] = [];
    while (buffers.length < count) {
      const address = this.#pool.allocate();
      if (address === NO_BUFFER) {
        for (const taken of buffers) this.#pool.free(taken);
        return null;
      }
      buffers.push(address);
    }
    return buffers;
  }
}

/** A chain that the device has. */
export type Held = { readonly head: number; readonly segments: readonly Segment[] };

export function take(device: VirtioQueueDevice): Held | number {
  const out: Taken = newTaken();
  const result = device.take(out);
  return result === VIRTIO_OK ? { head: out.head, segments: out.segments } : result;
}

/**
 * Reads all that is to be read of a chain, and replies into what is to be written, all but the last byte of it. Returns how
 * many bytes it has written.
 */
export function work(port: MemoryPort, { segments }: Held): number {
  let tag = 0;
  for (const { addr, len, writable } of segments) {
    if (writable) continue;
    const bytes = new Uint8Array(len);
    port.readRange(addr, bytes);
    tag = bytes[0] ?? 0;
  }
  const replies = segments.filter(({ writable }) => writable);
  let written = 0;
  for (const [i, { addr, len }] of replies.entries()) {
    const length = i === replies.length - 1 ? len - 1 : len;
    if (length > 0) port.writeRange(addr, segmentBytes((tag & 0xf) ^ 0x5, 8 + i, length));
    written += length;
  }
  return written;
}

/** Works on a chain, and gives it back: what `giveBack` said. */
export function answer(port: MemoryPort, device: VirtioQueueDevice, held: Held): number {
  return device.giveBack(held.head, work(port, held));
}
