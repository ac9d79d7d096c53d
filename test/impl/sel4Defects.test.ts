import { describe, expect, it } from 'vitest';
import {
  CAMKES_ERROR,
  CAMKES_OK,
  Channels,
  channel_bytes,
  channel_geometry,
  channels_bytes,
  device_bytes,
  ECOMM,
  EINVAL,
  ENOMEM,
  ENOMSG,
  FRESH,
  new_ring_object,
  type Sel4Classes,
  sel4Classes,
  sel4Defects,
  VIRTQUEUE_DEVICE,
  VIRTQUEUE_DRIVER,
  VQ_NONE,
  VQ_OK,
  VQ_REFUSED,
  VQ_RW,
} from 'vqcheck/impl';
import { AccessError, LivePort, type Location, type Ordering } from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';
import {
  alloc,
  bytesOf,
  type ChannelSystem,
  collect,
  DATAPORT,
  newChannel,
  newGathered,
  newSides,
  take,
} from './sel4System.ts';

/** What one thread can see of a defect; `sound` is what it sees without. */
type Symptom = {
  readonly name: string;
  /** Told apart where a defect has several. */
  readonly what?: string;
  readonly sound: unknown;
  readonly defective: unknown;
  readonly observe: (classes: Sel4Classes) => unknown;
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

/** What a call answers, or how it ends. */
function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof OutOfPatience) return 'never ends';
    if (error instanceof AccessError) return error.code;
    if (error instanceof TypeError) return 'throws';
    throw error;
  }
}

function add(system: ChannelSystem, buf = 0): number {
  return system.driver.add_available_buf(new_ring_object(), buf, 8, VQ_RW);
}

function next(system: ChannelSystem, call: 'first' | 'code' = 'code'): number {
  const object = new_ring_object();
  const code = system.device.get_available_buf(object);
  return call === 'code' ? code : object.first;
}

/** Free descriptors, by walking the list in shared memory, as the published driver does; cut after 9. */
function freeList({ driverState, view, geometry, q }: ChannelSystem): number[] {
  const list: number[] = [];
  for (let at = driverState.free_desc_head; at < q && list.length < 9; ) {
    list.push(at);
    at = view.getUint16(geometry.desc_table + 16 * at + 14, true);
  }
  return list;
}

/** Kinds of the accesses to an index, or of the fences. */
function ordersOf(system: ChannelSystem, what: 'fence' | 'index'): unknown[] {
  add(system);
  const object = take(system);
  system.device.add_used_buf(object, 0);
  collect(system);
  const indices = [system.geometry.avail_ring + 2, system.geometry.used_ring + 2];
  return [system.driverPort, system.devicePort].map((port) =>
    port
      .shared()
      .filter(([kind, , at]) => (what === 'fence' ? kind === 'fence' : indices.includes(Number(at))))
      .map((access) => (what === 'fence' ? access[1] : access[4])),
  );
}

