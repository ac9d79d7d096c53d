import { describe, expect, it } from 'vitest';
import {
  type Features,
  newCollected,
  newTaken,
  PACKED_START,
  PackedDevice,
  PackedDriver,
  packed_desc_t,
  packedCursor,
  UNKNOWN_LENGTH,
  VIRTIO_INVALID,
  VIRTIO_NO_SPACE,
  VIRTIO_NONE,
  VIRTIO_OK,
} from 'vqcheck/impl';
import { LivePort } from 'vqcheck/memory';
import {
  add,
  BASE,
  BUFFER_BYTES,
  collect,
  cursors,
  flagsAt,
  newPacked,
  newPackedSides,
  type PackedSystem,
  segmentsOf,
  take,
  takeCode,
} from './virtioPackedSystem.ts';

const sizes = [1, 2, 3, 4, 5];
const places = sizes.flatMap((size) =>
  Array.from({ length: size }, (_, slot) => [0, 1].map((wrap) => ({ size, slot, wrap }))).flat(),
);

describe('a new side', () => {
  it('refuses sizes that are none, and changes nothing then', () => {
    const system = newPackedSides(4);
    const before = system.bytes();
    for (const size of [0, -1, 1.5, 0x8001, Number.NaN]) {
      expect([size, system.driver.init(size)]).toEqual([size, VIRTIO_INVALID]);
      expect([size, system.device.init(size)]).toEqual([size, VIRTIO_INVALID]);
    }
    expect(system.bytes()).toEqual(before);
  });

  it.each([1, 2, 3, 7, 32768])('takes size %i', (size) => {
    const system = newPackedSides(size, { buffers: 1 });
    expect([system.driver.init(size), system.device.init(size)]).toEqual([VIRTIO_OK, VIRTIO_OK]);
  });

  it('must lie where the specification wants it', () => {
    const port = new LivePort({ shared: new SharedArrayBuffer(64), local: new ArrayBuffer(64) });
    const options = { id: 'queue', features: {} };
    for (const Side of [PackedDriver, PackedDevice]) {
      expect(() => new Side(port, 0, 8, options)).toThrow('base: expected a multiple of 16, got 8');
      expect(() => new Side(port, 4, 16, options)).toThrow('handle: expected a multiple of 8, got 4');
    }
  });

  it('zeroes ring and event structures if it is the driver, and touches nothing shared if it is the device', () => {
    for (const halves of [false, true]) {
      const system = newPackedSides(3, { halves });
      const { view, geometry } = system;
      for (let at = 0; at < view.byteLength; at++) view.setUint8(at, 0xff);
      system.device.init(3);
      expect(system.devicePort.shared()).toEqual([]);
      system.driver.init(3);
      const zeroed = Array.from({ length: view.byteLength }, (_, at) => view.getUint8(at) === 0);
      const inside = zeroed.map((_, at) => at >= BASE && at < geometry.end);
      expect(zeroed).toEqual(inside);
      expect(cursors(system)).toEqual([PACKED_START, PACKED_START, PACKED_START, PACKED_START]);
    }
  });

  it('can be set up again, with another size, and after it broke', () => {
    const system = newPacked(4);
    add(system, 3);
    take(system);
    for (const size of [4, 2]) {
      expect([system.driver.init(size), system.device.init(size)]).toEqual([VIRTIO_OK, VIRTIO_OK]);
      expect([takeCode(system), collect(system)]).toEqual([VIRTIO_NONE, VIRTIO_NONE]);
      for (let i = 0; i < size; i++) add(system, 1, i);
      expect(system.driver.add(segmentsOf(system, 1), 9)).toBe(VIRTIO_NO_SPACE);
    }
  });
});

