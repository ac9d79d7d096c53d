/**
 * Happens-before, interned: which accesses to plain data each core knows to lie behind it, and what it would learn
 * from what it could read. Vector clocks (Mattern 1989; for races: Flanagan, Freund, PLDI 2009), apart from any memory
 * model's views: a relaxed load learns nothing here. Clock 0 is the first: nothing has been accessed yet.
 *
 * What is to be known are facts: "core c's last plain write of an atom", and likewise plain reads, atomic writes and
 * atomic reads; an atom is a run of bytes that no access tells apart. A core's facts fall into classes, 1, 2, …, in the
 * order in which they came about; a clock says for each core up to which class it knows. So clocks are small however
 * many facts there are, and only comparisons count: classes that no clock tells apart are one, and what everybody knows
 * who could ever mind is dropped. Equal situations get equal numbers, and endless runs have finitely many.
 *
 * A situation is edited here: `open` unpacks it, the methods named after what cores do change it, `close` tidies it up
 * and interns it.
 */
import { ChunkedVectors } from '../store/chunkedVectors.ts';
import { ATOMIC_LOADS, ATOMIC_STORES, ATOMIC_UPDATES, PLAIN_LOADS, PLAIN_STORES } from '../uses.ts';

/** Kinds of facts. */
export const PLAIN_WRITE = 0;
export const ATOMIC_WRITE = 1;
export const PLAIN_READ = 2;
export const ATOMIC_READ = 3;
const FACT_KINDS = 4;

/** Accesses that a fact's own conflict with. */
const CONFLICTS: readonly number[] = [
  PLAIN_LOADS | PLAIN_STORES | ATOMIC_LOADS | ATOMIC_STORES | ATOMIC_UPDATES,
  PLAIN_LOADS | PLAIN_STORES,
  PLAIN_STORES | ATOMIC_STORES | ATOMIC_UPDATES,
  PLAIN_STORES,
];
/** Kinds of facts that an access must come after. */
const AFTER_PLAIN_READ: readonly number[] = [PLAIN_WRITE, ATOMIC_WRITE];
const AFTER_PLAIN_WRITE: readonly number[] = [PLAIN_WRITE, ATOMIC_WRITE, PLAIN_READ, ATOMIC_READ];
const AFTER_ATOMIC_READ: readonly number[] = [PLAIN_WRITE];
const AFTER_ATOMIC_WRITE: readonly number[] = [PLAIN_WRITE, PLAIN_READ];

/** The clock that knows nothing, of any situation. Never written to. */
export const BOTTOM = 0;

/** An access that another one should have come after, and was not known to. */
export interface Unordered {
  readonly core: number;
  readonly atom: number;
  /** PLAIN_WRITE, ATOMIC_WRITE, PLAIN_READ or ATOMIC_READ. */
  readonly kind: number;
}

export interface ClockTableOptions {
  readonly cores: number;
  /** The core of each interrupt line. */
  readonly lines: readonly number[];
  /** Words of the memory. */
  readonly words: number;
  /** How each core may access each word of the memory, and each atom. */
  readonly wordUses: (core: number, word: number) => number;
  readonly atoms: number;
  readonly atomUses: (core: number, atom: number) => number;
}

export class ClockTable {
  readonly #cores: number;
  readonly #lines: readonly number[];
  readonly #words: number;
  /** Clocks that every situation has: three a core, one a line. Numbered from 1. */
  readonly #fixed: number;
  /** Per word: cores (bits) that may learn from its messages. */
  readonly #readers: Uint32Array;
  /** Per fact: cores (bits) that may make an access which conflicts. */
  readonly #minders: Uint32Array;
  readonly #rows = new ChunkedVectors();
  #row: Uint32Array;

  // --- The open situation ------------------------------------------------------------------------------------------

