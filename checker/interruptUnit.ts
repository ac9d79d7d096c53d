/**
 * The interrupt units of all cores, with the semaphores that handlers give: which lines are pending and enabled, which
 * cores have masked their interrupts, who has been woken. Packed into a few words of a state, of small fields.
 *
 * Who runs in interrupt context is not among them: a handler is active as long as its position is not the one in which
 * it waits to be entered.
 */
import type { System } from './system.ts';

/** Some bits of one word of the unit. */
interface Field {
  readonly word: number;
  readonly shift: number;
  /** Largest value: of the form 2^n - 1. */
  readonly mask: number;
}

interface LineFields {
  readonly pending: Field;
  readonly enabled: Field;
  readonly most: number;
  readonly core: number;
  readonly level: boolean;
  readonly external: boolean;
}

interface SemaphoreFields {
  readonly count: Field;
  readonly most: number;
}

const LARGEST = 255;
const WORD_BITS = 32;

export class InterruptUnit {
  /** Words of a state that it needs. */
  readonly words: number;
  readonly #system: System;
  readonly #lines: readonly LineFields[];
  readonly #semaphores: readonly SemaphoreFields[];
  /** Per core. */
  readonly #masked: readonly Field[];
  /** Per agent: an interrupt was served while it slept. */
  readonly #woken: readonly Field[];
  #from = 0;

