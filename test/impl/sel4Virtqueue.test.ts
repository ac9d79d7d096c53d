import { describe, expect, it } from 'vitest';
import {
  allocator_bytes,
  BLOCK_SIZE,
  channel_bytes,
  channel_geometry,
  device_bytes,
  driver_bytes,
  FRESH,
  init_ring_object,
  MAX_QUEUE_LEN,
  new_ring_object,
  placeDevice,
  placeDriver,
  placeVirtqueue,
  sel4CodeName,
  smallest_virtqueue_modulus,
  VirtqueueDevice,
  VirtqueueDriver,
  VQ_NONE,
  VQ_OK,
  VQ_READ,
  VQ_REFUSED,
  VQ_RW,
  VQ_WRITE,
  virtqueue_init_avail_ring,
  virtqueue_init_desc_table,
  virtqueue_init_used_ring,
  vq_vring_avail_t,
  vq_vring_desc_t,
  vq_vring_used_elem_t,
  vq_vring_used_t,
} from 'vqcheck/impl';
import { LayoutMap, LivePort } from 'vqcheck/memory';
import {
  type ChannelSystem,
  collect,
  DATAPORT,
  newChannel,
  newGathered,
  newSides,
  take,
} from './sel4System.ts';

const LENGTHS = [1, 2, 4, 8] as const;

/** What a descriptor in shared memory says. */
function descOf({ view, geometry }: ChannelSystem, at: number): readonly number[] {
  const base = geometry.desc_table + 16 * at;
  return [
    Number(view.getBigUint64(base, true)),
    view.getUint32(base + 8, true),
    view.getUint16(base + 12, true),
    view.getUint16(base + 14, true),
  ];
}

const availIdx = ({ view, geometry }: ChannelSystem): number => view.getUint16(geometry.avail_ring + 2, true);
const usedIdx = ({ view, geometry }: ChannelSystem): number => view.getUint16(geometry.used_ring + 2, true);

/** Sends one buffer at an offset; the code. */
function add(system: ChannelSystem, buf: number, len = 8): number {
  return system.driver.add_available_buf(new_ring_object(), buf, len, VQ_RW);
}

/** Takes a chain and gives it back; the driver has not looked. */
function bounce(system: ChannelSystem, len = 0): void {
  expect(system.device.add_used_buf(take(system), len)).toBe(VQ_OK);
}

/** Frees all descriptors of the next chain that came back. */
function drain(system: ChannelSystem): number {
  const { object } = collect(system);
  const out = newGathered();
  let pieces = 0;
  while (system.driver.gather_used(object, out) === VQ_OK) pieces++;
  return pieces;
}

/** Runs a call that must be refused, and must leave every byte as it was. */
function refused(system: ChannelSystem, call: () => number): number {
  const before = system.bytes();
  const result = call();
  expect(system.bytes()).toEqual(before);
  return result;
}

