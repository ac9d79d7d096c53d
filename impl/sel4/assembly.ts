/**
 * A CAmkES assembly's `seL4VirtQueues` connection: which interfaces are the two ends of which channel, and what each
 * component is given for it. Validated before anything is placed; after the templates `seL4VirtQueues-from`,
 * `VirtQueueInit` and `virtqueue_get_client_id`, and libsel4camkes' document.
 *
 * What differs, and why: a queue's length must be a power of two, a dataport must hold the rings and a block, ids must be
 * 0..100. The source's build accepts all else; at run time it logs, or computes with an underflow.
 */
import type { MemoryPort } from '../../memory/index.ts';
import { type ChannelRegistration, type Channels, MAX_CAMKES_VIRTQUEUE_ID } from './channels.ts';
import { CAMKES_OK } from './errors.ts';
import { BLOCK_SIZE, channel_bytes, PAGE_BYTES } from './geometry.ts';
import { notification_t, VIRTQUEUE_DEVICE, VIRTQUEUE_DRIVER } from './layout.ts';
import { Notification, type Signal } from './notification.ts';
import { is_power_of_two, MAX_QUEUE_LEN } from './virtqueue.ts';

/** The type of an interface that can be an end of a channel. */
export type EndType = 'VirtQueueDrv' | 'VirtQueueDev';

/** A component instance. */
export type ComponentInstance = {
  readonly name: string;
  /** Its interfaces by name. */
  readonly interfaces: Readonly<Record<string, EndType>>;
};

/** One channel: both ends as `instance.interface`. */
export type TopologyEntry = { readonly drv: string; readonly dev: string };

/** An assembly, as far as virtqueues go. */
export type Assembly = {
  readonly components: readonly ComponentInstance[];
  /** The connection's `from` ends, as `instance.interface`. */
  readonly from: readonly string[];
  /** The attribute `topology`; may be left out when there is one driver end and one device end. */
  readonly topology?: readonly TopologyEntry[];
  /** The attribute `queue_length`, of all channels, in descriptors; 256 if not given. */
  readonly queue_length?: number;
  /** The attributes `<interface>_id`, by `instance.interface`; assigned from 0 where not given. */
  readonly ids?: Readonly<Record<string, number>>;
  /** The attributes `<interface>_shmem_size`, by `instance.interface`, in bytes; 8192 where not given. */
  readonly shmem_sizes?: Readonly<Record<string, number>>;
};

/** What is wrong with an assembly, and what to do about it. */
export const assemblyErrors = {
  'unknown-end': {
    meaning: 'An end names no instance or no interface of it, or is no end of the connection.',
    advice: 'Name it as instance.interface, both in the connection and in its topology.',
  },
  'end-used-twice': {
    meaning: 'An end stands twice in the connection or in its topology.',
    advice: 'Give each channel two interfaces of its own.',
  },
  'end-unused': {
    meaning: 'An end of the connection stands nowhere in its topology.',
    advice: 'Add a channel for it to the topology, or take it out of the connection.',
  },
  'wrong-role': {
    meaning: 'The driver end of a channel is a VirtQueueDev, or its device end a VirtQueueDrv.',
    advice: 'Exchange the ends in the topology, or correct the type of the interface.',
  },
  'topology-missing': {
    meaning: 'No topology was given, and the connection is not one driver end and one device end.',
    advice: 'Write down the topology.',
  },
  'id-clash': {
    meaning: 'Two channels of one component have the same id.',
    advice: 'Give them different ids, or leave them out.',
  },
  'id-out-of-range': {
    meaning: 'An id is not an integer in 0..100.',
    advice: 'Give it an id in 0..100, or leave it out.',
  },
  'too-many-channels': {
    meaning: 'A component is an end of more than 32 channels: a badge has one bit for each.',
    advice: 'Spread the channels over several components.',
  },
  'size-not-aligned': {
    meaning: 'The size of a dataport is not a multiple of a page, 4096 bytes.',
    advice: 'Round it up.',
  },
  'size-too-small': {
    meaning: 'A dataport cannot hold the rings and a block.',
    advice: 'Give it more pages, or the queue fewer descriptors.',
  },
  'sizes-differ': {
    meaning: 'The two ends of a channel have dataports of different size.',
    advice: 'Give both the same size.',
  },
  'length-not-power-of-two': {
    meaning: 'The length of the queues is not a power of two in 1..32768.',
    advice: 'Round it up.',
  },
} as const;

export type AssemblyErrorCode = keyof typeof assemblyErrors;

/** An assembly that cannot be built. */
export class AssemblyError extends Error {
  override readonly name = 'AssemblyError';
  readonly code: AssemblyErrorCode;
  /** The end, or the attribute, that is wrong. */
  readonly where: string;

  constructor(code: AssemblyErrorCode, where: string, found: string) {
    super(`${where}: ${found}. ${assemblyErrors[code].meaning} ${assemblyErrors[code].advice}`);
    this.code = code;
    this.where = where;
  }
}

