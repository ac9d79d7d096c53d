/**
 * Peers that keep to no rules. Beside the code of such a side there is an agent on its core that stores wicked values, at any of its
 * steps, into what that side may write. The other side must go on, or mark its queue as broken: never reach outside, never
 * loop, never hand out what it does not have.
 */
import {
  type AgentSpec,
  type Program,
  program,
  STOP,
  type System,
  type Witness,
} from '../../checker/index.ts';
import {
  findsPeerBroken,
  newCollected,
  VIRTIO_NONE,
  VIRTIO_OK,
  VIRTIO_QUEUE_BROKEN,
  virtioCodeName,
  virtioCodes,
} from '../../impl/index.ts';
import type { Location } from '../../memory/index.ts';
import {
  boundedOperation,
  documentedErrors,
  failureAtomicity,
  noDataRace,
  noOutsideAccess,
  type Property,
} from '../../properties/index.ts';
import { DriverApplication, type Held, SINGLE, take } from './application.ts';
import { chainOfToken, DEVICE_CORE, DRIVER_CORE, type Operations, type Platform } from './platform.ts';

/** A store that no peer should make. */
export interface WickedStore {
  readonly at: Location;
  readonly value: number;
}

/** Makes up to `most` of these stores, and ends. */
export function wickedAgent(stores: readonly WickedStore[], most: number): Program {
  return program<number>(most, (port) => (left) => {
    if (left === 0) return STOP;
    const store = stores[port.choose(stores.length)];
    if (store !== undefined) port.store(store.at, store.value, 'relaxed');
    return left - 1;
  });
}

/** What the robust side does next, and whether it has found its peer out. */
export type RobustState = { readonly next: 'go' | 'check'; readonly left: number };

/** Once its peer is found out, each operation says so. */
function afterwards(code: number, again: () => number): boolean {
  if (!findsPeerBroken(code)) return false;
  const second = again();
  if (second !== VIRTIO_QUEUE_BROKEN)
    throw new Error(`after ${virtioCodeName(code)} the queue still works: ${virtioCodeName(second)}`);
  return true;
}

/** Sends chains with room for a reply, collects them, and reads as many bytes as it is told were written. */
export function waryDriver(platform: Platform, length: number, messages: number): Program {
  return program<RobustState>({ next: 'go', left: messages }, (port) => {
    const app = new DriverApplication(port, platform);
    return ({ next, left }) => {
      if (next === 'go' && left > 0) {
        const sent = app.send({ readable: 0, writable: 1 }, 0, length);
        return { next: 'check', left: sent ? left - 1 : left };
      }
      const out = newCollected();
      const code = app.driver.collect(out);
      if (afterwards(code, () => app.driver.collect(out))) return STOP;
      if (code === VIRTIO_OK) {
        const { first } = chainOfToken(out.token);
        const address = platform.addressOf(first);
        if (out.len > 0) port.readRange(address, new Uint8Array(out.len));
        app.free(address);
      }
      return { next: 'go', left };
    };
  });
}

/** Takes up to two chains, reads and writes all that they name, and gives them back. */
export function waryDevice(platform: Platform): Program {
  return program<readonly Held[]>([], (port) => {
    const device = platform.device(port);
    const reads = (): number => {
      const again = take(device);
      return typeof again === 'number' ? again : VIRTIO_OK;
    };
    return (held) => {
      const taken = held.length < 2 ? take(device) : VIRTIO_NONE;
      if (typeof taken !== 'number') return [...held, taken];
      if (afterwards(taken, reads)) return STOP;
      const [oldest] = held;
      if (oldest === undefined) return held;
      let written = 0;
      for (const { addr, len, writable } of oldest.segments) {
        if (writable) {
          port.writeRange(addr, new Uint8Array(len));
          written += len;
        } else port.readRange(addr, new Uint8Array(len));
      }
      device.giveBack(oldest.head, written);
      return held.slice(1);
    };
  });
}

