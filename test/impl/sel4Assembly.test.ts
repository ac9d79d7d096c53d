import { describe, expect, it } from 'vitest';
import {
  type Assembly,
  AssemblyError,
  assemblyErrors,
  CAMKES_OK,
  CamkesDevice,
  CamkesDriver,
  Channels,
  type ChannelsOptions,
  channels_bytes,
  device_bytes,
  NOTIFIER_BYTES,
  Notification,
  Notifier,
  notification_t,
  register_ends,
  signals_of,
  VIRTQUEUE_DEVICE,
  VIRTQUEUE_DRIVER,
  VQ_OK,
  type Wiring,
  wire,
} from 'vqcheck/impl';
import { LiveInterrupts, LivePort, liveInterruptsBytes } from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';
import { bytesOf } from './sel4System.ts';

/** Two components with one channel, as in the document's example. */
const PAIR: Assembly = {
  components: [
    { name: 'bar', interfaces: { drv: 'VirtQueueDrv' } },
    { name: 'baz', interfaces: { dev: 'VirtQueueDev' } },
  ],
  from: ['bar.drv', 'baz.dev'],
  topology: [{ drv: 'bar.drv', dev: 'baz.dev' }],
};

/** A server between two clients: one channel to each, and one between the clients. */
const THREE: Assembly = {
  components: [
    { name: 'a', interfaces: { tx: 'VirtQueueDrv', side: 'VirtQueueDrv' } },
    { name: 'server', interfaces: { rx: 'VirtQueueDev', tx: 'VirtQueueDrv' } },
    { name: 'b', interfaces: { rx: 'VirtQueueDev', side: 'VirtQueueDev' } },
  ],
  from: ['a.tx', 'server.rx', 'server.tx', 'b.rx', 'a.side', 'b.side'],
  topology: [
    { drv: 'a.tx', dev: 'server.rx' },
    { drv: 'server.tx', dev: 'b.rx' },
    { drv: 'a.side', dev: 'b.side' },
  ],
  queue_length: 16,
};

function codeOf(assembly: Assembly): unknown {
  try {
    wire(assembly);
    return null;
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    expect(error.message).toContain(error.where);
    expect(error.message).toContain(assemblyErrors[error.code].advice);
    return [error.code, error.where];
  }
}

