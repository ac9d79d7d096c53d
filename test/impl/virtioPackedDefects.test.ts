import { describe, expect, it } from 'vitest';
import {
  newCollected,
  newTaken,
  PACKED_AVAIL,
  PACKED_INDIRECT,
  PACKED_NEXT,
  PACKED_USED,
  PACKED_WRITE,
  type PackedClasses,
  PackedDevice,
  PackedDriver,
  packedClasses,
  packedDefects,
  VIRTIO_BAD_BUFFER,
  VIRTIO_BAD_HEAD,
  VIRTIO_BAD_INDEX,
  VIRTIO_BAD_INDIRECT,
  VIRTIO_BAD_ORDER,
  VIRTIO_BAD_USED_ID,
  VIRTIO_BAD_USED_LENGTH,
  VIRTIO_CHAIN_TOO_LONG,
  VIRTIO_INVALID,
  VIRTIO_NO_SPACE,
  VIRTIO_NONE,
  VIRTIO_OK,
} from 'vqcheck/impl';
import type { Location, MemoryPort, Ordering } from 'vqcheck/memory';
import { offsetOf, spaceOf } from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';
import {
  add,
  BASE,
  clear,
  collect,
  cursors,
  flagsAt,
  newPacked,
  type PackedSystem,
  type PackedSystemOptions,
  poke,
  segmentsOf,
  take,
  takeCode,
} from './virtioPackedSystem.ts';

/** What one thread can see of a defect; `sound` is what it sees without. */
type Symptom = {
  readonly name: string;
  readonly sound: unknown;
  readonly defective: unknown;
  readonly observe: (classes: PackedClasses) => unknown;
};

class OutOfPatience extends Error {}

/** Gives up after many more loads than a walk over 4 descriptors makes. */
class ImpatientPort extends RecordingPort {
  private loads = 0;

  override load(at: Location, order: Ordering): number {
    if (this.loads++ >= 1000) throw new OutOfPatience();
    return super.load(at, order);
  }
}

/** Lets an interrupt handler in behind the first store to a core-local word. */
class InterruptedPort extends RecordingPort {
  handler: (() => void) | null = null;
  private readonly word: number;

  constructor(port: MemoryPort, word: number) {
    super(port);
    this.word = word;
  }

  override store(at: Location, value: number, order: Ordering): void {
    super.store(at, value, order);
    const { handler } = this;
    if (handler === null || spaceOf(at) !== 'local' || offsetOf(at) !== this.word) return;
    this.handler = null;
    handler();
  }
}

const EVENTS: PackedSystemOptions = { features: { eventIdx: true } };
const A = PACKED_AVAIL;

/** Adds, takes, returns and collects a list. */
function goRound(system: PackedSystem, count = 1): void {
  add(system, count);
  system.device.giveBack(take(system).head, 0);
  system.driver.collect(newCollected());
}

/** The fences of each operation. */
function fences(classes: PackedClasses, halves = false): Record<string, unknown[]> {
  const system = newPacked(2, { ...EVENTS, classes, halves });
  const { driver, device } = system;
  const of: Record<string, unknown[]> = {};
  const record = (name: string, call: () => unknown): void => {
    clear(system);
    call();
    const all = [...system.driverPort.accesses, ...system.devicePort.accesses];
    of[name] = all.filter(([kind]) => kind === 'fence').map(([, order]) => order);
  };
  record('enableKicks', () => device.enableKicks());
  record('enableInterrupts', () => driver.enableInterrupts());
  record('add', () => add(system));
  record('kick', () => driver.kick());
  record('take', () => take(system));
  record('giveBack', () => device.giveBack(0, 0));
  record('interrupt', () => device.interrupt());
  record('collect', () => collect(system));
  return of;
}

const soundFences = {
  enableKicks: ['seq_cst'],
  enableInterrupts: ['seq_cst'],
  add: ['release'],
  kick: ['seq_cst'],
  take: ['acquire'],
  giveBack: ['release'],
  interrupt: ['seq_cst'],
  collect: ['acquire'],
};

const barriers = [
  'add',
  'kick',
  'take',
  'giveBack',
  'interrupt',
  'collect',
  'enableInterrupts',
  'enableKicks',
];

/** Offsets of shared stores within a descriptor, of one operation. */
function storesOf(system: PackedSystem, side: 'driver' | 'device', call: () => unknown): string[] {
  clear(system);
  call();
  const port = side === 'driver' ? system.driverPort : system.devicePort;
  return port
    .shared()
    .filter(([kind]) => kind === 'store')
    .map(([, , at]) => `${Math.floor((Number(at) - BASE) / 16)}+${Number(at) % 16}`);
}