describe('add', () => {
  it('refuses what is no list, and changes nothing then', () => {
    const system = newPacked(3, { entries: 2, features: { indirectDesc: true } });
    const before = system.bytes();
    const [one] = segmentsOf(system, 1);
    if (one === undefined) throw new Error('no segment');
    const written = { ...one, writable: true };
    const calls: [string, () => number][] = [
      ['no segment', () => system.driver.add([], 0)],
      ['more segments than slots', () => system.driver.add([one, one, one, one], 0)],
      ['an empty segment', () => system.driver.add([{ ...one, len: 0 }], 0)],
      ['a length that is none', () => system.driver.add([{ ...one, len: 1.5 }], 0)],
      ['an address that is none', () => system.driver.add([{ ...one, addr: -1 }], 0)],
      ['an end behind all memory', () => system.driver.add([{ ...one, addr: 0xffff_fffe, len: 3 }], 0)],
      ['2^32 - 1 bytes', () => system.driver.add([one, { ...one, addr: 0, len: 0xffff_fffb }], 0)],
      ['reading behind writing', () => system.driver.add([written, one], 0)],
      ['a token that is none', () => system.driver.add([one], -1)],
      ['a table from the second on', () => system.driver.add([one, one], 0, { indirectFrom: 1 })],
      ['a table of none', () => system.driver.add([one], 0, { indirectFrom: 1 })],
      ['a table that is too long', () => system.driver.add([one, one, one], 0, { indirectFrom: 0 })],
    ];
    for (const [what, call] of calls) expect([what, call()]).toEqual([what, VIRTIO_INVALID]);
    expect(system.bytes()).toEqual(before);
    expect(system.driver.add([{ ...one, len: 0xffff_fffd, addr: 0 }], 0xffff_ffff)).toBe(VIRTIO_OK);
  });

  it('refuses a table that was not negotiated, or for which there is no room', () => {
    for (const options of [{ entries: 2 }, { features: { indirectDesc: true } }]) {
      const system = newPacked(2, options);
      expect(system.driver.add(segmentsOf(system, 1), 0, { indirectFrom: 0 })).toBe(VIRTIO_INVALID);
    }
  });

  it.each(sizes)('takes as many slots as there are, and then no more, at size %i', (size) => {
    const system = newPacked(size);
    for (let i = 0; i < size; i++) add(system, 1, i);
    const before = system.bytes();
    expect(system.driver.add(segmentsOf(system, 1), 0)).toBe(VIRTIO_NO_SPACE);
    expect(system.bytes()).toEqual(before);
    expect(system.driverState.free_slots).toBe(0);
    system.device.giveBack(take(system).head, 0);
    expect(collect(system)).toEqual([0, 0, 0]);
    add(system, 1, size);
    expect(system.driver.add(segmentsOf(system, 1), 0)).toBe(VIRTIO_NO_SPACE);
  });

  it('counts slots, not lists', () => {
    const system = newPacked(4);
    add(system, 3);
    expect(system.driver.add(segmentsOf(system, 2), 0)).toBe(VIRTIO_NO_SPACE);
    add(system, 1);
  });
});

describe('the flags of a list', () => {
  it.each(places)('go by the wrap counter of each slot: %o', ({ size, slot, wrap }) => {
    const system = newPacked(size, { start: { slot, wrap } });
    add(system, size, 1, 1);
    for (let element = 0; element < size; element++) {
      const at = (slot + element) % size;
      const lap = slot + element < size ? wrap : 1 - wrap;
      const next = element + 1 < size ? 1 : 2;
      expect([element, flagsAt(system, at)]).toEqual([element, next | (lap === 1 ? 0x80 : 0x8000)]);
      const id = system.view.getUint16(BASE + 16 * at + 12, true);
      expect(id).toBe(0);
    }
  });

  it.each(places)(
    'come back as both bits equal, at the head, with WRITE if data was written: %o',
    (place) => {
      const { size, slot, wrap } = place;
      for (const written of [0, 2]) {
        const system = newPacked(size, { start: { slot, wrap } });
        add(system, size, 1, 1);
        const { head } = take(system);
        expect(system.device.giveBack(head, written)).toBe(VIRTIO_OK);
        expect(flagsAt(system, slot)).toBe((wrap === 1 ? 0x8080 : 0) | (written > 0 ? 2 : 0));
        expect(collect(system)).toEqual([1, 0, written]);
      }
    },
  );
});

