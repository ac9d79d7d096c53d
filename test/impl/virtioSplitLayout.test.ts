/** Where everything lies, held against VirtIO 1.2, 2.7; the numbers here are written from there. */
import { describe, expect, it } from 'vitest';
import {
  MAX_SPLIT_SIZE,
  placeSplitVirtqueue,
  split_avail_t,
  split_desc_t,
  split_used_elem_t,
  split_used_t,
  splitDeviceBytes,
  splitDriverBytes,
  splitGeometry,
  startSplitAt,
  VIRTIO_INVALID,
  VIRTIO_OK,
} from 'vqcheck/impl';
import { LayoutMap, LivePort, type Space } from 'vqcheck/memory';
import { newSplit, newSplitSides, QUEUE } from './virtioSplitSystem.ts';

describe('virtio 1.2 §2.7 › the parts of a split virtqueue', () => {
  it.each([1, 2, 4, 256])('of %i descriptors have the sizes of the specification', (size) => {
    const at = splitGeometry(QUEUE, size);
    expect(at.avail - at.desc).toBe(16 * size);
    expect(at.usedEvent - at.avail).toBe(4 + 2 * size);
    expect(at.used).toBeGreaterThanOrEqual(at.avail + 6 + 2 * size);
    expect(at.availEvent - at.used).toBe(4 + 8 * size);
    expect(at.end - at.used).toBe(6 + 8 * size);
  });

  it.each([1, 2, 4, 256])('of %i descriptors are aligned to 16, 2 and 4 (SD1)', (size) => {
    for (const base of [0, 16, QUEUE, 4096]) {
      const at = splitGeometry(base, size);
      expect([at.desc % 16, at.avail % 2, at.used % 4]).toEqual([0, 0, 0]);
    }
  });

  it('have their fields where the specification has them', () => {
    expect(split_desc_t.offsets).toEqual({ addr: 0, addr_high: 4, len: 8, flags: 12, next: 14 });
    expect(split_desc_t.bytes).toBe(16);
    expect(split_avail_t.offsets).toEqual({ flags: 0, idx: 2 });
    expect(split_used_t.offsets).toEqual({ flags: 0, idx: 2 });
    expect(split_used_elem_t.offsets).toEqual({ id: 0, len: 4 });
    expect(split_used_elem_t.bytes).toBe(8);
  });

  it.each([1, 2, 4, 256])('of %i descriptors bear the names of the specification at every byte', (size) => {
    const names = new LayoutMap();
    placeSplitVirtqueue(names, QUEUE, size);
    const at = splitGeometry(QUEUE, size);
    const nameOf = (offset: number, bytes: number): string => names.nameOf('shared', offset, bytes);
    for (let i = 0; i < size; i++) {
      const desc = at.desc + 16 * i;
      expect(nameOf(desc, 4)).toBe(`desc[${i}].addr`);
      expect(nameOf(desc + 4, 4)).toBe(`desc[${i}].addr_high`);
      expect(nameOf(desc + 8, 4)).toBe(`desc[${i}].len`);
      expect(nameOf(desc + 12, 2)).toBe(`desc[${i}].flags`);
      expect(nameOf(desc + 14, 2)).toBe(`desc[${i}].next`);
      expect(nameOf(at.avail + 4 + 2 * i, 2)).toBe(`avail.ring[${i}]`);
      expect(nameOf(at.used + 4 + 8 * i, 4)).toBe(`used.ring[${i}].id`);
      expect(nameOf(at.used + 8 + 8 * i, 4)).toBe(`used.ring[${i}].len`);
    }
    expect(nameOf(at.avail, 2)).toBe('avail.flags');
    expect(nameOf(at.avail + 2, 2)).toBe('avail.idx');
    expect(nameOf(at.avail + 4 + 2 * size, 2)).toBe('avail.used_event');
    expect(nameOf(at.used, 2)).toBe('used.flags');
    expect(nameOf(at.used + 2, 2)).toBe('used.idx');
    expect(nameOf(at.used + 4 + 8 * size, 2)).toBe('used.avail_event');
    expect(nameOf(at.end, 2)).toMatch(/^shared\+/);
  });

  it('can bear the name of their queue', () => {
    const names = new LayoutMap();
    placeSplitVirtqueue(names, QUEUE, 2, 'tx');
    expect(names.nameOf('shared', splitGeometry(QUEUE, 2).avail + 4, 2)).toBe('tx.avail.ring[0]');
    expect(names.nameOf('shared', QUEUE, 4)).toBe('tx.desc[0].addr');
  });

  it.each([1, 2, 4, 256])('of %i descriptors are reached there, and nowhere else', (size) => {
    const eventIdx = newSplit(size, { features: { eventIdx: true } });
    const flags = newSplit(size);
    for (const { driver, device, buffers, driverPort, devicePort, geometry } of [eventIdx, flags]) {
      for (let i = 0; i < size; i++) driver.add([{ addr: buffers, len: 1, writable: true }], 0);
      driver.kick();
      for (let i = 0; i < size; i++) {
        const out = { head: 0, segments: [] };
        device.take(out);
        device.giveBack(out.head, 0);
      }
      device.interrupt();
      device.disableKicks();
      device.enableKicks();
      for (let i = 0; i < size; i++) driver.collect({ head: 0, token: 0, len: 0 });
      driver.disableInterrupts();
      driver.enableInterrupts();
      const touched = (port: typeof driverPort, kind: string): Set<number> =>
        new Set(
          port
            .shared()
            .filter(([k]) => k === kind)
            .map((access) => Number(access[2])),
        );
      const written = touched(driverPort, 'store');
      const descriptors = Array.from({ length: size }, (_, i) => geometry.desc + 16 * i);
      const ring = Array.from({ length: size }, (_, i) => geometry.avail + 4 + 2 * i);
      const entries = Array.from({ length: size }, (_, i) => geometry.used + 4 + 8 * i);
      const isEvent = eventIdx.geometry === geometry;
      // A chain of one descriptor has no `next`.
      expect(written).toEqual(
        new Set([
          ...descriptors.flatMap((at) => [at, at + 4, at + 8, at + 12]),
          geometry.avail + 2,
          ...ring,
          isEvent ? geometry.usedEvent : geometry.avail,
        ]),
      );
      expect(touched(devicePort, 'load')).toEqual(
        new Set([
          ...descriptors.flatMap((at) => [at, at + 4, at + 8, at + 12]),
          geometry.avail + 2,
          ...ring,
          isEvent ? geometry.usedEvent : geometry.avail,
        ]),
      );
      const answered = [geometry.used + 2, ...entries.flatMap((at) => [at, at + 4])];
      const wish = isEvent ? geometry.availEvent : geometry.used;
      expect(touched(devicePort, 'store')).toEqual(new Set([...answered, wish]));
      expect(touched(driverPort, 'load')).toEqual(new Set([...answered, wish]));
    }
  });
});

