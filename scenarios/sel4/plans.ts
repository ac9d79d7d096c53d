/** The seL4 scenarios. */
import type { MemoryModelName, Program, System, Witness } from '../../checker/index.ts';
import { channels_bytes } from '../../impl/index.ts';
import type { PlainData } from '../../memory/index.ts';
import { builtInProperties } from '../../properties/index.ts';
import type { ScenarioParams } from '../target.ts';
import {
  anyOrderDevice,
  type DeviceState,
  type DriverState,
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
  writeBytes,
} from './agents.ts';
import { ASSEMBLY_LOCAL_BYTES, wiredDevice, wiredDriver } from './assembly.ts';
import {
  cleaningDevice,
  hostileDriver,
  idForgingDevice,
  LARGEST_ID,
  linkForgingDevice,
  misusingDevice,
  misusingDriver,
  readSound,
  refusedSetUp,
  safety,
  settingUpDevice,
  settingUpDriver,
  waryDriver,
} from './misuse.ts';
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
import { BLOCK_BYTES, DEVICE_CORE, DRIVER_CORE, type Platform, withGiveBack } from './platform.ts';
import { noLostDescriptors, usedLength } from './properties.ts';
import { refusalsSystem } from './refusals.ts';

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

/** One, two, three and so on blocks in turn, as far as chains go; the last one not full. */
export function chainLength(most: number, blockBytes = BLOCK_BYTES): (tag: number) => number {
  return (tag) => blockBytes * (tag % most) + (tag % 2 === 0 ? 5 : 3);
}

const scatter: Send = (_port, driver, bytes) => driver.driver_scatter_send_buffer(bytes) === 0;

/** How many messages are sent in all, where without end these are millions of states. */
interface Few {
  /** With one or two descriptors, under these memory models; else without end. */
  readonly one?: Partial<Readonly<Record<MemoryModelName, number>>>;
  readonly two?: Partial<Readonly<Record<MemoryModelName, number>>>;
  /** With four; and with eight, under `sc`. */
  readonly four: { readonly sc: number; readonly tso: number };
  readonly eight?: number;
}

function few({ one, two, four, eight }: Few, params: ScenarioParams): { readonly messages?: number } {
  const { slots, memory, realistic } = params;
  if (realistic === true) return {};
  const messages =
    slots === 1
      ? one?.[memory]
      : slots === 2
        ? two?.[memory]
        : slots === 4
          ? memory === 'sc'
            ? four.sc
            : four.tso
          : (eight ?? four.tso);
  return messages === undefined ? {} : { messages };
}

const sent = {
  inOrder: { four: { sc: 6, tso: 5 } },
  anyOrder: { four: { sc: 5, tso: 4 } },
  chains: { four: { sc: 12, tso: 9 } },
  fullRing: { four: { sc: 10, tso: 5 }, eight: 9 },
  exhausted: { one: { rc11: 8 }, two: { pso: 4 }, four: { sc: 8, tso: 6 } },
  // Where both sides may sleep these are many more states.
  asleep: { two: { tso: 4, pso: 3, rc11: 4 }, four: { sc: 5, tso: 3 } },
  msgqueue: { four: { sc: 4, tso: 4 } },
  reInit: { two: { pso: 2 }, four: { sc: 5, tso: 3 } },
  replies: { two: { pso: 3 }, four: { sc: 6, tso: 6 } },
  misuse: { two: { pso: 5 }, four: { sc: 5, tso: 5 } },
  doubleReturn: { two: { pso: 4 }, four: { sc: 5, tso: 5 } },
  hostile: { two: { pso: 5 }, four: { sc: 5, tso: 5 } },
} as const satisfies Readonly<Record<string, Few>>;

/** With more messages than there are blocks, these run out. */
function exhausts(params: ScenarioParams, messages: Few): readonly Witness[] {
  const { messages: all = Number.POSITIVE_INFINITY } = few(messages, params);
  return all > params.slots ? [noBlock] : [];
}

/** So many that it has to wait for one to come back; fewer where these would be millions of states. */
function wiredMessages({ slots, memory }: ScenarioParams): number {
  return slots === 4 && memory !== 'sc' ? 3 : slots + 1;
}

