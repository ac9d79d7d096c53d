/** One value for each word, shared by all cores: the memory behind the store buffers, or the whole of it under sc. */
import type { AccessTable } from '../access.ts';
import { PairCache } from '../store/pairCache.ts';
import { PersistentVectors } from '../store/persistentVectors.ts';

export class FlatMemory {
  readonly #vectors: PersistentVectors;
  readonly #accesses: AccessTable;
  /** (memory, access) → memory after the store. */
  readonly #stores = new PairCache();

  constructor(words: number, accesses: AccessTable) {
    this.#vectors = new PersistentVectors(words);
    this.#accesses = accesses;
  }

  start(words: Uint32Array): number {
    return this.#vectors.intern(words);
  }

  /** The word of the cell that an access touches. */
  word(memory: number, access: number): number {
    return this.#vectors.get(memory, this.#accesses.word[access] as number);
  }

  /** Value of a word by its index. */
  at(memory: number, word: number): number {
    return this.#vectors.get(memory, word);
  }

  /** The memory after the store half of an access. */
  stored(memory: number, access: number): number {
    const known = this.#stores.get(memory, access);
    if (known >= 0) return known;
    const accesses = this.#accesses;
    const word = accesses.word[access] as number;
    const now = this.#vectors.set(memory, word, accesses.stored(access, this.#vectors.get(memory, word)));
    this.#stores.put(memory, access, now);
    return now;
  }

  bytes(): number {
    return this.#vectors.bytes() + this.#stores.bytes();
  }
}
