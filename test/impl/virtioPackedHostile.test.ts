import { describe, expect, it } from 'vitest';
import {
  findsPeerBroken,
  newTaken,
  PACKED_AVAIL,
  PACKED_INDIRECT,
  PACKED_NEXT,
  PACKED_USED,
  PACKED_WRITE,
  PackedDevice,
  VIRTIO_BAD_BUFFER,
  VIRTIO_BAD_HEAD,
  VIRTIO_BAD_INDEX,
  VIRTIO_BAD_INDIRECT,
  VIRTIO_BAD_ORDER,
  VIRTIO_BAD_USED_ID,
  VIRTIO_BAD_USED_LENGTH,
  VIRTIO_CHAIN_TOO_LONG,
  VIRTIO_NONE,
  VIRTIO_OK,
  VIRTIO_QUEUE_BROKEN,
} from 'vqcheck/impl';
import {
  add,
  BASE,
  clear,
  collect,
  newPacked,
  type PackedSystem,
  type PackedSystemOptions,
  poke,
  segmentsOf,
  take,
  takeCode,
} from './virtioPackedSystem.ts';

const A = PACKED_AVAIL;
const INDIRECT: PackedSystemOptions = { features: { indirectDesc: true }, entries: 4 };

type Attack = {
  readonly title: string;
  readonly code: number;
  readonly size?: number;
  readonly options?: PackedSystemOptions;
  readonly attack: (system: PackedSystem) => void;
};

/** An entry of the table of the list in slot 0. */
function pokeTable(system: PackedSystem, i: number, desc: Parameters<typeof poke>[2]): void {
  poke(system, (system.tables - BASE) / 16 + i, desc);
}

const attacks: readonly Attack[] = [
  {
    title: 'an empty descriptor',
    code: VIRTIO_BAD_BUFFER,
    attack: (system) => poke(system, 0, { addr: system.buffers, flags: A }),
  },
  {
    title: 'a descriptor that begins before what may be reached',
    code: VIRTIO_BAD_BUFFER,
    attack: (system) => poke(system, 0, { addr: BASE - 1, len: 4, flags: A }),
  },
  {
    title: 'a descriptor that ends behind what may be reached',
    code: VIRTIO_BAD_BUFFER,
    attack: (system) => poke(system, 0, { addr: system.buffers, len: 0x1000, flags: A }),
  },
  {
    title: 'a descriptor whose end is behind all 32 bits',
    code: VIRTIO_BAD_BUFFER,
    attack: (system) => poke(system, 0, { addr: system.buffers, len: 0xffff_ffff, flags: A }),
  },
  {
    title: 'an address of more than 32 bits',
    code: VIRTIO_BAD_BUFFER,
    attack: (system) => poke(system, 0, { addr: system.buffers, high: 1, len: 4, flags: A }),
  },
  {
    title: 'the second descriptor of a list out of reach',
    code: VIRTIO_BAD_BUFFER,
    attack: (system) => {
      poke(system, 1, { addr: 0, len: 4, flags: A });
      poke(system, 0, { addr: system.buffers, len: 4, flags: A | PACKED_NEXT });
    },
  },
  {
    title: 'a ring whose descriptors all have NEXT',
    code: VIRTIO_CHAIN_TOO_LONG,
    attack: (system) => {
      for (const slot of [0, 1, 2])
        poke(system, slot, { addr: system.buffers, len: 4, flags: A | PACKED_NEXT });
    },
  },
  {
    title: 'a ring of one slot with NEXT',
    code: VIRTIO_CHAIN_TOO_LONG,
    size: 1,
    attack: (system) => poke(system, 0, { addr: system.buffers, len: 4, flags: A | PACKED_NEXT }),
  },
  {
    title: 'reading behind writing',
    code: VIRTIO_BAD_ORDER,
    attack: (system) => {
      poke(system, 1, { addr: system.buffers, len: 4, flags: A });
      poke(system, 0, { addr: system.buffers, len: 4, flags: A | PACKED_NEXT | PACKED_WRITE });
    },
  },
  {
    title: 'an id that is none',
    code: VIRTIO_BAD_HEAD,
    attack: (system) => poke(system, 0, { addr: system.buffers, len: 4, id: 3, flags: A }),
  },
  {
    title: 'an id that the device has already',
    code: VIRTIO_BAD_HEAD,
    attack: (system) => {
      add(system);
      take(system);
      poke(system, 1, { addr: system.buffers, len: 4, id: 0, flags: A });
    },
  },
  {
    title: 'lists that take more slots together than there are',
    code: VIRTIO_BAD_INDEX,
    attack: (system) => {
      add(system, 2);
      take(system);
      poke(system, 0, { addr: system.buffers, len: 4, id: 1, flags: PACKED_USED });
      poke(system, 2, { addr: system.buffers, len: 4, flags: A | PACKED_NEXT });
    },
  },
  {
    title: 'INDIRECT that was not negotiated',
    code: VIRTIO_BAD_INDIRECT,
    attack: (system) => poke(system, 0, { addr: system.buffers, len: 16, flags: A | PACKED_INDIRECT }),
  },
  {
    title: 'INDIRECT with NEXT',
    code: VIRTIO_BAD_INDIRECT,
    options: INDIRECT,
    attack: (system) =>
      poke(system, 0, { addr: system.tables, len: 16, flags: A | PACKED_INDIRECT | PACKED_NEXT }),
  },
  {
    title: 'INDIRECT inside a list',
    code: VIRTIO_BAD_INDIRECT,
    options: INDIRECT,
    attack: (system) => {
      poke(system, 1, { addr: system.tables, len: 16, flags: A | PACKED_INDIRECT });
      poke(system, 0, { addr: system.buffers, len: 4, flags: A | PACKED_NEXT });
    },
  },
  ...[0, 8, 17].map(
    (len): Attack => ({
      title: `a table of ${len} bytes`,
      code: VIRTIO_BAD_INDIRECT,
      options: INDIRECT,
      attack: (system) => poke(system, 0, { addr: system.tables, len, flags: A | PACKED_INDIRECT }),
    }),
  ),
  {
    title: 'a table at an odd address',
    code: VIRTIO_BAD_INDIRECT,
    options: INDIRECT,
    attack: (system) => poke(system, 0, { addr: system.tables + 2, len: 16, flags: A | PACKED_INDIRECT }),
  },
  {
    title: 'a table of more entries than there are slots',
    code: VIRTIO_CHAIN_TOO_LONG,
    options: INDIRECT,
    attack: (system) => poke(system, 0, { addr: system.tables, len: 64, flags: A | PACKED_INDIRECT }),
  },
  {
    title: 'a table out of reach',
    code: VIRTIO_BAD_BUFFER,
    options: INDIRECT,
    attack: (system) => poke(system, 0, { addr: 0x1_0000, len: 16, flags: A | PACKED_INDIRECT }),
  },
  {
    title: 'a table at an address of more than 32 bits',
    code: VIRTIO_BAD_BUFFER,
    options: INDIRECT,
    attack: (system) =>
      poke(system, 0, { addr: system.tables, high: 7, len: 16, flags: A | PACKED_INDIRECT }),
  },
  {
    title: 'an entry of a table out of reach',
    code: VIRTIO_BAD_BUFFER,
    options: INDIRECT,
    attack: (system) => {
      pokeTable(system, 0, { addr: 1, len: 4, flags: 0 });
      poke(system, 0, { addr: system.tables, len: 16, flags: A | PACKED_INDIRECT });
    },
  },
  {
    title: 'reading behind writing in a table',
    code: VIRTIO_BAD_ORDER,
    options: INDIRECT,
    attack: (system) => {
      pokeTable(system, 0, { addr: system.buffers, len: 4, flags: PACKED_WRITE });
      pokeTable(system, 1, { addr: system.buffers, len: 4, flags: 0 });
      poke(system, 0, { addr: system.tables, len: 32, flags: A | PACKED_INDIRECT });
    },
  },
];

