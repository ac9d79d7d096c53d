import { describe, expect, it } from 'vitest';
import { newCollected, newTaken, VIRTIO_OK } from 'vqcheck/impl';
import type { RecordingPort } from './recordingPort.ts';
import { add, BASE, clear, newPacked, type PackedSystem, segmentsOf, take } from './virtioPackedSystem.ts';

/** Shared accesses and fences since the last time, by the names of the specification. */
function accesses(system: PackedSystem, port: RecordingPort): string[] {
  const { geometry, tables, buffers } = system;
  const fields: Record<number, string> = { 0: 'addr', 4: 'addr_high', 8: 'len', 12: 'id', 14: 'flags' };
  const nameOf = (at: number): string => {
    if (at < geometry.driverEvent) return `desc[${Math.floor((at - BASE) / 16)}].${fields[at % 16]}`;
    if (at < geometry.end) {
      const half = at % 4 === 2 ? '.flags' : '';
      return (at < geometry.deviceEvent ? 'driver_event' : 'device_event') + half;
    }
    if (at < tables || at >= buffers) return `?${at}`;
    return `table[${Math.floor((at - tables) / 16)}].${fields[at % 16]}`;
  };
  const list = port.shared().map(([kind, space, at, bytes, order]) => {
    if (kind === 'fence') return `fence ${space}`;
    return `${kind === 'load' ? 'R' : 'W'}${Number(bytes) * 8} ${nameOf(Number(at))} ${order}`;
  });
  clear(system);
  return list;
}

const W = (slot: number): string[] => [
  `W32 desc[${slot}].addr plain`,
  `W32 desc[${slot}].addr_high plain`,
  `W32 desc[${slot}].len plain`,
  `W16 desc[${slot}].id plain`,
];
const R = (slot: number): string[] => [
  `R32 desc[${slot}].addr plain`,
  `R32 desc[${slot}].addr_high plain`,
  `R32 desc[${slot}].len plain`,
];

