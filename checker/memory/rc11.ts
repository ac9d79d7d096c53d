/**
 * RC11 without load buffering, as a view machine (after Kang, Hur, Lahav, Vafeiadis, Dreyer, POPL 2017, without
 * promises; the axioms: Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017). Each location keeps its messages in
 * coherence order; each core has a current view (the oldest message that it may read), what an acquire fence would add to
 * it, and what its relaxed stores give away since its last release fence or release store. Task and handlers of a core
 * share all of it.
 *
 * Allows: loads of old messages, stores placed before others that the core has not seen, all orders of stores to different
 * locations. Release sequences are those of C++11/17: later stores of the same core continue them, and read-modify-writes
 * of any. A release store or fence synchronizes with an acquire load or fence as RC11 says; a plain access with
 * nothing. Release sequences and views are the cores': a handler counts as sequenced with its task.
 *
 * Leaves out: load buffering (a load never sees a store that comes after it in any way). Accesses of order seq_cst are
 * stronger than in RC11: a load or read-modify-write is preceded by a seq_cst fence, a store or read-modify-write followed
 * by one. The port makes these fences, as steps of their own; the access itself is then a release or an acquire. A store to a part of a cell changes the message that
 * it is placed after: bytes of older ones never come back one by one. All of that errs by missing bugs.
 *
 * A store to a device acts at once; that it may overtake earlier stores shows in that the handler need not see these.
 * What the last release fence in front of a doorbell came after, it does see, if the engine tells of its entry (`enter`).
 *
 * A message that no core can use is dropped, so endless runs have finitely many states as long as each core keeps up.
 * If more than `MOST_BEHIND` messages come after one that some core has not left behind, that core is made to: the space
 * was cut there, and the verdict is `incomplete`.
 */
import { CAS, CLEAR, FENCE, LOAD, READ, RING, RMW, STORE, WRITE } from '../access.ts';
import { grownInt32, grownUint8, grownUint32 } from '../store/growable.ts';
import { VectorTable } from '../store/vectorTable.ts';
import { ATOMIC_LOADS, ATOMIC_STORES, ATOMIC_UPDATES, PLAIN_LOADS, PLAIN_STORES } from '../uses.ts';
import { FlatMemory } from './flatMemory.ts';
import type { MemoryModel, ModelParts } from './model.ts';
import { LagTable, LOADS, MOST_BEHIND, STORES, UPDATES } from './rc11/lagTable.ts';

const ALL = LOADS | STORES | UPDATES;

/** Room for the choices of an access in the number of a step: messages of a location at the most. */
const CHOICES = MOST_BEHIND + 1;
/** Numbers of steps from here on mean that a line's interrupt comes in: more than all accesses together have. */
const FIRST_ENTRY = 0xffff_0000;

