/**
 * Words of the cells that only one agent reaches, interned: equal contents have the same number, and what a turn leaves as it
 * was is shared. So a place in a program is small, however much memory it is about.
 */
import { PersistentVectors } from './store/persistentVectors.ts';
import { VectorEditor } from './store/vectorEditor.ts';

/** Number of the words that all are the first ones. */
export const FIRST_WORDS = 0;

export class PrivateWords {
  /** By cell: what has changed of its first word; 0: nothing. */
  readonly #vectors: PersistentVectors;
  readonly #editor: VectorEditor;

  /** `cells`: how many there are by now. There may be twice as many; see `holds`. */
  constructor(cells: number) {
    let width = 64;
    while (width < 2 * cells) width *= 8;
    this.#vectors = new PersistentVectors(width);
    this.#editor = new VectorEditor(this.#vectors);
    this.#vectors.intern(new Uint32Array(width));
  }

  /** Whether there is room for a cell. */
  holds(cell: number): boolean {
    return cell < this.#vectors.width;
  }

  /** A cell's word; `first`: the one that it starts with. */
  word(words: number, cell: number, first: number): number {
    return this.holds(cell) ? (this.#vectors.get(words, cell) ^ first) >>> 0 : first;
  }

  /** Words that are others with some changed: by cell, the new word xor the first one. */
  changed(words: number, changes: ReadonlyMap<number, number>): number {
    if (changes.size === 0) return words;
    const editor = this.#editor;
    editor.open(words);
    for (const [cell, change] of changes) editor.set(cell, change);
    return editor.commit();
  }

  bytes(): number {
    return this.#vectors.bytes();
  }
}
