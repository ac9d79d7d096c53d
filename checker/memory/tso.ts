/**
 * Total store order (x86-TSO; Owens, Sarkar, Sewell 2009): each core has a FIFO store buffer, from which it reads its
 * own stores; draining the oldest store into memory is a step of its own.
 *
 * Allows: a load overtakes earlier stores to other locations (store buffering). Leaves out: every other reordering,
 * so acquire and release cost nothing here. Stores to devices wait in line with the others. A core's own memory, which
 * nobody else sees, is stored to at once: its agents could not tell. It errs by missing bugs of weaker machines (Arm, RISC-V), and none of
 * x86's as far as the buffer's depth was never reached; if it was, the verdict is `incomplete`.
 */
import type { FenceOrdering } from '../../memory/index.ts';
import { CAS, CLEAR, FENCE, LOAD, READ, RING, RMW, STORE, WRITE } from '../access.ts';
import { PairCache } from '../store/pairCache.ts';
import { VectorTable } from '../store/vectorTable.ts';
import { FlatMemory } from './flatMemory.ts';
import type { MemoryModel, ModelParts } from './model.ts';

export class TotalStoreOrder implements MemoryModel {
  readonly name = 'tso';
  readonly updateIsFence = true;
  readonly accessBringsFences = false;
  readonly releaseStoreIsFence = false;
  readonly hasStaleChoices = false;
  /** Word 0 is the memory, word 1 + c the buffer of core c. */
  readonly words: number;
  readonly bufferDepth: number;
  newer = 0;
  bufferWasFull = false;
  readonly fullWord = -1;
  deepestBuffer = 0;
  readonly #parts: ModelParts;
  readonly #memory: FlatMemory;
  /** A buffer: how many stores, then the accesses that made them, oldest first. Buffer 0 is the empty one. */
  readonly #buffers: VectorTable;
  readonly #pushes = new PairCache();
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
    return order === 'seq_cst';
  }

  start(state: Uint32Array, memory: Uint32Array): void {
    state[0] = this.#memory.start(memory);
    for (let core = 0; core < this.#parts.cores; core++) state[1 + core] = 0;
  }

  outcomes(state: Uint32Array, core: number, access: number): number {
    const buffer = state[1 + core] as number;
    switch (this.#parts.accesses.kind[access]) {
      case FENCE:
      case RMW:
      case CAS:
        return buffer === 0 ? 1 : 0;
      case STORE:
      case WRITE:
      case RING:
      case CLEAR:
        if (this.#parts.accesses.local[access] === 1 || this.#length(buffer) < this.bufferDepth) return 1;
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
        if (accesses.local[access] === 1) {
          state[0] = this.#memory.stored(state[0] as number, access);
          return 0;
        }
        state[1 + core] = this.#pushed(state[1 + core] as number, access);
        return 0;
      case RING:
      case CLEAR:
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

  drains(state: Uint32Array, core: number): number {
    return state[1 + core] === 0 ? 0 : 1;
  }

  drain(state: Uint32Array, core: number): number {
    const buffer = state[1 + core] as number;
    const width = this.#buffers.width;
    const data = this.#buffers.data;
    const at = buffer * width;
    const oldest = data[at + 1] as number;
    const scratch = this.#scratch;
    scratch[0] = (data[at] as number) - 1;
    for (let i = 1; i < width - 1; i++) scratch[i] = data[at + i + 1] as number;
    scratch[width - 1] = 0;
    state[1 + core] = this.#buffers.intern(scratch, 0);
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

  waiting(state: Uint32Array, core: number): readonly number[] {
    const at = (state[1 + core] as number) * this.#buffers.width;
    return [...this.#buffers.data.subarray(at + 1, at + 1 + (this.#buffers.data[at] as number))];
  }

  bytes(): number {
    return this.#memory.bytes() + this.#buffers.bytes() + this.#pushes.bytes();
  }

  #length(buffer: number): number {
    return this.#buffers.data[buffer * this.#buffers.width] as number;
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
    const count = this.#buffers.data[at] as number;
    for (let i = 1; i <= count; i++) {
      const store = this.#buffers.data[at + i] as number;
      if (accesses.word[store] !== cell) continue;
      word = accesses.stored(store, word);
      this.newer = -1;
    }
    return word;
  }

  #pushed(buffer: number, access: number): number {
    const known = this.#pushes.get(buffer, access);
    if (known >= 0) return known;
    const width = this.#buffers.width;
    const scratch = this.#scratch;
    for (let i = 0; i < width; i++) scratch[i] = this.#buffers.data[buffer * width + i] as number;
    const count = (scratch[0] as number) + 1;
    scratch[0] = count;
    scratch[count] = access;
    if (count > this.deepestBuffer) this.deepestBuffer = count;
    const now = this.#buffers.intern(scratch, 0);
    this.#pushes.put(buffer, access, now);
    return now;
  }
}
