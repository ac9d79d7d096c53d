/**
 * Accesses, interned: what an agent is about to do to memory (or to choose, or to ring), as one small integer, with
 * the parts that the hot loop needs in flat arrays.
 */
import type { RmwOperation } from '../memory/index.ts';
import { type Cell, SHARED } from './cells.ts';
import type { ContentTable } from './store/contents.ts';

export const LOAD = 0;
export const STORE = 1;
export const RMW = 2;
export const CAS = 3;
export const FENCE = 4;
/** Payload ranges: one plain access whatever the length. */
export const READ = 5;
export const WRITE = 6;
export const CHOOSE = 7;
export const ACTION = 8;
/** A step between two ownership events that no access separates. */
export const PAUSE = 9;
/** The agent has ended: nothing more comes. */
export const END = 10;
/** The agent met a fault: it goes no further. */
export const DEAD = 11;
/** A loop came round without a step: one step that does nothing, so that others may run. */
export const SPIN = 12;
/** Stores to a device: the doorbell of a line, and its acknowledgement. The argument is the line. */
export const RING = 13;
export const CLEAR = 14;
/** The core's own interrupt unit: no memory model delays these. */
export const ENABLE = 15;
export const DISABLE = 16;
export const MASK = 17;
export const UNMASK = 18;
/** Going to sleep, with the result 1 if nothing was pending; and then sleeping, until something is. */
export const WAIT = 19;
export const ASLEEP = 20;
/** Semaphores; the argument says which. */
export const GIVE = 21;
export const TAKE = 22;
/** An interrupt handler waits to be entered: its first step of each run. */
export const ENTER = 23;

/** Name of a fence that an access brings along: part of how a memory model orders the access, no fence of the program. */
export const IMPLIED = 'implied';

export const KIND_NAMES = [
  'load',
  'store',
  'rmw',
  'cas',
  'fence',
  'read',
  'write',
  'choose',
  'action',
  'pause',
  'end',
  'dead',
  'spin',
  'ring',
  'clear',
  'enable',
  'disable',
  'mask',
  'unmask',
  'wait',
  'wake',
  'give',
  'take',
  'enter',
] as const;

export interface Access {
  readonly kind: number;
  /** Cell accessed, or -1. */
  readonly cell: number;
  /** Byte offset of the access within the cell, and its size. */
  readonly within: number;
  readonly bytes: number;
  /** Ordering; for CAS also that of the failing load. '' where there is none. */
  readonly order: string;
  readonly failureOrder: string;
  readonly operation: RmwOperation | '';
  /** Stored value: the word of a scalar, a content number for a range or a 64-bit scalar. */
  readonly value: number;
  readonly expected: number;
  /** CHOOSE: how many; actions: the argument (a line, a semaphore). */
  readonly argument: number;
  /** ACTION: its name. FENCE: IMPLIED if an access brings it along. */
  readonly name: string;
}

export const NO_ACCESS: Access = {
  kind: END,
  cell: -1,
  within: 0,
  bytes: 0,
  order: '',
  failureOrder: '',
  operation: '',
  value: 0,
  expected: 0,
  argument: 0,
  name: '',
};

export function sameAccess(a: Access, b: Access): boolean {
  return (
    a.kind === b.kind &&
    a.cell === b.cell &&
    a.within === b.within &&
    a.bytes === b.bytes &&
    a.order === b.order &&
    a.failureOrder === b.failureOrder &&
    a.operation === b.operation &&
    a.value === b.value &&
    a.expected === b.expected &&
    a.argument === b.argument &&
    a.name === b.name
  );
}

export class AccessTable {
  readonly all: Access[] = [];
  /** Per access: kind, word of the memory that it touches (-1: none), whether it covers its cell, stored value. */
  kind = new Uint8Array(256);
  word = new Int32Array(256);
  whole = new Uint8Array(256);
  value = new Uint32Array(256);
  /** Per access: 1 if it is to a core's own memory, which no store buffer and no other core can tell apart. */
  local = new Uint8Array(256);
  /** Per access: its argument: alternatives of a choice, line, semaphore. */
  argument = new Uint32Array(256);
  /** Per access: where in the code it is made, as a number of the `OriginTable`; -1 where that is not told apart. */
  readonly origins: number[] = [];

  readonly #ids = new Map<string, number>();
  readonly #contents: ContentTable;
  readonly #cellOf: (number: number) => Cell;
  readonly #wordOf: (cell: number) => number;

  constructor(contents: ContentTable, cellOf: (number: number) => Cell, wordOf: (cell: number) => number) {
    this.#contents = contents;
    this.#cellOf = cellOf;
    this.#wordOf = wordOf;
  }

