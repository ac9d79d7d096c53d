/**
 * The channels of one component, as its assembly has registered them, after `virtqueue_template.c` and
 * `get_virtqueue_channel`, `camkes_virtqueue_get_id_from_name`, `camkes_virtqueue_channel_num` in `virtqueue.c`.
 *
 * What differs, and why: a negative id and one that is taken already are refused, and look-up by name passes over ids that
 * are not registered, and goes up to the last one. The source writes before the table, lets the later registration win,
 * compares with a NULL name, and forgets id 100.
 *
 * All state lies in core-local memory. Function pointers and names are numbers, 1..n: what they stand for is no state,
 * but the program's text.
 */
import { arrayOf, type MemoryPort, type StructArray, type View } from '../../memory/index.ts';
import { CAMKES_ERROR, CAMKES_OK } from './errors.ts';
import { camkes_virtqueue_channel_t, VIRTQUEUE_UNASSIGNED } from './layout.ts';

/** The largest id, as shipped. */
export const MAX_CAMKES_VIRTQUEUE_ID = 100;

/** What is registered of a channel. */
export type ChannelRegistration = {
  readonly virtqueue_id: number;
  readonly interface_name: string;
  /** In descriptors. */
  readonly queue_len: number;
  /** Of the dataport, in bytes. */
  readonly size: number;
  /** Where the dataport lies in shared memory; 0 is NULL. */
  readonly buf: number;
  /** A function pointer; 0 is NULL. */
  readonly notify: number;
  /** A capability: the number of a line. */
  readonly recv_notification: number;
  readonly recv_badge: number;
  readonly role: number;
};

/** What the program's text says; none of it changes. */
export type ChannelsOptions = {
  /** The interfaces' names, to which name pointers lead: 1 is the first one. */
  readonly names: readonly string[];
  /** The largest id, `MAX_CAMKES_VIRTQUEUE_ID` if not given. Less is for exhaustive runs. */
  readonly max_id?: number;
};

/** Bytes of core-local memory that the table takes. */
export function channels_bytes(max_id = MAX_CAMKES_VIRTQUEUE_ID): number {
  return camkes_virtqueue_channel_t.bytes * (max_id + 1);
}

/** A channel, as code sees it. */
export type Channel = View<typeof camkes_virtqueue_channel_t.fields>;

/** One component's table, zeroed at first. */
export class Channels {
  protected readonly table: StructArray<typeof camkes_virtqueue_channel_t.fields>;
  protected readonly max_id: number;
  protected readonly names: readonly string[];
  private readonly port: MemoryPort;

  /** @param table byte offset in core-local memory, a multiple of 4, with room for `channels_bytes`. */
  constructor(port: MemoryPort, table: number, options: ChannelsOptions) {
    const { names, max_id = MAX_CAMKES_VIRTQUEUE_ID } = options;
    this.port = port;
    this.max_id = max_id;
    this.names = names;
    this.table = arrayOf(camkes_virtqueue_channel_t, port, 'local', table, max_id + 1);
  }

  /** 0; -1 when the id is outside 0..max_id or taken, or dataport, function or name are none. */
  channel_register(channel: ChannelRegistration): number {
    return this.port.op('channel_register', { ...channel }, () => {
      const { virtqueue_id, buf, notify } = channel;
      const interface_name = this.names.indexOf(channel.interface_name) + 1;
      if (virtqueue_id > this.max_id || buf === 0 || notify === 0) return CAMKES_ERROR;
      if (!this.may_register(virtqueue_id) || interface_name === 0) return CAMKES_ERROR;
      const entry = this.table.at(virtqueue_id);
      entry.channel_buffer = buf;
      entry.channel_buffer_size = channel.size;
      entry.queue_len = channel.queue_len;
      entry.notify = notify;
      entry.recv_notification = channel.recv_notification;
      entry.recv_badge = channel.recv_badge;
      entry.role = channel.role;
      entry.interface_name = interface_name;
      return CAMKES_OK;
    });
  }

  /** The channel with this id; null when there is none, or its role is another. */
  get_virtqueue_channel(role: number, virtqueue_id: number): Channel | null {
    // The source takes the id as unsigned, so that a negative one is too large.
    if (!Number.isInteger(virtqueue_id) || virtqueue_id < 0 || virtqueue_id > this.max_id) return null;
    const entry = this.table.at(virtqueue_id);
    const found = entry.role;
    if (found === VIRTQUEUE_UNASSIGNED || entry.channel_buffer === 0) return null;
    return found === role ? entry : null;
  }

  /** The id of the channel at an interface, -1 when there is none. */
  get_id_from_name(interface_name: string): number {
    return this.port.op('get_id_from_name', { interface_name }, () => {
      const last = this.last_named();
      for (let id = 0; id <= last; id++) {
        const name = this.table.at(id).interface_name;
        if (this.is_name(name, interface_name)) return id;
      }
      return CAMKES_ERROR;
    });
  }

  /** How many channels are registered. */
  channel_num(): number {
    return this.port.op('channel_num', {}, () => {
      let channels = 0;
      for (let id = 0; id <= this.max_id; id++) {
        if (this.table.at(id).role !== VIRTQUEUE_UNASSIGNED) channels++;
      }
      return channels;
    });
  }

  protected may_register(virtqueue_id: number): boolean {
    return virtqueue_id >= 0 && this.table.at(virtqueue_id).role === VIRTQUEUE_UNASSIGNED;
  }

  /** The largest id at which a name is looked for. */
  protected last_named(): number {
    return this.max_id;
  }

  /** Whether a name pointer leads to this name. */
  protected is_name(pointer: number, name: string): boolean {
    return pointer !== 0 && this.names[pointer - 1] === name;
  }
}