  /** @throws RangeError for a line or a semaphore that cannot be. */
  constructor(system: System) {
    this.#system = system;
    let bits = 0;
    const field = (largest: number): Field => {
      const width = WORD_BITS - Math.clz32(largest);
      // A field never lies in two words.
      if ((bits % WORD_BITS) + width > WORD_BITS) bits += WORD_BITS - (bits % WORD_BITS);
      const placed = { word: Math.floor(bits / WORD_BITS), shift: bits % WORD_BITS, mask: 2 ** width - 1 };
      bits += width;
      return placed;
    };
    const { lines, semaphores = [] } = system.interrupts ?? { lines: [] };
    this.#lines = lines.map(({ name, core, trigger, most = 1, external = false }) => {
      checkCount(`line ${name}: most`, most, 1);
      checkIndex(`line ${name}: core`, core, system.cores.length);
      return { pending: field(most), enabled: field(1), most, core, level: trigger === 'level', external };
    });
    this.#semaphores = semaphores.map(({ name, most, initial = 0 }) => {
      checkCount(`semaphore ${name}: most`, most, 1);
      checkCount(`semaphore ${name}: initial`, initial, 0, most);
      return { count: field(most), most };
    });
    this.#masked = system.cores.map(() => field(1));
    this.#woken = system.agents.map(() => field(1));
    this.words = system.interrupts === undefined ? 0 : Math.ceil(bits / WORD_BITS);
    for (const { name, core, interrupt } of system.agents) {
      if (interrupt === undefined) continue;
      checkIndex(`agent ${name}: line`, interrupt.line, lines.length);
      checkCount(`agent ${name}: priority`, interrupt.priority ?? 1, 1);
      if (lines[interrupt.line]?.core !== core) {
        throw new RangeError(`agent ${name} is on core ${core}, but its line interrupts another`);
      }
    }
  }

  /** Writes the first state; the unit's words begin at `from`. */
  start(state: Uint32Array, from: number): void {
    this.#from = from;
    state.fill(0, from, from + this.words);
    const { lines, semaphores = [] } = this.#system.interrupts ?? { lines: [] };
    for (const [index, { enabled = false, pending = false }] of lines.entries()) {
      const line = this.#line(index);
      this.#set(state, line.enabled, enabled ? 1 : 0);
      this.#set(state, line.pending, pending || line.external ? 1 : 0);
    }
    for (const [index, { initial = 0 }] of semaphores.entries())
      this.#set(state, this.#semaphore(index).count, initial);
  }

  // --- Lines -------------------------------------------------------------------------------------------------------

  ring(state: Uint32Array, index: number): void {
    const line = this.#line(index);
    const pending = this.#get(state, line.pending);
    if (pending < line.most) this.#set(state, line.pending, pending + 1);
  }

  clear(state: Uint32Array, index: number): void {
    const line = this.#line(index);
    if (!line.external) this.#set(state, line.pending, 0);
  }

  /** Whether a handler of the line may be entered, as far as the unit of its core is asked. */
  interrupts(state: Uint32Array, index: number): boolean {
    const line = this.#line(index);
    return (
      this.#get(state, line.pending) !== 0 &&
      this.#get(state, line.enabled) !== 0 &&
      this.#get(state, this.#masked[line.core] as Field) === 0
    );
  }

  /** The handler of a line is entered: it is taken, unless it wants to be cleared. */
  acknowledge(state: Uint32Array, index: number): void {
    const line = this.#line(index);
    if (!line.level && !line.external) this.#set(state, line.pending, this.#get(state, line.pending) - 1);
  }

  /** Returns whether it was so before: 1 or 0. */
  enable(state: Uint32Array, index: number, enabled: 0 | 1): number {
    return this.#exchange(state, this.#line(index).enabled, enabled);
  }

  mask(state: Uint32Array, core: number, masked: 0 | 1): number {
    return this.#exchange(state, this.#masked[core] as Field, masked);
  }

  isMasked(state: Uint32Array, core: number): boolean {
    return this.#get(state, this.#masked[core] as Field) === 1;
  }

  /** An enabled line of the core is pending, masked or not: no reason to sleep. What is raised from outside is none. */
  isPending(state: Uint32Array, core: number): boolean {
    for (let index = 0; index < this.#lines.length; index++)
      if (this.#line(index).core === core && this.isRaised(state, index)) return true;
    return false;
  }

  /** The line is enabled and pending; one that is raised from outside never counts. */
  isRaised(state: Uint32Array, index: number): boolean {
    const line = this.#line(index);
    return !line.external && this.#get(state, line.pending) !== 0 && this.#get(state, line.enabled) !== 0;
  }

  // --- Waiting -----------------------------------------------------------------------------------------------------

  isWoken(state: Uint32Array, agent: number): boolean {
    return this.#get(state, this.#woken[agent] as Field) === 1;
  }

  setWoken(state: Uint32Array, agent: number, woken: 0 | 1): void {
    this.#set(state, this.#woken[agent] as Field, woken);
  }

  /** Returns 1 if it was full. */
  give(state: Uint32Array, index: number): number {
    const semaphore = this.#semaphore(index);
    const count = this.#get(state, semaphore.count);
    if (count === semaphore.most) return 1;
    this.#set(state, semaphore.count, count + 1);
    return 0;
  }

  canTake(state: Uint32Array, index: number): boolean {
    return this.#get(state, this.#semaphore(index).count) !== 0;
  }

  take(state: Uint32Array, index: number): void {
    const { count } = this.#semaphore(index);
    this.#set(state, count, this.#get(state, count) - 1);
  }

  // --- For those who look at a state -------------------------------------------------------------------------------

  pendingCount(state: Uint32Array, index: number): number {
    return this.#get(state, this.#line(index).pending);
  }

  hasLine(index: number): boolean {
    return this.#lines[index] !== undefined;
  }

  hasSemaphore(index: number): boolean {
    return this.#semaphores[index] !== undefined;
  }

  #line(index: number): LineFields {
    const line = this.#lines[index];
    if (line === undefined) throw new RangeError(`no interrupt line ${index}`);
    return line;
  }

  #semaphore(index: number): SemaphoreFields {
    const semaphore = this.#semaphores[index];
    if (semaphore === undefined) throw new RangeError(`no semaphore ${index}`);
    return semaphore;
  }

  #get(state: Uint32Array, field: Field): number {
    return ((state[this.#from + field.word] as number) >>> field.shift) & field.mask;
  }

  #set(state: Uint32Array, field: Field, value: number): void {
    const at = this.#from + field.word;
    state[at] = ((state[at] as number) & ~(field.mask << field.shift)) | (value << field.shift);
  }

  #exchange(state: Uint32Array, field: Field, value: 0 | 1): number {
    const before = this.#get(state, field);
    this.#set(state, field, value);
    return before;
  }
}

function checkCount(what: string, value: number, least: number, largest = LARGEST): void {
  if (Number.isInteger(value) && value >= least && value <= largest) return;
  throw new RangeError(`${what}: expected ${least}..${largest}, got ${value}`);
}

function checkIndex(what: string, index: number, count: number): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new RangeError(`${what}: expected 0..${count - 1}, got ${index}`);
}