/** The peer of the wary device: an honest driver, but that it stops when its queue is broken, as it may be by its own core. */
export function carelessDriver(platform: Platform, length: number, messages: number): Program {
  return program<RobustState>({ next: 'go', left: messages }, (port) => {
    const app = new DriverApplication(port, platform);
    return ({ next, left }) => {
      if (next === 'go' && left > 0) {
        const pair = { readable: 1, writable: 1 };
        const table = platform.options.tableEntries === undefined ? SINGLE : { ...pair, indirectFrom: 0 };
        const shape = platform.options.size > 1 && port.choose(2) === 1 ? pair : table;
        const sent = app.send(shape, left, length);
        return { next: 'check', left: sent ? left - 1 : left };
      }
      const code = app.driver.collect(newCollected());
      return findsPeerBroken(code) || code === VIRTIO_QUEUE_BROKEN ? STOP : { next: 'go', left };
    };
  });
}

/** The peer of the wary driver: an honest device, but that it stops when its queue is broken. */
export function carelessDevice(platform: Platform): Program {
  return program<null>(null, (port) => {
    const device = platform.device(port);
    return (state) => {
      const taken = take(device);
      if (typeof taken === 'number')
        return findsPeerBroken(taken) || taken === VIRTIO_QUEUE_BROKEN ? STOP : state;
      const bytes = new Uint8Array(1).fill(0x70);
      const [segment] = taken.segments;
      if (segment?.writable === true) port.writeRange(segment.addr, bytes);
      device.giveBack(taken.head, segment?.writable === true ? 1 : 0);
      return state;
    };
  });
}

// --- What a side owes that does not trust its peer -------------------------------------------------------------------

/** G12: only the queue, and what the device may reach through it. */
export function withinReach(platform: Platform, core: number): Property {
  const { place, options, sharedBytes } = platform;
  const queue = { from: place.base, to: place.base + options.layout.queueBytes(place.size) };
  const pool = { from: platform.tables, to: sharedBytes };
  return {
    name: withinReachName,
    title: 'A side that does not trust its peer accesses nothing but the queue and what it may reach.',
    monitor: () => ({
      words: 0,
      step(_state, event) {
        if ((event.kind !== 'payload' && event.kind !== 'access') || event.core !== core) return null;
        const { byteOffset, length } = event;
        const lies = ({ from, to }: { from: number; to: number }): boolean =>
          byteOffset >= from && byteOffset + length <= to;
        if (lies(pool) || (event.kind === 'access' && lies(queue))) return null;
        const deed = event.kind === 'payload' ? event.access : event.writes ? 'write' : 'read';
        return `${deed} of ${length} bytes at ${byteOffset}, outside of what it may reach`;
      },
    }),
  };
}

const withinReachName = 'within-reach';

/** A driver hands each chain out once, and none that is not out; a device takes none that it has already. */
export function handsOutOnce(platform: Platform, core: number): Property {
  const { size } = platform.options;
  return {
    name: handsOutOnceName,
    title: 'A side that does not trust its peer hands out each chain once, and none that is not under way.',
    // Per head: 1 while the chain is out (driver), or while the device has it.
    monitor: () => ({
      words: size,
      listens: (event) => (event.kind === 'call' || event.kind === 'return') && event.core === core,
      step(state, event) {
        if (event.kind === 'call' && event.operation === 'expose') state.set(Number(event.args.head), 1);
        if (event.kind !== 'return' || event.result !== VIRTIO_OK) return null;
        if (event.operation === 'giveBack') {
          const head = Number(event.args.head);
          if (head < size) state.set(head, 0);
        }
        if (event.operation !== 'collect' && event.operation !== 'take') return null;
        const { head, segments = [] } = event.args.out as {
          readonly head: number;
          readonly segments?: readonly { readonly writable: boolean }[];
        };
        const has = head < size ? state.get(head) : 0;
        if (event.operation === 'collect') {
          if (has === 0) return `chain ${head} was handed out, which is not out`;
          state.set(head, 0);
          return null;
        }
        if (head >= size) return `chain ${head} was handed out, which there is not`;
        if (has === 1) return `chain ${head} was handed out again, while the device has it`;
        state.set(head, 1);
        const last = segments.findIndex(({ writable }) => writable);
        if (last >= 0 && segments.slice(last).some(({ writable }) => !writable))
          return `chain ${head} was handed out with a segment for reading behind one for writing`;
        if (segments.length > size) return `chain ${head} was handed out with ${segments.length} segments`;
        return null;
      },
    }),
  };
}

