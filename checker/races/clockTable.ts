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
  /** Largest number of messages kept of a word, or of stores that wait to be seen; default 16. */
  readonly mostWaiting?: number;
}

export class ClockTable {
  readonly #cores: number;
  readonly #lines: readonly number[];
  readonly #words: number;
  /** Clocks that every situation has: three a core, one a line. Numbered from 1. */
  readonly #fixed: number;
  /** Per word: cores (bits) that may learn from its messages. */
  readonly #readers: Uint32Array;
  /** Per fact: cores (bits) that may make an access which conflicts; and the core that it is about. */
  readonly #minders: Uint32Array;
  readonly #subjects: Uint8Array;
  readonly #rows = new ChunkedVectors();
  #row: Uint32Array;

  // --- The open situation ------------------------------------------------------------------------------------------

  /** Its number, and whether anything in it has changed. */
  #opened = 0;
  #changed = false;
  /** Per fact: its class, 0: none; and the facts that have one, sorted. */
  readonly #classes: Uint16Array;
  #facts: Int32Array<ArrayBuffer>;
  #factCount = 0;
  /** Per core: how many classes its facts have. */
  readonly #counts: Int32Array;
  /** A clock is `cores` classes from `clock * cores`. */
  #clocks = new Uint16Array(256);
  #clockCount = 0;
  /** Those that count, whenever they are gone through; the fixed ones first. */
  #live = new Int32Array(64);
  #liveCount = 0;
  /**
   * Where something can be read, sorted: words; and behind all words, for each core and word, what waits in the core's store
   * buffer. Per place `room` clocks, BOTTOM where there is nothing to learn: of a word's messages, newest first; of
   * those in a buffer, oldest first.
   */
  #placeCount = 0;
  #places = new Int32Array(8);
  #lengths = new Int32Array(8);
  #messages: Int32Array<ArrayBuffer>;
  readonly #room: number;
  /** Per place and core: what the core knew at its last release store there, and thus tells by its later ones. */
  #releases: Int32Array<ArrayBuffer>;
  /** While classes are renumbered. */
  #bounded = new Uint8Array(64);
  #used = new Uint8Array(64);
  #renamed = new Uint16Array(64);

