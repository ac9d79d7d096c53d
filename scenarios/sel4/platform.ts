/**
 * A seL4 channel between two components, each on a core of its own: one dataport, the driver's and the device's private
 * halves in core-local memory, set up as CAmkES does it, and a notification for each side where they sleep.
 */
import type {
  Actions,
  AgentSpec,
  ChainAction,
  Interrupts,
  System,
  SystemOperation,
  Witness,
} from '../../checker/index.ts';
import {
  allocator_bytes,
  type CamkesDevice,
  type CamkesDriver,
  type ChainAction as ChannelAction,
  type ChannelGeometry,
  camkes_msgqueue_t,
  channel_bytes,
  channel_geometry,
  DESC_BUILDING,
  DESC_COLLECTED,
  DESC_PUBLISHED,
  device_bytes,
  driver_bytes,
  type MsgqueueReceiver,
  type MsgqueueSender,
  Notification,
  notification_t,
  placeDevice,
  placeDriver,
  placeVirtqueue,
  type Sel4Classes,
  sel4Operations,
  virtqueue_device_t,
  virtqueue_driver_t,
  vq_block_t,
  vq_buf_alloc_t,
  vq_chain_private_t,
  vq_desc_private_t,
  vq_vring_avail_t,
  vq_vring_desc_t,
  vq_vring_used_elem_t,
  vq_vring_used_t,
} from '../../impl/index.ts';
import {
  type Fields,
  fieldLocation,
  LayoutMap,
  type Location,
  type MemoryPort,
  type Struct,
} from '../../memory/index.ts';
import { builtInProperties, type LocationNames, type Slot, type StateView } from '../../properties/index.ts';

export const DRIVER_CORE = 0;
export const DEVICE_CORE = 1;

/** Of the dataport, in shared memory: behind the notification objects, and not 0, which is NULL. */
const DATAPORT = 16;
/** Bytes of a block: so small that messages of a few bytes need several. As shipped: 128. */
export const BLOCK_BYTES = 8;
const QUEUE = 'queue';
/** The function pointer that each side is given as `notify`. */
const NOTIFY = 1;

export interface PlatformOptions {
  readonly title: string;
  /** Length of the queue: its descriptors. A power of two. */
  readonly slots: number;
  /** Blocks of the pool; as many as descriptors if not given. */
  readonly blocks?: number;
  readonly blockBytes?: number;
  readonly indexModulus: number;
  readonly classes: Sel4Classes;
  /** Where both indices begin: what stands in the rings before they are set up. Default 0. */
  readonly startIndex?: number;
  /** Both components have a notification: its line, its handler and its semaphore. */
  readonly notifications?: boolean;
  /** The driver's and the device's sides are a message queue's, with messages of one block. */
  readonly msgqueue?: boolean;
}

/** Operations that move blocks through those nested in them. */
const COMPOSED: ReadonlySet<string> = new Set([
  'add_available_buf',
  'publish_available',
  'driver_send_buffer',
  'driver_scatter_send_buffer',
  'driver_gather_copy_buffer',
  'driver_gather_buffer',
  'device_gather_copy_buffer',
  'device_scatter_copy_buffer',
  'msgqueue_send',
  'msgqueue_get',
]);

/** There is one queue: number 0. */
function translated(actions: readonly ChannelAction[]): Actions {
  if (actions.length === 0) return null;
  return actions.map((action): ChainAction => (action.kind === 'slot' ? action : { ...action, queue: 0 }));
}

/** Operations by name. */
export type Operations = Readonly<Record<string, SystemOperation>>;

/**
 * For a device that tries to give back what it does not have: `give_back`, an operation of the application around
 * `add_used_buf`, returns the chain when it has succeeded. So an attempt that is refused is none.
 */
export function withGiveBack(operations: Operations): Operations {
  const { add_used_buf } = operations;
  if (add_used_buf === undefined) throw new RangeError('no operation add_used_buf');
  const { codes, succeeded } = add_used_buf;
  return {
    ...operations,
    add_used_buf: { codes, succeeded },
    give_back: {
      codes,
      succeeded,
      onReturn: ({ head }, result) =>
        succeeded(result) ? [{ kind: 'chain', queue: 0, head: Number(head), event: 'return' }] : null,
    },
  };
}

