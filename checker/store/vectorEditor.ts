/**
 * Changes some words of a long interned vector: loads the chunks that are looked at, and interns anew only those that
 * were written, with the path above them. One editor serves any number of changes, and allocates nothing for them.
 */
import type { PersistentVectors } from './persistentVectors.ts';

export class VectorEditor {
  readonly #vectors: PersistentVectors;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #loaded: Uint8Array;
  /** Written since `open`: chunks, then the nodes above them, level by level. */
  readonly #dirty: readonly Uint8Array[];
  /** The chunks that are loaded, in order of their loading. */
  readonly #touched: Int32Array;
  #count = 0;
  #root = 0;

  constructor(vectors: PersistentVectors) {
    this.#vectors = vectors;
    const chunks = Math.ceil(Math.max(1, vectors.width) / 8);
    this.#words = new Uint32Array(chunks * 8);
    this.#loaded = new Uint8Array(chunks);
    this.#dirty = Array.from(
      { length: vectors.levelsAbove + 1 },
      (_, k) => new Uint8Array(Math.ceil(chunks / 8 ** k)),
    );
    this.#touched = new Int32Array(chunks);
  }

  /** Begins with vector `root`; what was changed and not committed is forgotten. */
  open(root: number): void {
    for (let i = 0; i < this.#count; i++) {
      const chunk = this.#touched[i] as number;
      this.#loaded[chunk] = 0;
      this.#mark(chunk, 0);
    }
    this.#count = 0;
    this.#root = root;
  }

  get(index: number): number {
    const chunk = index >>> 3;
    if (this.#loaded[chunk] === 0) this.#load(chunk);
    return this.#words[index] as number;
  }

  set(index: number, word: number): void {
    const chunk = index >>> 3;
    if (this.#loaded[chunk] === 0) this.#load(chunk);
    if (this.#words[index] === word >>> 0) return;
    this.#words[index] = word;
    if (this.#dirty[0]?.[chunk] === 0) this.#mark(chunk, 1);
  }

  /** Number of the vector with the changes made since `open`. */
  commit(): number {
    this.#root = this.#vectors.replace(this.#root, this.#words, this.#dirty);
    return this.#root;
  }

  #mark(chunk: number, mark: number): void {
    for (let level = 0; level < this.#dirty.length; level++) {
      (this.#dirty[level] as Uint8Array)[chunk >>> (3 * level)] = mark;
    }
  }

  #load(chunk: number): void {
    this.#vectors.chunk(this.#root, chunk, this.#words);
    this.#loaded[chunk] = 1;
    this.#touched[this.#count++] = chunk;
  }
}
