/**
 * Which words the memory consists of: one for each cell that several agents reach. What only one agent reaches stands in
 * its position, what nobody reached yet in the image of the start.
 */
import {
  bytesOf,
  type Location,
  locationAt,
  MAX_OFFSET,
  offsetOf,
  spaceOf,
  type Width,
} from '../memory/index.ts';
import { type Cell, type CellMap, SEVERAL, SHARED } from './cells.ts';
import type { Image } from './directPort.ts';
import type { ContentTable } from './store/contents.ts';

/** How the cells of one state are read. */
export interface CellReader {
  /** Newest value of a word of the memory. */
  newest(word: number): number;
  /** Newest word of any cell. */
  wordOf(cell: Cell): number;
}

export class MemoryMap {
  readonly #cells: CellMap;
  readonly #image: Image;
  readonly #contents: ContentTable;
  /** Word of each cell that several agents reach; and by location, for the scalars of shared memory among them, + 1. */
  readonly #words = new Map<number, number>();
  readonly #scalarWords: Int32Array;
  readonly #initialWords = new Map<number, number>();
  readonly #cellOfWord: Cell[] = [];
  /** Byte of the shared memory where each atom begins: a run of bytes of a cell that no access tells apart. */
  readonly #atoms: number[] = [];
  /** Per byte: its atom + 1. */
  readonly #atomOf: Int32Array;

  constructor(sharedBytes: number, cells: CellMap, image: Image, contents: ContentTable) {
    this.#cells = cells;
    this.#image = image;
    this.#contents = contents;
    this.#scalarWords = new Int32Array(sharedBytes * 8);
    this.#atomOf = new Int32Array(sharedBytes);
    for (const cell of cells.cells) {
      // Cells that a larger one swallowed are no longer anyone's.
      if (cell.agent !== SEVERAL || cells.at(cell.memory, cell.byteOffset)?.number !== cell.number) continue;
      const word = this.#words.size;
      this.#words.set(cell.number, word);
      this.#cellOfWord.push(cell);
      if (cell.memory === SHARED) this.#split(cell);
      if (!cell.block && cell.memory === SHARED && cell.byteOffset <= MAX_OFFSET) {
        const width = (cell.bytes * 8) as Width; // A scalar cell has 1, 2 or 4 bytes.
        this.#scalarWords[locationAt('shared', cell.byteOffset, width)] = word + 1;
      }
    }
  }

  /** Words of the memory; never 0. */
  get size(): number {
    return Math.max(1, this.#words.size);
  }

  /** Word of a cell, by its number; -1 if only one agent reaches it. */
  word(cell: number): number {
    return this.#words.get(cell) ?? -1;
  }

  /** The cell of a word. @throws RangeError if the memory has no such word. */
  cellOf(word: number): Cell {
    for (const [cell, of] of this.#words) if (of === word) return this.#cells.cell(cell);
    throw new RangeError(`no word ${word} of the memory`);
  }

  /** How the agents of a core access a word of the memory, as far as known: see uses.ts. */
  usesOfWord(core: number, word: number): number {
    const cell = this.#cellOfWord[word];
    if (cell === undefined || cell.memory !== SHARED) return 0;
    let uses = 0;
    for (let byte = cell.byteOffset; byte < cell.byteOffset + cell.bytes; byte++)
      uses |= this.#cells.usesOf(core, byte);
    return uses;
  }

  /** Name of a word of the memory. */
  nameOfWord(word: number): string {
    const cell = this.#cellOfWord[word];
    return cell === undefined ? '' : this.#cells.nameOf(cell.memory, cell.byteOffset, cell.bytes);
  }

  /** How many atoms there are, in all cells that several agents reach. */
  get atoms(): number {
    return this.#atoms.length;
  }

  /** How the agents of a core access an atom. */
  usesOfAtom(core: number, atom: number): number {
    return this.#cells.usesOf(core, this.#atoms[atom] ?? -1);
  }

  /** The atom that a byte of the shared memory belongs to, or -1. */
  atomAt(byteOffset: number): number {
    return (this.#atomOf[byteOffset] ?? 0) - 1;
  }

  /** Bytes of an atom. */
  atomBytes(atom: number): { readonly byteOffset: number; readonly bytes: number } {
    const byteOffset = this.#atoms[atom] ?? 0;
    let end = byteOffset;
    while (this.atomAt(end) === atom) end++;
    return { byteOffset, bytes: end - byteOffset };
  }

  #split(cell: Cell): void {
    const { byteOffset: from, bytes } = cell;
    for (let byte = from; byte < from + bytes; byte++) {
      if (byte === from || this.#cells.isCut(byte)) this.#atoms.push(byte);
      this.#atomOf[byte] = this.#atoms.length;
    }
  }

  /** The memory in which the agents start. */
  start(): Uint32Array {
    const memory = new Uint32Array(this.size);
    for (const [number, word] of this.#words) memory[word] = this.initialWord(this.#cells.cell(number));
    return memory;
  }

  /** First word of a cell: its value, or the number of its content. */
  initialWord(cell: Cell): number {
    const known = this.#initialWords.get(cell.number);
    if (known !== undefined) return known;
    const bytes = this.#bytes(cell.memory).subarray(cell.byteOffset, cell.byteOffset + cell.bytes);
    const word = cell.block ? this.#contents.intern(bytes) : littleEndian(bytes);
    this.#initialWords.set(cell.number, word);
    return word;
  }

  /** Value at a location; `core`: whose local memory. */
  load(at: Location, core: number, reader: CellReader): number {
    const scalar = this.#scalarWords[at] ?? 0;
    if (scalar > 0) return reader.newest(scalar - 1);
    const memory = spaceOf(at) === 'local' ? core : SHARED;
    const from = offsetOf(at);
    const cell = this.#cells.at(memory, from);
    if (cell === undefined) return littleEndian(this.#bytes(memory).subarray(from, from + bytesOf(at)));
    if (!cell.block && from === cell.byteOffset && cell.bytes === bytesOf(at)) return reader.wordOf(cell);
    // Wider than its cell, or a part of it: byte by byte.
    const bytes = Array.from({ length: bytesOf(at) }, (_, i) => this.#byte(memory, from + i, reader));
    return littleEndian(bytes);
  }

  #byte(memory: number, byteOffset: number, reader: CellReader): number {
    const cell = this.#cells.at(memory, byteOffset);
    if (cell === undefined) return this.#bytes(memory)[byteOffset] as number;
    const word = reader.wordOf(cell);
    const within = byteOffset - cell.byteOffset;
    return cell.block ? (this.#contents.bytesOf(word)[within] as number) : (word >>> (8 * within)) & 0xff;
  }

  #bytes(memory: number): Uint8Array {
    return memory === SHARED ? this.#image.shared : (this.#image.local[memory] as Uint8Array);
  }
}

function littleEndian(bytes: ArrayLike<number>): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + (bytes[i] as number);
  return value;
}
