import {
  allocator_bytes,
  CAMKES_OK,
  type CamkesDevice,
  type CamkesDriver,
  type ChannelGeometry,
  channel_bytes,
  channel_geometry,
  device_bytes,
  driver_bytes,
  type Gathered,
  new_ring_object,
  placeDevice,
  placeDriver,
  placeVirtqueue,
  type RingObject,
  type Sel4Classes,
  sel4Classes,
  VQ_OK,
  virtqueue_device_t,
  virtqueue_driver_t,
  vq_buf_alloc_t,
} from 'vqcheck/impl';
import { LayoutMap, LivePort, type View, viewOf } from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';

/** Where the dataport lies; anything but 0, which is NULL. */
export const DATAPORT = 64;

export type ChannelOptions = {
  readonly blocks?: number;
  readonly block_size?: number;
  readonly index_modulus?: number;
  /** What both indices are before either side is set up. */
  readonly start?: number;
  readonly functions?: readonly (() => void)[];
};

/** A channel with both sides set up. */
export type ChannelSystem = {
  readonly q: number;
  readonly blocks: number;
  readonly block_size: number;
  readonly geometry: ChannelGeometry;
  /** Of the dataport, in bytes. */
  readonly size: number;
  readonly shared: SharedArrayBuffer;
  readonly driver: CamkesDriver;
  readonly device: CamkesDevice;
  readonly driverPort: RecordingPort;
  readonly devicePort: RecordingPort;
  readonly driverState: View<typeof virtqueue_driver_t.fields>;
  readonly deviceState: View<typeof virtqueue_device_t.fields>;
  readonly pool: View<typeof vq_buf_alloc_t.fields>;
  /** Every byte of all memories. */
  bytes(): number[];
  /** Shared memory, as either side could write it. */
  readonly view: DataView;
};

/** Both sides, not set up. */
export function newSides(
  q: number,
  options: ChannelOptions = {},
  classes: Sel4Classes = sel4Classes(),
): ChannelSystem {
  const { blocks = q, block_size = 8, index_modulus = 2 * q, start = 0, functions = [] } = options;
  const size = channel_bytes(q, blocks, block_size);
  const geometry = channel_geometry(DATAPORT, q);
  const shared = new SharedArrayBuffer(8 * Math.ceil((DATAPORT + size) / 8));
  const view = new DataView(shared);
  view.setUint16(geometry.avail_ring + 2, start, true);
  view.setUint16(geometry.used_ring + 2, start, true);
  const names = new LayoutMap();
  placeVirtqueue(names, '', DATAPORT, q, blocks, block_size);
  placeDriver(names, 'driver', 0, q, blocks);
  const deviceNames = new LayoutMap();
  placeVirtqueue(deviceNames, '', DATAPORT, q, blocks, block_size);
  placeDevice(deviceNames, 'device', 0, q);
  const driverLocal = new ArrayBuffer(8 * Math.ceil((driver_bytes(q) + allocator_bytes(blocks)) / 8));
  const deviceLocal = new ArrayBuffer(8 * Math.ceil(device_bytes(q) / 8));
  const driverLive = new LivePort({ shared, local: driverLocal, names });
  const deviceLive = new LivePort({ shared, local: deviceLocal, names: deviceNames });
  const driverPort = new RecordingPort(driverLive);
  const devicePort = new RecordingPort(deviceLive);
  const both = { index_modulus, functions, block_size };
  const driver = new classes.Driver(driverPort, 0, { ...both, local_bytes: driverLocal.byteLength });
  const device = new classes.Device(devicePort, 0, { ...both, local_bytes: deviceLocal.byteLength });
  return {
    q,
    blocks,
    block_size,
    geometry,
    size,
    shared,
    driver,
    device,
    driverPort,
    devicePort,
    driverState: viewOf(virtqueue_driver_t, driverLive, 'local', 0),
    deviceState: viewOf(virtqueue_device_t, deviceLive, 'local', 0),
    pool: viewOf(vq_buf_alloc_t, driverLive, 'local', driver_bytes(q)),
    view,
    bytes: () => [shared, driverLocal, deviceLocal].flatMap((buffer) => [...new Uint8Array(buffer)]),
  };
}

/** Both sides, set up. */
export function newChannel(
  q: number,
  options: ChannelOptions = {},
  classes: Sel4Classes = sel4Classes(),
): ChannelSystem {
  const system = newSides(q, options, classes);
  if (system.driver.driver_init_common(DATAPORT, q, system.size, 1) !== CAMKES_OK)
    throw new Error('driver_init_common failed');
  if (system.device.device_init_common(DATAPORT, q, system.size, 1) !== CAMKES_OK)
    throw new Error('device_init_common failed');
  system.driverPort.accesses.length = 0;
  system.devicePort.accesses.length = 0;
  return system;
}

/** `length` bytes, each known from its place and from `seed`. */
export function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 37 + i * 11 + 5) & 0xff);
}

export function newGathered(): Gathered {
  return { buf: -1, len: -1, flag: -1 };
}

/** Takes the next chain. @throws Error when there is none. */
export function take(system: ChannelSystem): RingObject {
  const object = new_ring_object();
  if (system.device.get_available_buf(object) !== VQ_OK) throw new Error('no chain to take');
  return object;
}

/** Collects the next chain that came back. @throws Error when there is none. */
export function collect(system: ChannelSystem): { readonly object: RingObject; readonly len: number } {
  const object = new_ring_object();
  const out = { len: -1 };
  if (system.driver.get_used_buf(object, out) !== VQ_OK) throw new Error('no chain to collect');
  return { object, len: out.len };
}

/** Allocates a block. @throws Error when there is none. */
export function alloc(system: ChannelSystem): number {
  const out = { buf: 0 };
  if (system.driver.buffer_alloc(out, system.block_size) !== CAMKES_OK) throw new Error('no block');
  return out.buf;
}

/** A message there and back: what the device read of it. */
export function roundTrip(system: ChannelSystem, message: Uint8Array): Uint8Array {
  const { driver, device } = system;
  if (driver.driver_scatter_send_buffer(message) !== CAMKES_OK) throw new Error('not sent');
  const object = take(system);
  const into = new Uint8Array(device.scattered_available_size(object));
  if (device.device_gather_copy_buffer(object, into) !== CAMKES_OK) throw new Error('not copied');
  const { object: back } = collect(system);
  if (driver.driver_gather_copy_buffer(back, new Uint8Array(0)) !== CAMKES_OK) throw new Error('not freed');
  return into;
}