describe('a list as long as the ring', () => {
  it.each(places)('goes round for ever: %o', ({ size, slot, wrap }) => {
    for (const features of [{}, { eventIdx: true }, { inOrder: true }, { inOrder: true, eventIdx: true }]) {
      const system = newPacked(size, { start: { slot, wrap }, features });
      for (let round = 0; round < 5; round++) {
        expect(system.device.enableKicks()).toBe(true);
        expect(system.driver.enableInterrupts()).toBe(true);
        add(system, size, round);
        expect(system.driver.kick()).toBe(true);
        const taken = take(system);
        expect(taken.segments).toHaveLength(size);
        expect(takeCode(system)).toBe(VIRTIO_NONE);
        expect(system.device.giveBack(taken.head, 0)).toBe(VIRTIO_OK);
        expect(system.device.interrupt()).toBe(true);
        expect(collect(system)).toEqual([round, 0, 0]);
        expect(collect(system)).toBe(VIRTIO_NONE);
        // P12: both sides agree whenever the queue is idle.
        expect(new Set(cursors(system)).size).toBe(1);
        // P1: and one list more is seen.
        add(system, 1, 100);
        expect(system.device.giveBack(take(system).head, 0)).toBe(VIRTIO_OK);
        expect(collect(system)).toEqual([100, 0, 0]);
      }
    }
  });
});

describe('take and collect', () => {
  it('hand over the segments, tokens and lengths of lists of all kinds', () => {
    const system = newPacked(4);
    const segments = segmentsOf(system, 3, 2);
    system.driver.add(segments, 0xffff_ffff);
    add(system, 1, 5);
    const first = take(system);
    const second = take(system);
    expect(first).toEqual({ head: 0, segments });
    expect(second).toEqual({ head: 1, segments: segmentsOf(system, 1) });
    expect(takeCode(system)).toBe(VIRTIO_NONE);
    // P5: the used descriptor of the second list goes to the head of the first.
    expect(system.device.giveBack(second.head, 0)).toBe(VIRTIO_OK);
    expect(collect(system)).toEqual([5, 1, 0]);
    expect(collect(system)).toBe(VIRTIO_NONE);
    expect(system.device.giveBack(first.head, 11)).toBe(VIRTIO_OK);
    expect(collect(system)).toEqual([0xffff_ffff, 0, 11]);
    expect(new Set(cursors(system)).size).toBe(1);
  });

  it('say NONE, and change nothing, where there is nothing', () => {
    const system = newPacked(2);
    const before = system.bytes();
    expect([takeCode(system), collect(system)]).toEqual([VIRTIO_NONE, VIRTIO_NONE]);
    add(system);
    const added = system.bytes();
    expect(collect(system)).toBe(VIRTIO_NONE);
    expect(system.bytes()).toEqual(added);
    expect(added).not.toEqual(before);
  });

  it('give ids out again, those that came back last first', () => {
    const system = newPacked(3);
    for (let i = 0; i < 3; i++) add(system, 1, i);
    const heads = [0, 1, 2].map(() => take(system).head);
    expect(heads).toEqual([0, 1, 2]);
    for (const head of [2, 0, 1]) system.device.giveBack(head, 0);
    expect([0, 1, 2].map(() => collect(system))).toEqual([
      [2, 2, 0],
      [0, 0, 0],
      [1, 1, 0],
    ]);
    add(system, 1, 7);
    expect(take(system).head).toBe(1);
  });
});

