import {
  type NotificationData,
  newCollected,
  newTaken,
  type PackedClasses,
  type PackedDevice,
  type PackedDriver,
  type PackedGeometry,
  packed_buffer_private_t,
  packed_device_t,
  packed_driver_t,
  packed_list_private_t,
  packedClasses,
  packedDeviceBytes,
  packedDriverBytes,
  packedGeometry,
  placePackedDevice,
  placePackedDriver,
  placePackedTables,
  placePackedVirtqueue,
  type Segment,
  startPackedAt,
  type Taken,
  VIRTIO_OK,
  type VirtioQueueOptions,
} from 'vqcheck/impl';
import {
  arrayOf,
  LayoutMap,
  LivePort,
  type MemoryPort,
  type StructArray,
  type View,
  viewOf,
} from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';

/** Where the queue lies: not 0, so that an offset that was forgotten shows. */
export const BASE = 64;
/** Of each of the buffers, in bytes. */
export const BUFFER_BYTES = 16;

export type PackedSystemOptions = {
  readonly features?: VirtioQueueOptions['features'];
  readonly halves?: boolean;
  /** Of each indirect table; 0 for no tables. */
  readonly entries?: number;
  readonly buffers?: number;
  readonly indexModulus?: number;
  readonly classes?: PackedClasses;
  /** Where both sides begin; slot 0 and wrap counter 1 if not given. */
  readonly start?: { readonly slot: number; readonly wrap: number };
  /** Around the recording ports. */
  readonly wrap?: (port: MemoryPort) => MemoryPort;
};

/** A queue with both sides set up, on live memory. */
export type PackedSystem = {
  readonly size: number;
  readonly geometry: PackedGeometry;
  /** Of the first buffer, and of the first table. */
  readonly buffers: number;
  readonly tables: number;
  readonly driver: PackedDriver;
  readonly device: PackedDevice;
  readonly driverPort: RecordingPort;
  readonly devicePort: RecordingPort;
  readonly driverState: View<typeof packed_driver_t.fields>;
  readonly deviceState: View<typeof packed_device_t.fields>;
  readonly driverBuffers: StructArray<typeof packed_buffer_private_t.fields>;
  readonly deviceLists: StructArray<typeof packed_list_private_t.fields>;
  /** Shared memory, as either side could write it. */
  readonly view: DataView;
  /** How often, and what the last kick carried. */
  readonly notified: { kicks: number; interrupts: number; data?: NotificationData | undefined };
  /** Every byte of all memories. */
  bytes(): number[];
};

/** Both sides, not set up. */
export function newPackedSides(size: number, options: PackedSystemOptions = {}): PackedSystem {
  const { features = {}, halves = false, entries = 0, classes = packedClasses() } = options;
  const { buffers: count = Math.max(4, size), wrap = (port) => port } = options;
  const geometry = packedGeometry(BASE, size);
  const tables = 16 * Math.ceil(geometry.end / 16);
  const buffers = tables + size * entries * 16;
  const end = buffers + count * BUFFER_BYTES;
  const shared = new SharedArrayBuffer(8 * Math.ceil((end + 64) / 8));
  const notified: PackedSystem['notified'] = { kicks: 0, interrupts: 0 };
  const map = (side: 'driver' | 'device'): LayoutMap => {
    const names = new LayoutMap();
    placePackedVirtqueue(names, BASE, size, '', halves);
    placePackedTables(names, 'table', tables, size, entries);
    if (side === 'driver') placePackedDriver(names, 'driver', 8, size);
    else placePackedDevice(names, 'device', 8, size);
    return names;
  };
  const driverLocal = new ArrayBuffer(8 * Math.ceil((8 + packedDriverBytes(size)) / 8));
  const deviceLocal = new ArrayBuffer(8 * Math.ceil((8 + packedDeviceBytes(size)) / 8));
  const driverLive = new LivePort({ shared, local: driverLocal, names: map('driver') });
  const deviceLive = new LivePort({ shared, local: deviceLocal, names: map('device') });
  const driverPort = new RecordingPort(driverLive);
  const devicePort = new RecordingPort(deviceLive);
  const { indexModulus } = options;
  const common = {
    id: 'queue',
    features,
    halves,
    reach: { from: BASE, to: end },
    ...(indexModulus === undefined ? {} : { indexModulus }),
    ...(entries === 0 ? {} : { tables: { base: tables, entries } }),
  };
  return {
    size,
    geometry,
    buffers,
    tables,
    driver: new classes.Driver(wrap(driverPort), 8, BASE, {
      ...common,
      notify: (data) => {
        notified.data = data;
        notified.kicks++;
      },
    }),
    device: new classes.Device(wrap(devicePort), 8, BASE, {
      ...common,
      notify: () => {
        notified.interrupts++;
      },
    }),
    driverPort,
    devicePort,
    driverState: viewOf(packed_driver_t, driverLive, 'local', 8),
    deviceState: viewOf(packed_device_t, deviceLive, 'local', 8),
    driverBuffers: arrayOf(packed_buffer_private_t, driverLive, 'local', 8 + packed_driver_t.bytes, size),
    deviceLists: arrayOf(packed_list_private_t, deviceLive, 'local', 8 + packed_device_t.bytes, size),
    view: new DataView(shared),
    notified,
    bytes: () => [shared, driverLocal, deviceLocal].flatMap((buffer) => [...new Uint8Array(buffer)]),
  };
}

