/**
 * Interrupts between worker threads: what a live port does for the actions `ring`, `clear`, `enable`, `disable`, `mask`,
 * `unmask`, `wait`, `give` and `take`. A thread is a core, and owns the lines that interrupt it. Waiting is done by
 * `Atomics.wait`, never by a loop that turns.
 *
 * JavaScript cannot be preempted. So an interrupt that is pending, enabled and not masked is delivered when its core
 * next performs `enable`, `unmask`, `wait` or `take`, or calls `deliver`: its handler runs on the same thread, with
 * the task's code below it on the stack. That is one of the times at which a processor could have taken it; a core that
 * does none of these takes no interrupts. Handlers do not interrupt each other: what is pending after one is next.
 *
 * In shared memory, 32 bits each: a word for each core, 1 while its thread sleeps or is about to, then a word for each
 * line, 1 while it is pending. What is enabled and masked, and the semaphores, are the core's own.
 */

/** A line, by its number: its place in the list. */
export type LiveLine = {
  /** The core that it interrupts. */
  readonly core: number;
  /** An edge is pending until it is served: entering the handler clears it. A level is pending until `clear`. */
  readonly trigger: 'edge' | 'level';
};

/** A semaphore, by its number: its place in the list. */
export type LiveSemaphore = {
  /** How many there are at first. */
  readonly count: number;
  /** The most that it holds: 1 for a binary one. */
  readonly most: number;
};

/** One core's view of the interrupts of a system. All cores agree on all but the first and the last field. */
export type LiveInterruptsOptions = {
  /** Which core this thread is, 0..cores-1. */
  readonly core: number;
  readonly cores: number;
  readonly lines: readonly LiveLine[];
  readonly shared: SharedArrayBuffer;
  /** Where the words lie in it: `liveInterruptsBytes` bytes, zeroed at first, a multiple of 4. Nobody else's. */
  readonly byteOffset: number;
  /** Given by this core's handlers and taken by its task; none if not given. */
  readonly semaphores?: readonly LiveSemaphore[];
};

/** Of a core's own word. */
const AWAKE = 0;
const ASLEEP = 1;
/** Of a line's word. */
const CALM = 0;
const PENDING = 1;

/** Bytes of shared memory that the interrupts of a system take. */
export function liveInterruptsBytes(cores: number, lines: number): number {
  return (cores + lines) * Int32Array.BYTES_PER_ELEMENT;
}

/**
 * The interrupts as one core sees them. At first all its lines are disabled and without a handler, and nothing is masked.
 *
 *     const interrupts = new LiveInterrupts({ core: 0, cores: 2, lines, shared, byteOffset: 32 });
 *     const port = new LivePort({ shared, local, actions: interrupts.actions });
 *     interrupts.attach(0, () => swIntr.handler());
 */
export class LiveInterrupts {
  /** For `LivePortOptions.actions`. What each promises is said at `MemoryPort.action`. */
  readonly actions: Readonly<Record<string, (argument: number) => number>>;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #core: number;
  readonly #cores: number;
  readonly #lines: readonly LiveLine[];
  readonly #own: readonly number[];
  readonly #handlers: (() => void)[] = [];
  readonly #enabled: boolean[];
  readonly #semaphores: readonly { count: number; readonly most: number }[];
  #masked = false;
  #inHandler = false;

  /** @throws RangeError when a core is not in 0..cores-1, or the words do not lie in shared memory. */
  constructor(options: LiveInterruptsOptions) {
    const { core, cores, lines, shared, byteOffset, semaphores = [] } = options;
    for (const of of [core, ...lines.map((line) => line.core)]) {
      if (!Number.isInteger(of) || of < 0 || of >= cores) {
        throw new RangeError(`interrupts: expected a core in 0..${cores - 1}, got ${of}`);
      }
    }
    // Refuses what is misaligned or too long.
    this.#words = new Int32Array(shared, byteOffset, cores + lines.length);
    this.#core = core;
    this.#cores = cores;
    this.#lines = lines;
    this.#own = [...lines.keys()].filter((line) => lines[line]?.core === core);
    this.#enabled = lines.map(() => false);
    this.#semaphores = semaphores.map(({ count, most }) => ({ count, most }));
    this.actions = {
      ring: (line) => this.#ring(line),
      clear: (line) => this.#clear(line),
      enable: (line) => this.#enable(line),
      disable: (line) => this.#disable(line),
      mask: () => this.#mask(),
      unmask: () => this.#unmask(),
      wait: () => this.#wait(),
      give: (semaphore) => this.#give(semaphore),
      take: (semaphore) => this.#take(semaphore),
    };
  }