describe('giveBack', () => {
  it('refuses what the device does not have, and more bytes than it can have written', () => {
    const system = newPacked(3);
    add(system, 2, 0, 1);
    const { head } = take(system);
    const before = system.bytes();
    for (const other of [1, 2, 3, -1, 0.5, 0x1_0000])
      expect([other, system.device.giveBack(other, 0)]).toEqual([other, VIRTIO_INVALID]);
    for (const written of [6, -1, 0.5])
      expect([written, system.device.giveBack(head, written)]).toEqual([written, VIRTIO_INVALID]);
    expect(system.bytes()).toEqual(before);
    expect(system.device.giveBack(head, 5)).toBe(VIRTIO_OK);
    expect(system.device.giveBack(head, 0)).toBe(VIRTIO_INVALID);
  });
});

describe('INDIRECT_DESC', () => {
  it('puts all segments into the table of the id, and takes one slot', () => {
    const system = newPacked(3, { entries: 3, features: { indirectDesc: true } });
    const { view, tables } = system;
    const segments = segmentsOf(system, 3, 1);
    for (let i = 0; i < 3; i++) expect(system.driver.add(segments, i, { indirectFrom: 0 })).toBe(VIRTIO_OK);
    for (let id = 0; id < 3; id++) {
      const table = tables + id * 48;
      expect(view.getBigUint64(BASE + 16 * id, true)).toBe(BigInt(table));
      expect(view.getUint32(BASE + 16 * id + 8, true)).toBe(48);
      expect(flagsAt(system, id)).toBe(0x0084);
      segments.forEach(({ addr, len, writable }, i) => {
        expect(view.getBigUint64(table + 16 * i, true)).toBe(BigInt(addr));
        expect(view.getUint32(table + 16 * i + 8, true)).toBe(len);
        expect(view.getUint16(table + 16 * i + 14, true)).toBe(writable ? 2 : 0);
      });
    }
    for (let id = 0; id < 3; id++) expect(take(system)).toEqual({ head: id, segments });
    expect(system.device.giveBack(1, 6)).toBe(VIRTIO_OK);
    expect(collect(system)).toEqual([1, 1, 6]);
  });

  it('may be mixed with direct lists in one ring', () => {
    const system = newPacked(3, { entries: 2, features: { indirectDesc: true } });
    add(system, 2, 1);
    expect(system.driver.add(segmentsOf(system, 2), 2, { indirectFrom: 0 })).toBe(VIRTIO_OK);
    expect([take(system).segments.length, take(system).segments.length]).toEqual([2, 2]);
    for (const head of [1, 0]) expect(system.device.giveBack(head, 0)).toBe(VIRTIO_OK);
    expect([collect(system), collect(system)]).toEqual([
      [2, 1, 0],
      [1, 0, 0],
    ]);
    expect(new Set(cursors(system)).size).toBe(1);
  });
});

