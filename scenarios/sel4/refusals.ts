/**
 * Every call that must be refused: before the set-up, with ids, lengths, sizes and addresses that are none, without a
 * chain, and where a peer has forged what it published. Each has to answer with its one code, and to leave everything as
 * it was: between two phases, in which both sides are used rightly or something is forged, any refusal may come any
 * number of times. Both sides are on one core here: what two cores do to each other is what the other scenarios are for.
 */
import {
  type Actions,
  type ChainAction,
  program,
  STOP,
  type System,
  type SystemOperation,
  type Witness,
} from '../../checker/index.ts';
import {
  allocator_bytes,
  CAMKES_ERROR,
  type CamkesDevice,
  type CamkesDriver,
  type ChainAction as ChannelAction,
  type ChannelRegistration,
  type Channels,
  camkes_msgqueue_t,
  channel_bytes,
  channel_geometry,
  channels_bytes,
  device_bytes,
  driver_bytes,
  EBADMSG,
  EINVAL,
  EMSGSIZE,
  ENOMEM,
  ENOMSG,
  type MsgqueueReceiver,
  type MsgqueueSender,
  Notification,
  new_ring_object,
  notification_t,
  placeDevice,
  placeDriver,
  placeVirtqueue,
  type RingObject,
  type Sel4Classes,
  sel4Operations,
  VIRTQUEUE_DEVICE,
  VIRTQUEUE_DRIVER,
  VQ_NONE,
  VQ_REFUSED,
  vq_vring_avail_elem_t,
  vq_vring_avail_t,
  vq_vring_desc_t,
  vq_vring_used_t,
} from '../../impl/index.ts';
import { type Fields, fieldLocation, LayoutMap, type MemoryPort, type Struct } from '../../memory/index.ts';
import {
  boundedOperation,
  documentedErrors,
  failureAtomicity,
  noOutsideAccess,
} from '../../properties/index.ts';

const LENGTH = 2;
const BLOCK_BYTES = 8;
const QUEUE = 'queue';
const MESSAGES = 'messages';
const NAMES = ['drv', 'dev'];
const LARGEST_ID = 3;
/** A function pointer. Nobody sleeps here: the function does nothing. */
const NOTIFY = 1;

// Behind the notification object: the dataport of both sides, and that of the message queue.
const SIZE = channel_bytes(LENGTH, LENGTH, BLOCK_BYTES);
const dataport = 8;
const messages = 4 * Math.ceil((dataport + SIZE) / 4);
const rings = channel_geometry(dataport, LENGTH);
const messageRings = channel_geometry(messages, LENGTH);
const sharedBytes = 8 * Math.ceil((messages + SIZE) / 8);

// In core-local memory, one after the other.
const driverAt = 0;
const deviceAt = driverAt + driver_bytes(LENGTH) + allocator_bytes(LENGTH);
const senderAt = deviceAt + device_bytes(LENGTH);
const receiverAt = senderAt + camkes_msgqueue_t.bytes + driver_bytes(LENGTH) + allocator_bytes(2 * LENGTH);
const tableAt = receiverAt + camkes_msgqueue_t.bytes + device_bytes(LENGTH);
const localBytes = 8 * Math.ceil((tableAt + channels_bytes(LARGEST_ID)) / 8);

interface Sides {
  readonly port: MemoryPort;
  readonly driver: CamkesDriver;
  readonly device: CamkesDevice;
  /** The same, where no core-local memory is left. */
  readonly poorDriver: CamkesDriver;
  readonly poorDevice: CamkesDevice;
  readonly sender: MsgqueueSender;
  readonly receiver: MsgqueueReceiver;
  readonly channels: Channels;
}

/** A call that is refused. */
interface Refusal {
  /** What is called, unique. */
  readonly call: string;
  /** What it must answer. */
  readonly code: number;
  run(sides: Sides): number;
}

/** What may be refused for a while, and what ends it. */
interface Phase {
  /** What it is about: a witness of the scenario. */
  readonly why: string;
  readonly refusals: readonly Refusal[];
  goOn(sides: Sides): void;
}

