/**
 * Long vectors of 32-bit words, interned: equal vectors have the same number. A vector is a tree of chunks of eight,
 * each interned in turn, so that thousands of memories which differ in one word share all but one path. Changing
 * a word costs one table look-up a level (log8 of the width).
 */
import { VectorTable } from './vectorTable.ts';

const LOG2_CHUNK = 3;
const CHUNK = 1 << LOG2_CHUNK;

export class PersistentVectors {
  /** Words in each vector. */
  readonly width: number;
  /** From the leaves up; the last one's vectors are the roots. */
  readonly #levels: VectorTable[] = [];
  readonly #scratch = new Uint32Array(CHUNK);
  /** One for each level: a replacement is under way on all of them at once. */
  readonly #scratches: Uint32Array[];

  constructor(width: number) {
    this.width = width;
    let count = Math.max(1, width);
    while (count > CHUNK) {
      this.#levels.push(new VectorTable(CHUNK));
      count = Math.ceil(count / CHUNK);
    }
    this.#levels.push(new VectorTable(count));
    this.#scratches = this.#levels.map(() => new Uint32Array(CHUNK));
  }

  /** Number of the vector `words[0..width-1]`. */
  intern(words: Uint32Array): number {
    let below = words;
    const top = this.#levels.length - 1;
    for (let level = 0; level < top; level++) {
      const table = this.#level(level);
      const chunks = new Uint32Array(Math.ceil(below.length / CHUNK));
      for (let chunk = 0; chunk < chunks.length; chunk++) {
        this.#scratch.fill(0);
        this.#scratch.set(below.subarray(chunk * CHUNK, (chunk + 1) * CHUNK));
        chunks[chunk] = table.intern(this.#scratch, 0);
      }
      below = chunks;
    }
    const table = this.#level(top);
    const root = new Uint32Array(table.width);
    root.set(below.subarray(0, table.width));
    return table.intern(root, 0);
  }

  /** Word `index` of vector `root`. */
  get(root: number, index: number): number {
    const levels = this.#levels;
    let id = root;
    for (let level = levels.length - 1; level >= 0; level--) {
      const table = levels[level] as VectorTable;
      id = table.data[id * table.width + ((index >>> (LOG2_CHUNK * level)) & (CHUNK - 1))] as number;
    }
    return id;
  }

  /** Number of the vector that is `root` with word `index` replaced. */
  set(root: number, index: number, word: number): number {
    return this.#set(this.#levels.length - 1, root, index, word);
  }

  /** Copies chunk `chunk` of vector `root` to its place in `into`: words `8 * chunk` and on. */
  chunk(root: number, chunk: number, into: Uint32Array): void {
    const levels = this.#levels;
    let id = root;
    for (let level = levels.length - 1; level > 0; level--) {
      const table = levels[level] as VectorTable;
      id = table.data[id * table.width + ((chunk >>> (LOG2_CHUNK * (level - 1))) & (CHUNK - 1))] as number;
    }
    const { data, width } = this.#level(0);
    for (let i = 0; i < width; i++) into[chunk * CHUNK + i] = data[id * width + i] as number;
  }

  /** Levels of the tree above the leaves' chunks. */
  get levelsAbove(): number {
    return this.#levels.length - 1;
  }

  /**
   * Number of the vector that is `root` with the marked chunks replaced by those in `words`. `dirty[0]` marks chunks,
   * `dirty[k]` the nodes above, of 8^k chunks each; all marks are cleared.
   */
  replace(root: number, words: Uint32Array, dirty: readonly Uint8Array[]): number {
    return this.#replace(this.#levels.length - 1, root, 0, words, dirty);
  }

  /** How many different vectors there are. */
  get size(): number {
    return this.#level(this.#levels.length - 1).size;
  }

  bytes(): number {
    let bytes = 0;
    for (const level of this.#levels) bytes += level.bytes();
    return bytes;
  }

  #level(level: number): VectorTable {
    // 0..levels-1 by construction of every caller.
    return this.#levels[level] as VectorTable;
  }

  #replace(
    level: number,
    id: number,
    node: number,
    words: Uint32Array,
    dirty: readonly Uint8Array[],
  ): number {
    const marks = dirty[level] as Uint8Array;
    if (marks[node] === 0) return id;
    marks[node] = 0;
    const table = this.#level(level);
    if (level === 0) return table.intern(words, node * CHUNK);
    const width = table.width;
    const scratch = this.#scratches[level] as Uint32Array;
    for (let i = 0; i < width; i++) {
      const child = table.data[id * width + i] as number;
      const below = node * CHUNK + i;
      scratch[i] =
        below < (dirty[level - 1]?.length ?? 0)
          ? this.#replace(level - 1, child, below, words, dirty)
          : child;
    }
    return table.intern(scratch, 0);
  }

  #set(level: number, id: number, index: number, word: number): number {
    const table = this.#level(level);
    const width = table.width;
    const digit = (index >>> (LOG2_CHUNK * level)) & (CHUNK - 1);
    const child = table.data[id * width + digit] as number;
    const changed = level === 0 ? word >>> 0 : this.#set(level - 1, child, index, word);
    if (changed === child) return id;
    // Filled after the recursion: the levels below use the same scratch.
    const scratch = this.#scratch;
    for (let i = 0; i < width; i++) scratch[i] = table.data[id * width + i] as number;
    scratch[digit] = changed;
    return table.intern(scratch, 0);
  }
}