describe('layout of the seL4 virtqueue', () => {
  it('has the structs of virtqueue.h', () => {
    expect(vq_vring_desc_t.offsets).toEqual({ addr: 0, addr_high: 4, len: 8, flags: 12, next: 14 });
    expect(vq_vring_desc_t.bytes).toBe(16);
    expect(vq_vring_avail_t.offsets).toEqual({ flags: 0, idx: 2 });
    expect(vq_vring_used_t.offsets).toEqual({ flags: 0, idx: 2 });
    expect(vq_vring_used_elem_t.offsets).toEqual({ id: 0, len: 4 });
    expect([VQ_READ, VQ_WRITE, VQ_RW]).toEqual([0, 1, 2]);
  });

  it.each([2, 4, 8, 256, 1024])(
    'has available ring, used ring, descriptors and pool in a row, at %i',
    (q) => {
      expect(channel_geometry(0, q)).toEqual({
        avail_ring: 0,
        used_ring: 4 + 2 * q,
        desc_table: 8 + 10 * q,
        pool: 8 + 26 * q,
        header_bytes: 8 + 26 * q,
      });
      expect(channel_bytes(q, 3)).toBe(8 + 26 * q + 3 * BLOCK_SIZE);
    },
  );

  it('begins 2 bytes later at length 1, so that nothing is misaligned', () => {
    const { avail_ring, used_ring, desc_table, pool, header_bytes } = channel_geometry(64, 1);
    expect(avail_ring).toBe(64 + 2);
    expect([used_ring, desc_table, pool].map((at) => at - avail_ring)).toEqual([4 + 2, 8 + 10, 8 + 26]);
    expect([(used_ring + 4) % 4, desc_table % 4, pool % 4]).toEqual([0, 0, 0]);
    expect(header_bytes).toBe(2 + 8 + 26);
  });

  it('leaves 11 blocks of two pages to the default of 256 descriptors, and none of one', () => {
    const { header_bytes } = channel_geometry(4096, 256);
    expect(header_bytes).toBe(6664);
    expect(Math.floor((8192 - header_bytes) / BLOCK_SIZE)).toBe(11);
    expect(4096 - header_bytes).toBeLessThan(0);
  });

  it('names everything by its place', () => {
    const map = new LayoutMap();
    placeVirtqueue(map, '', 64, 4, 2);
    placeVirtqueue(map, 'tx', 1024, 4, 2, 8);
    placeDriver(map, 'driver', 0, 4, 2);
    const { avail_ring, used_ring, desc_table, pool } = channel_geometry(64, 4);
    expect(map.nameOf('shared', avail_ring + 2, 2)).toBe('avail.idx');
    expect(map.nameOf('shared', avail_ring + 4 + 2, 2)).toBe('avail.ring[1].head');
    expect(map.nameOf('shared', used_ring + 4 + 8 + 4, 4)).toBe('used.ring[1].len');
    expect(map.nameOf('shared', desc_table + 32 + 14, 2)).toBe('desc[2].next');
    expect(map.nameOf('shared', pool + BLOCK_SIZE, 8)).toBe('buffer[1][0..7]');
    expect(map.nameOf('shared', channel_geometry(1024, 4).pool + 8, 8)).toBe('tx.buffer[1][0..7]');
    expect(map.nameOf('local', 32, 4)).toBe('driver.num_free');
    expect(map.nameOf('local', driver_bytes(4) + 24, 4)).toBe('driver.block[0].next');
    expect(map.nameOf('local', 36 + 20, 4)).toBe('driver.desc[1].addr');
    const own = new LayoutMap();
    placeDevice(own, 'device', 0, 4);
    expect(own.nameOf('local', 32 + 2, 2)).toBe('device.chain[1].left');
    expect([driver_bytes(4), allocator_bytes(2), device_bytes(1), device_bytes(4)]).toEqual([
      116, 32, 36, 40,
    ]);
  });

  it('gives codes names by layer', () => {
    expect([1, 0, -1].map((code) => sel4CodeName('virtqueue', code))).toEqual(['OK', 'NONE', 'REFUSED']);
    expect([0, -1].map((code) => sel4CodeName('camkes', code))).toEqual(['OK', 'ERROR']);
    expect([0, 12, 22, 42, 70, 74, 90, 7].map((code) => sel4CodeName('msgqueue', code))).toEqual([
      'OK',
      'ENOMEM',
      'EINVAL',
      'ENOMSG',
      'ECOMM',
      'EBADMSG',
      'EMSGSIZE',
      'code 7',
    ]);
  });
});

