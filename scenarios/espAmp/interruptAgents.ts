/**
 * The programs of the ESP-AMP scenarios with interrupts: what tasks do between two sleeps, and what handlers do in a run.
 */
import { type Program, program, STOP } from '../../checker/index.ts';
import { ESP_OK as OK, type Queue } from '../../impl/index.ts';
import type { MemoryPort, PlainData } from '../../memory/index.ts';
import { message, type SenderOptions } from './agents.ts';
import type { Platform } from './platform.ts';

/** What programs do wrong here, in the scenarios that seed it: the queue itself is sound. */
export type InterruptSlip =
  | 'callback-stops-at-error'
  | 'doorbell-not-ordered'
  | 'no-recheck-before-sleep'
  | 'unmasked-before-send';

// --- Senders ---------------------------------------------------------------------------------------------------------

export interface RingingSenderOptions extends SenderOptions {
  /** Between two messages, holding nothing, it may stop for good. */
  readonly mayStop?: boolean;
  /** `whole`: alloc to send in a critical section, with another one nested in it; `alloc`: only the first half. */
  readonly locks?: 'whole' | 'alloc';
  /** Distinguishes the messages of one sender from those of another: added to each tag. */
  readonly mark?: number;
}

/** Sends one message a turn, and rings. A refused send is given up, as firmware does that has nobody to tell. */
export function ringingSender(options: RingingSenderOptions): Program {
  const { platform, queue: index, tags, messages = -1, mayStop, locks, mark = 0 } = options;
  type State = { readonly tag: number; readonly left: number };
  return program<State>({ tag: 0, left: messages }, (port) => {
    const queue = platform.ringingQueue(port, index);
    const sw_intr = platform.swIntr(port, platform.place(index).master);
    const out = (): { address: number; size: number } => ({ address: 0, size: 0 });
    return (state) => {
      const { tag, left } = state;
      if (left === 0 || (mayStop === true && port.choose(2) === 1)) return STOP;
      const length = options.length(tag);
      const fill = (address: number): void => port.writeRange(address, message(tag + mark, length));
      const sent = { tag: (tag + 1) % tags, left: Math.max(-1, left - 1) };
      const buffer = out();
      if (locks === undefined) {
        if (queue.alloc_try(buffer, length) !== OK) return state;
        fill(buffer.address);
        queue.send_try(buffer.address, length);
        return sent;
      }
      const send = (): void => void queue.send_try(buffer.address, length);
      const allocated = sw_intr.critical(() => {
        if (queue.alloc_try(buffer, length) !== OK) return false;
        // What fills the message has a lock of its own: it knows nothing of this one.
        sw_intr.critical(() => fill(buffer.address));
        if (locks === 'whole') send();
        return true;
      });
      if (!allocated) return state;
      if (locks === 'alloc') send();
      return sent;
    };
  });
}

// --- Receivers -------------------------------------------------------------------------------------------------------

/** Takes one message, reads it and gives it back. Returns its length, 0 if there was none. */
function receiveOne(
  port: MemoryPort,
  queue: Queue,
): { readonly length: number; readonly tag: number } | null {
  const out = { address: 0, size: 0 };
  if (queue.recv_try(out) !== OK) return null;
  const bytes = new Uint8Array(out.size);
  port.readRange(out.address, bytes);
  queue.free_try(out.address);
  return { length: out.size, tag: bytes[0] ?? 0 };
}

/** Receives until there is no more. */
function drain(port: MemoryPort, queue: Queue, slip?: InterruptSlip): void {
  port.repeat<null, null>(null, () => {
    const received = receiveOne(port, queue);
    if (received === null) return { done: null };
    // Messages with an odd tag are what this receiver cannot make sense of.
    return slip === 'callback-stops-at-error' && received.tag % 2 === 1 ? { done: null } : { again: null };
  });
}

/** Receives until there is no more, and only then gives all buffers back. */
function drainThenFree(port: MemoryPort, queue: Queue): void {
  const none: readonly number[] = [];
  const held = port.repeat<readonly number[], readonly number[]>(none, (taken) => {
    const out = { address: 0, size: 0 };
    if (queue.recv_try(out) !== OK) return { done: taken };
    port.readRange(out.address, new Uint8Array(out.size));
    return { again: [...taken, out.address] };
  });
  port.repeat<readonly number[], null>(held, (left) => {
    const oldest = left[0];
    if (oldest === undefined) return { done: null };
    queue.free_try(oldest);
    return { again: left.slice(1) };
  });
}

// --- Handlers --------------------------------------------------------------------------------------------------------

/** What a queue's callback does in interrupt context. */
export type Callback = 'drain' | 'receive-one' | 'drain-then-free' | 'give';

export interface HandlerOptions {
  readonly platform: Platform;
  readonly core: number;
  readonly callback: Callback;
  readonly slip?: InterruptSlip | undefined;
}

