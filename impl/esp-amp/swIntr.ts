/**
 * The software interrupt of ESP-AMP: 32 interrupts each way over one doorbell, as bits of a word that the peer sets and
 * the core itself takes, and a table of handlers. After `esp_amp_sw_intr.c` and the platforms' `sw_intr` ports. The
 * order of the accesses is the source's; so are the names.
 *
 * What differs, and why:
 * - A function pointer is a number, 1..n: which of the functions it stands for is an option, as a text segment is no
 *   state. 0 is NULL.
 * - A handler's entry is read once where the source names it twice (test, then call). Only what interrupts a handler
 *   could tell the difference, and handlers do not interrupt each other.
 *
 * All state lies in the port's memories: the words in shared memory, the table in core-local memory. The task and the
 * handlers of a core share the table.
 *
 * The small protected methods are the steps of the algorithm. A seeded defect overrides one of them.
 */
import {
  arrayOf,
  type Location,
  type MemoryPort,
  type StructArray,
  type View,
  viewOf,
} from '../../memory/index.ts';
import { enter_critical, exit_critical } from './critical.ts';
import { SW_INTR_WORDS } from './geometry.ts';
import { esp_amp_sw_intr_st_t, sw_intr_handler_tbl_t } from './layout.ts';

/** What one core's side is configured with. None of it changes while the core runs. */
export type SwIntrOptions = {
  /** Which of the two words is this core's own. */
  readonly core: 'main' | 'sub';
  /** The line that interrupts this core; as the port numbers them. */
  readonly own_line: number;
  /** The line that interrupts the peer. */
  readonly peer_line: number;
  /** What the function pointers 1, 2, … stand for. Returns 1 if it woke a task of higher priority, else 0. */
  readonly functions: readonly ((arg: number) => number)[];
  /**
   * Entries of the handler table, 1..64; 8 if not given. The source's configuration admits 4..64. Fewer are for
   * exhaustive runs: a table of one entry is full soonest, and every entry is one more that each dispatch reads.
   */
  readonly table_length?: number;
  /** What the operations' arguments call this side; `'sw_intr'` if not given. */
  readonly id?: string;
  /**
   * Whether the handler clears its doorbell, as the platforms do: needed where the line is a level. An edge line is
   * cleared by the interrupt's entry. Default true.
   */
  readonly acknowledges?: boolean;
};

/** An entry of the handler table as code sees it. */
export type SwIntrEntry = View<typeof sw_intr_handler_tbl_t.fields>;

/** The source's `SW_INTR_ID_MAX`. */
const LAST_ID = 31;
const MOST_ENTRIES = 64;
const NULL = 0;

/** One core's side of the software interrupt, bound to a handler table in core-local memory, zeroed at first. */
export class SwIntr {
  protected readonly port: MemoryPort;
  protected readonly handlers: StructArray<typeof sw_intr_handler_tbl_t.fields>;
  /** The words of this core and of its peer. */
  protected readonly own: Location;
  protected readonly peer: Location;
  protected readonly core: 'main' | 'sub';
  protected readonly own_line: number;
  protected readonly peer_line: number;
  protected readonly acknowledges: boolean;
  private readonly functions: readonly ((arg: number) => number)[];
  private readonly id: string;

  /**
   * @param table byte offset of the handler table in core-local memory; a multiple of 4.
   * @throws RangeError when the table length is not an integer in 1..64.
   */
  constructor(port: MemoryPort, table: number, options: SwIntrOptions) {
    const { core, own_line, peer_line, functions } = options;
    const { table_length = 8, id = 'sw_intr', acknowledges = true } = options;
    if (!Number.isInteger(table_length) || table_length < 1 || table_length > MOST_ENTRIES) {
      throw new RangeError(`table_length: expected 1..${MOST_ENTRIES}, got ${table_length}`);
    }
    const words = viewOf(esp_amp_sw_intr_st_t, port, 'shared', SW_INTR_WORDS);
    const main = words.locationOf('main_core_sw_intr_st');
    const sub = words.locationOf('sub_core_sw_intr_st');
    this.port = port;
    this.handlers = arrayOf(sw_intr_handler_tbl_t, port, 'local', table, table_length);
    this.own = core === 'main' ? main : sub;
    this.peer = core === 'main' ? sub : main;
    this.core = core;
    this.own_line = own_line;
    this.peer_line = peer_line;
    this.acknowledges = acknowledges;
    this.functions = functions;
    this.id = id;
  }

  /**
   * Before anything else here: the main core, before the sub core starts, clears both words; either core then enables
   * its line. Returns 0. Whether the core takes interrupts at all (unmasks them) is the platform's business.
   */
  sw_intr_init(): number {
    return this.port.op('sw_intr_init', { sw_intr: this.id }, () => {
      this.clear_words();
      this.port.action('enable', this.own_line);
      return 0;
    });
  }

  /**
   * Makes an interrupt of the peer pending, and rings. From a task or a handler. Interrupts of one id coalesce until
   * the peer takes its word; one without a handler is dropped there, in silence.
   * @param intr_id 0..31; 0..15 are free to use. @throws RangeError for any other.
   */
  trigger(intr_id: number): void {
    check_id(intr_id);
    this.port.op('sw_intr_trigger', { sw_intr: this.id, intr_id }, () => {
      // Release: pairs with the peer's compare-and-swap in `take_pending`. What was stored before is seen there.
      this.port.rmw(this.peer, 'or', bit(intr_id), 'seq_cst');
      this.port.action('ring', this.peer_line);
      return undefined;
    });
  }