  /**
   * What runs when one of this core's own lines interrupts it. A level line's handler has to clear it: else it runs again
   * and again, as it does on hardware. It may give and trigger, mask and unmask, but must leave the mask as it was.
   * @throws RangeError when the line is not this core's.
   */
  attach(line: number, handler: () => void): void {
    this.#handlers[this.#ownLine(line)] = handler;
  }

  /**
   * Runs the handlers of all lines that are pending and enabled, the lowest first, until there are none; nothing while
   * masked, or in a handler. To be called by code that works for long without waiting.
   * @throws Error when such a line has no handler. What a handler throws passes.
   */
  deliver(): void {
    while (!this.#masked && !this.#inHandler) {
      const line = this.#nextPending();
      if (line === undefined) return;
      const handler = this.#handlers[line];
      if (handler === undefined) throw new Error(`interrupt line ${line} has no handler`);
      if (this.#lines[line]?.trigger === 'edge') this.#calm(line);
      this.#inHandler = true;
      try {
        handler();
      } finally {
        this.#inHandler = false;
      }
    }
  }

  /** Sequentially consistent: whoever serves the line sees all that was stored before. */
  #ring(line: number): number {
    const target = this.#line(line);
    // Who finds it pending already leaves the waking to whoever made it so.
    const before = Atomics.exchange(this.#words, this.#cores + line, PENDING);
    if (before === CALM && Atomics.exchange(this.#words, target.core, AWAKE) === ASLEEP) {
      Atomics.notify(this.#words, target.core);
    }
    return 0;
  }

  /** An exchange, since a store reads nothing: what was stored before a ring that is cleared here is seen from here on. */
  #calm(line: number): void {
    Atomics.exchange(this.#words, this.#cores + line, CALM);
  }

  #clear(line: number): number {
    this.#calm(this.#ownLine(line));
    return 0;
  }

  #enable(line: number): number {
    const before = this.#enabled[this.#ownLine(line)];
    this.#enabled[line] = true;
    this.deliver();
    return before === true ? 1 : 0;
  }

  #disable(line: number): number {
    const before = this.#enabled[this.#ownLine(line)];
    this.#enabled[line] = false;
    return before === true ? 1 : 0;
  }

  #mask(): number {
    const before = this.#masked;
    this.#masked = true;
    return before ? 1 : 0;
  }

  #unmask(): number {
    const before = this.#masked;
    this.#masked = false;
    this.deliver();
    return before ? 1 : 0;
  }

  /** A line that is pending at the call ends the wait, as if it had rung just then. */
  #wait(): number {
    while (this.#nextPending() === undefined) this.#sleep();
    this.deliver();
    return 0;
  }

  #give(number: number): number {
    const semaphore = this.#semaphore(number);
    if (semaphore.count >= semaphore.most) return 1;
    semaphore.count++;
    return 0;
  }

  /** @throws Error when it would wait for ever: masked or in a handler, nobody can give one. */
  #take(number: number): number {
    const semaphore = this.#semaphore(number);
    this.deliver();
    while (semaphore.count === 0) {
      if (this.#masked || this.#inHandler) {
        const where = this.#inHandler ? 'in a handler' : 'with interrupts masked';
        throw new Error(`semaphore ${number}: taken ${where}, where it can never be given`);
      }
      this.#sleep();
      this.deliver();
    }
    semaphore.count--;
    return 0;
  }

  /** Until a line of this core has rung; may end early. */
  #sleep(): void {
    Atomics.store(this.#words, this.#core, ASLEEP);
    // Only then looked at once more: who rings makes the line pending first, and looks for sleepers afterwards. So
    // either the line is seen here, or the sleeper there.
    if (this.#nextPending() === undefined) Atomics.wait(this.#words, this.#core, ASLEEP);
    Atomics.store(this.#words, this.#core, AWAKE);
  }

  /** The first line of this core that is pending and enabled. */
  #nextPending(): number | undefined {
    for (const line of this.#own) {
      if (this.#enabled[line] === true && Atomics.load(this.#words, this.#cores + line) === PENDING)
        return line;
    }
    return undefined;
  }

  #line(line: number): LiveLine {
    const found = this.#lines[line];
    if (found === undefined) throw new RangeError(`there is no interrupt line ${line}`);
    return found;
  }

  #ownLine(line: number): number {
    const { core } = this.#line(line);
    if (core !== this.#core)
      throw new RangeError(`interrupt line ${line} is core ${core}'s, not ${this.#core}'s`);
    return line;
  }

  #semaphore(number: number): { count: number; readonly most: number } {
    const found = this.#semaphores[number];
    if (found === undefined) throw new RangeError(`there is no semaphore ${number}`);
    return found;
  }
}