describe('initialization', () => {
  it('links all descriptors, zeroes the rings’ heads, and leaves their entries', () => {
    const shared = new SharedArrayBuffer(128);
    new Uint8Array(shared).fill(0xee);
    const port = new LivePort({ shared, local: new ArrayBuffer(8) });
    virtqueue_init_desc_table(port, 64, 4);
    virtqueue_init_avail_ring(port, 0);
    virtqueue_init_used_ring(port, 16);
    const view = new DataView(shared);
    expect([0, 1, 2, 3].map((i) => view.getUint16(64 + 16 * i + 14, true))).toEqual([1, 2, 3, 4]);
    expect(view.getBigUint64(64 + 48, true)).toBe(0n);
    expect([0, 2, 16, 18].map((at) => view.getUint16(at, true))).toEqual([0, 0, 0, 0]);
    expect([4, 20].map((at) => view.getUint16(at, true))).toEqual([0xeeee, 0xeeee]);
  });

  it.each(LENGTHS)('sets up a queue of %i, empty to both sides', (q) => {
    const system = newChannel(q);
    expect(system.driverState.num_free).toBe(q);
    expect(system.driverState.u_ring_last_seen).toBe(2 * q - 1);
    expect(system.deviceState.a_ring_last_seen).toBe(2 * q - 1);
    expect(system.driver.drv_poll()).toBe(false);
    expect(system.device.dev_poll()).toBe(false);
    expect(system.driver.get_used_buf(new_ring_object(), { len: 0 })).toBe(VQ_NONE);
    expect(system.device.get_available_buf(new_ring_object())).toBe(VQ_NONE);
  });

  it.each([0, 3, 6, 65_536, -1, 1.5, Number.NaN])('refuses a length of %d on both sides', (q) => {
    const system = newSides(4);
    const { avail_ring, used_ring, desc_table, pool } = system.geometry;
    expect(refused(system, () => system.driver.init_driver(q, avail_ring, used_ring, desc_table, 0, 0))).toBe(
      VQ_REFUSED,
    );
    expect(
      refused(system, () => system.device.init_device(q, avail_ring, used_ring, desc_table, 0, pool, 8)),
    ).toBe(VQ_REFUSED);
  });

  it('admits 32768, the largest length, with 65536 indices', () => {
    const port = new LivePort({
      shared: new SharedArrayBuffer(8 * Math.ceil(channel_bytes(MAX_QUEUE_LEN, 0) / 8)),
      local: new ArrayBuffer(8 * Math.ceil(driver_bytes(MAX_QUEUE_LEN) / 8)),
    });
    const driver = new VirtqueueDriver(port, 0);
    const { avail_ring, used_ring, desc_table } = channel_geometry(0, MAX_QUEUE_LEN);
    expect(driver.init_driver(MAX_QUEUE_LEN, avail_ring, used_ring, desc_table, 0, 0)).toBe(VQ_OK);
    expect(driver.add_available_buf(new_ring_object(), 0, 1, VQ_RW)).toBe(VQ_OK);
  });

  it('throws for an index modulus that is no power of two, or less than two laps', () => {
    const port = new LivePort({ shared: new SharedArrayBuffer(512), local: new ArrayBuffer(512) });
    for (const index_modulus of [0, 1, 3, 65_537, 131_072])
      expect(() => new VirtqueueDriver(port, 0, { index_modulus })).toThrow(
        'index_modulus: expected a power',
      );
    expect(smallest_virtqueue_modulus(4)).toBe(8);
    const driver = new VirtqueueDriver(port, 0, { index_modulus: 4 });
    const device = new VirtqueueDevice(port, 0, { index_modulus: 4 });
    expect(() => driver.init_driver(4, 0, 12, 48, 0, 0)).toThrow('less than two laps of 4 entries');
    expect(() => device.init_device(4, 0, 12, 48, 0, 112, 8)).toThrow('less than two laps of 4 entries');
    expect(driver.init_driver(2, 4, 12, 32, 0, 0)).toBe(VQ_OK);
  });

  it('again, with nothing out: goes on where the indices stand, and the device sees no phantom', () => {
    const system = newChannel(4);
    add(system, 0);
    bounce(system);
    expect(system.driver.driver_init_common(DATAPORT, 4, system.size, 1)).toBe(0);
    expect(system.device.dev_poll()).toBe(false);
    expect(system.driver.drv_poll()).toBe(false);
    expect(add(system, 8)).toBe(VQ_OK);
    expect(take(system).first).toBe(0);
    expect(system.device.get_available_buf(new_ring_object())).toBe(VQ_NONE);
  });

  it('again: writes descriptors only after what the device has done with them', () => {
    const system = newChannel(4);
    add(system, 0);
    bounce(system);
    system.driverPort.accesses.length = 0;
    system.driver.driver_init_common(DATAPORT, 4, system.size, 1);
    const { avail_ring, used_ring, desc_table } = system.geometry;
    const [first, second, third, ...rest] = system.driverPort.shared();
    expect([first, second, third]).toEqual([
      ['load', 'shared', avail_ring + 2, 2, 'relaxed', 1],
      ['load', 'shared', used_ring + 2, 2, 'relaxed', 1],
      ['fence', 'acquire'],
    ]);
    // The indices stay as they are.
    const stores = rest.filter(([kind]) => kind === 'store').map(([, , at]) => Number(at));
    expect(stores.filter((at) => at < desc_table)).toEqual([avail_ring]);
  });

  it('again, with a chain out: is refused', () => {
    const system = newChannel(4);
    add(system, 0);
    expect(refused(system, () => system.driver.driver_init_common(DATAPORT, 4, system.size, 1))).toBe(22);
    bounce(system);
    expect(system.driver.driver_init_common(DATAPORT, 4, system.size, 1)).toBe(0);
  });

  it('of the device again: takes once more what it had not returned', () => {
    const system = newChannel(4);
    add(system, 0);
    add(system, 8);
    bounce(system);
    expect(take(system).first).toBe(1);
    expect(system.device.device_init_common(DATAPORT, 4, system.size, 1)).toBe(0);
    expect(take(system).first).toBe(1);
    expect(system.device.get_available_buf(new_ring_object())).toBe(VQ_NONE);
  });
});

