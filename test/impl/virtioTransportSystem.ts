import {
  type DriverTransportOptions,
  deviceTransportBytes,
  driver_transport_t,
  type Features,
  PackedDevice,
  PackedDriver,
  packedDeviceBytes,
  packedDriverBytes,
  placeRegisters,
  queueRegisterLocation,
  registerGeometry,
  registerLocation,
  SplitDevice,
  SplitDriver,
  splitDeviceBytes,
  splitDriverBytes,
  statusEventsOfDevice,
  statusEventsOfDriver,
  type TransportClasses,
  transportClasses,
  type VirtioQueueDevice,
  type VirtioQueueDriver,
  type VirtioQueueOptions,
} from 'vqcheck/impl';
import { LayoutMap, LivePort, type Location, type MemoryPort, type Ordering } from 'vqcheck/memory';
import { deviceStatusTable, ILLEGAL, queueStatusTable } from 'vqcheck/model';
import { RecordingPort } from './recordingPort.ts';

export const QUEUE_BASE = 256;
export const SIZE = 4;
/** Where queues may lie. */
export const REACH = { from: QUEUE_BASE, to: 4096 } as const;
const HANDLE = 256;

export const SPLIT: Features = { version1: true, ringReset: true };
export const PACKED: Features = { version1: true, ringReset: true, ringPacked: true };

export type TransportSystemOptions = {
  readonly offered?: Features;
  readonly wanted?: Features;
  readonly required?: Features;
  readonly sizes?: readonly number[];
  readonly supports?: (features: Features) => boolean;
  /** The device does not look by itself: a driver that waits would wait for ever. */
  readonly asleep?: boolean;
};

/** A driver and a device in one thread: the device looks whenever the driver has written something. */
export type TransportSystem = ReturnType<typeof newTransport>;

/** Follows both charts by what is stored and sent. An event that is illegal is noted with the state that refuses it. */
class Charts {
  readonly illegal: string[] = [];
  readonly seen: string[] = [];
  private device = deviceStatusTable.initial;
  private queue = queueStatusTable.initial;

  get state(): readonly [string | undefined, string | undefined] {
    return [deviceStatusTable.states[this.device], queueStatusTable.states[this.queue]];
  }

  tell(event: string): void {
    this.seen.push(event);
    const device = deviceStatusTable.events.find((name) => name === event);
    const queue = queueStatusTable.events.find((name) => name === event);
    if (device === undefined && queue === undefined) throw new RangeError(`no chart knows ${event}`);
    if (device !== undefined) {
      const next = deviceStatusTable.next(this.device, deviceStatusTable.eventIndex(device));
      if (next === ILLEGAL) this.illegal.push(`${event} in ${this.state[0]}`);
      else this.device = next;
    }
    if (queue !== undefined) {
      const next = queueStatusTable.next(this.queue, queueStatusTable.eventIndex(queue));
      if (next === ILLEGAL) this.illegal.push(`${event} in ${this.state[1]}`);
      else this.queue = next;
    }
  }
}

