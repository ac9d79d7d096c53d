/**
 * What applications and peers do wrong: the programs of the scenarios in which a call must be refused, or what a peer wrote
 * must not be believed. The sound code refuses it all, and loses nothing.
 */
import { type Program, program, STOP } from '../../checker/index.ts';
import {
  CAMKES_OK,
  type CamkesDevice,
  type CamkesDriver,
  new_ring_object,
  type RingObject,
  VQ_OK,
  VQ_REFUSED,
  VQ_RW,
} from '../../impl/index.ts';
import type { MemoryPort } from '../../memory/index.ts';
import { builtInProperties, type Property } from '../../properties/index.ts';
import {
  type Answer,
  collect,
  type DeviceOptions,
  type DriverOptions,
  type DriverState,
  type EndingOptions,
  message,
} from './agents.ts';
import type { Platform } from './platform.ts';

/** A driver that does one thing wrong with each message, each in its turn. */
export const MISUSES = ['free-twice', 'send-twice', 'stale-handle', 'gather-early', 'offset'] as const;
type Misuse = (typeof MISUSES)[number];

/** Sends a message in one block, and does what it should not. False: there was no block, and nothing was done. */
function misuse(
  port: MemoryPort,
  driver: CamkesDriver,
  platform: Platform,
  kind: Misuse,
  bytes: Uint8Array,
): boolean {
  const { geometry, blocks, blockBytes } = platform;
  const block = { buf: 0 };
  if (driver.buffer_alloc(block, bytes.length) !== CAMKES_OK) return false;
  if (kind === 'free-twice') {
    driver.buffer_free(block.buf);
    driver.buffer_free(block.buf);
    driver.buffer_alloc(block, bytes.length);
  }
  if (kind === 'offset') {
    const outside = driver.driver_offset_to_buffer(blocks * blockBytes);
    if (outside !== 0) port.readRange(outside, new Uint8Array(1));
  }
  port.writeRange(block.buf, bytes);
  const offset = block.buf - geometry.pool;
  if (kind === 'stale-handle' || kind === 'gather-early') {
    const object = new_ring_object();
    const added = driver.add_available_buf(object, offset, bytes.length, VQ_RW) === VQ_OK;
    if (!added) giveUp(port, driver, block.buf);
    else if (kind === 'gather-early') gatherEarly(driver, object);
    else addStale(driver, platform, object);
    return added;
  }
  const sent = driver.driver_send_buffer(block.buf, bytes.length) === CAMKES_OK;
  if (!sent) giveUp(port, driver, block.buf);
  else if (kind === 'send-twice') driver.driver_send_buffer(block.buf, bytes.length);
  return sent;
}

/** Lets others run, and that drains the store buffer: trying again and again would fill any. */
function giveUp(port: MemoryPort, driver: CamkesDriver, buf: number): void {
  driver.buffer_free(buf);
  port.fence('seq_cst');
}

/** Takes the blocks of a chain that has not come back. */
function gatherEarly(driver: CamkesDriver, { first }: RingObject): void {
  driver.driver_gather_buffer({ first, cur: first }, { buf: 0, len: 0, flag: 0 });
}

/** Adds another block to a chain that is the device's. */
function addStale(driver: CamkesDriver, { geometry, blockBytes }: Platform, object: RingObject): void {
  const other = { buf: 0 };
  if (driver.buffer_alloc(other, blockBytes) !== CAMKES_OK) return;
  if (driver.add_available_buf(object, other.buf - geometry.pool, blockBytes, VQ_RW) !== VQ_OK)
    driver.buffer_free(other.buf);
}

/** Does one thing wrong with each message. */
export function misusingDriver({ platform, length, messages = -1 }: EndingOptions): Program {
  return program<DriverState>({ next: 'collect', tag: 0, left: messages }, (port) => {
    const driver = platform.driver(port);
    return (state) => {
      const { next, tag, left } = state;
      if (next === 'collect') return collect(driver) || left === 0 ? state : { ...state, next: 'send' };
      const bytes = message(tag, length(tag), platform.blockBytes);
      const done = misuse(port, driver, platform, MISUSES[tag] ?? 'free-twice', bytes);
      if (!done) return { ...state, next: 'collect' };
      return { next: 'collect', tag: (tag + 1) % MISUSES.length, left: Math.max(-1, left - 1) };
    };
  });
}

