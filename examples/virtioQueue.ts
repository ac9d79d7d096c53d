/**
 * A VirtIO queue between two threads, the driver and the device, in either layout. The driver finds the device, negotiates
 * features with it, sets the queue up, and sends messages; the device reads them, and writes replies. Whoever has nothing
 * to do says from where on it wants to be notified (EVENT_IDX), and sleeps. In the end the driver resets the device.
 */
import {
  DeviceTransport,
  DriverTransport,
  deviceTransportBytes,
  driver_transport_t,
  type Features,
  newCollected,
  newTaken,
  PackedDevice,
  PackedDriver,
  packedDeviceBytes,
  packedDriverBytes,
  queueParts,
  registerGeometry,
  type Segment,
  SplitDevice,
  SplitDriver,
  splitDeviceBytes,
  splitDriverBytes,
  VIRTIO_NO_DEVICE,
  VIRTIO_NO_SPACE,
  VIRTIO_NONE,
  VIRTIO_OK,
  type VirtioQueueDevice,
  type VirtioQueueDriver,
  virtioCodeName,
} from '../impl/index.ts';
import { LiveInterrupts, LivePort, liveInterruptsBytes } from '../memory/index.ts';
import { check, fill, MESSAGE_BYTES, newMessage } from './message.ts';

export type VirtioLayout = 'split' | 'packed';

/**
 * What is sent. `chains`: of one to three segments, some for reading and some for a reply, built and checked in place.
 * `in place`: one segment, built and checked in place. `copied`: one segment, copied in and out.
 */
export type VirtioWay = 'chains' | 'in place' | 'copied';

/** What a thread is started with. Both threads are started with the same. */
export type VirtioJob = {
  readonly layout: VirtioLayout;
  /** Of the queue, in descriptors; a power of two for the split layout. */
  readonly size: number;
  readonly way: VirtioWay;
  /** Chains in all. */
  readonly count: number;
  readonly shared: SharedArrayBuffer;
};

/** Cores, and the lines that interrupt them. */
const DRIVER = 0;
const DEVICE = 1;
const LINES = [
  { core: DRIVER, trigger: 'edge' },
  { core: DEVICE, trigger: 'edge' },
] as const;
/** Of each core: that its line has rung. */
const WOKEN = 0;

/** Shared memory: the lines' words, the registers, the queue, then the buffers, as many as descriptors. */
const INTERRUPTS = 0;
const REGISTERS = registerGeometry(64, 1);
const QUEUE = 256;
/** Core-local memory: the transport's half, then the queue's. */
const QUEUE_HANDLE = 64;

/** Looks in vain before a side sleeps: the peer is often about to be done. */
const PATIENCE = 200;
/** Of the driver: chains given to the device with one kick. Of the device: given back with one interrupt. */
const BATCH = 64;

const OFFERED: Features = { version1: true, eventIdx: true, ringPacked: true, ringReset: true };

function wantedBy(layout: VirtioLayout): Features {
  return { ...OFFERED, ringPacked: layout === 'packed' };
}

function buffersOf({ layout, size }: Pick<VirtioJob, 'layout' | 'size'>): number {
  return 64 * Math.ceil(queueParts(wantedBy(layout), QUEUE, size).end / 64);
}

/** Shared memory, zeroed, as a machine starts with it. */
export function newVirtioSystem(layout: VirtioLayout, size: number): SharedArrayBuffer {
  return new SharedArrayBuffer(buffersOf({ layout, size }) + size * MESSAGE_BYTES);
}

/** Segments of chain `number`, those for reading first. No more than there are descriptors. */
function shapeOf(
  number: number,
  way: VirtioWay,
  size: number,
): { readonly read: number; readonly write: number } {
  if (way !== 'chains') return { read: 1, write: 0 };
  const shapes = [
    { read: 1, write: 0 },
    { read: 0, write: 1 },
    { read: 1, write: 1 },
    { read: 2, write: 1 },
    { read: 1, write: 2 },
  ];
  const possible = size === 1 ? 2 : size === 2 ? 3 : shapes.length;
  return shapes[number % possible] ?? { read: 1, write: 0 };
}

/** What segment `index` of chain `number` says. */
function messageOf(number: number, index: number): number {
  return 4 * number + index;
}