  /**
   * Lets `handler` be called with `arg` whenever `intr_id` is pending. Several handlers may share an id. 0, or -1 when
   * the table is full; then nothing has changed. NULL leaves its entry free, and returns 0 nevertheless.
   * @param intr_id 0..31. @param handler function pointer. @throws RangeError for any other id.
   */
  add_handler(intr_id: number, handler: number, arg: number): number {
    check_id(intr_id);
    return this.port.op('sw_intr_add_handler', { sw_intr: this.id, intr_id, handler, arg }, () =>
      this.add(intr_id, handler, arg),
    );
  }

  /**
   * Forgets `handler` for `intr_id`, however often it was added; without effect when it was not.
   * @param intr_id 0..31. @throws RangeError for any other.
   */
  delete_handler(intr_id: number, handler: number): void {
    check_id(intr_id);
    this.port.op('sw_intr_delete_handler', { sw_intr: this.id, intr_id, handler }, () => {
      const was = this.enter_critical();
      for (let i = 0; i < this.handlers.count; i++) {
        const entry = this.handlers.at(i);
        if (entry.intr_id === intr_id && entry.handler === handler) entry.handler = NULL;
      }
      this.exit_critical(was);
      return undefined;
    });
  }

  /**
   * What the core runs when its line interrupts it: calls the handlers of all pending ids, until none is pending.
   * Returns 1 if any of them woke a task of higher priority, else 0. It is no operation, so that those of the handlers
   * stand on their own.
   * @throws RangeError when an entry holds what is no function pointer.
   */
  handler(): number {
    // First of all: a doorbell that rings from here on is a new one, and its bit may be missed below.
    this.acknowledge();
    return this.dispatch();
  }

  /** Runs `body` in a critical section of this core, and returns what it returns. As `critical`, but for defects. */
  critical<R>(body: () => R): R {
    const was = this.enter_critical();
    const result = body();
    this.exit_critical(was);
    return result;
  }

  protected enter_critical(): number {
    return enter_critical(this.port);
  }

  protected exit_critical(was: number): void {
    exit_critical(this.port, was);
  }

  /** `atomic_init`, which orders nothing: that the main core starts the sub core later must do it. */
  protected clear_words(): void {
    if (this.core !== 'main') return;
    this.port.store(this.own, 0, 'relaxed');
    this.port.store(this.peer, 0, 'relaxed');
  }

  protected add(intr_id: number, handler: number, arg: number): number {
    const was = this.enter_critical();
    const free = this.find_free();
    if (free !== null) this.write_entry(free, intr_id, handler, arg);
    this.exit_critical(was);
    return free === null ? -1 : 0;
  }

  /** The first entry without a handler. */
  protected find_free(): SwIntrEntry | null {
    for (let i = 0; i < this.handlers.count; i++) {
      const entry = this.handlers.at(i);
      if (entry.handler === NULL) return entry;
    }
    return null;
  }

  /** Inside a critical section: half of it is not an entry. */
  protected write_entry(entry: SwIntrEntry, intr_id: number, handler: number, arg: number): void {
    entry.intr_id = intr_id;
    entry.handler = handler;
    entry.arg = arg;
  }

  protected acknowledge(): void {
    if (this.acknowledges) this.port.action('clear', this.own_line);
  }

  /** A pass takes the word, or serves one entry; then all that it has read is forgotten. */
  protected dispatch(): number {
    const length = this.handlers.count;
    return this.port.repeat({ unprocessed: 0, next: length, woken: 0 }, ({ unprocessed, next, woken }) => {
      if (next === length) {
        const pending = this.take_pending(unprocessed);
        return pending === 0 ? { done: woken } : { again: { unprocessed: pending, next: 0, woken } };
      }
      const entry = this.handlers.at(next);
      const result = (unprocessed & bit(entry.intr_id)) === 0 ? 0 : this.call(entry);
      return { again: { unprocessed, next: next + 1, woken: result === 0 ? woken : 1 } };
    });
  }

  /**
   * Takes all pending ids: swaps the own word with 0. The first attempt expects 0, as in the source.
   * @param _handled the ids taken before, whose handlers have run.
   */
  protected take_pending(_handled: number): number {
    return this.port.repeat<number, number>(0, (expected) => {
      // Acquire: pairs with the peer's read-modify-write in `trigger`.
      const found = this.port.cas(this.own, expected, 0, 'seq_cst', 'seq_cst');
      return found === expected ? { done: found } : { again: found };
    });
  }

  private call(entry: SwIntrEntry): number {
    const handler = entry.handler;
    if (handler === NULL) return 0;
    const code = this.functions[handler - 1];
    if (code === undefined) throw new RangeError(`${this.id}: there is no function at ${handler}`);
    return code(entry.arg);
  }
}

function bit(intr_id: number): number {
  return (1 << intr_id) >>> 0;
}

function check_id(intr_id: number): void {
  if (!Number.isInteger(intr_id) || intr_id < 0 || intr_id > LAST_ID) {
    throw new RangeError(`intr_id: expected 0..${LAST_ID}, got ${intr_id}`);
  }
}