/** Gives a chain back by the operation that `withGiveBack` follows. */
function giveBack(port: MemoryPort, device: CamkesDevice, object: RingObject, len: number): number {
  return port.op('give_back', { head: object.first }, () => device.add_used_buf(object, len));
}

/** Copies more out of each chain than it has, cleans up, and gives it back once more. */
export function misusingDevice({ platform }: Pick<DeviceOptions, 'platform'>, bytes: number): Program {
  return program<null>(null, (port) => {
    const device = platform.device(port);
    return (state) => {
      const object = new_ring_object();
      if (device.get_available_buf(object) !== VQ_OK) return state;
      const again = { ...object };
      device.device_gather_copy_buffer(object, new Uint8Array(bytes + 1));
      giveBack(port, device, { ...again }, bytes);
      giveBack(port, device, again, bytes);
      return state;
    };
  });
}

/** Reads each chain and gives it back, fails with what it does then, and cleans up: gives it back once more. */
export function cleaningDevice({ platform }: Pick<DeviceOptions, 'platform'>, bytes: number): Program {
  return program<null>(null, (port) => {
    const device = platform.device(port);
    return (state) => {
      const object = new_ring_object();
      if (device.get_available_buf(object) !== VQ_OK) return state;
      const again = { ...object };
      const block = { buf: 0, len: 0, flag: 0 };
      if (device.device_gather_buffer(object, block) === CAMKES_OK)
        port.readRange(block.buf, new Uint8Array(bytes));
      giveBack(port, device, { ...again }, bytes);
      giveBack(port, device, again, bytes);
      return state;
    };
  });
}

// --- Peers -----------------------------------------------------------------------------------------------------------

/** What a driver writes into the descriptors of its own chains: no link, an offset behind the pool, a link to itself. */
const FORGED = ['none', 'addr', 'next'] as const;

/** Publishes chains with descriptors that are not sound. */
export function hostileDriver({ platform, length, messages = -1 }: EndingOptions): Program {
  const { geometry, blocks, blockBytes } = platform;
  return program<DriverState>({ next: 'collect', tag: 0, left: messages }, (port) => {
    const driver = platform.driver(port);
    return (state) => {
      const { next, tag, left } = state;
      if (next === 'collect') return collect(driver) || left === 0 ? state : { ...state, next: 'send' };
      const refused = { ...state, next: 'collect' } as const;
      const block = { buf: 0 };
      if (driver.buffer_alloc(block, blockBytes) !== CAMKES_OK) return refused;
      const bytes = message(tag, length(tag), blockBytes);
      port.writeRange(block.buf, bytes);
      const object = new_ring_object();
      driver.chain_available_buf(object, block.buf - geometry.pool, bytes.length, VQ_RW);
      const forged = FORGED[tag];
      if (forged === 'addr')
        port.store(platform.descriptor(object.first, 'addr'), blocks * blockBytes, 'plain');
      if (forged === 'next') port.store(platform.descriptor(object.first, 'next'), object.first, 'plain');
      driver.publish_available(object);
      return { next: 'collect', tag: (tag + 1) % FORGED.length, left: Math.max(-1, left - 1) };
    };
  });
}

/** Reads a chain if it is sound, and gives it back. */
export const readSound: Answer = (device, object) => {
  const size = device.scattered_available_size(object);
  if (size === 0 || device.device_gather_copy_buffer(object, new Uint8Array(size)) !== CAMKES_OK)
    device.add_used_buf(object, 0);
};

/** Links each chain to another descriptor, or to itself, while it has it, and gives it back. */
export function linkForgingDevice({ platform }: Pick<DeviceOptions, 'platform'>): Program {
  return program<null>(null, (port) => {
    const device = platform.device(port);
    return (state) => {
      const object = new_ring_object();
      if (device.get_available_buf(object) !== VQ_OK) return state;
      const other = (object.first + 1) % platform.options.slots;
      port.store(platform.descriptor(object.first, 'next'), other, 'plain');
      device.add_used_buf(object, 0);
      return state;
    };
  });
}

