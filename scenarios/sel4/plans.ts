/** The seL4 scenarios. */
import type { Program, System, Witness } from '../../checker/index.ts';
import { builtInProperties } from '../../properties/index.ts';
import type { ScenarioParams } from '../target.ts';
import {
  anyOrderDevice,
  type DeviceState,
  drainingDevice,
  type FillingState,
  fillingDriver,
  inOrderDevice,
  inOrderDriver,
  type MsgqueueState,
  msgqueueDevice,
  msgqueueDriver,
  readAll,
  readBytes,
  restartingDriver,
  type Send,
  sendPieces,
  sleepingDevice,
  sleepingDriver,
} from './agents.ts';
import {
  agents,
  chainOf,
  empty,
  interrupted,
  noBlock,
  noDescriptor,
  notifiedAgents,
  type Plan,
  rested,
  returned,
  secondLap,
  woken,
} from './plan.ts';
import { BLOCK_BYTES, DEVICE_CORE, DRIVER_CORE, type Platform } from './platform.ts';
import { noLostDescriptors, usedLength } from './properties.ts';

/** Bytes of a message that fits into a block. */
const BYTES = 4;
const length = (): number => BYTES;
const answer = readBytes(BYTES);

/** All agents of a system with its properties. */
function assembled(
  platform: Platform,
  parts: readonly [Program, Program],
  witnesses: readonly Witness[],
  more: Partial<System> = {},
): System {
  const properties = [...builtInProperties, noLostDescriptors(platform), usedLength];
  const cast =
    platform.options.notifications === true ? notifiedAgents(platform, ...parts) : agents(...parts);
  return platform.system(cast, { witnesses, properties, ...more });
}

/** One, two and three blocks in turn, as far as there are so many; the last one not full. */
export function chainLength(most: number): (tag: number) => number {
  return (tag) => BLOCK_BYTES * (tag % most) + (tag % 2 === 0 ? 5 : 3);
}

const scatter: Send = (_port, driver, bytes) => driver.driver_scatter_send_buffer(bytes) === 0;

function longest({ slots }: ScenarioParams): number {
  return Math.min(slots, 3);
}

export const plans: readonly Plan[] = [
  {
    name: 'in-order',
    title: 'one block a message, given back in the order of their arrival; without end',
    most: { sc: 4, tso: 2, pso: 2, rc11: 2 },
    system({ slots }, { platform: newPlatform, tags }) {
      const platform = newPlatform();
      return assembled(
        platform,
        [inOrderDriver({ platform, tags, length }), inOrderDevice({ platform, answer })],
        [noBlock, empty, secondLap(slots)],
      );
    },
  },
  {
    name: 'any-order',
    title: 'one block a message; the device holds up to two chains and gives them back in any order',
    most: { sc: 4, tso: 2, pso: 2, rc11: 2 },
    system({ slots }, { platform: newPlatform, tags }) {
      const platform = newPlatform();
      const two: readonly Witness[] = [
        rested<DeviceState>('two chains held', 'device', ({ held }) => held.length === 2),
        rested<DeviceState>('given back out of order', 'device', ({ returning }) => returning === 2),
      ];
      return assembled(
        platform,
        [inOrderDriver({ platform, tags, length }), anyOrderDevice({ platform, answer, holds: 2 })],
        [noBlock, empty, secondLap(slots), ...(slots > 1 ? two : [])],
      );
    },
  },
  {
    name: 'chains',
    title: 'messages of one to three blocks, scattered and gathered; lengths cross the borders of blocks',
    most: { sc: 4, tso: 2, pso: 2, rc11: 2 },
    system(params, { platform: newPlatform, tags }) {
      const platform = newPlatform();
      const most = longest(params);
      return assembled(
        platform,
        [
          inOrderDriver({ platform, tags, length: chainLength(most), send: scatter }),
          inOrderDevice({ platform, answer: readAll }),
        ],
        [empty, ...Array.from({ length: most }, (_, i) => chainOf(i + 1, BLOCK_BYTES))],
      );
    },
  },
  {
    name: 'full-ring',
    title: 'the driver sends until no descriptor is left, the device takes all before it gives any back',
    most: { sc: 4, tso: 2, pso: 2, rc11: 2 },
    system({ slots }, { platform: newPlatform, tags }) {
      const platform = newPlatform({ blocks: slots + 1 });
      return assembled(
        platform,
        [fillingDriver({ platform, tags, length }), drainingDevice({ platform, answer })],
        [
          noDescriptor,
          empty,
          rested<DeviceState>('every chain held', 'device', ({ held }) => held.length === slots),
          rested<FillingState>('every chain out', 'driver', ({ out }) => out === slots),
        ],
      );
    },
  },
  {
    name: 'exhausted',
    title: 'blocks or descriptors run out half-way through a chain, sent as a whole or built by hand',
    most: { sc: 2, tso: 2, pso: 2, rc11: 2 },
    system({ slots }, { platform: newPlatform }) {
      // With one descriptor a chain of two runs out of them, with more it runs out of blocks.
      const platform = newPlatform({ blocks: slots === 1 ? 2 : slots });
      // What does not fit is dropped.
      const send: Send = (port, driver, bytes, tag) => {
        if (tag % 2 === 0) driver.driver_scatter_send_buffer(bytes);
        else sendPieces(port, driver, platform, bytes);
        return true;
      };
      return assembled(
        platform,
        [
          inOrderDriver({
            platform,
            tags: 4,
            length: (tag) => (tag % 4 < 2 ? BYTES : BLOCK_BYTES + BYTES),
            send,
          }),
          inOrderDevice({ platform, answer: readAll }),
        ],
        [
          returned('scattering refused', 'driver_scatter_send_buffer', -1),
          returned('chain given up', 'discard_available', 1),
          empty,
        ],
      );
    },
  },
  {
    name: 'notify-and-wait',
    title: 'both sides sleep: the driver until a chain came back, the device until one was sent',
    most: { sc: 2, tso: 1, pso: 1, rc11: 1 },
    system(_params, { platform: newPlatform, tags }) {
      const platform = newPlatform({ notifications: true });
      return assembled(
        platform,
        [sleepingDriver({ platform, tags, length }), sleepingDevice({ platform, answer })],
        [noBlock, empty, woken('driver woken', DRIVER_CORE), woken('device woken', DEVICE_CORE), interrupted],
      );
    },
  },
  {
    name: 'msgqueue',
    title: 'a message queue: the sender recycles, the receiver waits and then gets all; the sender may stop',
    most: { sc: 2, tso: 2, pso: 1, rc11: 2 },
    system(_params, { platform: newPlatform, tags }) {
      const platform = newPlatform({ notifications: true, msgqueue: true });
      return assembled(
        platform,
        [msgqueueDriver({ platform, tags, length }), msgqueueDevice(platform)],
        [returned('no message', 'msgqueue_get', 42), woken('receiver woken', DEVICE_CORE), interrupted],
        { finished: ([sender]) => (sender as MsgqueueState).stops },
      );
    },
  },
  {
    name: 're-init',
    title: 'the driver may set its side up again at any time, while the device goes on',
    most: { sc: 2, tso: 2, pso: 1, rc11: 2 },
    system(_params, { platform: newPlatform, tags }) {
      const platform = newPlatform();
      return assembled(
        platform,
        [restartingDriver({ platform, tags, length }), inOrderDevice({ platform, answer })],
        [
          returned('set up again', 'driver_init_common', 0),
          returned('refused', 'driver_init_common', 22),
          empty,
        ],
      );
    },
  },
];
