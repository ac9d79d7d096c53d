import { describe, expect, it } from 'vitest';
import {
  advanceCursor,
  EVENT_DESC,
  EVENT_DISABLE,
  EVENT_ENABLE,
  PACKED_AVAIL,
  PACKED_INDIRECT,
  PACKED_NEXT,
  PACKED_START,
  PACKED_USED,
  PACKED_WRITE,
  packed_desc_t,
  packed_event_halves_t,
  packed_event_t,
  packed_table_entry_t,
  packedCursor,
  packedDeviceBytes,
  packedDriverBytes,
  packedFlagsLocation,
  packedGeometry,
  packedSlotOf,
  packedWrapOf,
  placePackedDevice,
  placePackedDriver,
  placePackedTables,
  placePackedVirtqueue,
} from 'vqcheck/impl';
import { LayoutMap, offsetOf } from 'vqcheck/memory';
import { BASE, cursors, flagsAt, newPacked } from './virtioPackedSystem.ts';

describe('VirtIO 1.2, 2.8.13 and 2.8.14: the packed virtqueue in memory', () => {
  it('has descriptors of 16 bytes: addr, len, id, flags', () => {
    for (const type of [packed_desc_t, packed_table_entry_t]) {
      expect(type.offsets).toEqual({ addr: 0, addr_high: 4, len: 8, id: 12, flags: 14 });
      expect(type.bytes).toBe(16);
    }
  });

  it('has event structures of 4 bytes: offset and wrap counter, then flags', () => {
    expect(packed_event_t.offsets).toEqual({ word: 0 });
    expect(packed_event_halves_t.offsets).toEqual({ desc: 0, flags: 2 });
    expect([packed_event_t.bytes, packed_event_halves_t.bytes]).toEqual([4, 4]);
    expect([EVENT_ENABLE, EVENT_DISABLE, EVENT_DESC]).toEqual([0, 1, 2]);
  });

  it('has the flags of the specification', () => {
    expect([PACKED_NEXT, PACKED_WRITE, PACKED_INDIRECT, PACKED_AVAIL, PACKED_USED]).toEqual([
      1,
      2,
      4,
      1 << 7,
      1 << 15,
    ]);
  });

  it.each([1, 2, 3, 4, 256])('lies as 2.8.11 wants it at size %i', (size) => {
    const geometry = packedGeometry(BASE, size);
    expect(geometry).toEqual({
      size,
      ring: BASE,
      driverEvent: BASE + 16 * size,
      deviceEvent: BASE + 16 * size + 4,
      end: BASE + 16 * size + 8,
    });
    expect([geometry.ring % 16, geometry.driverEvent % 4, geometry.deviceEvent % 4]).toEqual([0, 0, 0]);
    for (let slot = 0; slot < size; slot++)
      expect(offsetOf(packedFlagsLocation(geometry, slot))).toBe(BASE + 16 * slot + 14);
  });

  it.each([1, 2, 3, 4, 256])('writes every byte of a descriptor where it belongs at size %i', (size) => {
    for (const slot of new Set([0, size - 1])) {
      const system = newPacked(size, { start: { slot, wrap: 1 } });
      const { driver, device, buffers, view } = system;
      driver.add([{ addr: buffers, len: 0x0a, writable: true }], 7);
      const at = BASE + 16 * slot;
      expect(view.getBigUint64(at, true)).toBe(BigInt(buffers));
      expect(view.getUint32(at + 8, true)).toBe(0x0a);
      expect(view.getUint16(at + 12, true)).toBe(0);
      expect(view.getUint16(at + 14, true)).toBe(PACKED_WRITE | PACKED_AVAIL);
      device.disableKicks();
      driver.disableInterrupts();
      expect(view.getUint32(BASE + 16 * size, true)).toBe(0x1_0000);
      expect(view.getUint32(BASE + 16 * size + 4, true)).toBe(0x1_0000);
    }
  });

  it('takes as many bytes of core-local memory as the private structs need', () => {
    expect([1, 4].map(packedDriverBytes)).toEqual([24 + 16, 24 + 4 * 16]);
    expect([1, 4].map(packedDeviceBytes)).toEqual([16 + 8, 16 + 4 * 8]);
  });
});

describe('names in traces', () => {
  const names = new LayoutMap();
  placePackedVirtqueue(names, 64, 2);
  placePackedTables(names, 'table', 128, 2, 3);
  placePackedDriver(names, 'driver', 8, 2);
  it.each([
    [64 + 14, 2, 'desc[0].flags'],
    [64 + 16 + 12, 2, 'desc[1].id'],
    [64 + 16 + 4, 4, 'desc[1].addr_high'],
    [64 + 32, 4, 'driver_event.word'],
    [64 + 36, 4, 'device_event.word'],
    [128 + 8, 4, 'table[0][0].len'],
    [128 + 16 * 4 + 14, 2, 'table[1][1].flags'],
  ])('byte %i is called %3$s', (at, bytes, name) => {
    expect(names.nameOf('shared', at, bytes)).toBe(name);
  });

  it('has a prefix for one queue of several, and halves', () => {
    const others = new LayoutMap();
    placePackedVirtqueue(others, 64, 2, 'tx', true);
    placePackedDevice(others, 'device', 8, 2);
    expect(others.nameOf('shared', 64, 4)).toBe('tx.desc[0].addr');
    expect(others.nameOf('shared', 64 + 32, 2)).toBe('tx.driver_event.desc');
    expect(others.nameOf('shared', 64 + 38, 2)).toBe('tx.device_event.flags');
    expect(others.nameOf('local', 8, 4)).toBe('device.next_avail');
    expect(others.nameOf('local', 8 + 16 + 8 + 4, 2)).toBe('device.list[1].slots');
    expect(names.nameOf('local', 8 + 24 + 16 + 8, 2)).toBe('driver.buffer[1].slots');
  });
});

describe('VirtIO 1.2, 2.8.1: cursors', () => {
  it('are a slot and a wrap counter in one word, which begins at slot 0 and 1', () => {
    expect(PACKED_START).toBe(0x8000);
    expect(packedCursor(0x7fff, 1)).toBe(0xffff);
    expect([0x8003, 0x0003].map((cursor) => [packedSlotOf(cursor), packedWrapOf(cursor)])).toEqual([
      [3, 1],
      [3, 0],
    ]);
    expect([packedSlotOf(0x1_8003), packedWrapOf(0x1_8003)]).toEqual([3, 1]);
  });

  it.each([1, 2, 3, 4, 5])('change the wrap counter when they reach or pass the end, at size %i', (size) => {
    for (const wrap of [0, 1]) {
      for (let slot = 0; slot < size; slot++) {
        for (let slots = 0; slots <= size; slots++) {
          const total = slot + slots;
          const expected = packedCursor(total % size, total < size ? wrap : 1 - wrap);
          expect(advanceCursor(packedCursor(slot, wrap), slots, size)).toBe(expected);
        }
      }
    }
  });

  it('can be moved on before work begins, with flags as if the lists of earlier laps had gone round', () => {
    for (const wrap of [0, 1]) {
      const system = newPacked(3, { start: { slot: 2, wrap } });
      const [now, before] = wrap === 1 ? [0x8080, 0] : [0, 0x8080];
      expect(cursors(system)).toEqual([2, 2, 2, 2].map((slot) => packedCursor(slot, wrap)));
      expect([0, 1, 2].map((slot) => flagsAt(system, slot))).toEqual([now, now, before]);
      expect(system.driver.enableInterrupts()).toBe(true);
      expect(system.device.enableKicks()).toBe(true);
    }
  });
});