const symptoms: readonly Symptom[] = [
  {
    name: 'index-modulo-length',
    what: 'a full available ring of 2',
    sound: [VQ_OK, VQ_OK, VQ_OK],
    defective: [VQ_OK, VQ_OK, VQ_NONE],
    observe: (classes) => {
      const system = newChannel(2, {}, classes);
      return [add(system), add(system), next(system)];
    },
  },
  {
    name: 'index-modulo-length',
    what: 'the first chain of a ring of 1',
    sound: [VQ_OK, VQ_OK],
    defective: [VQ_OK, VQ_NONE],
    observe: (classes) => {
      const system = newChannel(1, {}, classes);
      return [add(system), next(system)];
    },
  },
  {
    name: 'index-modulo-length',
    what: 'a message queue of 1',
    sound: [0, 0],
    defective: [0, ENOMSG],
    observe: (classes) => {
      const size = channel_bytes(1, 1, 8);
      const shared = new SharedArrayBuffer(8 * Math.ceil((DATAPORT + size) / 8));
      const newPort = (): LivePort => new LivePort({ shared, local: new ArrayBuffer(256) });
      const sender = new classes.MsgqueueSender(newPort(), 0, { index_modulus: 2 });
      const receiver = new classes.MsgqueueReceiver(newPort(), 0, { index_modulus: 2 });
      const channel = { buffer: DATAPORT, buffer_size: size, queue_len: 1, message_size: 8, notify: 0 };
      sender.sender_init(channel);
      receiver.receiver_init(channel);
      return [sender.send(bytesOf(8)), receiver.get(new Uint8Array(8), { len: 0 })];
    },
  },
  {
    name: 'index-modulo-length',
    what: 'a full used ring of 2',
    sound: VQ_OK,
    defective: VQ_NONE,
    observe: (classes) => {
      const system = newChannel(2, {}, classes);
      for (let i = 0; i < 2; i++) {
        add(system);
        system.device.add_used_buf(take(system), 0);
      }
      return system.driver.get_used_buf(new_ring_object(), { len: 0 });
    },
  },
  {
    name: 'head-published-early',
    sound: [VQ_NONE, 16],
    defective: [VQ_OK, 8],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      const object = new_ring_object();
      const seen = new_ring_object();
      system.driver.chain_available_buf(object, 0, 8, VQ_RW);
      const code = system.device.get_available_buf(seen);
      const early = system.device.scattered_available_size(seen);
      system.driver.add_available_buf(object, 8, 8, VQ_RW);
      return [code, code === VQ_OK ? early : system.device.scattered_available_size(take(system))];
    },
  },
  {
    name: 'stale-handle-accepted',
    sound: [VQ_REFUSED, 4],
    // Said to be sent, but not published; and the descriptor, linked to itself, is lost.
    defective: [VQ_OK, 0],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      const object = new_ring_object();
      system.driver.add_available_buf(object, 0, 8, VQ_RW);
      system.device.add_used_buf(take(system), 0);
      system.driver.gather_used(collect(system).object, newGathered());
      const code = system.driver.add_available_buf(object, 0, 8, VQ_RW);
      expect(next(system)).toBe(VQ_NONE);
      return [code, code === VQ_OK ? system.view.getUint16(system.geometry.desc_table + 14, true) : 4];
    },
  },
  {
    name: 'acquire-missing',
    sound: [
      ['release', 'acquire'],
      ['acquire', 'release'],
    ],
    defective: [['release'], ['release']],
    observe: (classes) => ordersOf(newChannel(2, {}, classes), 'fence'),
  },
  {
    name: 'release-missing',
    sound: [
      ['release', 'acquire'],
      ['acquire', 'release'],
    ],
    defective: [['acquire'], ['acquire']],
    observe: (classes) => ordersOf(newChannel(2, {}, classes), 'fence'),
  },
  {
    name: 'index-plain',
    sound: [
      ['relaxed', 'relaxed', 'relaxed'],
      ['relaxed', 'relaxed', 'relaxed'],
    ],
    defective: [
      ['plain', 'plain', 'plain'],
      ['plain', 'plain', 'plain'],
    ],
    observe: (classes) => ordersOf(newChannel(2, {}, classes), 'index'),
  },
  {
    name: 'no-rollback',
    what: 'a message of three pieces and two descriptors',
    sound: [CAMKES_ERROR, 3, 2],
    defective: [CAMKES_ERROR, 0, 0],
    observe: (classes) => {
      const system = newChannel(2, { blocks: 3 }, classes);
      return [
        system.driver.driver_scatter_send_buffer(bytesOf(24)),
        system.pool.num_free,
        system.driverState.num_free,
      ];
    },
  },
  {
    name: 'no-rollback',
    what: 'a message of three pieces and two blocks',
    sound: [CAMKES_ERROR, 2, 4],
    defective: [CAMKES_ERROR, 0, 2],
    observe: (classes) => {
      const system = newChannel(4, { blocks: 2 }, classes);
      return [
        system.driver.driver_scatter_send_buffer(bytesOf(24)),
        system.pool.num_free,
        system.driverState.num_free,
      ];
    },
  },
  {
    name: 'no-rollback',
    what: 'a message queue with more blocks than descriptors',
    sound: [0, 0, ECOMM, 1],
    // The third block was filled and zeroed.
    defective: [0, 0, ECOMM, 0],
    observe: (classes) => {
      const size = channel_bytes(2, 3, 8);
      const shared = new SharedArrayBuffer(8 * Math.ceil((DATAPORT + size) / 8));
      const port = new LivePort({ shared, local: new ArrayBuffer(512) });
      const sender = new classes.MsgqueueSender(port, 0, { index_modulus: 4 });
      sender.sender_init({ buffer: DATAPORT, buffer_size: size, queue_len: 2, message_size: 8, notify: 0 });
      const third = channel_geometry(DATAPORT, 2).pool + 16;
      new Uint8Array(shared)[third] = 1;
      const codes = [1, 2, 3].map((seed) => sender.send(bytesOf(8, seed)));
      return [...codes, new Uint8Array(shared)[third]];
    },
  },
  {
    name: 'double-return-accepted',
    sound: [VQ_OK, VQ_REFUSED, 1],
    defective: [VQ_OK, VQ_OK, 2],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      add(system);
      const object = take(system);
      const codes = [system.device.add_used_buf(object, 8), system.device.add_used_buf(object, 8)];
      return [...codes, system.view.getUint16(system.geometry.used_ring + 2, true)];
    },
  },
  {
    name: 'short-chain-returned',
    sound: [CAMKES_ERROR, false, VQ_OK],
    defective: [CAMKES_ERROR, true, VQ_REFUSED],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      system.driver.driver_scatter_send_buffer(bytesOf(12));
      const object = take(system);
      const code = system.device.device_gather_copy_buffer(object, new Uint8Array(13));
      // The caller cleans up.
      return [code, system.driver.drv_poll(), system.device.add_used_buf(object, 0)];
    },
  },
  {
    name: 'gather-unconsumed',
    sound: [VQ_REFUSED, VQ_OK, [0]],
    // Popped, and so no chain any more when it is collected.
    defective: [VQ_OK, VQ_REFUSED, []],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      add(system);
      system.device.add_used_buf(take(system), 0);
      const popped = system.driver.gather_used({ first: 0, cur: 0 }, newGathered());
      const object = new_ring_object();
      const code = system.driver.get_used_buf(object, { len: 0 });
      return [popped, code, object.first === FRESH ? [] : [object.first]];
    },
  },
  {
    name: 'reinit-zeroes-rings',
    what: 'a driver that starts again after one message',
    sound: 0,
    // 7 entries in 8 indices are more than the ring has, so the device refuses them.
    defective: VQ_REFUSED,
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      add(system);
      system.device.add_used_buf(take(system), 0);
      system.driver.driver_init_common(DATAPORT, 4, system.size, 1);
      return next(system);
    },
  },
  {
    name: 'reinit-zeroes-rings',
    what: 'a driver that starts again while the device has a chain',
    sound: EINVAL,
    defective: CAMKES_OK,
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      add(system);
      return system.driver.driver_init_common(DATAPORT, 4, system.size, 1);
    },
  },
  {
    name: 'reinit-zeroes-rings',
    what: 'a device that starts again',
    sound: VQ_NONE,
    defective: VQ_OK,
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      add(system);
      system.device.add_used_buf(take(system), 0);
      system.device.device_init_common(DATAPORT, 4, system.size, 1);
      return next(system);
    },
  },
  {
    name: 'shared-links-trusted',
    sound: [VQ_OK, VQ_OK],
    defective: [VQ_OK, 'out-of-range'],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      // What a device can do to a free descriptor.
      system.view.setUint16(system.geometry.desc_table + 14, 60_000, true);
      return [add(system), outcome(() => add(system))];
    },
  },
  {
    name: 'ids-unchecked',
    what: 'a used id that no chain has',
    sound: [VQ_REFUSED, 4],
    defective: [VQ_OK, 1],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      add(system);
      system.device.add_used_buf(take(system), 0);
      system.view.setUint32(system.geometry.used_ring + 4, 1, true);
      const object = { first: 4, cur: 4 };
      return [system.driver.get_used_buf(object, { len: 0 }), object.first];
    },
  },
  {
    name: 'ids-unchecked',
    what: 'a head that is no descriptor, and an index far ahead',
    sound: [VQ_REFUSED, VQ_REFUSED],
    defective: [VQ_OK, VQ_OK],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      const { avail_ring } = system.geometry;
      system.view.setUint16(avail_ring + 4, 60_000, true);
      system.view.setUint16(avail_ring + 2, 1, true);
      const first = next(system);
      system.view.setUint16(avail_ring + 2, 7, true);
      return [first, next(system)];
    },
  },
  {
    name: 'chain-unchecked',
    sound: [VQ_REFUSED, -1],
    defective: [VQ_OK, 4000],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      add(system, 0);
      system.view.setUint16(system.geometry.desc_table, 4000, true);
      const out = newGathered();
      return [system.device.gather_available(take(system), out), out.buf];
    },
  },
  {
    name: 'walk-unbounded',
    sound: [0, VQ_REFUSED],
    defective: ['never ends', VQ_OK],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      add(system);
      system.view.setUint16(system.geometry.desc_table + 14, 0, true);
      const local = new ArrayBuffer(8 * Math.ceil(device_bytes(4) / 8));
      const port = new ImpatientPort(new LivePort({ shared: system.shared, local }));
      const device = new classes.Device(port, 0, { index_modulus: 8 });
      device.device_init_common(DATAPORT, 4, system.size, 0);
      const object = new_ring_object();
      device.get_available_buf(object);
      const out = newGathered();
      for (let i = 0; i < 4; i++) device.gather_available(object, out);
      const fifth = device.gather_available(object, out);
      return [outcome(() => device.scattered_available_size(object)), fifth];
    },
  },
  {
    name: 'send-unchecked',
    sound: [CAMKES_ERROR, CAMKES_ERROR],
    defective: [CAMKES_OK, CAMKES_OK],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      const buf = alloc(system);
      return [system.driver.driver_send_buffer(buf + 4, 4), system.driver.driver_send_buffer(buf, 4000)];
    },
  },
  {
    name: 'offsets-unchecked',
    sound: [0, 0],
    defective: [DATAPORT + 112 + 4000, DATAPORT + 112 + 4000],
    observe: (classes) => {
      const { driver, device } = newChannel(4, {}, classes);
      return [driver.driver_offset_to_buffer(4000), device.device_offset_to_buffer(4000)];
    },
  },
  {
    name: 'length-unchecked',
    sound: [EINVAL, EINVAL],
    defective: [CAMKES_OK, CAMKES_OK],
    observe: (classes) => {
      const { driver, device, size } = newSides(4, {}, classes);
      return [
        driver.driver_init_common(DATAPORT, 3, size, 0),
        device.device_init_common(DATAPORT, 3, size, 0),
      ];
    },
  },
  {
    name: 'length-unchecked',
    what: '65536 descriptors',
    sound: [VQ_REFUSED, 'empty'],
    // The terminator of the first chain is the first chain.
    defective: [VQ_OK, 0],
    observe: (classes) => {
      const q = 0x1_0000;
      const shared = new SharedArrayBuffer(8 * Math.ceil(channel_bytes(q, 0) / 8));
      const port = new LivePort({ shared, local: new ArrayBuffer(2 * 1024 * 1024) });
      const driver = new classes.Driver(port, 0);
      const { avail_ring, used_ring, desc_table } = channel_geometry(0, q);
      const code = driver.init_driver(q, avail_ring, used_ring, desc_table, 0, 0);
      if (code !== VQ_OK) return [code, 'empty'];
      driver.add_available_buf(new_ring_object(), 0, 8, VQ_RW);
      return [code, new DataView(shared).getUint16(desc_table + 14, true)];
    },
  },
  {
    name: 'size-unchecked',
    sound: [EINVAL, EINVAL],
    defective: [ENOMEM, CAMKES_OK],
    observe: (classes) => {
      const { driver, device } = newSides(4, {}, classes);
      return [driver.driver_init_common(DATAPORT, 4, 64, 0), device.device_init_common(DATAPORT, 4, 64, 0)];
    },
  },
  {
    name: 'used-length-ignored',
    sound: [1, 2, 3, 0, 0, 0, 0, 0],
    defective: [1, 2, 3, 9, 9, 9, 9, 9],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      const { driver, device } = system;
      driver.driver_scatter_send_buffer(new Uint8Array(8).fill(9));
      device.device_scatter_copy_buffer(take(system), Uint8Array.of(1, 2, 3));
      const into = new Uint8Array(8);
      driver.driver_gather_copy_buffer(collect(system).object, into);
      return [...into];
    },
  },
  {
    name: 'block-freed-twice',
    sound: [CAMKES_OK, CAMKES_ERROR, 2],
    defective: [CAMKES_OK, CAMKES_OK, 1],
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      const buf = alloc(system);
      const codes = [system.driver.buffer_free(buf), system.driver.buffer_free(buf)];
      return [...codes, new Set([alloc(system), alloc(system)]).size];
    },
  },
  {
    name: 'block-freed-twice',
    what: 'a pointer into the middle',
    sound: CAMKES_ERROR,
    defective: CAMKES_OK,
    observe: (classes) => {
      const system = newChannel(4, {}, classes);
      return system.driver.buffer_free(alloc(system) + 3);
    },
  },
  {
    name: 'registry-unchecked',
    sound: [-1, CAMKES_ERROR, 4, 2, CAMKES_ERROR],
    // NULL is compared with; the later one wins; id 100 is forgotten; and before the table is somebody else's memory.
    defective: ['throws', CAMKES_OK, 8, -1, 'out-of-range'],
    observe: (classes) => {
      const local = new ArrayBuffer(8 * Math.ceil(channels_bytes(2) / 8));
      const port = new LivePort({ shared: new SharedArrayBuffer(8), local });
      const channels = new classes.Channels(port, 0, { names: ['drv', 'dev', 'last'], max_id: 2 });
      const channel = {
        virtqueue_id: 1,
        interface_name: 'drv',
        queue_len: 4,
        size: 4096,
        buf: 4096,
        notify: 1,
        recv_notification: 0,
        recv_badge: 1,
        role: VIRTQUEUE_DRIVER,
      };
      channels.channel_register(channel);
      const unknown = outcome(() => channels.get_id_from_name('dev'));
      channels.channel_register({ ...channel, virtqueue_id: 0, interface_name: 'dev' });
      expect(channels.get_id_from_name('drv')).toBe(1);
      const again = channels.channel_register({ ...channel, queue_len: 8 });
      const queue_len = channels.get_virtqueue_channel(VIRTQUEUE_DRIVER, 1)?.queue_len;
      const last = { ...channel, virtqueue_id: 2, interface_name: 'last', role: VIRTQUEUE_DEVICE };
      channels.channel_register(last);
      const found = channels.get_id_from_name('last');
      const negative = outcome(() => channels.channel_register({ ...channel, virtqueue_id: -1 }));
      return [unknown, again, queue_len, found, negative];
    },
  },
];

