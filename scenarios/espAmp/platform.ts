/**
 * An ESP-AMP system: two cores, one or two queues in shared memory, a handle a side in each core's local memory, set
 * up as the firmware does it. The scenarios put programs on it.
 */

import type {
  AgentSpec,
  Interrupts,
  Line,
  Semaphore,
  System,
  SystemOperation,
  Witness,
} from '../../checker/index.ts';
import {
  type EspAmpClasses,
  esp_amp_queue_desc_t,
  esp_amp_queue_t,
  espAmpClasses,
  espAmpOperations,
  firstBlock,
  handlersBytes,
  ESP_OK as OK,
  placeEntry,
  placeHandle,
  placeHandlers,
  placeQueue,
  placeSysInfo,
  type Queue,
  type QueueOptions,
  queueBlock,
  type SharedGeometry,
  type SwIntr,
  sharedGeometry,
  smallest_modulus,
} from '../../impl/index.ts';
import { fieldLocation, LayoutMap, type Location, type MemoryPort, offsetOf } from '../../memory/index.ts';
import { builtInProperties, type Property, type Slot, type StateView } from '../../properties/index.ts';

export const MASTER_CORE = 0;
export const REMOTE_CORE = 1;

/** Direction of a queue: from the core that is its master. */
export interface QueuePlace {
  readonly name: string;
  readonly id: number;
  readonly master: number;
  readonly block: number;
  readonly handle: number;
}

export interface PlatformOptions {
  readonly title: string;
  readonly slots: number;
  /** Bytes of a buffer; a multiple of 4. */
  readonly itemSize: number;
  readonly indexModulus: number;
  /** Core that is master of each queue; one queue from core 0 by default. */
  readonly masters?: readonly number[];
  /** Value at which all indices start: a multiple of twice the slots. */
  readonly startIndex?: number;
  /** Set the queues up before the first step. Default true. */
  readonly initialise?: boolean;
  /** Byte that shared memory is full of before anything is set up: what an earlier boot left. Default 0. */
  readonly stale?: number;
  readonly classes: EspAmpClasses;
  readonly notify?: (port: MemoryPort) => () => number;
  /** Cores interrupt each other, by software interrupts over the doorbell of each. */
  readonly interrupts?: InterruptOptions;
}

export interface InterruptOptions {
  /** Lines beyond the two doorbells. */
  readonly lines?: readonly Line[];
  readonly semaphores?: readonly Semaphore[];
  /** Whether the callbacks of the queues are registered before the first step. Default true. */
  readonly callbacks?: boolean;
  /** Whether the sub core's doorbell is enabled before the first step. Default true. */
  readonly doorbell?: boolean;
}

/** Lines of every system with interrupts: the doorbell of each core, by the core's number. */
export const DOORBELLS = ['main.doorbell', 'sub.doorbell'] as const;
/** First line that a scenario adds. */
export const OTHER_LINE = DOORBELLS.length;
/** Entries of a handler table: two, so that a free one has to be looked for. */
const HANDLERS = 2;

/** Function pointer of a queue's callback. */
const CALLBACK = 1;
/** Block ids of the queues. */
const FIRST_ID = 1;

export class Platform {
  readonly options: PlatformOptions;
  readonly geometry: SharedGeometry;
  readonly queues: readonly QueuePlace[];
  readonly names = new LayoutMap();
  /** Byte offset of the handler table in each core's local memory. */
  readonly #handlers: number;
  readonly #slots: readonly Slot[];
  readonly #slotAt: ReadonlyMap<number, number>;
  /** Per queue, where its descriptors name their buffers. */
  readonly #descriptors: readonly { readonly addr: readonly Location[]; readonly names: readonly string[] }[];
  readonly #cursors: readonly { readonly used: Location; readonly free: Location }[] = [];
  /** Slots of the ring that a side has taken out of it; filled anew by each census. */
  readonly #taken: Uint8Array;

