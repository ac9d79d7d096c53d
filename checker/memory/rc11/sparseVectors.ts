/**
 * Interns vectors of any length: equal ones have the same number, and words of 0 at the end count for nothing, so the
 * empty vector and all that hold only 0 are number 0. One table for each power of two, of vectors filled up with 0.
 */
import { VectorTable } from '../../store/vectorTable.ts';

/** Bits of a number that say which table. */
const CLASS_BITS = 4;

export class SparseVectors {
  /** Table `k` holds the vectors of up to 2^k words. */
  readonly #tables: VectorTable[] = [];

  /** Number of the vector `words[0..length-1]`. What lies behind it in `words` is overwritten: leave twice the room. */
  intern(words: Uint32Array, length: number): number {
    let used = length;
    while (used > 0 && words[used - 1] === 0) used--;
    if (used === 0) return 0;
    const bits = 32 - Math.clz32(used - 1);
    const width = 1 << bits;
    for (let i = used; i < width; i++) words[i] = 0;
    while (this.#tables.length <= bits) this.#tables.push(new VectorTable(1 << this.#tables.length));
    // Just made, if it was missing.
    const table = this.#tables[bits] as VectorTable;
    return ((table.intern(words, 0) << CLASS_BITS) | bits) + 1;
  }

  /** Word `index` of a vector, however far behind its end. */
  word(number: number, index: number): number {
    if (number === 0) return 0;
    const bits = (number - 1) & ((1 << CLASS_BITS) - 1);
    if (index >= 1 << bits) return 0;
    return (this.#tables[bits] as VectorTable).data[
      (((number - 1) >>> CLASS_BITS) << bits) + index
    ] as number;
  }

  /** Copies the first `length` words of a vector to the start of `into`. */
  copy(number: number, into: Uint32Array, length: number): void {
    let i = 0;
    if (number !== 0) {
      const bits = (number - 1) & ((1 << CLASS_BITS) - 1);
      const { data } = this.#tables[bits] as VectorTable;
      const at = ((number - 1) >>> CLASS_BITS) << bits;
      for (const end = Math.min(length, 1 << bits); i < end; i++) into[i] = data[at + i] as number;
    }
    for (; i < length; i++) into[i] = 0;
  }

  /** Different vectors, without the empty one. */
  get size(): number {
    return this.#tables.reduce((sum, { size }) => sum + size, 0);
  }

  bytes(): number {
    return this.#tables.reduce((sum, table) => sum + table.bytes(), 0);
  }
}
