import { describe, expect, it } from 'vitest';
import {
  DEVICE_VERSION,
  featureWords,
  MAGIC_VALUE,
  newCollected,
  newTaken,
  queueParts,
  queueRegisterLocation,
  registerGeometry,
  registerLocation,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  STATUS_WRITTEN,
  type TransportClasses,
  transportClasses,
  transportCodes,
  transportDefects,
  VIRTIO_FEATURE_MISSING,
  VIRTIO_FEATURES_REFUSED,
  VIRTIO_INVALID,
  VIRTIO_NEEDS_RESET,
  VIRTIO_NO_DEVICE,
  VIRTIO_NO_QUEUE,
  VIRTIO_NONE,
  VIRTIO_NOT_NEGOTIATED,
  VIRTIO_OK,
  VIRTIO_OUT_OF_ORDER,
  VIRTIO_QUEUE_IN_USE,
  VIRTIO_QUEUE_TOO_LARGE,
  virtio_queue_registers_t,
  virtio_registers_t,
} from 'vqcheck/impl';
import { offsetOf } from 'vqcheck/memory';
import {
  LOCAL_NEEDED,
  newTransport,
  PACKED,
  QUEUE_BASE,
  SIZE,
  SPLIT,
  type TransportSystem,
  type TransportSystemOptions,
} from './virtioTransportSystem.ts';

const BUFFER = { addr: 6000, len: 16, writable: false } as const;

/** The driver makes a buffer available: its result. */
function add(system: TransportSystem, token = 7): number {
  system.charts.tell('expose');
  return system.queue().add([BUFFER], token);
}

/** The device takes a chain and gives it back: what `take` answers; `null` without a queue. */
function serve(system: TransportSystem): number | null {
  const queue = system.device.queue(0);
  if (queue === null) return null;
  const taken = newTaken();
  const code = queue.take(taken);
  if (code !== VIRTIO_OK) return code;
  system.charts.tell('use');
  queue.giveBack(taken.head, 0);
  queue.interrupt();
  return code;
}

function collect(system: TransportSystem): number {
  return system.queue().collect(newCollected());
}

/** Stores to registers, in order: their names, and what was stored. */
function storesOf(system: TransportSystem, side: 'driverPort' | 'devicePort'): string[] {
  const { registers } = system;
  const names = new Map<number, string>();
  for (const field of Object.keys(virtio_registers_t.fields) as (keyof typeof virtio_registers_t.fields)[])
    names.set(offsetOf(registerLocation(registers, field)), field);
  for (const field of Object.keys(
    virtio_queue_registers_t.fields,
  ) as (keyof typeof virtio_queue_registers_t.fields)[])
    names.set(offsetOf(queueRegisterLocation(registers, 0, field)), `queue.${field}`);
  return system[side].accesses.flatMap(([kind, space, offset, , , value]) => {
    const name = names.get(Number(offset));
    return kind === 'store' && space === 'shared' && name !== undefined ? [`${name} = ${value}`] : [];
  });
}