function refusal(call: string, code: number, run: (sides: Sides) => number): Refusal {
  return { call, code, run };
}

function registration(id: number, more: Partial<ChannelRegistration> = {}): ChannelRegistration {
  return {
    virtqueue_id: id,
    interface_name: 'drv',
    queue_len: LENGTH,
    size: SIZE,
    buf: dataport,
    notify: NOTIFY,
    recv_notification: 0,
    recv_badge: 1,
    role: VIRTQUEUE_DRIVER,
    ...more,
  };
}

const channel = {
  buffer: messages,
  buffer_size: SIZE,
  queue_len: LENGTH,
  message_size: BLOCK_BYTES,
  notify: NOTIFY,
};

/** The chain that the device takes: the first one, so its head is descriptor 0. */
const taken = (): RingObject => ({ first: 0, cur: 0 });
const gathered = () => ({ buf: 0, len: 0, flag: 0 });
const bytes = (length: number): Uint8Array => new Uint8Array(length);

/** Writes a field of shared memory, as a peer that breaks the rules could. */
function forge<F extends Fields>(
  port: MemoryPort,
  struct: Struct<F>,
  base: number,
  name: keyof F & string,
  value: number,
): void {
  port.store(fieldLocation(struct, 'shared', base, name), value, 'relaxed');
}

function expectThat(what: string, is: boolean): void {
  if (!is) throw new Error(`refusals: ${what}: it is not so`);
}

