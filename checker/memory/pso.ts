/**
 * Partial store order (SPARC PSO): each core has a FIFO store buffer for each location, from which it reads its own
 * stores; draining the oldest store to a location into memory is a step of its own. A release fence and a release store
 * are barriers between stores: none behind them drains before every one ahead of them has. A seq_cst fence, a
 * read-modify-write and a CAS, also one that fails, wait until all buffers of the core are empty.
 *
 * Allows: a load overtakes earlier stores to other locations, and a store overtakes earlier stores to other locations
 * unless a barrier stands between them. Leaves out: loads that are not performed in program order, so acquire costs
 * nothing here, and stores that other cores see in different orders. A doorbell is a store to a device whose lines are
 * locations of their own: it may overtake what it announces. A core's own memory, which nobody else sees, is stored to at
 * once: its agents could not tell. It errs by missing bugs of weaker machines (Arm, RISC-V), namely missing acquires, and
 * none of a PSO machine's as far as the buffers' depth was never reached; if it was, the verdict is `incomplete`.
 */
import type { FenceOrdering } from '../../memory/index.ts';
import { CAS, CLEAR, FENCE, LOAD, READ, RING, RMW, STORE, WRITE } from '../access.ts';
import { PairCache } from '../store/pairCache.ts';
import { VectorTable } from '../store/vectorTable.ts';
import { FlatMemory } from './flatMemory.ts';
import type { MemoryModel, ModelParts } from './model.ts';

/** In an entry of a buffer, beside the access: a barrier stands before it. In word 0, beside the count: one ends it. */
const BARRIER = 1;