/** One end of a channel, as its component is given it. */
export type WiredEnd = ChannelRegistration & {
  /** `instance.interface`, of this end and of the other. */
  readonly end: string;
  readonly peer: string;
  /** Whom `notify` signals, and with which badge. */
  readonly notify_line: number;
  readonly notify_badge: number;
};

/** A component with its ends, and its one notification. */
export type WiredComponent = {
  readonly name: string;
  /** The line that interrupts its core: components are numbered in the assembly's order. */
  readonly line: number;
  /** Where its notification object lies in shared memory. */
  readonly notification: number;
  readonly ends: readonly WiredEnd[];
};

/** What an assembly comes to. */
export type Wiring = {
  readonly sharedBytes: number;
  readonly components: readonly WiredComponent[];
};

const DEFAULT_LENGTH = 256;
const DEFAULT_SIZE = 8192;
/** Of a notification's word, here; the kernel's has the processor's word. */
const BADGE_BITS = 32;

type Channel = { readonly drv: string; readonly dev: string; readonly size: number };

/**
 * Checks an assembly and gives every end its place: the notification objects in the first page or pages, then one
 * dataport a channel, in the order of the topology. Badges are one bit a channel of the component that is signalled.
 * @throws AssemblyError
 */
export function wire(assembly: Assembly, block_size = BLOCK_SIZE): Wiring {
  const { components, queue_length = DEFAULT_LENGTH } = assembly;
  if (!is_power_of_two(queue_length) || queue_length > MAX_QUEUE_LEN)
    throw new AssemblyError('length-not-power-of-two', 'queue_length', `got ${queue_length}`);
  const types = endTypes(assembly);
  const channels = topologyOf(assembly, types).map(({ drv, dev }) => {
    const size = sizeOf(assembly, drv);
    const other = sizeOf(assembly, dev);
    if (size !== other) throw new AssemblyError('sizes-differ', drv, `${size} bytes, and ${dev} ${other}`);
    const least = channel_bytes(queue_length, 1, block_size);
    if (size < least)
      throw new AssemblyError(
        'size-too-small',
        drv,
        `${size} bytes of at least ${least} for ${queue_length}`,
      );
    return { drv, dev, size };
  });
  const ids = assignIds(assembly, channels);

  const objects =
    PAGE_BYTES * Math.ceil((notification_t.bytes * Math.max(1, components.length)) / PAGE_BYTES);
  const dataports: number[] = [];
  let sharedBytes = objects;
  for (const { size } of channels) {
    dataports.push(sharedBytes);
    sharedBytes += size;
  }
  const lineOf = (end: string): number => components.findIndex(({ name }) => name === instanceOf(end));
  /** The bit of a channel among those of the component at this end. */
  const badgeOf = (end: string): number => {
    const own = channels.filter(({ drv, dev }) => [drv, dev].some((other) => lineOf(other) === lineOf(end)));
    const bit = own.findIndex(({ drv, dev }) => drv === end || dev === end);
    if (bit >= BADGE_BITS)
      throw new AssemblyError('too-many-channels', instanceOf(end), `${own.length} channels`);
    return 2 ** bit;
  };
  const endOf = (channel: Channel, index: number, end: string, peer: string, notify: number): WiredEnd => ({
    end,
    peer,
    virtqueue_id: ids.get(end) ?? 0,
    interface_name: interfaceOf(end),
    queue_len: queue_length,
    size: channel.size,
    buf: dataports[index] ?? 0,
    notify,
    recv_notification: lineOf(end),
    recv_badge: badgeOf(end),
    role: types.get(end) === 'VirtQueueDrv' ? VIRTQUEUE_DRIVER : VIRTQUEUE_DEVICE,
    notify_line: lineOf(peer),
    notify_badge: badgeOf(peer),
  });
  return {
    sharedBytes,
    components: components.map(({ name }, line) => {
      const ends: WiredEnd[] = [];
      for (const [index, channel] of channels.entries()) {
        const { drv, dev } = channel;
        if (instanceOf(drv) === name) ends.push(endOf(channel, index, drv, dev, ends.length + 1));
        if (instanceOf(dev) === name) ends.push(endOf(channel, index, dev, drv, ends.length + 1));
      }
      return { name, line, notification: notification_t.bytes * line, ends };
    }),
  };
}

/** What a component does before its own code runs: registers its ends. @throws Error when one is refused. */
export function register_ends(channels: Channels, component: WiredComponent): void {
  for (const end of component.ends) {
    const {
      virtqueue_id,
      interface_name,
      queue_len,
      size,
      buf,
      notify,
      recv_notification,
      recv_badge,
      role,
    } = end;
    const registration = { virtqueue_id, interface_name, queue_len, size, buf, notify, role };
    if (channels.channel_register({ ...registration, recv_notification, recv_badge }) !== CAMKES_OK)
      throw new Error(`${end.end}: the channel ${virtqueue_id} cannot be registered`);
  }
}