/** The operations of the channel whose pool begins there. */
export function channelOperations(pool: number): Operations {
  const entries = Object.entries(sel4Operations({ [QUEUE]: pool })).map(([name, spec]) => {
    const { codes, succeeded, onCall, onReturn } = spec;
    const operation: SystemOperation = {
      codes,
      succeeded,
      progress: COMPOSED.has(name),
      waits: name === 'seL4_Wait',
      ...(onCall === undefined ? {} : { onCall: (args) => translated(onCall(args)) }),
      ...(onReturn === undefined ? {} : { onReturn: (args, result) => translated(onReturn(args, result)) }),
    };
    return [name, operation] as const;
  });
  const operations = Object.fromEntries(entries);
  const init = operations.driver_init_common;
  if (init === undefined) throw new RangeError('no operation driver_init_common');
  // A driver that begins anew has all blocks, also those of chains that have come back and were not collected.
  const collectAll = { kind: 'chain', queue: 0, head: null, event: 'collect' } as const;
  return {
    ...operations,
    driver_init_common: {
      ...init,
      onReturn: (_args, result) => (init.succeeded(result) ? [collectAll] : null),
    },
  };
}

type Functions = readonly (() => void)[];

export class Platform {
  readonly options: PlatformOptions;
  readonly blocks: number;
  readonly blockBytes: number;
  readonly geometry: ChannelGeometry;
  readonly slots: readonly Slot[];
  readonly operations: Operations;
  readonly #size: number;
  /** Bytes of core-local memory, and those of them before the driver's or the device's. */
  readonly #localBytes: number;
  readonly #before: number;
  readonly #names: LocationNames;
  readonly #fields: ReturnType<typeof fieldsOf>;

  constructor(options: PlatformOptions) {
    const { slots, blocks = slots, blockBytes = BLOCK_BYTES } = options;
    this.options = options;
    this.blocks = blocks;
    this.blockBytes = blockBytes;
    this.geometry = channel_geometry(DATAPORT, slots);
    this.#size = channel_bytes(slots, blocks, blockBytes);
    this.#before = options.msgqueue === true ? camkes_msgqueue_t.bytes : 0;
    const local = Math.max(driver_bytes(slots) + allocator_bytes(blocks), device_bytes(slots));
    this.#localBytes = 8 * Math.ceil((this.#before + local) / 8);
    this.slots = Array.from({ length: blocks }, (_, i) => ({
      name: `buffer[${i}]`,
      address: this.geometry.pool + i * blockBytes,
      lengthBytes: blockBytes,
      queue: 0,
    }));
    this.operations = channelOperations(this.geometry.pool);
    this.#names = this.#nameAll();
    this.#fields = fieldsOf(this.geometry, this.#before, slots, blocks);
  }

