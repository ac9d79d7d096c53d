/**
 * Two seL4 components on two threads, joined by two CAmkES virtqueues. The client is the driver of both: up, it sends
 * messages, and the server copies them out; down, it offers room, and the server writes messages into it. Messages have
 * 1 byte to 64 KiB, in chains of blocks of 128 bytes. Either side sleeps until its notification is signalled.
 */
import {
  allocator_bytes,
  CAMKES_OK,
  CamkesDevice,
  CamkesDriver,
  Channels,
  channel_bytes,
  channels_bytes,
  driver_bytes,
  NOTIFIER_BYTES,
  Notification,
  Notifier,
  new_ring_object,
  PAGE_BYTES,
  register_ends,
  signals_of,
  VQ_OK,
  type Wiring,
  wire,
} from '../impl/index.ts';
import { LiveInterrupts, LivePort, liveInterruptsBytes } from '../memory/index.ts';

/** Of the largest message, in bytes. */
export const MOST_BYTES = 65_536;

/** Of each channel: two of the largest messages at a time. */
const DESCRIPTORS = 1024;
const BLOCKS = 1024;
const DATAPORT = PAGE_BYTES * Math.ceil(channel_bytes(DESCRIPTORS, BLOCKS) / PAGE_BYTES);
const MOST_BLOCKS = Math.floor((DATAPORT - channel_bytes(DESCRIPTORS, 0)) / 128);

/** What the assembly makes of it. Both threads come to the same. */
const WIRING: Wiring = wire({
  components: [
    { name: 'client', interfaces: { up: 'VirtQueueDrv', down: 'VirtQueueDrv' } },
    { name: 'server', interfaces: { up: 'VirtQueueDev', down: 'VirtQueueDev' } },
  ],
  from: ['client.up', 'client.down', 'server.up', 'server.down'],
  topology: [
    { drv: 'client.up', dev: 'server.up' },
    { drv: 'client.down', dev: 'server.down' },
  ],
  queue_length: DESCRIPTORS,
  shmem_sizes: Object.fromEntries(
    ['client.up', 'client.down', 'server.up', 'server.down'].map((end) => [end, DATAPORT]),
  ),
});

/** Of one side of a channel, in core-local memory; more than a device takes. */
const SIDE_BYTES = 8 * Math.ceil((driver_bytes(DESCRIPTORS) + allocator_bytes(MOST_BLOCKS)) / 8);

/** Shared memory, zeroed, as a system starts with it. */
export function newSystem(): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * Math.ceil((WIRING.sharedBytes + liveInterruptsBytes(2, 2)) / 8));
}

/** Bytes of message `number`: 1, 64 KiB, sizes around a block's, and whatever else. */
export function sizeOf(number: number): number {
  const some = [1, 127, 128, 129, MOST_BYTES, 1000, MOST_BYTES - 1, 2];
  const scattered = (Math.imul(number, 0x9e3779b1) >>> 8) % MOST_BYTES;
  return number % 2 === 0 ? (some[(number >>> 1) % some.length] ?? 1) : scattered + 1;
}

/** Bytes of all messages 0..count-1. */
export function totalBytes(count: number): number {
  let bytes = 0;
  for (let number = 0; number < count; number++) bytes += sizeOf(number);
  return bytes;
}

/** The client's thread: sends messages 0..count-1 up, and takes as many that come down. @throws Error on any wrong byte. */
export function runClient(shared: SharedArrayBuffer, count: number): void {
  const { channels, notification, options, port, at } = boot(shared, 0);
  const up = new CamkesDriver(port, at, options);
  const down = new CamkesDriver(port, at + SIDE_BYTES, options);
  for (const [side, name] of [
    [up, 'up'],
    [down, 'down'],
  ] as const) {
    if (side.driver_init(channels, channels.get_id_from_name(name)) !== CAMKES_OK)
      throw new Error(`${name}: not set up`);
  }
  const message = new Message();
  const object = new_ring_object();
  const used = { len: 0 };
  let sent = 0;
  let freed = 0;
  let offered = 0;
  let received = 0;
  while (freed < count || received < count) {
    let idle = true;
    for (; up.get_used_buf(object, used) === VQ_OK; freed++, idle = false) {
      if (used.len !== sizeOf(freed)) throw new Error(`up ${freed}: ${used.len} bytes were read`);
      if (up.driver_gather_copy_buffer(object, message.none) !== CAMKES_OK)
        throw new Error(`up ${freed}: not freed`);
    }
    for (; down.get_used_buf(object, used) === VQ_OK; received++, idle = false) {
      if (used.len !== sizeOf(received)) throw new Error(`down ${received}: ${used.len} bytes were written`);
      const into = message.room(used.len);
      if (down.driver_gather_copy_buffer(object, into) !== CAMKES_OK)
        throw new Error(`down ${received}: not copied`);
      message.check(-received, used.len);
    }
    const before = sent + offered;
    while (sent < count && up.driver_scatter_send_buffer(message.of(sent, sizeOf(sent))) === CAMKES_OK)
      sent++;
    if (sent + offered > before) up.notify();
    const offers = offered;
    while (offered < count && down.driver_scatter_send_buffer(sizeOf(offered)) === CAMKES_OK) offered++;
    if (offered > offers) down.notify();
    if (idle && sent + offered === before && (freed < count || received < count)) notification.wait();
  }
}

