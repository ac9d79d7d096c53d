/** The programs of the VirtIO scenarios: what driver and device do, one operation or a few a turn. */
import { type Program, program, STOP } from '../../checker/index.ts';
import { PackedDevice, VIRTIO_OK, type VirtioQueueDevice } from '../../impl/index.ts';
import type { MemoryPort } from '../../memory/index.ts';
import { answer, DriverApplication, type Held, type Shape, SINGLE, take, work } from './application.ts';
import { DEVICE_CORE, DRIVER_CORE, type Platform } from './platform.ts';

export interface DriverOptions {
  readonly platform: Platform;
  /** Tags of messages go round modulo this. */
  readonly tags: number;
  /** Bytes of each segment. */
  readonly length: number;
  /** What the message with this tag is made of; one readable segment if not given. */
  readonly shape?: (tag: number) => Shape;
  /** After so many messages it sends no more; default: no end. */
  readonly messages?: number;
}

export type DriverState = {
  readonly next: 'collect' | 'send' | 'kick';
  readonly tag: number;
  /** Messages that it will still send; -1: no end. */
  readonly left: number;
  /** Messages since the last kick. */
  readonly untold: number;
};

/**
 * Collects all that has come back, and else sends a message; without end, or until it has sent so many. With `kicks` it
 * kicks after so many messages, default 1, after the last one, and when it can send no more.
 */
export function pollingDriver(
  options: DriverOptions & { readonly kicks?: boolean; readonly kickEvery?: number },
): Program {
  const { platform, tags, length, shape = () => SINGLE, messages = -1 } = options;
  const { kicks = false, kickEvery = 1 } = options;
  return program<DriverState>({ next: 'collect', tag: 0, left: messages, untold: 0 }, (port) => {
    const app = new DriverApplication(port, platform);
    return (state) => {
      const { next, tag, left, untold } = state;
      switch (next) {
        case 'collect':
          return app.collect(length) === VIRTIO_OK || left === 0 ? state : { ...state, next: 'send' };
        case 'send':
          if (!app.send(shape(tag), tag, length)) return { ...state, next: untold > 0 ? 'kick' : 'collect' };
          return {
            next: kicks && (untold + 1 === kickEvery || left === 1) ? 'kick' : 'collect',
            tag: (tag + 1) % tags,
            left: Math.max(-1, left - 1),
            untold: kicks ? untold + 1 : 0,
          };
        case 'kick':
          app.driver.kick();
          return { ...state, next: 'collect', untold: 0 };
      }
    };
  });
}

export type FillingState = {
  readonly tag: number;
  readonly out: number;
  readonly collecting: boolean;
  readonly left: number;
};

/** Sends until it is refused, then collects all that is out, and begins again; or ends when it has sent so many. */
export function fillingDriver(options: DriverOptions): Program {
  const { platform, tags, length, shape = () => SINGLE, messages = -1 } = options;
  return program<FillingState>({ tag: 0, out: 0, collecting: false, left: messages }, (port) => {
    const app = new DriverApplication(port, platform);
    return (state) => {
      const { tag, out, collecting, left } = state;
      if (collecting) {
        const still = app.collect(length) === VIRTIO_OK ? out - 1 : out;
        return { ...state, out: still, collecting: still > 0 };
      }
      if (left === 0) return out > 0 ? { ...state, collecting: true } : STOP;
      if (!app.send(shape(tag), tag, length)) return { ...state, collecting: true };
      return { tag: (tag + 1) % tags, out: out + 1, collecting: false, left: Math.max(-1, left - 1) };
    };
  });
}

// --- Devices ---------------------------------------------------------------------------------------------------------

export interface DeviceOptions {
  readonly platform: Platform;
}

/** `returning`: which of those held is given back next, from 1; 0: none. */
export type DeviceState = { readonly held: readonly Held[]; readonly returning: number };

/** Takes one chain at a time, works on it and gives it back. */
export function inOrderDevice({ platform }: DeviceOptions): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const [first] = state.held;
      if (first === undefined) {
        const taken = take(device);
        return typeof taken === 'number' ? state : { ...state, held: [taken] };
      }
      answer(port, device, first);
      return { ...state, held: [] };
    };
  });
}