  /** `origin`: the same access made at another place is another one, so that a store buffer tells them apart. */
  intern(access: Access, origin = -1): number {
    const { kind } = access;
    // What all others have besides is always the same of these.
    const simple = kind === LOAD || kind === STORE || kind === READ || kind === WRITE;
    const key = simple
      ? `${origin},${kind},${access.cell},${access.within},${access.bytes},${access.order},${access.value}`
      : `${origin},${access.kind},${access.cell},${access.within},${access.bytes},${access.order},${access.failureOrder},${access.operation},${access.value},${access.expected},${access.argument},${access.name}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.all.length;
    this.#ids.set(key, id);
    this.all.push(access);
    this.origins.push(origin);
    if (id >= this.kind.length) this.#grow();
    this.kind[id] = access.kind;
    this.value[id] = access.value;
    this.argument[id] = access.argument;
    if (access.cell < 0) {
      this.word[id] = -1;
    } else {
      const cell = this.#cellOf(access.cell);
      this.word[id] = this.#wordOf(access.cell);
      this.whole[id] = access.within === 0 && access.bytes === cell.bytes ? 1 : 0;
      this.local[id] = cell.memory === SHARED ? 0 : 1;
    }
    return id;
  }

  get(id: number): Access {
    const access = this.all[id];
    if (access === undefined) throw new RangeError(`no access ${id}`);
    return access;
  }

  /** What an agent is told when the cell's word is `word`: the word itself, or a part of its content. */
  resultOf(id: number, word: number): number {
    if (this.whole[id] === 1) return word;
    const access = this.get(id);
    return this.#contents.slice(word, access.within, access.bytes);
  }

  /** Whether a compare-and-swap with this result has stored. */
  succeeds(id: number, result: number): boolean {
    return this.get(id).expected === result;
  }

  /** The cell's word after the store half of the access; `word` is the one before. */
  stored(id: number, word: number): number {
    const kind = this.kind[id] as number;
    if ((kind === STORE || kind === WRITE) && this.whole[id] === 1) return this.value[id] as number;
    const access = this.get(id);
    const block = this.#cellOf(access.cell).block;
    switch (kind) {
      case STORE:
      case WRITE:
        return this.#contents.splice(word, access.within, access.value);
      case RMW: {
        const old = block ? this.number(this.resultOf(id, word)) : word;
        const operand = block ? this.number(access.value) : access.value;
        const result = applyRmw(access.operation, old, operand, access.bytes);
        return block
          ? this.#contents.splice(word, access.within, this.content(result, access.bytes))
          : result;
      }
      case CAS: {
        if (this.resultOf(id, word) !== access.expected) return word;
        return block ? this.#contents.splice(word, access.within, access.value) : access.value;
      }
      default:
        throw new RangeError(`access ${id} stores nothing`);
    }
  }

  /** Little-endian number of a scalar kept as content. */
  number(content: number): number {
    const bytes = this.#contents.bytesOf(content);
    let value = 0;
    for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + (bytes[i] as number);
    return value;
  }

  /** Content of a scalar. */
  content(value: number, bytes: number): number {
    const content = new Uint8Array(bytes);
    let rest = value;
    for (let i = 0; i < bytes; i++) {
      content[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return this.#contents.intern(content);
  }

  #grow(): void {
    const length = this.kind.length * 2;
    const grown = <T extends { set(from: T): void }>(array: T, larger: T): T => {
      larger.set(array);
      return larger;
    };
    this.kind = grown(this.kind, new Uint8Array(length));
    this.whole = grown(this.whole, new Uint8Array(length));
    this.word = grown(this.word, new Int32Array(length));
    this.value = grown(this.value, new Uint32Array(length));
    this.local = grown(this.local, new Uint8Array(length));
    this.argument = grown(this.argument, new Uint32Array(length));
  }
}

/** The result of a read-modify-write, cut to the width. */
export function applyRmw(operation: RmwOperation | '', old: number, operand: number, bytes: number): number {
  const a = BigInt(old);
  const b = BigInt(operand);
  const width = bytes * 8;
  switch (operation) {
    case 'exchange':
      return Number(BigInt.asUintN(width, b));
    case 'add':
      return Number(BigInt.asUintN(width, a + b));
    case 'sub':
      return Number(BigInt.asUintN(width, a - b));
    case 'and':
      return Number(a & b);
    case 'or':
      return Number(BigInt.asUintN(width, a | b));
    case 'xor':
      return Number(BigInt.asUintN(width, a ^ b));
    default:
      throw new RangeError(`unknown read-modify-write ${operation}`);
  }
}
