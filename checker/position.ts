/**
 * Positions: an agent's place in its program as plain data, interned. A position is a turn's start (program state
 * and the values of the locations that only this agent reaches) and the results recorded since; it is about
 * to make one access. (Position, result) → (next position, events) is tabled the first time it is met, so that
 * after warm-up the exploration walks these tables and runs no implementation at all.
 */
import type { PlainData } from '../memory/index.ts';
import { grownInt32, grownUint8 } from './store/growable.ts';

/** Where a turn starts. */
export interface Root {
  readonly id: number;
  readonly agent: number;
  /** Canonical text of the program state; null once the agent has ended. */
  readonly state: string | null;
  /** Words of the cells that only this agent reaches: a number of `PrivateWords`. */
  readonly privateWords: number;
  /** Position at the turn's first access, and the one that pauses before the turn; -1 while unknown. */
  position: number;
  pausedPosition: number;
  /** Position after a fault in this turn. */
  deadPosition: number;
  /** Whether some agent was told to rest there. */
  told: boolean;
}

/** What an open operation has done so far, as far as it outlives a pass of a loop. */
export interface FrameRecord {
  readonly accesses: number;
  readonly longest: number;
  readonly changed: readonly (readonly [cell: number, original: number | null, current: number | null])[];
}

/** One recorded result: of an access, of a pass of a loop that goes on, or of a whole loop. */
export type Entry = AccessEntry | LoopEntry;

export interface AccessEntry {
  readonly kind: 'access';
  readonly parent: Entry | null;
  readonly length: number;
  readonly access: number;
  readonly word: number;
  position: number;
}

/** Where a loop stands, or what it came to. */
export interface LoopRecord {
  readonly kind: 'again' | 'done';
  /** How many loops the loop stands in. */
  readonly nesting: number;
  /** State of the next pass, or the loop's result. */
  readonly data: PlainData | undefined;
  readonly privateWords: number;
  readonly frames: readonly FrameRecord[];
  /** Ownership has moved since the last step. */
  readonly moved: boolean;
  /** All of this as text. */
  readonly key: string;
}

export interface LoopEntry extends LoopRecord {
  readonly parent: Entry | null;
  readonly length: number;
  position: number;
}

/** What a position is, for those who look at one: replay, state views. */
export interface PositionRecord {
  readonly root: Root;
  /** Newest recorded result, or null at the turn's first access. */
  readonly entry: Entry | null;
  /** The position pauses before the turn's first event. */
  readonly paused: boolean;
  /** Operations that are open, outermost first. */
  readonly operations: readonly string[];
  /** Where the access stands in the code, if sites are recorded. */
  readonly site: string | null;
  /** Accesses merged into the step before this one, if sites are recorded. */
  readonly merged: readonly string[];
  readonly privateWords: number;
  /** What open operations are giving away, so that it is not given yet: addresses of buffers, and chains (`givenChain`). */
  readonly giving: readonly number[];
}

/** Flags of a transition: an operation succeeds that moves a buffer; a buffer is received; a doorbell is rung. */
export const PROGRESS = 1;
export const RECEIVED = 2;
export const RANG = 4;

export class PositionTable {
  readonly records: PositionRecord[] = [];
  /** Per position: its access, and the two most recent results: most positions have no more. */
  access = new Int32Array(1024);
  #words = new Int32Array(2048);
  #first = new Int32Array(2048).fill(-1);
  /** Per position: 1 if an agent rests there, with nothing in progress; 1 if it is a handler that is not active. */
  resting = new Uint8Array(1024);
  idle = new Uint8Array(1024);
  /** Per transition. */
  next = new Int32Array(1024);
  events = new Int32Array(1024);
  flags = new Uint8Array(1024);
  /** Number of the list of fences merged into it. */
  fences = new Int32Array(1024);
  transitions = 0;

  readonly #more = new Map<number, Map<number, number>>();
  readonly #roots = new Map<string, Root>();
  readonly rootList: Root[] = [];

  /** Transition for a result at a position, or -1 if it is not tabled yet. */
  find(position: number, word: number): number {
    const at = position << 1;
    const key = word | 0;
    if (this.#words[at] === key) {
      const transition = this.#first[at] as number;
      if (transition >= 0) return transition;
    }
    if (this.#words[at + 1] === key) {
      const transition = this.#first[at + 1] as number;
      if (transition >= 0) return transition;
    }
    return this.#more.get(position)?.get(word) ?? -1;
  }

  addTransition(
    position: number,
    word: number,
    next: number,
    events: number,
    flags: number,
    fences: number,
  ): number {
    const transition = this.transitions++;
    this.next = grownInt32(this.next, this.transitions);
    this.events = grownInt32(this.events, this.transitions);
    this.flags = grownUint8(this.flags, this.transitions);
    this.fences = grownInt32(this.fences, this.transitions);
    this.next[transition] = next;
    this.events[transition] = events;
    this.flags[transition] = flags;
    this.fences[transition] = fences;
    const at = position << 1;
    for (const place of [at, at + 1]) {
      if ((this.#first[place] as number) < 0) {
        this.#first[place] = transition;
        this.#words[place] = word;
        return transition;
      }
    }
    let more = this.#more.get(position);
    if (more === undefined) {
      more = new Map();
      this.#more.set(position, more);
    }
    more.set(word, transition);
    return transition;
  }

  /** Positions that are tabled as next after one, each once. */
  successors(position: number): readonly number[] {
    const next = new Set<number>();
    for (const place of [position << 1, (position << 1) + 1]) {
      const transition = this.#first[place] as number;
      if (transition >= 0) next.add(this.next[transition] as number);
    }
    for (const transition of this.#more.get(position)?.values() ?? [])
      next.add(this.next[transition] as number);
    return [...next];
  }

  addPosition(access: number, resting: boolean, idle: boolean, record: PositionRecord): number {
    const position = this.records.length;
    this.records.push(record);
    if (position >= this.access.length) {
      this.access = grownInt32(this.access, position + 1);
      this.resting = grownUint8(this.resting, position + 1);
      this.idle = grownUint8(this.idle, position + 1);
      const old = this.#first.length;
      this.#first = grownInt32(this.#first, this.access.length * 2);
      this.#first.fill(-1, old);
      this.#words = grownInt32(this.#words, this.access.length * 2);
    }
    this.access[position] = access;
    this.resting[position] = resting ? 1 : 0;
    this.idle[position] = idle ? 1 : 0;
    return position;
  }

  record(position: number): PositionRecord {
    const record = this.records[position];
    if (record === undefined) throw new RangeError(`no position ${position}`);
    return record;
  }

  root(agent: number, state: string | null, privateWords: number): Root {
    // A state is JSON text, in which `null` is a state like others.
    const key = `${agent}|${privateWords}|${state ?? 'ended'}`;
    let root = this.#roots.get(key);
    if (root === undefined) {
      root = {
        id: this.#roots.size,
        agent,
        state,
        privateWords,
        position: -1,
        pausedPosition: -1,
        deadPosition: -1,
        told: false,
      };
      this.#roots.set(key, root);
      this.rootList.push(root);
    }
    return root;
  }

  get size(): number {
    return this.records.length;
  }

  /** Rough: the flat arrays, and some hundred bytes for each record. */
  bytes(): number {
    return (
      this.access.byteLength +
      this.#words.byteLength * 2 +
      this.next.byteLength * 2 +
      this.flags.byteLength * 2 +
      this.records.length * 250
    );
  }
}