/** Holds up to `holds` chains, and gives them back in any order. */
export function anyOrderDevice({ platform, holds }: DeviceOptions & { readonly holds: number }): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const { held, returning } = state;
      const chosen = held[returning - 1];
      if (chosen !== undefined) {
        answer(port, device, chosen);
        return { held: held.filter((_, i) => i !== returning - 1), returning: 0 };
      }
      const pick = port.choose(held.length + (held.length < holds ? 1 : 0));
      if (pick < held.length) return { held, returning: pick + 1 };
      const taken = take(device);
      if (typeof taken !== 'number') return { held: [...held, taken], returning: 0 };
      return held.length === 0 ? state : { held, returning: 1 + port.choose(held.length) };
    };
  });
}

/** Takes chains until there are no more, and only then gives them back, the newest first. */
export function drainingDevice({ platform }: DeviceOptions): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const { held, returning } = state;
      const newest = held[held.length - 1];
      if (returning > 0 && newest !== undefined) {
        answer(port, device, newest);
        return { held: held.slice(0, -1), returning: returning - 1 };
      }
      const taken = take(device);
      if (typeof taken !== 'number') return { held: [...held, taken], returning: 0 };
      return { held, returning: held.length };
    };
  });
}

/** IN_ORDER: takes up to `holds` chains, and gives all that it has back at once, or one at a time. */
export function batchingDevice({ platform, holds }: DeviceOptions & { readonly holds: number }): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const { held, returning } = state;
      const last = held[returning - 1];
      if (last !== undefined) {
        const batch = held.slice(0, returning);
        const written = batch.map((each) => work(port, each));
        const heads = batch.map(({ head }) => head);
        if (heads.length === 1) device.giveBack(last.head, written[0] ?? 0);
        else device.giveBackBatch(heads, written[written.length - 1] ?? 0);
        return { held: held.slice(returning), returning: 0 };
      }
      if (held.length < holds) {
        const taken = take(device);
        if (typeof taken !== 'number') return { held: [...held, taken], returning: 0 };
      }
      return held.length === 0 ? state : { held, returning: 1 + port.choose(held.length) };
    };
  });
}

/** Packed only: answers two lists as one request, where it finds two. */
export function mergingDevice({ platform }: DeviceOptions): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const { held } = state;
      if (held.length < 2) {
        const taken = take(device);
        if (typeof taken !== 'number') return { ...state, held: [...held, taken] };
      }
      const [first] = held;
      if (first === undefined) return state;
      if (held.length === 1 || !(device instanceof PackedDevice)) {
        answer(port, device, first);
        return { ...state, held: held.slice(1) };
      }
      const written = held.map((each) => work(port, each));
      device.giveBackRequest(
        held.map(({ head }) => head),
        written,
      );
      return { ...state, held: [] };
    };
  });
}

// --- Sides that sleep ------------------------------------------------------------------------------------------------

export type SleepingDriverState = {
  readonly next: 'send' | 'kick' | 'collect' | 'arm' | 'sleep';
  readonly tag: number;
  /** Chains that are out, and those of them that the device has not been told of. */
  readonly out: number;
  readonly untold: number;
  readonly left: number;
};

/**
 * Adds chains, up to `batch` of them before each kick. When it can send no more, it collects; when nothing is there, it
 * wants interrupts and sleeps. It ends when it has sent all, and has all back.
 */