describe.each([
  ['split', SPLIT],
  ['packed', PACKED],
] as const)('a transport with the %s layout', (_name, features) => {
  const options: TransportSystemOptions = { offered: features };

  it('virtio 1.2 §3.1.1 › initializes the device in the order of the standard', () => {
    const system = newTransport(options);
    system.goLive();
    const [low, high] = featureWords(features);
    const parts = queueParts(features, QUEUE_BASE, SIZE);
    const written = (status: number): string => `status_write = ${(STATUS_WRITTEN | status) >>> 0}`;
    expect(storesOf(system, 'driverPort')).toEqual([
      written(0),
      written(1),
      written(3),
      `driver_features = ${low}`,
      `driver_features_high = ${high}`,
      written(11),
      `queue.num = ${SIZE}`,
      `queue.desc_low = ${parts.desc}`,
      'queue.desc_high = 0',
      `queue.driver_low = ${parts.driver}`,
      'queue.driver_high = 0',
      `queue.device_low = ${parts.device}`,
      'queue.device_high = 0',
      'queue.ready = 1',
      written(15),
    ]);
    expect(system.charts.illegal).toEqual([]);
    expect(system.charts.state).toEqual(['live', 'enabled']);
    expect(system.driver.features()).toEqual(features);
    expect(system.device.features()).toEqual(features);
    expect(system.driver.readStatus()).toBe(15);
  });

  it('moves a buffer there and back once it is live', () => {
    const system = newTransport(options);
    system.goLive();
    expect(add(system)).toBe(VIRTIO_OK);
    system.kick();
    expect(serve(system)).toBe(VIRTIO_OK);
    expect(collect(system)).toBe(VIRTIO_OK);
    expect(system.charts.illegal).toEqual([]);
    expect(system.charts.seen).toEqual(expect.arrayContaining(['kick', 'use', 'interrupt']));
  });

  it('virtio 1.2 §2.1.2, §3.1.1 › lets queues be filled before DRIVER_OK, and neither kicks nor uses them', () => {
    const system = newTransport(options);
    system.device.boot();
    expect([system.driver.initialize(), system.setUp()]).toEqual([VIRTIO_OK, VIRTIO_OK]);
    expect(add(system)).toBe(VIRTIO_OK);
    system.kick();
    system.look();
    expect(serve(system)).toBeNull();
    expect(system.charts.seen).not.toContain('kick');
    expect(system.driver.driverOk()).toBe(VIRTIO_OK);
    expect(serve(system)).toBe(VIRTIO_OK);
    expect(system.charts.illegal).toEqual([]);
  });

  it('virtio 1.2 §2.6.1 › resets a queue with a chain out, sets it up again with another size, and loses nothing', () => {
    const system = newTransport(options);
    system.goLive();
    add(system, 1);
    serve(system);
    add(system, 2);
    expect(system.driver.resetQueue(0)).toBe(VIRTIO_OK);
    expect(system.polled).toEqual([1]);
    expect([system.peek(system.at.ready), system.peek(system.at.reset)]).toEqual([0, 0]);
    expect(system.charts.state).toEqual(['live', 'disabled']);
    expect(serve(system)).toBeNull();
    // Neither the chain that was used nor the one that was not comes back.
    expect(system.setUp(2)).toBe(VIRTIO_OK);
    expect(collect(system)).toBe(VIRTIO_NONE);
    expect(serve(system)).toBe(VIRTIO_NONE);
    for (let token = 0; token < 5; token++) {
      expect(add(system, token)).toBe(VIRTIO_OK);
      expect(serve(system)).toBe(VIRTIO_OK);
      const back = newCollected();
      expect(system.queue().collect(back)).toBe(VIRTIO_OK);
      expect(back.token).toBe(token);
    }
    expect(system.charts.illegal).toEqual([]);
  });

  it('virtio 1.2 §2.4 › resets the device with a chain out, and initializes it again', () => {
    const system = newTransport(options);
    system.goLive();
    add(system);
    system.driver.resetDevice();
    expect(system.polled).toEqual([1]);
    expect(system.charts.state).toEqual(['reset', 'disabled']);
    expect([system.driver.readStatus(), system.peek(system.at.ready)]).toEqual([0, 0]);
    expect(system.driver.features()).toEqual({});
    expect(system.device.features()).toEqual({});
    expect(serve(system)).toBeNull();
    system.goLive();
    expect(serve(system)).toBe(VIRTIO_NONE);
    expect(add(system)).toBe(VIRTIO_OK);
    expect(serve(system)).toBe(VIRTIO_OK);
    expect(collect(system)).toBe(VIRTIO_OK);
    expect(system.charts.illegal).toEqual([]);
  });
});

describe('registers', () => {
  it('are words of 32 bits one behind the other, those of each queue behind those of the device', () => {
    expect([virtio_registers_t.bytes, virtio_queue_registers_t.bytes]).toEqual([36, 40]);
    const geometry = registerGeometry(16, 3);
    expect([geometry.queues, geometry.end]).toEqual([52, 172]);
    expect(offsetOf(registerLocation(geometry, 'status'))).toBe(16 + 28);
    expect(offsetOf(queueRegisterLocation(geometry, 2, 'ready'))).toBe(52 + 2 * 40 + 8);
    for (const fields of [virtio_registers_t.fields, virtio_queue_registers_t.fields])
      for (const field of Object.values(fields))
        expect(field).toEqual({ width: 32, load: 'seq_cst', store: 'seq_cst' });
  });

  it('say what the device is, its magic value last', () => {
    const system = newTransport();
    system.device.boot();
    const stores = storesOf(system, 'devicePort');
    expect(stores.at(0)).toBe(`version = ${DEVICE_VERSION}`);
    expect(stores.at(-1)).toBe(`magic_value = ${MAGIC_VALUE}`);
    expect(stores).toContain(`queue.num_max = ${SIZE}`);
  });

  it('leave room for both sides of a queue in the core-local memory of these tests', () => {
    expect(LOCAL_NEEDED).toBeLessThan(4096 - 256);
  });
});

