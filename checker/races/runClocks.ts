/**
 * Happens-before along one run: the same as `ClockTable`, of one situation that is changed in place and never looked at
 * again. No situation is ever equal to an earlier one here, so classes of facts are numbered on and on, what everybody
 * knows stays, and each access costs a few words, however much data there is.
 */
import { ATOMIC_READ, ATOMIC_WRITE, BOTTOM, PLAIN_READ, PLAIN_WRITE, type Unordered } from './clockTable.ts';

/** What happens-before is followed in. See `ClockTable` for what the methods do. */
export interface Clocks {
  open(number: number): void;
  close(): number;
  unordered(core: number, atom: number, writes: boolean, plain: boolean): Unordered | null;
  access(core: number, atom: number, writes: boolean, plain: boolean): void;
  read(core: number, word: number, from: number, acquires: boolean): number;
  place(core: number, word: number, from: number, order: StoreOrder, carried: number, only: boolean): void;
  defer(core: number, word: number, order: StoreOrder): void;
  drain(core: number, word: number): void;
  keep(word: number, count: number): void;
  readonly long: readonly number[];
  fence(core: number, acquires: boolean, releases: boolean): void;
  ring(core: number, line: number): void;
  enter(line: number): void;
  bytes(): number;
}

export interface StoreOrder {
  readonly releases: boolean;
  readonly plain: boolean;
}

export interface RunClocksOptions {
  readonly cores: number;
  /** The core of each interrupt line. */
  readonly lines: readonly number[];
  /** Words of the memory, and its atoms. */
  readonly words: number;
  readonly atoms: number;
}

/** Per core: up to which of its accesses. Null: nothing. Messages never change theirs. */
type Clock = Uint32Array;

const FACT_KINDS = 4;
/** Number of every situation but the first. */
const UNDER_WAY = 1;
const NOTHING = null;

export class RunClocks implements Clocks {
  readonly #cores: number;
  readonly #lines: readonly number[];
  readonly #words: number;
  readonly #facts: Uint32Array;
  readonly #counts: Uint32Array;
  readonly #current: readonly Clock[];
  readonly #acquired: readonly Clock[];
  readonly #released: readonly Clock[];
  readonly #rung: readonly Clock[];
  /** Per word: its messages, newest first; behind all words, for each core and word: those in its buffer, oldest first. */
  readonly #messages: ((Clock | null)[] | undefined)[] = [];
  /** Words of which several messages are kept. */
  readonly #long = new Set<number>();
  /** Per core, by word: what the core knew at its last release store there, since its last release fence. */
  readonly #releases: readonly Map<number, Clock>[];
  #read: Clock | null = NOTHING;

  constructor({ cores, lines, words, atoms }: RunClocksOptions) {
    const clocks = (count: number): Clock[] => Array.from({ length: count }, () => new Uint32Array(cores));
    this.#cores = cores;
    this.#lines = lines;
    this.#words = words;
    this.#facts = new Uint32Array(atoms * cores * FACT_KINDS);
    this.#counts = new Uint32Array(cores);
    this.#current = clocks(cores);
    this.#acquired = clocks(cores);
    this.#released = clocks(cores);
    this.#rung = clocks(lines.length);
    this.#releases = Array.from({ length: cores }, () => new Map());
  }