  /** The two cores have places of the same offsets, with different names. */
  #nameAll(): LocationNames {
    const { slots, notifications } = this.options;
    const [driver, device] = [new LayoutMap(), new LayoutMap()];
    for (const map of [driver, device]) {
      placeVirtqueue(map, '', DATAPORT, slots, this.blocks, this.blockBytes);
      if (notifications !== true) continue;
      map.place('driver.notification', 'shared', notification_t, this.#objectOf(DRIVER_CORE));
      map.place('device.notification', 'shared', notification_t, this.#objectOf(DEVICE_CORE));
    }
    if (this.#before > 0) {
      driver.place('sender', 'local', camkes_msgqueue_t, 0);
      device.place('receiver', 'local', camkes_msgqueue_t, 0);
    }
    placeDriver(driver, 'driver', this.#before, slots, this.blocks);
    placeDevice(device, 'device', this.#before, slots);
    return {
      nameOf: (space, byteOffset, bytes, core) =>
        (core === DEVICE_CORE ? device : driver).nameOf(space, byteOffset, bytes),
    };
  }

  #objectOf(core: number): number {
    return core * notification_t.bytes;
  }

  /** A component's own notification, or that of its peer. Its line, and on its core its semaphore, have its core's number. */
  notification(port: MemoryPort, core: number): Notification {
    return new Notification(port, { object: this.#objectOf(core), line: core, semaphore: core });
  }

  #common(port: MemoryPort, peer: number, own?: Functions) {
    const { indexModulus, notifications } = this.options;
    const signals = notifications === true ? [() => this.notification(port, peer).signal(1)] : [];
    const functions = own ?? signals;
    // What a side may take for itself: a pool of impossible size finds no memory for its list.
    const local_bytes = this.#localBytes - this.#before;
    return { index_modulus: indexModulus, functions, block_size: this.blockBytes, id: QUEUE, local_bytes };
  }

  /** @param functions what `notify` may be; by default a signal to the peer. */
  driver(port: MemoryPort, functions?: Functions): CamkesDriver {
    return new this.options.classes.Driver(port, this.#before, this.#common(port, DEVICE_CORE, functions));
  }

  device(port: MemoryPort, functions?: Functions): CamkesDevice {
    return new this.options.classes.Device(port, this.#before, this.#common(port, DRIVER_CORE, functions));
  }

  sender(port: MemoryPort): MsgqueueSender {
    return new this.options.classes.MsgqueueSender(port, 0, this.#common(port, DEVICE_CORE));
  }

  receiver(port: MemoryPort): MsgqueueReceiver {
    const own = this.notification(port, DEVICE_CORE);
    const options = { poll: () => own.poll(), wait: () => void own.wait() };
    return new this.options.classes.MsgqueueReceiver(port, 0, {
      ...this.#common(port, DRIVER_CORE),
      ...options,
    });
  }

  /** A field of a descriptor in shared memory, as either side could write it. */
  descriptor(at: number, field: keyof typeof vq_vring_desc_t.fields): Location {
    return fieldLocation(
      vq_vring_desc_t,
      'shared',
      this.geometry.desc_table + at * vq_vring_desc_t.bytes,
      field,
    );
  }

  /** A field of an entry of the used ring. */
  usedEntry(at: number, field: keyof typeof vq_vring_used_elem_t.fields): Location {
    const first = this.geometry.used_ring + vq_vring_used_t.bytes;
    return fieldLocation(vq_vring_used_elem_t, 'shared', first + at * vq_vring_used_elem_t.bytes, field);
  }

  get usedIndex(): Location {
    return this.#fields.returned;
  }

  /** Where it is, and how large it is: for whoever sets a side up by himself. */
  get dataport(): { readonly buffer: number; readonly size: number } {
    return { buffer: DATAPORT, size: this.#size };
  }

  /** Sets the driver's side up: its result. */
  initDriver(driver: CamkesDriver): number {
    return driver.driver_init_common(DATAPORT, this.options.slots, this.#size, NOTIFY, this.blockBytes);
  }

  /** The system, with these agents on its two cores. */
  system(
    agents: readonly AgentSpec[],
    extra: Partial<System> & { readonly witnesses: readonly Witness[] },
  ): System {
    const { title, notifications } = this.options;
    return {
      title,
      sharedBytes: 8 * Math.ceil((DATAPORT + this.#size) / 8),
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
      home: (view) => this.home(view),
      census: (view, place) => this.census(view, place),
      // Setting up takes some accesses for each descriptor and block, and a chain of real length has many blocks.
      accessBound: this.blockBytes === BLOCK_BYTES ? 300 : 2000 + 16 * (this.options.slots + this.blocks),
      // Nothing in the sound code drains a store buffer: all stores of all messages under way may wait in it.
      bufferDepth: 9 * this.blocks + 12,
      ...(notifications === true ? { interrupts: interrupts() } : {}),
      ...extra,
    };
  }

  #setUp([driver, device]: readonly MemoryPort[]): void {
    if (driver === undefined || device === undefined) throw new RangeError('expected two cores');
    const { startIndex = 0, slots, msgqueue } = this.options;
    const { avail_ring, used_ring } = this.geometry;
    driver.store(fieldLocation(vq_vring_avail_t, 'shared', avail_ring, 'idx'), startIndex, 'relaxed');
    driver.store(fieldLocation(vq_vring_used_t, 'shared', used_ring, 'idx'), startIndex, 'relaxed');
    const channel = {
      buffer: DATAPORT,
      buffer_size: this.#size,
      queue_len: slots,
      message_size: this.blockBytes,
      notify: NOTIFY,
    };
    const results =
      msgqueue === true
        ? [this.sender(driver).sender_init(channel), this.receiver(device).receiver_init(channel)]
        : [
            this.initDriver(this.driver(driver)),
            this.device(device).device_init_common(DATAPORT, slots, this.#size, NOTIFY),
          ];
    if (results.some((result) => result !== 0)) throw new Error(`set up: ${results.join(', ')}`);
  }

  /** Both sides have seen all that the other one published, and the driver has all descriptors and blocks. */
  home(view: StateView): boolean {
    const { slots } = this.options;
    const { published, returned, seenUsed, seenAvail, freeDescs, freeBlocks, left } = this.#fields;
    const index = view.load(published);
    // Where no chain is out, the cursors cannot be a lap apart.
    const isSeen = (at: Location, core: number): boolean => (view.load(at, core) + 1 - index) % slots === 0;
    return (
      view.load(returned) === index &&
      isSeen(seenUsed, DRIVER_CORE) &&
      isSeen(seenAvail, DEVICE_CORE) &&
      view.load(freeDescs, DRIVER_CORE) === slots &&
      view.load(freeBlocks, DRIVER_CORE) === this.blocks &&
      left.every((at) => view.load(at, DEVICE_CORE) === 0)
    );
  }

  /** Where each block stands: in the pool, with the driver's application, or in a chain that is out or not gathered yet. */
  census(view: StateView, place: (slot: number, where: string) => void): void {
    for (let slot = 0; slot < this.slots.length; slot++)
      if (view.slotState(slot) === 'reserved') place(slot, 'the driver');
    for (const block of this.#freeBlocks(view)) place(block, 'the pool');
    for (const [head, chain] of this.#chains(view)) {
      for (const at of chain) {
        const addr = view.load(this.#descriptor(at).addr, DRIVER_CORE);
        const slot = addr / this.blockBytes;
        if (Number.isInteger(slot) && slot < this.blocks) place(slot, `chain ${head}`);
      }
    }
  }

  /** Calls `place` for each place in which a descriptor stands: the free list, or a chain. */
  descriptorCensus(view: StateView, place: (desc: number, where: string) => void): void {
    const { slots } = this.options;
    let at = view.load(this.#fields.freeDesc, DRIVER_CORE);
    for (let met = 0; at < slots && met <= slots; met++) {
      place(at, 'the free list');
      at = view.load(this.#descriptor(at).next, DRIVER_CORE);
    }
    for (const [head, chain] of this.#chains(view)) for (const desc of chain) place(desc, `chain ${head}`);
  }

  #freeBlocks(view: StateView): number[] {
    const { firstBlock, nextBlock } = this.#fields;
    const free: number[] = [];
    let block = view.load(firstBlock, DRIVER_CORE);
    while (block < this.blocks && free.length <= this.blocks) {
      free.push(block);
      block = view.load(nextBlock[block] as Location, DRIVER_CORE);
    }
    return free;
  }

  /** Descriptors of each chain that the driver knows of, by its head. */
  #chains(view: StateView): (readonly [head: number, chain: readonly number[]])[] {
    const { slots } = this.options;
    const heads = [DESC_BUILDING, DESC_PUBLISHED, DESC_COLLECTED];
    return this.#fields.descs.flatMap(({ state }, head) => {
      if (!heads.includes(view.load(state, DRIVER_CORE))) return [];
      const chain: number[] = [];
      let at = head;
      while (at < slots && chain.length <= slots) {
        chain.push(at);
        at = view.load(this.#descriptor(at).next, DRIVER_CORE);
      }
      return [[head, chain] as const];
    });
  }

  #descriptor(at: number) {
    const found = this.#fields.descs[at];
    if (found === undefined) throw new RangeError(`no descriptor ${at}`);
    return found;
  }
}

/** A line for each component, which its peer rings, and the semaphore that its handler gives. */
function interrupts(): Interrupts {
  return {
    lines: [
      { name: 'driver.line', core: DRIVER_CORE, trigger: 'edge', enabled: true },
      { name: 'device.line', core: DEVICE_CORE, trigger: 'edge', enabled: true, announces: 0 },
    ],
    semaphores: [
      { name: 'driver.signalled', most: 1 },
      { name: 'device.signalled', most: 1 },
    ],
  };
}

/** Where the things stand that tell whether all is home, and in which place it is. */
function fieldsOf({ avail_ring, used_ring }: ChannelGeometry, handle: number, slots: number, blocks: number) {
  const at = <F extends Fields>(struct: Struct<F>, base: number, name: keyof F & string, index = 0) =>
    fieldLocation(struct, 'local', base + index * struct.bytes, name);
  const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
  const descs = handle + virtqueue_driver_t.bytes;
  const pool = handle + driver_bytes(slots);
  return {
    published: fieldLocation(vq_vring_avail_t, 'shared', avail_ring, 'idx'),
    returned: fieldLocation(vq_vring_used_t, 'shared', used_ring, 'idx'),
    seenUsed: at(virtqueue_driver_t, handle, 'u_ring_last_seen'),
    seenAvail: at(virtqueue_device_t, handle, 'a_ring_last_seen'),
    freeDesc: at(virtqueue_driver_t, handle, 'free_desc_head'),
    freeDescs: at(virtqueue_driver_t, handle, 'num_free'),
    descs: range(slots).map((i) => ({
      addr: at(vq_desc_private_t, descs, 'addr', i),
      next: at(vq_desc_private_t, descs, 'next', i),
      state: at(vq_desc_private_t, descs, 'state', i),
    })),
    firstBlock: at(vq_buf_alloc_t, pool, 'head'),
    freeBlocks: at(vq_buf_alloc_t, pool, 'num_free'),
    nextBlock: range(blocks).map((i) => at(vq_block_t, pool + vq_buf_alloc_t.bytes, 'next', i)),
    left: range(slots).map((i) => at(vq_chain_private_t, handle + virtqueue_device_t.bytes, 'left', i)),
  };
}
