/**
 * Peers that keep to no rules. Beside the code of such a side there is an agent on its core that stores wicked values, at any of its
 * steps, into the queue: a device even into descriptors. The other side must go on, or mark its queue as broken: never reach outside, never
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
  VIRTIO_BAD_INDIRECT,
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
        const tables = platform.options.tableEntries !== undefined;
        const shape = tables ? { readable: 1, writable: 1, indirectFrom: 0 } : SINGLE;
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

/** G12: of the queue whole fields, of the tables descriptors, and of all that the device may reach the payload. */
export function withinReach(platform: Platform, core: number): Property {
  const { place, options, sharedBytes, tables, pool } = platform;
  const queue = { from: place.base, to: place.base + options.layout.queueBytes(place.size) };
  return {
    name: withinReachName,
    title: 'A side that does not trust its peer accesses nothing but the queue and what it may reach.',
    monitor: () => ({
      words: 0,
      step(_state, event) {
        if ((event.kind !== 'payload' && event.kind !== 'access') || event.core !== core) return null;
        const { byteOffset, length } = event;
        const lies = (from: number, to: number): boolean => byteOffset >= from && byteOffset + length <= to;
        if (event.kind === 'payload')
          return lies(tables, sharedBytes)
            ? null
            : `${event.access} of ${length} bytes at ${byteOffset}, outside of what the device may reach`;
        // A range is told as payload as well.
        if (event.content !== null || lies(tables, pool)) return null;
        const deed = `${event.writes ? 'write' : 'read'} of ${event.name}`;
        // Where a name has two ends, no field begins and ends there.
        const isField = lies(queue.from, queue.to) && !event.name.includes('..');
        return isField ? null : `${deed}, which is no field of the queue or of a table`;
      },
    }),
  };
}

const withinReachName = 'within-reach';

/** A driver hands each chain out once, and none that is not out; a device takes none that it has already. */
export function handsOutOnce(platform: Platform, core: number): Property {
  const { size, layout, tableEntries } = platform.options;
  return {
    name: handsOutOnceName,
    title: 'A side that does not trust its peer hands out each chain once, and none that is not under way.',
    // Per head: 1 while the chain is out (driver), or while the device has it; then its segments, of the device.
    monitor: () => ({
      words: 2 * size,
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
        if (layout.name === 'split' || tableEntries !== undefined) return null;
        // Each segment has a descriptor of its own, and no two lists have the same.
        state.set(size + head, segments.length);
        let under = 0;
        for (let other = 0; other < size; other++)
          if (state.get(other) === 1) under += state.get(size + other);
        return under <= size ? null : `${under} segments were handed out, of a ring of ${size} descriptors`;
      },
    }),
  };
}

const handsOutOnceName = 'hands-out-once';

/**
 * S12, split only: no chain is taken or collected by an index that is further ahead than there can be chains under way.
 */
export function plausibleIndex({ place, options }: Platform, core: number): Property {
  const mask = (options.indexModulus ?? 1) - 1;
  const [index, operation] = core === DEVICE_CORE ? ['avail.idx', 'take'] : ['used.idx', 'collect'];
  // The index read last; chains that went through this side so far, modulo the index modulus; chains under way.
  const [READ, SEEN, UNDER_WAY] = [0, 1, 2] as const;
  return {
    name: plausibleIndexName,
    title:
      'A side that does not trust its peer believes no index that is further ahead than there are chains.',
    monitor: () => ({
      words: 3,
      listens: (event) => event.kind !== 'enter' && event.core === core,
      step(state, event) {
        if (event.kind === 'access' && !event.writes && event.name === index)
          state.set(READ, event.value ?? 0);
        if (event.kind === 'call' && event.operation === 'expose')
          state.set(UNDER_WAY, state.get(UNDER_WAY) + 1);
        if (event.kind !== 'return' || event.result !== VIRTIO_OK) return null;
        const underWay = state.get(UNDER_WAY);
        if (event.operation === 'giveBack') state.set(UNDER_WAY, underWay - 1);
        if (event.operation !== operation) return null;
        const ahead = (state.get(READ) - state.get(SEEN)) & mask;
        const most = operation === 'take' ? place.size - underWay : underWay;
        state.set(SEEN, (state.get(SEEN) + 1) & mask);
        state.set(UNDER_WAY, underWay + (operation === 'take' ? 1 : -1));
        return ahead <= most
          ? null
          : `${operation} believed ${index}, which is ${ahead} ahead of at most ${most}`;
      },
    }),
  };
}

const plausibleIndexName = 'plausible-index';

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
  const codes = tables !== null ? [VIRTIO_BAD_INDIRECT] : stores > 1 ? all : all.slice(0, 1);
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
      ...(layout.name === 'split' ? [plausibleIndex(platform, robustCore)] : []),
    ],
    operations: withoutLedger(platform.operations),
    chains: false,
    watchAccesses: true,
    // Where a walk has no end, it is soon seen; one round all descriptors is none.
    accessBound: Math.max(100, 60 + 20 * platform.place.size),
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
