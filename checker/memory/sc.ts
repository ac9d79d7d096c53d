/**
 * Sequential consistency: every access acts on the one memory at once.
 *
 * Allows: all interleavings of the agents' accesses, and nothing else. Leaves out: every reordering by a core or a
 * compiler. It errs by missing bugs: code proved here may break on any real machine that has more than one core.
 */
import { CAS, CLEAR, LOAD, READ, RING, RMW, STORE, WRITE } from '../access.ts';
import { FlatMemory } from './flatMemory.ts';
import type { MemoryModel, ModelParts } from './model.ts';

export class SequentialConsistency implements MemoryModel {
  readonly name = 'sc';
  readonly updateIsFence = true;
  readonly accessBringsFences = false;
  readonly releaseStoreIsFence = false;
  readonly hasStaleChoices = false;
  readonly words = 1;
  readonly bufferDepth = null;
  readonly newer = 0;
  readonly bufferWasFull = false;
  readonly fullWord = -1;
  readonly deepestBuffer = 0;
  readonly #parts: ModelParts;
  readonly #memory: FlatMemory;

  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.#memory = new FlatMemory(parts.memoryWords, parts.accesses);
  }

  fenceIsStep(): boolean {
    return false;
  }

  start(state: Uint32Array, memory: Uint32Array): void {
    state[0] = this.#memory.start(memory);
  }

  outcomes(): number {
    return 1;
  }

  perform(state: Uint32Array, _core: number, access: number): number {
    const accesses = this.#parts.accesses;
    const memory = state[0] as number;
    switch (accesses.kind[access]) {
      case LOAD:
      case READ:
        return accesses.resultOf(access, this.#memory.word(memory, access));
      case STORE:
      case WRITE:
        state[0] = this.#memory.stored(memory, access);
        return 0;
      case RMW:
      case CAS: {
        const old = accesses.resultOf(access, this.#memory.word(memory, access));
        state[0] = this.#memory.stored(memory, access);
        return old;
      }
      case RING:
      case CLEAR:
        this.#parts.device(state, access);
        return 0;
      default:
        return 0;
    }
  }

  drains(): number {
    return 0;
  }

  drain(): number {
    throw new RangeError('nothing drains under sc');
  }

  settled(): boolean {
    return true;
  }

  newest(state: Uint32Array, word: number): number {
    return this.#memory.at(state[0] as number, word);
  }

  waiting(): readonly number[] {
    return [];
  }

  bytes(): number {
    return this.#memory.bytes();
  }
}
