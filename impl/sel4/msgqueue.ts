/**
 * A one-way queue of small messages on top of a virtqueue, after libsel4camkes' `msgqueue.c`: the sender is its driver,
 * the receiver its device, a message is one block. The assembly gives it twice as many descriptors as messages.
 *
 * What differs, and why:
 * - `camkes_msgqueue_send` sees to it that there is a descriptor before it takes a block: ECOMM has touched nothing. The
 *   source puts the block back and zeroes it.
 * - `camkes_msgqueue_get` drops a message that is not sound or is larger than agreed on, returns its buffer and answers
 *   EBADMSG. The source stops the component by an assertion, or copies what it should not.
 */
import { type MemoryPort, type View, viewOf } from '../../memory/index.ts';
import { CamkesDevice, type CamkesDeviceOptions } from './camkesDevice.ts';
import { CamkesDriver, type CamkesDriverOptions } from './camkesDriver.ts';
import {
  CAMKES_OK,
  EBADMSG,
  ECOMM,
  EINVAL,
  EMSGSIZE,
  ENOMEM,
  ENOMSG,
  VQ_NONE,
  VQ_OK,
  VQ_REFUSED,
} from './errors.ts';
import { camkes_msgqueue_t, type Gathered, new_ring_object } from './layout.ts';

/** A message queue's channel, as the assembly has it. */
export type MsgqueueChannel = {
  /** Where the dataport lies in shared memory. */
  readonly buffer: number;
  /** Of the dataport, in bytes. */
  readonly buffer_size: number;
  /** In descriptors: twice the messages. */
  readonly queue_len: number;
  /** Of the largest message, in bytes. */
  readonly message_size: number;
  /** Of the sender: a function pointer. */
  readonly notify: number;
};

/** The sending end, bound to a `camkes_msgqueue_t` in core-local memory with its driver behind it; zeroed at first. */
export class MsgqueueSender {
  /** The virtqueue below. */
  readonly sender_channel: CamkesDriver;
  protected readonly port: MemoryPort;
  protected readonly state: View<typeof camkes_msgqueue_t.fields>;
  protected readonly id: string;

  /** @param options of the driver below. */
  constructor(port: MemoryPort, handle: number, options: CamkesDriverOptions = {}) {
    this.port = port;
    this.state = viewOf(camkes_msgqueue_t, port, 'local', handle);
    this.id = options.id ?? 'queue';
    this.sender_channel = this.new_driver(port, handle + camkes_msgqueue_t.bytes, options);
  }

  /** 0, also when it was initialized before; EINVAL without a channel, or with one that cannot be set up; ENOMEM. */
  sender_init(channel: MsgqueueChannel | null): number {
    return this.port.op('msgqueue_sender_init', { queue: this.id, channel }, () => {
      if (this.state.initialised !== 0) return 0;
      if (channel === null || channel.message_size >= channel.buffer_size) return EINVAL;
      const error = this.sender_channel.driver_init_common(
        channel.buffer,
        channel.queue_len,
        channel.buffer_size,
        channel.notify,
        next_power_of_two(channel.message_size),
      );
      if (error !== 0) return error;
      this.state.message_size = channel.message_size;
      this.state.initialised = 1;
      return 0;
    });
  }

  /**
   * Copies a message into a block that came back, or else into a fresh one, sends it, and wakes the receiver up: 0.
   * EINVAL before the initialization; EMSGSIZE when it is too large; ENOMEM when no block is free, ECOMM when no
   * descriptor is, and nothing has changed.
   */
  send(message: Uint8Array): number {
    return this.port.op('msgqueue_send', { queue: this.id, size: message.length }, () => {
      if (this.state.initialised === 0) return EINVAL;
      if (message.length > this.state.message_size) return EMSGSIZE;
      const buffer = { buf: 0 };
      const error = this.alloc_buffer(buffer);
      if (error !== 0) return error;
      this.port.writeRange(buffer.buf, message);
      if (this.sender_channel.driver_send_buffer(buffer.buf, message.length) !== CAMKES_OK)
        return this.undo_send(buffer.buf, message.length);
      this.sender_channel.notify();
      return 0;
    });
  }

  protected new_driver(port: MemoryPort, handle: number, options: CamkesDriverOptions): CamkesDriver {
    return new CamkesDriver(port, handle, options);
  }

  protected alloc_buffer(out: { buf: number }): number {
    const driver = this.sender_channel;
    const object = new_ring_object();
    if (driver.get_used_buf(object, { len: 0 }) === VQ_OK) {
      const gathered: Gathered = { buf: 0, len: 0, flag: 0 };
      driver.driver_gather_buffer(object, gathered);
      out.buf = gathered.buf;
      return 0;
    }
    if (!this.may_allocate()) return ECOMM;
    return driver.buffer_alloc(out, this.state.message_size) === CAMKES_OK ? 0 : ENOMEM;
  }

