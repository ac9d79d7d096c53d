/** The programs of the ESP-AMP scenarios: what master and remote do, as one operation a turn. */

import { type Program, program, STOP } from '../../checker/index.ts';
import { ESP_OK as OK } from '../../impl/index.ts';
import type { MemoryPort, PlainData } from '../../memory/index.ts';
import type { Platform } from './platform.ts';

/** What a program needs to know about its side of a queue. */
export interface Side {
  readonly platform: Platform;
  /** Index of the queue. */
  readonly queue: number;
}

export interface SenderOptions extends Side {
  /** Tags of messages go round modulo this. */
  readonly tags: number;
  /** Length in bytes of the message with this tag. */
  length(tag: number): number;
  /** Stop for good after so many messages; default: never. */
  readonly messages?: number;
  /** On a full queue, the master may stop for good. */
  readonly givesUp?: boolean;
  /** Set the queue up first (the main core's part). */
  readonly initialises?: boolean;
}

/** The bytes of a message: its tag, repeated in every word, so that a mix of two messages is neither. */
export function message(tag: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (tag >>> (8 * (i % 2))) & 0xff;
  return bytes;
}

/**
 * The message with zeros up to the end of its buffer. Where lengths vary, a rest of some older message would stay
 * behind a shorter one: states without end that nobody may look at.
 */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}

/** Sends one message at a time: alloc, fill, send. */
export function inOrderSender(options: SenderOptions): Program {
  const { platform, queue: index, tags, messages } = options;
  type State = {
    readonly next: 'init' | 'alloc' | 'fill' | 'send';
    readonly buffer: number;
    readonly tag: number;
    readonly left: number;
  };
  const initial: State = {
    next: options.initialises === true ? 'init' : 'alloc',
    buffer: 0,
    tag: 0,
    left: messages ?? -1,
  };
  return program<State>(initial, (port) => {
    const queue = platform.queue(port, index);
    const { classes, slots, itemSize } = platform.options;
    const sysInfo = new classes.SysInfo(port, platform.geometry);
    return (state) => {
      const { tag, buffer } = state;
      const length = options.length(tag);
      switch (state.next) {
        case 'init':
          queue.main_init(sysInfo, slots, itemSize, true, platform.place(index).id);
          return { ...state, next: 'alloc' };
        case 'alloc': {
          if (state.left === 0) return STOP;
          const out = { address: 0, size: 0 };
          if (queue.alloc_try(out, length) === OK) return { ...state, next: 'fill', buffer: out.address };
          return options.givesUp === true && port.choose(2) === 1 ? STOP : state;
        }
        case 'fill':
          port.writeRange(buffer, message(tag, length));
          return { ...state, next: 'send' };
        case 'send':
          if (queue.send_try(buffer, length) !== OK) return state;
          return { next: 'alloc', buffer: 0, tag: (tag + 1) % tags, left: Math.max(-1, state.left - 1) };
      }
    };
  });
}

/** What a remote does wrong, in the scenarios that seed it. */
export type RemoteSlip = 'free-before-read' | 'free-twice' | 'free-foreign';

export interface ReceiverOptions extends Side {
  /** Attach first (the sub core's part), again and again until the queue is there. */
  readonly attaches?: boolean;
  readonly slip?: RemoteSlip | undefined;
}