/** Offsets of the device's loads within the ring. */
function loadsOf({ devicePort }: PackedSystem): string[] {
  return devicePort.shared().flatMap(([kind, , at]) => (kind === 'load' ? [String(Number(at) - BASE)] : []));
}

/** What the device read and wrote of buffers: how, from where on, and how many bytes. */
function payload({ buffers, devicePort }: PackedSystem): unknown[] {
  return devicePort.accesses.flatMap(([kind, , at, bytes]) =>
    kind === 'read' || kind === 'write' ? [[kind, Number(at) - buffers, bytes]] : [],
  );
}

/** Whether driver and device notify of what is new, when each waits for the slot where its peer began. */
function notifiedOf(classes: PackedClasses, counts: readonly number[]): boolean[] {
  const system = newPacked(3, { ...EVENTS, classes });
  const { driver, device } = system;
  device.enableKicks();
  driver.enableInterrupts();
  for (const count of counts) add(system, count);
  const kicked = driver.kick();
  for (const _ of counts) device.giveBack(take(system).head, 0);
  return [kicked, device.interrupt()];
}

/** What the device says to one descriptor. */
function offered(classes: PackedClasses, desc: Parameters<typeof poke>[2], size = 2): unknown {
  const system = newPacked(size, { classes, wrap: (port) => new ImpatientPort(port) });
  for (let slot = size - 1; slot >= 0; slot--) poke(system, slot, { addr: system.buffers, len: 16, ...desc });
  try {
    return takeCode(system);
  } catch (error) {
    if (error instanceof OutOfPatience) return 'never ends';
    throw error;
  }
}