describe('ring objects', () => {
  it('name nothing when they are fresh', () => {
    const object = { cur: 3, first: 2 };
    init_ring_object(object);
    expect(object).toEqual({ cur: FRESH, first: FRESH });
    expect(new_ring_object()).toEqual({ cur: 0xffff_ffff, first: 0xffff_ffff });
  });

  it('name nothing that could be gathered or returned, while they are fresh', () => {
    const system = newChannel(2);
    expect(system.driver.gather_used(new_ring_object(), newGathered())).toBe(VQ_NONE);
    expect(system.device.gather_available(new_ring_object(), newGathered())).toBe(VQ_NONE);
    expect(system.device.scattered_available_size(new_ring_object())).toBe(0);
    expect(refused(system, () => system.device.add_used_buf(new_ring_object(), 0))).toBe(VQ_REFUSED);
    expect(refused(system, () => system.driver.publish_available(new_ring_object()))).toBe(VQ_REFUSED);
    expect(refused(system, () => system.driver.discard_available(new_ring_object()))).toBe(VQ_REFUSED);
  });
});

describe('one buffer', () => {
  it('goes to the device and back with its offset, length and flag', () => {
    const system = newChannel(4);
    const sent = new_ring_object();
    expect(system.driver.add_available_buf(sent, 16, 5, VQ_WRITE)).toBe(VQ_OK);
    expect(descOf(system, 0)).toEqual([16, 5, VQ_WRITE, 4]);
    expect(system.device.dev_poll()).toBe(true);
    const object = take(system);
    expect(object).toEqual({ cur: 0, first: 0 });
    expect(system.device.scattered_available_size(object)).toBe(5);
    const out = newGathered();
    expect(system.device.gather_available(object, out)).toBe(VQ_OK);
    expect(out).toEqual({ buf: 16, len: 5, flag: VQ_WRITE });
    expect(system.device.gather_available(object, out)).toBe(VQ_NONE);
    expect(system.device.add_used_buf(object, 3)).toBe(VQ_OK);
    expect(object).toEqual(new_ring_object());
    expect(system.driver.drv_poll()).toBe(true);
    const back = collect(system);
    expect(back.len).toBe(3);
    expect(system.driver.gather_used(back.object, out)).toBe(VQ_OK);
    expect(out).toEqual({ buf: 16, len: 5, flag: VQ_WRITE });
    expect(system.driver.gather_used(back.object, out)).toBe(VQ_NONE);
    expect(system.driverState.num_free).toBe(4);
    expect(system.driver.drv_poll()).toBe(false);
  });

  it('is stored before the index, with a release in between; read after it, with an acquire', () => {
    const system = newChannel(4);
    const { avail_ring, used_ring, desc_table } = system.geometry;
    add(system, 16, 5);
    expect(system.driverPort.shared()).toEqual([
      ['store', 'shared', desc_table, 4, 'plain', 16],
      ['store', 'shared', desc_table + 8, 4, 'plain', 5],
      ['store', 'shared', desc_table + 12, 2, 'plain', VQ_RW],
      ['store', 'shared', desc_table + 14, 2, 'plain', 4],
      ['load', 'shared', avail_ring + 2, 2, 'relaxed', 0],
      ['store', 'shared', avail_ring + 4, 2, 'plain', 0],
      ['fence', 'release'],
      ['store', 'shared', avail_ring + 2, 2, 'relaxed', 1],
    ]);
    const object = take(system);
    expect(system.devicePort.shared()).toEqual([
      ['load', 'shared', avail_ring + 2, 2, 'relaxed', 1],
      ['fence', 'acquire'],
      ['load', 'shared', avail_ring + 4, 2, 'plain', 0],
    ]);
    system.devicePort.accesses.length = 0;
    system.device.add_used_buf(object, 5);
    expect(system.devicePort.shared()).toEqual([
      ['load', 'shared', used_ring + 2, 2, 'relaxed', 0],
      ['store', 'shared', used_ring + 4, 4, 'plain', 0],
      ['store', 'shared', used_ring + 8, 4, 'plain', 5],
      ['fence', 'release'],
      ['store', 'shared', used_ring + 2, 2, 'relaxed', 1],
    ]);
    system.driverPort.accesses.length = 0;
    const { object: back } = collect(system);
    system.driver.gather_used(back, newGathered());
    expect(system.driverPort.shared()).toEqual([
      ['load', 'shared', used_ring + 2, 2, 'relaxed', 1],
      ['fence', 'acquire'],
      ['load', 'shared', used_ring + 4, 4, 'plain', 0],
      ['load', 'shared', used_ring + 8, 4, 'plain', 5],
    ]);
  });

  it('calls the function of a side that notifies, and none where there is none', () => {
    const calls: string[] = [];
    const system = newChannel(2, { functions: [() => calls.push('rung')] });
    system.driver.notify();
    system.device.notify();
    expect(calls).toEqual(['rung', 'rung']);
    const { avail_ring, used_ring, desc_table } = system.geometry;
    system.driver.init_driver(2, avail_ring, used_ring, desc_table, 0, 0);
    system.driver.notify();
    expect(calls).toHaveLength(2);
    system.driver.init_driver(2, avail_ring, used_ring, desc_table, 7, 0);
    expect(() => system.driver.notify()).toThrow('queue: there is no function at 7');
  });
});