describe('the driver', () => {
  it('finds no device where none has booted, and leaves it alone', () => {
    const system = newTransport();
    expect(system.driver.initialize()).toBe(VIRTIO_NO_DEVICE);
    expect(storesOf(system, 'driverPort')).toEqual([]);
  });

  it.each(['magic_value', 'version', 'device_id'] as const)('finds no device with another %s', (register) => {
    const system = newTransport();
    system.device.boot();
    system.poke(registerLocation(system.registers, register), 0);
    expect(system.driver.probe()).toBe(VIRTIO_NO_DEVICE);
  });

  it('virtio 1.2 §2.2.1 › accepts what is offered and wanted, and nothing else', () => {
    const system = newTransport({
      offered: { version1: true, eventIdx: true, inOrder: true },
      wanted: { version1: true, inOrder: true, ringPacked: true },
    });
    system.device.boot();
    expect(system.driver.initialize()).toBe(VIRTIO_OK);
    expect(system.driver.features()).toEqual({ version1: true, inOrder: true });
    expect(system.device.features()).toEqual(system.driver.features());
  });

  it('gives up, and says so, when a feature is missing without which it cannot work', () => {
    const system = newTransport({
      offered: SPLIT,
      wanted: { ...SPLIT, ringPacked: true },
      required: { ringPacked: true },
    });
    system.device.boot();
    expect(system.driver.initialize()).toBe(VIRTIO_FEATURE_MISSING);
    expect(system.driver.readStatus()).toBe(128 + 3);
    expect(system.charts.state[0]).toBe('failed.early');
    // 3.1.1: it does not go on.
    expect(system.setUp()).toBe(VIRTIO_OUT_OF_ORDER);
    expect(system.driver.driverOk()).toBe(VIRTIO_OUT_OF_ORDER);
    expect(system.charts.illegal).toEqual([]);
  });

  it('gives up when the device does not keep FEATURES_OK, and can begin anew', () => {
    let picky = true;
    const system = newTransport({ supports: () => !picky });
    system.device.boot();
    expect(system.driver.initialize()).toBe(VIRTIO_FEATURES_REFUSED);
    expect(system.driver.readStatus()).toBe(128 + 3);
    expect(system.driver.features()).toEqual({});
    expect([system.setUp(), system.driver.resetQueue(0)]).toEqual([VIRTIO_OUT_OF_ORDER, VIRTIO_OUT_OF_ORDER]);
    picky = false;
    system.goLive();
    expect(system.charts.illegal).toEqual([]);
  });

  it('negotiates in its turn only', () => {
    const system = newTransport();
    system.device.boot();
    expect(system.driver.negotiate()).toBe(VIRTIO_OUT_OF_ORDER);
    system.driver.resetDevice();
    system.driver.acknowledge();
    expect(system.driver.negotiate()).toBe(VIRTIO_OUT_OF_ORDER);
    system.driver.drive();
    expect(system.driver.negotiate()).toBe(VIRTIO_OK);
    expect(system.driver.negotiate()).toBe(VIRTIO_OUT_OF_ORDER);
    expect(system.charts.illegal).toEqual([]);
  });

  it('sets up only queues that are there, free, and not too large', () => {
    const system = newTransport({ sizes: [SIZE, 0] });
    system.device.boot();
    system.driver.initialize();
    const second = (size: number): number =>
      system.driver.setUpQueue(1, QUEUE_BASE, size, (features) => system.make.driver(features, QUEUE_BASE));
    expect(second(2)).toBe(VIRTIO_NO_QUEUE);
    expect(system.setUp(2 * SIZE)).toBe(VIRTIO_QUEUE_TOO_LARGE);
    expect([system.setUp(3), system.setUp(0), system.setUp(1.5)]).toEqual([
      VIRTIO_INVALID,
      VIRTIO_INVALID,
      VIRTIO_INVALID,
    ]);
    expect(system.setUp()).toBe(VIRTIO_OK);
    expect(system.setUp()).toBe(VIRTIO_QUEUE_IN_USE);
  });

  it('passes on why the queue itself cannot be set up', () => {
    const system = newTransport();
    system.device.boot();
    system.driver.initialize();
    const refusing = { ...system.make.driver(SPLIT, QUEUE_BASE), init: () => VIRTIO_INVALID };
    expect(system.driver.setUpQueue(0, QUEUE_BASE, SIZE, () => refusing)).toBe(VIRTIO_INVALID);
    expect(system.peek(system.at.ready)).toBe(0);
  });

  it('admits sizes of the packed layout that are no powers of two', () => {
    const system = newTransport({ offered: PACKED });
    system.device.boot();
    system.driver.initialize();
    expect(system.setUp(3)).toBe(VIRTIO_OK);
    expect(system.driver.driverOk()).toBe(VIRTIO_OK);
    expect(add(system)).toBe(VIRTIO_OK);
    expect(serve(system)).toBe(VIRTIO_OK);
  });

  it('resets no queue without RING_RESET', () => {
    const system = newTransport({ offered: { version1: true } });
    system.goLive();
    expect(system.driver.resetQueue(0)).toBe(VIRTIO_NOT_NEGOTIATED);
    expect(system.peek(system.at.reset)).toBe(0);
  });

  it('sets FAILED beside the bits that are there, and uses the device no more', () => {
    const system = newTransport();
    system.goLive();
    system.driver.fail();
    expect(system.driver.readStatus()).toBe(128 + 15);
    expect(system.device.queue(0)).toBeNull();
    expect(system.charts.state[0]).toBe('failed.live');
    system.goLive();
    expect(system.device.queue(0)).not.toBeNull();
  });
});

