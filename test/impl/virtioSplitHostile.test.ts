/** A peer that breaks the rules: it is found out by name, and nothing throws, hangs, leads outside or is handed out twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Features,
  findsPeerBroken,
  newCollected,
  newTaken,
  type Segment,
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
  VIRTIO_QUEUE_BROKEN,
} from 'vqcheck/impl';
import type { RecordingPort } from './recordingPort.ts';
import {
  addOne,
  BUFFER_BYTES,
  forget,
  newSplit,
  readable,
  type SplitSystem,
  takeOne,
  writable,
} from './virtioSplitSystem.ts';

const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;

type Fields = { addr?: number; high?: number; len?: number; flags?: number; next?: number };

/** Writes a descriptor as a driver could: at byte `at`. What is not given is a sound one. */
function poke({ view, buffers }: SplitSystem, at: number, fields: Fields): void {
  view.setUint32(at, fields.addr ?? buffers, true);
  view.setUint32(at + 4, fields.high ?? 0, true);
  view.setUint32(at + 8, fields.len ?? 8, true);
  view.setUint16(at + 12, fields.flags ?? 0, true);
  view.setUint16(at + 14, fields.next ?? 0, true);
}

/** Announces `count` more chains, all with this head. */
function announce({ view, geometry, size }: SplitSystem, head: number, count = 1): void {
  const index = view.getUint16(geometry.avail + 2, true);
  for (let i = 0; i < count; i++)
    view.setUint16(geometry.avail + 4 + 2 * ((index + i) & (size - 1)), head, true);
  view.setUint16(geometry.avail + 2, (index + count) & 0xffff, true);
}

