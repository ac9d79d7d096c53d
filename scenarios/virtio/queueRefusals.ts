/**
 * Every call of a queue's two sides that must be refused: sizes that are none, chains that are none, chains that the device
 * does not have, and all of a queue whose peer was found out. There are two queues, each with both of its sides: one with
 * indirect tables, and one with IN_ORDER and EVENT_IDX.
 */
import type { System } from '../../checker/index.ts';
import {
  DESC_INDIRECT,
  newCollected,
  newTaken,
  PACKED_AVAIL,
  PACKED_INDIRECT,
  PackedDevice,
  PackedDriver,
  packed_desc_t,
  packedFlagsLocation,
  packedGeometry,
  placePackedVirtqueue,
  placeSplitVirtqueue,
  type Segment,
  SplitDevice,
  SplitDriver,
  split_desc_t,
  split_used_elem_t,
  split_used_t,
  splitGeometry,
  UNKNOWN_LENGTH,
  VIRTIO_BAD_INDIRECT,
  VIRTIO_BAD_USED_ID,
  VIRTIO_CHAIN_TOO_LONG,
  VIRTIO_INVALID,
  VIRTIO_NO_SPACE,
  VIRTIO_NONE,
  VIRTIO_OK,
  VIRTIO_QUEUE_BROKEN,
  type VirtioQueueDevice,
  type VirtioQueueDriver,
  type VirtioQueueOptions,
  virtioOperations,
} from '../../impl/index.ts';
import { type Fields, fieldLocation, LayoutMap, type MemoryPort, type Struct } from '../../memory/index.ts';
import type { Layout, LayoutClasses } from './layout.ts';
import { expectThat, isOutOfRange, type Phase, type Refusal, refusalsSystem } from './refusalPhases.ts';

const SIZE = 2;
const LENGTH = 8;
const MAX_32 = 0xffff_ffff;
const DESCRIPTOR_BYTES = 16;
/** Entries of each table: less than a chain may have segments. */
const TABLE_ENTRIES = 1;

/** What differs between the layouts. */
interface Kit {
  readonly indexModulus: number | null;
  /** Sizes of no queue. */
  readonly badSizes: readonly number[];
  readonly segmentsBeforeTable: readonly number[];
  /** Whether a table may stand behind direct segments. */
  readonly admitsMixed: boolean;
  name(map: LayoutMap, base: number, name: string): void;
  /** What no constructor may accept. */
  outOfRange(port: MemoryPort, options: VirtioQueueOptions): readonly (() => unknown)[];
  /** The head of a queue's first chain names a table, of a size that is none. What the device says to it. */
  forgeTable(port: MemoryPort, base: number, tables: number): number;
  /** Whether something seems to be there to be collected, by whatever the layout's driver has to look with. */
  hasUsed(driver: VirtioQueueDriver): boolean;
  /** A used entry that names no chain, where the one with IN_ORDER is to look next. */
  forgeUsed(port: MemoryPort, base: number): void;
  /** Refused by a driver whose queue is broken, beside what both layouts have. */
  readonly brokenDriver: readonly Refusal<Sides>[];
  /** Refused by a device that has the only chain of one queue, and two of the one with IN_ORDER; by one whose queue is broken. */
  readonly holdingDevice: readonly Refusal<Sides>[];
  readonly brokenDevice: readonly Refusal<Sides>[];
}

interface Sides {
  readonly port: MemoryPort;
  readonly kit: Kit;
  readonly options: VirtioQueueOptions;
  readonly driver: VirtioQueueDriver;
  readonly device: VirtioQueueDevice;
  /** The same, if INDIRECT_DESC had not been negotiated. */
  readonly plainDriver: VirtioQueueDriver;
  /** The queue with IN_ORDER and EVENT_IDX. */
  readonly inOrderDriver: VirtioQueueDriver;
  readonly inOrderDevice: VirtioQueueDevice;
}

function refusal(call: string, answer: number, run: (sides: Sides) => number): Refusal<Sides> {
  return { call, answer, run };
}

const readable = (len: number, addr = 0): Segment => ({ addr, len, writable: false });
const writable = (len: number, addr = 0): Segment => ({ addr, len, writable: true });