describe('virtio 1.2 §2.7 › the size of a queue', () => {
  it('is any power of two from 1 to 32768', () => {
    for (let size = 1; size <= MAX_SPLIT_SIZE; size *= 16) {
      const { driver, device, names } = newSplitSides(size);
      expect([size, driver.init(size), device.init(size)]).toEqual([size, VIRTIO_OK, VIRTIO_OK]);
      expect(names.nameOf('local', 0, 2)).toBe('driver.size');
    }
    const { driver, device } = newSplitSides(MAX_SPLIT_SIZE);
    expect([driver.init(MAX_SPLIT_SIZE), device.init(MAX_SPLIT_SIZE)]).toEqual([VIRTIO_OK, VIRTIO_OK]);
  });

  it('is nothing else, and nothing is touched then', () => {
    const system = newSplitSides(4);
    const before = system.bytes();
    for (const size of [0, -1, 3, 5, 6, 12, 1.5, 0x1_0000, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect([size, system.driver.init(size), system.device.init(size)]).toEqual([
        size,
        VIRTIO_INVALID,
        VIRTIO_INVALID,
      ]);
    }
    expect(system.bytes()).toEqual(before);
    expect([...system.driverPort.accesses, ...system.devicePort.accesses]).toEqual([]);
  });

  it('takes what the sides say they take of core-local memory', () => {
    for (const size of [1, 2, 256]) {
      const { driverPort, devicePort, driver, device } = newSplitSides(size, { features: { inOrder: true } });
      driver.init(size);
      device.init(size);
      const end = (port: typeof driverPort): number =>
        Math.max(
          ...port.accesses
            .filter(([, space]) => space === 'local')
            .map(([, , at, bytes]) => Number(at) + Number(bytes)),
        );
      expect(end(driverPort)).toBeLessThanOrEqual(splitDriverBytes(size));
      expect(end(devicePort)).toBeLessThanOrEqual(splitDeviceBytes(size));
      expect([splitDriverBytes(size) % 4, splitDeviceBytes(size) % 4]).toEqual([0, 0]);
    }
  });
});

describe('a queue is refused with a RangeError', () => {
  const port = new LivePort({ shared: new SharedArrayBuffer(8), local: new ArrayBuffer(8) });

  it.each([8, 17, 1.5])('when it begins at %d', (base) => {
    const { driver, device } = newSplitSides(1);
    const options = { id: 'queue', features: {} };
    for (const side of [driver, device]) {
      const Side = side.constructor as new (...args: unknown[]) => object;
      expect(() => new Side(port, 0, base, options)).toThrow('base: expected a multiple of 16');
    }
  });

  it.each([0, 1, 3, 0x2_0000, 2.5])('when its index modulus is %d', (indexModulus) => {
    expect(() => newSplitSides(1, { indexModulus })).toThrow(
      'indexModulus: expected a power of two in 2..65536',
    );
  });

  it('when its indices have not two laps', () => {
    const { driver, device } = newSplitSides(4, { indexModulus: 4 });
    for (const side of [driver, device])
      expect(() => side.init(4)).toThrow('indexModulus 4 is less than two laps of 4 entries');
    expect(newSplitSides(4, { indexModulus: 8 }).driver.init(4)).toBe(VIRTIO_OK);
  });
});

describe('startSplitAt', () => {
  it('moves both sides and all indices to the same place', () => {
    const system = newSplit(2, { features: { eventIdx: true } });
    const { driverPort, devicePort, geometry, view, driverState, deviceState } = system;
    startSplitAt(driverPort, devicePort, { driver: 0, device: 0 }, geometry, 65_535);
    const words = [geometry.avail + 2, geometry.usedEvent, geometry.used + 2, geometry.availEvent];
    expect(words.map((at) => view.getUint16(at, true))).toEqual([65_535, 65_535, 65_535, 65_535]);
    expect([driverState.avail_idx, driverState.last_used]).toEqual([65_535, 65_535]);
    expect([deviceState.last_avail, deviceState.used_idx]).toEqual([65_535, 65_535]);
  });
});

describe('names of core-local memory', () => {
  it('are those of the structs', () => {
    const { names } = newSplitSides(2);
    const local: Space = 'local';
    expect(names.nameOf(local, 2, 2)).toBe('driver.free_head');
    expect(names.nameOf(local, splitDriverBytes(0) + (splitDriverBytes(1) - splitDriverBytes(0)), 2)).toBe(
      'driver.desc[1].next',
    );
  });
});
