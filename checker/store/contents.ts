/**
 * Byte strings, interned: equal contents have the same number, so that a buffer's whole content is one word of
 * memory. Results of cutting and patching are remembered.
 */
import type { Contents } from '../../properties/index.ts';
import { PairCache } from './pairCache.ts';

export class ContentTable implements Contents {
  readonly #bytes: Uint8Array[] = [];
  readonly #ids = new Map<string, number>();
  /** (content, cut) → content, where a cut is an interned (from, length). */
  readonly #slices = new PairCache();
  readonly #cuts = new Map<number, number>();

  constructor() {
    // Number 0 is the empty content: a monitor's word that was never set.
    this.intern(new Uint8Array(0));
  }

  /** Number of the content; the bytes are copied if it is new. */
  intern(bytes: Uint8Array): number {
    const key = String.fromCharCode.apply(null, bytes as unknown as number[]);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#bytes.length;
      this.#ids.set(key, id);
      this.#bytes.push(bytes.slice());
    }
    return id;
  }

  bytesOf(content: number): Uint8Array {
    const bytes = this.#bytes[content];
    if (bytes === undefined) throw new RangeError(`no content ${content}`);
    return bytes;
  }

  lengthOf(content: number): number {
    return this.bytesOf(content).length;
  }

  slice(content: number, from: number, length: number): number {
    const bytes = this.bytesOf(content);
    if (from === 0 && length === bytes.length) return content;
    const cutKey = from * 0x1_0000_0000 + length;
    let cut = this.#cuts.get(cutKey);
    if (cut === undefined) {
      cut = this.#cuts.size;
      this.#cuts.set(cutKey, cut);
    }
    let slice = this.#slices.get(content, cut);
    if (slice === -2) {
      const padded = new Uint8Array(length);
      padded.set(bytes.subarray(from, from + length));
      slice = this.intern(padded);
      this.#slices.put(content, cut, slice);
    }
    return slice;
  }

  /** `content` with `patch` laid over it at `from`; grows with zeros where it was shorter. */
  splice(content: number, from: number, patch: number): number {
    const patchBytes = this.bytesOf(patch);
    const bytes = this.bytesOf(content);
    if (from === 0 && patchBytes.length >= bytes.length) return patch;
    const whole = new Uint8Array(Math.max(bytes.length, from + patchBytes.length));
    whole.set(bytes);
    whole.set(patchBytes, from);
    return this.intern(whole);
  }
}