describe('IN_ORDER', () => {
  const features: Features = { inOrder: true };

  it('wants lists returned in the order in which they were taken', () => {
    const system = newPacked(3, { features });
    for (let i = 0; i < 3; i++) add(system, 1, i);
    for (let i = 0; i < 3; i++) take(system);
    expect([1, 2].map((head) => system.device.giveBack(head, 0))).toEqual([VIRTIO_INVALID, VIRTIO_INVALID]);
    expect([0, 1, 2].map((head) => system.device.giveBack(head, 0))).toEqual([0, 0, 0]);
    expect([0, 1, 2].map(() => collect(system))).toEqual([0, 1, 2].map((i) => [i, i, 0]));
  });

  it('has one used descriptor for a batch, at its first slot and with its last id', () => {
    for (const slot of [0, 1, 2, 3]) {
      const system = newPacked(4, { features, start: { slot, wrap: 1 } });
      add(system, 2, 10, 1);
      add(system, 1, 11);
      add(system, 1, 12, 1);
      const heads = [take(system).head, take(system).head, take(system).head];
      const flagsBefore = [1, 2, 3].map((i) => flagsAt(system, (slot + i) % 4));
      expect(system.device.giveBackBatch(heads, 3)).toBe(VIRTIO_OK);
      expect(flagsAt(system, slot)).toBe(0x8082);
      expect(system.view.getUint16(BASE + 16 * slot + 12, true)).toBe(2);
      expect(system.view.getUint32(BASE + 16 * slot + 8, true)).toBe(3);
      expect([1, 2, 3].map((i) => flagsAt(system, (slot + i) % 4))).toEqual(flagsBefore);
      expect(system.driver.enableInterrupts()).toBe(false);
      expect(collect(system)).toEqual([10, 0, UNKNOWN_LENGTH]);
      // Something is there to be collected, though the slot at the cursor does not say so.
      expect([system.driver.enableInterrupts(), system.driver.hasUsed()]).toEqual([false, true]);
      expect(collect(system)).toEqual([11, 1, UNKNOWN_LENGTH]);
      // What is free can be used in the middle of a batch.
      add(system, 2, 13);
      expect(collect(system)).toEqual([12, 2, 3]);
      expect(collect(system)).toBe(VIRTIO_NONE);
      expect(system.driver.enableInterrupts()).toBe(true);
      expect(system.device.giveBackBatch([take(system).head], 0)).toBe(VIRTIO_OK);
      expect(collect(system)).toEqual([13, 1, 0]);
      expect(new Set(cursors(system)).size).toBe(1);
      expect(system.driverState.free_slots).toBe(4);
    }
  });

  it('can have a batch as long as the ring at every slot', () => {
    for (const { size, slot, wrap } of places) {
      const system = newPacked(size, { features, start: { slot, wrap } });
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < size; i++) add(system, 1, i);
        const heads = Array.from({ length: size }, () => take(system).head);
        expect(system.device.giveBackBatch(heads, 0)).toBe(VIRTIO_OK);
        const tokens = heads
          .map(() => collect(system))
          .map((got) => (typeof got === 'number' ? got : got[0]));
        expect(tokens).toEqual(heads.map((_, i) => i));
        expect(collect(system)).toBe(VIRTIO_NONE);
      }
      expect(new Set(cursors(system)).size).toBe(1);
    }
  });

  it('refuses batches that are none, and changes nothing then', () => {
    const system = newPacked(4, { features });
    for (let i = 0; i < 4; i++) add(system, 1, i, 1);
    for (let i = 0; i < 3; i++) take(system);
    const before = system.bytes();
    for (const heads of [[], [1], [0, 2], [0, 1, 2, 3], [0, 0], [0, 1, 2, 0, 1]])
      expect([heads, system.device.giveBackBatch(heads, 0)]).toEqual([heads, VIRTIO_INVALID]);
    expect(system.device.giveBackBatch([0, 1], 5)).toBe(VIRTIO_INVALID);
    expect(system.bytes()).toEqual(before);
    const other = newPacked(2);
    add(other);
    expect(other.device.giveBackBatch([take(other).head], 0)).toBe(VIRTIO_INVALID);
  });
});

describe('giveBackRequest', () => {
  it('gives several lists back, of which the driver sees all or none', () => {
    const seen: unknown[] = [];
    const system = newPacked(4, { start: { slot: 3, wrap: 1 } });
    add(system, 2, 10, 1);
    add(system, 1, 11, 1);
    const heads = [take(system).head, take(system).head];
    const { store } = system.devicePort;
    system.devicePort.store = (at, value, order) => {
      store.call(system.devicePort, at, value, order);
      seen.push(system.driver.enableInterrupts());
    };
    expect(system.device.giveBackRequest(heads, [2, 3])).toBe(VIRTIO_OK);
    const found = seen.indexOf(false);
    system.devicePort.store = store;
    expect(found).toBeGreaterThan(0);
    expect([collect(system), collect(system), collect(system)]).toEqual([
      [10, 0, 2],
      [11, 1, 3],
      VIRTIO_NONE,
    ]);
    expect(new Set(cursors(system)).size).toBe(1);
    expect(system.driverState.free_slots).toBe(4);
  });

  it('refuses what is no request, and changes nothing then', () => {
    const system = newPacked(4);
    for (let i = 0; i < 3; i++) add(system, 1, i, 1);
    for (let i = 0; i < 2; i++) take(system);
    const before = system.bytes();
    const wrong: readonly (readonly [number[], number[]])[] = [
      [[], []],
      [[0, 1], [0]],
      [
        [0, 0],
        [0, 0],
      ],
      [
        [0, 2],
        [0, 0],
      ],
      [
        [0, 1],
        [0, 5],
      ],
    ];
    for (const [heads, written] of wrong)
      expect([heads, system.device.giveBackRequest(heads, written)]).toEqual([heads, VIRTIO_INVALID]);
    expect(system.bytes()).toEqual(before);
  });

  it('keeps to the order with IN_ORDER', () => {
    const system = newPacked(2, { features: { inOrder: true } });
    add(system);
    add(system);
    const [first, second] = [take(system).head, take(system).head];
    expect(system.device.giveBackRequest([second, first], [0, 0])).toBe(VIRTIO_INVALID);
    expect(system.device.giveBackRequest([first, second], [0, 0])).toBe(VIRTIO_OK);
  });
});

