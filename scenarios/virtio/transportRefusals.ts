/**
 * Every call of a transport that must be refused: out of turn, of queues that are none, without features. Between them, the
 * device refuses features, and queues whose registers make no sense. Whatever the driver writes, the device answers at once.
 */
import type { System } from '../../checker/index.ts';
import {
  type DeviceTransport,
  type DriverTransport,
  device_queue_t,
  device_transport_t,
  deviceTransportBytes,
  driver_transport_t,
  type Features,
  placeRegisters,
  queueRegisterLocation,
  type RegisterGeometry,
  registerGeometry,
  registerLocation,
  STATUS_ACKNOWLEDGE,
  STATUS_DRIVER,
  STATUS_FAILED,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  STATUS_WRITTEN,
  type TransportClasses,
  transportOperations,
  VIRTIO_FEATURE_MISSING,
  VIRTIO_FEATURES_REFUSED,
  VIRTIO_INVALID,
  VIRTIO_NEEDS_RESET,
  VIRTIO_NO_DEVICE,
  VIRTIO_NO_QUEUE,
  VIRTIO_NOT_NEGOTIATED,
  VIRTIO_OK,
  VIRTIO_OUT_OF_ORDER,
  VIRTIO_QUEUE_IN_USE,
  VIRTIO_QUEUE_TOO_LARGE,
  type VirtioQueueDriver,
  type virtio_queue_registers_t,
  virtioOperations,
} from '../../impl/index.ts';
import { LayoutMap, type MemoryPort } from '../../memory/index.ts';
import type { Layout, LayoutClasses } from './layout.ts';
import { expectThat, isOutOfRange, type Phase, type Refusal, refusalsSystem } from './refusalPhases.ts';

const SIZE = 2;
/** Multiples of 16: no queue begins at 0. */
const QUEUE = 16;
/** There are registers of two queues, but one queue. */
const SIZES = [SIZE, 0];

interface Sides {
  readonly port: MemoryPort;
  readonly registers: RegisterGeometry;
  readonly driver: DriverTransport;
  readonly device: DeviceTransport;
  /** The same drivers and devices, with other wishes. */
  readonly withoutReset: DriverTransport;
  readonly undemanding: DriverTransport;
  readonly demanding: DriverTransport;
  /** What it writes is answered by a device that supports nothing. */
  readonly unsupported: DriverTransport;
  /** What it writes is answered by a device that is told when its configuration changes, and can reach all memory. */
  readonly farReaching: DriverTransport;
  readonly farReachingDevice: DeviceTransport;
  make(features: Features): VirtioQueueDriver;
  /** A driver's side that cannot be set up. */
  makeNone(features: Features): VirtioQueueDriver;
  tooFewSizes(): unknown;
}

function refusal(call: string, answer: number, run: (sides: Sides) => number): Refusal<Sides> {
  return { call, answer, run };
}

function setUpQueue(
  call: string,
  answer: number,
  { queue = 0, size = SIZE }: { readonly queue?: number; readonly size?: number } = {},
): Refusal<Sides> {
  return refusal(`setUpQueue ${call}`, answer, ({ withoutReset, make }) =>
    withoutReset.setUpQueue(queue, QUEUE, size, make),
  );
}

/** Of whoever has negotiated no features. */
const outOfTurn: readonly Refusal<Sides>[] = [
  refusal('negotiate', VIRTIO_OUT_OF_ORDER, ({ driver }) => driver.negotiate()),
  refusal('setUpQueue', VIRTIO_OUT_OF_ORDER, ({ driver, make }) => driver.setUpQueue(0, QUEUE, SIZE, make)),
  refusal('driverOk', VIRTIO_OUT_OF_ORDER, ({ driver }) => driver.driverOk()),
  refusal('resetQueue', VIRTIO_OUT_OF_ORDER, ({ driver }) => driver.resetQueue(0)),
];

function named(refusals: readonly Refusal<Sides>[], when: string): readonly Refusal<Sides>[] {
  return refusals.map(({ call, answer, run }) => ({ call: `${call} ${when}`, answer, run }));
}

type Register = keyof typeof virtio_queue_registers_t.fields;

/** What a driver could say about a queue, and no queue can be there. */
const forgeries: readonly (readonly [Register, number])[] = [
  ['num', 0],
  ['num', 2 * SIZE],
  ['desc_low', QUEUE + 1],
  ['desc_low', 0],
  ['desc_low', 2 ** 20],
  ['driver_low', 0],
  ['device_low', 0],
  ['desc_high', 1],
  ['driver_high', 1],
  ['device_high', 1],
];