describe.each(LENGTHS)('a queue of %i', (q) => {
  it.each([0, 65_536 - 1, 65_536 - q, 32_767])(
    'is full with as many chains, not empty: from index %i',
    (start) => {
      const index_modulus = 65_536;
      const system = newChannel(q, { index_modulus, start });
      for (let lap = 0; lap < 3; lap++) {
        for (let i = 0; i < q; i++) expect(add(system, 8 * i)).toBe(VQ_OK);
        expect(refused(system, () => add(system, 0))).toBe(VQ_NONE);
        const objects = Array.from({ length: q }, () => take(system));
        expect(system.device.get_available_buf(new_ring_object())).toBe(VQ_NONE);
        // Returned backwards, all of them before the driver looks.
        for (const object of objects.reverse()) expect(system.device.add_used_buf(object, 8)).toBe(VQ_OK);
        for (let i = 0; i < q; i++) expect(drain(system)).toBe(1);
        expect(system.driver.get_used_buf(new_ring_object(), { len: 0 })).toBe(VQ_NONE);
        expect(system.driverState.num_free).toBe(q);
      }
      expect(availIdx(system)).toBe((start + 3 * q) % index_modulus);
      expect(usedIdx(system)).toBe((start + 3 * q) % index_modulus);
    },
  );

  it('does the same with two laps of indices', () => {
    const system = newChannel(q);
    for (let i = 0; i < 5 * q; i++) {
      expect(add(system, 0)).toBe(VQ_OK);
      bounce(system);
      expect(drain(system)).toBe(1);
    }
    expect(availIdx(system)).toBe((5 * q) % (2 * q));
  });

  it('takes one chain of all its descriptors, and no longer one', () => {
    const system = newChannel(q);
    for (let lap = 0; lap < 3; lap++) {
      const object = new_ring_object();
      for (let i = 0; i < q; i++)
        expect(system.driver.chain_available_buf(object, 8 * i, 8, VQ_RW)).toBe(VQ_OK);
      expect(refused(system, () => system.driver.chain_available_buf(object, 0, 8, VQ_RW))).toBe(VQ_NONE);
      expect(refused(system, () => system.driver.add_available_buf(object, 0, 8, VQ_RW))).toBe(VQ_NONE);
      expect(system.device.dev_poll()).toBe(false);
      expect(system.driver.publish_available(object)).toBe(VQ_OK);
      const taken = take(system);
      expect(system.device.scattered_available_size(taken)).toBe(8 * q);
      const out = newGathered();
      const offsets: number[] = [];
      while (system.device.gather_available(taken, out) === VQ_OK) offsets.push(out.buf);
      expect(offsets).toEqual(Array.from({ length: q }, (_, i) => 8 * i));
      expect(system.device.add_used_buf(taken, 8 * q)).toBe(VQ_OK);
      expect(drain(system)).toBe(q);
    }
  });
});