describe('notifications', () => {
  const both: Features[] = [{}, { eventIdx: true }];

  it.each(both)('are given for all that is new, once, with %o', (features) => {
    const system = newPacked(4, { features });
    const { driver, device, notified } = system;
    expect([driver.kick(), device.interrupt()]).toEqual([false, false]);
    add(system);
    add(system);
    expect([driver.kick(), driver.kick()]).toEqual([true, false]);
    for (let i = 0; i < 2; i++) device.giveBack(take(system).head, 0);
    expect([device.interrupt(), device.interrupt()]).toEqual([true, false]);
    expect(notified).toEqual({ kicks: 1, interrupts: 1 });
  });

  it('say with NOTIFICATION_DATA which slot is the next one', () => {
    const system = newPacked(2, { features: { notificationData: true } });
    const told = [1, 2].map(() => {
      add(system);
      system.driver.kick();
      return system.notified.data;
    });
    expect(told).toEqual([
      { next_off: 1, next_wrap: 1 },
      { next_off: 0, next_wrap: 0 },
    ]);
  });

  it.each(both)('are not given to a side that wants none, with %o', (features) => {
    const system = newPacked(4, { features });
    const { driver, device, notified } = system;
    device.disableKicks();
    driver.disableInterrupts();
    add(system);
    expect(driver.kick()).toBe(false);
    device.giveBack(take(system).head, 0);
    expect(device.interrupt()).toBe(false);
    expect(notified).toEqual({ kicks: 0, interrupts: 0 });
    expect([device.enableKicks(), driver.enableInterrupts()]).toEqual([true, false]);
    expect(driver.hasUsed()).toBe(true);
    collect(system);
    expect([driver.enableInterrupts(), driver.hasUsed()]).toEqual([true, false]);
    add(system);
    expect([driver.kick(), device.enableKicks()]).toEqual([true, false]);
  });

  it('without EVENT_IDX are given for any flags but DISABLE, of which 2 and 3 mean nothing then', () => {
    for (const [flags, wanted] of [
      [0, true],
      [1, false],
      [2, true],
      [3, true],
    ] as const) {
      const system = newPacked(4);
      const { view, geometry } = system;
      view.setUint16(geometry.deviceEvent, 3, true);
      view.setUint16(geometry.deviceEvent + 2, flags, true);
      add(system);
      expect([flags, system.driver.kick()]).toEqual([flags, wanted]);
    }
  });

  it('with EVENT_IDX the reserved flags count as a wish, and reserved bits mean nothing', () => {
    for (const [flags, wanted] of [
      [3, true],
      [0xfffc, true],
      [0xfffd, false],
    ] as const) {
      const system = newPacked(4, { features: { eventIdx: true } });
      system.view.setUint16(system.geometry.deviceEvent + 2, flags, true);
      add(system);
      expect([flags, system.driver.kick()]).toEqual([flags, wanted]);
    }
  });

  it('with EVENT_IDX say where the side stands, in one word', () => {
    const system = newPacked(3, { features: { eventIdx: true }, start: { slot: 2, wrap: 1 } });
    const { view, geometry } = system;
    system.device.enableKicks();
    system.driver.enableInterrupts();
    expect(view.getUint32(geometry.deviceEvent, true)).toBe(0x2_8002);
    expect(view.getUint32(geometry.driverEvent, true)).toBe(0x2_8002);
  });

  /** Whether the window from `old` on, of `count` slots, contains the slot: by going through it, lap by lap. */
  function contains(size: number, old: number, count: number, event: number): boolean {
    for (let i = 0; i < count; i++) {
      const at = old + i;
      const cursor = packedCursor(at % size, Math.floor(at / size) % 2 === 0 ? 1 : 0);
      if (cursor === event) return true;
    }
    return false;
  }

  it.each([false, true])(
    'with EVENT_IDX are given when the window contains the slot, halves: %s',
    (halves) => {
      for (const size of [1, 2, 3, 4, 5]) {
        for (let old = 0; old < 2 * size; old++) {
          for (let count = 1; count <= size; count++) {
            for (let event = 0; event < 2 * size; event++) {
              const [slot, wrap] = [old % size, old < size ? 1 : 0];
              const wanted = packedCursor(event % size, event < size ? 1 : 0);
              const features = { eventIdx: true };
              const system = newPacked(size, { features, halves, start: { slot, wrap } });
              const { view, geometry } = system;
              for (const at of [geometry.deviceEvent, geometry.driverEvent]) {
                view.setUint16(at, wanted, true);
                view.setUint16(at + 2, 2, true);
              }
              // One list of all slots but one, and then one of one: the window is that of both together.
              if (count > 1) add(system, count - 1);
              add(system, 1);
              const expected = contains(size, old, count, wanted);
              const at = { size, old, count, event };
              expect([at, system.driver.kick()]).toEqual([at, expected]);
              if (count > 1) system.device.giveBack(take(system).head, 0);
              system.device.giveBack(take(system).head, 0);
              expect([at, system.device.interrupt()]).toEqual([at, expected]);
            }
          }
        }
      }
    },
  );

  it('P11: are not lost by going round without a kick as often as the counter has values', () => {
    const system = newPacked(0x8000, { features: { eventIdx: true }, buffers: 1 });
    const segment = { addr: system.buffers, len: 1, writable: false };
    const full = Array.from({ length: 0x8000 }, () => segment);
    for (let i = 0; i < 2; i++) {
      expect(system.driver.add(full, i)).toBe(VIRTIO_OK);
      system.device.giveBack(take(system).head, 0);
      collect(system);
    }
    expect(system.driverState.added).toBe(0x8000);
    expect([system.driver.kick(), system.device.interrupt()]).toEqual([true, true]);
  });

  it('by halves store and load the same bytes', () => {
    const words = [false, true].map((halves) => {
      const system = newPacked(4, { features: { eventIdx: true }, halves, start: { slot: 1, wrap: 0 } });
      const { view, geometry, driver, device } = system;
      const seen: number[] = [];
      const look = (): void => {
        seen.push(view.getUint32(geometry.driverEvent, true), view.getUint16(geometry.deviceEvent + 2, true));
      };
      driver.enableInterrupts();
      device.disableKicks();
      look();
      add(system);
      expect(driver.kick()).toBe(false);
      device.enableKicks();
      look();
      return seen;
    });
    expect(words[0]).toEqual(words[1]);
    const plain = newPacked(2, { halves: true });
    add(plain);
    expect(plain.driver.kick()).toBe(true);
    plain.device.enableKicks();
    expect(plain.view.getUint32(plain.geometry.deviceEvent, true)).toBe(0);
  });
});