describe('the device', () => {
  it.each([
    ['a feature that concerns no queue', 0, 1],
    ['a feature that was not offered', featureWords({ eventIdx: true })[0], 1],
    ['no VERSION_1', 0, 0],
  ])('virtio 1.2 §2.2.2 › refuses %s', (_what, low, high) => {
    const system = newTransport({ offered: { version1: true } });
    system.device.boot();
    system.poke(registerLocation(system.registers, 'driver_features'), low === 0 && high === 1 ? 1 : low);
    system.poke(registerLocation(system.registers, 'driver_features_high'), high);
    for (const status of [1, 3, 11]) {
      system.poke(system.at.statusWrite, (STATUS_WRITTEN | status) >>> 0);
      system.look();
    }
    expect(system.peek(system.at.status)).toBe(3);
    expect(system.device.status()).toBe(3);
    expect(system.device.features()).toEqual({});
  });

  it('keeps bits that the driver clears, and its own', () => {
    const system = newTransport();
    system.goLive();
    system.device.needsReset();
    system.poke(system.at.statusWrite, (STATUS_WRITTEN | 8) >>> 0);
    system.look();
    expect(system.peek(system.at.status)).toBe(15 + STATUS_NEEDS_RESET);
  });

  it('does not let the driver set DEVICE_NEEDS_RESET', () => {
    const system = newTransport();
    system.goLive();
    system.poke(system.at.statusWrite, (STATUS_WRITTEN | 15 | STATUS_NEEDS_RESET) >>> 0);
    system.look();
    expect(system.peek(system.at.status)).toBe(15);
  });

  it('virtio 1.2 §2.1.2 › tells a live driver that it needs a reset, and no other', () => {
    const live = newTransport();
    live.goLive();
    live.device.needsReset();
    expect(live.charts.seen.slice(-2)).toEqual(['needs.reset', 'config.change']);
    expect(live.driver.readStatus()).toBe(15 + STATUS_NEEDS_RESET);
    live.goLive();
    expect(live.driver.readStatus()).toBe(15);

    const early = newTransport();
    early.device.boot();
    early.driver.initialize();
    early.device.needsReset();
    expect(early.charts.seen.at(-1)).toBe('needs.reset');
    expect(early.setUp()).toBe(VIRTIO_OK);
    expect(early.driver.driverOk()).toBe(VIRTIO_NEEDS_RESET);
    expect([...live.charts.illegal, ...early.charts.illegal]).toEqual([]);
  });

  it.each([
    ['num', 0],
    ['num', 3],
    ['num', 2 * SIZE],
    ['desc_low', QUEUE_BASE + 8],
    ['desc_low', 0],
    ['desc_low', 8192 - 16],
    ['desc_high', 1],
    ['driver_low', 0],
    ['driver_high', 1],
    ['device_low', 0],
    ['device_high', 1],
  ] as const)('needs a reset when a queue’s %s is %i', (register, value) => {
    const system = newTransport();
    system.device.boot();
    system.driver.initialize();
    system.setUp();
    system.poke(queueRegisterLocation(system.registers, 0, register), value);
    system.driver.driverOk();
    system.look();
    expect(system.driver.readStatus()).toBe(15 + STATUS_NEEDS_RESET);
    expect(system.device.queue(0)).toBeNull();
    // It says so once.
    system.look();
    expect(system.charts.seen.filter((event) => event === 'needs.reset')).toHaveLength(1);
    // A queue that was refused can be reset, and set up as it should be.
    expect(system.driver.resetQueue(0)).toBe(VIRTIO_OK);
    expect(system.polled).toEqual([]);
    expect(system.setUp()).toBe(VIRTIO_OK);
    expect(system.device.queue(0)).not.toBeNull();
  });

  it('confirms the reset of a queue that it has not looked at yet', () => {
    const system = newTransport();
    system.device.boot();
    system.driver.initialize();
    system.setUp();
    expect(system.driver.resetQueue(0)).toBe(VIRTIO_OK);
    expect(system.peek(system.at.ready)).toBe(0);
    expect(system.polled).toEqual([]);
  });

  it('takes a queue into use that is set up when it is live', () => {
    const system = newTransport();
    system.device.boot();
    system.driver.initialize();
    system.driver.driverOk();
    expect(system.device.queue(0)).toBeNull();
    expect(system.setUp()).toBe(VIRTIO_OK);
    expect(system.device.queue(0)).not.toBeNull();
  });

  it('wants to know the size of each queue', () => {
    const { registers } = newTransport();
    const { Device } = transportClasses();
    const { devicePort, make } = newTransport();
    expect(
      () =>
        new Device(devicePort, 0, {
          id: 'device',
          registers,
          offered: SPLIT,
          sizes: [],
          make: make.device,
        }),
    ).toThrow('sizes: expected one for each of 1 queues, got 0');
  });
});

