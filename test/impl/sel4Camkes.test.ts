import { describe, expect, it } from 'vitest';
import {
  CAMKES_ERROR,
  CAMKES_OK,
  CamkesDevice,
  CamkesDriver,
  Channels,
  channel_bytes,
  channels_bytes,
  driver_bytes,
  EINVAL,
  ENOMEM,
  MAX_CAMKES_VIRTQUEUE_ID,
  new_ring_object,
  VIRTQUEUE_DEVICE,
  VIRTQUEUE_DRIVER,
  VIRTQUEUE_UNASSIGNED,
  VQ_OK,
  VQ_RW,
} from 'vqcheck/impl';
import { LivePort } from 'vqcheck/memory';
import {
  alloc,
  bytesOf,
  type ChannelSystem,
  collect,
  DATAPORT,
  newChannel,
  newGathered,
  newSides,
  roundTrip,
  take,
} from './sel4System.ts';

const CHANNEL = {
  virtqueue_id: 3,
  interface_name: 'drv',
  queue_len: 4,
  size: channel_bytes(4, 4),
  buf: DATAPORT,
  notify: 1,
  recv_notification: 7,
  recv_badge: 2,
  role: VIRTQUEUE_DRIVER,
};

function newChannels(max_id = MAX_CAMKES_VIRTQUEUE_ID): Channels {
  const local = new ArrayBuffer(8 * Math.ceil(channels_bytes(max_id) / 8));
  const port = new LivePort({ shared: new SharedArrayBuffer(8), local });
  return new Channels(port, 0, { names: ['drv', 'dev'], max_id });
}

/** Runs a call that must fail, and must leave every byte as it was. */
function fails(system: ChannelSystem, call: () => number, code = CAMKES_ERROR): void {
  const before = system.bytes();
  expect(call()).toBe(code);
  expect(system.bytes()).toEqual(before);
}

describe('channels', () => {
  it('are registered once an id, found by id and role, and by name', () => {
    const channels = newChannels();
    expect(channels.channel_num()).toBe(0);
    expect(channels.get_id_from_name('drv')).toBe(-1);
    expect(channels.channel_register(CHANNEL)).toBe(CAMKES_OK);
    expect(
      channels.channel_register({
        ...CHANNEL,
        virtqueue_id: 100,
        interface_name: 'dev',
        role: VIRTQUEUE_DEVICE,
      }),
    ).toBe(CAMKES_OK);
    expect(channels.channel_num()).toBe(2);
    expect(channels.get_id_from_name('drv')).toBe(3);
    expect(channels.get_id_from_name('dev')).toBe(100);
    expect(channels.get_id_from_name('other')).toBe(-1);
    expect(channels.get_virtqueue_channel(VIRTQUEUE_DRIVER, 3)?.channel_buffer).toBe(DATAPORT);
    expect(channels.get_virtqueue_channel(VIRTQUEUE_DEVICE, 100)?.queue_len).toBe(4);
  });

  it('are not found under another id, another role, or an id that there cannot be', () => {
    const channels = newChannels();
    channels.channel_register(CHANNEL);
    const wrong = [
      [VIRTQUEUE_DEVICE, 3],
      [VIRTQUEUE_DRIVER, 4],
      [VIRTQUEUE_UNASSIGNED, 4],
      [VIRTQUEUE_DRIVER, -1],
      [VIRTQUEUE_DRIVER, 101],
      [VIRTQUEUE_DRIVER, 1.5],
    ] as const;
    expect(wrong.map(([role, id]) => channels.get_virtqueue_channel(role, id))).toEqual(
      wrong.map(() => null),
    );
  });

  it.each([
    ['an id above 100', { virtqueue_id: 101 }],
    ['a negative id', { virtqueue_id: -1 }],
    ['no dataport', { buf: 0 }],
    ['no function', { notify: 0 }],
    ['a name that the program does not have', { interface_name: 'nobody' }],
  ])('are refused with %s', (_what, wrong) => {
    const channels = newChannels();
    expect(channels.channel_register({ ...CHANNEL, ...wrong })).toBe(CAMKES_ERROR);
    expect(channels.channel_num()).toBe(0);
  });

  it('are refused under an id that is taken', () => {
    const channels = newChannels(3);
    channels.channel_register(CHANNEL);
    expect(channels.channel_register({ ...CHANNEL, queue_len: 8 })).toBe(CAMKES_ERROR);
    expect(channels.get_virtqueue_channel(VIRTQUEUE_DRIVER, 3)?.queue_len).toBe(4);
  });
});