/** Takes one message at a time: receive, read, free. */
export function inOrderReceiver(options: ReceiverOptions): Program {
  const { platform, queue: index, slip } = options;
  type State = {
    readonly next: 'attach' | 'recv' | 'read' | 'free' | 'free-again';
    readonly buffer: number;
    readonly length: number;
  };
  const idle: State = { next: 'recv', buffer: 0, length: 0 };
  return program<State>(options.attaches === true ? { ...idle, next: 'attach' } : idle, (port) => {
    const queue = platform.queue(port, index);
    const sysInfo = new platform.options.classes.SysInfo(port, platform.geometry);
    return (state) => {
      const { buffer, length } = state;
      switch (state.next) {
        case 'attach':
          return queue.sub_init(sysInfo, false, platform.place(index).id) === OK ? idle : state;
        case 'recv': {
          const out = { address: 0, size: 0 };
          if (queue.recv_try(out) !== OK) return state;
          const next = slip === 'free-before-read' ? 'free' : 'read';
          return { next, buffer: out.address, length: out.size };
        }
        case 'read':
          port.readRange(buffer, new Uint8Array(length));
          return slip === 'free-before-read' ? idle : { ...state, next: 'free' };
        case 'free': {
          const freed = slip === 'free-foreign' ? buffer + platform.options.itemSize : buffer;
          if (queue.free_try(freed) !== OK) return state;
          if (slip === 'free-before-read') return { ...state, next: 'read' };
          return slip === 'free-twice' ? { ...state, next: 'free-again' } : idle;
        }
        case 'free-again':
          queue.free_try(buffer);
          return idle;
      }
    };
  });
}

/**
 * Holds up to `holds` buffers, and sends them in any order. A message is written just before it is sent, so that its
 * tag says where it stands in the order of sending.
 */
export function anyOrderSender(options: SenderOptions & { readonly holds: number }): Program {
  const { platform, queue: index, tags, holds } = options;
  const initial: AnyOrderSenderState = { sending: 0, held: [], tag: 0, left: options.messages ?? -1 };
  return program<AnyOrderSenderState>(initial, (port) => {
    const queue = platform.queue(port, index);
    return (state) => {
      const { sending, held, tag, left } = state;
      const length = options.length(tag);
      if (sending !== 0) {
        if (queue.send_try(held[sending - 1] ?? 0, length) !== OK) return state;
        return { sending: 0, held: held.filter((_, i) => i !== sending - 1), tag: (tag + 1) % tags, left };
      }
      const mayAlloc = held.length < holds && left !== 0;
      if (!mayAlloc && held.length === 0) return STOP;
      let pick = port.choose(held.length + (mayAlloc ? 1 : 0));
      if (pick === held.length) {
        const out = { address: 0, size: 0 };
        if (queue.alloc_try(out, length) === OK)
          return { ...state, held: [...held, out.address], left: Math.max(-1, left - 1) };
        if (held.length === 0) return state;
        // Refused, it does what it can: it would go round for ever asking for one more.
        pick = port.choose(held.length);
      }
      const filled = held[pick] ?? 0;
      port.writeRange(filled, padded(message(tag, length), platform.options.itemSize));
      return { ...state, sending: pick + 1 };
    };
  });
}

/** `sending`: which of the buffers held, in the order allocated, is on its way, counted from 1; 0: none. */
export type AnyOrderSenderState = {
  readonly sending: number;
  readonly held: readonly number[];
  readonly tag: number;
  readonly left: number;
};

/** Holds up to `holds` messages, and frees them in any order. */
export function anyOrderReceiver(options: ReceiverOptions & { readonly holds: number }): Program {
  const { platform, queue: index, holds } = options;
  return program<AnyOrderReceiverState>({ reading: null, held: [], freeing: 0 }, (port) => {
    const queue = platform.queue(port, index);
    return (state) => {
      const { reading, held, freeing } = state;
      if (reading !== null) {
        port.readRange(reading[0], new Uint8Array(reading[1]));
        return { reading: null, held: [...held, reading[0]], freeing };
      }
      if (freeing !== 0) {
        if (queue.free_try(held[freeing - 1] ?? 0) !== OK) return state;
        return { reading, held: held.filter((_, i) => i !== freeing - 1), freeing: 0 };
      }
      const pick = port.choose(held.length + (held.length < holds ? 1 : 0));
      if (pick < held.length) return { ...state, freeing: pick + 1 };
      const out = { address: 0, size: 0 };
      if (queue.recv_try(out) === OK) return { ...state, reading: [out.address, out.size] as const };
      return held.length === 0 ? state : { ...state, freeing: 1 + port.choose(held.length) };
    };
  });
}