describe('a chain', () => {
  it('is not seen before it is complete: the last buffer publishes it', () => {
    const system = newChannel(4);
    const object = new_ring_object();
    system.driver.chain_available_buf(object, 0, 8, VQ_RW);
    system.driver.chain_available_buf(object, 8, 8, VQ_RW);
    expect(system.device.get_available_buf(new_ring_object())).toBe(VQ_NONE);
    expect(system.driver.add_available_buf(object, 16, 3, VQ_RW)).toBe(VQ_OK);
    expect(system.device.scattered_available_size(take(system))).toBe(19);
    expect(availIdx(system)).toBe(1);
  });

  it('takes nothing more once it was published', () => {
    const system = newChannel(4);
    const object = new_ring_object();
    system.driver.add_available_buf(object, 0, 8, VQ_RW);
    for (const call of ['add_available_buf', 'chain_available_buf'] as const)
      expect(refused(system, () => system.driver[call](object, 8, 8, VQ_RW))).toBe(VQ_REFUSED);
    expect(refused(system, () => system.driver.publish_available(object))).toBe(VQ_REFUSED);
    expect(refused(system, () => system.driver.discard_available(object))).toBe(VQ_REFUSED);
    bounce(system);
    const { object: back } = collect(system);
    system.driver.gather_used(back, newGathered());
    // Neither the sender's ring object nor the collector's begins another chain.
    expect(refused(system, () => system.driver.add_available_buf(object, 8, 8, VQ_RW))).toBe(VQ_REFUSED);
    expect(refused(system, () => system.driver.add_available_buf(back, 8, 8, VQ_RW))).toBe(VQ_REFUSED);
    init_ring_object(object);
    expect(system.driver.add_available_buf(object, 8, 8, VQ_RW)).toBe(VQ_OK);
  });

  it('can be given up before it was published', () => {
    const system = newChannel(4);
    const object = new_ring_object();
    for (let i = 0; i < 3; i++) system.driver.chain_available_buf(object, 8 * i, 8, VQ_RW);
    expect(system.driverState.num_free).toBe(1);
    expect(system.driver.discard_available(object)).toBe(VQ_OK);
    expect(object).toEqual(new_ring_object());
    expect(system.driverState.num_free).toBe(4);
    expect(system.device.dev_poll()).toBe(false);
    for (let i = 0; i < 4; i++) expect(add(system, 8 * i)).toBe(VQ_OK);
    expect(
      new Set([take(system), take(system), take(system), take(system)].map(({ first }) => first)).size,
    ).toBe(4);
  });

  it('lies beside others, and all come back in another order', () => {
    const system = newChannel(8);
    for (let i = 0; i < 3; i++) {
      const object = new_ring_object();
      system.driver.chain_available_buf(object, 16 * i, 8, VQ_RW);
      system.driver.add_available_buf(object, 16 * i + 8, 8, VQ_RW);
    }
    const [first, second, third] = [take(system), take(system), take(system)];
    for (const object of [third, first, second]) system.device.add_used_buf(object, 0);
    const offsets = [0, 1, 2].map(() => {
      const { object } = collect(system);
      const out = newGathered();
      const found: number[] = [];
      while (system.driver.gather_used(object, out) === VQ_OK) found.push(out.buf);
      return found;
    });
    expect(offsets).toEqual([
      [32, 40],
      [0, 8],
      [16, 24],
    ]);
    expect(system.driverState.num_free).toBe(8);
  });
});