describe('a device whose driver offers', () => {
  it.each(attacks)('$title says so, and works no more', ({ code, size = 3, options = {}, attack }) => {
    const system = newPacked(size, options);
    attack(system);
    const before = system.bytes();
    expect(takeCode(system)).toBe(code);
    expect(findsPeerBroken(code)).toBe(true);
    expect(system.deviceState.broken).toBe(-code);
    const after = system.bytes();
    const changed = after.flatMap((byte, i) => (byte === before[i] ? [] : [i]));
    // `broken` alone; the device's memory comes last.
    expect(changed).toEqual([before.length - deviceBytes(system) + 8 + 10]);
    clear(system);
    const codes = [
      takeCode(system),
      system.device.giveBack(0, 0),
      system.device.giveBackBatch([0], 0),
      system.device.interrupt(),
      system.device.enableKicks(),
    ];
    expect(codes).toEqual([VIRTIO_QUEUE_BROKEN, VIRTIO_QUEUE_BROKEN, VIRTIO_QUEUE_BROKEN, false, true]);
    system.device.disableKicks();
    expect(system.devicePort.shared()).toEqual([]);
    expect(system.device.init(size)).toBe(VIRTIO_OK);
    expect(system.deviceState.broken).toBe(0);
  });

  it('a table whose entries have all flags takes WRITE for what it says, and nothing else', () => {
    const system = newPacked(2, INDIRECT);
    pokeTable(system, 0, { addr: system.buffers, len: 4, id: 9, flags: 0xffff & ~PACKED_WRITE });
    pokeTable(system, 1, { addr: system.buffers, len: 5, id: 9, flags: 0xffff });
    poke(system, 0, { addr: system.tables, len: 32, id: 1, flags: A | PACKED_INDIRECT | PACKED_WRITE });
    expect(take(system)).toEqual({
      head: 1,
      segments: [
        { addr: system.buffers, len: 4, writable: false },
        { addr: system.buffers, len: 5, writable: true },
      ],
    });
  });

  it('flags that are not those of this lap takes nothing', () => {
    for (const [wrap, flags] of [
      [1, 0],
      [1, PACKED_USED],
      [1, A | PACKED_USED],
      [0, 0],
      [0, A],
      [0, A | PACKED_USED],
    ] as const) {
      const system = newPacked(2, { start: { slot: 0, wrap } });
      poke(system, 0, { addr: system.buffers, len: 4, flags });
      expect([wrap, flags, takeCode(system)]).toEqual([wrap, flags, VIRTIO_NONE]);
    }
  });

  it('the same bytes twice counts no more of them than a length can say', () => {
    const system = newPacked(2);
    const device = new PackedDevice(system.devicePort, 8, BASE, { id: 'queue', features: {} });
    poke(system, 1, { addr: BASE, len: 0xffff_ff00, flags: A | PACKED_WRITE });
    poke(system, 0, { addr: BASE, len: 0xffff_ff00, flags: A | PACKED_NEXT | PACKED_WRITE });
    const taken = newTaken();
    expect(device.take(taken)).toBe(VIRTIO_OK);
    expect(system.deviceLists.at(taken.head).writable).toBe(0xffff_ffff);
  });
});