class OutOfPatience extends Error {}

/** What one thread can see of a defect; `sound` is what it sees without. */
type Symptom = {
  readonly name: string;
  readonly sound: unknown;
  readonly defective: unknown;
  readonly observe: (classes: TransportClasses) => unknown;
};

/** What the charts say of a run that does everything once. */
function illegalIn(options: TransportSystemOptions, run: (system: TransportSystem) => unknown) {
  return (classes: TransportClasses): unknown => {
    const system = newTransport(options, classes);
    run(system);
    return system.charts.illegal[0] ?? 'nothing illegal';
  };
}

const symptoms: readonly Symptom[] = [
  {
    name: 'accepts-unoffered',
    sound: VIRTIO_OK,
    defective: VIRTIO_FEATURES_REFUSED,
    observe(classes) {
      const system = newTransport({ wanted: { ...SPLIT, eventIdx: true } }, classes);
      system.device.boot();
      return system.driver.initialize();
    },
  },
  {
    name: 'device-goes-on-after-reset',
    sound: 'nothing illegal',
    defective: 'use in reset',
    observe: illegalIn({}, (system) => {
      system.goLive();
      add(system);
      system.driver.resetDevice();
      return serve(system);
    }),
  },
  {
    name: 'device-goes-on-after-queue-reset',
    sound: 'nothing illegal',
    defective: 'use in disabled',
    observe: illegalIn({}, (system) => {
      system.goLive();
      add(system);
      system.driver.resetQueue(0);
      return serve(system);
    }),
  },
  {
    name: 'queue-misaligned',
    sound: VIRTIO_OK,
    defective: VIRTIO_NEEDS_RESET,
    observe(classes) {
      const system = newTransport({}, classes);
      system.device.boot();
      system.driver.initialize();
      system.setUp();
      return system.driver.driverOk();
    },
  },
  {
    name: 'features-ok-not-reread',
    sound: 'nothing illegal',
    defective: 'queue.enable in refused',
    observe: illegalIn({ supports: () => false }, (system) => {
      system.device.boot();
      system.driver.initialize();
      return system.setUp();
    }),
  },
  {
    name: 'needs-reset-silent',
    sound: true,
    defective: false,
    observe(classes) {
      const system = newTransport({}, classes);
      system.goLive();
      system.device.needsReset();
      return system.charts.seen.includes('config.change');
    },
  },
  {
    name: 'notify-before-driver-ok',
    sound: 'nothing illegal',
    defective: 'kick in negotiated',
    observe: illegalIn({}, (system) => {
      system.device.boot();
      system.driver.initialize();
      system.setUp();
      add(system);
      system.kick();
    }),
  },
  {
    name: 'queue-ready-before-addresses',
    sound: 'num, ready',
    defective: 'ready, num',
    observe(classes) {
      const system = newTransport({}, classes);
      system.device.boot();
      system.driver.initialize();
      system.setUp();
      return storesOf(system, 'driverPort')
        .flatMap((store) => /queue\.(num|ready)/.exec(store)?.[1] ?? [])
        .join(', ');
    },
  },
  {
    name: 'queue-reset-not-confirmed',
    sound: 'waits',
    defective: 'goes on',
    observe: (classes) => waits(classes, (system) => system.driver.resetQueue(0)),
  },
  {
    name: 'ready-not-cleared',
    sound: VIRTIO_OK,
    defective: VIRTIO_QUEUE_IN_USE,
    observe(classes) {
      const system = newTransport({}, classes);
      system.goLive();
      system.driver.resetQueue(0);
      return system.setUp();
    },
  },
  {
    name: 'reset-not-confirmed',
    sound: 'waits',
    defective: 'goes on',
    observe: (classes) => waits(classes, (system) => system.driver.resetDevice()),
  },
  {
    name: 'size-above-maximum',
    sound: 11,
    defective: 15 + STATUS_NEEDS_RESET,
    observe(classes) {
      const system = newTransport({}, classes);
      system.device.boot();
      system.driver.initialize();
      if (system.setUp(2 * SIZE) === VIRTIO_OK) system.driver.driverOk();
      system.look();
      return system.driver.readStatus();
    },
  },
  {
    name: 'status-bits-cleared',
    sound: 'nothing illegal',
    defective: 'a status bit cleared',
    observe: illegalIn({}, (system) => system.goLive()),
  },
  {
    name: 'unoffered-unchecked',
    sound: 3,
    defective: 3 + STATUS_FEATURES_OK,
    observe(classes) {
      const system = newTransport({ offered: { version1: true } }, classes);
      system.device.boot();
      const [low, high] = featureWords({ version1: true, eventIdx: true });
      system.poke(registerLocation(system.registers, 'driver_features'), low);
      system.poke(registerLocation(system.registers, 'driver_features_high'), high);
      for (const status of [1, 3, 11]) {
        system.poke(system.at.statusWrite, (STATUS_WRITTEN | status) >>> 0);
        system.look();
      }
      return system.device.status();
    },
  },
  {
    name: 'used-before-driver-ok',
    sound: 'nothing illegal',
    defective: 'use in negotiated',
    observe: illegalIn({}, (system) => {
      system.device.boot();
      system.driver.initialize();
      system.setUp();
      add(system);
      system.look();
      return serve(system);
    }),
  },
];