describe('the order of accesses (VirtIO 1.2, 2.8.21 and 2.8.22)', () => {
  it('of add: all of the list, B1, the flags of its head', () => {
    const system = newPacked(3, { start: { slot: 2, wrap: 1 } });
    add(system, 3);
    expect(accesses(system, system.driverPort)).toEqual([
      ...W(2),
      ...W(0),
      'W16 desc[0].flags relaxed',
      ...W(1),
      'W16 desc[1].flags relaxed',
      'fence release',
      'W16 desc[2].flags relaxed',
    ]);
  });

  it('of add with a table: the table, the descriptor, B1, its flags', () => {
    const system = newPacked(2, { features: { indirectDesc: true }, entries: 2 });
    system.driver.add(segmentsOf(system, 2), 0, { indirectFrom: 0 });
    const entry = (i: number): string[] => [
      `W32 table[${i}].addr plain`,
      `W32 table[${i}].addr_high plain`,
      `W32 table[${i}].len plain`,
      `W16 table[${i}].flags plain`,
    ];
    expect(accesses(system, system.driverPort)).toEqual([
      ...entry(0),
      ...entry(1),
      ...W(0),
      'fence release',
      'W16 desc[0].flags relaxed',
    ]);
  });

  it('of kick: B2, then the wish of the device as one word; none without anything new', () => {
    for (const features of [{}, { eventIdx: true }]) {
      const system = newPacked(2, { features });
      system.driver.kick();
      expect(accesses(system, system.driverPort)).toEqual([]);
      add(system);
      clear(system);
      system.driver.kick();
      expect(accesses(system, system.driverPort)).toEqual(['fence seq_cst', 'R32 device_event relaxed']);
    }
  });

  it('of take: the flags at the cursor, B3, each field once, and the id of the last descriptor only', () => {
    const system = newPacked(3, { start: { slot: 1, wrap: 0 } });
    system.device.take(newTaken());
    expect(accesses(system, system.devicePort)).toEqual(['R16 desc[1].flags relaxed']);
    add(system, 3);
    clear(system);
    system.device.take(newTaken());
    expect(accesses(system, system.devicePort)).toEqual([
      'R16 desc[1].flags relaxed',
      'fence acquire',
      ...R(1),
      'R16 desc[2].flags relaxed',
      ...R(2),
      'R16 desc[0].flags relaxed',
      ...R(0),
      'R16 desc[0].id plain',
    ]);
  });

  it('of take with a table: the descriptor, then each entry once', () => {
    const system = newPacked(2, { features: { indirectDesc: true }, entries: 2 });
    system.driver.add(segmentsOf(system, 2), 0, { indirectFrom: 0 });
    clear(system);
    system.device.take(newTaken());
    const entry = (i: number): string[] => [
      `R16 table[${i}].flags plain`,
      `R32 table[${i}].addr plain`,
      `R32 table[${i}].addr_high plain`,
      `R32 table[${i}].len plain`,
    ];
    expect(accesses(system, system.devicePort)).toEqual([
      'R16 desc[0].flags relaxed',
      'fence acquire',
      ...R(0),
      ...entry(0),
      ...entry(1),
      'R16 desc[0].id plain',
    ]);
  });

  it('of giveBack, and of giveBackBatch: id, length, B4, flags', () => {
    const used = (slot: number): string[] => [
      `W16 desc[${slot}].id plain`,
      `W32 desc[${slot}].len plain`,
      'fence release',
      `W16 desc[${slot}].flags relaxed`,
    ];
    const system = newPacked(4, { features: { inOrder: true } });
    for (let i = 0; i < 4; i++) add(system);
    for (let i = 0; i < 4; i++) take(system);
    clear(system);
    system.device.giveBack(0, 0);
    expect(accesses(system, system.devicePort)).toEqual(used(0));
    system.device.giveBackBatch([1, 2, 3], 0);
    expect(accesses(system, system.devicePort)).toEqual(used(1));
  });

  it('of interrupt: B5, then the wish of the driver as one word', () => {
    const system = newPacked(2, { features: { eventIdx: true } });
    add(system);
    system.device.giveBack(take(system).head, 0);
    clear(system);
    system.device.interrupt();
    expect(accesses(system, system.devicePort)).toEqual(['fence seq_cst', 'R32 driver_event relaxed']);
  });

  it('of collect: the flags at the cursor, B6, the id, and the length only with WRITE', () => {
    const system = newPacked(2);
    system.driver.collect(newCollected());
    expect(accesses(system, system.driverPort)).toEqual(['R16 desc[0].flags relaxed']);
    add(system, 1, 0, 1);
    add(system, 1, 1, 1);
    system.device.giveBack(take(system).head, 1);
    system.device.giveBack(take(system).head, 0);
    clear(system);
    expect(system.driver.collect(newCollected())).toBe(VIRTIO_OK);
    expect(accesses(system, system.driverPort)).toEqual([
      'R16 desc[0].flags relaxed',
      'fence acquire',
      'R16 desc[0].id plain',
      'R32 desc[0].len plain',
    ]);
    expect(system.driver.collect(newCollected())).toBe(VIRTIO_OK);
    expect(accesses(system, system.driverPort)).toEqual([
      'R16 desc[1].flags relaxed',
      'fence acquire',
      'R16 desc[1].id plain',
    ]);
  });

  it('of collect within a batch: none', () => {
    const system = newPacked(2, { features: { inOrder: true } });
    add(system);
    add(system);
    system.device.giveBackBatch([take(system).head, take(system).head], 0);
    system.driver.collect(newCollected());
    clear(system);
    expect(system.driver.collect(newCollected())).toBe(VIRTIO_OK);
    expect(accesses(system, system.driverPort)).toEqual([]);
  });

  it('of the wishes: the word, B7 or B8, the flags at the cursor', () => {
    const system = newPacked(3, { features: { eventIdx: true }, start: { slot: 2, wrap: 0 } });
    const { driver, device, driverPort, devicePort } = system;
    driver.disableInterrupts();
    expect(accesses(system, driverPort)).toEqual(['W32 driver_event relaxed']);
    driver.enableInterrupts();
    expect(accesses(system, driverPort)).toEqual([
      'W32 driver_event relaxed',
      'fence seq_cst',
      'R16 desc[2].flags relaxed',
    ]);
    device.disableKicks();
    expect(accesses(system, devicePort)).toEqual(['W32 device_event relaxed']);
    device.enableKicks();
    expect(accesses(system, devicePort)).toEqual([
      'W32 device_event relaxed',
      'fence seq_cst',
      'R16 desc[2].flags relaxed',
    ]);
    driver.hasUsed();
    expect(accesses(system, driverPort)).toEqual(['R16 desc[2].flags relaxed']);
  });

  it('of the wishes by halves: offset, release, flags; and flags, acquire, offset', () => {
    const system = newPacked(2, { features: { eventIdx: true }, halves: true });
    const { driver, device, driverPort, devicePort } = system;
    device.disableKicks();
    expect(accesses(system, devicePort)).toEqual(['W16 device_event.flags relaxed']);
    device.enableKicks();
    expect(accesses(system, devicePort)).toEqual([
      'W16 device_event relaxed',
      'fence release',
      'W16 device_event.flags relaxed',
      'fence seq_cst',
      'R16 desc[0].flags relaxed',
    ]);
    add(system);
    clear(system);
    driver.kick();
    expect(accesses(system, driverPort)).toEqual([
      'fence seq_cst',
      'R16 device_event.flags relaxed',
      'fence acquire',
      'R16 device_event relaxed',
    ]);
    device.disableKicks();
    add(system);
    clear(system);
    driver.kick();
    expect(accesses(system, driverPort)).toEqual(['fence seq_cst', 'R16 device_event.flags relaxed']);
  });
});

describe('core-local words', () => {
  it('P2: a cursor is loaded and stored whole, once each', () => {
    const system = newPacked(1);
    add(system);
    system.device.giveBack(take(system).head, 0);
    clear(system);
    system.driver.collect(newCollected());
    const used = 8 + 4;
    const touched = system.driverPort.accesses.filter(([, space, at]) => space === 'local' && at === used);
    expect(touched.map(([kind, , , bytes, , value]) => [kind, bytes, value])).toEqual([
      ['load', 4, 0x8000],
      ['store', 4, 0],
    ]);
  });
});