export class ReleaseConsistency implements MemoryModel {
  readonly name = 'rc11';
  readonly updateIsFence = false;
  readonly accessBringsFences = true;
  readonly releaseStoreIsFence = false;
  readonly hasStaleChoices = true;
  /** Word 0 is the newest value of each word of the memory, word 1 the lag behind it. */
  readonly words = 2;
  readonly keptBy = 1;
  /** How many messages may come after the oldest that some core may still read. */
  readonly bufferDepth = MOST_BEHIND;
  newer = 0;
  readonly #parts: ModelParts;
  readonly #memory: FlatMemory;
  readonly #lags: LagTable;
  /** (lag, access and core, value) → in how many ways, in `#counts`. */
  readonly #questions = new VectorTable(3);
  #counts = new Int32Array(256);
  /** (lag, access, core and choice, newest value of its location) → lag after it, and the word read if not the newest. */
  readonly #steps = new VectorTable(3);
  #nextLags = new Int32Array(256);
  #wordsRead = new Uint32Array(256);
  #newers = new Uint8Array(256);
  readonly #key = new Uint32Array(3);
  /** The messages that a read-modify-write may read, newest first. */
  readonly #readable = new Int32Array(CHOICES);

  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.#memory = new FlatMemory(parts.memoryWords, parts.accesses);
    const { uses, cores, memoryWords } = parts;
    // Old messages that nobody can use are dropped: the sooner, the more is known.
    const reach = new Uint8Array(cores * memoryWords).fill(ALL);
    if (uses !== undefined)
      for (let at = 0; at < reach.length; at++)
        reach[at] = reachOf(uses(Math.floor(at / memoryWords), at % memoryWords));
    this.#lags = new LagTable(
      cores,
      parts.lines ?? [],
      (core, word) => reach[core * memoryWords + word] as number,
    );
  }

  get bufferWasFull(): boolean {
    return this.#lags.fullWord >= 0;
  }

  /** Word of the memory whose location was the first to have too many messages; -1: none had. */
  get fullWord(): number {
    return this.#lags.fullWord;
  }

  get deepestBuffer(): number {
    return this.#lags.deepest;
  }

  fenceIsStep(): boolean {
    return true;
  }

  start(state: Uint32Array, memory: Uint32Array): void {
    state[0] = this.#memory.start(memory);
    state[1] = 0;
  }

  outcomes(state: Uint32Array, core: number, access: number): number {
    const lag = state[1] as number;
    const { kind, local } = this.#parts.accesses;
    if (lag === 0 || local[access] === 1) return 1;
    switch (kind[access]) {
      case LOAD:
      case READ:
      case STORE:
      case WRITE:
      case RMW:
        return this.#ways(lag, core, access, 0);
      case CAS:
        return this.#ways(lag, core, access, this.#memory.word(state[0] as number, access));
      default:
        return 1;
    }
  }

  perform(state: Uint32Array, core: number, access: number, choice: number): number {
    const accesses = this.#parts.accesses;
    const memory = state[0] as number;
    const lag = state[1] as number;
    const kind = accesses.kind[access];
    const isLocal = accesses.local[access] === 1;
    this.newer = 0;
    switch (kind) {
      case LOAD:
      case READ: {
        if (isLocal || lag === 0) return accesses.resultOf(access, this.#memory.word(memory, access));
        const step = this.#step(lag, core, access, choice, 0);
        state[1] = this.#nextLags[step] as number;
        this.newer = this.#newers[step] as number;
        const word = choice === 0 ? this.#memory.word(memory, access) : (this.#wordsRead[step] as number);
        return accesses.resultOf(access, word);
      }
      case STORE:
      case WRITE:
      case RMW:
      case CAS: {
        const isStore = kind === STORE || kind === WRITE;
        const newest = this.#memory.word(memory, access);
        let word = newest;
        if (!isLocal) {
          const step = this.#step(lag, core, access, choice, newest);
          state[1] = this.#nextLags[step] as number;
          this.newer = this.#newers[step] as number;
          if (choice > 0) word = this.#wordsRead[step] as number;
        }
        if (choice === 0) state[0] = this.#memory.stored(memory, access);
        return isStore ? 0 : accesses.resultOf(access, word);
      }
      case FENCE:
        if (lag !== 0) state[1] = this.#lagAfter(lag, core, access);
        return 0;
      case RING:
        if (lag !== 0 && this.#parts.lines !== undefined) state[1] = this.#lagAfter(lag, core, access);
        this.#parts.device(state, access);
        return 0;
      case CLEAR:
        this.#parts.device(state, access);
        return 0;
      default:
        return 0;
    }
  }

  /** A handler is entered, or a core is woken, by an interrupt of the line. */
  enter(state: Uint32Array, line: number): void {
    const lag = state[1] as number;
    if (lag === 0 || this.#parts.lines === undefined) return;
    const key = this.#key;
    key[0] = lag;
    key[1] = FIRST_ENTRY + line;
    key[2] = 0;
    const known = this.#steps.size;
    const step = this.#steps.intern(key, 0);
    if (step === known) {
      this.#lags.open(lag);
      this.#lags.enter(line);
      this.#table(step, 0);
    }
    state[1] = this.#nextLags[step] as number;
  }

  kept(state: Uint32Array, word: number): number {
    return this.#lags.kept(state[1] as number, word);
  }

  drains(): number {
    return 0;
  }

  drain(): number {
    throw new RangeError('nothing drains under rc11');
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
    const tabled =
      this.#counts.byteLength +
      this.#nextLags.byteLength +
      this.#wordsRead.byteLength +
      this.#newers.byteLength;
    return this.#memory.bytes() + this.#lags.bytes() + this.#questions.bytes() + this.#steps.bytes() + tabled;
  }

  // --- Tables ------------------------------------------------------------------------------------------------------

  #ways(lag: number, core: number, access: number, newest: number): number {
    const key = this.#key;
    key[0] = lag;
    key[1] = access * this.#parts.cores + core;
    key[2] = newest;
    const known = this.#questions.size;
    const question = this.#questions.intern(key, 0);
    if (question < known) return this.#counts[question] as number;
    const ways = this.#count(lag, core, access, newest);
    this.#counts = grownInt32(this.#counts, question + 1);
    this.#counts[question] = ways;
    return ways;
  }

  /** After what happens in one way only. */
  #lagAfter(lag: number, core: number, access: number): number {
    // First the step: making it may put a larger table in the place of this one.
    const step = this.#step(lag, core, access, 0, 0);
    return this.#nextLags[step] as number;
  }

  /** Of the access made last. */
  #newerNow = 0;

  #step(lag: number, core: number, access: number, choice: number, newest: number): number {
    const key = this.#key;
    key[0] = lag;
    key[1] = (access * this.#parts.cores + core) * CHOICES + choice;
    key[2] = newest;
    const known = this.#steps.size;
    const step = this.#steps.intern(key, 0);
    if (step < known) return step;
    this.#table(step, this.#make(lag, core, access, choice, newest));
    return step;
  }

  /** Closes the lag, as what the step leads to. */
  #table(step: number, wordRead: number): void {
    this.#nextLags = grownInt32(this.#nextLags, step + 1);
    this.#wordsRead = grownUint32(this.#wordsRead, step + 1);
    this.#newers = grownUint8(this.#newers, step + 1);
    this.#nextLags[step] = this.#lags.close();
    this.#newers[step] = this.#newerNow;
    this.#wordsRead[step] = wordRead;
  }

  // --- The rules ---------------------------------------------------------------------------------------------------

  /** In how many ways an access to a shared location can happen. */
  #count(lag: number, core: number, access: number, newest: number): number {
    const { kind, word } = this.#parts.accesses;
    const lags = this.#lags;
    const choices = lags.choices(lag, core, word[access] as number);
    if (choices >= 0) return choices;
    lags.open(lag);
    const at = lags.find(word[access] as number);
    if (at < 0) return 1;
    switch (kind[access]) {
      case LOAD:
      case READ:
        return lags.length(at) - lags.oldest(core, at);
      case STORE:
      case WRITE:
        return this.#findPlaces(core, at, access, false);
      default:
        lags.setNewest(at, newest);
        return this.#findPlaces(core, at, access, true);
    }
  }

  /** Makes an access on the opened lag. Returns the word of the message that it read. */
  #make(lag: number, core: number, access: number, choice: number, newest: number): number {
    const { accesses } = this.#parts;
    const lags = this.#lags;
    const { order } = accesses.get(access);
    const acquires = isAcquire(order);
    const releases = isRelease(order);
    lags.open(lag);
    this.#newerNow = 0;
    const kind = accesses.kind[access];
    if (kind === RING) {
      lags.ring(core, accesses.argument[access] as number);
      return 0;
    }
    if (kind === FENCE) {
      lags.fence(core, acquires, releases, order === 'seq_cst');
      return 0;
    }
    const plain = order === 'plain';
    const cell = accesses.word[access] as number;
    if (kind === LOAD || kind === READ) {
      const at = lags.find(cell);
      if (at < 0) return 0;
      const position = lags.length(at) - 1 - choice;
      this.#newerNow = choice;
      lags.read(core, at, position, acquires, plain);
      return lags.value(at, position);
    }
    const at = lags.findOrAdd(cell);
    lags.setNewest(at, newest);
    const isStore = kind === STORE || kind === WRITE;
    this.#findPlaces(core, at, access, !isStore);
    const position = this.#readable[choice] as number;
    this.#newerNow = lags.length(at) - 1 - position;
    const read = lags.value(at, position);
    if (kind === CAS && !this.#succeeds(access, read)) {
      const { failureOrder } = accesses.get(access);
      lags.read(core, at, position, isAcquire(failureOrder), failureOrder === 'plain');
      return read;
    }
    const carried = isStore ? -1 : lags.read(core, at, position, acquires, plain);
    lags.place(core, at, position, accesses.stored(access, read), releases, plain, carried);
    return read;
  }

  /**
   * Finds the messages that a store may be placed after, or a read-modify-write read; newest first, into `readable`. A
   * CAS that fails may read any; one that reads what it expects cannot fail, so it needs the place.
   */
  #findPlaces(core: number, at: number, access: number, reads: boolean): number {
    const lags = this.#lags;
    const isCas = reads && this.#parts.accesses.kind[access] === CAS;
    let count = 0;
    for (let position = lags.length(at) - 1; position >= lags.oldest(core, at); position--) {
      const fails = isCas && !this.#succeeds(access, lags.value(at, position));
      if (fails || lags.isFree(at, position)) this.#readable[count++] = position;
    }
    return count;
  }

  #succeeds(access: number, word: number): boolean {
    const { accesses } = this.#parts;
    return accesses.resultOf(access, word) === accesses.get(access).expected;
  }
}

/** In the lag table's terms. */
function reachOf(uses: number): number {
  return (
    ((uses & (PLAIN_LOADS | ATOMIC_LOADS)) !== 0 ? LOADS : 0) |
    ((uses & (PLAIN_STORES | ATOMIC_STORES)) !== 0 ? STORES : 0) |
    ((uses & ATOMIC_UPDATES) !== 0 ? UPDATES : 0)
  );
}

function isAcquire(order: string): boolean {
  return order === 'acquire' || order === 'acq_rel' || order === 'seq_cst';
}

function isRelease(order: string): boolean {
  return order === 'release' || order === 'acq_rel' || order === 'seq_cst';
}
