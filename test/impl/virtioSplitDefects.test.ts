import { describe, expect, it } from 'vitest';
import {
  newCollected,
  newTaken,
  type SplitClasses,
  SplitDevice,
  SplitDriver,
  splitClasses,
  splitDefects,
  UNKNOWN_LENGTH,
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
import { AccessError, type Location, type MemoryPort, type Ordering } from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';
import {
  addOne,
  collectOne,
  forget,
  newSplit,
  readable,
  roundTrip,
  type SplitSystem,
  story,
  takeOne,
  writable,
} from './virtioSplitSystem.ts';

/** What one thread can see of a defect; `sound` is what it sees without. */
type Symptom = {
  readonly name: string;
  /** Told apart where a defect has several. */
  readonly what?: string;
  readonly sound: unknown;
  readonly defective: unknown;
  readonly observe: (classes: SplitClasses) => unknown;
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

/** A port whose memory the peer changes with each load of one place. */
class ChangingPort extends RecordingPort {
  at = -1;
  change: () => void = () => {};

  override load(at: Location, order: Ordering): number {
    const value = super.load(at, order);
    if (this.accesses.at(-1)?.[1] === 'shared' && this.accesses.at(-1)?.[2] === this.at) this.change();
    return value;
  }
}

/** What a call answers, or how it ends. */
function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof OutOfPatience) return 'never ends';
    if (error instanceof AccessError) return error.code;
    throw error;
  }
}

const take = ({ device }: SplitSystem): number => device.take(newTaken());
const collect = ({ driver }: SplitSystem): number => driver.collect(newCollected());

/** Both stories of a chain there and back, with both tests and both last looks; fences and the words around them. */
function fences(system: SplitSystem): string[][] {
  const { driver, device, driverPort, devicePort } = system;
  addOne(system);
  driver.kick();
  device.enableKicks();
  device.giveBack(takeOne(system).head, 0);
  device.interrupt();
  driver.enableInterrupts();
  collectOne(system);
  const interesting = (line: string): boolean => /fence|idx|flags [01]$|ring\[0\]/.test(line);
  const short = (line: string): string =>
    line.replace(/(avail|used)\.ring.*/, '$1.ring').replace(/ \d+$/, '');
  return [driverPort, devicePort].map((port) =>
    story(system, port)
      .filter(interesting)
      .filter((line) => !line.includes('desc'))
      .map(short)
      .filter((line, i, all) => line !== all[i - 1]),
  );
}

const DRIVER = [
  'W avail.ring',
  'fence release',
  'W avail.idx',
  'fence seq_cst',
  'R used.flags',
  'W avail.flags',
  'fence seq_cst',
  'R used.idx',
  'fence acquire',
  'R used.ring',
];
const DEVICE = [
  'W used.flags',
  'fence seq_cst',
  'R avail.idx',
  'fence acquire',
  'R avail.ring',
  'W used.ring',
  'fence release',
  'W used.idx',
  'fence seq_cst',
  'R avail.flags',
];

/** Both stories with some lines of one side replaced. */
function withLines(side: 'driver' | 'device', from: number, count: number, ...lines: string[]): string[][] {
  const driver = [...DRIVER];
  const device = [...DEVICE];
  (side === 'driver' ? driver : device).splice(from, count, ...lines);
  return [driver, device].map((all) => all.filter((line, i) => line !== all[i - 1]));
}

function barrier(name: string, defective: string[][]): Symptom {
  return { name, sound: [DRIVER, DEVICE], defective, observe: (classes) => fences(newSplit(2, {}, classes)) };
}

function notifications(classes: SplitClasses, count: number, start = 0, event = start): unknown {
  const system = newSplit(4, { features: { eventIdx: true }, start }, classes);
  const { driver, device, view, geometry } = system;
  view.setUint16(geometry.availEvent, event, true);
  view.setUint16(geometry.usedEvent, event, true);
  for (let i = 0; i < count; i++) addOne(system, i, i);
  const kicked = driver.kick();
  for (let i = 0; i < count; i++) device.giveBack(takeOne(system).head, 0);
  return [kicked, device.interrupt()];
}