describe('initialization by channel', () => {
  it('sets both sides up, and says by which notification and badge a side is heard', () => {
    const sides = newSides(4);
    const channels = newChannels();
    channels.channel_register({ ...CHANNEL, size: sides.size });
    channels.channel_register({ ...CHANNEL, virtqueue_id: 4, role: VIRTQUEUE_DEVICE, recv_badge: 8 });
    const recv = { notification: 0, badge: 0 };
    expect(sides.driver.driver_init_with_recv(channels, 3, recv)).toBe(CAMKES_OK);
    expect(recv).toEqual({ notification: 7, badge: 2 });
    expect(sides.device.device_init_with_recv(channels, 4, recv)).toBe(CAMKES_OK);
    expect(recv).toEqual({ notification: 7, badge: 8 });
    expect(sides.driver.driver_init(channels, 3)).toBe(CAMKES_OK);
    expect(sides.device.device_init(channels, 4)).toBe(CAMKES_OK);
    expect(roundTrip(sides, bytesOf(20))).toEqual(bytesOf(20));
  });

  it('answers -1 for an id without a channel of that role, and for a channel that cannot be set up', () => {
    const sides = newSides(4);
    const channels = newChannels();
    channels.channel_register({ ...CHANNEL, size: 100 });
    channels.channel_register({ ...CHANNEL, size: 100, virtqueue_id: 4, role: VIRTQUEUE_DEVICE });
    const recv = { notification: 9, badge: 9 };
    fails(sides, () => sides.driver.driver_init_with_recv(channels, 3, recv));
    fails(sides, () => sides.driver.driver_init(channels, 4));
    fails(sides, () => sides.device.device_init(channels, 3));
    fails(sides, () => sides.device.device_init_with_recv(channels, 4, recv));
    expect(recv).toEqual({ notification: 9, badge: 9 });
  });

  it('in place: refuses NULL, a bad length, a dataport smaller than the rings, and too little memory of its own', () => {
    const sides = newSides(4);
    const { driver, device, size } = sides;
    const header = channel_bytes(4, 0);
    fails(sides, () => driver.driver_init_common(0, 4, size, 1), EINVAL);
    fails(sides, () => driver.driver_init_common(DATAPORT, 3, size, 1), EINVAL);
    fails(sides, () => driver.driver_init_common(DATAPORT, 4, header - 1, 1), EINVAL);
    fails(sides, () => driver.driver_init_common(DATAPORT, 4, size + 16, 1), ENOMEM);
    fails(sides, () => device.device_init_common(0, 4, size, 1), EINVAL);
    fails(sides, () => device.device_init_common(DATAPORT, 3, size, 1), EINVAL);
    fails(sides, () => device.device_init_common(DATAPORT, 4, header - 1, 1), EINVAL);
    fails(sides, () => device.device_init_common(DATAPORT, 8, size + 1000, 1), ENOMEM);
    expect(driver.driver_init_common(DATAPORT, 4, header, 1)).toBe(CAMKES_OK);
    expect(driver.buffer_alloc({ buf: 0 }, 1)).toBe(CAMKES_ERROR);
  });

  it('has blocks of 128 bytes, and memory without a limit, unless told otherwise', () => {
    const port = new LivePort({ shared: new SharedArrayBuffer(1024), local: new ArrayBuffer(1024) });
    const driver = new CamkesDriver(port, 0);
    const device = new CamkesDevice(port, 512);
    expect(driver.driver_init_common(8, 4, channel_bytes(4, 3), 1)).toBe(CAMKES_OK);
    expect(device.device_init_common(8, 4, channel_bytes(4, 3), 1)).toBe(CAMKES_OK);
    const out = { buf: 0 };
    expect(driver.buffer_alloc(out, 129)).toBe(CAMKES_ERROR);
    expect(driver.buffer_alloc(out, 128)).toBe(CAMKES_OK);
    driver.buffer_alloc(out, 1);
    expect(out.buf).toBe(8 + 112 + 128);
    expect(driver_bytes(4)).toBeLessThan(512);
  });
});