export function newTransport(
  options: TransportSystemOptions = {},
  classes: TransportClasses = transportClasses(),
) {
  const { offered = SPLIT, wanted = offered, sizes = [SIZE], required, supports, asleep = false } = options;
  const registers = registerGeometry(0, sizes.length);
  const names = new LayoutMap();
  placeRegisters(names, '', registers);
  const shared = new SharedArrayBuffer(8192);
  const charts = new Charts();
  const at = {
    status: registerLocation(registers, 'status'),
    statusWrite: registerLocation(registers, 'status_write'),
    features: registerLocation(registers, 'driver_features'),
    ready: queueRegisterLocation(registers, 0, 'ready'),
    reset: queueRegisterLocation(registers, 0, 'reset'),
  };

  class DriverPort extends RecordingPort {
    override store(where: Location, value: number, order: Ordering): void {
      if (where === at.statusWrite) {
        const events = statusEventsOfDriver(this.load(at.status, 'seq_cst'), value);
        if (events === null) charts.illegal.push('a status bit cleared');
        for (const event of events ?? []) charts.tell(event);
      }
      if (where === at.features) charts.tell('negotiate');
      if (where === at.ready) charts.tell('queue.enable');
      if (where === at.reset) charts.tell('queue.reset');
      super.store(where, value, order);
    }
  }
  class DevicePort extends RecordingPort {
    override store(where: Location, value: number, order: Ordering): void {
      if (where === at.status) {
        const [before, asked] = [this.load(at.status, 'seq_cst'), this.load(at.statusWrite, 'seq_cst')];
        for (const event of statusEventsOfDevice(before, value, asked)) charts.tell(event);
      }
      // The reset of the whole device clears it, too.
      if (where === at.reset && this.load(at.reset, 'seq_cst') !== 0) charts.tell('queue.reset.done');
      super.store(where, value, order);
    }
  }

  const live = (): LivePort => new LivePort({ shared, local: new ArrayBuffer(4096), names });
  const driverPort: RecordingPort = new DriverPort(live());
  const devicePort: RecordingPort = new DevicePort(live());
  const make = {
    driver: (features: Features, base: number): VirtioQueueDriver =>
      sideOf('driver', driverPort, features, base, () => charts.tell('kick')),
    device: (_queue: number, features: Features, base: number): VirtioQueueDevice =>
      sideOf('device', devicePort, features, base, () => charts.tell('interrupt')),
  };
  const device = new classes.Device(devicePort, 0, {
    id: 'device',
    registers,
    offered,
    sizes,
    make: make.device,
    reach: REACH,
    ...(supports === undefined ? {} : { supports }),
    configChanged: () => charts.tell('config.change'),
  });
  const polled: number[] = [];
  const look = (): void => {
    const taken = device.poll();
    if (taken !== 0) polled.push(taken);
  };
  const driverOptions: DriverTransportOptions = {
    id: 'device',
    registers,
    wanted,
    ...(required === undefined ? {} : { required }),
    ...(asleep ? {} : { written: look }),
  };
  const driver = new classes.Driver(driverPort, 0, driverOptions);
  if (deviceTransportBytes(sizes.length) > HANDLE || driver_transport_t.bytes > HANDLE)
    throw new RangeError('no room');
  return {
    registers,
    at,
    shared,
    driver,
    device,
    driverPort,
    devicePort,
    charts,
    polled,
    look,
    make,
    /** The driver's side of queue 0 as it was set up. */
    queue: (): VirtioQueueDriver => make.driver(driver.features(), QUEUE_BASE),
    setUp: (size: number = SIZE, base: number = QUEUE_BASE): number =>
      driver.setUpQueue(0, base, size, (features) => make.driver(features, base)),
    /** Kicks, if that is allowed. */
    kick(): void {
      if (driver.mayKick()) make.driver(driver.features(), QUEUE_BASE).kick();
    },
    /** A register, as either side could write it. */
    poke: (where: Location, value: number): void =>
      new LivePort({ shared, local: new ArrayBuffer(0) }).store(where, value, 'seq_cst'),
    peek: (where: Location): number =>
      new LivePort({ shared, local: new ArrayBuffer(0) }).load(where, 'seq_cst'),
    /** Everything up to DRIVER_OK. */
    goLive(): void {
      device.boot();
      const results = [driver.initialize(), this.setUp(), driver.driverOk()];
      if (results.some((result) => result !== 0)) throw new Error(`not live: ${results.join(', ')}`);
    },
  };
}

function sideOf(
  side: 'driver',
  port: MemoryPort,
  features: Features,
  base: number,
  notify: () => void,
): VirtioQueueDriver;
function sideOf(
  side: 'device',
  port: MemoryPort,
  features: Features,
  base: number,
  notify: () => void,
): VirtioQueueDevice;
function sideOf(
  side: 'driver' | 'device',
  port: MemoryPort,
  features: Features,
  base: number,
  notify: () => void,
): VirtioQueueDriver | VirtioQueueDevice {
  const options: VirtioQueueOptions = { id: 'queue', features, notify };
  if (features.ringPacked === true)
    return side === 'driver'
      ? new PackedDriver(port, HANDLE, base, options)
      : new PackedDevice(port, HANDLE, base, options);
  return side === 'driver'
    ? new SplitDriver(port, HANDLE, base, options)
    : new SplitDevice(port, HANDLE, base, options);
}

/** Core-local memory suffices for both sides of both layouts. */
export const LOCAL_NEEDED = Math.max(
  ...[packedDeviceBytes, packedDriverBytes, splitDeviceBytes, splitDriverBytes].map((of) => of(SIZE)),
);