/** Writes descriptor or table entry at byte `at`. */
function poke(
  { view, buffers }: SplitSystem,
  at: number,
  flags: number,
  next = 0,
  addr = buffers,
  len = 8,
): void {
  view.setUint32(at, addr, true);
  view.setUint32(at + 4, 0, true);
  view.setUint32(at + 8, len, true);
  view.setUint16(at + 12, flags, true);
  view.setUint16(at + 14, next, true);
}

/** Announces one chain, which the driver knows nothing of. */
function announce({ view, geometry, size }: SplitSystem, head = 0): void {
  const index = view.getUint16(geometry.avail + 2, true);
  view.setUint16(geometry.avail + 4 + 2 * (index & (size - 1)), head, true);
  view.setUint16(geometry.avail + 2, index + 1, true);
}

/** Says that a chain was used, of which the device knows nothing. */
function use({ view, geometry, size }: SplitSystem, id: number, len: number): void {
  const index = view.getUint16(geometry.used + 2, true);
  const at = geometry.used + 4 + 8 * (index & (size - 1));
  view.setUint32(at, id, true);
  view.setUint32(at + 4, len, true);
  view.setUint16(geometry.used + 2, index + 1, true);
}

const indirect = { features: { indirectDesc: true }, tableEntries: 4 };

/** What a side read and wrote of buffers: how, from where on, and how many bytes. */
function payload({ buffers }: SplitSystem, port: RecordingPort): unknown[] {
  return port.accesses.flatMap(([kind, , at, bytes]) =>
    kind === 'read' || kind === 'write' ? [[kind, Number(at) - buffers, bytes]] : [],
  );
}

