/**
 * A VirtIO queue between a driver and a device, each on a core of its own: the queue in shared memory, its sides' private
 * halves in core-local memory, the buffers of the driver's application, and an interrupt for each side that sleeps.
 */
import type {
  Actions,
  AgentSpec,
  ChainAction,
  Interrupts,
  Program,
  System,
  SystemOperation,
  Witness,
} from '../../checker/index.ts';
import { program } from '../../checker/index.ts';
import {
  BufferPool,
  type Features,
  newCollected,
  newTaken,
  pool_entry_t,
  VIRTIO_OK,
  type VirtioChainAction,
  type VirtioQueueDevice,
  type VirtioQueueDriver,
  type VirtioQueueOptions,
  virtioOperations,
} from '../../impl/index.ts';
import {
  arrayOf,
  fieldLocation,
  LayoutMap,
  type MemoryPort,
  type StructArray,
  struct,
  u16,
} from '../../memory/index.ts';
import {
  builtInProperties,
  type LocationNames,
  type Property,
  type Slot,
  type StateView,
} from '../../properties/index.ts';
import type { ClauseRegisters } from './clauses/index.ts';
import type { Layout, LayoutClasses, QueuePlace } from './layout.ts';

export const DRIVER_CORE = 0;
export const DEVICE_CORE = 1;

/** Of the queue, in shared memory: not 0, which no queue has. */
const BASE = 16;
export const QUEUE = 'queue';
/** Of a descriptor in an indirect table. */
const DESCRIPTOR_BYTES = 16;

/** Of a buffer: which one comes behind it in its chain. Kept by the driver's application. */
const chain_link_t = struct('chain_link_t', { next: u16('plain') });

export interface PlatformOptions {
  readonly title: string;
  readonly layout: Layout;
  readonly classes: LayoutClasses;
  /** Descriptors of the queue. */
  readonly size: number;
  /** Of the driver's application; as many as descriptors if not given. */
  readonly buffers?: number;
  readonly bufferBytes: number;
  readonly indexModulus: number | null;
  readonly features?: Features;
  /** Entries of each indirect table; none if not given. */
  readonly tableEntries?: number;
  /** Split only: the descriptor that names a table has WRITE, which means nothing there. */
  readonly marksWrite?: boolean;
  /** Sides that sleep: each has its line, its handler and its semaphore. */
  readonly sleeps?: { readonly driver?: boolean; readonly device?: boolean };
  /** Each interrupt of the driver is one of its own, and wakes it once: none are taken together. */
  readonly countsInterrupts?: boolean;
  /** How many entries the queue has seen when the agents start. Default 0. */
  readonly start?: number;
  /** The clauses of the specification are judged. Default: they are. */
  readonly clauses?: boolean;
  /** The queue has been in use before, and is set up again in what was left of it. Default: in zeroed memory. */
  readonly usedBefore?: boolean;
  /** Packed only: event structures are accessed by 16 bits. */
  readonly halves?: boolean;
}

/** Operations by name. */
export type Operations = Readonly<Record<string, SystemOperation>>;

/** There is one queue: number 0. */
function translated(actions: readonly VirtioChainAction[]): Actions {
  if (actions.length === 0) return null;
  return actions.map((action): ChainAction => (action.kind === 'slot' ? action : { ...action, queue: 0 }));
}

/**
 * For a device that tries to give back what it does not have, or not in turn: `tryGiveBack`, an operation of its application
 * around `giveBack`, returns the chain when it has succeeded. So an attempt that is refused is none.
 */
export function withTries(operations: Operations): Operations {
  const { giveBack } = operations;
  if (giveBack === undefined) throw new RangeError('no operation giveBack');
  const { codes, succeeded } = giveBack;
  return {
    ...operations,
    giveBack: { codes, succeeded },
    tryGiveBack: {
      codes,
      succeeded,
      onReturn: ({ head }, result) =>
        result === VIRTIO_OK ? [{ kind: 'chain', queue: 0, head: Number(head), event: 'return' }] : null,
    },
  };
}