describe('the device refuses', () => {
  /** One chain, and the device's memory of what it has. */
  function withChain(q = 4): ChannelSystem {
    const system = newChannel(q);
    add(system, 0);
    return system;
  }

  it('to return a chain twice, or by a copy of its ring object', () => {
    const system = withChain();
    const object = take(system);
    const copy = { ...object };
    expect(system.device.add_used_buf(object, 8)).toBe(VQ_OK);
    expect(refused(system, () => system.device.add_used_buf(object, 8))).toBe(VQ_REFUSED);
    expect(refused(system, () => system.device.add_used_buf(copy, 8))).toBe(VQ_REFUSED);
    expect(refused(system, () => system.device.gather_available(copy, newGathered()))).toBe(VQ_REFUSED);
    expect(usedIdx(system)).toBe(1);
  });

  it('to return what it was never given', () => {
    const system = withChain();
    for (const first of [1, 4, 60_000])
      expect(refused(system, () => system.device.add_used_buf({ first, cur: first }, 8))).toBe(VQ_REFUSED);
  });

  it('an index that is more than a lap ahead', () => {
    const system = withChain();
    system.view.setUint16(system.geometry.avail_ring + 2, 5, true);
    expect(refused(system, () => system.device.get_available_buf(new_ring_object()))).toBe(VQ_REFUSED);
  });

  it('a head that is no descriptor, and one that it has already', () => {
    const system = withChain();
    system.view.setUint16(system.geometry.avail_ring + 4, 4, true);
    expect(refused(system, () => system.device.get_available_buf(new_ring_object()))).toBe(VQ_REFUSED);
    system.view.setUint16(system.geometry.avail_ring + 4, 0, true);
    take(system);
    system.view.setUint16(system.geometry.avail_ring + 6, 0, true);
    system.view.setUint16(system.geometry.avail_ring + 2, 2, true);
    expect(refused(system, () => system.device.get_available_buf(new_ring_object()))).toBe(VQ_REFUSED);
  });

  it.each([
    ['an offset behind the pool', 0, 4 * 8],
    ['a length behind the pool', 8, 4 * 8 + 1],
    ['a flag that there is not', 12, 3],
    ['a link that is no descriptor', 14, 5],
  ])('%s', (_what, at, value) => {
    const system = withChain();
    const object = take(system);
    const { desc_table } = system.geometry;
    if (at === 8) system.view.setUint32(desc_table + at, value, true);
    else system.view.setUint16(desc_table + at, value, true);
    expect(refused(system, () => system.device.gather_available(object, newGathered()))).toBe(VQ_REFUSED);
    expect(system.device.scattered_available_size(object)).toBe(0);
    expect(system.device.add_used_buf(object, 0)).toBe(VQ_OK);
  });

  it('to walk round in a circle', () => {
    const system = withChain();
    system.view.setUint16(system.geometry.desc_table + 14, 0, true);
    const object = take(system);
    expect(system.device.scattered_available_size(object)).toBe(0);
    const codes = Array.from({ length: 6 }, () => system.device.gather_available(object, newGathered()));
    expect(codes).toEqual([VQ_OK, VQ_OK, VQ_OK, VQ_OK, VQ_REFUSED, VQ_REFUSED]);
    expect(system.device.add_used_buf(object, 0)).toBe(VQ_OK);
  });
});