describe('a device that does not trust its driver', () => {
  const options = { features: { indirectDesc: true }, tableEntries: 4 };
  const desc = ({ geometry }: SplitSystem, i: number): number => geometry.desc + 16 * i;
  const entry = ({ tables }: SplitSystem, i: number): number => tables + 16 * i;
  const named = (system: SplitSystem, fields: Fields = {}): void =>
    poke(system, desc(system, 0), { addr: system.tables, len: 32, flags: INDIRECT, ...fields });

  const wicked: readonly [what: string, code: number, set: (system: SplitSystem) => void][] = [
    ['an index that jumps over the whole ring', VIRTIO_BAD_INDEX, (s) => announce(s, 0, 5)],
    [
      'an index that goes back',
      VIRTIO_BAD_INDEX,
      (s) => s.view.setUint16(s.geometry.avail + 2, 0xffff, true),
    ],
    ['a head that is no descriptor', VIRTIO_BAD_HEAD, (s) => announce(s, 4)],
    ['the largest head', VIRTIO_BAD_HEAD, (s) => announce(s, 0xffff)],
    ['a next that is no descriptor', VIRTIO_BAD_HEAD, (s) => poke(s, desc(s, 0), { flags: NEXT, next: 4 })],
    [
      'a chain that leads back to its head',
      VIRTIO_CHAIN_TOO_LONG,
      (s) => poke(s, desc(s, 0), { flags: NEXT }),
    ],
    [
      'a chain that leads back into its middle',
      VIRTIO_CHAIN_TOO_LONG,
      (s) => {
        poke(s, desc(s, 0), { flags: NEXT, next: 1 });
        poke(s, desc(s, 1), { flags: NEXT, next: 2 });
        poke(s, desc(s, 2), { flags: NEXT, next: 1 });
      },
    ],
    ['an upper half', VIRTIO_BAD_BUFFER, (s) => poke(s, desc(s, 0), { high: 1 })],
    ['no bytes', VIRTIO_BAD_BUFFER, (s) => poke(s, desc(s, 0), { len: 0 })],
    ['a buffer before the reach', VIRTIO_BAD_BUFFER, (s) => poke(s, desc(s, 0), { addr: s.tables - 1 })],
    [
      'the queue itself',
      VIRTIO_BAD_BUFFER,
      (s) => poke(s, desc(s, 0), { addr: s.geometry.used, flags: WRITE }),
    ],
    ['a buffer behind the reach', VIRTIO_BAD_BUFFER, (s) => poke(s, desc(s, 0), { addr: s.end - 7 })],
    [
      'a length that overflows',
      VIRTIO_BAD_BUFFER,
      (s) => poke(s, desc(s, 0), { addr: s.buffers, len: 0xffff_ffff }),
    ],
    [
      'an address that overflows',
      VIRTIO_BAD_BUFFER,
      (s) => poke(s, desc(s, 0), { addr: 0xffff_fff8, len: 0x10 }),
    ],
    [
      'a bad buffer behind a good one',
      VIRTIO_BAD_BUFFER,
      (s) => {
        poke(s, desc(s, 0), { flags: NEXT, next: 1 });
        poke(s, desc(s, 1), { addr: 0 });
      },
    ],
    [
      'readable behind writable',
      VIRTIO_BAD_ORDER,
      (s) => {
        poke(s, desc(s, 0), { flags: NEXT | WRITE, next: 1 });
        poke(s, desc(s, 1), {});
      },
    ],
    ['a table with NEXT', VIRTIO_BAD_INDIRECT, (s) => named(s, { flags: INDIRECT | NEXT })],
    ['a table of no bytes', VIRTIO_BAD_INDIRECT, (s) => named(s, { len: 0 })],
    ['a table of half a descriptor', VIRTIO_BAD_INDIRECT, (s) => named(s, { len: 24 })],
    ['a table larger than the queue', VIRTIO_BAD_INDIRECT, (s) => named(s, { len: 16 * 5 })],
    ['the largest table', VIRTIO_BAD_INDIRECT, (s) => named(s, { len: 0xffff_fff0 })],
    ['a table where nothing can be read', VIRTIO_BAD_INDIRECT, (s) => named(s, { addr: s.tables + 2 })],
    ['a table outside', VIRTIO_BAD_BUFFER, (s) => named(s, { addr: s.geometry.desc })],
    ['a table that ends outside', VIRTIO_BAD_BUFFER, (s) => named(s, { addr: s.end - 16 })],
    ['a table far away', VIRTIO_BAD_BUFFER, (s) => named(s, { high: 1 })],
    [
      'a table in a table',
      VIRTIO_BAD_INDIRECT,
      (s) => {
        named(s);
        poke(s, entry(s, 0), { addr: s.tables, len: 16, flags: INDIRECT });
      },
    ],
    [
      'a next that leads out of the table',
      VIRTIO_BAD_HEAD,
      (s) => {
        named(s);
        poke(s, entry(s, 0), { flags: NEXT, next: 2 });
      },
    ],
    [
      'a table that leads back to itself',
      VIRTIO_CHAIN_TOO_LONG,
      (s) => {
        named(s);
        poke(s, entry(s, 0), { flags: NEXT, next: 0 });
      },
    ],
    [
      'more segments than descriptors, by a table',
      VIRTIO_CHAIN_TOO_LONG,
      (s) => {
        poke(s, desc(s, 0), { flags: NEXT, next: 1 });
        poke(s, desc(s, 1), { addr: s.tables, len: 64, flags: INDIRECT });
        for (let i = 0; i < 4; i++) poke(s, entry(s, i), { flags: i < 3 ? NEXT : 0, next: i + 1 });
      },
    ],
    [
      'readable in a table behind writable before it',
      VIRTIO_BAD_ORDER,
      (s) => {
        poke(s, desc(s, 0), { flags: NEXT | WRITE, next: 1 });
        poke(s, desc(s, 1), { addr: s.tables, len: 16, flags: INDIRECT });
        poke(s, entry(s, 0), {});
      },
    ],
  ];

  it.each(wicked)('finds %s, and says so (%i)', (_what, code, set) => {
    const system = newSplit(4, options);
    set(system);
    if (system.view.getUint16(system.geometry.avail + 2, true) === 0) announce(system, 0);
    const out = newTaken();
    expect(system.device.take(out)).toBe(code);
    expect(out).toEqual(newTaken());
    expect(system.deviceState.broken).toBe(-code);
    expect(system.deviceState.last_avail).toBe(0);
    expect(system.device.take(out)).toBe(VIRTIO_QUEUE_BROKEN);
  });

  it('finds a head that it has already', () => {
    const system = newSplit(4, options);
    addOne(system);
    takeOne(system);
    announce(system, 0);
    expect(system.device.take(newTaken())).toBe(VIRTIO_BAD_HEAD);
  });

  it('finds an index that is further ahead than what it holds leaves room for', () => {
    const system = newSplit(2, options);
    addOne(system);
    takeOne(system);
    announce(system, 1, 2);
    expect(system.device.take(newTaken())).toBe(VIRTIO_BAD_INDEX);
  });

  it('takes no table where none was negotiated', () => {
    const system = newSplit(4, { tableEntries: 4 });
    named(system);
    poke(system, entry(system, 0), {});
    announce(system, 0);
    expect(system.device.take(newTaken())).toBe(VIRTIO_BAD_INDIRECT);
  });

  it('takes what is only unusual: no order in a table, flags without a meaning, a next without NEXT', () => {
    const system = newSplit(4, options);
    named(system, { len: 48, flags: INDIRECT | WRITE | 0x8000 });
    poke(system, entry(system, 0), { len: 1, flags: NEXT, next: 2 });
    poke(system, entry(system, 2), { len: 2, flags: NEXT | WRITE, next: 1 });
    poke(system, entry(system, 1), { len: 3, flags: WRITE, next: 0xffff });
    announce(system, 0);
    expect(takeOne(system).segments.map(({ len, writable }) => [len, writable])).toEqual([
      [1, false],
      [2, true],
      [3, true],
    ]);
  });

  it('may reach all of memory if nobody says otherwise', () => {
    const system = newSplit(1, options);
    const Device = system.device.constructor as new (...args: unknown[]) => typeof system.device;
    const device = new Device(system.devicePort, 0, system.geometry.desc, { id: 'queue', features: {} });
    poke(system, desc(system, 0), { addr: 0, len: 0xffff_ffff, flags: WRITE });
    announce(system, 0);
    expect(device.take(newTaken())).toBe(VIRTIO_OK);
    expect(device.giveBack(0, 0xffff_ffff)).toBe(VIRTIO_OK);
  });

  it('counts the bytes of a chain that has more than can be counted as no more than that', () => {
    const system = newSplit(2, options);
    const Device = system.device.constructor as new (...args: unknown[]) => typeof system.device;
    const device = new Device(system.devicePort, 0, system.geometry.desc, { id: 'queue', features: {} });
    poke(system, desc(system, 0), { addr: 0, len: 0xffff_ffff, flags: WRITE | NEXT, next: 1 });
    poke(system, desc(system, 1), { addr: 0, len: 0xffff_ffff, flags: WRITE });
    announce(system, 0);
    expect(device.take(newTaken())).toBe(VIRTIO_OK);
    expect(device.giveBack(0, 0x1_0000_0000)).toBe(VIRTIO_INVALID);
    expect(device.giveBack(0, 0xffff_ffff)).toBe(VIRTIO_OK);
  });
});

