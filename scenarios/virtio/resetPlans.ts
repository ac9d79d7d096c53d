/** Scenarios in which a device and its queue are initialized, reset while they are busy, and initialized again. */
import { type Program, program, type Witness } from '../../checker/index.ts';
import { type DriverTransport, VIRTIO_NONE, VIRTIO_OK } from '../../impl/index.ts';
import type { MemoryPort } from '../../memory/index.ts';
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
  if (transport.initialize() !== VIRTIO_OK) return false;
  if (platform.setUpQueue(port, transport) !== VIRTIO_OK) return false;
  fill();
  return transport.driverOk() === VIRTIO_OK;
}

export type ResettingState = {
  readonly next: 'collect' | 'send' | 'reset queue' | 'reset device' | 'failed';
  readonly tag: number;
};

/** Sends messages, and collects; between two of them it may reset the queue, or the whole device, whatever is out. */
export function resettingDriver({ platform, tags, length }: DriverOptions): Program {
  return program<ResettingState>({ next: 'collect', tag: 0 }, (port) => {
    const transport = platform.driverTransport(port);
    const app = new DriverApplication(port, platform.base);
    return (state) => {
      const { next, tag } = state;
      switch (next) {
        case 'collect': {
          if (app.collect(length) === VIRTIO_OK) return state;
          const turns = ['send', 'reset queue', 'reset device'] as const;
          return { ...state, next: turns[port.choose(turns.length)] ?? 'send' };
        }
        case 'send': {
          const sent = app.send(SINGLE, tag, length);
          return { next: 'collect', tag: sent ? (tag + 1) % tags : tag };
        }
        case 'reset queue': {
          if (transport.resetQueue(0) !== VIRTIO_OK) return { ...state, next: 'failed' };
          freeAll(port, platform);
          const set = platform.setUpQueue(port, transport) === VIRTIO_OK;
          return { ...state, next: set ? 'collect' : 'failed' };
        }
        case 'reset device': {
          transport.resetDevice();
          freeAll(port, platform);
          const up = bringUp(port, platform, transport, () => undefined);
          return { ...state, next: up ? 'collect' : 'failed' };
        }
        case 'failed':
          return state;
      }
    };
  });
}

export type PollingDeviceState = { readonly held: readonly Held[] };

/** Looks at its registers each turn; then takes a chain, or gives back what it has. */
export function pollingDevice(platform: TransportPlatform): Program {
  return program<PollingDeviceState>({ held: [] }, (port) => {
    const transport = platform.deviceTransport(port);
    return ({ held }) => {
      const left = transport.poll() === 0 ? held : [];
      const device = transport.queue(0);
      if (device === null) return { held: left };
      const [first] = left;
      if (first !== undefined) {
        answer(port, device, first);
        return { held: [] };
      }
      const taken = take(device);
      return { held: typeof taken === 'number' ? [] : [taken] };
    };
  });
}

export type LifecycleState = {
  readonly next: 'start' | 'kick' | 'collect' | 'failed';
  /** Messages that are out. */
  readonly out: number;
  readonly tag: number;
};

/**
 * Initializes the device, fills the queue before it is live, kicks, collects all that it sent; then it may send once more,
 * or reset the device and begin anew.
 */
export function lifecycleDriver({ platform, tags, length }: DriverOptions): Program {
  return program<LifecycleState>({ next: 'start', out: 0, tag: 0 }, (port) => {
    const transport = platform.driverTransport(port);
    const app = new DriverApplication(port, platform.base);
    const kick = (): void => {
      platform.driverSide(port, transport, transport.features()).kick();
    };
    return (state) => {
      const { next, out, tag } = state;
      const send = (): boolean => app.send(SINGLE, tag, length);
      switch (next) {
        case 'start': {
          // Of what is out nothing comes back any more.
          let sent = false;
          const fill = (): void => {
            freeAll(port, platform);
            sent = send();
            kick();
          };
          if (!bringUp(port, platform, transport, fill)) return { ...state, next: 'failed' };
          return { next: 'collect', out: sent ? 1 : 0, tag: sent ? (tag + 1) % tags : tag };
        }
        case 'kick':
          kick();
          return { ...state, next: 'collect' };
        case 'collect': {
          if (out > 0) return app.collect(length) === VIRTIO_OK ? { ...state, out: out - 1 } : state;
          if (port.choose(2) === 1) return { ...state, next: 'start' };
          return send() ? { next: 'kick', out: 1, tag: (tag + 1) % tags } : state;
        }
        case 'failed':
          return state;
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

export const resetPlans: readonly Plan[] = [
  {
    name: 'lifecycle',
    title:
      'the whole initialization, queue filled before DRIVER_OK; messages; the device reset and initialized again; without end',
    most: { sc: 2, tso: 2, pso: 1, rc11: 1 },
    system({ defects }, { platform: newPlatform, tags, length }) {
      const platform = new TransportPlatform(newPlatform(), defects);
      return platform.system(lifecycleDriver({ platform, tags, length }), pollingDevice(platform), {
        live: false,
        witnesses: [
          negotiated,
          live,
          accepted,
          deviceReset,
          called('kick of a live device', 'sendNotification', () => true),
        ],
      });
    },
  },
  {
    name: 'reset-while-busy',
    title:
      'the driver resets the queue, or the whole device, while chains are out, and both sides begin anew; without end',
    most: { sc: 2, tso: 2, pso: 1, rc11: 1 },
    system({ defects }, { platform: newPlatform, tags, length }) {
      const platform = new TransportPlatform(newPlatform(), defects);
      return platform.system(resettingDriver({ platform, tags, length }), pollingDevice(platform), {
        live: true,
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