export class PartialStoreOrder implements MemoryModel {
  readonly name = 'pso';
  readonly updateIsFence = true;
  readonly accessBringsFences = false;
  readonly releaseStoreIsFence = true;
  readonly hasStaleChoices = false;
  /** Word 0 is the memory, word 1 + c the buffers of core c. */
  readonly words: number;
  /** Stores that all buffers of a core hold together. */
  readonly bufferDepth: number;
  newer = 0;
  bufferWasFull = false;
  readonly fullWord = -1;
  /** Largest number of stores that waited at one core. */
  deepestBuffer = 0;
  readonly #parts: ModelParts;
  readonly #memory: FlatMemory;
  /**
   * All buffers of a core: how many stores, with BARRIER if one stands behind the last; then the accesses that made them,
   * each with BARRIER if one stands before it. Buffer 0 is the empty one.
   *
   * Barriers cut the stores into segments. Within one, stores to different locations commute: they are kept sorted by
   * location, and those to one location in order, oldest first. Only barriers that order something are kept (`#tidied`). So
   * buffers that nobody could tell apart are the same vector.
   */
  readonly #buffers: VectorTable;
  readonly #pushes = new PairCache();
  readonly #drains = new PairCache();
  readonly #scratch: Uint32Array;

  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.words = 1 + parts.cores;
    this.bufferDepth = parts.bufferDepth;
    this.#memory = new FlatMemory(parts.memoryWords, parts.accesses);
    this.#buffers = new VectorTable(1 + parts.bufferDepth);
    this.#scratch = new Uint32Array(1 + parts.bufferDepth);
    this.#buffers.intern(this.#scratch, 0);
  }

  fenceIsStep(order: FenceOrdering): boolean {
    return order !== 'acquire';
  }

  start(state: Uint32Array, memory: Uint32Array): void {
    state[0] = this.#memory.start(memory);
    for (let core = 0; core < this.#parts.cores; core++) state[1 + core] = 0;
  }

  outcomes(state: Uint32Array, core: number, access: number): number {
    const buffer = state[1 + core] as number;
    if (buffer === 0) return 1;
    const accesses = this.#parts.accesses;
    switch (accesses.kind[access]) {
      case FENCE:
        return accesses.get(access).order === 'seq_cst' ? 0 : 1;
      case RMW:
      case CAS:
        return 0;
      case STORE:
      case WRITE:
      case RING:
      case CLEAR:
        if (accesses.local[access] === 1 || this.#count(buffer) < this.bufferDepth) return 1;
        this.bufferWasFull = true;
        return 0;
      default:
        return 1;
    }
  }

  perform(state: Uint32Array, core: number, access: number): number {
    const accesses = this.#parts.accesses;
    switch (accesses.kind[access]) {
      case LOAD:
      case READ:
        return accesses.resultOf(access, this.#forwarded(state, core, access));
      case STORE:
      case WRITE:
        // Also one that does not wait itself can be a barrier to those that do.
        state[1 + core] = this.#pushed(state[1 + core] as number, access);
        if (accesses.local[access] === 1) state[0] = this.#memory.stored(state[0] as number, access);
        return 0;
      case RING:
      case CLEAR:
      case FENCE:
        state[1 + core] = this.#pushed(state[1 + core] as number, access);
        return 0;
      case RMW:
      case CAS: {
        this.newer = 0;
        const memory = state[0] as number;
        const old = accesses.resultOf(access, this.#memory.word(memory, access));
        state[0] = this.#memory.stored(memory, access);
        return old;
      }
      default:
        return 0;
    }
  }

  /** One for each location of the first segment. */
  drains(state: Uint32Array, core: number): number {
    const buffer = state[1 + core] as number;
    if (buffer === 0) return 0;
    const data = this.#buffers.data;
    const at = buffer * this.#buffers.width;
    const count = this.#count(buffer);
    let heads = 0;
    let before = -1;
    for (let i = 1; i <= count; i++) {
      const entry = data[at + i] as number;
      if ((entry & BARRIER) !== 0) break;
      const location = this.#location(entry >>> 1);
      if (location !== before) heads++;
      before = location;
    }
    return heads;
  }

  /** Locations are counted in their order in memory, lines of devices after them. */
  drain(state: Uint32Array, core: number, choice: number): number {
    const buffer = state[1 + core] as number;
    const index = this.#head(buffer, choice);
    const oldest = (this.#buffers.data[buffer * this.#buffers.width + index] as number) >>> 1;
    let now = this.#drains.get(buffer, choice);
    if (now < 0) {
      now = this.#without(buffer, index);
      this.#drains.put(buffer, choice, now);
    }
    state[1 + core] = now;
    if (this.#parts.accesses.word[oldest] === -1) this.#parts.device(state, oldest);
    else state[0] = this.#memory.stored(state[0] as number, oldest);
    return oldest;
  }

  settled(state: Uint32Array): boolean {
    for (let core = 0; core < this.#parts.cores; core++) if (state[1 + core] !== 0) return false;
    return true;
  }

  newest(state: Uint32Array, word: number): number {
    return this.#memory.at(state[0] as number, word);
  }

  /** First what could drain next, way by way; then the others: oldest first for each location, and over each barrier. */
  waiting(state: Uint32Array, core: number): readonly number[] {
    const buffer = state[1 + core] as number;
    const heads = Array.from({ length: this.drains(state, core) }, (_, choice) => this.#head(buffer, choice));
    const at = buffer * this.#buffers.width;
    const indices = Array.from({ length: this.#count(buffer) }, (_, i) => i + 1);
    return [...heads, ...indices.filter((index) => !heads.includes(index))].map(
      (index) => (this.#buffers.data[at + index] as number) >>> 1,
    );
  }

  bytes(): number {
    return this.#memory.bytes() + this.#buffers.bytes() + this.#pushes.bytes() + this.#drains.bytes();
  }

  #count(buffer: number): number {
    return (this.#buffers.data[buffer * this.#buffers.width] as number) >>> 1;
  }

  /** A word of the memory, or, behind those, a line of a device. */
  #location(access: number): number {
    const { accesses, memoryWords } = this.#parts;
    const word = accesses.word[access] as number;
    return word >= 0 ? word : memoryWords + (accesses.argument[access] as number);
  }

  /** What the core reads: memory, with its own waiting stores to that cell laid over it in order. */
  #forwarded(state: Uint32Array, core: number, access: number): number {
    const accesses = this.#parts.accesses;
    this.newer = 0;
    let word = this.#memory.word(state[0] as number, access);
    const buffer = state[1 + core] as number;
    if (buffer === 0) return word;
    const cell = accesses.word[access];
    const at = buffer * this.#buffers.width;
    const count = this.#count(buffer);
    for (let i = 1; i <= count; i++) {
      const store = (this.#buffers.data[at + i] as number) >>> 1;
      if (accesses.word[store] !== cell) continue;
      word = accesses.stored(store, word);
      this.newer = -1;
    }
    return word;
  }

  /** The buffers after a store, a barrier, or a store that is one. */
  #pushed(buffer: number, access: number): number {
    const known = this.#pushes.get(buffer, access);
    if (known >= 0) return known;
    const { accesses } = this.#parts;
    const { order } = accesses.get(access);
    this.#copy(buffer);
    const scratch = this.#scratch;
    if ((order === 'release' || order === 'acq_rel' || order === 'seq_cst') && scratch[0] !== 0) {
      scratch[0] = (scratch[0] as number) | BARRIER;
    }
    if (accesses.kind[access] !== FENCE && accesses.local[access] !== 1) this.#insert(access);
    const now = this.#tidied();
    this.#pushes.put(buffer, access, now);
    return now;
  }

  /** Puts a store into the last segment, behind those to its location; or into a new one, if a barrier ended the last. */
  #insert(access: number): void {
    const scratch = this.#scratch;
    const count = ((scratch[0] as number) >>> 1) + 1;
    const first = ((scratch[0] as number) & BARRIER) !== 0 ? BARRIER : 0;
    scratch[0] = count << 1;
    if (count > this.deepestBuffer) this.deepestBuffer = count;
    let place = count;
    let flag = first;
    const location = this.#location(access);
    while (place > 1 && flag === 0) {
      const before = scratch[place - 1] as number;
      if (this.#location(before >>> 1) <= location) break;
      // The first of its segment hands the barrier on to the one that takes its place.
      flag = before & BARRIER;
      scratch[place] = before & ~BARRIER;
      place--;
    }
    scratch[place] = (access << 1) | flag;
  }

  /** Index of the oldest store to the `choice`-th location of the first segment. */
  #head(buffer: number, choice: number): number {
    const data = this.#buffers.data;
    const at = buffer * this.#buffers.width;
    const count = this.#count(buffer);
    let left = choice;
    let before = -1;
    for (let i = 1; i <= count; i++) {
      const entry = data[at + i] as number;
      if ((entry & BARRIER) !== 0) break;
      const location = this.#location(entry >>> 1);
      if (location !== before && left-- === 0) return i;
      before = location;
    }
    throw new RangeError(`no store could drain in way ${choice}`);
  }

  #without(buffer: number, index: number): number {
    this.#copy(buffer);
    const scratch = this.#scratch;
    const count = (scratch[0] as number) >>> 1;
    scratch.copyWithin(index, index + 1, count + 1);
    scratch[count] = 0;
    // A barrier with nothing ahead of it orders nothing.
    scratch[0] = count === 1 ? 0 : (scratch[0] as number) - 2;
    scratch[1] = (scratch[1] as number) & ~BARRIER;
    return this.#tidied();
  }

  #copy(buffer: number): void {
    const { data, width } = this.#buffers;
    const scratch = this.#scratch;
    for (let i = 0; i < width; i++) scratch[i] = data[buffer * width + i] as number;
  }

  /**
   * Interns the scratch without barriers that order nothing: one between two segments of the same single location, whose
   * stores are in order anyway. One behind the last segment stays, and keeps the one before it: what is stored next
   * may be to any location.
   */
  #tidied(): number {
    const scratch = this.#scratch;
    const count = (scratch[0] as number) >>> 1;
    /** Location of all stores of the segment before, or of this one so far; -1: there are several. */
    let before = -1;
    let here = -1;
    let from = 1;
    for (let i = 1; i <= count + 1; i++) {
      const ends =
        i > count ? ((scratch[0] as number) & BARRIER) !== 0 : ((scratch[i] as number) & BARRIER) !== 0;
      if (ends && from > 1 && here === before && here !== -1) {
        scratch[from] = (scratch[from] as number) & ~BARRIER;
      }
      if (i > count) break;
      const location = this.#location((scratch[i] as number) >>> 1);
      if (i === 1 || ends) {
        before = i === 1 ? -1 : here;
        here = location;
        from = i;
      } else if (location !== here) {
        here = -1;
      }
    }
    return this.#buffers.intern(scratch, 0);
  }
}