const symptoms: readonly Symptom[] = [
  ...barriers.map(
    (operation, i): Symptom => ({
      name: `b${i + 1}-missing`,
      sound: soundFences,
      defective: { ...soundFences, [operation]: [] },
      observe: (classes) => fences(classes),
    }),
  ),
  {
    name: 'head-first',
    sound: ['1+14', '0+14'],
    defective: ['0+14', '1+14'],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      return storesOf(system, 'driver', () => add(system, 2)).filter((store) => store.endsWith('+14'));
    },
  },
  {
    name: 'wrap-missed-at-full-list',
    sound: [true, true, true],
    defective: [false, false, false],
    observe: (classes) => {
      const system = newPacked(4, { ...EVENTS, classes });
      return [4, 1, 2].map((count) => {
        system.device.enableKicks();
        add(system, count);
        const kicked = system.driver.kick();
        system.device.giveBack(take(system).head, 0);
        collect(system);
        return kicked;
      });
    },
  },
  {
    name: 'wrap-missed-at-full-list-by-device',
    sound: VIRTIO_OK,
    defective: VIRTIO_NONE,
    observe: (classes) => {
      const system = newPacked(4, { classes });
      goRound(system, 4);
      add(system);
      return takeCode(system);
    },
  },
  {
    name: 'wrap-toggled-with-less',
    sound: [VIRTIO_NONE, VIRTIO_OK],
    defective: [VIRTIO_BAD_USED_ID, VIRTIO_NONE],
    observe: (classes) => {
      return [
        (system: PackedSystem) => collect(system),
        (system: PackedSystem) => {
          add(system);
          return takeCode(system);
        },
      ].map((call) => {
        const system = newPacked(4, { classes });
        goRound(system, 4);
        return call(system);
      });
    },
  },
  {
    name: 'cursor-split',
    sound: true,
    defective: false,
    observe: (classes) => {
      let interrupted: InterruptedPort | undefined;
      const system = newPacked(2, {
        classes,
        start: { slot: 1, wrap: 1 },
        wrap: (port) => {
          const inner = new InterruptedPort(port, 8 + 4);
          interrupted ??= inner;
          return inner;
        },
      });
      for (let i = 0; i < 2; i++) add(system);
      for (let i = 0; i < 2; i++) system.device.giveBack(take(system).head, 0);
      let seen: unknown = 'no interrupt';
      if (interrupted !== undefined)
        interrupted.handler = () => {
          seen = system.driver.hasUsed();
        };
      collect(system);
      return seen;
    },
  },
  {
    name: 'event-torn',
    sound: { ...soundFences, ...fencesByHalves(['release'], ['acquire']) },
    defective: { ...soundFences, ...fencesByHalves([], []) },
    observe: (classes) => fences(classes, true),
  },
  {
    name: 'event-equality',
    sound: [true, true],
    defective: [false, false],
    observe: (classes) => notifiedOf(classes, [2]),
  },
  {
    name: 'latest-list-only',
    sound: [true, true],
    defective: [false, false],
    observe: (classes) => notifiedOf(classes, [1, 1]),
  },
  {
    name: 'enable-interrupts-without-recheck',
    sound: [false, true],
    defective: [true, true],
    observe: (classes) => {
      const system = newPacked(1, { classes });
      add(system);
      system.device.giveBack(take(system).head, 0);
      return [system.driver.enableInterrupts(), system.driver.hasUsed()];
    },
  },
  {
    name: 'enable-kicks-without-recheck',
    sound: false,
    defective: true,
    observe: (classes) => {
      const system = newPacked(1, { classes });
      add(system);
      return system.device.enableKicks();
    },
  },
  {
    name: 'lazy-walk',
    sound: [0, 0, 0, 0],
    defective: [0, 0, 0, 0x8002],
    observe: (classes) => {
      const system = newPacked(4, { classes });
      add(system, 3);
      add(system, 1);
      const heads = [take(system).head, take(system).head];
      for (const head of heads.reverse()) {
        system.device.giveBack(head, 0);
        collect(system);
      }
      return cursors(system);
    },
  },
  {
    name: 'count-from-ring',
    sound: [0x8002, 0x8002, 0x8002, 0x8002],
    defective: [0x8002, 0x8001, 0x8002, 0x8002],
    observe: (classes) => {
      const system = newPacked(3, { classes });
      goRound(system, 2);
      return cursors(system);
    },
  },
  {
    name: 'ring-not-zeroed',
    sound: VIRTIO_NONE,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system);
      system.driver.init(2);
      system.device.init(2);
      return takeCode(system);
    },
  },
  {
    name: 'flags-before-id',
    sound: ['0+12', '0+8', '0+14'],
    defective: ['0+14', '0+12', '0+8'],
    observe: (classes) => {
      const system = newPacked(1, { classes });
      add(system);
      take(system);
      return storesOf(system, 'device', () => system.device.giveBack(0, 0));
    },
  },
  {
    name: 'no-free-check',
    sound: VIRTIO_NO_SPACE,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system, 2);
      return system.driver.add(segmentsOf(system, 1), 0);
    },
  },
  {
    name: 'added-window-wraps',
    sound: [true, true],
    defective: [false, false],
    observe: (classes) => {
      const system = newPacked(1, { ...EVENTS, classes, indexModulus: 2 });
      const { driver, device } = system;
      goRound(system);
      device.enableKicks();
      driver.enableInterrupts();
      add(system);
      device.giveBack(take(system).head, 0);
      return [driver.kick(), device.interrupt()];
    },
  },
  {
    name: 'id-released-early',
    sound: [
      [1, 0],
      [2, 1],
      [3, 0],
    ],
    defective: [
      [1, 0],
      [3, 1],
      [3, 1],
    ],
    observe: (classes) => {
      const system = newPacked(4, { features: { inOrder: true }, classes });
      add(system, 1, 1);
      add(system, 1, 2);
      system.device.giveBackBatch([take(system).head, take(system).head], 0);
      const first = collect(system);
      add(system, 1, 3);
      const second = collect(system);
      system.device.giveBack(take(system).head, 0);
      return [first, second, collect(system)].map((got) => (typeof got === 'number' ? got : got.slice(0, 2)));
    },
  },
  {
    name: 'used-id-unchecked',
    sound: VIRTIO_BAD_USED_ID,
    defective: [0, 1, 0],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system, 1, 7);
      poke(system, 0, { id: 1, flags: A | PACKED_USED });
      return collect(system);
    },
  },
  {
    name: 'used-length-unchecked',
    sound: VIRTIO_BAD_USED_LENGTH,
    defective: [7, 0, 99],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system, 1, 7);
      poke(system, 0, { id: 0, len: 99, flags: A | PACKED_USED | PACKED_WRITE });
      return collect(system);
    },
  },
  {
    name: 'list-unbounded',
    sound: VIRTIO_CHAIN_TOO_LONG,
    defective: 'never ends',
    observe: (classes) => offered(classes, { flags: A | PACKED_NEXT }),
  },
  {
    name: 'list-jump-unchecked',
    sound: VIRTIO_BAD_INDEX,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system, 1);
      take(system);
      poke(system, 0, { addr: system.buffers, len: 4, id: 1, flags: PACKED_USED });
      poke(system, 1, { addr: system.buffers, len: 4, flags: A | PACKED_NEXT });
      return takeCode(system);
    },
  },
  {
    name: 'buffer-unchecked',
    sound: [VIRTIO_BAD_BUFFER, VIRTIO_BAD_BUFFER, VIRTIO_BAD_BUFFER],
    defective: [VIRTIO_OK, VIRTIO_OK, VIRTIO_OK],
    observe: (classes) =>
      [{ addr: 0 }, { len: 0 }, { high: 1 }].map((desc) => offered(classes, { ...desc, flags: A })),
  },
  {
    name: 'direction-unchecked',
    sound: VIRTIO_BAD_ORDER,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newPacked(2, { classes });
      poke(system, 1, { addr: system.buffers, len: 4, flags: A });
      poke(system, 0, { addr: system.buffers, len: 4, flags: A | PACKED_NEXT | PACKED_WRITE });
      return takeCode(system);
    },
  },
  {
    name: 'id-unchecked',
    sound: VIRTIO_BAD_HEAD,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system);
      take(system);
      poke(system, 1, { addr: system.buffers, len: 4, id: 0, flags: A });
      return takeCode(system);
    },
  },
  {
    name: 'double-return-accepted',
    sound: VIRTIO_INVALID,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system);
      const { head } = take(system);
      system.device.giveBack(head, 0);
      return system.device.giveBack(head, 0);
    },
  },
  ...[
    { name: 'write-flag-wrong', len: 0 },
    { name: 'used-length-full', len: 4 },
  ].map(
    ({ name, len }): Symptom => ({
      name,
      sound: [0, 0, 1],
      defective: [0, 0, len],
      observe: (classes) => {
        const system = newPacked(2, { classes });
        add(system, 1, 0, 1);
        system.device.giveBack(take(system).head, 1);
        return collect(system);
      },
    }),
  ),
  {
    name: 'order-not-kept',
    sound: VIRTIO_INVALID,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newPacked(2, { classes, features: { inOrder: true } });
      add(system);
      add(system);
      take(system);
      return system.device.giveBack(take(system).head, 0);
    },
  },
  {
    name: 'batch-slot-wrong',
    sound: [5, 0, 0xffff_ffff],
    defective: VIRTIO_NONE,
    observe: (classes) => {
      const system = newPacked(2, { classes, features: { inOrder: true } });
      add(system, 1, 5);
      add(system, 1, 6);
      system.device.giveBackBatch([take(system).head, take(system).head], 0);
      return collect(system);
    },
  },
  {
    name: 'indirect-in-list',
    sound: [VIRTIO_INVALID, VIRTIO_NONE],
    defective: [VIRTIO_OK, VIRTIO_BAD_INDIRECT],
    observe: (classes) => {
      const system = newPacked(2, { classes, features: { indirectDesc: true }, entries: 1 });
      return [system.driver.add(segmentsOf(system, 2), 0, { indirectFrom: 1 }), takeCode(system)];
    },
  },
  {
    name: 'indirect-unchecked',
    sound: VIRTIO_BAD_INDIRECT,
    defective: VIRTIO_OK,
    observe: (classes) => offered(classes, { flags: A | PACKED_INDIRECT, addr: BASE }, 1),
  },
  {
    name: 'tail-flags-stale',
    sound: VIRTIO_NONE,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newPacked(3, { classes, start: { slot: 2, wrap: 1 } });
      goRound(system, 2);
      goRound(system, 2);
      return takeCode(system);
    },
  },
  {
    name: 'writable-first',
    sound: VIRTIO_OK,
    defective: VIRTIO_BAD_ORDER,
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system, 2, 0, 1);
      return takeCode(system);
    },
  },
  {
    name: 'last-keeps-next',
    sound: VIRTIO_OK,
    defective: VIRTIO_CHAIN_TOO_LONG,
    observe: (classes) => {
      const system = newPacked(1, { classes });
      add(system);
      return takeCode(system);
    },
  },
  {
    name: 'list-runs-off-ring',
    sound: VIRTIO_OK,
    defective: VIRTIO_BAD_BUFFER,
    observe: (classes) => {
      const system = newPacked(2, { classes, start: { slot: 1, wrap: 1 } });
      add(system, 2);
      return takeCode(system);
    },
  },
  {
    name: 'next-heeded-in-table',
    sound: 2,
    defective: 1,
    observe: (classes) => {
      const system = newPacked(2, { classes, features: { indirectDesc: true }, entries: 2 });
      system.driver.add(segmentsOf(system, 2), 0, { indirectFrom: 0 });
      return take(system).segments.length;
    },
  },
  {
    name: 'double-fetch',
    sound: 1,
    defective: 2,
    observe: (classes) => {
      const system = newPacked(1, { classes });
      add(system);
      expect(take(system)).toEqual({ head: 0, segments: segmentsOf(system, 1) });
      return system.devicePort.shared().filter(([, , at]) => at === BASE + 8).length;
    },
  },
  {
    name: 'event-flags-reserved',
    sound: [1, 1],
    defective: [3, 3],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      system.driver.disableInterrupts();
      system.device.disableKicks();
      const { driverEvent, deviceEvent } = system.geometry;
      return [driverEvent, deviceEvent].map((at) => system.view.getUint16(at + 2, true));
    },
  },
  {
    name: 'fields-before-flags',
    sound: ['14'],
    defective: ['8', '14'],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      takeCode(system);
      return loadsOf(system);
    },
  },
  {
    name: 'indirect-unnegotiated',
    sound: PACKED_NEXT,
    defective: PACKED_INDIRECT,
    observe: (classes) => {
      const system = newPacked(2, { classes, entries: 2 });
      add(system, 2);
      return flagsAt(system, 0) & (PACKED_NEXT | PACKED_INDIRECT);
    },
  },
  {
    name: 'indirect-with-next',
    sound: VIRTIO_OK,
    defective: VIRTIO_BAD_INDIRECT,
    observe: (classes) => {
      const system = newPacked(2, { classes, features: { indirectDesc: true }, entries: 2 });
      system.driver.add(segmentsOf(system, 2), 0, { indirectFrom: 0 });
      return takeCode(system);
    },
  },
  {
    name: 'list-copied-backwards',
    sound: [],
    defective: [
      ['read', 16, 5],
      ['read', 0, 4],
    ],
    observe: (classes) => {
      const system = newPacked(4, { classes });
      add(system, 3, 0, 1);
      take(system);
      return payload(system);
    },
  },
  {
    name: 'list-from-its-end',
    sound: ['14', '0', '4', '8', '30', '16', '20', '24', '28'],
    defective: ['14', '16', '0', '4', '8', '30', '16', '20', '24', '28'],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system, 2);
      take(system);
      return loadsOf(system);
    },
  },
  {
    name: 'next-at-ring-end',
    sound: [0, 0],
    defective: [0, PACKED_NEXT],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system);
      add(system);
      return [0, 1].map((slot) => flagsAt(system, slot) & PACKED_NEXT);
    },
  },
  {
    name: 'next-taken-back',
    sound: [1, [PACKED_NEXT, 0]],
    defective: [2, [PACKED_NEXT, 0]],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      const stores = storesOf(system, 'driver', () => add(system, 2)).filter((store) => store === '1+14');
      return [stores.length, [0, 1].map((slot) => flagsAt(system, slot) & PACKED_NEXT)];
    },
  },
  {
    name: 'notification-data-old',
    sound: [[1, 1], [0, 0], undefined],
    defective: [[0, 1], [1, 1], undefined],
    observe: (classes) => {
      const system = newPacked(2, { classes, features: { notificationData: true } });
      const plain = newPacked(2, { classes });
      const told = (each: PackedSystem): unknown => {
        add(each);
        each.driver.kick();
        const { data } = each.notified;
        return data === undefined ? undefined : [data.next_off, data.next_wrap];
      };
      return [told(system), told(system), told(plain)];
    },
  },
  {
    name: 'request-first-first',
    sound: ['1+14', '0+14'],
    defective: ['0+14', '1+14'],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system);
      add(system);
      const heads = [take(system).head, take(system).head];
      return storesOf(system, 'device', () => system.device.giveBackRequest(heads, [0, 0])).filter((store) =>
        store.endsWith('+14'),
      );
    },
  },
  {
    name: 'request-overwritten',
    sound: [],
    defective: [['write', 0, 1]],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system);
      take(system);
      return payload(system);
    },
  },
  {
    name: 'slot-instead-of-id',
    sound: [1, 0, 0],
    defective: VIRTIO_BAD_USED_ID,
    observe: (classes) => {
      const system = newPacked(2, { classes });
      goRound(system);
      add(system, 1, 1);
      system.device.giveBack(take(system).head, 0);
      return collect(system);
    },
  },
  {
    name: 'table-entry-next',
    sound: [0, PACKED_WRITE],
    defective: [PACKED_NEXT, PACKED_WRITE],
    observe: (classes) => {
      const system = newPacked(2, { classes, features: { indirectDesc: true }, entries: 2 });
      system.driver.add(segmentsOf(system, 2, 1), 0, { indirectFrom: 0 });
      return [14, 30].map((at) => system.view.getUint16(system.tables + at, true));
    },
  },
  {
    name: 'used-not-awaited',
    sound: VIRTIO_NO_SPACE,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newPacked(1, { classes });
      add(system);
      return system.driver.add(segmentsOf(system, 1), 0);
    },
  },
  {
    name: 'wish-ignored',
    sound: [false, false],
    defective: [true, true],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      system.driver.disableInterrupts();
      system.device.disableKicks();
      add(system);
      const kicked = system.driver.kick();
      system.device.giveBack(take(system).head, 0);
      return [kicked, system.device.interrupt()];
    },
  },
  {
    name: 'writable-copied-in',
    sound: [],
    defective: [
      ['read', 0, 4],
      ['read', 16, 5],
    ],
    observe: (classes) => {
      const system = newPacked(2, { classes });
      add(system, 2, 0, 1);
      take(system);
      return payload(system);
    },
  },
];