export function sleepingDriver(
  options: DriverOptions & { readonly batch?: number; readonly kicks?: boolean },
): Program {
  const { platform, tags, length, shape = () => SINGLE, messages = -1, batch = 1, kicks = true } = options;
  const initial = { next: 'send', tag: 0, out: 0, untold: 0, left: messages } as const;
  return program<SleepingDriverState>(initial, (port) => {
    const app = new DriverApplication(port, platform);
    const { driver } = app;
    return (state) => {
      const { next, tag, out, untold, left } = state;
      switch (next) {
        case 'send': {
          if (left === 0 || !app.send(shape(tag), tag, length))
            return { ...state, next: untold > 0 && kicks ? 'kick' : 'collect' };
          const sent = {
            tag: (tag + 1) % tags,
            out: out + 1,
            untold: kicks ? untold + 1 : 0,
            left: Math.max(-1, left - 1),
          };
          return { ...sent, next: kicks && sent.untold === batch ? 'kick' : 'send' };
        }
        case 'kick':
          driver.kick();
          return { ...state, next: 'send', untold: 0 };
        case 'collect': {
          if (out === 0) {
            // One more look: between two messages it rests, with nothing under way.
            app.collect(length);
            return left === 0 ? STOP : { ...state, next: 'send' };
          }
          driver.disableInterrupts();
          const still = port.repeat<number, number>(out, (now) =>
            app.collect(length) === VIRTIO_OK ? { again: now - 1 } : { done: now },
          );
          return { ...state, out: still, next: still === 0 ? 'collect' : still < out ? 'send' : 'arm' };
        }
        case 'arm':
          return { ...state, next: driver.enableInterrupts() ? 'sleep' : 'collect' };
        case 'sleep':
          platform.sleep(port, DRIVER_CORE);
          return { ...state, next: 'collect' };
      }
    };
  });
}

export type SleepingDeviceState = { readonly next: 'work' | 'arm' | 'sleep' };

/**
 * Gives back all chains that are there; then wants kicks, and sleeps if nothing has come meanwhile. With `interrupts` it
 * interrupts the driver, once for all that it gave back.
 */
export function sleepingDevice({
  platform,
  interrupts = false,
}: DeviceOptions & { readonly interrupts?: boolean }): Program {
  return program<SleepingDeviceState>({ next: 'arm' }, (port) => {
    const device = platform.device(port);
    return ({ next }) => {
      switch (next) {
        case 'work': {
          device.disableKicks();
          const any = port.repeat<boolean, boolean>(false, (before) => {
            const taken = take(device);
            if (typeof taken === 'number') return { done: before };
            answer(port, device, taken);
            return { again: true };
          });
          if (any && interrupts) device.interrupt();
          return { next: 'arm' };
        }
        case 'arm':
          return { next: device.enableKicks() ? 'sleep' : 'work' };
        case 'sleep':
          platform.sleep(port, DEVICE_CORE);
          return { next: 'work' };
      }
    };
  });
}

/** Takes one chain at a time, works on it, gives it back, and interrupts the driver. */
export function interruptingDevice({
  platform,
  batch = 1,
}: DeviceOptions & { readonly batch?: number }): Program {
  type State = { readonly held: readonly Held[]; readonly untold: number };
  return program<State>({ held: [], untold: 0 }, (port) => {
    const device = platform.device(port);
    return ({ held, untold }) => {
      const [first] = held;
      if (first !== undefined) {
        answer(port, device, first);
        return { held: [], untold: untold + 1 };
      }
      if (untold < batch) {
        const taken = take(device);
        if (typeof taken !== 'number') return { held: [taken], untold };
      }
      if (untold > 0) device.interrupt();
      return { held: [], untold: 0 };
    };
  });
}

// --- Collecting in an interrupt handler ------------------------------------------------------------------------------

export type AddingState = { readonly tag: number; readonly left: number; readonly waits: boolean };

/** Adds chains, while its handler collects: each in a critical section. Without room it sleeps until the handler has run. */
export function addingDriver({
  platform,
  tags,
  length,
  shape = () => SINGLE,
  messages = -1,
}: DriverOptions): Program {
  return program<AddingState>({ tag: 0, left: messages, waits: false }, (port) => {
    const app = new DriverApplication(port, platform);
    return (state) => {
      const { tag, left, waits } = state;
      if (waits) {
        platform.sleep(port, DRIVER_CORE);
        return { ...state, waits: false };
      }
      if (left === 0) return STOP;
      port.action('mask', 0);
      const sent = app.send(shape(tag), tag, length);
      port.action('unmask', 0);
      return sent
        ? { tag: (tag + 1) % tags, left: Math.max(-1, left - 1), waits: false }
        : { ...state, waits: true };
    };
  });
}