  /** Whether a block that is allocated now can be sent. */
  protected may_allocate(): boolean {
    return this.sender_channel.has_free_desc();
  }

  /** No descriptor was free after all: puts the block back, with nothing of the message in it. */
  private undo_send(buf: number, size: number): number {
    this.port.writeRange(buf, new Uint8Array(size));
    this.sender_channel.buffer_free(buf);
    return ECOMM;
  }
}

/** What a receiver asks of its notification: see `Notification`. */
export type MsgqueueReceiverOptions = CamkesDeviceOptions & {
  /** Not 0 when it was signalled since it was last asked. */
  readonly poll?: () => number;
  /** Ends when it was signalled. */
  readonly wait?: () => void;
};

/** The receiving end, bound to a `camkes_msgqueue_t` in core-local memory with its device behind it; zeroed at first. */
export class MsgqueueReceiver {
  /** The virtqueue below. */
  readonly receiver_channel: CamkesDevice;
  protected readonly port: MemoryPort;
  protected readonly state: View<typeof camkes_msgqueue_t.fields>;
  protected readonly id: string;
  private readonly on_poll: () => number;
  private readonly on_wait: () => void;

  /** @param options of the device below, and its notification. */
  constructor(port: MemoryPort, handle: number, options: MsgqueueReceiverOptions = {}) {
    this.port = port;
    this.state = viewOf(camkes_msgqueue_t, port, 'local', handle);
    this.id = options.id ?? 'queue';
    this.on_poll = options.poll ?? (() => 0);
    this.on_wait = options.wait ?? (() => undefined);
    this.receiver_channel = this.new_device(port, handle + camkes_msgqueue_t.bytes, options);
  }

  /** 0, also when it was initialized before; EINVAL without a channel, or with one that cannot be set up; ENOMEM. */
  receiver_init(channel: MsgqueueChannel | null): number {
    return this.port.op('msgqueue_receiver_init', { queue: this.id, channel }, () => {
      if (this.state.initialised !== 0) return 0;
      if (channel === null || channel.message_size >= channel.buffer_size) return EINVAL;
      const { buffer, queue_len, buffer_size } = channel;
      const error = this.receiver_channel.device_init_common(buffer, queue_len, buffer_size, 0);
      if (error !== 0) return error;
      this.state.message_size = channel.message_size;
      this.state.initialised = 1;
      return 0;
    });
  }

  /**
   * Whether the sender has signalled since this was last asked: not 0, or 0; EINVAL before the initialization, as in the
   * source, where it cannot be told from a badge. Several messages may have been one signal: get until ENOMSG.
   */
  poll(): number {
    return this.state.initialised === 0 ? EINVAL : this.on_poll();
  }

  /** Waits for a signal: 0; EINVAL before the initialization. Get until ENOMSG afterwards. */
  wait(): number {
    if (this.state.initialised === 0) return EINVAL;
    this.on_wait();
    return 0;
  }

  /**
   * Copies the next message out and returns its buffer: 0 with its length. EINVAL before the initialization, EMSGSIZE
   * when `into` is smaller than a message can be, ENOMSG when there is none, and nothing has changed. EBADMSG when the
   * sender broke the rules: the message is dropped where it could be taken.
   */
  get(into: Uint8Array, out: { len: number }): number {
    return this.port.op('msgqueue_get', { queue: this.id, size: into.length, out }, () => {
      if (this.state.initialised === 0) return EINVAL;
      if (into.length < this.state.message_size) return EMSGSIZE;
      const device = this.receiver_channel;
      const object = new_ring_object();
      const taken = device.get_available_buf(object);
      if (taken === VQ_NONE) return ENOMSG;
      if (taken === VQ_REFUSED) return EBADMSG;
      const message: Gathered = { buf: 0, len: 0, flag: 0 };
      if (device.device_gather_buffer(object, message) !== CAMKES_OK || message.len > into.length) {
        device.add_used_buf(object, 0);
        return EBADMSG;
      }
      this.port.readRange(message.buf, into.subarray(0, message.len));
      out.len = message.len;
      device.add_used_buf(object, message.len);
      return 0;
    });
  }

  protected new_device(port: MemoryPort, handle: number, options: CamkesDeviceOptions): CamkesDevice {
    return new CamkesDevice(port, handle, options);
  }
}

/** The smallest power of two that is no less, of 1..2^30. */
function next_power_of_two(value: number): number {
  return value <= 1 ? 1 : 2 ** (32 - Math.clz32(value - 1));
}