describe('the pool', () => {
  it('hands out the block that came back last', () => {
    const system = newChannel(4);
    const blocks = [alloc(system), alloc(system), alloc(system)];
    expect(blocks.map((buf) => buf - system.geometry.pool)).toEqual([0, 8, 16]);
    expect(system.driver.buffer_free(blocks[0] ?? 0)).toBe(CAMKES_OK);
    expect(system.driver.buffer_free(blocks[2] ?? 0)).toBe(CAMKES_OK);
    expect([alloc(system), alloc(system), alloc(system)]).toEqual([
      blocks[2],
      blocks[0],
      system.geometry.pool + 24,
    ]);
    fails(system, () => system.driver.buffer_alloc({ buf: 0 }, 8));
    expect(system.pool.num_free).toBe(0);
  });

  it('has none that is larger than a block', () => {
    const system = newChannel(4);
    fails(system, () => system.driver.buffer_alloc({ buf: 0 }, 9));
  });

  it('takes back only blocks that the application has, by their first byte', () => {
    const system = newChannel(4);
    const buf = alloc(system);
    for (const wrong of [buf + 1, buf - 1, buf + 8, system.geometry.pool + 32, 0])
      fails(system, () => system.driver.buffer_free(wrong));
    expect(system.driver.buffer_free(buf)).toBe(CAMKES_OK);
    fails(system, () => system.driver.buffer_free(buf));
    const sent = alloc(system);
    system.driver.driver_send_buffer(sent, 8);
    fails(system, () => system.driver.buffer_free(sent));
  });

  it('gives addresses of its bytes, and NULL for others', () => {
    const { driver, device, geometry } = newChannel(4);
    for (const side of [
      (at: number) => driver.driver_offset_to_buffer(at),
      (at: number) => device.device_offset_to_buffer(at),
    ])
      expect([0, 31, 32, -1].map(side)).toEqual([geometry.pool, geometry.pool + 31, 0, 0]);
  });
});