function forge({ port, registers }: Sides, register: Register, value: number): void {
  port.store(queueRegisterLocation(registers, 0, register), value, 'seq_cst');
}

/** A driver accepts a feature that was not offered. */
function acceptWhatWasNotOffered({ port, registers, driver, device }: Sides): void {
  driver.resetDevice();
  driver.acknowledge();
  driver.drive();
  for (const [low, high] of [
    [1, 0],
    [0, 0x8000_0000],
  ] as const) {
    port.store(registerLocation(registers, 'driver_features'), low, 'seq_cst');
    port.store(registerLocation(registers, 'driver_features_high'), high, 'seq_cst');
    const status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
    port.store(registerLocation(registers, 'status_write'), (STATUS_WRITTEN | status) >>> 0, 'seq_cst');
    device.poll();
    expectThat('refused', device.status() === (STATUS_ACKNOWLEDGE | STATUS_DRIVER));
  }
}

const phases: readonly Phase<Sides>[] = [
  {
    why: 'there is no device',
    refusals: [
      ...named(outOfTurn, 'without a device'),
      refusal('initialize', VIRTIO_NO_DEVICE, ({ driver }) => driver.initialize()),
      refusal('probe', VIRTIO_NO_DEVICE, ({ driver }) => driver.probe()),
    ],
    goOn({ device, tooFewSizes }) {
      expectThat('a size for each queue', isOutOfRange(tooFewSizes));
      device.boot();
      // Nobody is told: the device is not live.
      device.needsReset();
      expectThat('broken', device.status() === STATUS_NEEDS_RESET);
    },
  },
  {
    why: 'nothing is negotiated',
    refusals: named(outOfTurn, 'before there are features'),
    goOn(sides) {
      const { driver, device, demanding, undemanding, unsupported } = sides;
      acceptWhatWasNotOffered(sides);
      expectThat('missing', demanding.initialize() === VIRTIO_FEATURE_MISSING);
      expectThat('without VERSION_1', undemanding.initialize() === VIRTIO_FEATURES_REFUSED);
      expectThat('not supported', unsupported.initialize() === VIRTIO_FEATURES_REFUSED);
      expectThat('failed', (driver.readStatus() & STATUS_FAILED) !== 0);
      expectThat('no queue', device.queue(0) === null);
    },
  },
  {
    why: 'the device is given up',
    refusals: [
      ...named(outOfTurn, 'after giving up'),
      refusal('mayKick after giving up', 0, ({ driver }) => Number(driver.mayKick())),
    ],
    goOn({ withoutReset }) {
      expectThat('negotiated', withoutReset.initialize() === VIRTIO_OK);
      expectThat('INDIRECT_DESC as well', withoutReset.features().indirectDesc === true);
    },
  },
  {
    why: 'there is no queue',
    refusals: [
      setUpQueue('of no descriptor', VIRTIO_INVALID, { size: 0 }),
      setUpQueue('of half a descriptor', VIRTIO_INVALID, { size: 0.5 }),
      setUpQueue('of too many descriptors for any queue', VIRTIO_INVALID, { size: 0x1_0000 }),
      setUpQueue('of too many descriptors for the device', VIRTIO_QUEUE_TOO_LARGE, { size: 2 * SIZE }),
      setUpQueue('of a queue that there is not', VIRTIO_NO_QUEUE, { queue: 1 }),
      refusal('setUpQueue of a side that refuses', VIRTIO_INVALID, ({ withoutReset, makeNone }) =>
        withoutReset.setUpQueue(0, QUEUE, SIZE, makeNone),
      ),
      refusal('resetQueue without RING_RESET', VIRTIO_NOT_NEGOTIATED, ({ withoutReset }) =>
        withoutReset.resetQueue(0),
      ),
    ],
    goOn({ withoutReset, make, device }) {
      expectThat('set up', withoutReset.setUpQueue(0, QUEUE, SIZE, make) === VIRTIO_OK);
      expectThat('not live yet', device.queue(0) === null);
    },
  },
  {
    why: 'a queue is set up',
    refusals: [
      setUpQueue('a second time', VIRTIO_QUEUE_IN_USE),
      refusal('mayKick before the device is live', 0, ({ withoutReset }) => Number(withoutReset.mayKick())),
    ],
    goOn(sides) {
      const { driver, device, make, withoutReset, farReaching, farReachingDevice } = sides;
      expectThat('live', withoutReset.driverOk() === VIRTIO_OK && device.queue(0) !== null);
      for (const [register, value] of forgeries) {
        driver.initialize();
        expectThat('set up', driver.setUpQueue(0, QUEUE, SIZE, make) === VIRTIO_OK);
        forge(sides, register, value);
        expectThat(`${register} ${value} refused`, driver.driverOk() === VIRTIO_NEEDS_RESET);
        expectThat('no queue', device.queue(0) === null);
        expectThat('reset, though it was refused', driver.resetQueue(0) === VIRTIO_OK);
      }
      driver.fail();
      farReaching.initialize();
      expectThat('far away', farReaching.setUpQueue(0, QUEUE, SIZE, make) === VIRTIO_OK);
      expectThat('live', farReaching.driverOk() === VIRTIO_OK && farReachingDevice.queue(0) !== null);
      farReachingDevice.needsReset();
      expectThat('told', (driver.readStatus() & STATUS_NEEDS_RESET) !== 0);
    },
  },
];