/** The driver's thread: sends chains 0..count-1, and looks at what comes back. @throws Error on any wrong byte. */
export function runVirtioDriver(job: VirtioJob): void {
  const { layout, size, way, count } = job;
  const { port, ring } = boot(job, DRIVER);
  const transport = new DriverTransport(port, 0, {
    id: 'device',
    registers: REGISTERS,
    wanted: wantedBy(layout),
    required: { version1: true, eventIdx: true, ...(layout === 'packed' ? { ringPacked: true } : {}) },
    written: ring,
  });
  // The device's thread may not have come so far.
  let found = transport.initialize();
  while (found === VIRTIO_NO_DEVICE) found = transport.initialize();
  expectOk(found, 'initialize');
  const driver = driverOf(port, layout, transport.features(), ring);
  expectOk(
    transport.setUpQueue(0, QUEUE, size, () => driver),
    'setUpQueue',
  );
  expectOk(transport.driverOk(), 'driverOk');

  const buffers = new Buffers(port, job);
  const chains = new Chains(size);
  const collected = newCollected();
  let sent = 0;
  let back = 0;
  let idle = 0;
  while (back < count) {
    let busy = false;
    for (let code = driver.collect(collected); code !== VIRTIO_NONE; code = driver.collect(collected)) {
      expectOk(code, 'collect');
      const chain = chains.at(collected.token);
      if (chain.number !== back) throw new Error(`chain ${back}: chain ${chain.number} came back`);
      const { read, write } = shapeOf(back, way, size);
      if (collected.len !== write * MESSAGE_BYTES) throw new Error(`chain ${back}: ${collected.len} bytes`);
      for (let i = read; i < read + write; i++) buffers.check(chain.buffers[i] ?? 0, messageOf(back, i));
      for (let i = 0; i < read + write; i++) buffers.free(chain.buffers[i] ?? 0);
      chains.free(collected.token);
      back++;
      busy = true;
    }
    let added = 0;
    for (; sent < count && added < BATCH; sent++, added++) {
      const { read, write } = shapeOf(sent, way, size);
      if (buffers.left < read + write) break;
      const token = chains.allocate(sent);
      const chain = chains.at(token);
      for (let i = 0; i < read + write; i++) {
        const buffer = buffers.allocate();
        chain.buffers[i] = buffer;
        if (i < read) buffers.fill(buffer, messageOf(sent, i));
        chain.segments[i] = buffers.segment(buffer, i >= read);
      }
      chain.segments.length = read + write;
      const code = driver.add(chain.segments, token);
      if (code === VIRTIO_NO_SPACE) throw new Error('as many buffers as descriptors: there must be room');
      expectOk(code, 'add');
    }
    if (added > 0) {
      driver.kick();
      busy = true;
    }
    idle = busy ? 0 : idle + 1;
    if (idle < PATIENCE || back === count) continue;
    if (driver.enableInterrupts()) port.action('take', WOKEN);
    driver.disableInterrupts();
    idle = 0;
  }
  transport.resetDevice();
}

/** The device's thread: reads chains 0..count-1, writes replies, and ends when it is reset. @throws Error on any wrong byte. */
export function runVirtioDevice(job: VirtioJob): void {
  const { layout, size, way, count } = job;
  const { port, ring } = boot(job, DEVICE);
  const transport = new DeviceTransport(port, 0, {
    id: 'device',
    registers: REGISTERS,
    offered: OFFERED,
    sizes: [size],
    make: (_queue, features) => deviceOf(port, layout, features, ring),
    reach: { from: QUEUE, to: buffersOf(job) },
    configChanged: ring,
  });
  transport.boot();
  const buffers = new Buffers(port, job);
  const taken = newTaken();
  let served = 0;
  let idle = 0;
  for (;;) {
    if (transport.poll() !== 0 && served === count) return;
    const device = transport.queue(0);
    if (device === null) {
      port.action('take', WOKEN);
      continue;
    }
    let batch = 0;
    for (; batch < BATCH && device.take(taken) === VIRTIO_OK; batch++, served++) {
      const { read, write } = shapeOf(served, way, size);
      const { segments } = taken;
      if (segments.length !== read + write) throw new Error(`chain ${served}: ${segments.length} segments`);
      for (let i = 0; i < segments.length; i++) {
        const segment = segments[i];
        if (segment === undefined || segment.len !== MESSAGE_BYTES || segment.writable !== i >= read)
          throw new Error(`chain ${served}: segment ${i} is ${JSON.stringify(segment)}`);
        const buffer = buffers.at(segment.addr);
        if (i < read) buffers.check(buffer, messageOf(served, i));
        else buffers.fill(buffer, messageOf(served, i));
      }
      expectOk(device.giveBack(taken.head, write * MESSAGE_BYTES), 'giveBack');
    }
    if (batch > 0) device.interrupt();
    idle = batch > 0 ? 0 : idle + 1;
    if (idle < PATIENCE) continue;
    if (device.enableKicks()) port.action('take', WOKEN);
    device.disableKicks();
    idle = 0;
  }
}

/** The buffers of the driver's application, one behind the other: built and checked in place, or by copies. */
class Buffers {
  left: number;
  private readonly port: LivePort;
  private readonly base: number;
  private readonly copies: boolean;
  private readonly stack: Int32Array;
  private readonly readable: readonly Segment[];
  private readonly writable: readonly Segment[];
  private readonly message = newMessage();

