/**
 * Interns vectors of a fixed number of 32-bit words: equal vectors get the same number, 0, 1, 2, … in order of
 * first appearance. Open addressing over flat typed arrays; vectors are compared in full, never by hash alone.
 */
import { grownUint32 } from './growable.ts';

export class VectorTable {
  /** Words in each vector. */
  readonly width: number;
  /** Vector `i` stands at `i * width`. Replaced when it grows: do not keep a reference over `intern`. */
  data: Uint32Array<ArrayBuffer>;
  /** How many different vectors are in the table. */
  size = 0;
  /**
   * Slot → number + 1 in the low bits (0: empty), a part of the hash above: with as many slots as 2^bits, the low bits
   * hold every number, and what is left tells most different vectors apart without touching them. Worth a third of
   * the time of a search over ten million states.
   */
  #slots: Int32Array<ArrayBuffer>;
  #bits: number;

  constructor(width: number, capacity = 16) {
    this.width = width;
    this.data = new Uint32Array(Math.max(1, width) * capacity);
    this.#bits = Math.max(4, 32 - Math.clz32(capacity * 2 - 1));
    this.#slots = new Int32Array(2 ** this.#bits);
  }

  /** Number of the vector at `words[from..from+width-1]`, which is added if it is new (then `size` has grown). */
  intern(words: Uint32Array, from: number): number {
    const width = this.width;
    const slots = this.#slots;
    const data = this.data;
    const mask = slots.length - 1;
    const h = hash(words, from, width);
    // The slot comes from the low bits of the hash, the tag from the high ones.
    const tag = h & ~mask;
    let slot = h & mask;
    probe: for (;;) {
      // Inside the table: a slot is masked, a number is below size.
      const entry = slots[slot] as number;
      if (entry === 0) break;
      if ((entry & ~mask) !== tag) {
        slot = (slot + 1) & mask;
        continue;
      }
      const at = ((entry & mask) - 1) * width;
      for (let i = 0; i < width; i++) {
        if (data[at + i] !== words[from + i]) {
          slot = (slot + 1) & mask;
          continue probe;
        }
      }
      return (entry & mask) - 1;
    }
    return this.#add(words, from, slot, tag);
  }

  /** Bytes held by the table. */
  bytes(): number {
    return this.data.byteLength + this.#slots.byteLength;
  }

  #add(words: Uint32Array, from: number, slot: number, tag: number): number {
    const number = this.size++;
    const at = number * this.width;
    if (at + this.width > this.data.length) this.data = grownUint32(this.data, at + this.width);
    for (let i = 0; i < this.width; i++) this.data[at + i] = words[from + i] as number;
    this.#slots[slot] = tag | (number + 1);
    // Two thirds full at the most: beyond that, probing costs more than the memory saved.
    if (this.size * 3 > this.#slots.length * 2) this.#rehash();
    return number;
  }

  #rehash(): void {
    this.#bits++;
    const slots = new Int32Array(2 ** this.#bits);
    const mask = slots.length - 1;
    for (let number = 0; number < this.size; number++) {
      const h = hash(this.data, number * this.width, this.width);
      let slot = h & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = (h & ~mask) | (number + 1);
    }
    this.#slots = slots;
  }
}

function hash(words: Uint32Array, from: number, width: number): number {
  let h = 0x9e3779b9;
  for (let i = 0; i < width; i++) {
    h = Math.imul(h ^ (words[from + i] as number), 0x85ebca6b);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
