/**
 * Finds out what the memory consists of. A cell is a run of bytes that the code reaches as one: a scalar field, or
 * a block of payload bytes. Nobody declares cells: they appear with the first access, grow together where accesses
 * overlap, and know whether one agent reaches them (then they are merged into that agent's position, and cost no
 * steps) or several do (then each access is a step, and the cell is a word of the memory).
 */
import type { LocationNames } from '../properties/index.ts';
import { Restart } from './restart.ts';
import { TargetError } from './targetError.ts';

/** Nobody reached the cell yet; several agents did. Otherwise the index of the only agent. */
export const NOBODY = -2;
export const SEVERAL = -1;

/** Which memory: -1 is the shared one, otherwise the core whose local memory it is. */
export const SHARED = -1;

export interface Cell {
  readonly number: number;
  readonly memory: number;
  readonly byteOffset: number;
  readonly bytes: number;
  /** A block's word is a content number; a scalar's word is its value (only up to four bytes). */
  readonly block: boolean;
  /** Reached by a scalar access, so that reaching a part of it is a mixed-size access; and whether that happened. */
  readonly scalar: boolean;
  readonly mixed: boolean;
  readonly agent: number;
}

/** A cell that several agents reach: bytes of the shared memory (-1) or of a core's own. */
export interface SharedCell {
  readonly memory: number;
  readonly byteOffset: number;
  readonly bytes: number;
  readonly block: boolean;
}

export interface CellMapOptions {
  readonly sharedBytes: number;
  /** Bytes of each core's local memory. */
  readonly localBytes: number;
  readonly cores: number;
  readonly names: LocationNames;
  /** Whether overlapping scalar accesses of different sizes mean something: only under `sc`. */
  readonly mixedSizes: boolean;
  /** Bytes of the shared memory that monitors look at: accesses to them are steps, whoever makes them. */
  readonly watched: readonly { readonly address: number; readonly lengthBytes: number }[];
  /** Whether cells that one agent reaches are merged; if not, every cell counts as reached by several. */
  readonly merge: boolean;
  /** Per agent: its core. */
  readonly coreOf: readonly number[];
  /** Whether the tables depend on how each core accesses what several agents reach (see `usesOf`, `isCut`). */
  readonly tracksUses: boolean;
}

export class CellMap {
  readonly #cells: Cell[] = [];
  readonly #cellNames: (string | undefined)[] = [];
  /** For each memory (shared first), byte → cell number + 1. */
  readonly #byByte: readonly Int32Array[];
  readonly #names: LocationNames;
  readonly #mixedSizes: boolean;
  readonly #merge: boolean;
  readonly #watched: CellMapOptions['watched'];
  readonly #coreOf: readonly number[];
  readonly #tracksUses: boolean;
  /** Per core, and byte of the shared memory: how it is accessed there. */
  readonly #uses: readonly Uint8Array[];
  /** Per byte of the shared memory: 1 if some access begins there, or ended just before. */
  readonly #cuts: Uint8Array;
  readonly #discovered = new Set<string>();
  /** While discovering, cells are marked and nothing restarts: the run only looks around. */
  discovering = false;
  /** Counts what was learned, so that a discovery knows when it stops learning. */
  learned = 0;