/** A generator with a fixed seed: 0..below-1. */
function lcg(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

describe('random round trips', () => {
  const cases = [1, 2, 3, 4, 7, 64].flatMap((size) =>
    [
      {},
      { inOrder: true },
      { indirectDesc: true },
      { inOrder: true, indirectDesc: true, eventIdx: true },
    ].map((features) => ({ size, features })),
  );

  it.each(cases)(
    'bring each token back once, with its length, and both sides to one place: %o',
    (options) => {
      const { size, features } = options;
      const random = lcg(size * 31 + Object.keys(features).length);
      const system = newPacked(size, { features, entries: 3, buffers: size + 3 });
      const out = new Map<number, number>();
      const fresh: number[] = [];
      const held: { head: number; writable: number }[] = [];
      const given: { token: number; len: number }[] = [];
      const tokens = new Map<number, number>();
      let token = 0;
      const newToken = (): number => token++;
      for (let step = 0; step < 3000; step++) {
        const move = random(4);
        if (move === 0) {
          const count = 1 + random(Math.min(3, size));
          const segments = segmentsOf(system, count, random(count + 1));
          const indirect = 'indirectDesc' in features && random(2) === 0;
          const code = system.driver.add(segments, token, indirect ? { indirectFrom: 0 } : {});
          const needed = indirect ? 1 : count;
          const used = [...out.values()].reduce((sum, slots) => sum + slots, 0);
          expect(code).toBe(used + needed > size ? VIRTIO_NO_SPACE : VIRTIO_OK);
          if (code !== VIRTIO_OK) continue;
          fresh.push(token);
          out.set(newToken(), needed);
        } else if (move === 1) {
          const taken = newTaken();
          const code = system.device.take(taken);
          expect(code).toBe(fresh.length > 0 ? VIRTIO_OK : VIRTIO_NONE);
          if (code !== VIRTIO_OK) continue;
          tokens.set(taken.head, fresh.shift() ?? -1);
          const writable = taken.segments.reduce((sum, { len, writable: w }) => sum + (w ? len : 0), 0);
          held.push({ head: taken.head, writable });
        } else if (move === 2 && held.length > 0) {
          const inOrder = 'inOrder' in features;
          const count = inOrder ? 1 + random(held.length) : 1;
          const batch = inOrder ? held.splice(0, count) : held.splice(random(held.length), 1);
          const last = batch.at(-1);
          if (last === undefined) throw new Error('an empty batch');
          const written = random(last.writable + 1);
          const heads = batch.map(({ head }) => head);
          const code = inOrder
            ? system.device.giveBackBatch(heads, written)
            : system.device.giveBack(last.head, written);
          expect(code).toBe(VIRTIO_OK);
          for (const head of heads)
            given.push({ token: tokens.get(head) ?? -1, len: head === last.head ? written : UNKNOWN_LENGTH });
        } else if (move === 3) {
          const collected = newCollected();
          const expected = given.shift();
          expect(system.driver.collect(collected)).toBe(expected === undefined ? VIRTIO_NONE : VIRTIO_OK);
          if (expected === undefined) continue;
          expect({ token: collected.token, len: collected.len }).toEqual(expected);
          out.delete(collected.token);
        }
        if (out.size === 0) {
          expect(new Set(cursors(system)).size).toBe(1);
          expect([system.driverState.free_slots, system.deviceState.held]).toEqual([size, 0]);
        }
      }
      expect(token).toBeGreaterThan(100);
    },
  );
});

describe('what is kept', () => {
  it('lies in the memories alone: another object goes on where one stopped', () => {
    const system: PackedSystem = newPacked(3);
    const options = { id: 'queue', features: {} };
    add(system, 2, 4);
    const device = new PackedDevice(system.devicePort, 8, BASE, options);
    const taken = newTaken();
    expect(device.take(taken)).toBe(VIRTIO_OK);
    expect(system.device.giveBack(taken.head, 0)).toBe(VIRTIO_OK);
    const collected = newCollected();
    expect(new PackedDriver(system.driverPort, 8, BASE, options).collect(collected)).toBe(VIRTIO_OK);
    expect(collected).toEqual({ token: 4, head: 0, len: 0 });
    expect(BUFFER_BYTES).toBe(packed_desc_t.bytes);
  });
});