  /** Per fact: its class, 0: none; and the facts that have one, sorted. */
  readonly #classes: Uint16Array;
  #facts: number[] = [];
  /** Per core: how many classes its facts have. */
  readonly #counts: Int32Array;
  /** A clock is `cores` classes from `clock * cores`. */
  #clocks = new Uint16Array(256);
  #clockCount = 0;
  /**
   * What can be read, sorted: words with the clocks of their messages, newest first; and behind all words, for each core
   * and word, those that wait in the core's store buffer, oldest first. BOTTOM where there is nothing to learn.
   */
  #places: number[] = [];
  readonly #messages = new Map<number, number[]>();
  /** Per word and core: what the core knew at its last release store there, and thus tells by its later ones. */
  readonly #releases = new Map<number, number[]>();
  /** While classes are renumbered. */
  #bounded = new Uint8Array(64);
  #used = new Uint8Array(64);
  #renamed = new Uint16Array(64);

  constructor({ cores, lines, words, wordUses, atoms, atomUses }: ClockTableOptions) {
    this.#cores = cores;
    this.#lines = lines;
    this.#words = words;
    this.#fixed = 3 * cores + lines.length;
    this.#counts = new Int32Array(cores);
    this.#row = new Uint32Array(64 + this.#fixed * cores);
    this.#readers = new Uint32Array(words);
    for (let word = 0; word < words; word++)
      for (let core = 0; core < cores; core++)
        if ((wordUses(core, word) & (ATOMIC_LOADS | ATOMIC_UPDATES)) !== 0)
          this.#readers[word] = (this.#readers[word] as number) | (1 << core);
    this.#minders = new Uint32Array(atoms * cores * FACT_KINDS);
    this.#classes = new Uint16Array(this.#minders.length);
    for (let fact = 0; fact < this.#minders.length; fact++) {
      for (let core = 0; core < cores; core++) {
        const uses = atomUses(core, this.#atomOf(fact));
        if (core !== this.#coreOf(fact) && (uses & (CONFLICTS[fact % FACT_KINDS] as number)) !== 0)
          this.#minders[fact] = (this.#minders[fact] as number) | (1 << core);
      }
    }
  }

  // --- Opening and closing -----------------------------------------------------------------------------------------

  open(number: number): void {
    const room = this.#rows.room(number);
    if (room > this.#row.length) this.#row = new Uint32Array(2 * room);
    const row = this.#row;
    if (number === 0) row.fill(0, 0, 1 + this.#fixed * this.#cores);
    else this.#rows.copy(number, row);
    for (const fact of this.#facts) this.#classes[fact] = 0;
    this.#facts.length = 0;
    this.#counts.fill(0);
    this.#clockCount = 0;
    this.#newClock();
    const facts = (row[0] as number) & 0xffff;
    const places = (row[0] as number) >>> 16;
    let at = 1;
    for (let clock = 1; clock <= this.#fixed; clock++) at = this.#unpackClock(at);
    for (let i = 0; i < facts; i++) {
      const fact = row[at++] as number;
      const its = row[at++] as number;
      this.#facts.push(fact);
      this.#classes[fact] = its;
      const core = this.#coreOf(fact);
      if (its > (this.#counts[core] as number)) this.#counts[core] = its;
    }
    this.#places.length = 0;
    this.#messages.clear();
    this.#releases.clear();
    for (let i = 0; i < places; i++) at = this.#unpackPlace(at);
    for (let core = 0; core < this.#cores; core++) {
      this.#set(this.#current(core), core, this.#counts[core] as number);
      this.#join(this.#acquired(core), this.#current(core));
    }
  }

  /** Number of the situation as it is now. */
  close(): number {
    this.#dropKnown();
    this.#renumber();
    this.#prune();
    this.#renumber();
    return this.#pack();
  }

  bytes(): number {
    return this.#rows.bytes() + this.#minders.byteLength + this.#classes.byteLength;
  }

  // --- What cores do -----------------------------------------------------------------------------------------------

  /** Something that an access of these bytes should have come after and did not, as far as its core knows; or null. */
  unordered(core: number, atom: number, writes: boolean, plain: boolean): Unordered | null {
    const kinds = writes
      ? plain
        ? AFTER_PLAIN_WRITE
        : AFTER_ATOMIC_WRITE
      : plain
        ? AFTER_PLAIN_READ
        : AFTER_ATOMIC_READ;
    const current = this.#current(core);
    for (let other = 0; other < this.#cores; other++) {
      if (other === core) continue;
      for (const kind of kinds) {
        const its = this.#classes[this.#fact(other, atom, kind)] as number;
        if (its > this.#get(current, other)) return { core: other, atom, kind };
      }
    }
    return null;
  }

  /** The core accesses an atom. */
  access(core: number, atom: number, writes: boolean, plain: boolean): void {
    // A plain write comes after every access before it: who comes after it comes after all of those.
    if (writes && plain)
      for (let other = 0; other < this.#cores; other++)
        for (let kind = 0; kind < FACT_KINDS; kind++) this.#forget(this.#fact(other, atom, kind));
    const kind = writes ? (plain ? PLAIN_WRITE : ATOMIC_WRITE) : plain ? PLAIN_READ : ATOMIC_READ;
    const fact = this.#fact(core, atom, kind);
    if (this.#minders[fact] === 0) return;
    this.#forget(fact);
    const now = (this.#counts[core] as number) + 1;
    if (now > 0xffff)
      throw new RangeError('more than 65,535 classes of accesses: too much data for one check');
    this.#counts[core] = now;
    this.#classes[fact] = now;
    insert(this.#facts, fact);
    this.#set(this.#current(core), core, now);
    this.#set(this.#acquired(core), core, now);
  }

  /**
   * The core reads the message of a word that has `from` newer ones. Returns its clock, for a read-modify-write to carry
   * on.
   */
  read(core: number, word: number, from: number, acquires: boolean): number {
    const clock = this.#messages.get(word)?.[from] ?? BOTTOM;
    if (clock === BOTTOM) return BOTTOM;
    if (acquires) this.#join(this.#current(core), clock);
    this.#join(this.#acquired(core), clock);
    return clock;
  }

  /**
   * The core places a message of a word right after the one that has `from` newer ones. `carried`: the clock of the one
   * that a read-modify-write read. `only`: older messages can no longer be read.
   */
  place(
    core: number,
    word: number,
    from: number,
    order: { readonly releases: boolean; readonly plain: boolean },
    carried: number,
    only: boolean,
  ): void {
    const clock = this.#told(core, word, order, carried);
    const messages = this.#at(word);
    while (messages.length < from) messages.push(BOTTOM);
    if (only) messages.length = 0;
    messages.splice(only ? 0 : from, 0, clock);
  }

  /** The core puts a store to a word into its buffer. */
  defer(core: number, word: number, order: { readonly releases: boolean; readonly plain: boolean }): void {
    this.#at(this.#buffer(core, word)).push(this.#told(core, word, order, BOTTOM));
  }

  /** The oldest store of a core to a word leaves the buffer. */
  drain(core: number, word: number): void {
    const waiting = this.#at(this.#buffer(core, word));
    const clock = waiting.shift();
    if (clock === undefined) throw new Error('internal: no store waits there');
    const messages = this.#at(word);
    messages.length = 0;
    messages.push(clock);
  }

  /** Only the newest messages of a word can be read from here on. */
  keep(word: number, count: number): void {
    const messages = this.#messages.get(word);
    if (messages !== undefined && messages.length > count) messages.length = count;
  }

  /** Words of which it matters how many messages are kept. */
  get long(): readonly number[] {
    return this.#places.filter(
      (place) => place < this.#words && (this.#messages.get(place)?.length ?? 0) > 1,
    );
  }

  fence(core: number, acquires: boolean, releases: boolean): void {
    if (acquires) this.#join(this.#current(core), this.#acquired(core));
    if (!releases) return;
    this.#join(this.#released(core), this.#current(core));
    for (const clocks of this.#releases.values()) clocks[core] = BOTTOM;
  }

  /** The core rings the doorbell of a line: what its last release fence came after, whoever takes the interrupt knows. */
  ring(core: number, line: number): void {
    this.#join(this.#rung(line), this.#released(core));
  }

  /** The core of a line takes its interrupt. */
  enter(line: number): void {
    const core = this.#lines[line] as number;
    this.#join(this.#current(core), this.#rung(line));
    this.#join(this.#acquired(core), this.#rung(line));
  }

  /** What a store to a word tells whoever reads it. */
  #told(
    core: number,
    word: number,
    { releases, plain }: { readonly releases: boolean; readonly plain: boolean },
    carried: number,
  ): number {
    let release = this.#releases.get(word)?.[core] ?? BOTTOM;
    if (releases) {
      release = this.#copyOf(this.#current(core));
      let clocks = this.#releases.get(word);
      if (clocks === undefined) {
        clocks = new Array<number>(this.#cores).fill(BOTTOM);
        this.#releases.set(word, clocks);
        if (!this.#messages.has(word)) this.#at(word);
      }
      clocks[core] = release;
    }
    if (plain) return BOTTOM;
    const clock = this.#copyOf(this.#released(core));
    this.#join(clock, release);
    this.#join(clock, carried);
    return clock;
  }

  // --- Facts -------------------------------------------------------------------------------------------------------

  #fact(core: number, atom: number, kind: number): number {
    return (atom * this.#cores + core) * FACT_KINDS + kind;
  }

  #coreOf(fact: number): number {
    return Math.floor(fact / FACT_KINDS) % this.#cores;
  }

  #atomOf(fact: number): number {
    return Math.floor(fact / (FACT_KINDS * this.#cores));
  }

  #forget(fact: number): void {
    if (this.#classes[fact] === 0) return;
    this.#classes[fact] = 0;
    this.#facts.splice(placeOf(this.#facts, fact), 1);
  }

  /** Drops the facts that everybody knows who could mind. */
  #dropKnown(): void {
    let kept = 0;
    for (const fact of this.#facts) {
      const core = this.#coreOf(fact);
      const its = this.#classes[fact] as number;
      const minders = this.#minders[fact] as number;
      let known = true;
      for (let other = 0; other < this.#cores && known; other++)
        if ((minders & (1 << other)) !== 0) known = this.#get(this.#current(other), core) >= its;
      if (known) this.#classes[fact] = 0;
      else this.#facts[kept++] = fact;
    }
    this.#facts.length = kept;
  }

  /** Makes one class of those of a core that no clock tells apart, and numbers the rest from 1. */
  #renumber(): void {
    const cores = this.#cores;
    for (let core = 0; core < cores; core++) {
      const count = this.#counts[core] as number;
      if (count >= this.#used.length) {
        this.#bounded = new Uint8Array(2 * count);
        this.#used = new Uint8Array(2 * count);
        this.#renamed = new Uint16Array(2 * count);
      }
      this.#bounded.fill(0, 0, count + 1);
      this.#used.fill(0, 0, count + 1);
      for (const fact of this.#facts)
        if (this.#coreOf(fact) === core) this.#used[this.#classes[fact] as number] = 1;
      this.#eachClock((clock) => {
        if (clock !== this.#current(core)) this.#bounded[this.#get(clock, core)] = 1;
      });
      let now = 0;
      let open = false;
      this.#renamed[0] = 0;
      for (let old = 1; old <= count; old++) {
        if (this.#used[old] === 1 && !open) {
          now++;
          open = true;
        }
        this.#renamed[old] = now;
        if (this.#bounded[old] === 1) open = false;
      }
      for (const fact of this.#facts)
        if (this.#coreOf(fact) === core)
          this.#classes[fact] = this.#renamed[this.#classes[fact] as number] as number;
      // Each clock is somebody's own, so none is renamed twice.
      this.#eachClock((clock) => this.#set(clock, core, this.#renamed[this.#get(clock, core)] as number));
      this.#counts[core] = now;
    }
  }

  // --- Clocks ------------------------------------------------------------------------------------------------------

  /** What the core knows; what its relaxed loads would tell an acquire fence; what its last release fence gave away. */
  #current(core: number): number {
    return 1 + core;
  }

  #acquired(core: number): number {
    return 1 + this.#cores + core;
  }

  #released(core: number): number {
    return 1 + 2 * this.#cores + core;
  }

  #rung(line: number): number {
    return 1 + 3 * this.#cores + line;
  }

  #buffer(core: number, word: number): number {
    return this.#words * (1 + core) + word;
  }

  #newClock(): number {
    const clock = this.#clockCount++;
    const end = this.#clockCount * this.#cores;
    if (end > this.#clocks.length) {
      const clocks = new Uint16Array(2 * end);
      clocks.set(this.#clocks);
      this.#clocks = clocks;
    }
    this.#clocks.fill(0, end - this.#cores, end);
    return clock;
  }

  #copyOf(clock: number): number {
    const copy = this.#newClock();
    this.#join(copy, clock);
    return copy;
  }

  #get(clock: number, core: number): number {
    return this.#clocks[clock * this.#cores + core] as number;
  }

  #set(clock: number, core: number, its: number): void {
    this.#clocks[clock * this.#cores + core] = its;
  }

  #join(into: number, clock: number): void {
    for (let core = 0; core < this.#cores; core++) {
      const its = this.#get(clock, core);
      if (its > this.#get(into, core)) this.#set(into, core, its);
    }
  }

  #isBottom(clock: number): boolean {
    for (let core = 0; core < this.#cores; core++) if (this.#get(clock, core) !== 0) return false;
    return true;
  }

  /** Every clock that is in use; not BOTTOM. */
  #eachClock(visit: (clock: number) => void): void {
    for (let clock = 1; clock <= this.#fixed; clock++) visit(clock);
    for (const messages of this.#messages.values())
      for (const clock of messages) if (clock !== BOTTOM) visit(clock);
    for (const clocks of this.#releases.values())
      for (const clock of clocks) if (clock !== BOTTOM) visit(clock);
  }

  /** What can be read at a word, or waits in a buffer. */
  #at(place: number): number[] {
    let messages = this.#messages.get(place);
    if (messages === undefined) {
      messages = [];
      this.#messages.set(place, messages);
      insert(this.#places, place);
    }
    return messages;
  }

  // --- What tells nobody anything ----------------------------------------------------------------------------------

  #prune(): void {
    const cores = this.#cores;
    for (let core = 0; core < cores; core++) {
      this.#set(this.#current(core), core, this.#counts[core] as number);
      this.#lessen(this.#acquired(core), this.#current(core));
      this.#cut(this.#released(core), this.#others(core));
    }
    for (const [line, core] of this.#lines.entries()) this.#lessen(this.#rung(line), this.#current(core));
    for (const clocks of this.#releases.values()) {
      for (let core = 0; core < cores; core++) {
        const clock = clocks[core] as number;
        if (clock === BOTTOM) continue;
        this.#cut(clock, this.#others(core));
        this.#lessen(clock, this.#released(core));
        if (this.#isBottom(clock)) clocks[core] = BOTTOM;
      }
    }
    for (const [place, messages] of this.#messages) {
      const readers = this.#readers[place % this.#words] as number;
      for (let i = 0; i < messages.length; i++) {
        const clock = messages[i] as number;
        if (clock === BOTTOM) continue;
        this.#cut(clock, readers);
        if (this.#isBottom(clock)) messages[i] = BOTTOM;
      }
      // Of those in a buffer, each place counts.
      if (place >= this.#words) continue;
      while (messages.length > 0 && messages[messages.length - 1] === BOTTOM) messages.length--;
    }
  }

  #others(core: number): number {
    return ((1 << this.#cores) - 1) & ~(1 << core);
  }

  /** Takes out of a clock what all these cores (bits) know. */
  #cut(clock: number, listeners: number): void {
    for (let core = 0; core < this.#cores; core++) {
      const its = this.#get(clock, core);
      if (its === 0) continue;
      let news = false;
      for (let listener = 0; listener < this.#cores && !news; listener++)
        news = (listeners & (1 << listener)) !== 0 && this.#get(this.#current(listener), core) < its;
      if (!news) this.#set(clock, core, 0);
    }
  }

  /** Takes out of a clock what is in the other as well. */
  #lessen(clock: number, known: number): void {
    for (let core = 0; core < this.#cores; core++)
      if (this.#get(clock, core) <= this.#get(known, core)) this.#set(clock, core, 0);
  }

  // --- Packing -----------------------------------------------------------------------------------------------------

  #pack(): number {
    let room = 2 + this.#fixed * this.#cores + 2 * this.#facts.length;
    for (const messages of this.#messages.values()) room += 2 + (messages.length + this.#cores) * this.#cores;
    if (room > this.#row.length) this.#row = new Uint32Array(2 * room);
    const row = this.#row;
    let at = 1;
    for (let clock = 1; clock <= this.#fixed; clock++) at = this.#packClock(at, clock);
    for (const fact of this.#facts) {
      row[at++] = fact;
      row[at++] = this.#classes[fact] as number;
    }
    let places = 0;
    for (const place of this.#places) {
      const messages = this.#messages.get(place) as number[];
      const releases = this.#releases.get(place);
      const released = releases === undefined ? 0 : maskOf(releases);
      if (messages.length === 0 && released === 0) continue;
      places++;
      row[at++] = place;
      row[at++] = messages.length | (released << 16);
      for (const clock of messages) at = this.#packClock(at, clock);
      for (const clock of releases ?? []) if (clock !== BOTTOM) at = this.#packClock(at, clock);
    }
    if (this.#facts.length === 0 && places === 0) return 0;
    row[0] = this.#facts.length | (places << 16);
    // Words of 0 at the end would not be kept.
    row[at++] = 1;
    return this.#rows.intern(row, at);
  }

  /** Two classes a word. What a core knows of its own facts is all, and need not be written down. */
  #packClock(at: number, clock: number): number {
    const own = clock > 0 && clock <= this.#cores ? clock - 1 : -1;
    let next = at;
    for (let core = 0; core < this.#cores; core += 2) {
      const low = core === own ? 0 : this.#get(clock, core);
      const high = core + 1 === this.#cores || core + 1 === own ? 0 : this.#get(clock, core + 1);
      this.#row[next++] = low | (high << 16);
    }
    return next;
  }

  /** Reads a clock into the one that is numbered next. */
  #unpackClock(at: number): number {
    const clock = this.#newClock();
    let next = at;
    for (let core = 0; core < this.#cores; core += 2) {
      const word = this.#row[next++] as number;
      this.#set(clock, core, word & 0xffff);
      if (core + 1 < this.#cores) this.#set(clock, core + 1, word >>> 16);
    }
    return next;
  }

  #unpackPlace(from: number): number {
    const row = this.#row;
    const place = row[from] as number;
    const shape = row[from + 1] as number;
    const messages: number[] = [];
    let at = from + 2;
    for (let i = shape & 0xffff; i > 0; i--) at = this.#unpackMessage(at, messages);
    this.#messages.set(place, messages);
    this.#places.push(place);
    const released = shape >>> 16;
    if (released === 0) return at;
    const releases: number[] = [];
    for (let core = 0; core < this.#cores; core++) {
      if ((released & (1 << core)) === 0) releases.push(BOTTOM);
      else at = this.#unpackMessage(at, releases);
    }
    this.#releases.set(place, releases);
    return at;
  }

  /** Adds a clock to a list: its own one, or BOTTOM. */
  #unpackMessage(at: number, to: number[]): number {
    const clock = this.#clockCount;
    const next = this.#unpackClock(at);
    if (!this.#isBottom(clock)) {
      to.push(clock);
      return next;
    }
    this.#clockCount--;
    to.push(BOTTOM);
    return next;
  }
}

function maskOf(clocks: readonly number[]): number {
  return clocks.reduce((mask, clock, core) => (clock === BOTTOM ? mask : mask | (1 << core)), 0);
}

/** Where a number stands in a sorted list, or would. */
function placeOf(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(sorted: number[], value: number): void {
  const place = placeOf(sorted, value);
  if (sorted[place] !== value) sorted.splice(place, 0, value);
}