const phases: readonly Phase[] = [
  {
    why: 'nothing is set up',
    refusals: [
      refusal('channel_register with an id too large', CAMKES_ERROR, ({ channels }) =>
        channels.channel_register(registration(LARGEST_ID + 1)),
      ),
      refusal('channel_register with a negative id', CAMKES_ERROR, ({ channels }) =>
        channels.channel_register(registration(-1)),
      ),
      refusal('channel_register without a dataport', CAMKES_ERROR, ({ channels }) =>
        channels.channel_register(registration(0, { buf: 0 })),
      ),
      refusal('channel_register without a function', CAMKES_ERROR, ({ channels }) =>
        channels.channel_register(registration(0, { notify: 0 })),
      ),
      refusal('channel_register with a name that is none', CAMKES_ERROR, ({ channels }) =>
        channels.channel_register(registration(0, { interface_name: 'other' })),
      ),
      refusal('get_id_from_name', CAMKES_ERROR, ({ channels }) => channels.get_id_from_name('drv')),
      refusal('driver_init without a channel', CAMKES_ERROR, ({ driver, channels }) =>
        driver.driver_init(channels, 0),
      ),
      refusal('driver_init with a negative id', CAMKES_ERROR, ({ driver, channels }) =>
        driver.driver_init(channels, -1),
      ),
      refusal('device_init without a channel', CAMKES_ERROR, ({ device, channels }) =>
        device.device_init(channels, 1),
      ),
      refusal('driver_init_common without a dataport', EINVAL, ({ driver }) =>
        driver.driver_init_common(0, LENGTH, SIZE, NOTIFY),
      ),
      refusal('driver_init_common in a dataport too small', EINVAL, ({ driver }) =>
        driver.driver_init_common(dataport, LENGTH, 8, NOTIFY),
      ),
      refusal('driver_init_common without memory', ENOMEM, ({ poorDriver }) =>
        poorDriver.driver_init_common(dataport, LENGTH, SIZE, NOTIFY),
      ),
      refusal('device_init_common without a dataport', EINVAL, ({ device }) =>
        device.device_init_common(0, LENGTH, SIZE, NOTIFY),
      ),
      refusal('device_init_common in a dataport too small', EINVAL, ({ device }) =>
        device.device_init_common(dataport, LENGTH, 8, NOTIFY),
      ),
      refusal('device_init_common without memory', ENOMEM, ({ poorDevice }) =>
        poorDevice.device_init_common(dataport, LENGTH, SIZE, NOTIFY),
      ),
      refusal('init_driver with 3 descriptors', VQ_REFUSED, ({ driver }) =>
        driver.init_driver(3, rings.avail_ring, rings.used_ring, rings.desc_table, NOTIFY, 0),
      ),
      refusal('init_device with 3 descriptors', VQ_REFUSED, ({ device }) =>
        device.init_device(3, rings.avail_ring, rings.used_ring, rings.desc_table, NOTIFY, 0, 8),
      ),
      refusal('sender_init without a channel', EINVAL, ({ sender }) => sender.sender_init(null)),
      refusal('sender_init with messages too large', EINVAL, ({ sender }) =>
        sender.sender_init({ ...channel, message_size: SIZE }),
      ),
      refusal('sender_init with 3 descriptors', EINVAL, ({ sender }) =>
        sender.sender_init({ ...channel, queue_len: 3, message_size: 1 }),
      ),
      refusal('receiver_init without a channel', EINVAL, ({ receiver }) => receiver.receiver_init(null)),
      refusal('receiver_init with messages too large', EINVAL, ({ receiver }) =>
        receiver.receiver_init({ ...channel, message_size: SIZE }),
      ),
      refusal('receiver_init with 3 descriptors', EINVAL, ({ receiver }) =>
        receiver.receiver_init({ ...channel, queue_len: 3 }),
      ),
      refusal('send before sender_init', EINVAL, ({ sender }) => sender.send(bytes(1))),
      refusal('get before receiver_init', EINVAL, ({ receiver }) => receiver.get(bytes(8), { len: 0 })),
      refusal('poll before receiver_init', EINVAL, ({ receiver }) => receiver.poll()),
      refusal('wait before receiver_init', EINVAL, ({ receiver }) => receiver.wait()),
    ],
    goOn({ channels }) {
      const device = { interface_name: 'dev', role: VIRTQUEUE_DEVICE };
      const results = [
        channels.channel_register(registration(0)),
        channels.channel_register(registration(1, device)),
        channels.channel_register(registration(2, { queue_len: 3 })),
        channels.channel_register(registration(3, { ...device, queue_len: 3 })),
      ];
      expectThat(
        'channels registered',
        results.every((result) => result === 0),
      );
      expectThat('four channels', channels.channel_num() === 4);
      expectThat('the device has id 1', channels.get_id_from_name('dev') === 1);
    },
  },
  {
    why: 'channels are registered',
    refusals: [
      refusal('channel_register with an id that is taken', CAMKES_ERROR, ({ channels }) =>
        channels.channel_register(registration(0)),
      ),
      refusal('driver_init in the role of the device', CAMKES_ERROR, ({ driver, channels }) =>
        driver.driver_init(channels, 1),
      ),
      refusal('driver_init with 3 descriptors', CAMKES_ERROR, ({ driver, channels }) =>
        driver.driver_init(channels, 2),
      ),
      refusal('device_init with 3 descriptors', CAMKES_ERROR, ({ device, channels }) =>
        device.device_init(channels, 3),
      ),
    ],
    goOn({ driver, device, channels, sender, receiver }) {
      const [driverRecv, deviceRecv] = [
        { notification: 9, badge: 0 },
        { notification: 9, badge: 0 },
      ];
      const results = [
        driver.driver_init(channels, 0),
        driver.driver_init_with_recv(channels, 0, driverRecv),
        device.device_init(channels, 1),
        device.device_init_with_recv(channels, 1, deviceRecv),
        // A second time it is done already.
        sender.sender_init(channel),
        sender.sender_init(channel),
        receiver.receiver_init(channel),
        receiver.receiver_init(channel),
      ];
      expectThat(
        'all is set up',
        results.every((result) => result === 0),
      );
      expectThat('they hear', driverRecv.badge === 1 && deviceRecv.notification === 0);
      // This one was given no function.
      receiver.receiver_channel.notify();
    },
  },
  {
    why: 'no chain is out',
    refusals: [
      refusal('buffer_alloc of more than a block', CAMKES_ERROR, ({ driver }) =>
        driver.buffer_alloc({ buf: 0 }, BLOCK_BYTES + 1),
      ),
      refusal('buffer_free before the pool', CAMKES_ERROR, ({ driver }) => driver.buffer_free(dataport)),
      refusal('driver_send_buffer before the pool', CAMKES_ERROR, ({ driver }) =>
        driver.driver_send_buffer(dataport, 1),
      ),
      refusal('driver_scatter_send_buffer of too much', CAMKES_ERROR, ({ driver }) =>
        driver.driver_scatter_send_buffer(LENGTH * BLOCK_BYTES + 1),
      ),
      refusal('driver_gather_copy_buffer', CAMKES_ERROR, ({ driver }) =>
        driver.driver_gather_copy_buffer(taken(), bytes(1)),
      ),
      refusal('discard_available', VQ_REFUSED, ({ driver }) => driver.discard_available(new_ring_object())),
      refusal('publish_available', VQ_REFUSED, ({ driver }) => driver.publish_available(new_ring_object())),
      refusal('drv_poll', 0, ({ driver }) => Number(driver.drv_poll())),
      refusal('driver_offset_to_buffer before the pool', 0, ({ driver }) =>
        driver.driver_offset_to_buffer(-1),
      ),
      refusal('get_available_buf', VQ_NONE, ({ device }) => device.get_available_buf(new_ring_object())),
      refusal('scattered_available_size', 0, ({ device }) => device.scattered_available_size(taken())),
      refusal('gather_available', VQ_REFUSED, ({ device }) => device.gather_available(taken(), gathered())),
      refusal('gather_available without a chain', VQ_NONE, ({ device }) =>
        device.gather_available(new_ring_object(), gathered()),
      ),
      refusal('device_gather_buffer', CAMKES_ERROR, ({ device }) =>
        device.device_gather_buffer(taken(), gathered()),
      ),
      refusal('device_gather_copy_buffer', CAMKES_ERROR, ({ device }) =>
        device.device_gather_copy_buffer(taken(), bytes(1)),
      ),
      refusal('add_used_buf', VQ_REFUSED, ({ device }) => device.add_used_buf(taken(), 0)),
      refusal('dev_poll', 0, ({ device }) => Number(device.dev_poll())),
      refusal('device_offset_to_buffer behind the pool', 0, ({ device }) =>
        device.device_offset_to_buffer(LENGTH * BLOCK_BYTES),
      ),
      refusal('send of more than a message', EMSGSIZE, ({ sender }) => sender.send(bytes(BLOCK_BYTES + 1))),
      refusal('get into less than a message', EMSGSIZE, ({ receiver }) => receiver.get(bytes(1), { len: 0 })),
      refusal('get', ENOMSG, ({ receiver }) => receiver.get(bytes(BLOCK_BYTES), { len: 0 })),
      refusal('poll', 0, ({ receiver }) => receiver.poll()),
    ],
    goOn({ port, driver, device }) {
      const { pool } = rings;
      expectThat('one pool', driver.driver_offset_to_buffer(1) === pool + 1);
      expectThat('the same pool', device.device_offset_to_buffer(1) === pool + 1);
      const nothing = driver.driver_gather_copy_buffer(new_ring_object(), bytes(1));
      expectThat('at its end nothing is copied', nothing === 0);
      // Two blocks of whatever they hold.
      expectThat('sent', driver.driver_scatter_send_buffer(BLOCK_BYTES + 1) === 0);
      expectThat('seen', device.dev_poll());
      expectThat('taken', device.get_available_buf(new_ring_object()) === 1);
      forge(port, vq_vring_desc_t, rings.desc_table, 'next', 0);
    },
  },
  {
    why: 'a chain leads back to itself',
    refusals: [
      refusal('scattered_available_size of a ring', 0, ({ device }) =>
        device.scattered_available_size(taken()),
      ),
      refusal('device_gather_copy_buffer of a ring', CAMKES_ERROR, ({ device }) =>
        device.device_gather_copy_buffer(taken(), bytes(5 * BLOCK_BYTES)),
      ),
    ],
    goOn({ port }) {
      forge(port, vq_vring_desc_t, rings.desc_table, 'addr', LENGTH * BLOCK_BYTES);
    },
  },
  {
    why: 'a descriptor leads out of the pool',
    refusals: [
      refusal('gather_available of what is outside', VQ_REFUSED, ({ device }) =>
        device.gather_available(taken(), gathered()),
      ),
      refusal('device_gather_copy_buffer of what is outside', CAMKES_ERROR, ({ device }) =>
        device.device_gather_copy_buffer(taken(), bytes(1)),
      ),
    ],
    goOn({ port, device }) {
      expectThat('given back', device.add_used_buf(taken(), 0) === 1);
      // One chain was published, and came back: these are more than a lap ahead.
      forge(port, vq_vring_avail_t, rings.avail_ring, 'idx', 0);
      forge(port, vq_vring_used_t, rings.used_ring, 'idx', 3);
    },
  },
  {
    why: 'indices are more than a lap ahead',
    refusals: [
      refusal('get_available_buf by such an index', VQ_REFUSED, ({ device }) =>
        device.get_available_buf(new_ring_object()),
      ),
      refusal('get_used_buf by such an index', VQ_REFUSED, ({ driver }) =>
        driver.get_used_buf(new_ring_object(), { len: 0 }),
      ),
    ],
    goOn({ port, driver }) {
      forge(port, vq_vring_used_t, rings.used_ring, 'idx', 1);
      expectThat('came back', driver.drv_poll());
      const second = rings.avail_ring + vq_vring_avail_t.bytes + vq_vring_avail_elem_t.bytes;
      forge(port, vq_vring_avail_elem_t, second, 'head', LENGTH);
      forge(port, vq_vring_avail_t, rings.avail_ring, 'idx', 2);
      forge(port, vq_vring_avail_t, messageRings.avail_ring, 'idx', 3);
    },
  },
  {
    why: 'entries are no chains',
    refusals: [
      refusal('get_available_buf of no head', VQ_REFUSED, ({ device }) =>
        device.get_available_buf(new_ring_object()),
      ),
      refusal('get by an index more than a lap ahead', EBADMSG, ({ receiver }) =>
        receiver.get(bytes(BLOCK_BYTES), { len: 0 }),
      ),
    ],
    goOn({ port, sender, receiver }) {
      forge(port, vq_vring_avail_t, messageRings.avail_ring, 'idx', 0);
      expectThat('sent', sender.send(bytes(BLOCK_BYTES)) === 0);
      forge(port, vq_vring_desc_t, messageRings.desc_table, 'addr', LENGTH * BLOCK_BYTES);
      expectThat('dropped', receiver.get(bytes(BLOCK_BYTES), { len: 0 }) === EBADMSG);
      expectThat('gone', receiver.get(bytes(BLOCK_BYTES), { len: 0 }) === ENOMSG);
    },
  },
];