describe('driver_send_buffer', () => {
  it('sends a block, which is the application’s again once it was gathered', () => {
    const system = newChannel(4);
    const { driver, device } = system;
    const buf = alloc(system);
    expect(driver.driver_send_buffer(buf, 5)).toBe(CAMKES_OK);
    const object = take(system);
    const out = newGathered();
    expect(device.device_gather_buffer(object, out)).toBe(CAMKES_OK);
    expect(out).toEqual({ buf, len: 5, flag: VQ_RW });
    expect(device.device_gather_buffer(object, out)).toBe(CAMKES_ERROR);
    device.add_used_buf(object, 5);
    const { object: back } = collect(system);
    expect(driver.driver_gather_buffer(back, out)).toBe(CAMKES_OK);
    expect(out).toEqual({ buf, len: 5, flag: VQ_RW });
    expect(driver.driver_gather_buffer(back, out)).toBe(CAMKES_ERROR);
    expect(driver.buffer_free(buf)).toBe(CAMKES_OK);
    expect(system.pool.num_free).toBe(4);
  });

  it('refuses a block that is free, sent or cut in two, and more than its bytes', () => {
    const system = newChannel(4);
    const { driver } = system;
    const buf = alloc(system);
    fails(system, () => driver.driver_send_buffer(buf, 9));
    fails(system, () => driver.driver_send_buffer(buf + 4, 4));
    fails(system, () => driver.driver_send_buffer(buf + 8, 8));
    fails(system, () => driver.driver_send_buffer(system.geometry.pool - 8, 8));
    fails(system, () => driver.driver_send_buffer(system.geometry.pool + 32, 8));
    driver.driver_send_buffer(buf, 8);
    fails(system, () => driver.driver_send_buffer(buf, 8));
  });

  it('answers -1 when no descriptor is free, and the block stays the application’s', () => {
    const system = newChannel(2, { blocks: 3 });
    for (let i = 0; i < 2; i++) expect(system.driver.driver_send_buffer(alloc(system), 8)).toBe(CAMKES_OK);
    const buf = alloc(system);
    fails(system, () => system.driver.driver_send_buffer(buf, 8));
    expect(system.driver.has_free_desc()).toBe(false);
    expect(system.driver.buffer_free(buf)).toBe(CAMKES_OK);
  });

  it('leaves it to libvirtqueue to send what is no block', () => {
    const system = newChannel(4);
    expect(system.driver.add_available_buf(new_ring_object(), 4, 8, VQ_RW)).toBe(VQ_OK);
    const object = take(system);
    system.device.add_used_buf(object, 0);
    const { object: back } = collect(system);
    const out = newGathered();
    expect(system.driver.driver_gather_buffer(back, out)).toBe(CAMKES_OK);
    expect(out.buf).toBe(system.geometry.pool + 4);
    expect(system.pool.num_free).toBe(4);
  });
});