/** What the variant by halves adds, or leaves out. */
function fencesByHalves(writer: string[], reader: string[]): Record<string, string[]> {
  return {
    enableKicks: [...writer, 'seq_cst'],
    enableInterrupts: [...writer, 'seq_cst'],
    kick: ['seq_cst', ...reader],
    interrupt: ['seq_cst', ...reader],
  };
}

const named = (...names: string[]): PackedClasses =>
  packedClasses(packedDefects.filter(({ name }) => names.includes(name)));

describe('each defect of the packed virtqueue', () => {
  it('has a symptom here, a title, and a fault', () => {
    const names = packedDefects.map(({ name }) => name);
    expect([...new Set(symptoms.map(({ name }) => name))].sort()).toEqual(names);
    for (const { title, driver, device } of packedDefects) {
      expect(title).toMatch(/^[^\n]{10,110}$/);
      expect(driver ?? device).toBeDefined();
    }
    const faults = new Set(packedDefects.map(({ fault }) => fault));
    for (let barrier = 1; barrier <= 8; barrier++) expect(faults).toContain(`B${barrier}`);
    for (let fault = 1; fault <= 11; fault++) expect(faults).toContain(`P${fault}`);
  });

  it.each(symptoms)('$name shows, and the sound code does not show it', (symptom) => {
    const { name, sound, defective, observe } = symptom;
    expect(observe(packedClasses())).toEqual(sound);
    expect(observe(named(name))).toEqual(defective);
    expect(observe(packedClasses())).toEqual(sound);
  });
});

