/**
 * Interns vectors of any length: equal ones have the same number, and words of 0 at the end count for nothing, so the empty
 * vector is number 0. A vector is a tree of chunks of sixteen words, each interned in turn: long ones that have parts in
 * common share them.
 */
import { VectorTable } from './vectorTable.ts';

const LOG2_CHUNK = 4;
const CHUNK = 1 << LOG2_CHUNK;
/** Bits of a number that say how many levels of chunks stand above the words: up to 16^8 words. */
const LEVEL_BITS = 3;

export class ChunkedVectors {
  /** Table `k` holds the chunks of level `k`: of words, then of numbers of the chunks below + 1. */
  readonly #levels: VectorTable[] = [];
  readonly #scratch = new Uint32Array(CHUNK);

  /** Number of the vector `words[0..length-1]`. The words are overwritten. */
  intern(words: Uint32Array, length: number): number {
    let used = length;
    while (used > 0 && words[used - 1] === 0) used--;
    if (used === 0) return 0;
    for (let level = 0; ; level++) {
      if (level === this.#levels.length) this.#levels.push(new VectorTable(CHUNK));
      const table = this.#levels[level] as VectorTable;
      const chunks = (used + CHUNK - 1) >>> LOG2_CHUNK;
      for (let chunk = 0; chunk < chunks; chunk++) words[chunk] = this.#chunk(table, words, chunk, used) + 1;
      if (chunks === 1) return ((words[0] as number) << LEVEL_BITS) | level;
      used = chunks;
    }
  }

  /** Writes the vector to the start of `into`, filled up with 0 to a multiple of a chunk; `room` words are enough. */
  copy(number: number, into: Uint32Array): void {
    if (number === 0) into.fill(0, 0, CHUNK);
    else this.#copy(number >>> LEVEL_BITS, number & ((1 << LEVEL_BITS) - 1), into, 0);
  }

  /** Words that `copy` may write. */
  room(number: number): number {
    return CHUNK << (LOG2_CHUNK * (number & ((1 << LEVEL_BITS) - 1)));
  }

  bytes(): number {
    return this.#levels.reduce((sum, table) => sum + table.bytes(), 0);
  }

  #chunk(table: VectorTable, words: Uint32Array, chunk: number, used: number): number {
    const scratch = this.#scratch;
    const from = chunk << LOG2_CHUNK;
    for (let i = 0; i < CHUNK; i++) scratch[i] = from + i < used ? (words[from + i] as number) : 0;
    return table.intern(scratch, 0);
  }

  #copy(entry: number, level: number, into: Uint32Array, at: number): void {
    const size = CHUNK << (LOG2_CHUNK * level);
    const { data } = this.#levels[level] as VectorTable;
    const from = (entry - 1) << LOG2_CHUNK;
    if (level === 0) {
      for (let i = 0; i < CHUNK; i++) into[at + i] = data[from + i] as number;
      return;
    }
    const below = size >>> LOG2_CHUNK;
    for (let i = 0; i < CHUNK; i++) {
      // The data may not move: nothing is interned meanwhile. What lies behind the vector's end is not written.
      const child = data[from + i] as number;
      if (child === 0) break;
      this.#copy(child, level - 1, into, at + i * below);
    }
  }
}