describe('a message', () => {
  it.each([1, 7, 8, 9, 16, 31, 32])('of %i bytes goes there in as many blocks as it needs', (length) => {
    const system = newChannel(4);
    for (let i = 0; i < 9; i++) expect(roundTrip(system, bytesOf(length, i))).toEqual(bytesOf(length, i));
    expect(system.pool.num_free).toBe(4);
    expect(system.driverState.num_free).toBe(4);
  });

  it.each([1, 2, 4, 8])('fills a queue of %i wholly, and no larger one is sent', (q) => {
    const system = newChannel(q);
    expect(roundTrip(system, bytesOf(8 * q))).toEqual(bytesOf(8 * q));
    fails(system, () => system.driver.driver_scatter_send_buffer(bytesOf(8 * q + 1)));
    expect(roundTrip(system, bytesOf(8 * q))).toEqual(bytesOf(8 * q));
  });

  it('for which blocks or descriptors run out is not sent, and leaves nothing behind', () => {
    const few = newChannel(4, { blocks: 2 });
    fails(few, () => few.driver.driver_scatter_send_buffer(bytesOf(17)));
    const short = newChannel(2, { blocks: 8 });
    fails(short, () => short.driver.driver_scatter_send_buffer(bytesOf(17)));
    expect(short.device.dev_poll()).toBe(false);
  });

  it('that is empty is not sent', () => {
    const system = newChannel(4);
    expect(system.driver.driver_scatter_send_buffer(new Uint8Array(0))).toBe(CAMKES_OK);
    expect(system.device.dev_poll()).toBe(false);
  });

  it('is asked for by room alone: the device writes it, and the driver reads no more than was written', () => {
    const system = newChannel(4);
    const { driver, device } = system;
    expect(driver.driver_scatter_send_buffer(bytesOf(24, 9))).toBe(CAMKES_OK);
    device.device_gather_copy_buffer(take(system), new Uint8Array(24));
    driver.driver_gather_copy_buffer(collect(system).object, new Uint8Array(24));
    expect(driver.driver_scatter_send_buffer(24)).toBe(CAMKES_OK);
    const object = take(system);
    expect(device.device_scatter_copy_buffer(object, bytesOf(11, 2))).toBe(CAMKES_OK);
    const { object: back, len } = collect(system);
    expect(len).toBe(11);
    const into = new Uint8Array(24);
    expect(driver.driver_gather_copy_buffer(back, into)).toBe(CAMKES_OK);
    expect(into.subarray(0, 11)).toEqual(bytesOf(11, 2));
    expect(into.subarray(11)).toEqual(new Uint8Array(13));
    expect(system.pool.num_free).toBe(4);
  });

  it('is cut where the copy ends, on both sides, and all of its blocks are freed', () => {
    const system = newChannel(4);
    const { driver, device } = system;
    driver.driver_scatter_send_buffer(bytesOf(20));
    const into = new Uint8Array(9);
    expect(device.device_gather_copy_buffer(take(system), into)).toBe(CAMKES_OK);
    expect(into).toEqual(bytesOf(9));
    const { object, len } = collect(system);
    expect(len).toBe(9);
    const part = new Uint8Array(3);
    expect(driver.driver_gather_copy_buffer(object, part)).toBe(CAMKES_OK);
    expect(part).toEqual(bytesOf(3));
    expect([system.pool.num_free, system.driverState.num_free]).toEqual([4, 4]);
  });

  it('shorter than the copy wants is left to the device, which can try again', () => {
    const system = newChannel(4);
    const { device } = system;
    system.driver.driver_scatter_send_buffer(bytesOf(12));
    const object = take(system);
    fails(system, () => device.device_gather_copy_buffer(object, new Uint8Array(13)));
    fails(system, () => device.device_scatter_copy_buffer(object, new Uint8Array(13)));
    expect(system.driver.drv_poll()).toBe(false);
    const into = new Uint8Array(12);
    expect(device.device_gather_copy_buffer(object, into)).toBe(CAMKES_OK);
    expect(into).toEqual(bytesOf(12));
    fails(system, () => device.device_gather_copy_buffer(object, into));
  });

  it('is copied from where it was gathered to', () => {
    const system = newChannel(4);
    const { driver, device } = system;
    driver.driver_scatter_send_buffer(bytesOf(20));
    const object = take(system);
    device.device_gather_buffer(object, newGathered());
    const into = new Uint8Array(12);
    expect(device.device_gather_copy_buffer(object, into)).toBe(CAMKES_OK);
    expect(into).toEqual(bytesOf(20).subarray(8));
    const { object: back } = collect(system);
    const out = newGathered();
    driver.driver_gather_buffer(back, out);
    const rest = new Uint8Array(12);
    expect(driver.driver_gather_copy_buffer(back, rest)).toBe(CAMKES_OK);
    // 12 bytes were used, 8 of them in the block that was gathered by itself.
    expect(rest.subarray(0, 4)).toEqual(bytesOf(20).subarray(8, 12));
    expect(rest.subarray(4)).toEqual(new Uint8Array(8));
  });

  it('that takes nothing gives the chain back at once', () => {
    const system = newChannel(4);
    system.driver.driver_scatter_send_buffer(bytesOf(8));
    const object = take(system);
    expect(system.device.device_gather_copy_buffer(object, new Uint8Array(0))).toBe(CAMKES_OK);
    expect(collect(system).len).toBe(0);
  });

  it('is not copied of a chain that is not sound, nor of one that was not collected', () => {
    const system = newChannel(4);
    system.driver.driver_scatter_send_buffer(bytesOf(16));
    const object = take(system);
    fails(system, () => system.driver.driver_gather_copy_buffer({ first: 0, cur: 0 }, new Uint8Array(8)));
    expect(system.driver.driver_gather_copy_buffer(new_ring_object(), new Uint8Array(8))).toBe(CAMKES_OK);
    system.view.setUint16(system.geometry.desc_table + 14, 0, true);
    fails(system, () => system.device.device_gather_copy_buffer(object, new Uint8Array(64)));
    system.view.setUint32(system.geometry.desc_table + 8, 99, true);
    fails(system, () => system.device.device_gather_copy_buffer(object, new Uint8Array(4)));
  });
});