function add(
  call: string,
  answer: number,
  segments: readonly Segment[],
  more: { readonly token?: number; readonly indirectFrom?: number; readonly plain?: boolean } = {},
): Refusal<Sides> {
  const { token = 0, indirectFrom, plain = false } = more;
  const options = indirectFrom === undefined ? {} : { indirectFrom };
  return refusal(`add ${call}`, answer, ({ driver, plainDriver }) =>
    (plain ? plainDriver : driver).add(segments, token, options),
  );
}

function forge<F extends Fields>(
  port: MemoryPort,
  struct: Struct<F>,
  at: number,
  values: Partial<Record<keyof F & string, number>>,
): void {
  for (const [name, value] of Object.entries(values))
    port.store(fieldLocation(struct, 'shared', at, name), Number(value), 'relaxed');
}

const splitKit: Kit = {
  indexModulus: 4 * SIZE,
  badSizes: [-1, 0, 1.5, 3, 0x1_0000],
  segmentsBeforeTable: [-1, 0.5, 1],
  admitsMixed: true,
  name: (map, base, name) => placeSplitVirtqueue(map, base, SIZE, name),
  outOfRange: (port, options) => [
    () => new SplitDriver(port, 0, 8, options),
    () => new SplitDevice(port, 0, 16, { ...options, indexModulus: 1 }),
    () => new SplitDriver(port, 0, 16, { ...options, indexModulus: 0x2_0000 }),
    () => new SplitDevice(port, 0, 16, { ...options, indexModulus: 12 }),
    () => new SplitDriver(port, 0, 16, { ...options, indexModulus: SIZE }).init(SIZE),
  ],
  forgeTable(port, base, tables) {
    const len = (SIZE + 1) * DESCRIPTOR_BYTES;
    forge(port, split_desc_t, splitGeometry(base, SIZE).desc, { addr: tables, len, flags: DESC_INDIRECT });
    return VIRTIO_BAD_INDIRECT;
  },
  hasUsed: (driver) => !driver.enableInterrupts(),
  forgeUsed(port, base) {
    const { used } = splitGeometry(base, SIZE);
    // Two chains came back: this is the third entry, in the place of the first one.
    forge(port, split_used_elem_t, used + split_used_t.bytes, { id: SIZE });
    forge(port, split_used_t, used, { idx: 3 });
  },
  brokenDriver: [],
  holdingDevice: [],
  brokenDevice: [],
};

/** What a device of the packed layout answers; those of the other one have no such operation. */
function giveBackRequest(
  device: VirtioQueueDevice,
  heads: readonly number[],
  written: readonly number[],
): number {
  return device instanceof PackedDevice ? device.giveBackRequest(heads, written) : VIRTIO_OK;
}

const packedKit: Kit = {
  indexModulus: null,
  badSizes: [-1, 0, 1.5, 0x8001],
  segmentsBeforeTable: [-1, 0.5, 1],
  admitsMixed: false,
  name: (map, base, name) => placePackedVirtqueue(map, base, SIZE, name),
  outOfRange: (port, options) => [
    () => new PackedDriver(port, 0, 8, options),
    () => new PackedDevice(port, 4, 16, options),
  ],
  forgeTable(port, base, tables) {
    const len = (SIZE + 1) * DESCRIPTOR_BYTES;
    const flags = PACKED_AVAIL | PACKED_INDIRECT;
    forge(port, packed_desc_t, packedGeometry(base, SIZE).ring, { addr: tables, len, flags });
    return VIRTIO_CHAIN_TOO_LONG;
  },
  hasUsed: (driver) => driver instanceof PackedDriver && driver.hasUsed(),
  forgeUsed(port, base) {
    const geometry = packedGeometry(base, SIZE);
    forge(port, packed_desc_t, geometry.ring, { id: SIZE });
    // In the second lap both flags are 0.
    port.store(packedFlagsLocation(geometry, 0), 0, 'relaxed');
  },
  brokenDriver: [
    refusal('hasUsed of a broken queue', 0, ({ inOrderDriver }) =>
      inOrderDriver instanceof PackedDriver ? Number(inOrderDriver.hasUsed()) : 1,
    ),
  ],
  holdingDevice: [
    refusal('giveBackRequest of nothing', VIRTIO_INVALID, ({ device }) => giveBackRequest(device, [], [])),
    refusal('giveBackRequest of what is not held', VIRTIO_INVALID, ({ device }) =>
      giveBackRequest(device, [0, 1], [0, 0]),
    ),
    refusal('giveBackRequest out of turn', VIRTIO_INVALID, ({ inOrderDevice }) =>
      giveBackRequest(inOrderDevice, [1, 0], [0, 0]),
    ),
  ],
  brokenDevice: [
    refusal('giveBackRequest', VIRTIO_QUEUE_BROKEN, ({ device }) => giveBackRequest(device, [0], [0])),
  ],
};

