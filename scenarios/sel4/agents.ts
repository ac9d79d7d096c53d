/** The programs of the seL4 scenarios: what driver and device do, one operation or a few a turn. */
import { type Program, program, STOP } from '../../checker/index.ts';
import {
  CAMKES_OK,
  type CamkesDevice,
  type CamkesDriver,
  new_ring_object,
  type RingObject,
  VQ_OK,
  VQ_RW,
} from '../../impl/index.ts';
import type { MemoryPort } from '../../memory/index.ts';
import type { Platform } from './platform.ts';

export interface DriverOptions {
  readonly platform: Platform;
  /** Tags of messages go round modulo this. */
  readonly tags: number;
  /** Length in bytes of the message with this tag. */
  length(tag: number): number;
}

/**
 * The bytes of a message: its tag and which of its blocks it is, so that no block can be taken for another one. A tag of
 * more than four bits takes four bytes, of which there is room in blocks of real size.
 */
export function message(tag: number, length: number, blockBytes: number): Uint8Array {
  const bytes = tag > 0xf ? 4 : 1;
  return Uint8Array.from(
    { length },
    (_, i) => ((tag >>> (4 * (i % bytes))) & 0xf) | (Math.floor(i / blockBytes) << 4),
  );
}

/** Collects the next chain that came back, and frees its blocks. */
export function collect(driver: CamkesDriver, length = 0): boolean {
  const object = new_ring_object();
  if (driver.get_used_buf(object, { len: 0 }) !== VQ_OK) return false;
  driver.driver_gather_copy_buffer(object, new Uint8Array(length));
  return true;
}

/** Sends a message in one block: whether it could be. */
export function sendBlock(port: MemoryPort, driver: CamkesDriver, bytes: Uint8Array): boolean {
  const block = { buf: 0 };
  if (driver.buffer_alloc(block, bytes.length) !== CAMKES_OK) return false;
  port.writeRange(block.buf, bytes);
  if (driver.driver_send_buffer(block.buf, bytes.length) === CAMKES_OK) return true;
  driver.buffer_free(block.buf);
  return false;
}

/** Sends a message as one chain, block by block, and puts all back where they run out. */
export function sendPieces(
  port: MemoryPort,
  driver: CamkesDriver,
  platform: Platform,
  bytes: Uint8Array,
): boolean {
  const { blockBytes, geometry } = platform;
  const object = new_ring_object();
  const blocks: number[] = [];
  const undo = (): boolean => {
    if (object.first < platform.options.slots) driver.discard_available(object);
    for (const block of blocks) driver.buffer_free(block);
    // It asks the kernel to let others run, and that drains the store buffer: else giving up again and again would fill any.
    port.fence('seq_cst');
    return false;
  };
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const piece = bytes.subarray(at, at + blockBytes);
    const block = { buf: 0 };
    if (driver.buffer_alloc(block, piece.length) !== CAMKES_OK) return undo();
    blocks.push(block.buf);
    port.writeRange(block.buf, piece);
    if (driver.chain_available_buf(object, block.buf - geometry.pool, piece.length, VQ_RW) !== VQ_OK)
      return undo();
  }
  return driver.publish_available(object) === VQ_OK;
}

export type DriverState = {
  readonly next: 'collect' | 'send';
  readonly tag: number;
  /** Messages that it will still send; -1: no end. */
  readonly left: number;
};

/** After so many messages it stops for good; default: never. */
export type EndingOptions = DriverOptions & { readonly messages?: number };

/** How a driver sends a message. */
export type Send = (port: MemoryPort, driver: CamkesDriver, bytes: Uint8Array, tag: number) => boolean;

/** Collects all that has come back, and else sends a message; without end, or until it has sent so many. */
export function inOrderDriver(
  options: EndingOptions & { readonly send?: Send; readonly copies?: number },
): Program {
  const { platform, tags, send = sendBlock, messages = -1, copies = 0 } = options;
  return program<DriverState>({ next: 'collect', tag: 0, left: messages }, (port) => {
    const driver = platform.driver(port);
    return (state) => {
      const { next, tag, left } = state;
      if (next === 'collect')
        return collect(driver, copies) || left === 0 ? state : { ...state, next: 'send' };
      const bytes = message(tag, options.length(tag), platform.blockBytes);
      if (!send(port, driver, bytes, tag)) return { ...state, next: 'collect' };
      return { next: 'collect', tag: (tag + 1) % tags, left: Math.max(-1, left - 1) };
    };
  });
}

