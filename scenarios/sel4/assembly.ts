/** Two components as an assembly wires them: each registers its ends, sets its side up by id, and signals by badge. */
import { type Program, program, STOP } from '../../checker/index.ts';
import {
  type Assembly,
  AssemblyError,
  type AssemblyErrorCode,
  type Channels,
  channels_bytes,
  NOTIFIER_BYTES,
  Notifier,
  new_ring_object,
  register_ends,
  signals_of,
  VQ_OK,
  type WiredComponent,
  type Wiring,
  wire,
} from '../../impl/index.ts';
import type { MemoryPort } from '../../memory/index.ts';
import { collect, type DeviceOptions, type EndingOptions, message, sendBlock } from './agents.ts';
import { DEVICE_CORE, DRIVER_CORE, type Platform } from './platform.ts';

const NAMES = ['drv', 'dev'];
const LARGEST_ID = 1;
/** In core-local memory, behind either side: the table of channels, and the signal that is kept. */
const TABLE = 512;
const KEPT = TABLE + channels_bytes(LARGEST_ID);
export const ASSEMBLY_LOCAL_BYTES = 8 * Math.ceil((KEPT + NOTIFIER_BYTES) / 8);

const PAIR: Assembly = {
  components: [
    { name: 'producer', interfaces: { drv: 'VirtQueueDrv' } },
    { name: 'consumer', interfaces: { dev: 'VirtQueueDev' } },
  ],
  from: ['producer.drv', 'consumer.dev'],
};

/** A line of three, whose ends have a channel as well. */
const THREE: Assembly = {
  components: [
    { name: 'first', interfaces: { tx: 'VirtQueueDrv', side: 'VirtQueueDrv' } },
    { name: 'middle', interfaces: { rx: 'VirtQueueDev', tx: 'VirtQueueDrv' } },
    { name: 'last', interfaces: { rx: 'VirtQueueDev', side: 'VirtQueueDev' } },
  ],
  from: ['first.tx', 'middle.rx', 'middle.tx', 'last.rx', 'first.side', 'last.side'],
  topology: [
    { drv: 'first.tx', dev: 'middle.rx' },
    { drv: 'middle.tx', dev: 'last.rx' },
    { drv: 'first.side', dev: 'last.side' },
  ],
};

/** A component that drives so many others. */
function star(count: number): Assembly {
  const numbers = Array.from({ length: count }, (_, i) => i);
  return {
    components: [
      {
        name: 'hub',
        interfaces: Object.fromEntries(numbers.map((i) => [`d${i}`, 'VirtQueueDrv' as const])),
      },
      ...numbers.map((i) => ({ name: `leaf${i}`, interfaces: { dev: 'VirtQueueDev' as const } })),
    ],
    from: numbers.flatMap((i) => [`hub.d${i}`, `leaf${i}.dev`]),
    topology: numbers.map((i) => ({ drv: `hub.d${i}`, dev: `leaf${i}.dev` })),
  };
}

/** What must not be built, and why. */
const WRONG: readonly (readonly [AssemblyErrorCode, Assembly])[] = [
  ['unknown-end', { ...PAIR, from: ['producer.drv', 'other.dev'] }],
  ['unknown-end', { ...PAIR, from: ['producer.drv', 'consumer.toString'] }],
  ['unknown-end', { ...PAIR, topology: [{ drv: 'producer.drv', dev: 'consumer.rx' }] }],
  ['end-used-twice', { ...PAIR, from: ['producer.drv', 'producer.drv'] }],
  [
    'end-used-twice',
    { ...THREE, topology: [...(THREE.topology ?? []), { drv: 'first.tx', dev: 'last.rx' }] },
  ],
  ['end-unused', { ...THREE, topology: [{ drv: 'first.tx', dev: 'middle.rx' }] }],
  ['wrong-role', { ...PAIR, topology: [{ drv: 'consumer.dev', dev: 'producer.drv' }] }],
  ['topology-missing', { components: THREE.components, from: THREE.from }],
  ['id-clash', { ...THREE, ids: { 'first.tx': 4, 'first.side': 4 } }],
  ['id-out-of-range', { ...PAIR, ids: { 'consumer.dev': 101 } }],
  ['id-out-of-range', star(102)],
  ['too-many-channels', star(33)],
  ['size-not-aligned', { ...PAIR, shmem_sizes: { 'producer.drv': 6144 } }],
  ['sizes-differ', { ...PAIR, shmem_sizes: { 'producer.drv': 4096 } }],
  ['size-too-small', { ...PAIR, shmem_sizes: { 'producer.drv': 4096, 'consumer.dev': 4096 } }],
  ['length-not-power-of-two', { ...PAIR, queue_length: 3 }],
];

/** Why an assembly is not built; null if it is. */
function refusalOf(assembly: Assembly): AssemblyErrorCode | null {
  try {
    wire(assembly);
    return null;
  } catch (error) {
    if (error instanceof AssemblyError) return error.code;
    throw error;
  }
}