/** A driver that has sent all that it was to send has no work left. */
function finished([driver]: readonly (PlainData | null)[]): boolean {
  return (driver as DriverState).left === 0;
}

export const plans: readonly Plan[] = [
  {
    name: 'in-order',
    title: 'one block a message, given back in the order of their arrival; without end',
    bounds: (params) => few(sent.inOrder, params),
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    system(params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform();
      return assembled(
        platform,
        [
          inOrderDriver({ platform, tags, length: () => bytes, ...few(sent.inOrder, params) }),
          inOrderDevice({ platform, answer: readBytes(bytes) }),
        ],
        [noBlock, empty, secondLap(params.slots)],
        { finished },
      );
    },
  },
  {
    name: 'any-order',
    title: 'one block a message; the device holds up to two chains and gives them back in any order',
    bounds: (params) => few(sent.anyOrder, params),
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    system(params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform();
      const two: readonly Witness[] = [
        rested<DeviceState>('two chains held', 'device', ({ held }) => held.length === 2),
        rested<DeviceState>('given back out of order', 'device', ({ returning }) => returning === 2),
      ];
      return assembled(
        platform,
        [
          inOrderDriver({ platform, tags, length: () => bytes, ...few(sent.anyOrder, params) }),
          anyOrderDevice({ platform, answer: readBytes(bytes), holds: 2 }),
        ],
        [
          ...exhausts(params, sent.anyOrder),
          empty,
          secondLap(params.slots),
          ...(params.slots > 1 ? two : []),
        ],
        { finished },
      );
    },
  },
  {
    name: 'chains',
    title: 'messages of one to three blocks, scattered and gathered; lengths cross the borders of blocks',
    bounds: (params) => few(sent.chains, params),
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    system(params, { platform: newPlatform, tags, blockBytes, pieces: most }) {
      const platform = newPlatform();
      return assembled(
        platform,
        [
          inOrderDriver({
            platform,
            tags,
            length: chainLength(most, blockBytes),
            send: scatter,
            ...few(sent.chains, params),
          }),
          inOrderDevice({ platform, answer: readAll }),
        ],
        [empty, ...Array.from({ length: most }, (_, i) => chainOf(i + 1, blockBytes))],
        { finished },
      );
    },
  },
  {
    name: 'full-ring',
    title: 'the driver sends until no descriptor is left, the device takes all before it gives any back',
    most: { sc: 8, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.fullRing, params),
    system(params, { platform: newPlatform, tags, bytes }) {
      const { slots } = params;
      const platform = newPlatform({ blocks: slots + 1 });
      return assembled(
        platform,
        [
          fillingDriver({ platform, tags, length: () => bytes, ...few(sent.fullRing, params) }),
          drainingDevice({ platform, answer: readBytes(bytes) }),
        ],
        [
          noDescriptor,
          empty,
          rested<DeviceState>('every chain held', 'device', ({ held }) => held.length === slots),
          rested<FillingState>('every chain out', 'driver', ({ out }) => out === slots),
        ],
        { finished },
      );
    },
  },
  {
    name: 'exhausted',
    title: 'blocks or descriptors run out half-way through a chain, sent as a whole or built by hand',
    takesLong: ({ slots, memory }) => slots > 1 && memory !== 'sc',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.exhausted, params),
    system(params, { platform: newPlatform, blockBytes, bytes, pieces }) {
      const { slots, realistic } = params;
      // With one descriptor a chain of two runs out of them, with more it runs out of blocks.
      const platform = newPlatform({ blocks: slots === 1 ? 2 : slots });
      const exhausting = realistic === true ? Math.max(1, pieces - 1) : 1;
      // What does not fit is dropped.
      const send: Send = (port, driver, content, tag) => {
        if (tag % 2 === 0) driver.driver_scatter_send_buffer(content);
        else sendPieces(port, driver, platform, content);
        return true;
      };
      return assembled(
        platform,
        [
          inOrderDriver({
            platform,
            tags: 4,
            length: (tag) => (tag % 4 < 2 ? bytes : blockBytes * exhausting + bytes),
            send,
            ...few(sent.exhausted, params),
          }),
          inOrderDevice({ platform, answer: readBytes(bytes) }),
        ],
        [
          returned('scattering refused', 'driver_scatter_send_buffer', -1),
          returned('chain given up', 'discard_available', 1),
          empty,
        ],
        { finished },
      );
    },
  },
  {
    name: 'notify-and-wait',
    title: 'both sides sleep: the driver until a chain came back, the device until one was sent',
    takesLong: ({ slots, memory }) => slots > 1 && memory === 'sc',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.asleep, params),
    system(params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform({ notifications: true });
      return assembled(
        platform,
        [
          sleepingDriver({ platform, tags, length: () => bytes, ...few(sent.asleep, params) }),
          sleepingDevice({ platform, answer: readBytes(bytes) }),
        ],
        [
          ...exhausts(params, sent.asleep),
          empty,
          woken('driver woken', DRIVER_CORE),
          woken('device woken', DEVICE_CORE),
          interrupted,
        ],
      );
    },
  },
  {
    name: 'msgqueue',
    title: 'a message queue: the sender recycles, the receiver waits and then gets all; the sender may stop',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.msgqueue, params),
    system(params, { platform: newPlatform, tags, bytes }) {
      // The assembly gives it twice as many descriptors as messages.
      const blocks = Math.max(1, params.slots / 2);
      const platform = newPlatform({ notifications: true, msgqueue: true, blocks });
      return assembled(
        platform,
        [
          msgqueueDriver({ platform, tags, length: () => bytes, ...few(sent.msgqueue, params) }),
          msgqueueDevice(platform),
        ],
        [returned('no message', 'msgqueue_get', 42), woken('receiver woken', DEVICE_CORE), interrupted],
        { finished: ([sender]) => (sender as MsgqueueState).stops },
      );
    },
  },
  {
    name: 're-init',
    title: 'the driver may set its side up again at any time, while the device goes on',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.reInit, params),
    system(params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform();
      return assembled(
        platform,
        [
          restartingDriver({ platform, tags, length: () => bytes, ...few(sent.reInit, params) }),
          inOrderDevice({ platform, answer: readBytes(bytes) }),
        ],
        [
          returned('set up again', 'driver_init_common', 0),
          returned('refused', 'driver_init_common', 22),
          empty,
        ],
        { finished },
      );
    },
  },
  {
    name: 'replies',
    title:
      'the device overwrites messages of several blocks with a shorter reply, which the driver copies out',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.replies, params),
    system(params, { platform: newPlatform, tags, blockBytes, pieces }) {
      const platform = newPlatform();
      const bytes = blockBytes * pieces;
      return assembled(
        platform,
        [
          inOrderDriver({
            platform,
            tags,
            length: () => bytes,
            send: scatter,
            copies: bytes,
            ...few(sent.replies, params),
          }),
          inOrderDevice({ platform, answer: writeBytes(bytes - 3) }),
        ],
        [empty, chainOf(pieces, blockBytes), returned('reply copied out', 'driver_gather_copy_buffer', 0)],
        { finished },
      );
    },
  },
  {
    name: 'double-return',
    title: 'a device cleans up after a failure of its own: it gives each chain back once more',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.doubleReturn, params),
    system(params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform();
      return assembled(
        platform,
        [
          inOrderDriver({ platform, tags, length: () => bytes, ...few(sent.doubleReturn, params) }),
          cleaningDevice({ platform }, bytes),
        ],
        [noBlock, empty, returned('given back twice', 'give_back', -1)],
        { operations: withGiveBack(platform.operations), finished },
      );
    },
  },
  {
    name: 'misuse',
    title:
      'both applications call what must be refused: what is free, sent, given back or out of the pool already',
    takesLong: ({ slots, memory }) => slots > 1 && memory === 'tso',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.misuse, params),
    system(params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform({ blocks: params.slots + 1 });
      return assembled(
        platform,
        [
          misusingDriver({ platform, tags, length: () => bytes, ...few(sent.misuse, params) }),
          misusingDevice({ platform }, bytes),
        ],
        [
          returned('freed twice', 'buffer_free', -1),
          returned('sent twice', 'driver_send_buffer', -1),
          returned('stale handle', 'add_available_buf', -1),
          returned('gathered early', 'driver_gather_buffer', -1),
          returned('behind the pool', 'driver_offset_to_buffer', 0),
          returned('copied too much', 'device_gather_copy_buffer', -1),
          returned('given back twice', 'give_back', -1),
        ],
        { operations: withGiveBack(platform.operations), finished },
      );
    },
  },
  {
    name: 'hostile-driver',
    title: 'a driver whose descriptors name bytes behind the pool, or lead back to themselves',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.hostile, params),
    system(params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform();
      return assembled(
        platform,
        [
          hostileDriver({ platform, tags, length: () => bytes, ...few(sent.hostile, params) }),
          inOrderDevice({ platform, answer: readSound }),
        ],
        [empty, returned('not sound', 'scattered_available_size', 0)],
        { finished },
      );
    },
  },
  {
    name: 'hostile-device',
    title: 'a device that links the chains that it has to descriptors which it does not have',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(sent.hostile, params),
    system(params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform();
      return assembled(
        platform,
        [
          inOrderDriver({ platform, tags, length: () => bytes, ...few(sent.hostile, params) }),
          linkForgingDevice({ platform }),
        ],
        [empty, noBlock],
        { finished },
      );
    },
  },
  {
    name: 'forged-entry',
    title: 'a device that puts an id into the used ring which is no chain; safety only',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: () => ({ messages: 1 }),
    system(_params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform();
      return assembled(
        platform,
        [waryDriver({ platform, tags, length: () => bytes }), idForgingDevice({ platform })],
        [returned('refused', 'get_used_buf', -1)],
        { properties: safety },
      );
    },
  },
  {
    name: 'set-up',
    title: 'both sides are set up with lengths, sizes and ids that they must refuse',
    lengths: [1],
    most: { sc: 1, tso: 1, pso: 1, rc11: 1 },
    modulus: () => 8,
    refuse: ({ slots }) => (slots === 1 ? null : 'set-up tries lengths of its own'),
    bounds: () => ({ calls: 5 }),
    system(_params, { platform: newPlatform }) {
      const platform = newPlatform({ slots: 4 });
      const table = 512;
      return assembled(
        platform,
        [settingUpDriver(platform, table), settingUpDevice(platform)],
        [
          returned('refused', 'driver_init_common', 22),
          returned('refused by the device', 'device_init_common', 22),
          returned('no such id', 'channel_register', -1),
        ],
        { localBytes: table + channels_bytes(LARGEST_ID), properties: [...safety, refusedSetUp] },
      );
    },
  },
  {
    name: 'refusals',
    title: 'every call that must be refused, before and after the set-up, and with what a peer has forged',
    lengths: [1],
    most: { sc: 1, tso: 1, pso: 1, rc11: 1 },
    modulus: () => 4,
    refuse: ({ slots }) => (slots === 1 ? null : 'refusals have a length of their own'),
    system: (_params, { title, classes }) => refusalsSystem(title, classes),
  },
  {
    name: 'assembly',
    title:
      'two components as an assembly wires them: set up by id, notified by badge; the driver keeps its signals until it waits',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => ({ messages: wiredMessages(params) }),
    system(params, { platform: newPlatform, tags, bytes }) {
      const platform = newPlatform({ notifications: true });
      return assembled(
        platform,
        [
          wiredDriver({ platform, tags, length: () => bytes, messages: wiredMessages(params) }),
          wiredDevice({ platform, answer: readBytes(bytes) }),
        ],
        [
          ...(wiredMessages(params) > params.slots ? [noBlock] : []),
          empty,
          woken('driver woken', DRIVER_CORE),
          woken('device woken', DEVICE_CORE),
          interrupted,
        ],
        { localBytes: ASSEMBLY_LOCAL_BYTES },
      );
    },
  },
];