function aligned(offset: number, to = 16): number {
  return to * Math.ceil(offset / to);
}

export function transportRefusals(
  title: string,
  layout: Layout,
  { Driver: QueueDriver, Device: QueueDevice }: LayoutClasses,
  { Driver, Device }: TransportClasses,
): System {
  const end = QUEUE + layout.queueBytes(SIZE);
  const registers = registerGeometry(aligned(end), SIZES.length);
  // In core-local memory, one after the other.
  const queueDriverAt = 0;
  const queueDeviceAt = aligned(layout.driverBytes(SIZE));
  const driverAt = aligned(queueDeviceAt + layout.deviceBytes(SIZE));
  const deviceAt = aligned(driverAt + driver_transport_t.bytes);
  const localBytes = aligned(deviceAt + deviceTransportBytes(SIZES.length));
  const names = new LayoutMap();
  const place = { base: QUEUE, size: SIZE, handle: queueDriverAt, driverCore: 0, deviceCore: 0 };
  layout.nameQueue(names, place, false);
  layout.nameDriver(names, place);
  layout.nameDevice(names, { ...place, handle: queueDeviceAt });
  placeRegisters(names, 'device', registers);
  names.place('transport', 'local', driver_transport_t, driverAt);
  names.place('device', 'local', device_transport_t, deviceAt);
  names.place('device.queue', 'local', device_queue_t, deviceAt + device_transport_t.bytes, SIZES.length);

  const modulus = layout.smallestModulus(SIZE);
  const common = { id: 'queue', ...(modulus === null ? {} : { indexModulus: modulus }) };
  const offered: Features = {
    indirectDesc: true,
    version1: true,
    ringReset: true,
    ...(layout.name === 'packed' ? { ringPacked: true } : {}),
  };

  function sidesOn(port: MemoryPort): Sides {
    const driverOptions = { id: 'device', registers, wanted: offered };
    const deviceOptions = {
      id: 'device',
      registers,
      offered,
      sizes: SIZES,
      make: (_queue: number, features: Features, base: number) =>
        new QueueDevice(port, queueDeviceAt, base, { ...common, features }),
    };
    const device = new Device(port, deviceAt, { ...deviceOptions, reach: { from: QUEUE, to: end } });
    const unsupporting = new Device(port, deviceAt, { ...deviceOptions, supports: () => false });
    const farReachingDevice = new Device(port, deviceAt, {
      ...deviceOptions,
      configChanged: () => undefined,
    });
    const driven = (by: DeviceTransport, more: { wanted?: Features; required?: Features } = {}) =>
      new Driver(port, driverAt, { ...driverOptions, ...more, written: () => void by.poll() });
    const make = (features: Features): VirtioQueueDriver =>
      new QueueDriver(port, queueDriverAt, QUEUE, { ...common, features });
    return {
      port,
      registers,
      device,
      driver: driven(device),
      withoutReset: driven(device, { wanted: { ...offered, ringReset: false } }),
      undemanding: driven(device, { wanted: {}, required: {} }),
      demanding: driven(device, { required: { version1: true, inOrder: true } }),
      unsupported: driven(unsupporting),
      farReaching: driven(farReachingDevice),
      farReachingDevice,
      make,
      makeNone: (features) => {
        const side = make(features);
        side.init = () => VIRTIO_INVALID;
        return side;
      },
      tooFewSizes: () => new Device(port, deviceAt, { ...deviceOptions, sizes: [SIZE] }),
    };
  }

  return refusalsSystem<Sides>({
    title,
    phases,
    sidesOn,
    operations: { ...virtioOperations, ...transportOperations },
    sharedBytes: aligned(registers.end),
    localBytes,
    names,
  });
}