/** Those of the queue, and `wait`, in which a side sleeps until its handler wakes it. */
function queueOperations(): Operations {
  const entries = Object.entries(virtioOperations).map(([name, { codes, succeeded, onCall, onReturn }]) => {
    const operation: SystemOperation = {
      codes,
      succeeded,
      progress: name === 'add',
      ...(onCall === undefined ? {} : { onCall: (args) => translated(onCall(args)) }),
      ...(onReturn === undefined ? {} : { onReturn: (args, result) => translated(onReturn(args, result)) }),
    };
    return [name, operation] as const;
  });
  return {
    ...Object.fromEntries(entries),
    wait: { codes: null, succeeded: () => true, waits: true },
  };
}

export class Platform {
  readonly options: PlatformOptions;
  readonly buffers: number;
  readonly slots: readonly Slot[];
  readonly operations: Operations = queueOperations();
  readonly place: QueuePlace;
  /** Shared memory: the queue, then the tables, then the buffers. */
  readonly tables: number;
  readonly pool: number;
  readonly sharedBytes: number;
  /** Core-local memory of the driver: its half, then the application's links and notes. */
  readonly #links: number;
  readonly #notes: number;
  readonly #localBytes: number;
  readonly #names: LocationNames;

  constructor(options: PlatformOptions) {
    const { layout, size, buffers = size, bufferBytes, tableEntries = 0 } = options;
    this.options = options;
    this.buffers = buffers;
    this.place = { base: BASE, size, handle: 0, driverCore: DRIVER_CORE, deviceCore: DEVICE_CORE };
    this.tables = aligned(BASE + layout.queueBytes(size), DESCRIPTOR_BYTES);
    this.pool = this.tables + size * tableEntries * DESCRIPTOR_BYTES;
    this.sharedBytes = aligned(this.pool + buffers * bufferBytes, 8);
    this.#links = aligned(layout.driverBytes(size), 8);
    this.#notes = this.#links + buffers * chain_link_t.bytes;
    this.#localBytes = aligned(
      Math.max(this.#notes + buffers * pool_entry_t.bytes, layout.deviceBytes(size)),
      8,
    );
    this.slots = Array.from({ length: buffers }, (_, i) => ({
      name: `buffer[${i}]`,
      address: this.pool + i * bufferBytes,
      lengthBytes: bufferBytes,
      queue: 0,
    }));
    this.#names = this.#nameAll();
  }

  /** The two cores have places of the same offsets, with different names. */
  #nameAll(): LocationNames {
    const { layout, size, tableEntries = 0, halves = false } = this.options;
    const [driver, device] = [new LayoutMap(), new LayoutMap()];
    for (const map of [driver, device]) {
      layout.nameQueue(map, this.place, halves);
      if (tableEntries > 0) layout.nameTables(map, this.tables, size, tableEntries);
    }
    layout.nameDriver(driver, this.place);
    layout.nameDevice(device, this.place);
    for (let i = 0; i < this.buffers; i++) {
      driver.place(`link[${i}]`, 'local', chain_link_t, this.#links + i * chain_link_t.bytes);
      driver.place(`pool[${i}]`, 'local', pool_entry_t, this.#notes + i * pool_entry_t.bytes);
    }
    return {
      nameOf: (space, byteOffset, bytes, core) =>
        (core === DEVICE_CORE ? device : driver).nameOf(space, byteOffset, bytes),
    };
  }

  #common(port: MemoryPort, peer: number): VirtioQueueOptions {
    const { indexModulus, features = {}, tableEntries = 0, marksWrite, sleeps = {}, halves } = this.options;
    const tables = {
      base: this.tables,
      entries: tableEntries,
      ...(marksWrite === true ? { marksWrite } : {}),
    };
    const peerSleeps = peer === DEVICE_CORE ? sleeps.device : sleeps.driver;
    return {
      id: QUEUE,
      features,
      // Each side's line has its core's number.
      ...(peerSleeps === true ? { notify: () => void port.action('ring', peer) } : {}),
      ...(indexModulus === null ? {} : { indexModulus }),
      ...(tableEntries === 0 ? {} : { tables }),
      reach: { from: this.tables, to: this.pool + this.buffers * this.options.bufferBytes },
      ...(halves === true ? { halves } : {}),
    };
  }