  constructor(options: CellMapOptions) {
    const { sharedBytes, localBytes, cores } = options;
    this.#byByte = [
      new Int32Array(sharedBytes),
      ...Array.from({ length: cores }, () => new Int32Array(localBytes)),
    ];
    this.#names = options.names;
    this.#mixedSizes = options.mixedSizes;
    this.#merge = options.merge;
    this.#watched = options.watched;
    this.#coreOf = options.coreOf;
    this.#tracksUses = options.tracksUses;
    this.#uses = Array.from({ length: cores }, () => new Uint8Array(sharedBytes));
    this.#cuts = new Uint8Array(sharedBytes + 1);
  }

  /** How the agents of a core access a byte of the shared memory, as far as known: see uses.ts. */
  usesOf(core: number, byteOffset: number): number {
    return this.#uses[core]?.[byteOffset] ?? 0;
  }

  /** Whether some access of the shared memory begins at a byte, or ends just before it. */
  isCut(byteOffset: number): boolean {
    return this.#cuts[byteOffset] === 1;
  }

  /** Ends the looking around. What is learned from here on, only a search could find. */
  endDiscovery(): void {
    this.discovering = false;
    for (const cell of this.#current()) if (cell.agent === SEVERAL) this.#discovered.add(keyOf(cell));
  }

  /**
   * What several agents reach, and no looking around has shown: a schedule found with this knowledge means the same run
   * only to those who have it, too.
   */
  late(): readonly SharedCell[] {
    return this.#current()
      .filter((cell) => cell.agent === SEVERAL && !this.#discovered.has(keyOf(cell)))
      .map(({ memory, byteOffset, bytes, block }) => ({ memory, byteOffset, bytes, block }));
  }

  /** Learns what another search found late. @throws RangeError for bytes that the memory does not have. */
  share(cells: readonly SharedCell[]): void {
    const discovering = this.discovering;
    this.discovering = true;
    for (const { memory, byteOffset, bytes, block } of cells) {
      const byByte = this.#byByte[memory + 1];
      if (byByte === undefined || byteOffset < 0 || bytes < 1 || byteOffset + bytes > byByte.length) {
        throw new RangeError(`no memory ${memory} has ${bytes} bytes at ${byteOffset}`);
      }
      const cell = this.resolve(memory, byteOffset, bytes, block, SEVERAL, 0);
      if (cell.agent !== SEVERAL) this.#replace({ ...cell, agent: SEVERAL });
    }
    this.discovering = discovering;
  }

  get cells(): readonly Cell[] {
    return this.#cells;
  }

  cell(number: number): Cell {
    const cell = this.#cells[number];
    if (cell === undefined) throw new RangeError(`no cell ${number}`);
    return cell;
  }

  /** Name of a whole cell. */
  nameOfCell(number: number): string {
    let name = this.#cellNames[number];
    if (name === undefined) {
      const { memory, byteOffset, bytes } = this.cell(number);
      name = this.nameOf(memory, byteOffset, bytes);
      this.#cellNames[number] = name;
    }
    return name;
  }

  nameOf(memory: number, byteOffset: number, bytes: number): string {
    return this.#names.nameOf(memory === SHARED ? 'shared' : 'local', byteOffset, bytes, Math.max(memory, 0));
  }

  /** The cell at a byte, if any: for looking at a state, not for accesses. */
  at(memory: number, byteOffset: number): Cell | undefined {
    const number = this.#byByte[memory + 1]?.[byteOffset] ?? 0;
    return number === 0 ? undefined : this.#cells[number - 1];
  }

  /**
   * The cell that holds the bytes accessed, for an access by `agent`; `use`: how it accesses them. The bytes must lie
   * inside the memory.
   * @throws Restart when the access teaches something that the tables built so far do not know.
   */
  resolve(
    memory: number,
    byteOffset: number,
    bytes: number,
    range: boolean,
    agent: number,
    use: number,
  ): Cell {
    const news = memory === SHARED && use !== 0 && this.#note(byteOffset, bytes, agent, use);
    const cell = this.#find(memory, byteOffset, bytes, range, agent);
    if (news) {
      this.learned++;
      if (this.#tracksUses && cell.agent === SEVERAL && !this.discovering) throw new Restart();
    }
    return cell;
  }

  /** Whether `resolve` would learn nothing from the same access. */
  knows(
    memory: number,
    byteOffset: number,
    bytes: number,
    range: boolean,
    agent: number,
    use: number,
  ): boolean {
    const cell = this.at(memory, byteOffset);
    if (cell === undefined || (cell.agent !== agent && cell.agent !== SEVERAL)) return false;
    const whole = cell.byteOffset === byteOffset && cell.bytes === bytes;
    const inside = cell.block && byteOffset + bytes <= cell.byteOffset + cell.bytes;
    if (!(whole ? cell.block || !range : inside)) return false;
    if (!range && !(cell.scalar && (whole || cell.mixed))) return false;
    if (range && !whole && cell.scalar && !cell.mixed) return false;
    if (memory !== SHARED || use === 0) return true;
    const uses = this.#uses[this.#coreOf[agent] ?? -1];
    if (uses === undefined) return true;
    const end = byteOffset + bytes;
    if (this.#cuts[byteOffset] === 0 || this.#cuts[end] === 0) return false;
    for (let byte = byteOffset; byte < end; byte++) if (((uses[byte] as number) & use) !== use) return false;
    return true;
  }

  /** Notes how an agent accesses some bytes. Returns whether that is new. */
  #note(byteOffset: number, bytes: number, agent: number, use: number): boolean {
    const uses = this.#uses[this.#coreOf[agent] ?? -1];
    if (uses === undefined) return false;
    const end = byteOffset + bytes;
    let news = this.#cuts[byteOffset] === 0 || this.#cuts[end] === 0;
    this.#cuts[byteOffset] = 1;
    this.#cuts[end] = 1;
    for (let byte = byteOffset; byte < end; byte++) {
      const known = uses[byte] as number;
      if ((known | use) === known) continue;
      uses[byte] = known | use;
      news = true;
    }
    return news;
  }

  #find(memory: number, byteOffset: number, bytes: number, range: boolean, agent: number): Cell {
    const byByte = this.#byByte[memory + 1] as Int32Array;
    const number = byByte[byteOffset] as number;
    if (number !== 0) {
      const cell = this.#cells[number - 1] as Cell;
      const whole = cell.byteOffset === byteOffset && cell.bytes === bytes;
      const inside = cell.block && byteOffset + bytes <= cell.byteOffset + cell.bytes;
      if (whole ? cell.block || !range : inside) {
        const scalar = cell.scalar || !range;
        const mixed = cell.mixed || (!whole && scalar);
        if (
          scalar === cell.scalar &&
          mixed === cell.mixed &&
          (cell.agent === agent || cell.agent === SEVERAL)
        ) {
          return cell;
        }
        return this.#mark({ ...cell, scalar, mixed }, agent);
      }
    }
    return this.#grow(byByte, memory, byteOffset, bytes, range, agent);
  }

  #mark(cell: Cell, agent: number): Cell {
    if (cell.agent === agent || cell.agent === SEVERAL) return this.#replace(cell);
    const marked = this.#replace({ ...cell, agent: cell.agent === NOBODY ? agent : SEVERAL });
    this.learned++;
    if (marked.agent === SEVERAL && !this.discovering) throw new Restart();
    return marked;
  }

  /** Cells that no larger one has swallowed. */
  #current(): Cell[] {
    return this.#cells.filter((cell) => this.at(cell.memory, cell.byteOffset)?.number === cell.number);
  }

  #replace(cell: Cell): Cell {
    this.#checkMixed(cell);
    this.#cells[cell.number] = cell;
    return cell;
  }

  /** A new cell over the bytes, swallowing every cell that it overlaps. */
  #grow(
    byByte: Int32Array,
    memory: number,
    byteOffset: number,
    bytes: number,
    range: boolean,
    agent: number,
  ): Cell {
    let from = byteOffset;
    let end = byteOffset + bytes;
    let owner = this.#merge && !this.#isWatched(memory, byteOffset, bytes) ? agent : SEVERAL;
    let scalar = !range;
    let mixed = false;
    let swallowed = 0;
    for (let byte = byteOffset; byte < byteOffset + bytes; byte++) {
      const number = byByte[byte] as number;
      if (number === 0) continue;
      const cell = this.#cells[number - 1] as Cell;
      mixed ||= cell.mixed || cell.scalar || !range;
      from = Math.min(from, cell.byteOffset);
      end = Math.max(end, cell.byteOffset + cell.bytes);
      if (cell.agent !== NOBODY && cell.agent !== owner) owner = SEVERAL;
      scalar ||= cell.scalar;
      swallowed++;
    }
    const number = this.#cells.length;
    const cell: Cell = {
      number,
      memory,
      byteOffset: from,
      bytes: end - from,
      block: range || swallowed > 0 || bytes > 4,
      scalar,
      mixed,
      agent: owner,
    };
    this.#checkMixed(cell);
    this.#cells.push(cell);
    byByte.fill(number + 1, from, end);
    this.learned++;
    if ((swallowed > 0 || owner === SEVERAL) && !this.discovering) throw new Restart();
    return cell;
  }

  #isWatched(memory: number, byteOffset: number, bytes: number): boolean {
    if (memory !== SHARED) return false;
    return this.#watched.some(
      ({ address, lengthBytes }) => byteOffset < address + lengthBytes && address < byteOffset + bytes,
    );
  }

  /** Parts of what others access as a whole: only one memory model says what that means. An agent alone may do it. */
  #checkMixed(cell: Cell): void {
    if (this.#mixedSizes || !cell.mixed || cell.agent !== SEVERAL) return;
    throw new TargetError(
      'mixed-size',
      `mixed-size access: ${this.nameOf(cell.memory, cell.byteOffset, cell.bytes)} (${cell.bytes} bytes) is reached ` +
        `by several agents, as a whole and in parts. Only the memory model sc gives this a meaning: access the ` +
        `bytes by one width, or check under --memory sc.`,
    );
  }
}

function keyOf({ memory, byteOffset, bytes, block }: SharedCell): string {
  return `${memory}:${byteOffset}:${bytes}:${block}`;
}