describe('an assembly', () => {
  it('is wired to a dataport of its own for each channel, with ids, badges and notifications', () => {
    const { components, sharedBytes } = wire(PAIR);
    expect(sharedBytes).toBe(4096 + 8192);
    expect(components).toEqual([
      {
        name: 'bar',
        line: 0,
        notification: 0,
        ends: [
          {
            end: 'bar.drv',
            peer: 'baz.dev',
            virtqueue_id: 0,
            interface_name: 'drv',
            queue_len: 256,
            size: 8192,
            buf: 4096,
            notify: 1,
            recv_notification: 0,
            recv_badge: 1,
            role: VIRTQUEUE_DRIVER,
            notify_line: 1,
            notify_badge: 1,
          },
        ],
      },
      {
        name: 'baz',
        line: 1,
        notification: notification_t.bytes,
        ends: [
          expect.objectContaining({
            end: 'baz.dev',
            role: VIRTQUEUE_DEVICE,
            buf: 4096,
            recv_notification: 1,
            notify_line: 0,
          }),
        ],
      },
    ]);
  });

  it('needs no topology for two ends', () => {
    const { topology: _, ...rest } = PAIR;
    expect(wire(rest)).toEqual(wire(PAIR));
  });

  it('has one badge bit a channel of a component, and ids that no two of its channels share', () => {
    const { components } = wire({ ...THREE, ids: { 'a.side': 0, 'b.side': 7 } });
    expect(
      components.map(({ ends }) =>
        ends.map(({ end, virtqueue_id, recv_badge }) => [end, virtqueue_id, recv_badge]),
      ),
    ).toEqual([
      [
        ['a.tx', 1, 1],
        ['a.side', 0, 2],
      ],
      [
        ['server.rx', 0, 1],
        ['server.tx', 1, 2],
      ],
      [
        ['b.rx', 0, 1],
        ['b.side', 7, 2],
      ],
    ]);
    const ports = components.flatMap(({ ends }) => ends.map(({ buf }) => buf));
    expect(ports).toEqual([4096, 20_480, 4096, 12_288, 12_288, 20_480]);
    // Whoever is notified hears it by the badge of that channel.
    const ends = components.flatMap(({ ends }) => ends);
    for (const { peer, notify_line, notify_badge } of ends) {
      const other = ends.find(({ end }) => end === peer);
      expect([other?.recv_notification, other?.recv_badge]).toEqual([notify_line, notify_badge]);
    }
  });

  const wrong: readonly (readonly [string, Assembly, string, string])[] = [
    ['an end of no instance', { ...PAIR, from: ['bar.drv', 'foo.dev'] }, 'unknown-end', 'foo.dev'],
    ['an end of no interface', { ...PAIR, from: ['bar.drv', 'baz.rx'] }, 'unknown-end', 'baz.rx'],
    [
      'an end called like a method',
      { ...PAIR, from: ['bar.drv', 'baz.toString'] },
      'unknown-end',
      'baz.toString',
    ],
    [
      'an end that is not of the connection',
      { ...PAIR, topology: [{ drv: 'bar.drv', dev: 'baz.rx' }] },
      'unknown-end',
      'baz.rx',
    ],
    [
      'an end twice in the connection',
      { ...PAIR, from: ['bar.drv', 'bar.drv'] },
      'end-used-twice',
      'bar.drv',
    ],
    [
      'an end twice in the topology',
      { ...THREE, topology: [...(THREE.topology ?? []), { drv: 'a.tx', dev: 'b.rx' }] },
      'end-used-twice',
      'a.tx',
    ],
    [
      'an end that the topology leaves out',
      { ...THREE, topology: THREE.topology?.slice(0, 2) ?? [] },
      'end-unused',
      'a.side',
    ],
    ['ends exchanged', { ...PAIR, topology: [{ drv: 'baz.dev', dev: 'bar.drv' }] }, 'wrong-role', 'baz.dev'],
    [
      'no topology, and more than two ends',
      { components: THREE.components, from: THREE.from },
      'topology-missing',
      'topology',
    ],
    [
      'no topology, and two drivers',
      { components: THREE.components, from: ['a.tx', 'server.tx'] },
      'topology-missing',
      'topology',
    ],
    ['an id twice in a component', { ...THREE, ids: { 'a.tx': 4, 'a.side': 4 } }, 'id-clash', 'a.side'],
    ['a negative id', { ...PAIR, ids: { 'bar.drv': -1 } }, 'id-out-of-range', 'bar.drv'],
    ['an id above 100', { ...PAIR, ids: { 'baz.dev': 101 } }, 'id-out-of-range', 'baz.dev'],
    ['half a page', { ...PAIR, shmem_sizes: { 'bar.drv': 2048 } }, 'size-not-aligned', 'bar.drv'],
    ['a page and a half', { ...PAIR, shmem_sizes: { 'baz.dev': 6144 } }, 'size-not-aligned', 'baz.dev'],
    ['two sizes', { ...PAIR, shmem_sizes: { 'bar.drv': 4096 } }, 'sizes-differ', 'bar.drv'],
    [
      'the published example: a page for 256 descriptors',
      { ...PAIR, shmem_sizes: { 'bar.drv': 4096, 'baz.dev': 4096 } },
      'size-too-small',
      'bar.drv',
    ],
    ['a length of 3', { ...PAIR, queue_length: 3 }, 'length-not-power-of-two', 'queue_length'],
    ['a length of 65536', { ...PAIR, queue_length: 65_536 }, 'length-not-power-of-two', 'queue_length'],
    ['a length of 0', { ...PAIR, queue_length: 0 }, 'length-not-power-of-two', 'queue_length'],
  ];

  it.each(wrong)('is refused with %s', (_what, assembly, code, where) => {
    expect(codeOf(assembly)).toEqual([code, where]);
  });

  /** A hub that drives `count` devices. */
  function star(count: number): Assembly {
    const numbers = Array.from({ length: count }, (_, i) => i);
    const drivers = Object.fromEntries(numbers.map((i) => [`d${i}`, 'VirtQueueDrv' as const]));
    return {
      components: [
        { name: 'hub', interfaces: drivers },
        ...numbers.map((i) => ({ name: `leaf${i}`, interfaces: { dev: 'VirtQueueDev' as const } })),
      ],
      from: numbers.flatMap((i) => [`hub.d${i}`, `leaf${i}.dev`]),
      topology: numbers.map((i) => ({ drv: `hub.d${i}`, dev: `leaf${i}.dev` })),
    };
  }

  it('has at most 32 channels a component, since a badge has as many bits', () => {
    expect(wire(star(32)).components[0]?.ends[31]?.recv_badge).toBe(2 ** 31);
    expect(codeOf(star(33))).toEqual(['too-many-channels', 'hub']);
    expect(codeOf(star(102))).toEqual(['id-out-of-range', 'hub.d101']);
  });

  it('has an error for each thing that can be wrong', () => {
    const codes = new Set([...wrong.map(([, , code]) => code), 'too-many-channels']);
    expect(codes).toEqual(new Set(Object.keys(assemblyErrors)));
  });
});