/** A ring object as plain data; none if it is fresh. */
export type Held = { readonly first: number; readonly cur: number };

function objectOf({ first, cur }: Held): RingObject {
  return { first, cur };
}

function take(device: CamkesDevice): Held | null {
  const object = new_ring_object();
  return device.get_available_buf(object) === VQ_OK ? { first: object.first, cur: object.cur } : null;
}

/** How a device reads a chain and gives it back. */
export type Answer = (device: CamkesDevice, object: RingObject) => void;

/** Reads the whole chain, however long it is, and gives it back. */
export const readAll: Answer = (device, object) => {
  const size = device.scattered_available_size(object);
  device.device_gather_copy_buffer(object, new Uint8Array(size));
};

/** Reads so many bytes, which is what all messages have. */
export function readBytes(length: number): Answer {
  return (device, object) => {
    device.device_gather_copy_buffer(object, new Uint8Array(length));
  };
}

/** Overwrites so many bytes, less than the chain has, and gives it back. */
export function writeBytes(length: number): Answer {
  return (device, object) => {
    device.device_scatter_copy_buffer(object, new Uint8Array(length).fill(0x70));
  };
}

export interface DeviceOptions {
  readonly platform: Platform;
  readonly answer: Answer;
}

export type DeviceState = { readonly held: readonly Held[]; readonly returning: number };

/** Takes one chain at a time, reads it and gives it back. */
export function inOrderDevice({ platform, answer }: DeviceOptions): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const [first] = state.held;
      if (first === undefined) {
        const taken = take(device);
        return taken === null ? state : { ...state, held: [taken] };
      }
      answer(device, objectOf(first));
      return { ...state, held: [] };
    };
  });
}

/** Holds up to `holds` chains, and gives them back in any order. */
export function anyOrderDevice({
  platform,
  answer,
  holds,
}: DeviceOptions & { readonly holds: number }): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const { held, returning } = state;
      const chosen = held[returning - 1];
      if (chosen !== undefined) {
        answer(device, objectOf(chosen));
        return { held: held.filter((_, i) => i !== returning - 1), returning: 0 };
      }
      const pick = port.choose(held.length + (held.length < holds ? 1 : 0));
      if (pick < held.length) return { held, returning: pick + 1 };
      const taken = take(device);
      if (taken !== null) return { held: [...held, taken], returning: 0 };
      return held.length === 0 ? state : { held, returning: 1 + port.choose(held.length) };
    };
  });
}

/** Takes chains until there are no more, and only then gives them back, the newest first. */
export function drainingDevice({ platform, answer }: DeviceOptions): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const { held, returning } = state;
      const newest = held[held.length - 1];
      if (returning > 0 && newest !== undefined) {
        answer(device, objectOf(newest));
        return { held: held.slice(0, -1), returning: returning - 1 };
      }
      const taken = take(device);
      if (taken !== null) return { held: [...held, taken], returning: 0 };
      return { held, returning: held.length };
    };
  });
}

export type FillingState = {
  readonly tag: number;
  readonly out: number;
  readonly collecting: boolean;
  /** Messages that it will still send; -1: no end. */
  readonly left: number;
};

/** Sends until it is refused, then collects all that is out, and begins again. */
export function fillingDriver({ platform, tags, length, messages = -1 }: EndingOptions): Program {
  return program<FillingState>({ tag: 0, out: 0, collecting: false, left: messages }, (port) => {
    const driver = platform.driver(port);
    return (state) => {
      const { tag, out, collecting, left } = state;
      if (collecting) {
        const still = collect(driver) ? out - 1 : out;
        return { ...state, out: still, collecting: still > 0 };
      }
      if (left === 0) return { ...state, collecting: true };
      const bytes = message(tag, length(tag), platform.blockBytes);
      if (!sendBlock(port, driver, bytes)) return { ...state, collecting: true };
      return { tag: (tag + 1) % tags, out: out + 1, collecting: false, left: Math.max(-1, left - 1) };
    };
  });
}