function deviceBytes(system: PackedSystem): number {
  return 8 * Math.ceil((8 + 16 + 8 * system.size) / 8);
}

describe('a driver whose device returns', () => {
  const used = PACKED_AVAIL | PACKED_USED;
  const cases: readonly {
    title: string;
    code: number;
    desc: Parameters<typeof poke>[2];
    inOrder?: boolean;
  }[] = [
    { title: 'an id that is none', code: VIRTIO_BAD_USED_ID, desc: { id: 3, flags: used } },
    { title: 'the largest id', code: VIRTIO_BAD_USED_ID, desc: { id: 0xffff, flags: used } },
    { title: 'an id that is not out', code: VIRTIO_BAD_USED_ID, desc: { id: 2, flags: used } },
    {
      title: 'an id that is not out, with IN_ORDER',
      code: VIRTIO_BAD_USED_ID,
      desc: { id: 2, flags: used },
      inOrder: true,
    },
    {
      title: 'more bytes than there are for writing',
      code: VIRTIO_BAD_USED_LENGTH,
      desc: { id: 0, len: 6, flags: used | PACKED_WRITE },
    },
    {
      title: 'bytes of a list that has none for writing',
      code: VIRTIO_BAD_USED_LENGTH,
      desc: { id: 1, len: 1, flags: used | PACKED_WRITE },
    },
  ];

  it.each(cases)('$title says so, and works no more', ({ code, desc, inOrder = false }) => {
    const system = newPacked(3, { features: { inOrder } });
    system.driver.add(segmentsOf(system, 1, 0), 1);
    const first = system.driverBuffers.at(0);
    first.writable = 5;
    add(system, 1, 2);
    poke(system, 0, desc);
    const before = system.bytes();
    expect(collect(system)).toBe(code);
    expect(system.driverState.broken).toBe(-code);
    const after = system.bytes();
    const changed = after.flatMap((byte, i) => (byte === before[i] ? [] : [i]));
    expect(changed).toEqual([system.view.byteLength + 8 + 14]);
    clear(system);
    expect([
      collect(system),
      system.driver.add(segmentsOf(system, 1), 3),
      system.driver.kick(),
      system.driver.enableInterrupts(),
      system.driver.hasUsed(),
    ]).toEqual([VIRTIO_QUEUE_BROKEN, VIRTIO_QUEUE_BROKEN, false, true, false]);
    system.driver.disableInterrupts();
    expect(system.driverPort.shared()).toEqual([]);
    expect(system.driver.init(3)).toBe(VIRTIO_OK);
    expect(system.driverState.broken).toBe(0);
  });

  it('the same list twice finds it out', () => {
    const system = newPacked(2);
    add(system, 1, 1);
    add(system, 1, 2);
    system.device.giveBack(take(system).head, 0);
    expect(collect(system)).toEqual([1, 0, 0]);
    poke(system, 1, { id: 0, flags: used });
    expect(collect(system)).toBe(VIRTIO_BAD_USED_ID);
  });

  it('a length without WRITE takes no notice of it', () => {
    const system = newPacked(2);
    add(system, 1, 1, 1);
    poke(system, 0, { id: 0, len: 0xffff_ffff, flags: used });
    expect(collect(system)).toEqual([1, 0, 0]);
  });

  it('NEXT, INDIRECT or unknown bits takes no notice of them', () => {
    const system = newPacked(2);
    add(system, 2, 1, 1);
    poke(system, 0, { id: 0, len: 3, flags: 0xffff });
    expect(collect(system)).toEqual([1, 0, 3]);
    expect(collect(system)).toBe(VIRTIO_NONE);
  });

  it('all flags of the lap before collects nothing', () => {
    const system = newPacked(2, { start: { slot: 0, wrap: 0 } });
    add(system);
    poke(system, 0, { id: 0, flags: used });
    expect(collect(system)).toBe(VIRTIO_NONE);
  });
});