/** The driver's handler: collects all that came back, and wakes the task. */
export function collectingHandler({ platform, length }: Pick<DriverOptions, 'platform' | 'length'>): Program {
  return program<null>(null, (port) => {
    const app = new DriverApplication(port, platform);
    return (state) => {
      port.repeat<null, null>(null, () =>
        app.collect(length) === VIRTIO_OK ? { again: null } : { done: null },
      );
      port.action('give', DRIVER_CORE);
      return state;
    };
  });
}

/** Adds as many chains as there is room for; then takes one back each time it is woken, and begins again. */
export function countingDriver({ platform, tags, length, messages = -1 }: DriverOptions): Program {
  type State = {
    readonly tag: number;
    readonly left: number;
    readonly out: number;
    readonly next: 'add' | 'sleep' | 'collect';
  };
  return program<State>({ tag: 0, left: messages, out: 0, next: 'add' }, (port) => {
    const app = new DriverApplication(port, platform);
    return (state) => {
      const { tag, left, out, next } = state;
      switch (next) {
        case 'add':
          if (left === 0 && out === 0) return STOP;
          if (left === 0 || !app.send(SINGLE, tag, length)) return { ...state, next: 'sleep' };
          return { tag: (tag + 1) % tags, left: Math.max(-1, left - 1), out: out + 1, next };
        case 'sleep':
          platform.sleep(port, DRIVER_CORE);
          return { ...state, next: 'collect' };
        case 'collect':
          // Whoever was woken finds a chain.
          app.collect(length);
          return { ...state, out: out - 1, next: 'add' };
      }
    };
  });
}

/** The driver's handler: looks whether a chain is there, and wakes the task for it; else the interrupt was none of its own. */
export function lookingHandler({ platform }: Pick<DriverOptions, 'platform'>): Program {
  return program<null>(null, (port) => {
    const driver = platform.driver(port);
    return (state) => {
      if (!driver.enableInterrupts()) port.action('give', DRIVER_CORE);
      return state;
    };
  });
}

// --- Misuse ----------------------------------------------------------------------------------------------------------

/** Tries to give back, by the operation that `withTries` follows. */
function tryGiveBack(port: MemoryPort, device: VirtioQueueDevice, head: number, written: number): number {
  return port.op('tryGiveBack', { head }, () => device.giveBack(head, written));
}

/** Gives each chain back twice, and more of it than it can have written: both are refused. */
export function returningTwiceDevice({ platform }: DeviceOptions): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const [first] = state.held;
      if (first === undefined) {
        const taken = take(device);
        return typeof taken === 'number' ? state : { ...state, held: [taken] };
      }
      const written = work(port, first);
      tryGiveBack(port, device, first.head, written + platform.options.bufferBytes);
      tryGiveBack(port, device, first.head, written);
      tryGiveBack(port, device, first.head, 0);
      return { ...state, held: [] };
    };
  });
}

/** IN_ORDER: takes up to two chains, and tries to give the second one back before the first one. */
export function impatientDevice({ platform }: DeviceOptions): Program {
  return program<DeviceState>({ held: [], returning: 0 }, (port) => {
    const device = platform.device(port);
    return (state) => {
      const [first, second] = state.held;
      if (second === undefined && state.returning === 0) {
        const taken = take(device);
        if (typeof taken !== 'number') return { ...state, held: [...state.held, taken] };
      }
      if (first === undefined) return { ...state, returning: 0 };
      if (second === undefined) {
        answerTrying(port, device, first);
        return { held: [], returning: 0 };
      }
      if (tryGiveBack(port, device, second.head, 0) === VIRTIO_OK) return { held: [first], returning: 1 };
      answerTrying(port, device, first);
      return { held: [second], returning: 1 };
    };
  });
}

function answerTrying(port: MemoryPort, device: VirtioQueueDevice, held: Held): void {
  tryGiveBack(port, device, held.head, work(port, held));
}