/** Between two messages it may set its side up again, which is refused while the device has a chain. */
export function restartingDriver({ platform, tags, length, messages = -1 }: EndingOptions): Program {
  return program<DriverState>({ next: 'collect', tag: 0, left: messages }, (port) => {
    const driver = platform.driver(port);
    return (state) => {
      const { next, tag, left } = state;
      if (next === 'collect') {
        // What it has stored for set-ups alone could fill any store buffer.
        if (left !== 0 && port.choose(2) === 1) {
          platform.initDriver(driver);
          return { ...state, next: 'send' };
        }
        return collect(driver) ? state : { ...state, next: 'send' };
      }
      if (left === 0) return { ...state, next: 'collect' };
      const sent = sendBlock(port, driver, message(tag, length(tag), platform.blockBytes));
      if (!sent) return { ...state, next: 'collect' };
      return { next: 'collect', tag: (tag + 1) % tags, left: Math.max(-1, left - 1) };
    };
  });
}

// --- With notifications ----------------------------------------------------------------------------------------------

export type SleepingState = {
  readonly tag: number;
  readonly out: number;
  readonly waits: boolean;
  readonly stops: boolean;
  /** Messages that it may still send; -1: no end. */
  readonly left: number;
};

/**
 * Sends a message and signals; without a block it waits until the device signals, and collects what came back. Between two
 * messages it may stop for good, when all is back.
 */
export function sleepingDriver({ platform, tags, length, messages = -1 }: EndingOptions): Program {
  return program<SleepingState>({ tag: 0, out: 0, waits: false, stops: false, left: messages }, (port) => {
    const driver = platform.driver(port);
    const own = platform.notification(port, 0);
    return (state) => {
      const { tag, out, waits, stops, left } = state;
      if (waits) {
        own.wait();
        const still = port.repeat<number, number>(out, (now) =>
          collect(driver) ? { again: now - 1 } : { done: now },
        );
        return { ...state, out: still, waits: still > 0 };
      }
      if (stops) return STOP;
      if (left === 0 || port.choose(2) === 1) return { tag: 0, out, waits: out > 0, stops: true, left: 0 };
      const bytes = message(tag, length(tag), platform.blockBytes);
      if (!sendBlock(port, driver, bytes)) return { ...state, waits: true };
      driver.notify();
      return { ...state, tag: (tag + 1) % tags, out: out + 1, left: Math.max(-1, left - 1) };
    };
  });
}

/** Waits until it is signalled, then gives back all chains that are there, and signals once. */
export function sleepingDevice({ platform, answer }: DeviceOptions): Program {
  return program<null>(null, (port) => {
    const device = platform.device(port);
    const own = platform.notification(port, 1);
    return (state) => {
      own.wait();
      const any = port.repeat<boolean, boolean>(false, (before) => {
        const taken = take(device);
        if (taken === null) return { done: before };
        answer(device, objectOf(taken));
        return { again: true };
      });
      if (any) device.notify();
      return state;
    };
  });
}

/** The handler of a component's line. */
export function notificationHandler(platform: Platform, core: number): Program {
  return program<null>(null, (port) => {
    const notification = platform.notification(port, core);
    return (state) => {
      notification.handler();
      return state;
    };
  });
}

export type MsgqueueState = Pick<SleepingState, 'tag' | 'stops' | 'left'>;

/** Sends messages; between two it may stop for good: then it collects whatever comes back. */
export function msgqueueDriver({ platform, tags, length, messages = -1 }: EndingOptions): Program {
  return program<MsgqueueState>({ tag: 0, stops: false, left: messages }, (port) => {
    const sender = platform.sender(port);
    return (state) => {
      const { tag, stops, left } = state;
      if (stops) {
        collect(sender.sender_channel);
        return state;
      }
      if (left === 0 || port.choose(2) === 1) return { tag: 0, stops: true, left: 0 };
      const sent = sender.send(message(tag, length(tag), platform.blockBytes)) === 0;
      return sent ? { tag: (tag + 1) % tags, stops, left: Math.max(-1, left - 1) } : state;
    };
  });
}

/** Waits until it is signalled, then gets messages until there are no more. */
export function msgqueueDevice(platform: Platform): Program {
  return program<null>(null, (port) => {
    const receiver = platform.receiver(port);
    return (state) => {
      receiver.wait();
      port.repeat<null, null>(null, () =>
        receiver.get(new Uint8Array(platform.blockBytes), { len: 0 }) === 0
          ? { again: null }
          : { done: null },
      );
      return state;
    };
  });
}