/** `freeing`: which of the messages held, in the order received, goes back, counted from 1; 0: none. */
export type AnyOrderReceiverState = {
  readonly reading: readonly [buffer: number, length: number] | null;
  readonly held: readonly number[];
  readonly freeing: number;
};

/** One task that sends on one queue and receives on another, in any alternation, one buffer of each at a time. */
export function sendAndReceive(sends: SenderOptions, receives: ReceiverOptions): Program {
  const sender = inOrderSender(sends);
  const receiver = inOrderReceiver(receives);
  type Part = PlainData & { readonly next: string };
  // What in-order programs return is a record with `next`.
  const initial = { sending: sender.initial as Part | null, receiving: receiver.initial as Part };
  return program<typeof initial>(initial, (port) => {
    const send = sender.start(port);
    const receive = receiver.start(port);
    return ({ sending, receiving }) => {
      const busySending = sending !== null && sending.next !== 'alloc';
      const busyReceiving = receiving.next !== 'recv';
      const receivesNow = busyReceiving || (!busySending && (sending === null || port.choose(2) === 1));
      const received = receivesNow ? (receive(receiving) as Part) : receiving;
      // Refused, it does the other thing: it would go round for ever with this one.
      if (busyReceiving || sending === null || (receivesNow && received !== receiving))
        return { sending, receiving: received };
      const sent = send(sending);
      if (receivesNow || busySending || sent !== sending)
        return { sending: sent === STOP ? null : (sent as Part), receiving };
      return { sending, receiving: receive(receiving) as Part };
    };
  });
}

/** Receives until the queue is empty, reading each message, and only then frees them all, newest first. */
export function drainingReceiver(options: ReceiverOptions): Program {
  const { platform, queue: index } = options;
  type State = {
    readonly reading: readonly [buffer: number, length: number] | null;
    readonly held: readonly number[];
    readonly freeing: boolean;
  };
  return program<State>({ reading: null, held: [], freeing: false }, (port) => {
    const queue = platform.queue(port, index);
    return (state) => {
      const { reading, held, freeing } = state;
      if (reading !== null) {
        port.readRange(reading[0], new Uint8Array(reading[1]));
        return { ...state, reading: null, held: [...held, reading[0]] };
      }
      const newest = held[held.length - 1];
      if (freeing && newest !== undefined) {
        if (queue.free_try(newest) !== OK) return state;
        return { ...state, held: held.slice(0, -1), freeing: held.length > 1 };
      }
      const out = { address: 0, size: 0 };
      if (queue.recv_try(out) === OK) return { ...state, reading: [out.address, out.size] as const };
      return { ...state, freeing: held.length > 0 };
    };
  });
}

/**
 * Waits at the doorbell word, takes it down, and then drains the queue. Again and again.
 */
export function doorbellReceiver(options: ReceiverOptions, takeDown: (port: MemoryPort) => number): Program {
  const { platform, queue: index } = options;
  type State = {
    readonly next: 'wait' | 'recv' | 'read' | 'free';
    readonly buffer: number;
    readonly length: number;
  };
  const waiting: State = { next: 'wait', buffer: 0, length: 0 };
  return program<State>(waiting, (port) => {
    const queue = platform.queue(port, index);
    return (state) => {
      switch (state.next) {
        case 'wait':
          return takeDown(port) === 0 ? state : { ...waiting, next: 'recv' };
        case 'recv': {
          const out = { address: 0, size: 0 };
          return queue.recv_try(out) === OK
            ? { next: 'read', buffer: out.address, length: out.size }
            : waiting;
        }
        case 'read':
          port.readRange(state.buffer, new Uint8Array(state.length));
          return { ...state, next: 'free' };
        case 'free':
          return queue.free_try(state.buffer) === OK ? { ...waiting, next: 'recv' } : state;
      }
    };
  });
}