describe('seeded defects', () => {
  it('are all listed here, each with a name of its own, a title of one line, and its number', () => {
    expect([...new Set(symptoms.map(({ name }) => name))].sort()).toEqual(
      sel4Defects.map(({ name }) => name),
    );
    for (const { title } of sel4Defects) expect(title).toMatch(/^[^\n]{10,110}$/);
    const faults = new Set(sel4Defects.map(({ fault }) => fault));
    for (let fault = 1; fault <= 12; fault++) expect(faults).toContain(`Q${fault}`);
  });

  it.each(symptoms.map((symptom) => ({ ...symptom, title: `${symptom.name}: ${symptom.what ?? 'it'}` })))(
    '$title shows, and the sound code does not show it',
    ({ name, sound, defective, observe }) => {
      expect(observe(sel4Classes())).toEqual(sound);
      expect(observe(sel4Classes(sel4Defects.filter((defect) => defect.name === name)))).toEqual(defective);
    },
  );
});

describe('no two defects', () => {
  it('change the same step, so that their order does not matter', () => {
    const bare = sel4Classes();
    const steps = sel4Defects.flatMap((defect) => {
      const { Driver, Device, Channels: Registry, MsgqueueSender: Sender } = sel4Classes([defect]);
      const changed = (side: string, Class: { readonly prototype: object }, Base: object): string[] =>
        Class === Base ? [] : Object.getOwnPropertyNames(Class.prototype).map((step) => `${side}.${step}`);
      return [
        ...changed('driver', Driver, bare.Driver),
        ...changed('device', Device, bare.Device),
        ...changed('channels', Registry, bare.Channels),
        ...(defect.sender === undefined ? [] : changed('sender', Object.getPrototypeOf(Sender), bare)),
      ].filter((step) => !step.endsWith('.constructor'));
    });
    expect(steps.length).toBeGreaterThan(sel4Defects.length);
    expect(steps.filter((step, i) => steps.indexOf(step) !== i)).toEqual([]);
  });
});

