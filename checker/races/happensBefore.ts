/**
 * Happens-before beside a memory model: follows each step of a run with a clock (see clockTable.ts), and says whether
 * an access races. What synchronizes is what C11 says, whatever the model would order by itself: a release store or
 * fence with an acquire load or fence that reads from it or its release sequence, a doorbell with the entry of its handler,
 * and all that one core does, task and handlers, with itself.
 */
import { type AccessTable, CAS, FENCE, IMPLIED, LOAD, READ, RING, RMW, STORE, WRITE } from '../access.ts';
import type { MemoryModel } from '../memory/model.ts';
import { PairCache } from '../store/pairCache.ts';
import { ATOMIC_LOADS, ATOMIC_UPDATES } from '../uses.ts';
import { BOTTOM, ClockTable, type ClockTableOptions, type Unordered } from './clockTable.ts';
import { type Clocks, RunClocks } from './runClocks.ts';

/** How many messages may be newer than the one that an access reads or is placed after, and one more. */
const NEWER = 32;
/** In place of that number: the access reads a store of its own core that waits. */
const OWN = NEWER - 1;
/** Meanings that an access can have: see `#ofAccess`. */
const FAILS = 1;
const HOSTILE = 2;
const WAYS = 4;
/** In a result, beside the clock: the access races. */
const RACES = 1;

/** What an access means to the clocks; many accesses mean the same. */
interface Meaning {
  readonly kind: 'load' | 'store' | 'update' | 'fence' | 'ring' | 'drain' | 'enter' | 'fences';
  /** Word of the memory whose messages count; -1: nobody learns from it. */
  readonly word: number;
  /** First of the atoms that are watched for races, and how many. */
  readonly atom: number;
  readonly atoms: number;
  readonly plain: boolean;
  readonly acquires: boolean;
  readonly releases: boolean;
  /** Of a line. */
  readonly line: number;
  /** Fences, in their order. */
  readonly fences: readonly string[];
}

const NOTHING: Meaning = {
  kind: 'fence',
  word: -1,
  atom: 0,
  atoms: 0,
  plain: false,
  acquires: false,
  releases: false,
  line: -1,
  fences: [],
};

export interface HappensBeforeOptions extends ClockTableOptions {
  readonly accesses: AccessTable;
  /** First atom of an access, and how many it covers; none where nobody ever races. */
  readonly atomsOf: (access: number) => { readonly atom: number; readonly atoms: number };
  /** Whether a word of the memory synchronizes, and the doorbell of a line. */
  readonly synchronizes: (word: number) => boolean;
  readonly rings: (line: number) => boolean;
  /** Stores wait in buffers: they can be read only once they have drained. */
  readonly buffered: boolean;
  /** Older messages than the newest can be read. */
  readonly old: boolean;
  /** Followed along one run after the other, each from clock 0 on: clocks are no numbers of situations then. */
  readonly linear: boolean;
}

export class HappensBefore {
  readonly #options: HappensBeforeOptions;
  readonly #table: Clocks;
  readonly #meanings: Meaning[] = [NOTHING];
  readonly #meaningIds = new Map<string, number>([[JSON.stringify(NOTHING), 0]]);
  /**
   * Per access four times: its meaning, that of a compare-and-swap which fails, and both again by an agent that is hostile;
   * -1: not known yet, 0: none.
   */
  #ofAccess = new Int32Array(1024).fill(-1);
  /** Per access: the meaning of its leaving the buffer. */
  #ofDrain = new Int32Array(256).fill(-1);
  /** (clock, meaning and core and age) → the clock after it, and whether it races. */
  readonly #steps = new PairCache();
  /** (clock, what the memory model keeps) → the clock without messages that nobody can read. */
  readonly #kept = new PairCache();
  readonly #ofEntry: readonly number[];
  readonly #fencesOf: number[] = [0];
  readonly #fenceIds = new Map<string, number>([['', 0]]);

  constructor(options: HappensBeforeOptions) {
    this.#options = options;
    this.#table = options.linear ? new RunClocks(options) : new ClockTable(options);
    this.#ofEntry = options.lines.map((_, line) => this.#meaning({ ...NOTHING, kind: 'enter', line }));
  }