/** Whether a driver waits for a device that never looks. */
function waits(classes: TransportClasses, ask: (system: TransportSystem) => unknown): string {
  let awake = true;
  const { Driver } = classes;
  const system = newTransport(
    {},
    {
      ...classes,
      Driver: class extends Driver {
        constructor(...args: ConstructorParameters<typeof Driver>) {
          const [port, handle, options] = args;
          super(port, handle, { ...options, written: () => (awake ? options.written?.() : undefined) });
        }
      },
    },
  );
  system.goLive();
  awake = false;
  let loads = 0;
  const { load } = system.driverPort;
  system.driverPort.load = (at, order) => {
    if (loads++ > 200) throw new OutOfPatience();
    return load.call(system.driverPort, at, order);
  };
  try {
    ask(system);
    return 'goes on';
  } catch (error) {
    if (error instanceof OutOfPatience) return 'waits';
    throw error;
  }
}

describe('defects of a transport', () => {
  it('have a symptom each here', () => {
    expect(symptoms.map(({ name }) => name).sort()).toEqual(transportDefects.map(({ name }) => name).sort());
  });

  it.each(symptoms)('$name: shows, and not without it', ({ name, sound, defective, observe }) => {
    const defects = transportDefects.filter((defect) => defect.name === name);
    expect(defects).toHaveLength(1);
    expect(observe(transportClasses())).toEqual(sound);
    expect(observe(transportClasses(defects))).toEqual(defective);
  });

  it('can be put on top of each other', () => {
    const { Driver, Device } = transportClasses(transportDefects);
    const system = newTransport({}, { Driver, Device });
    system.device.boot();
    system.driver.initialize();
    expect(system.charts.illegal).toContain('a status bit cleared');
  });
});

it('every code has a name of its own', () => {
  const names = Object.values(transportCodes);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('FEATURES_REFUSED');
});