/** @throws Error when an assembly is built, or refused, as it must not be. */
function checkAssemblies(): void {
  for (const [code, assembly] of WRONG) {
    const found = refusalOf(assembly);
    if (found !== code) throw new Error(`an assembly must be refused with ${code}, got ${found}`);
  }
  const { components } = wire({ ...THREE, ids: { 'last.rx': 0 } });
  const ids = components.map(({ ends }) => ends.map(({ virtqueue_id }) => virtqueue_id).join());
  if (ids.join(' ') !== '0,1 0,1 0,1') throw new Error(`the ids are ${ids.join(' ')}`);
}

interface Wired {
  readonly component: WiredComponent;
  readonly channels: Channels;
  readonly notifier: Notifier;
}

/** A component as it is wired; its dataport is smaller than the pages that it would have, and lies where the platform's does. */
function wired(port: MemoryPort, platform: Platform, core: number, deferred: boolean): Wired {
  const { buffer, size } = platform.dataport;
  const wiring: Wiring = wire({ ...PAIR, queue_length: platform.options.slots, ids: { 'consumer.dev': 1 } });
  const component = wiring.components[core];
  if (component === undefined) throw new RangeError(`no component ${core}`);
  const ends = component.ends.map((end) => ({ ...end, buf: buffer, size }));
  return {
    component: { ...component, ends },
    channels: new platform.options.classes.Channels(port, TABLE, { names: NAMES, max_id: LARGEST_ID }),
    notifier: new Notifier(port, KEPT, signals_of(port, wiring, component), deferred),
  };
}

function expectWired(core: number, result: number, recv: { notification: number; badge: number }): void {
  if (result !== 0 || recv.notification !== core || recv.badge !== 1)
    throw new Error(`core ${core}: set up with ${result}, hears ${recv.notification} by ${recv.badge}`);
}

export type WiredDriverState = {
  readonly next: 'register' | 'init' | 'send' | 'wait';
  readonly tag: number;
  readonly out: number;
  /** Messages that it will still send. */
  readonly left: number;
};

/** A component with a single thread: it keeps each signal until the next one, or until it waits. Sends and stops. */
export function wiredDriver({ platform, tags, length, messages = 2 }: EndingOptions): Program {
  return program<WiredDriverState>({ next: 'register', tag: 0, out: 0, left: messages }, (port) => {
    const { component, channels, notifier } = wired(port, platform, DRIVER_CORE, true);
    const driver = platform.driver(port, notifier.functions());
    const own = platform.notification(port, DRIVER_CORE);
    return (state) => {
      const { next, tag, out, left } = state;
      switch (next) {
        case 'register':
          checkAssemblies();
          register_ends(channels, component);
          return { ...state, next: 'init' };
        case 'init': {
          const recv = { notification: 0, badge: 0 };
          const id = channels.get_id_from_name('drv');
          expectWired(DRIVER_CORE, driver.driver_init_with_recv(channels, id, recv), recv);
          // Nothing is kept yet.
          notifier.flush();
          return { ...state, next: 'send' };
        }
        case 'send': {
          if (left === 0 && out === 0) return STOP;
          if (left === 0 || !sendBlock(port, driver, message(tag, length(tag), platform.blockBytes)))
            return { ...state, next: 'wait' };
          driver.notify();
          return { next: 'send', tag: (tag + 1) % tags, out: out + 1, left: left - 1 };
        }
        default: {
          notifier.flush();
          own.wait();
          const still = port.repeat<number, number>(out, (now) =>
            collect(driver) ? { again: now - 1 } : { done: now },
          );
          return { ...state, out: still, next: still > 0 ? 'wait' : 'send' };
        }
      }
    };
  });
}

export type WiredDeviceState = { readonly next: 'register' | 'init' | 'wait' };

/** A component with several threads: it signals at once. */
export function wiredDevice({ platform, answer }: DeviceOptions): Program {
  return program<WiredDeviceState>({ next: 'register' }, (port) => {
    const { component, channels, notifier } = wired(port, platform, DEVICE_CORE, false);
    const device = platform.device(port, notifier.functions());
    const own = platform.notification(port, DEVICE_CORE);
    return ({ next }) => {
      if (next === 'register') {
        register_ends(channels, component);
        return { next: 'init' };
      }
      if (next === 'init') {
        const recv = { notification: 0, badge: 0 };
        const id = channels.get_id_from_name('dev');
        expectWired(DEVICE_CORE, device.device_init_with_recv(channels, id, recv), recv);
        if (device.device_offset_to_buffer(0) !== platform.geometry.pool)
          throw new Error('the pool begins elsewhere');
        return { next: 'wait' };
      }
      notifier.flush();
      own.wait();
      const any = port.repeat<boolean, boolean>(false, (before) => {
        const object = new_ring_object();
        if (device.get_available_buf(object) !== VQ_OK) return { done: before };
        answer(device, object);
        return { again: true };
      });
      if (any) device.notify();
      return { next };
    };
  });
}