const handsOutOnceName = 'hands-out-once';

export const hostileNames: readonly string[] = [withinReachName, handsOutOnceName];

/** Who owns what cannot be followed where one side lies. */
function withoutLedger(operations: Operations): Operations {
  return Object.fromEntries(
    Object.entries(operations).map(([name, { codes, succeeded }]) => [name, { codes, succeeded }]),
  );
}

export interface HostileOptions {
  readonly platform: Platform;
  /** The side that keeps to no rules. */
  readonly hostile: 'driver' | 'device';
  readonly length: number;
  readonly messages: number;
  /** How many wicked stores there are. */
  readonly stores: number;
}

/** One side with its wicked companion, and the other one that must not mind. */
export function hostileSystem({ platform, hostile, length, messages, stores }: HostileOptions): System {
  const { layout } = platform.options;
  const [core, robustCore] = hostile === 'driver' ? [DRIVER_CORE, DEVICE_CORE] : [DEVICE_CORE, DRIVER_CORE];
  const tables = platform.options.tableEntries === undefined ? null : platform.tables;
  const wicked = layout.wickedStores(hostile, platform.place, tables);
  const agents: readonly AgentSpec[] = [
    {
      name: 'driver',
      core: DRIVER_CORE,
      program:
        hostile === 'driver'
          ? carelessDriver(platform, length, messages)
          : waryDriver(platform, length, messages),
      receives: [],
      hostile: hostile === 'driver',
    },
    {
      name: 'device',
      core: DEVICE_CORE,
      program: hostile === 'driver' ? waryDevice(platform) : carelessDevice(platform),
      receives: [0],
      hostile: hostile === 'device',
    },
    { name: 'wicked', core, program: wickedAgent(wicked, stores), receives: [], hostile: true },
  ];
  const { size } = platform.place;
  // With one store alone some things cannot be made.
  const all = hostile === 'driver' ? layout.foundInDrivers(size) : layout.foundInDevices(size);
  const codes = stores > 1 ? all : all.slice(0, 1);
  const witnesses = codes.map(
    (code): Witness => ({
      name: `found: ${virtioCodes[code] ?? code}`,
      reached: (seen) => seen.kind === 'event' && seen.event.kind === 'return' && seen.event.result === code,
    }),
  );
  return platform.system(agents, {
    witnesses,
    properties: [
      noDataRace,
      noOutsideFaults,
      boundedOperation,
      documentedErrors,
      failureAtomicity,
      withinReach(platform, robustCore),
      handsOutOnce(platform, robustCore),
    ],
    operations: withoutLedger(platform.operations),
    chains: false,
    watchAccesses: true,
    slots: [],
    queues: 0,
    home: () => true,
    census: () => undefined,
    finished: () => true,
  });
}

/** Of `no-outside-access` what needs no ledger: that nothing lies outside the memory, or at odds with it. */
const noOutsideFaults: Property = {
  name: noOutsideAccess.name,
  title: 'No access outside the memory.',
  monitor: () => ({
    words: 0,
    step: (_state, event) =>
      event.kind === 'fault' && event.fault !== 'unbounded' && event.fault !== 'threw' ? event.message : null,
  }),
};