const tooManyBytes = [writable(MAX_32), writable(MAX_32)];

function phases(kit: Kit, bases: Bases): readonly Phase<Sides>[] {
  return [
    {
      why: 'nothing is set up',
      refusals: kit.badSizes.flatMap((size) => [
        refusal(`init of a driver with ${size} descriptors`, VIRTIO_INVALID, ({ driver }) =>
          driver.init(size),
        ),
        refusal(`init of a device with ${size} descriptors`, VIRTIO_INVALID, ({ device }) =>
          device.init(size),
        ),
      ]),
      goOn({ port, options, driver, device, inOrderDriver, inOrderDevice }) {
        expectThat('out of range', kit.outOfRange(port, options).every(isOutOfRange));
        const results = [driver, device, inOrderDriver, inOrderDevice].map((side) => side.init(SIZE));
        expectThat(
          'all is set up',
          results.every((result) => result === VIRTIO_OK),
        );
      },
    },
    {
      why: 'no chain is out',
      refusals: [
        add('of no segment', VIRTIO_INVALID, []),
        add('of more segments than descriptors', VIRTIO_INVALID, [readable(1), readable(1), readable(1)]),
        add('with a negative token', VIRTIO_INVALID, [readable(1)], { token: -1 }),
        add('with a token of 33 bits', VIRTIO_INVALID, [readable(1)], { token: MAX_32 + 1 }),
        add('of no byte', VIRTIO_INVALID, [readable(0)]),
        add('of half a byte', VIRTIO_INVALID, [readable(0.5)]),
        add('of a negative address', VIRTIO_INVALID, [readable(1, -1)]),
        add('of what ends behind the memory', VIRTIO_INVALID, [readable(2, MAX_32)]),
        add('of too many bytes', VIRTIO_INVALID, tooManyBytes),
        add('with what is read behind what is written', VIRTIO_INVALID, [writable(1), readable(1)]),
        add('with a table that is too short', VIRTIO_INVALID, [readable(1), readable(1)], {
          indirectFrom: 0,
        }),
        add('with a table that was not negotiated', VIRTIO_INVALID, [readable(1)], {
          indirectFrom: 0,
          plain: true,
        }),
        ...(kit.admitsMixed
          ? []
          : [
              add('of a direct segment before a table', VIRTIO_INVALID, [readable(1), readable(1)], {
                indirectFrom: 1,
              }),
            ]),
        ...kit.segmentsBeforeTable.map((indirectFrom) =>
          add(`with ${indirectFrom} of one segment before a table`, VIRTIO_INVALID, [readable(1)], {
            indirectFrom,
          }),
        ),
        refusal('kick of nothing', 0, ({ driver }) => Number(driver.kick())),
        refusal('collect of nothing', VIRTIO_NONE, ({ driver }) => driver.collect(newCollected())),
        refusal('take of nothing', VIRTIO_NONE, ({ device }) => device.take(newTaken())),
        ...[-1, 0, 0.5, SIZE].map((head) =>
          refusal(`giveBack of ${head}, which is not held`, VIRTIO_INVALID, ({ device }) =>
            device.giveBack(head, 0),
          ),
        ),
        refusal('giveBackBatch without IN_ORDER', VIRTIO_INVALID, ({ device }) =>
          device.giveBackBatch([0], 0),
        ),
        refusal('giveBackBatch of nothing', VIRTIO_INVALID, ({ inOrderDevice }) =>
          inOrderDevice.giveBackBatch([], 0),
        ),
        refusal('giveBackBatch of what is not held', VIRTIO_INVALID, ({ inOrderDevice }) =>
          inOrderDevice.giveBackBatch([0], 0),
        ),
        refusal('interrupt for nothing', 0, ({ device }) => Number(device.interrupt())),
      ],
      goOn({ driver, device, inOrderDriver, inOrderDevice }) {
        const added = [
          driver.add([writable(LENGTH)], 1),
          inOrderDriver.add([writable(LENGTH)], 2),
          inOrderDriver.add([writable(LENGTH)], 3),
        ];
        const taken = [device, inOrderDevice, inOrderDevice].map((side) => side.take(newTaken()));
        expectThat(
          'added and taken',
          [...added, ...taken].every((result) => result === VIRTIO_OK),
        );
      },
    },
    {
      why: 'chains are held',
      refusals: [
        ...[-1, 0.5, LENGTH + 1].map((written) =>
          refusal(`giveBack with ${written} bytes written`, VIRTIO_INVALID, ({ device }) =>
            device.giveBack(0, written),
          ),
        ),
        refusal('giveBack of another chain', VIRTIO_INVALID, ({ device }) => device.giveBack(1, 0)),
        refusal('giveBack out of turn', VIRTIO_INVALID, ({ inOrderDevice }) => inOrderDevice.giveBack(1, 0)),
        refusal('giveBackBatch out of turn', VIRTIO_INVALID, ({ inOrderDevice }) =>
          inOrderDevice.giveBackBatch([1], 0),
        ),
        refusal('giveBackBatch of more than there are', VIRTIO_INVALID, ({ inOrderDevice }) =>
          inOrderDevice.giveBackBatch([0, 1, 0], 0),
        ),
        refusal('giveBackBatch with too much written', VIRTIO_INVALID, ({ inOrderDevice }) =>
          inOrderDevice.giveBackBatch([0, 1], LENGTH + 1),
        ),
        ...kit.holdingDevice,
        refusal('add to a full queue', VIRTIO_NO_SPACE, ({ inOrderDriver }) =>
          inOrderDriver.add([readable(1)], 0),
        ),
      ],
      goOn({ inOrderDriver, inOrderDevice }) {
        const out = newCollected();
        expectThat('both given back', inOrderDevice.giveBackBatch([0, 1], 1) === VIRTIO_OK);
        expectThat('the first one back', inOrderDriver.collect(out) === VIRTIO_OK);
        expectThat('nothing is known of the first one', out.len === UNKNOWN_LENGTH);
        expectThat('another one is there', !inOrderDriver.enableInterrupts() && kit.hasUsed(inOrderDriver));
        expectThat('the second one back', inOrderDriver.collect(out) === VIRTIO_OK && out.len === 1);
        expectThat('no other one is there', !kit.hasUsed(inOrderDriver));
        expectThat('added', inOrderDriver.add([writable(LENGTH)], 4) === VIRTIO_OK);
        expectThat('taken', inOrderDevice.take(newTaken()) === VIRTIO_OK);
      },
    },
    {
      why: 'one chain is held',
      refusals: [
        refusal('giveBackBatch of a chain twice', VIRTIO_INVALID, ({ inOrderDevice }) =>
          inOrderDevice.giveBackBatch([0, 0], 0),
        ),
        refusal('giveBackBatch of a chain twice, by its id', VIRTIO_INVALID, ({ inOrderDevice }) =>
          inOrderDevice.giveBackBatch([1, 1], 0),
        ),
      ],
      goOn({ port, driver, device, inOrderDriver }) {
        kit.forgeUsed(port, bases.inOrder);
        expectThat('the device is found out', inOrderDriver.collect(newCollected()) === VIRTIO_BAD_USED_ID);
        expectThat('set up again', driver.init(SIZE) === VIRTIO_OK && device.init(SIZE) === VIRTIO_OK);
        expectThat('added', driver.add([readable(1)], 0) === VIRTIO_OK);
        const code = kit.forgeTable(port, bases.queue, bases.tables);
        expectThat('the driver is found out', device.take(newTaken()) === code);
      },
    },
    {
      why: 'queues are broken',
      refusals: [
        refusal('add', VIRTIO_QUEUE_BROKEN, ({ inOrderDriver }) => inOrderDriver.add([readable(1)], 0)),
        refusal('kick', 0, ({ inOrderDriver }) => Number(inOrderDriver.kick())),
        refusal('collect', VIRTIO_QUEUE_BROKEN, ({ inOrderDriver }) => inOrderDriver.collect(newCollected())),
        refusal('enableInterrupts', 1, ({ inOrderDriver }) => Number(inOrderDriver.enableInterrupts())),
        refusal('disableInterrupts', 0, ({ inOrderDriver }) => {
          inOrderDriver.disableInterrupts();
          return 0;
        }),
        ...kit.brokenDriver,
        ...kit.brokenDevice,
        refusal('take', VIRTIO_QUEUE_BROKEN, ({ device }) => device.take(newTaken())),
        refusal('giveBack', VIRTIO_QUEUE_BROKEN, ({ device }) => device.giveBack(0, 0)),
        refusal('giveBackBatch', VIRTIO_QUEUE_BROKEN, ({ device }) => device.giveBackBatch([0], 0)),
        refusal('interrupt', 0, ({ device }) => Number(device.interrupt())),
        refusal('enableKicks', 1, ({ device }) => Number(device.enableKicks())),
        refusal('disableKicks', 0, ({ device }) => {
          device.disableKicks();
          return 0;
        }),
      ],
      goOn: () => undefined,
    },
  ];
}