/** The software interrupt of a core: its dispatch loop, with the callback of the queue that the core receives from. */
export function doorbellHandler({ platform, core, callback, slip }: HandlerOptions): Program {
  return program<null>(null, (port) => {
    const run = (queueNumber: number): number => {
      const queue = platform.queue(port, queueNumber - 1);
      switch (callback) {
        case 'drain':
          drain(port, queue, slip);
          return 0;
        case 'receive-one':
          receiveOne(port, queue);
          return 0;
        case 'drain-then-free':
          drainThenFree(port, queue);
          return 0;
        case 'give':
          port.action('give', 0);
          return 1;
      }
    };
    const sw_intr = platform.swIntr(port, core, [run]);
    return (state) => {
      sw_intr.handler();
      return state;
    };
  });
}

/** A line of its own: each interrupt gives the semaphore, nothing else. */
export function givingHandler(): Program {
  return program<null>(null, (port) => (state) => {
    port.action('give', 0);
    return state;
  });
}

/** Something else of the core wants to be interrupted, too, and registers in its first interrupt. */
export function registeringHandler(platform: Platform, core: number): Program {
  return program<null>(null, (port) => () => {
    platform.swIntr(port, core).add_handler(LAST_ID, OTHER_FUNCTION, 0);
    return STOP;
  });
}

/** An interrupt id that nobody triggers, and a function that nobody calls. */
const LAST_ID = 31;
const OTHER_FUNCTION = 2;

// --- Tasks -----------------------------------------------------------------------------------------------------------

/** Sleeps, for ever: all is done by handlers. */
export function sleeper(): Program {
  return program<null>(null, (port) => (state) => {
    port.action('wait', 0);
    return state;
  });
}

export interface LateTaskOptions {
  readonly platform: Platform;
  readonly core: number;
  /** Registers the queue's callback. */
  readonly enables: boolean;
  /** First without a callback; with one only if that is refused. */
  readonly forgets?: boolean;
  /** Enables the core's doorbell, after that. */
  readonly initialises?: boolean;
  /** Looks once whether messages are there already: with interrupts masked, or not. */
  readonly polls?: 'masked' | 'unmasked';
}

/** Comes up late: has itself interrupted from here on, perhaps looks once, and then sleeps. */
export function lateTask(options: LateTaskOptions): Program {
  const { platform, core, enables, forgets, initialises, polls } = options;
  type State = 'forget' | 'enable' | 'init' | 'poll' | 'sleep';
  return program<State>(forgets === true ? 'forget' : 'enable', (port) => {
    const queue = platform.queue(port, 0);
    const sw_intr = platform.swIntr(port, core);
    return (state) => {
      switch (state) {
        case 'forget':
          return queue.intr_enable(sw_intr, 0) === OK ? 'poll' : 'enable';
        case 'enable':
          if (enables) platform.enableCallback(port, core, 0);
          return 'init';
        case 'init':
          if (initialises === true) sw_intr.sw_intr_init();
          return 'poll';
        case 'poll':
          if (polls === 'masked') sw_intr.critical(() => drain(port, queue));
          else if (polls === 'unmasked') drain(port, queue);
          return 'sleep';
        case 'sleep':
          port.action('wait', 0);
          return 'sleep';
      }
    };
  });
}

/** Waits at the semaphore for each message, or for each reason to look for messages. */
export function semaphoreTask(platform: Platform, receives: 'one' | 'all'): Program {
  return program<null>(null, (port) => {
    const queue = platform.queue(port, 0);
    return (state) => {
      port.action('take', 0);
      if (receives === 'one') receiveOne(port, queue);
      else drain(port, queue);
      return state;
    };
  });
}

/** Drains whenever it was interrupted, as its handler does: with interrupts masked, or not. */
export function wakingTask(platform: Platform, core: number, masked: boolean): Program {
  return program<'wait' | 'drain'>('wait', (port) => {
    const queue = platform.queue(port, 0);
    const sw_intr = platform.swIntr(port, core);
    return (state) => {
      if (state === 'wait') {
        port.action('wait', 0);
        return 'drain';
      }
      if (masked) sw_intr.critical(() => drain(port, queue));
      else drain(port, queue);
      return 'wait';
    };
  });
}

/**
 * Receives by itself, and uses interrupts only to wake: looks once more with interrupts masked before it sleeps. One that
 * comes after that look stays pending, and ends the sleep.
 */
export function recheckingTask(platform: Platform, core: number, slip?: InterruptSlip): Program {
  type State = PlainData & { readonly next: 'drain' | 'sleep' };
  return program<State>({ next: 'drain' }, (port) => {
    const queue = platform.queue(port, 0);
    const sw_intr = platform.swIntr(port, core);
    return ({ next }) => {
      if (next === 'drain') {
        drain(port, queue);
        return { next: 'sleep' };
      }
      if (slip === 'no-recheck-before-sleep') port.action('wait', 0);
      else sw_intr.critical(() => receiveOne(port, queue) === null && port.action('wait', 0));
      return { next: 'drain' };
    };
  });
}