const symptoms: readonly Symptom[] = [
  barrier('b1-missing', withLines('driver', 1, 1)),
  barrier('b2-missing', withLines('driver', 3, 1)),
  barrier('b3-missing', withLines('device', 3, 1)),
  barrier('b4-missing', withLines('device', 6, 1)),
  barrier('b5-missing', withLines('device', 8, 1)),
  barrier('b6-missing', withLines('driver', 8, 1)),
  barrier('b7-missing', withLines('driver', 6, 1)),
  barrier('b8-missing', withLines('device', 1, 1)),
  barrier('publish-before-fill', withLines('driver', 0, 3, 'W avail.idx', 'fence release', 'W avail.ring')),
  barrier('return-before-fill', withLines('device', 5, 3, 'W used.idx', 'fence release', 'W used.ring')),
  barrier('kick-fence-before-index', withLines('driver', 1, 3, 'fence seq_cst', 'W avail.idx')),
  {
    name: 'acquire-before-index',
    sound: ['R avail.idx', 'fence acquire', 'R avail.ring'],
    defective: ['fence acquire', 'R avail.idx', 'R avail.ring'],
    observe: (classes) => {
      const system = newSplit(1, {}, classes);
      addOne(system);
      takeOne(system);
      const lines = story(system, system.devicePort).slice(0, 3);
      return lines.map((line) => line.replace(/(\[0\])? \d+$/, ''));
    },
  },
  {
    name: 'enable-interrupts-without-recheck',
    sound: [false, ['W avail.flags 0', 'fence seq_cst', 'R used.idx 1']],
    defective: [true, ['W avail.flags 0']],
    observe: (classes) => {
      const system = newSplit(1, {}, classes);
      addOne(system);
      system.device.giveBack(takeOne(system).head, 0);
      forget(system);
      return [system.driver.enableInterrupts(), story(system, system.driverPort)];
    },
  },
  {
    name: 'enable-kicks-without-recheck',
    sound: [false, ['W used.flags 0', 'fence seq_cst', 'R avail.idx 1']],
    defective: [true, ['W used.flags 0']],
    observe: (classes) => {
      const system = newSplit(1, {}, classes);
      addOne(system);
      return [system.device.enableKicks(), story(system, system.devicePort)];
    },
  },
  {
    name: 'inverted-recheck',
    sound: [true, false],
    defective: [false, true],
    observe: (classes) => {
      const system = newSplit(1, {}, classes);
      const empty = system.driver.enableInterrupts();
      addOne(system);
      system.device.giveBack(takeOne(system).head, 0);
      return [empty, system.driver.enableInterrupts()];
    },
  },
  {
    name: 'event-equality',
    what: 'two at once, event 0',
    sound: [true, true],
    defective: [false, false],
    observe: (classes) => notifications(classes, 2),
  },
  {
    name: 'event-ordinary-comparison',
    what: 'two over the wrap',
    sound: [true, true],
    defective: [false, false],
    observe: (classes) => notifications(classes, 2, 65_534),
  },
  {
    name: 'event-ordinary-comparison',
    what: 'an event long ago',
    sound: [false, false],
    defective: [true, true],
    observe: (classes) => notifications(classes, 1, 8, 0),
  },
  {
    name: 'added-window-wraps',
    sound: [true, true],
    defective: [false, false],
    observe: (classes) => {
      const system = newSplit(1, { features: { eventIdx: true }, indexModulus: 4 }, classes);
      for (let i = 0; i < 4; i++) roundTrip(system);
      return [system.driver.kick(), system.device.interrupt()];
    },
  },
  {
    name: 'added-window-wraps',
    what: 'where flags count',
    sound: [true, true],
    defective: [true, true],
    observe: (classes) => {
      const system = newSplit(1, { indexModulus: 4 }, classes);
      for (let i = 0; i < 4; i++) roundTrip(system);
      return [system.driver.kick(), system.device.interrupt()];
    },
  },
  {
    name: 'index-modulo-size',
    what: 'the first chain of a queue of 1',
    sound: VIRTIO_OK,
    defective: VIRTIO_NONE,
    observe: (classes) => {
      const system = newSplit(1, {}, classes);
      addOne(system);
      return take(system);
    },
  },
  {
    name: 'index-modulo-size',
    what: 'a full used ring of 2',
    sound: VIRTIO_OK,
    defective: VIRTIO_NONE,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      for (let i = 0; i < 2; i++) {
        addOne(system);
        system.device.giveBack(takeOne(system).head, 0);
      }
      return collect(system);
    },
  },
  {
    name: 'index-modulo-size',
    what: 'at a modulus of less than two laps',
    sound: 'RangeError',
    defective: VIRTIO_OK,
    observe: ({ Driver }) => {
      const { driverPort } = newSplit(2);
      try {
        return new Driver(driverPort, 0, 64, { id: 'queue', features: {}, indexModulus: 2 }).init(2);
      } catch (error) {
        return error instanceof RangeError ? 'RangeError' : error;
      }
    },
  },
  {
    name: 'used-length-full',
    sound: 3,
    defective: 8,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      system.device.giveBack(takeOne(system).head, 3);
      return collectOne(system).len;
    },
  },
  {
    name: 'used-length-unchecked',
    sound: VIRTIO_BAD_USED_LENGTH,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      use(system, 0, 9);
      return collect(system);
    },
  },
  {
    name: 'capacity-unchecked',
    sound: [VIRTIO_NO_SPACE, 0],
    defective: [VIRTIO_OK, 65_535],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      addOne(system);
      return [addOne(system), system.driverState.free_count];
    },
  },
  {
    name: 'slot-instead-of-id',
    sound: [1, 22],
    defective: [0, 22],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system, 11);
      addOne(system, 22);
      takeOne(system);
      system.device.giveBack(takeOne(system).head, 0);
      const { head, token } = collectOne(system);
      return [head, token];
    },
  },
  {
    name: 'used-id-unchecked',
    what: 'an id that is free',
    sound: [VIRTIO_BAD_USED_ID, 1],
    defective: [VIRTIO_OK, 1],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      use(system, 1, 0);
      return [collect(system), system.driverState.free_count];
    },
  },
  {
    name: 'used-id-unchecked',
    what: 'an id that leads outside',
    sound: VIRTIO_BAD_USED_ID,
    defective: 'out-of-range',
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      use(system, 5000, 0);
      return outcome(() => collect(system));
    },
  },
  {
    name: 'chain-unbounded',
    sound: VIRTIO_CHAIN_TOO_LONG,
    defective: 'never ends',
    observe: (classes) => {
      const system = newSplit(4, { wrap: (port: MemoryPort) => new ImpatientPort(port) }, classes);
      poke(system, system.geometry.desc, 1, 0);
      announce(system);
      return outcome(() => take(system));
    },
  },
  {
    name: 'head-unchecked',
    what: 'a head that the device has',
    sound: VIRTIO_BAD_HEAD,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      takeOne(system);
      announce(system, 0);
      return take(system);
    },
  },
  {
    name: 'head-unchecked',
    what: 'a head that leads outside',
    sound: VIRTIO_BAD_HEAD,
    defective: 'out-of-range',
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      announce(system, 60_000);
      return outcome(() => take(system));
    },
  },
  {
    name: 'buffer-unchecked',
    sound: VIRTIO_BAD_BUFFER,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      poke(system, system.geometry.desc, 0, 0, 0xffff_0000);
      announce(system);
      return take(system);
    },
  },
  {
    name: 'index-jump-unchecked',
    what: 'of the driver',
    sound: VIRTIO_BAD_INDEX,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      poke(system, system.geometry.desc, 0);
      system.view.setUint16(system.geometry.avail + 2, 3, true);
      return take(system);
    },
  },
  {
    name: 'index-jump-unchecked',
    what: 'of the device',
    sound: VIRTIO_BAD_INDEX,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      system.view.setUint16(system.geometry.used + 2, 2, true);
      return collect(system);
    },
  },
  {
    name: 'double-return-accepted',
    sound: [VIRTIO_OK, VIRTIO_INVALID, VIRTIO_INVALID, 1],
    defective: [VIRTIO_OK, VIRTIO_OK, VIRTIO_INVALID, 2],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      const { head } = takeOne(system);
      const { device, view, geometry } = system;
      const codes = [device.giveBack(head, 8), device.giveBack(head, 8), device.giveBack(2, 0)];
      return [...codes, view.getUint16(geometry.used + 2, true)];
    },
  },
  {
    name: 'double-fetch',
    sound: [8, 1],
    defective: [4096, 2],
    observe: (classes) => {
      let port: ChangingPort | undefined;
      const system = newSplit(
        2,
        {
          wrap: (inner) => {
            port = new ChangingPort(inner);
            return port;
          },
        },
        classes,
      );
      addOne(system);
      const at = system.geometry.desc + 8;
      if (port === undefined) throw new Error('no port');
      port.at = at;
      port.change = () => system.view.setUint32(at, 4096, true);
      const [segment] = takeOne(system).segments;
      const loads = system.devicePort.shared().filter((access) => access[0] === 'load' && access[2] === at);
      return [segment?.len, loads.length];
    },
  },
  {
    name: 'direction-unchecked',
    sound: VIRTIO_BAD_ORDER,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      poke(system, system.geometry.desc, 3, 1);
      poke(system, system.geometry.desc + 16, 0);
      announce(system);
      return take(system);
    },
  },
  {
    name: 'indirect-nested-accepted',
    what: 'one table in another',
    sound: VIRTIO_BAD_INDIRECT,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newSplit(2, indirect, classes);
      poke(system, system.geometry.desc, 4, 0, system.tables, 16);
      poke(system, system.tables, 4, 0, system.tables + 16, 16);
      poke(system, system.tables + 16, 0);
      announce(system);
      return take(system);
    },
  },
  {
    name: 'indirect-nested-accepted',
    what: 'a table in itself, which ends all the same',
    sound: VIRTIO_BAD_INDIRECT,
    defective: VIRTIO_CHAIN_TOO_LONG,
    observe: (classes) => {
      const system = newSplit(2, indirect, classes);
      poke(system, system.geometry.desc, 4, 0, system.tables, 16);
      poke(system, system.tables, 4, 0, system.tables, 16);
      announce(system);
      return take(system);
    },
  },
  {
    name: 'indirect-write-heeded',
    sound: [false, true],
    defective: [false, false],
    observe: (classes) => {
      const system = newSplit(2, indirect, classes);
      system.driver.add([readable(system), writable(system, 1)], 0, { indirectFrom: 1 });
      return takeOne(system).segments.map((segment) => segment.writable);
    },
  },
  {
    name: 'indirect-with-next',
    sound: [4, VIRTIO_OK],
    defective: [5, VIRTIO_BAD_INDIRECT],
    observe: (classes) => {
      const system = newSplit(2, indirect, classes);
      system.driver.add([writable(system)], 0, { indirectFrom: 0 });
      return [system.view.getUint16(system.geometry.desc + 12, true), take(system)];
    },
  },
  {
    name: 'last-keeps-next',
    what: 'in a queue of 1',
    sound: [2, VIRTIO_OK],
    defective: [3, VIRTIO_CHAIN_TOO_LONG],
    observe: (classes) => {
      const system = newSplit(1, {}, classes);
      addOne(system);
      return [system.view.getUint16(system.geometry.desc + 12, true), take(system)];
    },
  },
  {
    name: 'writable-first',
    sound: [1, 2],
    defective: [3, 0],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      system.driver.add([readable(system), writable(system, 1)], 0);
      return [12, 28].map((at) => system.view.getUint16(system.geometry.desc + at, true));
    },
  },
  {
    name: 'order-not-kept',
    sound: [VIRTIO_INVALID, VIRTIO_NONE],
    // The driver takes the later one for the end of a batch, which the index does not reach.
    defective: [VIRTIO_OK, VIRTIO_BAD_USED_ID],
    observe: (classes) => {
      const system = newSplit(2, { features: { inOrder: true } }, classes);
      addOne(system);
      addOne(system, 0, 1);
      takeOne(system);
      return [system.device.giveBack(takeOne(system).head, 0), collect(system)];
    },
  },
  {
    name: 'in-order-links',
    sound: 1,
    defective: 3,
    observe: (classes) => {
      const system = newSplit(4, { features: { inOrder: true } }, classes);
      system.driver.add([writable(system), writable(system, 1)], 0);
      return system.view.getUint16(system.geometry.desc + 14, true);
    },
  },
  {
    name: 'in-order-links',
    what: 'without IN_ORDER',
    sound: 1,
    defective: 1,
    observe: (classes) => {
      const system = newSplit(4, {}, classes);
      system.driver.add([writable(system), writable(system, 1)], 0);
      return system.view.getUint16(system.geometry.desc + 14, true);
    },
  },
  {
    name: 'batch-slot-wrong',
    sound: [1, UNKNOWN_LENGTH, 5],
    // The driver reads what stood at the first place, and then the entry as that of the second chain alone.
    defective: [0, 0, 5],
    observe: (classes) => {
      const system = newSplit(4, { features: { inOrder: true } }, classes);
      for (let i = 0; i < 2; i++) addOne(system, i, i);
      const heads = [0, 1].map(() => takeOne(system).head);
      system.device.giveBackBatch(heads, 5);
      const { view, geometry } = system;
      const first = view.getUint32(geometry.used + 4, true);
      return [first, collectOne(system).len, collectOne(system).len];
    },
  },
  {
    name: 'suppress-flag-under-event-idx',
    sound: [0, 0],
    defective: [1, 1],
    observe: (classes) => {
      const system = newSplit(2, { features: { eventIdx: true } }, classes);
      system.driver.disableInterrupts();
      system.device.disableKicks();
      return [system.geometry.avail, system.geometry.used].map((at) => system.view.getUint16(at, true));
    },
  },
  {
    name: 'wrong-suppression-field',
    what: 'with EVENT_IDX',
    sound: [false, false],
    defective: [true, true],
    observe: (classes) => notifications(classes, 1, 8, 0),
  },
  {
    name: 'wrong-suppression-field',
    what: 'without it',
    sound: [true, true],
    defective: [false, false],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      roundTrip(system);
      system.driver.kick();
      system.device.interrupt();
      addOne(system);
      system.device.giveBack(takeOne(system).head, 0);
      return [system.driver.kick(), system.device.interrupt()];
    },
  },
  {
    name: 'descriptor-cleared',
    sound: 8,
    defective: 0,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      takeOne(system);
      return system.view.getUint32(system.geometry.desc + 8, true);
    },
  },
  {
    name: 'available-withdrawn',
    what: 'when there is no room',
    sound: [VIRTIO_NO_SPACE, ['R used.idx 0']],
    defective: [VIRTIO_OK, ['W avail.idx 1', 'W avail.idx 2', 'R used.idx 0']],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      addOne(system, 0, 1);
      forget(system);
      const code = addOne(system, 0, 2);
      collect(system);
      return [code, story(system, system.driverPort).filter((line) => line.includes('idx'))];
    },
  },
  {
    name: 'available-withdrawn',
    what: 'when there is nothing to be withdrawn, or IN_ORDER',
    sound: [VIRTIO_INVALID, VIRTIO_NO_SPACE],
    defective: [VIRTIO_INVALID, VIRTIO_NO_SPACE],
    observe: (classes) => {
      const inOrder = newSplit(1, { features: { inOrder: true } }, classes);
      addOne(inOrder);
      const none = newSplit(1, {}, classes);
      return [none.driver.add([writable(none), writable(none, 1)], 0), addOne(inOrder)];
    },
  },
  {
    name: 'init-without-zeroing',
    sound: [0, VIRTIO_NONE],
    defective: [1, VIRTIO_OK],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      system.driver.init(2);
      system.device.init(2);
      return [system.view.getUint16(system.geometry.avail + 2, true), take(system)];
    },
  },
  {
    name: 'chain-walked-twice',
    sound: 1,
    defective: 2,
    observe: (classes) => {
      const system = newSplit(1, {}, classes);
      addOne(system);
      takeOne(system);
      return story(system, system.devicePort).filter((line) => line.startsWith('R desc[0].flags')).length;
    },
  },
  {
    name: 'entry-not-stored',
    sound: [0, 1],
    defective: [0, 0],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      addOne(system, 0, 1);
      return [4, 6].map((at) => system.view.getUint16(system.geometry.avail + at, true));
    },
  },
  {
    name: 'header-in-one-piece',
    sound: [],
    defective: [['read', 0, 4]],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      system.driver.add([readable(system, 0, 2)], 0);
      takeOne(system);
      return payload(system, system.devicePort);
    },
  },
  {
    name: 'in-order-table-links',
    sound: [1, 2, 0],
    defective: [2, 0, 1],
    observe: (classes) => {
      const system = newSplit(4, { ...indirect, features: { indirectDesc: true, inOrder: true } }, classes);
      system.driver.add(
        [0, 1, 2].map((n) => writable(system, n)),
        0,
        { indirectFrom: 0 },
      );
      return [14, 30, 46].map((at) => system.view.getUint16(system.tables + at, true));
    },
  },
  {
    name: 'indirect-unnegotiated',
    sound: [VIRTIO_INVALID, VIRTIO_OK, 3],
    defective: [VIRTIO_OK, VIRTIO_OK, 4],
    observe: (classes) => {
      const system = newSplit(4, { tableEntries: 4 }, classes);
      const table = system.driver.add([writable(system)], 0, { indirectFrom: 0 });
      const code = system.driver.add([writable(system, 1), writable(system, 2)], 0);
      const head = table === VIRTIO_OK ? 1 : 0;
      return [table, code, system.view.getUint16(system.geometry.desc + 16 * head + 12, true)];
    },
  },
  {
    name: 'indirect-write-refused',
    sound: VIRTIO_OK,
    defective: VIRTIO_BAD_INDIRECT,
    observe: (classes) => {
      const system = newSplit(2, indirect, classes);
      poke(system, system.geometry.desc, 4 | 2, 0, system.tables, 16);
      poke(system, system.tables, 0);
      announce(system);
      return take(system);
    },
  },
  {
    name: 'nested-table',
    sound: [1, 2],
    defective: [1, 6],
    observe: (classes) => {
      const system = newSplit(2, indirect, classes);
      system.driver.add([readable(system), writable(system, 1)], 0, { indirectFrom: 0 });
      return [12, 28].map((at) => system.view.getUint16(system.tables + at, true));
    },
  },
  {
    name: 'table-behind-direct-refused',
    sound: VIRTIO_OK,
    defective: VIRTIO_BAD_INDIRECT,
    observe: (classes) => {
      const system = newSplit(2, indirect, classes);
      system.driver.add([readable(system), writable(system, 1)], 0, { indirectFrom: 1 });
      return take(system);
    },
  },
  {
    name: 'table-behind-direct-refused',
    what: 'and not where all is in a table',
    sound: VIRTIO_OK,
    defective: VIRTIO_OK,
    observe: (classes) => {
      const system = newSplit(2, indirect, classes);
      system.driver.add([readable(system), writable(system, 1)], 0, { indirectFrom: 0 });
      return take(system);
    },
  },
  {
    name: 'used-flags-kept',
    sound: 0,
    defective: 1,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      system.device.disableKicks();
      system.driver.init(2);
      return system.view.getUint16(system.geometry.used, true);
    },
  },
  {
    name: 'used-index-ignored',
    sound: [VIRTIO_NONE, VIRTIO_NONE],
    defective: [VIRTIO_NONE, VIRTIO_OK],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      const before = collect(system);
      addOne(system);
      return [before, collect(system)];
    },
  },
  {
    name: 'used-length-ignored',
    sound: 3,
    defective: 8,
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      addOne(system);
      system.device.giveBack(takeOne(system).head, 3);
      return collectOne(system).len;
    },
  },
  {
    name: 'writable-copied-in',
    sound: [],
    defective: [
      ['read', 0, 8],
      ['read', 16, 8],
    ],
    observe: (classes) => {
      const system = newSplit(2, {}, classes);
      system.driver.add([readable(system), writable(system, 1)], 0);
      takeOne(system);
      return payload(system, system.devicePort);
    },
  },
];