/** Whom the `notify` functions of a component signal: for its `Notifier`. */
export function signals_of(port: MemoryPort, wiring: Wiring, component: WiredComponent): readonly Signal[] {
  return component.ends.map(({ notify_line, notify_badge }) => {
    const peer = wiring.components[notify_line];
    if (peer === undefined) throw new RangeError(`there is no component ${notify_line}`);
    const { notification: object, line } = peer;
    return { notification: new Notification(port, { object, line }), badge: notify_badge };
  });
}

/** The connection's ends with their types. */
function endTypes({ components, from }: Assembly): ReadonlyMap<string, EndType> {
  const types = new Map<string, EndType>();
  for (const end of from) {
    const component = components.find(({ name }) => name === instanceOf(end));
    if (component === undefined) throw new AssemblyError('unknown-end', end, 'there is no such instance');
    const type = Object.hasOwn(component.interfaces, interfaceOf(end))
      ? component.interfaces[interfaceOf(end)]
      : undefined;
    if (type === undefined) throw new AssemblyError('unknown-end', end, 'there is no such interface');
    if (types.has(end)) throw new AssemblyError('end-used-twice', end, 'twice in the connection');
    types.set(end, type);
  }
  return types;
}

function topologyOf(assembly: Assembly, types: ReadonlyMap<string, EndType>): readonly TopologyEntry[] {
  const { from } = assembly;
  const topology = assembly.topology ?? [soleChannel(from, types)];
  const used = new Set<string>();
  for (const { drv, dev } of topology) {
    for (const [end, wanted] of [
      [drv, 'VirtQueueDrv'],
      [dev, 'VirtQueueDev'],
    ] as const) {
      const type = types.get(end);
      if (type === undefined) throw new AssemblyError('unknown-end', end, 'not of this connection');
      if (type !== wanted) throw new AssemblyError('wrong-role', end, `expected a ${wanted}, got a ${type}`);
      if (used.has(end)) throw new AssemblyError('end-used-twice', end, 'twice in the topology');
      used.add(end);
    }
  }
  const unused = from.find((end) => !used.has(end));
  if (unused !== undefined) throw new AssemblyError('end-unused', unused, 'not in the topology');
  return topology;
}

function soleChannel(from: readonly string[], types: ReadonlyMap<string, EndType>): TopologyEntry {
  const drv = from.find((end) => types.get(end) === 'VirtQueueDrv');
  const dev = from.find((end) => types.get(end) === 'VirtQueueDev');
  if (drv === undefined || dev === undefined || from.length !== 2)
    throw new AssemblyError('topology-missing', 'topology', `the connection has ${from.length} ends`);
  return { drv, dev };
}

function sizeOf({ shmem_sizes = {} }: Assembly, end: string): number {
  const size = Object.hasOwn(shmem_sizes, end) ? (shmem_sizes[end] ?? DEFAULT_SIZE) : DEFAULT_SIZE;
  if (!Number.isInteger(size) || size < PAGE_BYTES || size % PAGE_BYTES !== 0)
    throw new AssemblyError('size-not-aligned', end, `got ${size} bytes`);
  return size;
}

/** Explicit ids first; the others count from 0, passing over those that the component has already. */
function assignIds({ ids = {} }: Assembly, channels: readonly Channel[]): ReadonlyMap<string, number> {
  const assigned = new Map<string, number>();
  const taken = new Map<string, Set<number>>();
  const ends = channels.flatMap(({ drv, dev }) => [drv, dev]);
  for (const end of ends) {
    const id = Object.hasOwn(ids, end) ? ids[end] : undefined;
    if (id === undefined) continue;
    if (!Number.isInteger(id) || id < 0 || id > MAX_CAMKES_VIRTQUEUE_ID)
      throw new AssemblyError('id-out-of-range', end, `got ${id}`);
    const own = setOf(taken, instanceOf(end));
    if (own.has(id)) throw new AssemblyError('id-clash', end, `${id} is taken`);
    own.add(id);
    assigned.set(end, id);
  }
  for (const end of ends) {
    if (assigned.has(end)) continue;
    const own = setOf(taken, instanceOf(end));
    let id = 0;
    while (own.has(id)) id++;
    if (id > MAX_CAMKES_VIRTQUEUE_ID)
      throw new AssemblyError('id-out-of-range', end, 'the component has 101 channels already');
    own.add(id);
    assigned.set(end, id);
  }
  return assigned;
}

function setOf(sets: Map<string, Set<number>>, key: string): Set<number> {
  const found = sets.get(key) ?? new Set<number>();
  sets.set(key, found);
  return found;
}

function instanceOf(end: string): string {
  return end.split('.')[0] ?? '';
}

function interfaceOf(end: string): string {
  return end.slice(end.indexOf('.') + 1);
}