/** Byte offsets in shared memory. */
interface Bases {
  readonly queue: number;
  readonly inOrder: number;
  readonly tables: number;
}

function aligned(offset: number): number {
  return DESCRIPTOR_BYTES * Math.ceil(offset / DESCRIPTOR_BYTES);
}

export function queueRefusals(title: string, layout: Layout, { Driver, Device }: LayoutClasses): System {
  const kit = layout.name === 'split' ? splitKit : packedKit;
  const queue = DESCRIPTOR_BYTES;
  const inOrder = aligned(queue + layout.queueBytes(SIZE));
  const tables = aligned(inOrder + layout.queueBytes(SIZE));
  const bases = { queue, inOrder, tables };
  const sharedBytes = tables + SIZE * TABLE_ENTRIES * DESCRIPTOR_BYTES;
  // In core-local memory, one after the other.
  const handles = [0];
  for (const bytes of [layout.driverBytes, layout.deviceBytes, layout.driverBytes, layout.deviceBytes])
    handles.push(aligned((handles.at(-1) ?? 0) + bytes(SIZE)));
  const [driverAt = 0, deviceAt = 0, inOrderDriverAt = 0, inOrderDeviceAt = 0, localBytes = 0] = handles;
  const names = new LayoutMap();
  kit.name(names, queue, '');
  kit.name(names, inOrder, 'in_order');
  layout.nameTables(names, tables, SIZE, TABLE_ENTRIES);
  layout.nameDriver(names, {
    base: queue,
    size: SIZE,
    handle: driverAt,
    driverCore: 0,
    deviceCore: 0,
  });
  const common = kit.indexModulus === null ? {} : { indexModulus: kit.indexModulus };
  return refusalsSystem<Sides>({
    title,
    phases: phases(kit, bases),
    operations: virtioOperations,
    sharedBytes,
    localBytes,
    names,
    sidesOn(port) {
      const options = {
        id: 'queue',
        features: { indirectDesc: true },
        tables: { base: tables, entries: TABLE_ENTRIES },
        ...common,
      };
      const inOrderOptions = { id: 'in_order', features: { inOrder: true, eventIdx: true }, ...common };
      return {
        port,
        kit,
        options,
        driver: new Driver(port, driverAt, queue, options),
        device: new Device(port, deviceAt, queue, options),
        plainDriver: new Driver(port, driverAt, queue, { ...options, features: {} }),
        inOrderDriver: new Driver(port, inOrderDriverAt, inOrder, inOrderOptions),
        inOrderDevice: new Device(port, inOrderDeviceAt, inOrder, inOrderOptions),
      };
    },
  });
}