/** One component of an assembly, on one thread. */
function boot(wiring: Wiring, index: number, shared: SharedArrayBuffer, deferred: boolean) {
  const component = wiring.components[index];
  if (component === undefined) throw new Error('no such component');
  const lines = wiring.components.map(({ line }) => ({ core: line, trigger: 'edge' as const }));
  const interrupts = new LiveInterrupts({
    core: component.line,
    cores: lines.length,
    lines,
    shared,
    byteOffset: wiring.sharedBytes,
    semaphores: [{ count: 0, most: 1 }],
  });
  const local = new ArrayBuffer(32_768);
  const port = new RecordingPort(new LivePort({ shared, local, actions: interrupts.actions }));
  const options: ChannelsOptions = { names: component.ends.map(({ interface_name }) => interface_name) };
  const channels = new Channels(port, 0, options);
  register_ends(channels, component);
  const notification = new Notification(port, { object: component.notification, line: component.line });
  interrupts.attach(component.line, () => notification.handler());
  port.action('enable', component.line);
  const notifier = new Notifier(port, channels_bytes(), signals_of(port, wiring, component), deferred);
  const free = channels_bytes() + NOTIFIER_BYTES;
  const functions = notifier.functions();
  return { component, port, channels, notification, notifier, free, functions };
}

function bootPair(deferred = false) {
  const wiring = wire(PAIR);
  const shared = new SharedArrayBuffer(8 * Math.ceil((wiring.sharedBytes + liveInterruptsBytes(2, 2)) / 8));
  const [bar, baz] = [boot(wiring, 0, shared, deferred), boot(wiring, 1, shared, false)];
  const driver = new CamkesDriver(bar.port, bar.free, { functions: bar.functions });
  const device = new CamkesDevice(baz.port, baz.free, { functions: baz.functions });
  return { wiring, shared, bar, baz, driver, device };
}