describe('a driver that does not trust its device', () => {
  type Used = { id?: number; len?: number; at?: number; idx?: number };
  function use({ view, geometry }: SplitSystem, { id = 0, len = 0, at = 0, idx = 1 }: Used): void {
    view.setUint32(geometry.used + 4 + 8 * at, id, true);
    view.setUint32(geometry.used + 8 + 8 * at, len, true);
    view.setUint16(geometry.used + 2, idx, true);
  }
  const inOrder = { features: { inOrder: true } };
  const wicked: readonly [what: string, code: number, used: Used, features?: { features: Features }][] = [
    ['an index ahead of all chains', VIRTIO_BAD_INDEX, { idx: 3 }],
    ['an index that goes back', VIRTIO_BAD_INDEX, { idx: 0xffff }],
    ['an id that is no descriptor', VIRTIO_BAD_USED_ID, { id: 4 }],
    ['the largest id', VIRTIO_BAD_USED_ID, { id: 0xffff_ffff }],
    ['an id whose lower half is one', VIRTIO_BAD_USED_ID, { id: 0x1_0000 }],
    ['an id that is free', VIRTIO_BAD_USED_ID, { id: 3 }],
    ['an id in the middle of a chain', VIRTIO_BAD_USED_ID, { id: 1 }],
    ['one byte too many', VIRTIO_BAD_USED_LENGTH, { id: 0, len: 9 }],
    ['the largest length', VIRTIO_BAD_USED_LENGTH, { id: 0, len: 0xffff_ffff }],
    ['with IN_ORDER, an id behind those that were used', VIRTIO_BAD_USED_ID, { id: 2 }, inOrder],
    ['with IN_ORDER, an id in the middle of a chain', VIRTIO_BAD_USED_ID, { id: 1, idx: 2 }, inOrder],
    ['with IN_ORDER, an id that is free', VIRTIO_BAD_USED_ID, { id: 3, idx: 2 }, inOrder],
    [
      'with IN_ORDER, too many bytes for the last one',
      VIRTIO_BAD_USED_LENGTH,
      { id: 2, len: 5, idx: 2 },
      inOrder,
    ],
  ];

  /** Out are a chain of two descriptors and 8 writable bytes, and one of one and 4. */
  function twoChains(options = {}): SplitSystem {
    const system = newSplit(4, options);
    system.driver.add([readable(system), writable(system, 1)], 11);
    system.driver.add([writable(system, 2, 4)], 22);
    return system;
  }

  it.each(wicked)('finds %s, and says so (%i)', (_what, code, used, options = { features: {} }) => {
    const system = twoChains(options);
    use(system, used);
    const out = newCollected();
    expect(system.driver.collect(out)).toBe(code);
    expect(out).toEqual(newCollected());
    expect(system.driverState.broken).toBe(-code);
    expect([system.driverState.free_count, system.driverState.last_used]).toEqual([1, 0]);
    expect(system.driver.collect(out)).toBe(VIRTIO_QUEUE_BROKEN);
  });

  it('finds a chain that comes back twice', () => {
    const system = twoChains();
    use(system, { id: 0, idx: 1 });
    expect(system.driver.collect(newCollected())).toBe(VIRTIO_OK);
    use(system, { id: 0, at: 1, idx: 2 });
    expect(system.driver.collect(newCollected())).toBe(VIRTIO_BAD_USED_ID);
  });

  it('takes the longest length, and the longest batch', () => {
    const system = twoChains();
    use(system, { id: 2, len: 4 });
    const out = newCollected();
    expect([system.driver.collect(out), out.token, out.len]).toEqual([VIRTIO_OK, 22, 4]);
    const batch = twoChains(inOrder);
    use(batch, { id: 2, len: 4, idx: 2 });
    expect([batch.driver.collect(out), out.token, out.len]).toEqual([VIRTIO_OK, 11, UNKNOWN_LENGTH]);
    // What the device does to the index in the middle of a batch changes nothing.
    batch.view.setUint16(batch.geometry.used + 2, 77, true);
    expect([batch.driver.collect(out), out.token, out.len]).toEqual([VIRTIO_OK, 22, 4]);
  });

  it('is not upset by whatever stands in the words about notifications', () => {
    for (const features of [{}, { eventIdx: true }]) {
      const system = newSplit(2, { features });
      for (const word of [1, 2, 3, 0x8000, 0xffff]) {
        system.view.setUint16(system.geometry.used, word, true);
        system.view.setUint16(system.geometry.availEvent, word, true);
        system.view.setUint16(system.geometry.avail, word, true);
        system.view.setUint16(system.geometry.usedEvent, word, true);
        addOne(system);
        expect(typeof system.driver.kick()).toBe('boolean');
        system.device.giveBack(takeOne(system).head, 0);
        expect(typeof system.device.interrupt()).toBe('boolean');
        expect(system.driver.collect(newCollected())).toBe(VIRTIO_OK);
      }
    }
  });
});

