import { describe, expect, it } from 'vitest';
import {
  allocator_bytes,
  camkes_msgqueue_t,
  channel_bytes,
  channel_geometry,
  device_bytes,
  driver_bytes,
  EBADMSG,
  ECOMM,
  EINVAL,
  EMSGSIZE,
  ENOMEM,
  ENOMSG,
  type MsgqueueChannel,
  MsgqueueReceiver,
  MsgqueueSender,
} from 'vqcheck/impl';
import { LivePort } from 'vqcheck/memory';
import { bytesOf, DATAPORT } from './sel4System.ts';

/** Of a message; blocks have 8 bytes. */
const MESSAGE = 6;

type Ends = {
  readonly sender: MsgqueueSender;
  readonly receiver: MsgqueueReceiver;
  readonly channel: MsgqueueChannel;
  readonly view: DataView;
  readonly signals: string[];
  bytes(): number[];
};

/** Both ends, not initialized. */
function newEnds(q: number, blocks: number, message_size = MESSAGE): Ends {
  const size = channel_bytes(q, blocks, 8);
  const shared = new SharedArrayBuffer(8 * Math.ceil((DATAPORT + size) / 8));
  const bytes = camkes_msgqueue_t.bytes + driver_bytes(q) + allocator_bytes(blocks);
  const [mine, yours] = [
    new ArrayBuffer(8 * Math.ceil(bytes / 8)),
    new ArrayBuffer(8 * Math.ceil(bytes / 8)),
  ];
  const signals: string[] = [];
  const sender = new MsgqueueSender(new LivePort({ shared, local: mine }), 0, {
    index_modulus: 2 * q,
    functions: [() => signals.push('signal')],
    local_bytes: driver_bytes(q) + allocator_bytes(blocks),
  });
  const receiver = new MsgqueueReceiver(new LivePort({ shared, local: yours }), 0, {
    index_modulus: 2 * q,
    local_bytes: device_bytes(q),
    poll: () => signals.push('poll'),
    wait: () => signals.push('wait'),
  });
  return {
    sender,
    receiver,
    channel: { buffer: DATAPORT, buffer_size: size, queue_len: q, message_size, notify: 1 },
    view: new DataView(shared),
    signals,
    bytes: () => [shared, mine, yours].flatMap((buffer) => [...new Uint8Array(buffer)]),
  };
}

/** Both ends, initialized. */
function newQueue(q: number, blocks: number): Ends {
  const ends = newEnds(q, blocks);
  expect(ends.sender.sender_init(ends.channel)).toBe(0);
  expect(ends.receiver.receiver_init(ends.channel)).toBe(0);
  return ends;
}

function fails(ends: Ends, call: () => number, code: number): void {
  const before = ends.bytes();
  expect(call()).toBe(code);
  expect(ends.bytes()).toEqual(before);
}