  constructor(port: LivePort, job: VirtioJob) {
    const { size, way } = job;
    this.port = port;
    this.base = buffersOf(job);
    this.copies = way === 'copied';
    this.left = size;
    this.stack = Int32Array.from({ length: size }, (_, i) => size - 1 - i);
    const segments = (writable: boolean): readonly Segment[] =>
      Array.from({ length: size }, (_, i) => ({ addr: this.addressOf(i), len: MESSAGE_BYTES, writable }));
    this.readable = segments(false);
    this.writable = segments(true);
  }

  allocate(): number {
    return this.stack[--this.left] ?? 0;
  }

  free(buffer: number): void {
    this.stack[this.left++] = buffer;
  }

  segment(buffer: number, writable: boolean): Segment {
    const segment = (writable ? this.writable : this.readable)[buffer];
    if (segment === undefined) throw new RangeError(`there is no buffer ${buffer}`);
    return segment;
  }

  /** The buffer that begins there. */
  at(address: number): number {
    return (address - this.base) / MESSAGE_BYTES;
  }

  fill(buffer: number, number: number): void {
    const address = this.addressOf(buffer);
    if (this.copies) {
      fill(this.message.words, 0, number);
      this.port.writeRange(address, this.message.bytes);
    } else fill(this.port.sharedWords, this.port.wordIndex(address, MESSAGE_BYTES), number);
  }

  /** @throws Error when any byte is not that of message `number`. */
  check(buffer: number, number: number): void {
    const address = this.addressOf(buffer);
    if (this.copies) {
      this.port.readRange(address, this.message.bytes);
      check(this.message.words, 0, number);
    } else check(this.port.sharedWords, this.port.wordIndex(address, MESSAGE_BYTES), number);
  }

  private addressOf(buffer: number): number {
    return this.base + buffer * MESSAGE_BYTES;
  }
}

/** A chain that is out. */
type Chain = { number: number; readonly buffers: Int32Array; readonly segments: Segment[] };

/** What the driver's application remembers of its chains, by their tokens. */
class Chains {
  private readonly chains: readonly Chain[];
  private readonly stack: number[];

  constructor(size: number) {
    this.chains = Array.from({ length: size }, () => ({
      number: 0,
      buffers: new Int32Array(3),
      segments: [],
    }));
    this.stack = Array.from({ length: size }, (_, i) => i);
  }

  allocate(number: number): number {
    const token = this.stack.pop();
    if (token === undefined) throw new RangeError('more chains than descriptors');
    this.at(token).number = number;
    return token;
  }

  free(token: number): void {
    this.stack.push(token);
  }

  at(token: number): Chain {
    const chain = this.chains[token];
    if (chain === undefined) throw new RangeError(`there is no chain ${token}`);
    return chain;
  }
}

function driverOf(
  port: LivePort,
  layout: VirtioLayout,
  features: Features,
  notify: () => void,
): VirtioQueueDriver {
  const options = { id: 'queue', features, notify };
  return layout === 'packed'
    ? new PackedDriver(port, QUEUE_HANDLE, QUEUE, options)
    : new SplitDriver(port, QUEUE_HANDLE, QUEUE, options);
}

function deviceOf(
  port: LivePort,
  layout: VirtioLayout,
  features: Features,
  notify: () => void,
): VirtioQueueDevice {
  const reach = { from: 0, to: port.sharedWords.byteLength };
  const options = { id: 'queue', features, notify, reach };
  return layout === 'packed'
    ? new PackedDevice(port, QUEUE_HANDLE, QUEUE, options)
    : new SplitDevice(port, QUEUE_HANDLE, QUEUE, options);
}

/** A core with its line enabled. `ring` rings that of the other one. */
function boot(
  { layout, size, shared }: VirtioJob,
  core: typeof DRIVER | typeof DEVICE,
): { readonly port: LivePort; readonly ring: () => void } {
  if (Math.max(deviceTransportBytes(1), driver_transport_t.bytes) > QUEUE_HANDLE || REGISTERS.end > QUEUE)
    throw new RangeError('no room');
  if (INTERRUPTS + liveInterruptsBytes(2, 2) > REGISTERS.base) throw new RangeError('no room');
  const interrupts = new LiveInterrupts({
    core,
    cores: LINES.length,
    lines: LINES,
    shared,
    byteOffset: INTERRUPTS,
    semaphores: [{ count: 0, most: 1 }],
  });
  const sides =
    layout === 'packed' ? [packedDriverBytes, packedDeviceBytes] : [splitDriverBytes, splitDeviceBytes];
  const bytes = Math.max(...sides.map((of) => of(size)));
  const local = new ArrayBuffer(QUEUE_HANDLE + 8 * Math.ceil(bytes / 8));
  const port = new LivePort({ shared, local, actions: interrupts.actions });
  interrupts.attach(core, () => void port.action('give', WOKEN));
  port.action('enable', core);
  return { port, ring: () => void port.action('ring', 1 - core) };
}

function expectOk(code: number, what: string): void {
  if (code !== VIRTIO_OK) throw new Error(`${what}: ${virtioCodeName(code)}`);
}
