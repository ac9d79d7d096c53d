/**
 * The lag of a situation, interned: everything in which it differs from one shared memory that all cores see alike. That
 * is, of each location that has one, the messages which some core need not have seen yet, and all the views. Lag 0 is
 * none: every core has seen the newest message of every location, and nothing is left to be told.
 *
 * The newest value of each location is not part of it, so the same lag comes again with many memories.
 *
 * A lag is edited here: `open` unpacks it, the methods named after what cores do change it, `close` drops what
 * nobody can read or tell any more, renumbers, and interns what is left. Equal situations get equal numbers.
 *
 * Positions count the messages of a location from its oldest kept one, 0. A view says for each location a position;
 * those of locations with a single message are 0, so that only the locations in the lag are written down.
 */
import { SparseVectors } from './sparseVectors.ts';

/** So many messages may come after the oldest one kept: positions are written down in four bits. */
export const MOST_BEHIND = 15;
/** Messages of a location, with one that is being placed. */
const ROOM = MOST_BEHIND + 2;
/** How the agents of a core may access a location: bits. A CAS is all of them: one that fails reads like a load. */
export const LOADS = 1;
export const STORES = 2;
export const UPDATES = 4;
/** The view that has seen nothing newer than the oldest messages. Never written to. */
const BOTTOM = 0;

export class LagTable {
  /** Word of the first location of which a message had to be forgotten because too many came after it; -1: none. */
  fullWord = -1;
  /** Largest number of messages of one location that came after its oldest one. */
  deepest = 0;

  readonly #cores: number;
  /** Per interrupt line: its core. */
  readonly #lines: readonly number[];
  readonly #uses: (core: number, word: number) => number;
  /** Views that every lag has: three a core, the one of the seq_cst fences, one a line. */
  readonly #fixedViews: number;
  /** Views, eight positions a word; locations, as their messages and release views; and lags, as those and views. */
  readonly #viewRows = new SparseVectors();
  readonly #locationRows = new SparseVectors();
  readonly #rows = new SparseVectors();
  #row = new Uint32Array(64);
  #part = new Uint32Array(128);
  readonly #location: Uint32Array;

  // --- The open lag. Locations are numbered in it, 0..count-1; a view is `stride` positions from `view * stride`.
  #count = 0;
  #stride = 0;
  #views = new Uint8Array(1024);
  #viewCount = 0;
  #words = new Int32Array(0);
  #lengths = new Uint8Array(0);
  /** Per location and core: the view of the core's last release store there, or BOTTOM. */
  #releases = new Int32Array(0);
  /** Per location and position. The newest message's value is known only where `setNewest` told it. */
  #values = new Uint32Array(0);
  #messageViews = new Int32Array(0);
  #glued = new Uint8Array(0);
  /** The locations to be written down, by their words; and what is known already, while views are cut down. */
  #order = new Int32Array(0);
  #floor = new Uint8Array(0);

  /**
   * `lines`: the core of each interrupt line. `uses`: how a core may ever access a word of the memory; what it cannot read,
   * it does not hold on to.
   */
  constructor(cores: number, lines: readonly number[], uses: (core: number, word: number) => number) {
    this.#cores = cores;
    this.#lines = lines;
    this.#fixedViews = 3 * cores + 1 + lines.length;
    this.#uses = uses;
    this.#location = new Uint32Array(2 * this.#locationLength(MOST_BEHIND + 1));
    this.#reserveLocations(8);
  }

  // --- Opening and closing -----------------------------------------------------------------------------------------