describe('the message queue', () => {
  it('moves messages in order, signals each, and reuses the blocks that come back', () => {
    const { sender, receiver, signals } = newQueue(4, 2);
    const into = new Uint8Array(MESSAGE);
    const out = { len: -1 };
    for (let i = 0; i < 20; i += 2) {
      for (const seed of [i, i + 1]) expect(sender.send(bytesOf(1 + (seed % MESSAGE), seed))).toBe(0);
      for (const seed of [i, i + 1]) {
        expect(receiver.get(into, out)).toBe(0);
        expect(into.subarray(0, out.len)).toEqual(bytesOf(1 + (seed % MESSAGE), seed));
      }
      expect(receiver.get(into, out)).toBe(ENOMSG);
    }
    expect(signals).toEqual(Array.from({ length: 20 }, () => 'signal'));
  });

  it('is full when no block is free: ENOMEM', () => {
    const ends = newQueue(4, 2);
    for (let i = 0; i < 2; i++) expect(ends.sender.send(bytesOf(6))).toBe(0);
    fails(ends, () => ends.sender.send(bytesOf(6)), ENOMEM);
  });

  it('is full when no descriptor is free: ECOMM', () => {
    const ends = newQueue(1, 2);
    expect(ends.sender.send(bytesOf(6))).toBe(0);
    fails(ends, () => ends.sender.send(bytesOf(6)), ECOMM);
    expect(ends.receiver.get(new Uint8Array(6), { len: 0 })).toBe(0);
    expect(ends.sender.send(bytesOf(6))).toBe(0);
  });

  it('takes no message that is larger than agreed on, and gives none into less room', () => {
    const ends = newQueue(4, 2);
    fails(ends, () => ends.sender.send(bytesOf(MESSAGE + 1)), EMSGSIZE);
    ends.sender.send(bytesOf(2));
    fails(ends, () => ends.receiver.get(new Uint8Array(MESSAGE - 1), { len: 0 }), EMSGSIZE);
    const empty = newQueue(4, 2);
    fails(empty, () => empty.receiver.get(new Uint8Array(8), { len: 0 }), ENOMSG);
  });

  it('does nothing before it is initialized, and is initialized once', () => {
    const ends = newEnds(4, 2);
    const { sender, receiver, channel } = ends;
    fails(ends, () => sender.send(bytesOf(1)), EINVAL);
    fails(ends, () => receiver.get(new Uint8Array(8), { len: 0 }), EINVAL);
    expect([receiver.poll(), receiver.wait()]).toEqual([EINVAL, EINVAL]);
    expect([sender.sender_init(channel), receiver.receiver_init(channel)]).toEqual([0, 0]);
    sender.send(bytesOf(3));
    fails(ends, () => sender.sender_init(channel), 0);
    fails(ends, () => receiver.receiver_init(channel), 0);
    expect(receiver.get(new Uint8Array(8), { len: 0 })).toBe(0);
  });

  it('polls and waits by its notification', () => {
    const { receiver, signals } = newQueue(4, 2);
    expect(receiver.poll()).toBe(1);
    expect(receiver.wait()).toBe(0);
    expect(signals).toEqual(['poll', 'wait']);
    const shared = new SharedArrayBuffer(DATAPORT + channel_bytes(4, 1, 8));
    const silent = new MsgqueueReceiver(new LivePort({ shared, local: new ArrayBuffer(256) }), 0);
    silent.receiver_init({ buffer: DATAPORT, buffer_size: 120, queue_len: 4, message_size: 8, notify: 0 });
    expect([silent.poll(), silent.wait()]).toEqual([0, 0]);
  });

  it('is not initialized without a channel, or with one that cannot be', () => {
    const ends = newEnds(4, 2);
    const { sender, receiver, channel } = ends;
    for (const wrong of [
      null,
      { ...channel, message_size: channel.buffer_size },
      { ...channel, queue_len: 3 },
      { ...channel, buffer: 0 },
    ]) {
      fails(ends, () => sender.sender_init(wrong), EINVAL);
      fails(ends, () => receiver.receiver_init(wrong), EINVAL);
    }
    fails(ends, () => sender.sender_init({ ...channel, message_size: 1 }), ENOMEM);
    fails(ends, () => receiver.receiver_init({ ...channel, queue_len: 8, buffer_size: 1000 }), ENOMEM);
  });

  it('rounds blocks up to a power of two', () => {
    for (const [message_size, block_size] of [
      [1, 1],
      [5, 8],
      [8, 8],
    ] as const) {
      const { sender, channel, view } = newEnds(4, 16, message_size);
      const wide = { ...channel, buffer_size: channel_bytes(4, 2, block_size) };
      expect(sender.sender_init(wide)).toBe(0);
      for (let i = 0; i < 2; i++) expect(sender.send(bytesOf(1))).toBe(0);
      expect(Number(view.getBigUint64(channel_geometry(DATAPORT, 4).desc_table + 16, true))).toBe(block_size);
    }
  });

  it('drops a message that is not sound, and goes on: EBADMSG', () => {
    const { sender, receiver, view } = newQueue(4, 2);
    const { desc_table, avail_ring } = channel_geometry(DATAPORT, 4);
    const into = new Uint8Array(MESSAGE);
    sender.send(bytesOf(4));
    view.setUint32(desc_table + 8, 4000, true);
    expect(receiver.get(into, { len: 0 })).toBe(EBADMSG);
    sender.send(bytesOf(4));
    // Inside the pool, and still more than was agreed on.
    view.setUint32(desc_table + 8, MESSAGE + 1, true);
    expect(receiver.get(into, { len: 0 })).toBe(EBADMSG);
    sender.send(bytesOf(4));
    expect(receiver.get(into, { len: 0 })).toBe(0);
    view.setUint16(avail_ring + 2, 1, true);
    expect(receiver.get(into, { len: 0 })).toBe(EBADMSG);
  });
});