  /**
   * The clock after an access by a core, times two; plus 1 if it races. `word`: the access's result. `newer`: how many
   * messages are newer than the one read, or placed after; negative: it read its own store, from its buffer. `hostile`: what
   * the agent accesses is watched for no race.
   */
  accessed(
    clock: number,
    core: number,
    access: number,
    word: number,
    newer: number,
    hostile: boolean,
  ): number {
    const place = WAYS * access + (hostile ? HOSTILE : 0);
    let meaning = this.#ofAccess[place];
    if (meaning === undefined || meaning < 0) {
      this.#learn(access);
      meaning = this.#ofAccess[place] as number;
    }
    if (meaning === 0) return clock << 1;
    if (this.#options.accesses.kind[access] === CAS && !this.#options.accesses.succeeds(access, word))
      meaning = this.#ofAccess[place + FAILS] as number;
    return this.#step(clock, core, meaning, newer < 0 ? OWN : newer);
  }

  /** The clock after a store has left its core's buffer. */
  drained(clock: number, core: number, access: number): number {
    let meaning = this.#ofDrain[access];
    if (meaning === undefined || meaning < 0) {
      this.#learn(access);
      meaning = this.#ofDrain[access] as number;
    }
    return meaning === 0 ? clock : this.#step(clock, core, meaning, 0) >>> 1;
  }

  /** The clock after an interrupt of a line has come in. */
  entered(clock: number, line: number): number {
    return this.#step(clock, 0, this.#ofEntry[line] as number, 0) >>> 1;
  }

  /** Number of a list of fences that were merged into one step; 0: none. */
  fences(orders: readonly string[]): number {
    const key = orders.join();
    let id = this.#fenceIds.get(key);
    if (id === undefined) {
      id = this.#fencesOf.length;
      this.#fencesOf.push(this.#meaning({ ...NOTHING, kind: 'fences', fences: [...orders] }));
      this.#fenceIds.set(key, id);
    }
    return id;
  }

  /** The clock after a list of fences. */
  fenced(clock: number, core: number, fences: number): number {
    return this.#step(clock, core, this.#fencesOf[fences] as number, 0) >>> 1;
  }

  /** The clock without messages that can no longer be read in a state of the memory. */
  trimmed(clock: number, state: Uint32Array, memory: MemoryModel): number {
    const { keptBy } = memory;
    if (clock === 0 || keptBy === undefined) return clock;
    const reason = state[keptBy] as number;
    const known = this.#options.linear ? -1 : this.#kept.get(clock, reason);
    if (known >= 0) return known;
    const table = this.#table;
    table.open(clock);
    let now = clock;
    const { long } = table;
    if (long.length > 0) {
      for (const word of long) table.keep(word, memory.kept?.(state, word) ?? 1);
      now = table.close();
    }
    if (!this.#options.linear) this.#kept.put(clock, reason, now);
    return now;
  }

  /**
   * With what an access races that does: an access of the other core that it should have come after. The arguments are those
   * of `accessed`.
   */
  raceOf(clock: number, core: number, access: number, word: number, newer: number): Unordered | null {
    const { accesses } = this.#options;
    const fails = accesses.kind[access] === CAS && !accesses.succeeds(access, word);
    const meaning = this.#meanings[this.#ofAccess[WAYS * access + (fails ? FAILS : 0)] ?? 0];
    if (meaning === undefined) return null;
    this.#table.open(clock);
    this.#read(core, meaning, newer < 0 ? OWN : newer);
    return this.#unordered(core, meaning);
  }

  bytes(): number {
    return this.#table.bytes() + this.#steps.bytes() + this.#kept.bytes();
  }

  // --- Tables ------------------------------------------------------------------------------------------------------

  #step(clock: number, core: number, meaning: number, newer: number): number {
    if (this.#options.linear) return this.#make(clock, core, this.#meanings[meaning] as Meaning, newer);
    const key = (meaning * this.#options.cores + core) * NEWER + newer;
    const known = this.#steps.get(clock, key);
    if (known >= 0) return known;
    const now = this.#make(clock, core, this.#meanings[meaning] as Meaning, newer);
    this.#steps.put(clock, key, now);
    return now;
  }

  #make(clock: number, core: number, meaning: Meaning, newer: number): number {
    const table = this.#table;
    table.open(clock);
    const { kind, word, plain, acquires } = meaning;
    // An access comes after what it synchronizes with: with that it does not race.
    const carried = this.#read(core, meaning, newer);
    const races = this.#unordered(core, meaning) !== null ? RACES : 0;
    const writes = kind === 'store' || kind === 'update';
    // First: who reads from a release store comes after the store itself, too.
    for (let i = 0; i < meaning.atoms; i++) table.access(core, meaning.atom + i, writes, plain);
    switch (kind) {
      case 'load':
        break;
      case 'store':
        if (word < 0) break;
        if (this.#options.buffered) table.defer(core, word, meaning);
        else table.place(core, word, newer, meaning, carried, !this.#options.old);
        break;
      case 'update':
        if (word >= 0) table.place(core, word, newer, meaning, carried, !this.#options.old);
        break;
      case 'fence':
        table.fence(core, acquires, meaning.releases);
        break;
      case 'fences':
        for (const order of meaning.fences) table.fence(core, isAcquire(order), isRelease(order));
        break;
      case 'ring':
        table.ring(core, meaning.line);
        break;
      case 'drain':
        table.drain(core, word);
        break;
      case 'enter':
        table.enter(meaning.line);
        break;
    }
    return (table.close() << 1) | races;
  }

  /** The core reads what its access does, if it can learn from it. Returns the clock of that. */
  #read(core: number, { kind, word, acquires }: Meaning, newer: number): number {
    const reads = kind === 'load' || kind === 'update';
    return reads && word >= 0 && newer !== OWN ? this.#table.read(core, word, newer, acquires) : BOTTOM;
  }

  #unordered(core: number, { kind, atom, atoms, plain }: Meaning): Unordered | null {
    const writes = kind === 'store' || kind === 'update';
    for (let i = 0; i < atoms; i++) {
      const found = this.#table.unordered(core, atom + i, writes, plain);
      if (found !== null) return found;
    }
    return null;
  }

  // --- What accesses mean ------------------------------------------------------------------------------------------

  #learn(access: number): void {
    if (access >= this.#ofDrain.length) {
      this.#ofAccess = enlarged(this.#ofAccess, 2 * WAYS * (access + 1));
      this.#ofDrain = enlarged(this.#ofDrain, 2 * (access + 1));
    }
    const meaning = this.#accessMeaning(access);
    const failing = this.#failureMeaning(access);
    for (const [way, its] of [meaning, failing, this.#unwatched(meaning), this.#unwatched(failing)].entries())
      this.#ofAccess[WAYS * access + way] = its;
    const its = this.#meanings[meaning] as Meaning;
    const waits = its.kind === 'store' && its.word >= 0 && this.#options.buffered;
    this.#ofDrain[access] = waits ? this.#meaning({ ...NOTHING, kind: 'drain', word: its.word }) : 0;
  }

  /** The same, but that it is watched for no race. */
  #unwatched(meaning: number): number {
    const its = this.#meanings[meaning] as Meaning;
    if (its.atoms === 0) return meaning;
    return its.word < 0 ? 0 : this.#meaning({ ...its, atom: 0, atoms: 0 });
  }

  #accessMeaning(access: number): number {
    const { accesses } = this.#options;
    const { kind, order, name, argument } = accesses.get(access);
    const acquires = isAcquire(order);
    const releases = isRelease(order);
    switch (kind) {
      case LOAD:
      case READ:
        return this.#reaching(access, { kind: 'load', plain: order === 'plain', acquires });
      case STORE:
      case WRITE:
        return this.#reaching(access, { kind: 'store', plain: order === 'plain', releases });
      case RMW:
      case CAS:
        return this.#reaching(access, { kind: 'update', plain: order === 'plain', acquires, releases });
      case FENCE:
        // What only the hardware's mapping of an access adds synchronizes with nothing.
        if (name === IMPLIED) return 0;
        return this.#meaning({ ...NOTHING, acquires, releases });
      case RING:
        return this.#options.rings(argument)
          ? this.#meaning({ ...NOTHING, kind: 'ring', line: argument })
          : 0;
      default:
        return 0;
    }
  }

  #failureMeaning(access: number): number {
    const { accesses } = this.#options;
    if (accesses.kind[access] !== CAS) return 0;
    const { failureOrder } = accesses.get(access);
    return this.#reaching(access, {
      kind: 'load',
      plain: failureOrder === 'plain',
      acquires: isAcquire(failureOrder),
    });
  }

  /** Of an access to a cell: nothing if it is local, or if nobody learns from it and it cannot race. */
  #reaching(access: number, meaning: Partial<Meaning>): number {
    const { accesses, cores, wordUses, atomsOf, synchronizes } = this.#options;
    if (accesses.local[access] === 1) return 0;
    const word = accesses.word[access] as number;
    let learns = false;
    for (let core = 0; core < cores && !learns; core++)
      learns = (wordUses(core, word) & (ATOMIC_LOADS | ATOMIC_UPDATES)) !== 0;
    if (learns && !synchronizes(word)) learns = false;
    // A plain load learns nothing; a plain store hides what was told before.
    if (meaning.kind === 'load' && meaning.plain === true) learns = false;
    const { atom, atoms } = atomsOf(access);
    if (!learns && atoms === 0) return 0;
    return this.#meaning({ ...NOTHING, ...meaning, word: learns ? word : -1, atom, atoms });
  }

  #meaning(meaning: Meaning): number {
    const key = JSON.stringify(meaning);
    let id = this.#meaningIds.get(key);
    if (id === undefined) {
      id = this.#meanings.length;
      this.#meanings.push(meaning);
      this.#meaningIds.set(key, id);
    }
    return id;
  }
}

function isAcquire(order: string): boolean {
  return order === 'acquire' || order === 'acq_rel' || order === 'seq_cst';
}

function isRelease(order: string): boolean {
  return order === 'release' || order === 'acq_rel' || order === 'seq_cst';
}

function enlarged(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length).fill(-1);
  larger.set(array);
  return larger;
}