function defectNamed(name: string): (typeof splitDefects)[number] {
  const defect = splitDefects.find((candidate) => candidate.name === name);
  if (defect === undefined) throw new Error(`no defect ${name}`);
  return defect;
}

describe('the seeded defects of the split virtqueue', () => {
  it('are in the order of their names, each with a line, a fault and a side', () => {
    const names = splitDefects.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
    for (const { name, title, fault, driver, device } of splitDefects) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(title).toMatch(/^\S.*[^.]$/);
      expect(fault).toMatch(/^(B|S|SD|SV|G)\d+$/);
      expect(driver ?? device).toBeDefined();
    }
  });

  it('all have a symptom', () => {
    expect([...new Set(symptoms.map(({ name }) => name))].sort()).toEqual(
      splitDefects.map(({ name }) => name),
    );
  });

  it.each(symptoms.map((symptom) => [`${symptom.name} ${symptom.what ?? ''}`, symptom] as const))(
    '%s: shows, and not without it',
    (_title, { name, sound, defective, observe }) => {
      expect(observe(splitClasses())).toEqual(sound);
      expect(observe(splitClasses([defectNamed(name)]))).toEqual(defective);
    },
  );

  it('leave the sound classes as they are', () => {
    splitClasses(splitDefects);
    expect(splitClasses()).toEqual({ Driver: SplitDriver, Device: SplitDevice });
    expect(fences(newSplit(2))).toEqual([DRIVER, DEVICE]);
  });

  it('change one side only, if they are of one side', () => {
    for (const defect of splitDefects) {
      const { Driver, Device } = splitClasses([defect]);
      expect([defect.name, Driver === SplitDriver, Device === SplitDevice]).toEqual([
        defect.name,
        defect.driver === undefined,
        defect.device === undefined,
      ]);
    }
  });

  it('can be put on top of each other', () => {
    const barriers = splitDefects.filter(({ name }) => /^b\d-missing$/.test(name));
    expect(
      fences(newSplit(2, {}, splitClasses(barriers)))
        .flat()
        .join(),
    ).not.toContain('fence');
    const some = splitClasses([defectNamed('used-length-full'), defectNamed('slot-instead-of-id')]);
    const system = newSplit(2, {}, some);
    addOne(system, 11);
    addOne(system, 22);
    takeOne(system);
    system.device.giveBack(takeOne(system).head, 0);
    expect(collectOne(system)).toEqual({ token: 22, head: 0, len: 8 });
    expect(newSplit(4, {}, splitClasses(splitDefects))).toBeDefined();
  });

  it.each(splitDefects.map(({ name }) => [name] as const))(
    '%s: lets a first chain of a queue of 2 through, unless it has no end',
    (name) => {
      const system = newSplit(2, {}, splitClasses([defectNamed(name)]));
      if (name !== 'last-keeps-next') expect(roundTrip(system, 5).token).toBe(5);
      else {
        addOne(system);
        expect(take(system)).toBe(VIRTIO_BAD_BUFFER);
      }
    },
  );
});