  constructor(options: PlatformOptions) {
    this.options = options;
    const { slots, itemSize } = options;
    const masters = options.masters ?? [MASTER_CORE];
    const blockBytes = queueBlock(slots, itemSize).bytes + 8;
    this.geometry = sharedGeometry(16 * Math.ceil((0x20 + 8 + masters.length * blockBytes) / 16));
    let block = firstBlock(this.geometry.hp);
    this.queues = masters.map((master, index) => {
      const queue = {
        name: masters.length === 1 ? '' : `q${index}`,
        id: FIRST_ID + index,
        master,
        block,
        handle: index * esp_amp_queue_t.bytes,
      };
      block += blockBytes;
      return queue;
    });
    placeSysInfo(this.names, this.geometry);
    for (const queue of this.queues) {
      placeEntry(this.names, queue.name === '' ? 'entry' : `${queue.name}.entry`, queue.block);
      placeQueue(this.names, queue.name, queue.block, slots, itemSize);
      placeHandle(this.names, queue.name === '' ? 'queue' : `${queue.name}.queue`, queue.handle);
    }
    this.#handlers = this.queues.length * esp_amp_queue_t.bytes;
    if (options.interrupts !== undefined) placeHandlers(this.names, '', this.#handlers, HANDLERS);
    this.#taken = new Uint8Array(slots);
    this.#slots = this.#makeSlots();
    this.#slotAt = new Map(this.#slots.map((slot, index) => [slot.address, index]));
    this.#descriptors = this.queues.map((queue) => {
      const base = queue.block + queueBlock(slots, itemSize).desc;
      const addr = Array.from({ length: slots }, (_, i) =>
        fieldLocation(esp_amp_queue_desc_t, 'shared', base + i * esp_amp_queue_desc_t.bytes, 'addr'),
      );
      return { addr, names: addr.map((at) => this.names.nameOf('shared', offsetOf(at), 4)) };
    });
    this.#cursors = this.queues.map((_, index) => this.cursors(index));
  }

  /** One side of a queue, as the firmware of a core would hold it. */
  queue(port: MemoryPort, index = 0, options: QueueOptions = {}): Queue {
    const { classes, indexModulus, notify } = this.options;
    const ring = notify?.(port);
    return new classes.Queue(port, this.place(index).handle, {
      index_modulus: indexModulus,
      id: this.place(index).name === '' ? 'queue' : this.place(index).name,
      ...(ring === undefined ? {} : { notify: ring }),
      ...options,
    });
  }

  /** A core's side of the software interrupt. @param functions what the function pointers 1, 2, … stand for. */
  swIntr(port: MemoryPort, core: number, functions: readonly ((arg: number) => number)[] = []): SwIntr {
    return new this.options.classes.SwIntr(port, this.#handlers, {
      core: core === MASTER_CORE ? 'main' : 'sub',
      own_line: core,
      peer_line: 1 - core,
      functions,
      table_length: HANDLERS,
    });
  }

  /** One side of a queue whose sends interrupt the peer. */
  ringingQueue(port: MemoryPort, index: number, options: QueueOptions = {}): Queue {
    if (this.options.notify !== undefined) return this.queue(port, index, options);
    const sw_intr = this.swIntr(port, this.place(index).master);
    const notify = (): number => {
      sw_intr.trigger(index);
      return 0;
    };
    return this.queue(port, index, { notify, ...options });
  }

  place(index: number): QueuePlace {
    const place = this.queues[index];
    if (place === undefined) throw new RangeError(`no queue ${index}`);
    return place;
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  #makeSlots(): Slot[] {
    const { slots, itemSize } = this.options;
    return this.queues.flatMap((queue, index) => {
      const first = queue.block + queueBlock(slots, itemSize).buffers;
      return Array.from({ length: slots }, (_, i) => ({
        name: queue.name === '' ? `buffer[${i}]` : `${queue.name}.buffer[${i}]`,
        address: first + i * itemSize,
        lengthBytes: itemSize,
        queue: index,
      }));
    });
  }

  /** The system, with these agents on its two cores. */
  system(
    agents: readonly AgentSpec[],
    extra: Partial<System> & { readonly witnesses: readonly Witness[] },
  ): System {
    const properties: readonly Property[] = builtInProperties;
    return {
      title: this.options.title,
      sharedBytes: this.geometry.sharedBytes,
      localBytes: this.#handlers + (this.options.interrupts === undefined ? 0 : handlersBytes(HANDLERS)),
      cores: ['main', 'sub'],
      agents,
      slots: this.#slots,
      queues: this.queues.length,
      // The specifications take a missing result for none; the engine has none missing.
      operations: espAmpOperations as Readonly<Record<string, SystemOperation>>,
      names: this.names,
      setup: (ports) => this.setUp(ports),
      properties,
      home: (view) => this.home(view),
      census: (view, place) => this.census(view, place),
      accessBound: 200,
      ...(this.options.interrupts === undefined
        ? {}
        : { interrupts: this.#interrupts(this.options.interrupts) }),
      ...extra,
    };
  }

  #interrupts({ lines = [], semaphores = [], doorbell = true }: InterruptOptions): Interrupts {
    const doorbells = DOORBELLS.map((name, core): Line => {
      // The queue that the other core is master of: its sends ring here.
      const announces = this.queues.findIndex(({ master }) => master !== core);
      return {
        name,
        core,
        // As on the hardware: a register that the handler has to clear.
        trigger: 'level',
        enabled: core === MASTER_CORE || doorbell,
        ...(announces < 0 ? {} : { announces }),
      };
    });
    return { lines: [...doorbells, ...lines], semaphores };
  }

  /** What runs before the first step: the allocator, and unless told otherwise both sides of every queue. */
  setUp(ports: readonly MemoryPort[]): void {
    const { classes, slots, itemSize, stale = 0 } = this.options;
    const [main, sub] = ports;
    if (main === undefined || sub === undefined) throw new RangeError('expected two cores');
    main.writeRange(0, new Uint8Array(this.geometry.sharedBytes).fill(stale));
    main.writeRange(0, new Uint8Array(0x20));
    const mainInfo = new classes.SysInfo(main, this.geometry);
    mainInfo.init();
    if (this.options.initialise === false) return;
    for (const [index, place] of this.queues.entries()) {
      const asMaster = place.master === MASTER_CORE;
      const made = this.queue(main, index).main_init(mainInfo, slots, itemSize, asMaster, place.id);
      const subInfo = new classes.SysInfo(sub, this.geometry);
      const found = this.queue(sub, index).sub_init(subInfo, !asMaster, place.id);
      if (made !== OK || found !== OK)
        throw new Error(`queue ${index}: main_init ${made}, sub_init ${found}`);
      for (const port of [main, sub]) {
        for (const field of ['free_index', 'used_index'] as const) {
          port.store(this.handleField(index, field), this.options.startIndex ?? 0, 'plain');
        }
      }
    }
    if (this.options.interrupts !== undefined) this.#enableInterrupts(main, sub);
  }

  /** Function pointer 1 is the callback of the queue that a core receives from; it is called with the queue's number + 1. */
  #enableInterrupts(main: MemoryPort, sub: MemoryPort): void {
    this.swIntr(main, MASTER_CORE).sw_intr_init();
    const { callbacks = true, doorbell = true } = this.options.interrupts ?? {};
    if (doorbell) this.swIntr(sub, REMOTE_CORE).sw_intr_init();
    if (!callbacks) return;
    for (const [index, { master }] of this.queues.entries()) {
      const [port, core] = master === MASTER_CORE ? [sub, REMOTE_CORE] : [main, MASTER_CORE];
      if (this.enableCallback(port, core, index) !== OK)
        throw new Error(`queue ${index}: no room for its handler`);
    }
  }

  /** What a remote does to be interrupted. */
  enableCallback(port: MemoryPort, core: number, index: number): number {
    const queue = this.queue(port, index, { callback: CALLBACK, priv_data: index + 1 });
    return queue.intr_enable(this.swIntr(port, core), index);
  }

  handleField(queue: number, field: keyof typeof esp_amp_queue_t.fields) {
    return fieldLocation(esp_amp_queue_t, 'local', this.place(queue).handle, field);
  }

  /** The cursors of both sides of each queue stand at one place. */
  home(view: StateView): boolean {
    return this.queues.every((_, index) => {
      const cursors = [MASTER_CORE, REMOTE_CORE].flatMap((core) => [
        view.load(this.handleField(index, 'free_index'), core),
        view.load(this.handleField(index, 'used_index'), core),
      ]);
      const flips = [MASTER_CORE, REMOTE_CORE].flatMap((core) => [
        view.load(this.handleField(index, 'free_flip_counter'), core),
        view.load(this.handleField(index, 'used_flip_counter'), core),
      ]);
      return new Set(cursors).size === 1 && new Set(flips).size === 1;
    });
  }

  /**
   * Where each buffer stands: in a descriptor whose slot neither side has taken out of the ring (behind its cursor, not
   * yet published again), or with a side that owns it.
   */
  census(view: StateView, place: (slot: number, where: string) => void): void {
    const { slots, indexModulus } = this.options;
    for (let slot = 0; slot < this.#slots.length; slot++) {
      const state = view.slotState(slot);
      if (state === 'reserved') place(slot, 'the master');
      else if (state === 'used.held') place(slot, 'the remote');
    }
    for (const [index, descriptors] of this.#descriptors.entries()) {
      this.#taken.fill(0);
      for (const core of [MASTER_CORE, REMOTE_CORE]) {
        const { used, free } = this.cursors(index);
        const first = view.load(used, core);
        const count = (view.load(free, core) - first + indexModulus) % indexModulus;
        for (let i = 0; i < Math.min(count, slots); i++) this.#taken[(first + i) & (slots - 1)] = 1;
      }
      for (let position = 0; position < slots; position++) {
        if (this.#taken[position] === 1) continue;
        const slot = this.#slotAt.get(view.load(descriptors.addr[position] as Location));
        if (slot !== undefined) place(slot, descriptors.names[position] as string);
      }
    }
  }

  /** Where a side keeps the cursors of a queue. */
  cursors(queue: number): { readonly used: Location; readonly free: Location } {
    return (
      this.#cursors[queue] ?? {
        used: this.handleField(queue, 'used_index'),
        free: this.handleField(queue, 'free_index'),
      }
    );
  }
}

/** A platform for a queue of the given number of slots, with the smallest modulus that the algorithm admits. */
export function smallestModulus(slots: number): number {
  return smallest_modulus(slots);
}

export { espAmpClasses };