function sidesOn(port: MemoryPort, classes: Sel4Classes): Sides {
  const common = { index_modulus: 2 * LENGTH, functions: [() => undefined], block_size: BLOCK_BYTES };
  const poor = { ...common, id: QUEUE, local_bytes: 8 };
  const own = new Notification(port, { object: 0, line: 0 });
  return {
    port,
    // A pool of impossible size finds no memory for its list.
    driver: new classes.Driver(port, driverAt, { ...common, id: QUEUE, local_bytes: deviceAt - driverAt }),
    device: new classes.Device(port, deviceAt, { ...common, id: QUEUE }),
    poorDriver: new classes.Driver(port, driverAt, poor),
    poorDevice: new classes.Device(port, deviceAt, poor),
    sender: new classes.MsgqueueSender(port, senderAt, { ...common, id: MESSAGES }),
    receiver: new classes.MsgqueueReceiver(port, receiverAt, {
      ...common,
      id: MESSAGES,
      poll: () => own.poll(),
    }),
    channels: new classes.Channels(port, tableAt, { names: NAMES, max_id: LARGEST_ID }),
  };
}

/** The operation around a call that must answer with this. */
function expectation(code: number): string {
  return `expect ${code}`;
}

/** With the queues' numbers. */
function numbered(actions: readonly ChannelAction[]): Actions {
  return actions.map(
    (action): ChainAction =>
      action.kind === 'slot' ? action : { ...action, queue: action.queue === QUEUE ? 0 : 1 },
  );
}