describe('the driver refuses', () => {
  /** One chain that came back, not collected yet. */
  function withReturned(): ChannelSystem {
    const system = newChannel(4);
    add(system, 0);
    bounce(system, 8);
    return system;
  }

  it('an index that is more than a lap ahead', () => {
    const system = withReturned();
    system.view.setUint16(system.geometry.used_ring + 2, 5, true);
    expect(refused(system, () => system.driver.get_used_buf(new_ring_object(), { len: 0 }))).toBe(VQ_REFUSED);
  });

  it.each([1, 4, 0x1_0000])('id %i, which is no chain of the device', (id) => {
    const system = withReturned();
    system.view.setUint32(system.geometry.used_ring + 4, id, true);
    const object = new_ring_object();
    expect(refused(system, () => system.driver.get_used_buf(object, { len: 0 }))).toBe(VQ_REFUSED);
    expect(object).toEqual(new_ring_object());
  });

  it('a length that is more than the chain had', () => {
    const system = withReturned();
    system.view.setUint32(system.geometry.used_ring + 8, 9, true);
    expect(refused(system, () => system.driver.get_used_buf(new_ring_object(), { len: 0 }))).toBe(VQ_REFUSED);
  });

  it('a chain that comes back twice', () => {
    const system = withReturned();
    drain(system);
    const { used_ring } = system.geometry;
    system.view.setUint32(used_ring + 4 + 8, 0, true);
    system.view.setUint16(used_ring + 2, 2, true);
    expect(refused(system, () => system.driver.get_used_buf(new_ring_object(), { len: 0 }))).toBe(VQ_REFUSED);
  });

  it('to gather what it has not collected', () => {
    const system = withReturned();
    const peeked = { first: 0, cur: 0 };
    expect(refused(system, () => system.driver.gather_used(peeked, newGathered()))).toBe(VQ_REFUSED);
    drain(system);
    expect(refused(system, () => system.driver.gather_used(peeked, newGathered()))).toBe(VQ_REFUSED);
  });

  it('to let the device change its descriptors: it never reads them', () => {
    const system = newChannel(4);
    const object = new_ring_object();
    system.driver.chain_available_buf(object, 0, 8, VQ_RW);
    system.driver.add_available_buf(object, 8, 8, VQ_RW);
    bounce(system, 16);
    // Every descriptor, those in use and the free ones.
    new Uint8Array(system.shared).fill(0xea, system.geometry.desc_table, system.geometry.pool);
    const { object: back } = collect(system);
    const out = newGathered();
    expect(system.driver.gather_used(back, out)).toBe(VQ_OK);
    expect(out).toEqual({ buf: 0, len: 8, flag: VQ_RW });
    expect(system.driver.gather_used(back, out)).toBe(VQ_OK);
    expect(out).toEqual({ buf: 8, len: 8, flag: VQ_RW });
    for (let i = 0; i < 4; i++) expect(add(system, 8 * i)).toBe(VQ_OK);
    expect(add(system, 0)).toBe(VQ_NONE);
  });
});