  constructor({ cores, lines, words, wordUses, atoms, atomUses, mostWaiting = 16 }: ClockTableOptions) {
    this.#cores = cores;
    this.#lines = lines;
    this.#words = words;
    this.#fixed = 3 * cores + lines.length;
    this.#counts = new Int32Array(cores);
    this.#row = new Uint32Array(64 + this.#fixed * cores);
    this.#room = mostWaiting + 2;
    this.#messages = new Int32Array(8 * this.#room);
    this.#releases = new Int32Array(8 * cores);
    this.#facts = new Int32Array(64);
    this.#readers = new Uint32Array(words);
    for (let word = 0; word < words; word++)
      for (let core = 0; core < cores; core++)
        if ((wordUses(core, word) & (ATOMIC_LOADS | ATOMIC_UPDATES)) !== 0)
          this.#readers[word] = (this.#readers[word] as number) | (1 << core);
    this.#minders = new Uint32Array(atoms * cores * FACT_KINDS);
    this.#classes = new Uint16Array(this.#minders.length);
    this.#subjects = new Uint8Array(this.#minders.length);
    for (let fact = 0; fact < this.#minders.length; fact++) {
      this.#subjects[fact] = Math.floor(fact / FACT_KINDS) % cores;
      for (let core = 0; core < cores; core++) {
        const uses = atomUses(core, Math.floor(fact / (FACT_KINDS * cores)));
        if (core !== this.#subjects[fact] && (uses & (CONFLICTS[fact % FACT_KINDS] as number)) !== 0)
          this.#minders[fact] = (this.#minders[fact] as number) | (1 << core);
      }
    }
  }

  // --- Opening and closing -----------------------------------------------------------------------------------------

  open(number: number): void {
    const room = this.#rows.room(number);
    if (room > this.#row.length) this.#row = new Uint32Array(2 * room);
    const row = this.#row;
    if (number === 0) row.fill(0, 0, 2 + this.#fixed * this.#cores);
    else this.#rows.copy(number, row);
    this.#opened = number;
    this.#changed = false;
    for (let i = 0; i < this.#factCount; i++) this.#classes[this.#facts[i] as number] = 0;
    this.#counts.fill(0);
    this.#clockCount = 0;
    this.#newClock();
    const facts = row[0] as number;
    const places = row[1] as number;
    let at = 2;
    for (let clock = 1; clock <= this.#fixed; clock++) at = this.#unpackClock(at);
    at = this.#unpackFacts(at, facts);
    this.#reservePlaces(places + 1);
    this.#placeCount = places;
    for (let index = 0; index < places; index++) at = this.#unpackPlace(at, index);
    for (let core = 0; core < this.#cores; core++) {
      this.#set(this.#current(core), core, this.#counts[core] as number);
      this.#join(this.#acquired(core), this.#current(core));
    }
  }

  /** Number of the situation as it is now. */
  close(): number {
    if (!this.#changed) return this.#opened;
    this.#dropKnown();
    this.#collect();
    this.#renumber();
    if (this.#prune()) {
      this.#collect();
      this.#renumber();
    }
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
    this.#changed = true;
    this.#forget(fact);
    const now = (this.#counts[core] as number) + 1;
    if (now > 0xffff)
      throw new RangeError('more than 65,535 classes of accesses: too much data for one check');
    this.#counts[core] = now;
    this.#classes[fact] = now;
    this.#remember(fact);
    this.#set(this.#current(core), core, now);
    this.#set(this.#acquired(core), core, now);
  }

  /**
   * The core reads the message of a word that has `from` newer ones. Returns its clock, for a read-modify-write to carry
   * on.
   */
  read(core: number, word: number, from: number, acquires: boolean): number {
    const index = this.#find(word);
    if (index < 0 || from >= (this.#lengths[index] as number)) return BOTTOM;
    const clock = this.#messages[index * this.#room + from] as number;
    if (clock === BOTTOM) return BOTTOM;
    if (acquires && this.#join(this.#current(core), clock)) this.#changed = true;
    if (this.#join(this.#acquired(core), clock)) this.#changed = true;
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
    this.#changed = true;
    const clock = this.#told(core, word, order, carried);
    const index = this.#findOrAdd(word);
    if (only) this.#lengths[index] = 0;
    while ((this.#lengths[index] as number) < from && !only) this.#append(index, BOTTOM);
    this.#append(index, clock);
    if (only) return;
    // Newest first: it moves up before those that are older.
    const first = index * this.#room;
    const last = first + (this.#lengths[index] as number) - 1;
    this.#messages.copyWithin(first + from + 1, first + from, last);
    this.#messages[first + from] = clock;
  }

  /** The core puts a store to a word into its buffer. */
  defer(core: number, word: number, order: { readonly releases: boolean; readonly plain: boolean }): void {
    this.#changed = true;
    const clock = this.#told(core, word, order, BOTTOM);
    this.#append(this.#findOrAdd(this.#buffer(core, word)), clock);
  }

  /** The oldest store of a core to a word leaves the buffer. */
  drain(core: number, word: number): void {
    this.#changed = true;
    const waiting = this.#find(this.#buffer(core, word));
    const count = waiting < 0 ? 0 : (this.#lengths[waiting] as number);
    if (count === 0) throw new Error('internal: no store waits there');
    const first = waiting * this.#room;
    const clock = this.#messages[first] as number;
    this.#messages.copyWithin(first, first + 1, first + count);
    this.#lengths[waiting] = count - 1;
    const index = this.#findOrAdd(word);
    this.#lengths[index] = 0;
    this.#append(index, clock);
  }

  /** Only the newest messages of a word can be read from here on. */
  keep(word: number, count: number): void {
    const index = this.#find(word);
    if (index < 0 || (this.#lengths[index] as number) <= count) return;
    this.#lengths[index] = count;
    this.#changed = true;
  }

  /** Words of which it matters how many messages are kept. */
  get long(): readonly number[] {
    const long: number[] = [];
    for (let index = 0; index < this.#placeCount; index++) {
      const place = this.#places[index] as number;
      if (place < this.#words && (this.#lengths[index] as number) > 1) long.push(place);
    }
    return long;
  }

  fence(core: number, acquires: boolean, releases: boolean): void {
    if (acquires && this.#join(this.#current(core), this.#acquired(core))) this.#changed = true;
    if (!releases) return;
    if (this.#join(this.#released(core), this.#current(core))) this.#changed = true;
    for (let index = 0; index < this.#placeCount; index++) {
      const at = index * this.#cores + core;
      if (this.#releases[at] === BOTTOM) continue;
      this.#releases[at] = BOTTOM;
      this.#changed = true;
    }
  }

  /** The core rings the doorbell of a line: what its last release fence came after, whoever takes the interrupt knows. */
  ring(core: number, line: number): void {
    if (this.#join(this.#rung(line), this.#released(core))) this.#changed = true;
  }

  /** The core of a line takes its interrupt. */
  enter(line: number): void {
    const core = this.#lines[line] as number;
    if (this.#join(this.#current(core), this.#rung(line))) this.#changed = true;
    if (this.#join(this.#acquired(core), this.#rung(line))) this.#changed = true;
  }

  /** What a store to a word tells whoever reads it. */
  #told(
    core: number,
    word: number,
    { releases, plain }: { readonly releases: boolean; readonly plain: boolean },
    carried: number,
  ): number {
    const known = this.#find(word);
    let release = known < 0 ? BOTTOM : (this.#releases[known * this.#cores + core] as number);
    if (releases) {
      release = this.#copyOf(this.#current(core));
      // First the place: adding one may put a larger table in the place of this one.
      const place = this.#findOrAdd(word);
      this.#releases[place * this.#cores + core] = release;
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
    return this.#subjects[fact] as number;
  }

  #forget(fact: number): void {
    if (this.#classes[fact] === 0) return;
    this.#changed = true;
    this.#classes[fact] = 0;
    const place = placeOf(this.#facts, this.#factCount, fact);
    this.#facts.copyWithin(place, place + 1, this.#factCount--);
  }

  /** Puts a fact in its place in the list. */
  #remember(fact: number): void {
    this.#reserveFacts(this.#factCount + 1);
    const place = placeOf(this.#facts, this.#factCount, fact);
    this.#facts.copyWithin(place + 1, place, this.#factCount++);
    this.#facts[place] = fact;
  }

  /** Drops the facts that everybody knows who could mind. */
  #dropKnown(): void {
    let kept = 0;
    for (let i = 0; i < this.#factCount; i++) {
      const fact = this.#facts[i] as number;
      const core = this.#coreOf(fact);
      const its = this.#classes[fact] as number;
      const minders = this.#minders[fact] as number;
      let known = true;
      for (let other = 0; other < this.#cores && known; other++)
        if ((minders & (1 << other)) !== 0) known = this.#get(this.#current(other), core) >= its;
      if (known) this.#classes[fact] = 0;
      else this.#facts[kept++] = fact;
    }
    this.#factCount = kept;
  }

  /** Makes one class of those of a core that no clock tells apart, and numbers the rest from 1. */
  #renumber(): void {
    const cores = this.#cores;
    const clocks = this.#clocks;
    const live = this.#live;
    const facts = this.#facts;
    const classes = this.#classes;
    const subjects = this.#subjects;
    let stride = 0;
    for (let core = 0; core < cores; core++) stride = Math.max(stride, (this.#counts[core] as number) + 1);
    if (cores * stride > this.#used.length) {
      this.#bounded = new Uint8Array(2 * cores * stride);
      this.#used = new Uint8Array(2 * cores * stride);
      this.#renamed = new Uint16Array(2 * cores * stride);
    }
    const bounded = this.#bounded.fill(0, 0, cores * stride);
    const used = this.#used.fill(0, 0, cores * stride);
    const renamed = this.#renamed;
    for (let i = 0; i < this.#factCount; i++) {
      const fact = facts[i] as number;
      used[(subjects[fact] as number) * stride + (classes[fact] as number)] = 1;
    }
    for (let i = 0; i < this.#liveCount; i++) {
      const clock = live[i] as number;
      const from = clock * cores;
      for (let core = 0; core < cores; core++)
        if (clock !== this.#current(core)) bounded[core * stride + (clocks[from + core] as number)] = 1;
    }
    let same = true;
    for (let core = 0; core < cores; core++) {
      const from = core * stride;
      const count = this.#counts[core] as number;
      let now = 0;
      let open = false;
      renamed[from] = 0;
      for (let old = 1; old <= count; old++) {
        if (used[from + old] === 1 && !open) {
          now++;
          open = true;
        }
        renamed[from + old] = now;
        if (now !== old) same = false;
        if (bounded[from + old] === 1) open = false;
      }
      this.#counts[core] = now;
    }
    if (same) return;
    for (let i = 0; i < this.#factCount; i++) {
      const fact = facts[i] as number;
      classes[fact] = renamed[(subjects[fact] as number) * stride + (classes[fact] as number)] as number;
    }
    // Each clock is somebody's own, so none is renamed twice.
    for (let i = 0; i < this.#liveCount; i++) {
      const from = (live[i] as number) * cores;
      for (let core = 0; core < cores; core++)
        clocks[from + core] = renamed[core * stride + (clocks[from + core] as number)] as number;
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
    this.#reserveClocks(this.#clockCount);
    this.#clocks.fill(0, end - this.#cores, end);
    return clock;
  }

  #reserveClocks(count: number): void {
    if (count * this.#cores <= this.#clocks.length) return;
    const clocks = new Uint16Array(2 * count * this.#cores);
    clocks.set(this.#clocks);
    this.#clocks = clocks;
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

  /** Returns whether that was news. */
  #join(into: number, clock: number): boolean {
    let news = false;
    for (let core = 0; core < this.#cores; core++) {
      const its = this.#get(clock, core);
      if (its <= this.#get(into, core)) continue;
      this.#set(into, core, its);
      news = true;
    }
    return news;
  }

  #isBottom(clock: number): boolean {
    for (let core = 0; core < this.#cores; core++) if (this.#get(clock, core) !== 0) return false;
    return true;
  }

  /** Lists every clock that is in use; not BOTTOM. */
  #collect(): void {
    const cores = this.#cores;
    const most = this.#clockCount;
    if (most > this.#live.length) this.#live = new Int32Array(2 * most);
    let count = 0;
    for (let clock = 1; clock <= this.#fixed; clock++) this.#live[count++] = clock;
    for (let index = 0; index < this.#placeCount; index++) {
      const first = index * this.#room;
      const end = first + (this.#lengths[index] as number);
      for (let i = first; i < end; i++) {
        const clock = this.#messages[i] as number;
        if (clock !== BOTTOM) this.#live[count++] = clock;
      }
      for (let core = 0; core < cores; core++) {
        const clock = this.#releases[index * cores + core] as number;
        if (clock !== BOTTOM) this.#live[count++] = clock;
      }
    }
    this.#liveCount = count;
  }

  /** Index of a place, or -1. */
  #find(place: number): number {
    const index = placeOf(this.#places, this.#placeCount, place);
    return index < this.#placeCount && this.#places[index] === place ? index : -1;
  }

  #findOrAdd(place: number): number {
    const index = placeOf(this.#places, this.#placeCount, place);
    const count = this.#placeCount;
    if (index < count && this.#places[index] === place) return index;
    this.#reservePlaces(count + 1);
    const room = this.#room;
    const cores = this.#cores;
    this.#places.copyWithin(index + 1, index, count);
    this.#lengths.copyWithin(index + 1, index, count);
    this.#messages.copyWithin((index + 1) * room, index * room, count * room);
    this.#releases.copyWithin((index + 1) * cores, index * cores, count * cores);
    this.#places[index] = place;
    this.#lengths[index] = 0;
    this.#releases.fill(BOTTOM, index * cores, (index + 1) * cores);
    this.#placeCount = count + 1;
    return index;
  }

  #append(index: number, clock: number): void {
    const length = this.#lengths[index] as number;
    if (length >= this.#room) throw new RangeError(`more than ${this.#room} messages of one word`);
    this.#messages[index * this.#room + length] = clock;
    this.#lengths[index] = length + 1;
  }

  #reservePlaces(count: number): void {
    if (count <= this.#places.length) return;
    const places = 2 * count;
    this.#places = enlarged(this.#places, places);
    this.#lengths = enlarged(this.#lengths, places);
    this.#messages = enlarged(this.#messages, places * this.#room);
    this.#releases = enlarged(this.#releases, places * this.#cores);
  }

  #reserveFacts(count: number): void {
    if (count > this.#facts.length) this.#facts = enlarged(this.#facts, 2 * count);
  }

  // --- What tells nobody anything ----------------------------------------------------------------------------------

  /** Returns whether anything was taken out. */
  #prune(): boolean {
    const cores = this.#cores;
    let pruned = false;
    for (let core = 0; core < cores; core++) {
      this.#set(this.#current(core), core, this.#counts[core] as number);
      if (this.#lessen(this.#acquired(core), this.#current(core))) pruned = true;
      if (this.#cut(this.#released(core), this.#others(core))) pruned = true;
    }
    for (let line = 0; line < this.#lines.length; line++)
      if (this.#lessen(this.#rung(line), this.#current(this.#lines[line] as number))) pruned = true;
    for (let index = 0; index < this.#placeCount; index++) {
      for (let core = 0; core < cores; core++) {
        const clock = this.#releases[index * cores + core] as number;
        if (clock === BOTTOM) continue;
        if (this.#cut(clock, this.#others(core))) pruned = true;
        if (this.#lessen(clock, this.#released(core))) pruned = true;
        if (this.#isBottom(clock)) this.#releases[index * cores + core] = BOTTOM;
      }
      const place = this.#places[index] as number;
      const readers = this.#readers[place % this.#words] as number;
      const first = index * this.#room;
      let length = this.#lengths[index] as number;
      for (let i = first; i < first + length; i++) {
        const clock = this.#messages[i] as number;
        if (clock === BOTTOM) continue;
        if (this.#cut(clock, readers)) pruned = true;
        if (this.#isBottom(clock)) this.#messages[i] = BOTTOM;
      }
      // Of those in a buffer, each one counts.
      if (place >= this.#words) continue;
      while (length > 0 && this.#messages[first + length - 1] === BOTTOM) length--;
      this.#lengths[index] = length;
    }
    return pruned;
  }

  #others(core: number): number {
    return ((1 << this.#cores) - 1) & ~(1 << core);
  }

  /** Takes out of a clock what all these cores (bits) know. */
  #cut(clock: number, listeners: number): boolean {
    let cut = false;
    for (let core = 0; core < this.#cores; core++) {
      const its = this.#get(clock, core);
      if (its === 0) continue;
      let news = false;
      for (let listener = 0; listener < this.#cores && !news; listener++)
        news = (listeners & (1 << listener)) !== 0 && this.#get(this.#current(listener), core) < its;
      if (news) continue;
      this.#set(clock, core, 0);
      cut = true;
    }
    return cut;
  }

  /** Takes out of a clock what is in the other as well. */
  #lessen(clock: number, known: number): boolean {
    let lessened = false;
    for (let core = 0; core < this.#cores; core++) {
      const its = this.#get(clock, core);
      if (its === 0 || its > this.#get(known, core)) continue;
      this.#set(clock, core, 0);
      lessened = true;
    }
    return lessened;
  }

  // --- Packing -----------------------------------------------------------------------------------------------------

  #pack(): number {
    const cores = this.#cores;
    const room = 3 + 2 * this.#factCount + this.#clockCount * cores + 2 * this.#placeCount * (1 + this.#room);
    if (room > this.#row.length) this.#row = new Uint32Array(2 * room);
    const row = this.#row;
    let at = 2;
    for (let clock = 1; clock <= this.#fixed; clock++) at = this.#packClock(at, clock);
    at = this.#packFacts(at);
    let places = 0;
    for (let index = 0; index < this.#placeCount; index++) {
      const length = this.#lengths[index] as number;
      let released = 0;
      for (let core = 0; core < cores; core++)
        if (this.#releases[index * cores + core] !== BOTTOM) released |= 1 << core;
      if (length === 0 && released === 0) continue;
      places++;
      row[at++] = this.#places[index] as number;
      row[at++] = length | (released << 16);
      const first = index * this.#room;
      for (let i = first; i < first + length; i++) at = this.#packClock(at, this.#messages[i] as number);
      for (let core = 0; core < cores; core++) {
        const clock = this.#releases[index * cores + core] as number;
        if (clock !== BOTTOM) at = this.#packClock(at, clock);
      }
    }
    if (this.#factCount === 0 && places === 0) return 0;
    row[0] = this.#factCount;
    row[1] = places;
    // Words of 0 at the end would not be kept.
    row[at++] = 1;
    return this.#rows.intern(row, at);
  }

  /** First which facts there are, then their classes, two a word: what is alike in many situations stands together. */
  #packFacts(from: number): number {
    const row = this.#row;
    const count = this.#factCount;
    let at = from;
    for (let i = 0; i < count; i++) row[at++] = this.#facts[i] as number;
    for (let i = 0; i < count; i += 2) {
      const low = this.#classes[this.#facts[i] as number] as number;
      const high = i + 1 < count ? (this.#classes[this.#facts[i + 1] as number] as number) : 0;
      row[at++] = low | (high << 16);
    }
    return at;
  }

  #unpackFacts(from: number, count: number): number {
    const row = this.#row;
    this.#reserveFacts(count + 1);
    this.#factCount = count;
    let at = from + count;
    for (let i = 0; i < count; i++) {
      const fact = row[from + i] as number;
      const word = row[at + (i >>> 1)] as number;
      const its = (i & 1) === 0 ? word & 0xffff : word >>> 16;
      this.#facts[i] = fact;
      this.#classes[fact] = its;
      const core = this.#coreOf(fact);
      if (its > (this.#counts[core] as number)) this.#counts[core] = its;
    }
    at += (count + 1) >>> 1;
    return at;
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
    const cores = this.#cores;
    this.#reserveClocks(this.#clockCount + 1);
    const clocks = this.#clocks;
    const row = this.#row;
    let to = this.#clockCount++ * cores;
    let next = at;
    for (let core = 0; core < cores; core += 2) {
      const word = row[next++] as number;
      clocks[to++] = word & 0xffff;
      if (core + 1 < cores) clocks[to++] = word >>> 16;
    }
    return next;
  }

  #unpackPlace(from: number, index: number): number {
    const row = this.#row;
    const cores = this.#cores;
    const shape = row[from + 1] as number;
    const length = shape & 0xffff;
    const released = shape >>> 16;
    const first = index * this.#room;
    let at = from + 2;
    this.#places[index] = row[from] as number;
    this.#lengths[index] = length;
    for (let i = 0; i < length; i++) {
      const clock = this.#clockCount;
      at = this.#unpackClock(at);
      this.#messages[first + i] = this.#kept(clock);
    }
    for (let core = 0; core < cores; core++) {
      const clock = this.#clockCount;
      const stands = (released & (1 << core)) !== 0;
      if (stands) at = this.#unpackClock(at);
      this.#releases[index * cores + core] = stands ? this.#kept(clock) : BOTTOM;
    }
    return at;
  }

  /** The clock made last; or BOTTOM instead, if it is that. */
  #kept(clock: number): number {
    if (!this.#isBottom(clock)) return clock;
    this.#clockCount--;
    return BOTTOM;
  }
}

/** Where a number stands among the first `count` of a sorted list, or would. */
function placeOf(sorted: Int32Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function enlarged(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