type Step = { readonly call: number; readonly at: number; readonly value: number; readonly pick: number };

/** Values that look like something. */
const VALUES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 32, 48, 64, 0x7fff, 0x8000, 0xfffe, 0xffff];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    call: fc.nat(10),
    at: fc.nat(400),
    value: fc.oneof(fc.constantFrom(...VALUES), fc.nat(300)),
    pick: fc.nat(9),
  }),
  { minLength: 30, maxLength: 80 },
);

const featureSets: readonly Features[] = [
  {},
  { eventIdx: true },
  { indirectDesc: true },
  { inOrder: true, indirectDesc: true, eventIdx: true },
];

/** Each shared location that an operation loads, it loads once. */
function loadsOnce(port: RecordingPort): void {
  const loads = port.shared().filter(([kind]) => kind === 'load');
  const places = loads.map((access) => access[2]);
  expect(new Set(places).size).toBe(places.length);
}

describe('a peer that writes whatever it likes, at any time', () => {
  it('cannot make the device answer without a name, reach outside, read twice, or hold a chain twice', () => {
    const answers = new Map<number, number>();
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4),
        fc.constantFrom(...featureSets),
        steps,
        (size, features, sequence) => {
          const system = newSplit(size, { features, tableEntries: 4 });
          const { device, view, geometry, tables, end, driver } = system;
          const held = new Map<number, number>();
          for (const { call, at, value, pick } of sequence) {
            forget(system);
            const index = view.getUint16(geometry.avail + 2, true);
            if (call === 0)
              view.setUint16(geometry.desc + 2 * (at % ((geometry.used - geometry.desc) / 2)), value, true);
            else if (call === 1) view.setUint16(tables + 2 * (at % (32 * size)), value, true);
            else if (call === 2) announce(system, value % (size + 1));
            else if (call === 3) view.setUint16(geometry.avail + 2, index - 1, true);
            else if (call === 10)
              poke(system, geometry.desc + 16 * (at % size), { flags: pick & 3, next: value % size });
            else if (call === 4)
              driver.add([readable(system), writable(system, 1)].slice(0, 1 + (pick % 2)), 0);
            else if (call === 5)
              driver.add([readable(system), writable(system, 1)], 0, { indirectFrom: pick % 2 });
            else if (call < 8) {
              const out = newTaken();
              const code = device.take(out);
              answers.set(code, (answers.get(code) ?? 0) + 1);
              // A loop leads over the same ones again, until something is wrong with it.
              if (code === VIRTIO_OK || code === VIRTIO_NONE) loadsOnce(system.devicePort);
              if (code !== VIRTIO_OK) {
                expect(out).toEqual(newTaken());
                expect(code === VIRTIO_NONE || code === VIRTIO_QUEUE_BROKEN || findsPeerBroken(code)).toBe(
                  true,
                );
                continue;
              }
              expect(held.has(out.head)).toBe(false);
              expect(out.segments.length).toBeLessThanOrEqual(size);
              for (const { addr, len } of out.segments) {
                expect(len).toBeGreaterThan(0);
                expect(addr).toBeGreaterThanOrEqual(tables);
                expect(addr + len).toBeLessThanOrEqual(end);
              }
              const room = (sum: number, segment: Segment): number =>
                sum + (segment.writable ? segment.len : 0);
              held.set(out.head, out.segments.reduce(room, 0));
              expect(held.size).toBeLessThanOrEqual(size);
            } else {
              const [head = pick, room = 0] =
                [...held][features.inOrder === true ? 0 : pick % Math.max(1, held.size)] ?? [];
              const known = held.delete(head);
              const broken = system.deviceState.broken !== 0;
              const code = device.giveBack(head, room);
              expect(code).toBe(broken ? VIRTIO_QUEUE_BROKEN : known ? VIRTIO_OK : VIRTIO_INVALID);
              expect(system.devicePort.shared().filter(([kind]) => kind === 'load')).toEqual([]);
            }
          }
        },
      ),
      { seed: 20, numRuns: 2000 },
    );
    const seen = [...answers.keys()].sort((a, b) => a - b);
    expect(seen).toEqual(
      [
        VIRTIO_BAD_INDIRECT,
        VIRTIO_BAD_ORDER,
        VIRTIO_BAD_BUFFER,
        VIRTIO_CHAIN_TOO_LONG,
        VIRTIO_BAD_HEAD,
        VIRTIO_BAD_INDEX,
        VIRTIO_QUEUE_BROKEN,
        VIRTIO_OK,
        VIRTIO_NONE,
      ].sort((a, b) => a - b),
    );
  });

  it('cannot make the driver answer without a name, read twice, or hand out what is not out', () => {
    const answers = new Map<number, number>();
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4),
        fc.constantFrom(...featureSets),
        steps,
        (size, features, sequence) => {
          const system = newSplit(size, { features, tableEntries: 4 });
          const { device, view, geometry, driver } = system;
          /** Tokens of chains that are out, with the bytes that may be written. */
          const out = new Map<number, number>();
          let token = 0;
          for (const { call, at, value, pick } of sequence) {
            forget(system);
            const index = view.getUint16(geometry.used + 2, true);
            if (call === 0)
              view.setUint16(geometry.used + 2 * (at % ((geometry.end - geometry.used) / 2)), value, true);
            else if (call === 1) {
              view.setUint32(geometry.used + 4 + 8 * (index & (size - 1)), value % (size + 1), true);
              view.setUint32(geometry.used + 8 + 8 * (index & (size - 1)), pick, true);
              view.setUint16(geometry.used + 2, (index + 1) & 0xffff, true);
            } else if (call === 2) {
              const taken = newTaken();
              if (device.take(taken) === VIRTIO_OK) device.giveBack(taken.head, 0);
            } else if (call < 6) {
              const chain = [readable(system), writable(system, 1)].slice(pick % 2);
              const indirect = features.indirectDesc === true && pick > 4;
              const code = driver.add(chain, ++token, indirect ? { indirectFrom: 0 } : {});
              expect([VIRTIO_OK, VIRTIO_NO_SPACE, VIRTIO_QUEUE_BROKEN, VIRTIO_INVALID]).toContain(code);
              expect(system.driverPort.shared().filter(([kind]) => kind === 'load')).toEqual([]);
              if (code === VIRTIO_OK) out.set(token, 8);
            } else if (call < 9) {
              const collected = newCollected();
              const code = driver.collect(collected);
              answers.set(code, (answers.get(code) ?? 0) + 1);
              loadsOnce(system.driverPort);
              if (code !== VIRTIO_OK) {
                expect(collected).toEqual(newCollected());
                expect(code === VIRTIO_NONE || code === VIRTIO_QUEUE_BROKEN || findsPeerBroken(code)).toBe(
                  true,
                );
                continue;
              }
              const room = out.get(collected.token) ?? -1;
              expect(collected.len === UNKNOWN_LENGTH || collected.len <= room).toBe(true);
              expect(out.delete(collected.token)).toBe(true);
            } else {
              driver.kick();
              driver.enableInterrupts();
            }
          }
          // Descriptors are neither lost nor made.
          const { free_count } = system.driverState;
          expect(free_count + out.size).toBeLessThanOrEqual(size);
          expect(free_count + 2 * out.size).toBeGreaterThanOrEqual(size);
        },
      ),
      { seed: 21, numRuns: 2000 },
    );
    const seen = [...answers.keys()].sort((a, b) => a - b);
    expect(seen).toEqual([
      VIRTIO_BAD_INDEX,
      VIRTIO_BAD_USED_LENGTH,
      VIRTIO_BAD_USED_ID,
      VIRTIO_QUEUE_BROKEN,
      VIRTIO_OK,
      VIRTIO_NONE,
    ]);
  });

  it('changes nothing of a chain that was taken', () => {
    const system = newSplit(2);
    system.driver.add([readable(system), writable(system, 1)], 0);
    const taken = takeOne(system);
    const copy = structuredClone(taken);
    for (let at = system.geometry.desc; at < system.geometry.used; at++) system.view.setUint8(at, 0xff);
    expect(taken).toEqual(copy);
    expect(system.device.giveBack(taken.head, BUFFER_BYTES)).toBe(VIRTIO_INVALID);
    expect(system.device.giveBack(taken.head, 8)).toBe(VIRTIO_OK);
  });
});
