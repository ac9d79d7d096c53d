/** Scenarios in which a device and its queue are initialized, reset while they are busy, and initialized again. */
import { type Program, program, STOP, type Witness } from '../../checker/index.ts';
import {
  type DriverTransport,
  STATUS_NEEDS_RESET,
  VIRTIO_FEATURES_REFUSED,
  VIRTIO_NONE,
  VIRTIO_OK,
} from '../../impl/index.ts';
import type { MemoryPort } from '../../memory/index.ts';
import type { ScenarioParams } from '../target.ts';
import { answer, DriverApplication, type Held, SINGLE, take } from './application.ts';
import { called, type Plan, rested, returned } from './plan.ts';
import { TransportPlatform } from './transportPlatform.ts';

interface DriverOptions {
  readonly platform: TransportPlatform;
  readonly tags: number;
  readonly length: number;
}

/** The driver's application takes all buffers back that were in chains: whatever device the queue had leaves them alone. */
function freeAll(port: MemoryPort, { base }: TransportPlatform): void {
  const pool = base.bufferPool(port);
  for (let buffer = 0; buffer < base.buffers; buffer++) {
    const address = base.addressOf(buffer);
    if (pool.isTaken(address)) pool.free(address);
  }
}

/** From nothing to DRIVER_OK, with one message in the queue before that. */
function bringUp(
  port: MemoryPort,
  platform: TransportPlatform,
  transport: DriverTransport,
  fill: () => void,
): boolean {
  const negotiated = transport.initialize();
  // It has reset the device: of what was out nothing comes back any more.
  freeAll(port, platform);
  if (negotiated !== VIRTIO_OK) return false;
  if (platform.setUpQueue(port, transport) !== VIRTIO_OK) return false;
  fill();
  return transport.driverOk() === VIRTIO_OK;
}

export type ResettingState = {
  readonly next: 'collect' | 'send' | 'reset queue' | 'reset device' | 'failed';
  readonly tag: number;
  /** Messages that it may still send, and resets that it may still ask for; -1: no end. */
  readonly left: number;
  readonly resets: number;
  /** It has sent something since the last reset: resetting for ever is no way to get anything done. */
  readonly busy: boolean;
  /** Messages that are out; counted only where there is an end. */
  readonly out: number;
};

interface Bounds {
  readonly messages?: number;
  readonly resets?: number;
}

/** One less, if there is an end. */
function less(left: number): number {
  return Math.max(-1, left - 1);
}

/** Sends messages, and collects; between two of them it may reset the queue, or the whole device, whatever is out. */
export function resettingDriver(options: DriverOptions & Bounds): Program {
  const { platform, tags, length, messages = -1, resets = -1 } = options;
  return program<ResettingState>(
    { next: 'reset device', tag: 0, left: messages, resets, busy: false, out: 0 },
    (port) => {
      const transport = platform.driverTransport(port);
      const app = new DriverApplication(port, platform.base);
      return (state) => {
        const { next, tag } = state;
        switch (next) {
          case 'collect': {
            if (app.collect(length) === VIRTIO_OK) return { ...state, out: Math.max(0, state.out - 1) };
            if (state.left === 0 && state.out === 0) return STOP;
            const turns = [
              ...(state.left === 0 ? (['collect'] as const) : (['send'] as const)),
              ...(state.resets === 0 || !state.busy ? [] : (['reset queue', 'reset device'] as const)),
            ];
            return { ...state, next: turns[turns.length === 1 ? 0 : port.choose(turns.length)] ?? 'send' };
          }
          case 'send': {
            if (!app.send(SINGLE, tag, length)) return { ...state, next: 'collect' };
            return {
              ...state,
              next: 'collect',
              tag: (tag + 1) % tags,
              left: less(state.left),
              busy: true,
              out: messages < 0 ? 0 : state.out + 1,
            };
          }
          case 'reset queue': {
            if (transport.resetQueue(0) !== VIRTIO_OK) return { ...state, next: 'failed' };
            freeAll(port, platform);
            const set = platform.setUpQueue(port, transport) === VIRTIO_OK;
            return {
              ...state,
              next: set ? 'collect' : 'failed',
              resets: less(state.resets),
              busy: false,
              out: 0,
            };
          }
          case 'reset device': {
            const up = bringUp(port, platform, transport, () => undefined);
            return {
              ...state,
              next: up ? 'collect' : 'failed',
              resets: less(state.resets),
              busy: false,
              out: 0,
            };
          }
          case 'failed':
            return state;
        }
      };
    },
  );
}

export type PollingDeviceState = {
  readonly held: readonly Held[];
  /** It has refused features, and accepted none since: refusing for ever is no way to get anything done. */
  readonly refused: boolean;
};

/**
 * Looks at its registers each turn; then takes a chain, or gives back what it has. With `fails` it may refuse the features,
 * and break down over a chain: then it does nothing more until it is reset.
 */