/** The server's thread: copies out messages 0..count-1, and writes as many. @throws Error on any wrong byte. */
export function runServer(shared: SharedArrayBuffer, count: number): void {
  const { channels, notification, options, port, at } = boot(shared, 1);
  const up = new CamkesDevice(port, at, options);
  const down = new CamkesDevice(port, at + SIDE_BYTES, options);
  for (const [side, name] of [
    [up, 'up'],
    [down, 'down'],
  ] as const) {
    if (side.device_init(channels, channels.get_id_from_name(name)) !== CAMKES_OK)
      throw new Error(`${name}: not set up`);
  }
  const message = new Message();
  const object = new_ring_object();
  let received = 0;
  let written = 0;
  while (received < count || written < count) {
    const [up_before, down_before] = [received, written];
    for (; up.get_available_buf(object) === VQ_OK; received++) {
      const size = up.scattered_available_size(object);
      if (size !== sizeOf(received)) throw new Error(`up ${received}: ${size} bytes`);
      if (up.device_gather_copy_buffer(object, message.room(size)) !== CAMKES_OK)
        throw new Error(`up ${received}: not copied`);
      message.check(received, size);
    }
    if (received > up_before) up.notify();
    for (; down.get_available_buf(object) === VQ_OK; written++) {
      if (down.device_scatter_copy_buffer(object, message.of(-written, sizeOf(written))) !== CAMKES_OK)
        throw new Error(`down ${written}: not written`);
    }
    if (written > down_before) down.notify();
    const idle = received === up_before && written === down_before;
    if (idle) notification.wait();
  }
}

/** A message of known bytes, in a thread's own memory. */
class Message {
  readonly none = new Uint8Array(0);
  private readonly buffer = new ArrayBuffer(MOST_BYTES);
  private readonly words = new Int32Array(this.buffer);
  private readonly expected = new Int32Array(MOST_BYTES / 4);
  private readonly expectedBytes = new Uint8Array(this.expected.buffer);
  private readonly bytes = new Uint8Array(this.buffer);

  /** Message `number`. */
  of(number: number, size: number): Uint8Array {
    fill(this.words, number, size);
    return this.bytes.subarray(0, size);
  }

  /** Room for a message, with no trace of the one before. */
  room(size: number): Uint8Array {
    return this.bytes.subarray(0, size).fill(0);
  }

  /** @throws Error when any byte is not that of message `number`. */
  check(number: number, size: number): void {
    fill(this.expected, number, size);
    for (let i = 0; i < size; i++) {
      if (this.bytes[i] !== this.expectedBytes[i])
        throw new Error(`message ${number}: byte ${i} of ${size} is ${this.bytes[i]}`);
    }
  }
}

/** Differs from message to message, and from word to word in each. */
function fill(words: Int32Array, number: number, size: number): void {
  const seed = Math.imul(number, 0x9e3779b1) + 0x5bd1;
  const count = Math.ceil(size / 4);
  for (let i = 0; i < count; i++) words[i] = (seed + Math.imul(i, 0x01000193)) | 0;
}

/** A component as CAmkES starts it: its channels registered, its notification enabled. */
function boot(shared: SharedArrayBuffer, index: number) {
  const component = WIRING.components[index];
  if (component === undefined) throw new RangeError(`there is no component ${index}`);
  const interrupts = new LiveInterrupts({
    core: component.line,
    cores: WIRING.components.length,
    lines: WIRING.components.map(({ line }) => ({ core: line, trigger: 'edge' as const })),
    shared,
    byteOffset: WIRING.sharedBytes,
    semaphores: [{ count: 0, most: 1 }],
  });
  const at = 8 * Math.ceil((channels_bytes() + NOTIFIER_BYTES) / 8);
  const port = new LivePort({
    shared,
    local: new ArrayBuffer(at + 2 * SIDE_BYTES),
    actions: interrupts.actions,
  });
  const channels = new Channels(port, 0, {
    names: component.ends.map(({ interface_name }) => interface_name),
  });
  register_ends(channels, component);
  const notification = new Notification(port, { object: component.notification, line: component.line });
  interrupts.attach(component.line, () => notification.handler());
  port.action('enable', component.line);
  const notifier = new Notifier(port, channels_bytes(), signals_of(port, WIRING, component), false);
  const options = { functions: notifier.functions(), local_bytes: SIDE_BYTES };
  return { channels, notification, options, port, at };
}