describe('defects', () => {
  it('leave the sound classes alone', () => {
    expect(packedClasses()).toEqual({ Driver: PackedDriver, Device: PackedDevice });
  });

  it('can be put on top of each other', () => {
    const all = Object.fromEntries(Object.keys(soundFences).map((name) => [name, []]));
    expect(fences(named(...barriers.map((_, i) => `b${i + 1}-missing`)))).toEqual(all);
    const { Driver, Device } = packedClasses(packedDefects);
    expect(Driver.prototype).toBeInstanceOf(PackedDriver);
    expect(Device.prototype).toBeInstanceOf(PackedDevice);
  });

  it('of the device alone do not change the driver, and the other way round', () => {
    expect(named('lazy-walk').Driver).toBe(PackedDriver);
    expect(named('head-first').Device).toBe(PackedDevice);
  });

  it('leave lists in order alone where they only concern those out of order', () => {
    const system = newPacked(3, { classes: named('lazy-walk'), features: { inOrder: true } });
    for (let round = 0; round < 4; round++) goRound(system, 2);
    expect(new Set(cursors(system)).size).toBe(1);
    const other = newPacked(3, { classes: named('id-released-early') });
    for (let round = 0; round < 4; round++) goRound(other, 2);
    expect(other.device.take(newTaken())).toBe(VIRTIO_NONE);
    expect(other.driverState.free_slots).toBe(3);
  });
});