  open(lag: number): void {
    const cores = this.#cores;
    const count = this.#rows.word(lag, 0);
    const first = 1 + this.#fixedViews;
    // One more may come, and closing needs twice the room.
    const needed = 2 * (first + count + 1);
    if (needed > this.#row.length) this.#row = new Uint32Array(2 * needed);
    this.#rows.copy(lag, this.#row, first + count);
    this.#count = count;
    this.#stride = count + 1;
    this.#viewCount = 0;
    this.#newView();
    // Bottom's positions stay 0: nothing writes to view 0.
    const row = this.#row;
    for (let view = 1; view <= this.#fixedViews; view++) this.#unpackView(row[view] as number, true);
    for (let core = 0; core < cores; core++) this.#join(this.#acquired(core), this.#current(core));
    this.#reserveLocations(count + 1);
    for (let at = 0; at < count; at++) this.#unpackLocation(at, row[first + at] as number);
  }

  /** Number of the lag as it is now. */
  close(): number {
    const cores = this.#cores;
    this.#drop();
    for (let core = 0; core < cores; core++) {
      this.#seenByOthers(core);
      const release = this.#released(core);
      this.#forget(release);
      for (let at = 0; at < this.#count; at++) {
        const view = this.#releases[at * cores + core] as number;
        if (view === BOTTOM) continue;
        this.#views[view * this.#stride + at] = 0;
        this.#forget(view);
        this.#lessen(view, release);
        if (this.#isBottom(view)) this.#releases[at * cores + core] = BOTTOM;
      }
    }
    for (let at = 0; at < this.#count; at++) {
      for (let position = 0; position < (this.#lengths[at] as number); position++) {
        const view = this.#messageViews[at * ROOM + position] as number;
        if (view === BOTTOM) continue;
        this.#seenByReaders(at, position);
        this.#views[view * this.#stride + at] = 0;
        this.#forget(view);
        if (this.#isBottom(view)) this.#messageViews[at * ROOM + position] = BOTTOM;
      }
    }
    const kept = this.#sortKept();
    if (kept === 0) return 0;
    for (let core = 0; core < cores; core++) this.#lessen(this.#acquired(core), this.#current(core));
    for (const [line, core] of this.#lines.entries()) this.#lessen(this.#rung(line), this.#current(core));
    const row = this.#row;
    row[0] = kept;
    for (let view = 1; view <= this.#fixedViews; view++) row[view] = this.#packView(view, kept);
    const first = 1 + this.#fixedViews;
    for (let i = 0; i < kept; i++) row[first + i] = this.#packLocation(this.#order[i] as number, kept);
    return this.#rows.intern(row, first + kept);
  }

  /** Different lags, and bytes held. */
  get size(): number {
    return this.#rows.size;
  }

  bytes(): number {
    return this.#rows.bytes() + this.#viewRows.bytes() + this.#locationRows.bytes();
  }

  /**
   * How many messages of a location the core may read, or place one after, found without opening the lag; -1 where
   * some are glued, so that the two differ.
   */
  choices(lag: number, core: number, word: number): number {
    const count = this.#rows.word(lag, 0);
    const first = 1 + this.#fixedViews;
    for (let at = 0; at < count; at++) {
      const location = this.#rows.word(lag, first + at);
      if (this.#locationRows.word(location, 0) !== word) continue;
      const shape = this.#locationRows.word(location, 1);
      if (shape >>> 5 !== 0) return -1;
      const current = this.#viewRows.word(this.#rows.word(lag, this.#current(core)), at >>> 3);
      return (shape & 31) + 1 - ((current >>> (4 * (at & 7))) & 15);
    }
    return 1;
  }

  /** How many messages of a location there are, found without opening the lag. */
  kept(lag: number, word: number): number {
    const count = this.#rows.word(lag, 0);
    const first = 1 + this.#fixedViews;
    for (let at = 0; at < count; at++) {
      const location = this.#rows.word(lag, first + at);
      if (this.#locationRows.word(location, 0) === word)
        return (this.#locationRows.word(location, 1) & 31) + 1;
    }
    return 1;
  }

  // --- Looking -----------------------------------------------------------------------------------------------------

  /** The location with this word of the memory, or -1: then it has one message, which all have seen. */
  find(word: number): number {
    for (let at = 0; at < this.#count; at++) if (this.#words[at] === word) return at;
    return -1;
  }

  /** The location with this word of the memory, entered into the lag if it is not in it. */
  findOrAdd(word: number): number {
    const known = this.find(word);
    if (known >= 0) return known;
    const at = this.#count++;
    this.#words[at] = word;
    this.#lengths[at] = 1;
    this.#messageViews[at * ROOM] = BOTTOM;
    this.#glued[at * ROOM] = 0;
    this.#releases.fill(BOTTOM, at * this.#cores, (at + 1) * this.#cores);
    return at;
  }

  setNewest(at: number, value: number): void {
    this.#values[at * ROOM + (this.#lengths[at] as number) - 1] = value;
  }

  length(at: number): number {
    return this.#lengths[at] as number;
  }

  /** Oldest position that the core may read. */
  oldest(core: number, at: number): number {
    return this.#views[this.#current(core) * this.#stride + at] as number;
  }

  value(at: number, position: number): number {
    return this.#values[at * ROOM + position] as number;
  }

  /** Whether a message may be placed right after the one at `position`. */
  isFree(at: number, position: number): boolean {
    return position + 1 === this.#lengths[at] || this.#glued[at * ROOM + position + 1] === 0;
  }

  // --- What cores do -----------------------------------------------------------------------------------------------

  /**
   * The core reads a message. `plain`: that synchronizes with nothing, whatever fence comes after it. Returns the
   * message's view, for a read-modify-write to carry on.
   */
  read(core: number, at: number, position: number, acquires: boolean, plain: boolean): number {
    this.#raise(core, at, position);
    const view = this.#messageViews[at * ROOM + position] as number;
    if (view === BOTTOM || plain) return view;
    if (acquires) this.#join(this.#current(core), view);
    this.#join(this.#acquired(core), view);
    return view;
  }

  /**
   * The core places a message right after the one at `position`. `carried`: the view of the message that a
   * read-modify-write read, and which its own is glued to; -1 for a store.
   */
  place(
    core: number,
    at: number,
    position: number,
    value: number,
    releases: boolean,
    plain: boolean,
    carried: number,
  ): void {
    const place = position + 1;
    const first = at * ROOM;
    const length = this.#lengths[at] as number;
    for (let i = first + length; i > first + place; i--) {
      this.#values[i] = this.#values[i - 1] as number;
      this.#messageViews[i] = this.#messageViews[i - 1] as number;
      this.#glued[i] = this.#glued[i - 1] as number;
    }
    this.#lengths[at] = length + 1;
    // Views move along with the messages that they mean.
    for (let view = 1, i = this.#stride + at; view < this.#viewCount; view++, i += this.#stride) {
      if ((this.#views[i] as number) >= place) this.#views[i] = (this.#views[i] as number) + 1;
    }
    this.#raise(core, at, place);
    this.#values[first + place] = value;
    this.#glued[first + place] = carried < 0 ? 0 : 1;
    const release = at * this.#cores + core;
    if (releases) this.#releases[release] = this.#copyOf(this.#current(core));
    let view = BOTTOM;
    if (!plain) {
      view = this.#copyOf(this.#released(core));
      this.#join(view, this.#releases[release] as number);
      if (carried > 0) this.#join(view, carried);
    }
    this.#messageViews[first + place] = view;
  }

  fence(core: number, acquires: boolean, releases: boolean, global: boolean): void {
    const current = this.#current(core);
    if (acquires) this.#join(current, this.#acquired(core));
    if (global) {
      const shared = 1 + 3 * this.#cores;
      this.#join(current, shared);
      this.#join(shared, current);
      this.#join(this.#acquired(core), current);
    }
    if (releases) {
      this.#join(this.#released(core), current);
      for (let at = 0; at < this.#count; at++) this.#releases[at * this.#cores + core] = BOTTOM;
    }
  }

  /** The core rings the doorbell of a line: what its last release fence came after, it has done before. */
  ring(core: number, line: number): void {
    this.#join(this.#rung(line), this.#released(core));
  }

  /** The core of a line takes its interrupt. */
  enter(line: number): void {
    const core = this.#lines[line] as number;
    this.#join(this.#current(core), this.#rung(line));
    this.#join(this.#acquired(core), this.#rung(line));
  }

  // --- Views -------------------------------------------------------------------------------------------------------

  /** What the core may not read older than; what its relaxed loads saw too; what its last release fence gave away. */
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
    return 2 + 3 * this.#cores + line;
  }

  #newView(): number {
    const view = this.#viewCount++;
    const end = (view + 1) * this.#stride;
    if (end > this.#views.length) {
      const views = new Uint8Array(2 * end);
      views.set(this.#views);
      this.#views = views;
    }
    for (let i = end - this.#stride; i < end; i++) this.#views[i] = 0;
    return view;
  }

  #copyOf(view: number): number {
    const copy = this.#newView();
    this.#join(copy, view);
    return copy;
  }

  #join(into: number, view: number): void {
    const views = this.#views;
    let to = into * this.#stride;
    let from = view * this.#stride;
    for (const end = to + this.#stride; to < end; to++, from++) {
      if ((views[from] as number) > (views[to] as number)) views[to] = views[from] as number;
    }
  }

  #raise(core: number, at: number, position: number): void {
    const current = this.#current(core) * this.#stride + at;
    const acquired = this.#acquired(core) * this.#stride + at;
    if ((this.#views[current] as number) < position) this.#views[current] = position;
    if ((this.#views[acquired] as number) < position) this.#views[acquired] = position;
  }

  /** Takes out of a view what is in the other as well. */
  #lessen(view: number, known: number): void {
    const views = this.#views;
    let at = view * this.#stride;
    let other = known * this.#stride;
    for (const end = at + this.#count; at < end; at++, other++) {
      if ((views[at] as number) <= (views[other] as number)) views[at] = 0;
    }
  }

  #isBottom(view: number): boolean {
    const from = view * this.#stride;
    for (let i = from; i < from + this.#count; i++) if (this.#views[i] !== 0) return false;
    return true;
  }

  // --- What nobody needs any more ----------------------------------------------------------------------------------

  /** Drops the messages that no core can use, and renumbers the others. */
  #drop(): void {
    for (let at = 0; at < this.#count; at++) {
      const length = this.#lengths[at] as number;
      if (length === 1) continue;
      let dropped = length - 1;
      for (let core = 0; core < this.#cores && dropped > 0; core++)
        dropped = Math.min(dropped, this.#oldestUseful(core, at));
      if (length - 1 - dropped > MOST_BEHIND) {
        // Cut here: who could still read the oldest message no longer can.
        if (this.fullWord < 0) this.fullWord = this.#words[at] as number;
        dropped = length - 1 - MOST_BEHIND;
      }
      if (length - 1 - dropped > this.deepest) this.deepest = length - 1 - dropped;
      if (dropped > 0) this.#dropOldest(at, dropped);
      this.#glued[at * ROOM] = 0;
    }
  }

  /** The oldest message that the core may read, or place one after. */
  #oldestUseful(core: number, at: number): number {
    const uses = this.#uses(core, this.#words[at] as number);
    const newest = (this.#lengths[at] as number) - 1;
    if (uses === 0) return newest;
    let position = this.oldest(core, at);
    // Who never just loads can do nothing with a message that another is glued to.
    if ((uses & LOADS) === 0) while (!this.isFree(at, position)) position++;
    return position;
  }

  #dropOldest(at: number, dropped: number): void {
    const views = this.#views;
    const first = at * ROOM;
    const length = (this.#lengths[at] as number) - dropped;
    for (let i = first; i < first + length; i++) {
      this.#values[i] = this.#values[i + dropped] as number;
      this.#messageViews[i] = this.#messageViews[i + dropped] as number;
      this.#glued[i] = this.#glued[i + dropped] as number;
    }
    this.#lengths[at] = length;
    for (let view = 1, i = this.#stride + at; view < this.#viewCount; view++, i += this.#stride) {
      views[i] = Math.max(0, (views[i] as number) - dropped);
    }
  }

  /** Sets the floor to what all cores but this one have seen: telling them is telling nothing. */
  #seenByOthers(core: number): void {
    this.#beginFloor();
    for (let other = 0; other < this.#cores; other++) if (other !== core) this.#lowerFloor(other);
  }

  /** Sets the floor to what all cores have seen that may still read a message. */
  #seenByReaders(at: number, position: number): void {
    this.#beginFloor();
    for (let core = 0; core < this.#cores; core++) {
      const reads = (this.#uses(core, this.#words[at] as number) & (LOADS | UPDATES)) !== 0;
      if (reads && this.oldest(core, at) <= position) this.#lowerFloor(core);
    }
  }

  #beginFloor(): void {
    this.#floor.fill(ROOM, 0, this.#count);
  }

  #lowerFloor(core: number): void {
    const from = this.#current(core) * this.#stride;
    for (let at = 0; at < this.#count; at++)
      this.#floor[at] = Math.min(this.#floor[at] as number, this.#views[from + at] as number);
  }

  /** Takes out of a view what does not rise above the floor. */
  #forget(view: number): void {
    const from = view * this.#stride;
    for (let at = 0; at < this.#count; at++)
      if ((this.#views[from + at] as number) <= (this.#floor[at] as number)) this.#views[from + at] = 0;
  }

  /** Puts the locations that still lag into `order`, by their words. Returns how many. */
  #sortKept(): number {
    let kept = 0;
    for (let at = 0; at < this.#count; at++) {
      if (!this.#lags(at)) continue;
      let i = kept++;
      const word = this.#words[at] as number;
      while (i > 0 && (this.#words[this.#order[i - 1] as number] as number) > word) {
        this.#order[i] = this.#order[i - 1] as number;
        i--;
      }
      this.#order[i] = at;
    }
    return kept;
  }

  #lags(at: number): boolean {
    if ((this.#lengths[at] as number) > 1 || this.#messageViews[at * ROOM] !== BOTTOM) return true;
    for (let core = 0; core < this.#cores; core++)
      if (this.#releases[at * this.#cores + core] !== BOTTOM) return true;
    return false;
  }

  // --- Packing -----------------------------------------------------------------------------------------------------

  /** A view of its own for the packed one; or BOTTOM, unless it `mustBeOwn`. */
  #unpackView(number: number, mustBeOwn: boolean): number {
    if (number === 0 && !mustBeOwn) return BOTTOM;
    const view = this.#newView();
    const at = view * this.#stride;
    for (let i = 0; i < this.#stride; i += 8) {
      let word = this.#viewRows.word(number, i >>> 3);
      for (let j = at + i; word !== 0; j++, word >>>= 4) this.#views[j] = word & 15;
    }
    return view;
  }

  #packView(view: number, kept: number): number {
    if (view === BOTTOM) return 0;
    const from = view * this.#stride;
    const part = this.#part;
    let length = 0;
    for (let i = 0; i < kept; i += 8) {
      let word = 0;
      for (let j = Math.min(i + 8, kept) - 1; j >= i; j--)
        word = (word << 4) | (this.#views[from + (this.#order[j] as number)] as number);
      part[length++] = word;
    }
    return this.#viewRows.intern(part, length);
  }

  #unpackLocation(at: number, number: number): void {
    const cores = this.#cores;
    const scratch = this.#location;
    const length = (this.#locationRows.word(number, 1) & 31) + 1;
    this.#locationRows.copy(number, scratch, this.#locationLength(length));
    this.#words[at] = scratch[0] as number;
    const glued = (scratch[1] as number) >>> 5;
    this.#lengths[at] = length;
    for (let core = 0; core < cores; core++)
      this.#releases[at * cores + core] = this.#unpackView(scratch[2 + core] as number, false);
    for (let position = 0; position < length; position++) {
      const message = at * ROOM + position;
      this.#messageViews[message] = this.#unpackView(scratch[2 + cores + 2 * position] as number, false);
      this.#values[message] = scratch[3 + cores + 2 * position] as number;
      this.#glued[message] = (glued >>> position) & 1;
    }
  }

  #packLocation(at: number, kept: number): number {
    const cores = this.#cores;
    const scratch = this.#location;
    const length = this.#lengths[at] as number;
    let glued = 0;
    for (let core = 0; core < cores; core++)
      scratch[2 + core] = this.#packView(this.#releases[at * cores + core] as number, kept);
    for (let position = 0; position < length; position++) {
      const message = at * ROOM + position;
      scratch[2 + cores + 2 * position] = this.#packView(this.#messageViews[message] as number, kept);
      // The newest value stands in the memory.
      scratch[3 + cores + 2 * position] = position === length - 1 ? 0 : (this.#values[message] as number);
      glued |= (this.#glued[message] as number) << position;
    }
    scratch[0] = this.#words[at] as number;
    scratch[1] = (glued << 5) | (length - 1);
    return this.#locationRows.intern(scratch, this.#locationLength(length));
  }

  #locationLength(messages: number): number {
    return 2 + this.#cores + 2 * messages;
  }

  // --- Room --------------------------------------------------------------------------------------------------------

  #reserveLocations(count: number): void {
    if (count <= this.#words.length) return;
    const room = 2 * count;
    this.#words = new Int32Array(room);
    this.#lengths = new Uint8Array(room);
    this.#releases = new Int32Array(room * this.#cores);
    this.#values = new Uint32Array(room * ROOM);
    this.#messageViews = new Int32Array(room * ROOM);
    this.#glued = new Uint8Array(room * ROOM);
    this.#order = new Int32Array(room);
    this.#floor = new Uint8Array(room);
    this.#part = new Uint32Array(Math.max(128, room));
  }
}