/** Both sides, set up. */
export function newPacked(size: number, options: PackedSystemOptions = {}): PackedSystem {
  const system = newPackedSides(size, options);
  const { driver, device, driverPort, devicePort, geometry } = system;
  if (driver.init(size) !== VIRTIO_OK || device.init(size) !== VIRTIO_OK) throw new Error('init failed');
  const { start } = options;
  if (start !== undefined) {
    startPackedAt(driverPort, devicePort, { driver: 8, device: 8 }, geometry, start.slot, start.wrap);
  }
  clear(system);
  return system;
}

/** Forgets what was recorded. */
export function clear({ driverPort, devicePort }: PackedSystem): void {
  for (const port of [driverPort, devicePort]) {
    port.accesses.length = 0;
    port.operations.length = 0;
  }
}

/** `count` segments, the last `writable` of them for writing; each in a buffer of its own from `first` on. */
export function segmentsOf({ buffers }: PackedSystem, count: number, writable = 0, first = 0): Segment[] {
  return Array.from({ length: count }, (_, i) => ({
    addr: buffers + (first + i) * BUFFER_BYTES,
    len: 4 + i,
    writable: i >= count - writable,
  }));
}

/** Adds a list. @throws Error when it cannot be. */
export function add(system: PackedSystem, count = 1, token = 0, writable = 0): void {
  const code = system.driver.add(segmentsOf(system, count, writable), token);
  if (code !== VIRTIO_OK) throw new Error(`add: ${code}`);
}

/** Takes a list. @throws Error when there is none. */
export function take({ device }: PackedSystem): Taken {
  const out = newTaken();
  const code = device.take(out);
  if (code !== VIRTIO_OK) throw new Error(`take: ${code}`);
  return out;
}

/** What the device says to the next list. */
export function takeCode({ device }: PackedSystem): number {
  return device.take(newTaken());
}

/** Token, id and length of the next list that came back, or what `collect` says instead. */
export function collect({ driver }: PackedSystem): [number, number, number] | number {
  const out = newCollected();
  const code = driver.collect(out);
  return code === VIRTIO_OK ? [out.token, out.head, out.len] : code;
}

/** The flags of a slot. */
export function flagsAt({ view }: PackedSystem, slot: number): number {
  return view.getUint16(BASE + 16 * slot + 14, true);
}

/** A descriptor as a driver that is not to be trusted would write it. */
export function poke(
  { view }: PackedSystem,
  slot: number,
  desc: { addr?: number; high?: number; len?: number; id?: number; flags: number },
): void {
  const at = BASE + 16 * slot;
  view.setUint32(at, desc.addr ?? 0, true);
  view.setUint32(at + 4, desc.high ?? 0, true);
  view.setUint32(at + 8, desc.len ?? 0, true);
  view.setUint16(at + 12, desc.id ?? 0, true);
  view.setUint16(at + 14, desc.flags, true);
}

/** Both cursors of both sides: driver's available and used, device's available and used. */
export function cursors({ driverState, deviceState }: PackedSystem): number[] {
  return [driverState.next_avail, driverState.next_used, deviceState.next_avail, deviceState.next_used];
}