export function pollingDevice(platform: TransportPlatform, fails = false): Program {
  return program<PollingDeviceState>({ held: [], refused: false }, (port) => (state) => {
    let { refused } = state;
    const transport = platform.deviceTransport(port, () => {
      refused = fails && !refused && port.choose(2) === 1;
      return !refused;
    });
    const held = transport.poll() === 0 ? state.held : [];
    const device = transport.queue(0);
    if (device === null || (transport.status() & STATUS_NEEDS_RESET) !== 0) return { held, refused };
    const [first] = held;
    if (first === undefined) {
      const taken = take(device);
      return { held: typeof taken === 'number' ? [] : [taken], refused };
    }
    if (!fails || port.choose(2) === 0) {
      answer(port, device, first);
      return { held: [], refused };
    }
    transport.needsReset();
    return { held, refused };
  });
}

export type LifecycleState = {
  readonly next: 'start' | 'kick' | 'collect';
  /** Messages that are out. */
  readonly out: number;
  readonly tag: number;
};

/**
 * Initializes the device, fills the queue before it is live, kicks, collects all that it sent; then it may send once more,
 * or reset the device and begin anew. So it does when the device says that it needs a reset, or refuses the features.
 */
export function lifecycleDriver({ platform, tags, length }: DriverOptions): Program {
  return program<LifecycleState>({ next: 'start', out: 0, tag: 0 }, (port) => {
    const transport = platform.driverTransport(port);
    const app = new DriverApplication(port, platform.base);
    const kick = (): void => {
      if (transport.mayKick()) platform.driverSide(port, transport.features()).kick();
    };
    return (state) => {
      const { next, out, tag } = state;
      const send = (): boolean => app.send(SINGLE, tag, length);
      switch (next) {
        case 'start': {
          let sent = false;
          const fill = (): void => {
            sent = send();
            kick();
          };
          if (!bringUp(port, platform, transport, fill)) return { ...state, next: 'start' };
          return { next: 'kick', out: sent ? 1 : 0, tag: sent ? (tag + 1) % tags : tag };
        }
        case 'kick':
          kick();
          return { ...state, next: 'collect' };
        case 'collect': {
          if (out > 0) {
            if (app.collect(length) === VIRTIO_OK) return { ...state, out: out - 1 };
            const isBroken = (transport.readStatus() & STATUS_NEEDS_RESET) !== 0;
            return isBroken ? { ...state, next: 'start', out: 0 } : state;
          }
          if (port.choose(2) === 1) return { ...state, next: 'start' };
          return send() ? { next: 'kick', out: 1, tag: (tag + 1) % tags } : state;
        }
      }
    };
  });
}

const live = returned('device live', 'driverOk', VIRTIO_OK);
const negotiated = returned('features negotiated', 'negotiate', VIRTIO_OK);
const deviceReset: Witness = returned('device reset with a queue in use', 'answerReset', 1);
const queueReset: Witness = returned('queue reset while it was in use', 'answerQueueReset', true);
const accepted = called('queue taken into use', 'acceptQueue', () => true);
const nothing = returned('nothing to take', 'take', VIRTIO_NONE);

/** With two descriptors and no end these are millions of states. */
function few({ slots, realistic }: ScenarioParams) {
  return slots > 1 && realistic !== true ? { messages: 4, resets: 3 } : {};
}

export const resetPlans: readonly Plan[] = [
  {
    name: 'lifecycle',
    title:
      'the whole initialization, queue filled before DRIVER_OK; messages; the device reset and initialized again; without end',
    most: { sc: 2, tso: 2, pso: 2, rc11: 2 },
    system({ defects }, { platform: newPlatform, tags, length }) {
      const platform = new TransportPlatform(newPlatform(), defects);
      return platform.system(lifecycleDriver({ platform, tags, length }), pollingDevice(platform), {
        witnesses: [
          negotiated,
          live,
          accepted,
          deviceReset,
          called('kick of a live device', 'notify', () => true),
        ],
      });
    },
  },
  {
    name: 'needs-reset',
    title: 'the device refuses the features, or breaks down over a chain, now and then; without end',
    most: { sc: 2, tso: 2, pso: 2, rc11: 2 },
    system({ defects }, { platform: newPlatform, tags, length }) {
      const platform = new TransportPlatform(newPlatform(), defects);
      return platform.system(lifecycleDriver({ platform, tags, length }), pollingDevice(platform, true), {
        witnesses: [
          live,
          returned('features refused', 'negotiate', VIRTIO_FEATURES_REFUSED),
          called('driver told that the device needs a reset', 'configChange', () => true),
          deviceReset,
        ],
      });
    },
  },
  {
    name: 'reset-while-busy',
    title:
      'the driver resets the queue, or the whole device, while chains are out, and both sides begin anew; without end',
    most: { sc: 2, tso: 2, pso: 2, rc11: 2 },
    refuse: ({ slots, memory, realistic }, layout) =>
      layout.name === 'split' && memory === 'pso' && slots > 1 && realistic !== true
        ? 'stores leave the buffer in too many ways: more than 12 million states with 2 messages and 1 reset'
        : null,
    bounds: few,
    system(params, { platform: newPlatform, tags, length }) {
      const platform = new TransportPlatform(newPlatform(), params.defects);
      const driver = resettingDriver({ platform, tags, length, ...few(params) });
      return platform.system(driver, pollingDevice(platform), {
        witnesses: [
          live,
          deviceReset,
          queueReset,
          nothing,
          rested<PollingDeviceState>('a chain held', 'device', ({ held }) => held.length > 0),
        ],
      });
    },
  },
];
