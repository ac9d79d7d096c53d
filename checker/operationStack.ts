/**
 * The operations that an agent is in, and what each has done so far: how many accesses it made, and which cells it
 * changed. That is what its return tells: an operation that fails must leave nothing behind, and all must end.
 */
import type { FrameRecord } from './position.ts';

interface Frame {
  readonly operation: string;
  /** What it gives away: see `giving`. */
  readonly gives: readonly number[];
  accesses: number;
  /** Accesses of the longest pass of a loop in it. */
  longest: number;
  /** What it knows to stand in a cell: loaded or stored by itself. */
  readonly known: Map<number, number>;
  /** Cell → [word before its first store, or null if unknown; last stored, or null if only a part of the cell was]. */
  readonly changed: Map<number, [original: number | null, current: number | null]>;
}

/** Where the counts stood when a loop began: each pass counts from there. */
export interface Counts {
  readonly turn: number;
  readonly frames: readonly { readonly accesses: number; readonly known: ReadonlyMap<number, number> }[];
}

export class OperationStack {
  #frames: Frame[] = [];
  /** Accesses of the turn, inside of operations and outside. */
  #turn = 0;

  clear(): void {
    this.#frames = [];
    this.#turn = 0;
  }

  /** Names of the open operations, outermost first. */
  get names(): readonly string[] {
    return this.#frames.map(({ operation }) => operation);
  }

  /** What the open operations give away: buffers by their addresses, chains by `givenChain`. */
  get giving(): readonly number[] {
    return this.#frames.flatMap(({ gives }) => gives);
  }

  get innermost(): string | null {
    return this.#frames[this.#frames.length - 1]?.operation ?? null;
  }

  /** Enters an operation. Returns its depth: how many it is nested in. */
  push(operation: string, gives: readonly number[]): number {
    return (
      this.#frames.push({ operation, gives, accesses: 0, longest: 0, known: new Map(), changed: new Map() }) -
      1
    );
  }

  /** Leaves the innermost operation. Returns its accesses (in a loop those of its longest pass), and the cells it leaves changed. */
  pop(): { readonly accesses: number; readonly changed: readonly number[] } {
    const frame = this.#frames.pop();
    if (frame === undefined) throw new RangeError('no operation is open');
    const outer = this.#frames[this.#frames.length - 1];
    // The outer one's own count has the inner one's accesses already.
    if (outer !== undefined) outer.longest = Math.max(outer.longest, frame.longest);
    const changed = [...frame.changed]
      .filter(([, [original, current]]) => original === null || original !== current)
      .map(([cell]) => cell);
    return { accesses: Math.max(frame.longest, frame.accesses), changed };
  }

  /** Leaves all operations from `depth` on: an exception has come through them. */
  leave(depth: number): void {
    this.#frames.length = depth;
  }

  /** Counts an access. Returns who has made more than `bound` by now, or null. */
  count(bound: number): string | null {
    this.#turn++;
    let exceeded: string | null = null;
    for (const frame of this.#frames) if (++frame.accesses > bound) exceeded ??= frame.operation;
    if (this.#frames.length === 0 && this.#turn > bound) return 'a turn of the program';
    return exceeded;
  }

  learn(cell: number, word: number): void {
    for (const frame of this.#frames) frame.known.set(cell, word);
  }

  /** A store of `current` (null: to a part of the cell only). `before`: what stood there, if that is known for certain. */
  change(cell: number, current: number | null, before: number | null): void {
    for (const { changed, known } of this.#frames) {
      const change = changed.get(cell);
      if (change === undefined) changed.set(cell, [before ?? known.get(cell) ?? null, current]);
      else change[1] = current;
    }
  }

  // --- Loops: a pass is counted by itself, and what it loaded is forgotten with it ----------------------------------

  counts(): Counts {
    return {
      turn: this.#turn,
      frames: this.#frames.map(({ accesses, known }) => ({ accesses, known: new Map(known) })),
    };
  }

  endPass(before: Counts): void {
    this.#turn = before.turn;
    for (const [depth, { accesses, known }] of before.frames.entries()) {
      const frame = this.#frames[depth];
      if (frame === undefined) continue;
      frame.longest = Math.max(frame.longest, frame.accesses);
      frame.accesses = accesses;
      frame.known.clear();
      for (const [cell, word] of known) frame.known.set(cell, word);
    }
  }

  /** What outlives a pass, as plain data. */
  records(): FrameRecord[] {
    return this.#frames.map(({ accesses, longest, changed }) => ({
      accesses,
      longest,
      changed: [...changed].map(([cell, [original, current]]) => [cell, original, current] as const),
    }));
  }

  restore(records: readonly FrameRecord[]): void {
    for (const [depth, { accesses, longest, changed }] of records.entries()) {
      const frame = this.#frames[depth];
      if (frame === undefined) continue;
      frame.accesses = accesses;
      frame.longest = longest;
      frame.changed.clear();
      for (const [cell, original, current] of changed) frame.changed.set(cell, [original, current]);
    }
  }
}
