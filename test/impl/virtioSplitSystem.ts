import {
  type Features,
  type NotificationData,
  newCollected,
  newTaken,
  placeSplitDevice,
  placeSplitDriver,
  placeSplitTables,
  placeSplitVirtqueue,
  type Segment,
  type SplitClasses,
  type SplitGeometry,
  split_device_t,
  split_driver_t,
  splitClasses,
  splitDeviceBytes,
  splitDriverBytes,
  splitGeometry,
  startSplitAt,
  VIRTIO_OK,
} from 'vqcheck/impl';
import { LayoutMap, LivePort, type MemoryPort, type View, viewOf } from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';

/** Where the queue lies; anything but 0. */
export const QUEUE = 64;

/** Buffers are as long as this, and there are as many as two for each descriptor, and two more. */
export const BUFFER_BYTES = 16;

export type SplitOptions = {
  readonly features?: Features;
  readonly indexModulus?: number;
  /** Entries of each indirect table; none without. */
  readonly tableEntries?: number;
  /** Descriptors that name a table have WRITE. */
  readonly marksWrite?: boolean;
  /** Indices from which the queue starts. */
  readonly start?: number;
  /** What stands between a side and its memory, innermost. */
  readonly wrap?: (port: MemoryPort) => MemoryPort;
};

/** A queue, and both of its sides. */
export type SplitSystem = {
  readonly size: number;
  readonly geometry: SplitGeometry;
  readonly tables: number;
  readonly buffers: number;
  /** Behind all buffers. */
  readonly end: number;
  readonly driver: InstanceType<SplitClasses['Driver']>;
  readonly device: InstanceType<SplitClasses['Device']>;
  readonly driverPort: RecordingPort;
  readonly devicePort: RecordingPort;
  readonly driverState: View<typeof split_driver_t.fields>;
  readonly deviceState: View<typeof split_device_t.fields>;
  readonly names: LayoutMap;
  /** How often either side was notified, and what the last kick carried. */
  readonly notified: { kicks: number; interrupts: number; data?: NotificationData | undefined };
  /** Shared memory, as either side could write it. */
  readonly view: DataView;
  /** Every byte of all memories. */
  bytes(): number[];
};

/** Both sides, not set up. */
export function newSplitSides(
  size: number,
  options: SplitOptions = {},
  { Driver, Device }: SplitClasses = splitClasses(),
): SplitSystem {
  const { features = {}, indexModulus = 0x1_0000, tableEntries = 0, wrap = (port) => port } = options;
  const { marksWrite = false } = options;
  const geometry = splitGeometry(QUEUE, size);
  const tables = 16 * Math.ceil(geometry.end / 16);
  const buffers = tables + 16 * tableEntries * size;
  const end = buffers + BUFFER_BYTES * (2 * size + 2);
  const shared = new SharedArrayBuffer(8 * Math.ceil(end / 8));
  const names = new LayoutMap();
  placeSplitVirtqueue(names, QUEUE, size);
  placeSplitTables(names, 'table', tables, size, tableEntries);
  names.placeBytes('buffer', 'shared', buffers, BUFFER_BYTES, 2 * size + 2);
  placeSplitDriver(names, 'driver', 0, size);
  const deviceNames = new LayoutMap();
  placeSplitDevice(deviceNames, 'device', 0, size);
  const driverLocal = new ArrayBuffer(8 * Math.ceil(splitDriverBytes(size) / 8));
  const deviceLocal = new ArrayBuffer(8 * Math.ceil(splitDeviceBytes(size) / 8));
  const driverLive = new LivePort({ shared, local: driverLocal, names });
  const deviceLive = new LivePort({ shared, local: deviceLocal, names: deviceNames });
  const driverPort = new RecordingPort(wrap(driverLive));
  const devicePort = new RecordingPort(wrap(deviceLive));
  const notified: SplitSystem['notified'] = { kicks: 0, interrupts: 0 };
  const both = { id: 'queue', features, indexModulus };
  return {
    size,
    geometry,
    tables,
    buffers,
    end,
    driver: new Driver(driverPort, 0, QUEUE, {
      ...both,
      ...(tableEntries === 0 ? {} : { tables: { base: tables, entries: tableEntries, marksWrite } }),
      notify: (data) => {
        notified.data = data;
        notified.kicks++;
      },
    }),
    device: new Device(devicePort, 0, QUEUE, {
      ...both,
      reach: { from: tables, to: end },
      notify: () => {
        notified.interrupts++;
      },
    }),
    driverPort,
    devicePort,
    driverState: viewOf(split_driver_t, driverLive, 'local', 0),
    deviceState: viewOf(split_device_t, deviceLive, 'local', 0),
    names,
    notified,
    view: new DataView(shared),
    bytes: () => [shared, driverLocal, deviceLocal].flatMap((buffer) => [...new Uint8Array(buffer)]),
  };
}

/** Both sides, set up. */
export function newSplit(size: number, options: SplitOptions = {}, classes?: SplitClasses): SplitSystem {
  const system = newSplitSides(size, options, classes);
  const { driver, device, driverPort, devicePort, geometry } = system;
  if (driver.init(size) !== VIRTIO_OK || device.init(size) !== VIRTIO_OK) throw new Error('init failed');
  const { start = 0 } = options;
  if (start !== 0) startSplitAt(driverPort, devicePort, { driver: 0, device: 0 }, geometry, start);
  forget(system);
  return system;
}

/** Forgets what was recorded. */
export function forget({ driverPort, devicePort }: SplitSystem): void {
  for (const port of [driverPort, devicePort]) {
    port.accesses.length = 0;
    port.operations.length = 0;
  }
}

/** The n-th buffer, for the device to read. */
export function readable({ buffers }: SplitSystem, n = 0, len = 8): Segment {
  return { addr: buffers + BUFFER_BYTES * n, len, writable: false };
}

/** The n-th buffer, for the device to write. */
export function writable({ buffers }: SplitSystem, n = 0, len = 8): Segment {
  return { addr: buffers + BUFFER_BYTES * n, len, writable: true };
}

/** Adds a chain of one writable buffer. */
export function addOne(system: SplitSystem, token = 0, n = 0): number {
  return system.driver.add([writable(system, n)], token);
}

/** Takes a chain. @throws Error when there is none. */
export function takeOne({ device }: SplitSystem): { head: number; segments: Segment[] } {
  const out = newTaken();
  const code = device.take(out);
  if (code !== VIRTIO_OK) throw new Error(`take: ${code}`);
  return out;
}

/** Collects a chain. @throws Error when there is none. */
export function collectOne({ driver }: SplitSystem): { token: number; head: number; len: number } {
  const out = newCollected();
  const code = driver.collect(out);
  if (code !== VIRTIO_OK) throw new Error(`collect: ${code}`);
  return out;
}

/** A chain there and back. */
export function roundTrip(system: SplitSystem, token = 0): { token: number; head: number; len: number } {
  if (addOne(system, token) !== VIRTIO_OK) throw new Error('not added');
  if (system.device.giveBack(takeOne(system).head, 4) !== VIRTIO_OK) throw new Error('not given back');
  return collectOne(system);
}

/** What another core can tell of a side's accesses: `R avail.idx 1`, `W desc[0].len 8`, `fence release`. */
export function story({ names }: SplitSystem, port: RecordingPort): string[] {
  return port.shared().map(([kind, space, at, bytes, , value]) => {
    if (kind === 'fence') return `fence ${space}`;
    return `${kind === 'load' ? 'R' : 'W'} ${names.nameOf('shared', Number(at), Number(bytes))} ${value}`;
  });
}