/** Each has one documented result, and never succeeds: so it may not change anything either. */
function operations(): Record<string, SystemOperation> {
  const pools = { [QUEUE]: rings.pool, [MESSAGES]: messageRings.pool };
  const known = Object.entries(sel4Operations(pools)).map(([name, spec]) => {
    const { codes, succeeded, onCall, onReturn } = spec;
    const operation: SystemOperation = {
      codes,
      succeeded,
      ...(onCall === undefined ? {} : { onCall: (args) => numbered(onCall(args)) }),
      ...(onReturn === undefined ? {} : { onReturn: (args, result) => numbered(onReturn(args, result)) }),
    };
    return [name, operation] as const;
  });
  const codes = phases.flatMap(({ refusals }) => refusals.map(({ code }) => code));
  const expected = codes.map(
    (code) => [expectation(code), { codes: { [code]: 'refused' }, succeeded: () => false }] as const,
  );
  return Object.fromEntries([...known, ...expected]);
}

export function refusalsSystem(title: string, classes: Sel4Classes): System {
  const names = new LayoutMap();
  names.place('notification', 'shared', notification_t, 0);
  placeVirtqueue(names, '', dataport, LENGTH, LENGTH, BLOCK_BYTES);
  placeVirtqueue(names, 'messages', messages, LENGTH, LENGTH, BLOCK_BYTES);
  placeDriver(names, 'driver', driverAt, LENGTH, LENGTH);
  placeDevice(names, 'device', deviceAt, LENGTH);
  const main = program<{ readonly phase: number }>({ phase: 0 }, (port) => {
    const sides = sidesOn(port, classes);
    return (state) => {
      const phase = phases[state.phase];
      if (phase === undefined) return STOP;
      const refused = phase.refusals[port.choose(phase.refusals.length + 1)];
      if (refused !== undefined) {
        port.op(expectation(refused.code), { call: refused.call }, () => refused.run(sides));
        return state;
      }
      phase.goOn(sides);
      return { phase: state.phase + 1 };
    };
  });
  const witnesses = phases.map(({ why, refusals }): Witness => {
    const calls = refusals.map(({ call }) => call);
    return {
      name: `refused while ${why}`,
      reached: (seen) =>
        seen.kind === 'event' &&
        seen.event.kind === 'return' &&
        typeof seen.event.args.call === 'string' &&
        calls.includes(seen.event.args.call),
    };
  });
  return {
    title,
    sharedBytes,
    localBytes,
    cores: ['main'],
    agents: [{ name: 'main', core: 0, program: main }],
    slots: [rings.pool, messageRings.pool].flatMap((pool, queue) =>
      Array.from({ length: LENGTH }, (_, i) => ({
        name: `buffer[${i}] of ${queue === 0 ? 'the queue' : 'messages'}`,
        address: pool + i * BLOCK_BYTES,
        lengthBytes: BLOCK_BYTES,
        queue,
      })),
    ),
    queues: 2,
    chains: true,
    operations: operations(),
    names,
    setup: () => undefined,
    properties: [noOutsideAccess, failureAtomicity, documentedErrors, boundedOperation],
    witnesses,
    home: () => true,
    accessBound: 400,
    // Where nothing is merged, all stores of a set-up may wait: no fence comes in between.
    bufferDepth: 256,
  };
}