describe('all defects together: the published code', () => {
  const published = sel4Classes(sel4Defects);

  it('moves messages all the same, as long as nothing goes wrong', () => {
    const system = newChannel(8, {}, published);
    const { driver, device } = system;
    for (let i = 0; i < 20; i++) {
      expect(driver.driver_scatter_send_buffer(bytesOf(20, i))).toBe(CAMKES_OK);
      const into = new Uint8Array(20);
      expect(device.device_gather_copy_buffer(take(system), into)).toBe(CAMKES_OK);
      expect(into).toEqual(bytesOf(20, i));
      const back = new Uint8Array(20);
      driver.driver_gather_copy_buffer(collect(system).object, back);
      expect(back).toEqual(bytesOf(20, i));
    }
    expect(freeList(system)).toHaveLength(8);
  });

  it('makes the shared accesses of the source, in its order', () => {
    const system = newChannel(4, {}, published);
    const { avail_ring, used_ring, desc_table } = system.geometry;
    const at = (port: RecordingPort): unknown[] => port.shared().map(([kind, , where]) => `${kind} ${where}`);
    add(system, 8);
    expect(at(system.driverPort)).toEqual([
      `load ${desc_table + 14}`,
      ...[0, 8, 12, 14].map((field) => `store ${desc_table + field}`),
      `load ${avail_ring + 2}`,
      `store ${avail_ring + 4}`,
      `store ${avail_ring + 2}`,
    ]);
    const object = take(system);
    system.device.gather_available(object, newGathered());
    system.device.add_used_buf(object, 8);
    expect(at(system.devicePort)).toEqual([
      `load ${avail_ring + 2}`,
      `load ${avail_ring + 4}`,
      ...[0, 8, 12, 14].map((field) => `load ${desc_table + field}`),
      `load ${used_ring + 2}`,
      `store ${used_ring + 4}`,
      `store ${used_ring + 8}`,
      `store ${used_ring + 2}`,
    ]);
    system.driverPort.accesses.length = 0;
    const { object: back } = collect(system);
    system.driver.gather_used(back, newGathered());
    expect(at(system.driverPort)).toEqual([
      `load ${used_ring + 2}`,
      `load ${used_ring + 4}`,
      `load ${used_ring + 8}`,
      ...[14, 0, 8, 12].map((field) => `load ${desc_table + field}`),
      `store ${desc_table + 14}`,
    ]);
  });

  it('Q1: two sends into two descriptors are never seen, and nothing can be sent any more', () => {
    const system = newChannel(2, {}, published);
    expect([add(system), add(system), next(system), add(system)]).toEqual([VQ_OK, VQ_OK, VQ_NONE, VQ_NONE]);
  });

  it('Q2: the device returns the first piece before the second is linked; both are told of success', () => {
    const system = newChannel(4, {}, published);
    const { driver, device, q } = system;
    const object = new_ring_object();
    driver.add_available_buf(object, 0, 8, VQ_RW);
    const taken = take(system);
    const into = new Uint8Array(device.scattered_available_size(taken));
    expect(device.device_gather_copy_buffer(taken, into)).toBe(CAMKES_OK);
    expect(driver.add_available_buf(object, 8, 8, VQ_RW)).toBe(VQ_OK);
    expect(into).toHaveLength(8);
    // A link that the device has never seen: the driver collects both pieces.
    const { object: back } = collect(system);
    const pieces = [0, 1, 2].map(() => driver.gather_used(back, newGathered()));
    expect(pieces).toEqual([VQ_OK, VQ_OK, VQ_NONE]);
    expect(freeList(system)).toHaveLength(q);
  });

  it('Q3: a descriptor that is linked to itself makes a walk without end', () => {
    const system = newChannel(4, {}, published);
    const object = new_ring_object();
    system.driver.add_available_buf(object, 0, 8, VQ_RW);
    system.device.add_used_buf(take(system), 8);
    system.driver.gather_used(collect(system).object, newGathered());
    expect(system.driver.add_available_buf(object, 0, 8, VQ_RW)).toBe(VQ_OK);
    expect(system.view.getUint16(system.geometry.desc_table + 14, true)).toBe(0);
    expect(next(system)).toBe(VQ_NONE);
    expect(freeList(system)).toEqual([1, 2, 3]);
  });

  it('Q5: a message of three pieces in two descriptors is published cut, and a block is lost', () => {
    const system = newChannel(2, { blocks: 3 }, published);
    expect(system.driver.driver_scatter_send_buffer(bytesOf(24))).toBe(CAMKES_ERROR);
    expect(system.pool.head).toBe(3);
    expect(freeList(system)).toEqual([]);
    expect(system.view.getUint16(system.geometry.avail_ring + 2, true)).toBe(1);
  });

  it('Q6: of a chain returned twice the second collection takes the free list, and a descriptor serves two chains', () => {
    const system = newChannel(4, {}, published);
    const { driver, device } = system;
    add(system);
    const object = take(system);
    device.add_used_buf(object, 8);
    device.add_used_buf(object, 8);
    driver.gather_used(collect(system).object, newGathered());
    const { object: again } = collect(system);
    let popped = 0;
    while (driver.gather_used(again, newGathered()) === VQ_OK) popped++;
    expect(popped).toBe(4);
    expect([1, 2, 3, 4, 5].map(() => add(system))).toEqual([VQ_OK, VQ_OK, VQ_OK, VQ_OK, VQ_OK]);
  });

  it('Q7: what was popped without being collected is popped again at the next poll', () => {
    const system = newChannel(4, {}, published);
    add(system);
    system.device.add_used_buf(take(system), 8);
    for (let i = 0; i < 2; i++) {
      const id = system.view.getUint32(system.geometry.used_ring + 4, true);
      expect(system.driver.gather_used({ first: id, cur: id }, newGathered())).toBe(VQ_OK);
    }
    expect(freeList(system)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('Q8: after one message and a new driver the device sees three phantoms', () => {
    const system = newChannel(4, {}, published);
    add(system);
    system.device.add_used_buf(take(system), 8);
    system.driver.driver_init_common(DATAPORT, 4, system.size, 1);
    expect([1, 2, 3, 4].map(() => next(system))).toEqual([VQ_OK, VQ_OK, VQ_OK, VQ_NONE]);
  });

  it('Q9: a link of 60000 is the first free descriptor, and the next send goes there', () => {
    const system = newChannel(4, {}, published);
    system.view.setUint16(system.geometry.desc_table + 14, 60_000, true);
    expect(add(system)).toBe(VQ_OK);
    expect(system.driverState.free_desc_head).toBe(60_000);
    expect(outcome(() => add(system))).toBe('out-of-range');
  });

  it('Q10: an empty ring of 3 looks full at once', () => {
    const sides = newSides(4, {}, published);
    sides.driver.driver_init_common(DATAPORT, 3, sides.size, 0);
    sides.device.device_init_common(DATAPORT, 3, sides.size, 0);
    expect([sides.device.dev_poll(), sides.driver.drv_poll()]).toEqual([true, true]);
  });

  it('Q12: a block that was freed twice is handed out for ever', () => {
    const system = newChannel(4, {}, published);
    const buf = alloc(system);
    system.driver.buffer_free(buf);
    system.driver.buffer_free(buf);
    expect([1, 2, 3, 4, 5].map(() => alloc(system))).toEqual([buf, buf, buf, buf, buf]);
  });

  it('has the classes of all layers', () => {
    expect(published.Channels.prototype).toBeInstanceOf(Channels);
    expect(sel4Classes().Channels).toBe(Channels);
  });
});