  /** Begins a new run with 0. */
  open(number: number): void {
    if (number !== 0) return;
    this.#facts.fill(0);
    this.#counts.fill(0);
    for (const clocks of [this.#current, this.#acquired, this.#released, this.#rung])
      for (const clock of clocks) clock.fill(0);
    this.#messages.length = 0;
    this.#long.clear();
    for (const releases of this.#releases) releases.clear();
  }

  close(): number {
    return UNDER_WAY;
  }

  unordered(core: number, atom: number, writes: boolean, plain: boolean): Unordered | null {
    const facts = this.#facts;
    const current = this.#current[core] as Clock;
    for (let other = 0; other < this.#cores; other++) {
      if (other === core) continue;
      const from = (atom * this.#cores + other) * FACT_KINDS;
      const known = current[other] as number;
      if ((facts[from + PLAIN_WRITE] as number) > known) return { core: other, atom, kind: PLAIN_WRITE };
      if (plain && (facts[from + ATOMIC_WRITE] as number) > known)
        return { core: other, atom, kind: ATOMIC_WRITE };
      if (writes && (facts[from + PLAIN_READ] as number) > known)
        return { core: other, atom, kind: PLAIN_READ };
      if (writes && plain && (facts[from + ATOMIC_READ] as number) > known)
        return { core: other, atom, kind: ATOMIC_READ };
    }
    return null;
  }

  access(core: number, atom: number, writes: boolean, plain: boolean): void {
    const facts = this.#facts;
    const from = atom * this.#cores * FACT_KINDS;
    if (writes && plain) facts.fill(0, from, from + this.#cores * FACT_KINDS);
    const kind = writes ? (plain ? PLAIN_WRITE : ATOMIC_WRITE) : plain ? PLAIN_READ : ATOMIC_READ;
    const now = (this.#counts[core] as number) + 1;
    this.#counts[core] = now;
    facts[from + core * FACT_KINDS + kind] = now;
    (this.#current[core] as Clock)[core] = now;
    (this.#acquired[core] as Clock)[core] = now;
  }

  read(core: number, word: number, from: number, acquires: boolean): number {
    const clock = this.#messages[word]?.[from] ?? NOTHING;
    this.#read = clock;
    if (clock === NOTHING) return BOTTOM;
    if (acquires) join(this.#current[core] as Clock, clock);
    join(this.#acquired[core] as Clock, clock);
    return UNDER_WAY;
  }

  place(core: number, word: number, from: number, order: StoreOrder, carried: number, only: boolean): void {
    const clock = this.#told(core, word, order, carried === BOTTOM ? NOTHING : this.#read);
    if (only) {
      this.#messages[word] = [clock];
      return;
    }
    const messages = this.#at(word);
    while (messages.length < from) messages.push(NOTHING);
    messages.splice(from, 0, clock);
    if (messages.length > 1) this.#long.add(word);
  }

  defer(core: number, word: number, order: StoreOrder): void {
    this.#at(this.#buffer(core, word)).push(this.#told(core, word, order, NOTHING));
  }

  drain(core: number, word: number): void {
    const clock = this.#at(this.#buffer(core, word)).shift();
    if (clock === undefined) throw new Error('internal: no store waits there');
    this.#messages[word] = [clock];
  }

  keep(word: number, count: number): void {
    const messages = this.#at(word);
    if (messages.length > count) messages.length = count;
    if (messages.length <= 1) this.#long.delete(word);
  }

  get long(): readonly number[] {
    return [...this.#long];
  }

  fence(core: number, acquires: boolean, releases: boolean): void {
    const current = this.#current[core] as Clock;
    if (acquires) join(current, this.#acquired[core] as Clock);
    if (!releases) return;
    join(this.#released[core] as Clock, current);
    (this.#releases[core] as Map<number, Clock>).clear();
  }

  ring(core: number, line: number): void {
    join(this.#rung[line] as Clock, this.#released[core] as Clock);
  }

  enter(line: number): void {
    const core = this.#lines[line] as number;
    join(this.#current[core] as Clock, this.#rung[line] as Clock);
    join(this.#acquired[core] as Clock, this.#rung[line] as Clock);
  }

  bytes(): number {
    return this.#facts.byteLength;
  }

  /** What a store to a word tells whoever reads it. */
  #told(core: number, word: number, { releases, plain }: StoreOrder, carried: Clock | null): Clock | null {
    const stores = this.#releases[core] as Map<number, Clock>;
    if (releases) stores.set(word, (this.#current[core] as Clock).slice());
    if (plain) return NOTHING;
    const clock = (this.#released[core] as Clock).slice();
    const release = stores.get(word);
    if (release !== undefined) join(clock, release);
    if (carried !== NOTHING) join(clock, carried);
    return clock;
  }

  #at(place: number): (Clock | null)[] {
    let messages = this.#messages[place];
    if (messages === undefined) {
      messages = [];
      this.#messages[place] = messages;
    }
    return messages;
  }

  #buffer(core: number, word: number): number {
    return this.#words * (1 + core) + word;
  }
}

function join(into: Clock, clock: Clock): void {
  for (let core = 0; core < into.length; core++)
    if ((clock[core] as number) > (into[core] as number)) into[core] = clock[core] as number;
}