  /**
   * The clauses of the specification that concern this queue, if they are to be judged. @param registers of the device,
   * where it has any.
   */
  clauses(registers?: ClauseRegisters): readonly Property[] {
    if (this.options.clauses === false) return [];
    const { layout, size, indexModulus, features = {}, tableEntries = 0, start = 0 } = this.options;
    return layout.clauses(this.place, {
      features,
      start,
      ...(registers === undefined ? {} : { registers }),
      ...(indexModulus === null ? {} : { indexModulus }),
      ...(tableEntries === 0 ? {} : { tables: { base: this.tables, count: size, entries: tableEntries } }),
    });
  }

  driver(port: MemoryPort): VirtioQueueDriver {
    const { classes } = this.options;
    return new classes.Driver(port, this.place.handle, BASE, this.#common(port, DEVICE_CORE));
  }

  /** @param handle byte offset of its private half, where both sides are on one core. */
  device(port: MemoryPort, handle = this.place.handle): VirtioQueueDevice {
    const { classes } = this.options;
    return new classes.Device(port, handle, BASE, this.#common(port, DRIVER_CORE));
  }

  bufferPool(port: MemoryPort): BufferPool {
    const { bufferBytes: bytesEach } = this.options;
    return new BufferPool(port, { base: this.pool, buffers: this.buffers, bytesEach, notes: this.#notes });
  }

  /** The links between the buffers of a chain, by buffer. */
  links(port: MemoryPort): StructArray<typeof chain_link_t.fields> {
    return arrayOf(chain_link_t, port, 'local', this.#links, this.buffers);
  }

  addressOf(buffer: number): number {
    return this.pool + buffer * this.options.bufferBytes;
  }

  bufferAt(address: number): number {
    return (address - this.pool) / this.options.bufferBytes;
  }

  /** A side sleeps until its handler has run. */
  sleep(port: MemoryPort, core: number): void {
    port.op('wait', { core }, () => {
      port.action('take', core);
      return undefined;
    });
  }

  /** The agents of the two sides, and the handlers of those that sleep. */
  agents(driver: Program, device: Program, driverHandler = wakingHandler(DRIVER_CORE)): AgentSpec[] {
    const { sleeps = {} } = this.options;
    const handler = (name: string, core: number): AgentSpec => ({
      name,
      core,
      program: core === DRIVER_CORE ? driverHandler : wakingHandler(core),
      interrupt: { line: core },
      receives: [],
    });
    return [
      { name: 'driver', core: DRIVER_CORE, program: driver, receives: [] },
      { name: 'device', core: DEVICE_CORE, program: device, receives: [0] },
      ...(sleeps.driver === true ? [handler('driver isr', DRIVER_CORE)] : []),
      ...(sleeps.device === true ? [handler('device isr', DEVICE_CORE)] : []),
    ];
  }

  /** The system, with these agents on its two cores. */
  system(
    agents: readonly AgentSpec[],
    extra: Partial<System> & { readonly witnesses: readonly Witness[] },
  ): System {
    const { title, sleeps, countsInterrupts } = this.options;
    return {
      title,
      sharedBytes: this.sharedBytes,
      localBytes: this.#localBytes,
      cores: ['driver', 'device'],
      agents,
      slots: this.slots,
      queues: 1,
      chains: true,
      operations: this.operations,
      names: this.#names,
      setup: (ports) => this.#setUp(ports),
      properties: builtInProperties,
      watchAccesses: this.options.clauses !== false,
      home: (view) => this.home(view),
      census: (view, place) => this.census(view, place),
      // Setting up takes some accesses for each descriptor.
      accessBound: 200 + 16 * (this.options.size + this.buffers),
      // Nothing in the sound code drains a store buffer where nobody is notified: all stores of all chains may wait in it.
      bufferDepth: 12 * Math.max(this.options.size, this.buffers) + 24,
      ...(sleeps === undefined
        ? {}
        : { interrupts: interrupts(countsInterrupts === true ? this.options.size : 1) }),
      ...extra,
    };
  }

  #setUp([driver, device]: readonly MemoryPort[]): void {
    if (driver === undefined || device === undefined) throw new RangeError('expected two cores');
    const { size, layout, start = 0, usedBefore } = this.options;
    const initialize = (): void => {
      const results = [this.driver(driver).init(size), this.device(device).init(size)];
      if (results.some((result) => result !== VIRTIO_OK)) throw new Error(`set up: ${results.join(', ')}`);
    };
    initialize();
    if (usedBefore === true) {
      this.#use(driver, device);
      initialize();
    }
    if (start > 0) layout.advance(driver, device, this.place, start);
  }

  /** Chains go round once and a half, and nobody wants to be notified any more. */
  #use(driverPort: MemoryPort, devicePort: MemoryPort): void {
    const { size, bufferBytes } = this.options;
    const [driver, device] = [this.driver(driverPort), this.device(devicePort)];
    for (let i = 0; i < size + Math.floor(size / 2); i++) {
      const taken = newTaken();
      const results = [
        driver.add([{ addr: this.pool, len: bufferBytes, writable: false }], 0),
        device.take(taken),
        device.giveBack(taken.head, 0),
        driver.collect(newCollected()),
      ];
      if (results.some((result) => result !== VIRTIO_OK)) throw new Error(`first use: ${results.join(', ')}`);
    }
    driver.disableInterrupts();
    device.disableKicks();
  }

  /** All buffers are in the pool, and the two sides agree that nothing is under way. */
  home(view: StateView): boolean {
    return (
      this.options.layout.isHome(view, this.place) &&
      this.slots.every((_, buffer) => view.load(this.#note(buffer), DRIVER_CORE) === 0)
    );
  }

  /** Where each buffer stands: in the pool, with the driver's application, or in a chain that is out. */
  census(view: StateView, place: (slot: number, where: string) => void): void {
    for (const buffer of this.slots.keys()) {
      if (view.load(this.#note(buffer), DRIVER_CORE) === 0) place(buffer, 'the pool');
      if (view.slotState(buffer) === 'reserved') place(buffer, 'the driver');
    }
    for (const { head, token } of this.options.layout.out(view, this.place)) {
      const { first, segments } = chainOfToken(token);
      let at = first;
      for (let i = 0; i < segments && at < this.buffers; i++) {
        place(at, `chain ${head}`);
        if (i < segments - 1) at = view.load(this.#link(at), DRIVER_CORE);
      }
    }
  }

  /** Calls `place` for each place in which a descriptor stands: free, or in a chain. */
  descriptorCensus(view: StateView, place: (desc: number, where: string) => void): void {
    const { layout } = this.options;
    for (const desc of layout.free(view, this.place)) place(desc, 'the free list');
    for (const { head, descriptors } of layout.out(view, this.place))
      for (const desc of descriptors) place(desc, `chain ${head}`);
  }

  #note(buffer: number) {
    return fieldLocation(pool_entry_t, 'local', this.#notes + buffer * pool_entry_t.bytes, 'taken');
  }

  #link(buffer: number) {
    return fieldLocation(chain_link_t, 'local', this.#links + buffer * chain_link_t.bytes, 'next');
  }
}

/** What the application's tokens say about a chain; the buffers behind the first one are linked. */
export interface TokenContent {
  /** Its first buffer. */
  readonly first: number;
  readonly segments: number;
  /** Of those, at its end. */
  readonly writable: number;
}

export function tokenOf({ first, segments, writable }: TokenContent): number {
  return first + segments * 2 ** 12 + writable * 2 ** 22;
}

export function chainOfToken(token: number): TokenContent {
  return { first: token & 0xfff, segments: (token >>> 12) & 0x3ff, writable: token >>> 22 };
}

function aligned(offset: number, to: number): number {
  return to * Math.ceil(offset / to);
}

/**
 * A line for each side, which its peer rings, and the semaphore that its handler gives. @param most how many interrupts of the
 * driver can be pending, and wake it.
 */
function interrupts(most: number): Interrupts {
  return {
    lines: [
      { name: 'driver.line', core: DRIVER_CORE, trigger: 'edge', enabled: true, most },
      { name: 'device.line', core: DEVICE_CORE, trigger: 'edge', enabled: true, announces: 0 },
    ],
    semaphores: [
      { name: 'driver.woken', most },
      { name: 'device.woken', most: 1 },
    ],
  };
}

/** The handler of a side that sleeps: it wakes it. */
function wakingHandler(core: number): Program {
  return program<null>(null, (port) => (state) => {
    port.action('give', core);
    return state;
  });
}