describe('a wired assembly', () => {
  it('moves a message between two components, found by the name of the interface', () => {
    const { bar, baz, driver, device } = bootPair();
    const recv = { notification: -1, badge: -1 };
    expect(driver.driver_init_with_recv(bar.channels, bar.channels.get_id_from_name('drv'), recv)).toBe(
      CAMKES_OK,
    );
    expect(recv).toEqual({ notification: 0, badge: 1 });
    expect(device.device_init(baz.channels, baz.channels.get_id_from_name('dev'))).toBe(CAMKES_OK);
    expect(driver.driver_scatter_send_buffer(bytesOf(300))).toBe(CAMKES_OK);
    driver.notify();
    expect(baz.notification.wait()).toBe(1);
    const object = { cur: 0, first: 0 };
    expect(device.get_available_buf(object)).toBe(VQ_OK);
    const into = new Uint8Array(device.scattered_available_size(object));
    expect(device.device_gather_copy_buffer(object, into)).toBe(CAMKES_OK);
    expect(into).toEqual(bytesOf(300));
    device.notify();
    expect(bar.notification.poll()).toBe(1);
    expect(bar.notification.poll()).toBe(0);
    expect(device_bytes(256)).toBeGreaterThan(0);
  });

  it('refuses to register an end twice', () => {
    const { bar } = bootPair();
    expect(() => register_ends(bar.channels, bar.component)).toThrow(
      'bar.drv: the channel 0 cannot be registered',
    );
  });

  it('knows whom to signal only among its own components', () => {
    const { wiring, bar } = bootPair();
    expect(() => signals_of(bar.port, { ...wiring, components: [] }, bar.component)).toThrow(
      'no component 1',
    );
  });
});

describe('a notification', () => {
  it('is binary: signals coalesce, and badges are or-ed', () => {
    const { bar, baz, wiring } = bootPair();
    const object = wiring.components[1]?.notification ?? -1;
    const peer = new Notification(bar.port, { object, line: 1 });
    for (const badge of [1, 4, 1]) peer.signal(badge);
    expect(baz.notification.wait()).toBe(5);
    expect(baz.notification.poll()).toBe(0);
    peer.signal(0x8000_0000);
    expect(baz.notification.poll()).toBe(0x8000_0000);
  });

  it('that was taken by a poll ends no wait: the next signal does', () => {
    const { bar, baz, wiring } = bootPair();
    const object = wiring.components[1]?.notification ?? -1;
    const peer = new Notification(bar.port, { object, line: 1 });
    peer.signal(2);
    expect(baz.notification.poll()).toBe(2);
    peer.signal(4);
    expect(baz.notification.wait()).toBe(4);
    // The semaphore is still there, given for a signal that was taken without it: it must end no wait by itself.
    peer.signal(8);
    expect(baz.notification.wait()).toBe(8);
    const takes = baz.port.accesses.filter(([kind, name]) => kind === 'action' && name === 'take');
    expect(takes.length).toBeLessThanOrEqual(2);
  });

  it('is given by an exclusive access and a doorbell', () => {
    const { bar, wiring } = bootPair();
    bar.port.accesses.length = 0;
    const object = wiring.components[1]?.notification ?? -1;
    new Notification(bar.port, { object, line: 1 }).signal(2);
    expect(bar.port.accesses).toEqual([
      ['or', 'shared', object, 4, 'seq_cst', 2],
      ['action', 'ring', 1],
    ]);
  });
});

describe('a component with a single thread', () => {
  it('keeps a signal until it gives another one, or flushes', () => {
    const { bar, baz } = bootPair(true);
    bar.notifier.flush();
    bar.notifier.notify(1);
    expect(baz.notification.poll()).toBe(0);
    bar.notifier.notify(1);
    expect(baz.notification.poll()).toBe(1);
    expect(baz.notification.poll()).toBe(0);
    bar.notifier.flush();
    expect(baz.notification.poll()).toBe(1);
    bar.notifier.flush();
    expect(baz.notification.poll()).toBe(0);
  });

  it('has no signal but those of its channels', () => {
    const { bar, baz } = bootPair();
    expect(() => bar.notifier.notify(2)).toThrow('there is no signal 2');
    bar.notifier.flush();
    bar.notifier.notify(1);
    expect(baz.notification.poll()).toBe(1);
  });
});