/** Puts an id into the used ring that is no chain's, and ends. */
export function idForgingDevice({ platform }: Pick<DeviceOptions, 'platform'>): Program {
  return program<null>(null, (port) => {
    const device = platform.device(port);
    return (state) => {
      const object = new_ring_object();
      if (device.get_available_buf(object) !== VQ_OK) return state;
      port.store(platform.usedEntry(0, 'id'), platform.options.slots, 'plain');
      port.store(platform.usedEntry(0, 'len'), 0, 'plain');
      port.fence('release');
      port.store(platform.usedIndex, 1, 'relaxed');
      return STOP;
    };
  });
}

/** Sends a message, waits until something comes back, and gives the channel up when it is refused. */
export function waryDriver(options: DriverOptions): Program {
  const { platform, length } = options;
  return program<Pick<DriverState, 'next' | 'tag'>>({ next: 'send', tag: 0 }, (port) => {
    const driver = platform.driver(port);
    return (state) => {
      if (state.next === 'send') {
        const block = { buf: 0 };
        driver.buffer_alloc(block, platform.blockBytes);
        port.writeRange(block.buf, message(0, length(0), platform.blockBytes));
        driver.driver_send_buffer(block.buf, length(0));
        return { ...state, next: 'collect' };
      }
      const object = new_ring_object();
      const result = driver.get_used_buf(object, { len: 0 });
      if (result === VQ_OK) driver.driver_gather_copy_buffer(object, new Uint8Array(0));
      return result === VQ_OK || result === VQ_REFUSED ? STOP : state;
    };
  });
}

/** Nothing has to come home, or to go on, with a peer that forges entries: but nothing else may break. */
export const safety: readonly Property[] = builtInProperties.filter(({ goal }) => goal === undefined);

// --- Set-up ----------------------------------------------------------------------------------------------------------

/** Of the table of channels: ids 0 and 1. */
export const LARGEST_ID = 1;
const NAMES = ['drv', 'dev'];

/** A side is set up only with a length and a size that it can work with. */
export const refusedSetUp: Property = {
  name: 'refused-set-up',
  title:
    'A side refuses to be set up with a length that is no power of two, or in a dataport without room for its rings.',
  monitor: () => ({
    words: 0,
    step(_state, event) {
      if (event.kind !== 'return' || event.result !== 0) return null;
      const { queue_len, size } = event.args;
      if (!event.operation.endsWith('_init_common')) return null;
      const wrong = queue_len === 3 || size === 64;
      return wrong ? `${event.operation} accepted ${queue_len} descriptors in ${size} bytes` : null;
    },
  }),
};

/** The driver's component: registers channels as it should not, and sets its side up with what is no queue. */
export function settingUpDriver(platform: Platform, table: number): Program {
  return program<number>(0, (port) => {
    const driver = platform.driver(port);
    const channels = new platform.options.classes.Channels(port, table, { names: NAMES, max_id: LARGEST_ID });
    const { buffer, size } = platform.dataport;
    const register = (virtqueue_id: number): number =>
      channels.channel_register({
        virtqueue_id,
        interface_name: 'dev',
        queue_len: platform.options.slots,
        size,
        buf: buffer,
        notify: 1,
        recv_notification: 0,
        recv_badge: 1,
        role: 1,
      });
    const turns = [
      () => driver.driver_init_common(buffer, 3, size, 0),
      () => driver.driver_init_common(buffer, 4, 64, 0),
      () => register(1),
      () => channels.get_id_from_name('drv'),
      () => register(-1),
    ];
    return (turn) => {
      const next = turns[turn];
      if (next === undefined) return STOP;
      // A look at what the other side may be changing, so that the calls of both come in any order.
      port.load(platform.usedIndex, 'relaxed');
      next();
      return turn + 1;
    };
  });
}

export function settingUpDevice(platform: Platform): Program {
  return program<number>(0, (port) => {
    const device = platform.device(port);
    const { buffer, size } = platform.dataport;
    const turns = [
      () => device.device_init_common(buffer, 3, size, 0),
      () => device.device_init_common(buffer, 4, 64, 0),
      () => device.device_init_common(buffer, 4, size, 0),
    ];
    return (turn) => {
      const next = turns[turn];
      if (next === undefined) return STOP;
      // A look at what the other side may be changing, so that the calls of both come in any order.
      port.load(platform.usedIndex, 'relaxed');
      next();
      return turn + 1;
    };
  });
}
