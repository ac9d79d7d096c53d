import { describe, expect, it } from 'vitest';
import {
  CamkesDevice,
  CamkesDriver,
  Channels,
  channel_bytes,
  MsgqueueReceiver,
  MsgqueueSender,
  Notification,
  Notifier,
  new_ring_object,
  type Sel4OperationSpec,
  sel4Operations,
  VQ_OK,
  VQ_REFUSED,
  VQ_RW,
} from 'vqcheck/impl';
import { LivePort, type MemoryPort, type OperationArguments, type PlainData } from 'vqcheck/memory';
import { ILLEGAL, nextSlotState, type SlotEvent, slotEventIndex, slotStates } from 'vqcheck/model';
import { RecordingPort } from './recordingPort.ts';
import { type ChainState, noChains, resolveChain } from './sel4Chains.ts';
import { alloc, bytesOf, collect, DATAPORT, newChannel, newGathered, take } from './sel4System.ts';

const operations = sel4Operations({ queue: 1000 });

function spec(name: string): Sel4OperationSpec {
  const found = operations[name];
  if (found === undefined) throw new Error(`no specification of ${name}`);
  return found;
}

describe('sel4Operations', () => {
  it('specifies every operation that the implementation performs', () => {
    const performed = new Set<string>();
    const system = newChannel(4);
    const { driver, device, driverPort, devicePort } = system;
    driver.driver_init_common(DATAPORT, 4, system.size, 0);
    device.device_init_common(DATAPORT, 4, system.size, 0);
    const object = new_ring_object();
    driver.chain_available_buf(object, 0, 8, VQ_RW);
    driver.discard_available(object);
    driver.chain_available_buf(object, 0, 8, VQ_RW);
    driver.publish_available(object);
    driver.add_available_buf(new_ring_object(), 8, 8, VQ_RW);
    driver.driver_send_buffer(alloc(system), 8);
    device.dev_poll();
    const taken = take(system);
    device.scattered_available_size(taken);
    device.device_gather_buffer(taken, newGathered());
    device.device_gather_copy_buffer(taken, new Uint8Array(0));
    device.device_scatter_copy_buffer(take(system), new Uint8Array(1));
    driver.drv_poll();
    driver.driver_gather_copy_buffer(collect(system).object, new Uint8Array(1));
    driver.driver_scatter_send_buffer(1);
    driver.driver_offset_to_buffer(0);
    device.device_offset_to_buffer(0);
    const shared = new SharedArrayBuffer(1024);
    const actions = { ring: () => 0, take: () => 0 };
    const port = new RecordingPort(new LivePort({ shared, local: new ArrayBuffer(8192), actions }));
    const channels = new Channels(port, 4096, { names: ['drv'], max_id: 2 });
    channels.channel_register({
      virtqueue_id: 0,
      interface_name: 'drv',
      queue_len: 4,
      size: 4096,
      buf: DATAPORT,
      notify: 1,
      recv_notification: 0,
      recv_badge: 1,
      role: 1,
    });
    channels.channel_num();
    channels.get_id_from_name('drv');
    const recv = { notification: 0, badge: 0 };
    driver.driver_init(channels, 1);
    driver.driver_init_with_recv(channels, 1, recv);
    device.device_init(channels, 1);
    device.device_init_with_recv(channels, 1, recv);
    const channel = {
      buffer: DATAPORT,
      buffer_size: channel_bytes(4, 2),
      queue_len: 4,
      message_size: 8,
      notify: 0,
    };
    const sender = new MsgqueueSender(port, 0);
    const receiver = new MsgqueueReceiver(port, 2048);
    sender.sender_init(channel);
    receiver.receiver_init(channel);
    sender.send(bytesOf(3));
    receiver.get(new Uint8Array(8), { len: 0 });
    const notification = new Notification(port, { object: 0, line: 0 });
    const notifier = new Notifier(port, 8000, [{ notification, badge: 1 }], true);
    notifier.notify(1);
    notifier.flush();
    notification.wait();
    notification.poll();
    for (const { operations } of [driverPort, devicePort, port])
      for (const name of operations) performed.add(name);
    expect([...performed].sort()).toEqual(Object.keys(operations).sort());
  });

  it('knows the documented codes, and which results are success', () => {
    expect(spec('add_available_buf').codes).toEqual({ '1': 'OK', '0': 'NONE', '-1': 'REFUSED' });
    expect(spec('driver_send_buffer').codes).toEqual({ '0': 'OK', '-1': 'ERROR' });
    expect(spec('msgqueue_send').codes).toEqual({
      0: 'OK',
      12: 'ENOMEM',
      22: 'EINVAL',
      70: 'ECOMM',
      90: 'EMSGSIZE',
    });
    expect([1, 0, -1].map((code) => spec('get_used_buf').succeeded(code))).toEqual([true, false, false]);
    expect([0, -1].map((code) => spec('buffer_free').succeeded(code))).toEqual([true, false]);
    expect([0, 42, 74].map((code) => spec('msgqueue_get').succeeded(code))).toEqual([true, false, true]);
    expect([0, 5].map((size) => spec('scattered_available_size').succeeded(size))).toEqual([false, true]);
    expect([0, 64].map((at) => spec('driver_offset_to_buffer').succeeded(at))).toEqual([false, true]);
    expect([0, 64].map((at) => spec('device_offset_to_buffer').succeeded(at))).toEqual([false, true]);
    expect([-1, 0].map((id) => spec('get_id_from_name').succeeded(id))).toEqual([false, true]);
    expect(spec('put_desc').succeeded(undefined)).toBe(true);
  });

  it('names buffers by their place in shared memory, of queues whose pool it knows', () => {
    const args = { queue: 'queue', head: 2, at: 3, buf: 8, len: 5 };
    expect(spec('put_desc').onReturn?.(args, undefined)).toEqual([
      { kind: 'append', queue: 'queue', head: 2, address: 1008, length: 5 },
    ]);
    expect(() => spec('put_desc').onReturn?.({ ...args, queue: 'other' }, undefined)).toThrow(
      'other: where its pool begins is not known',
    );
  });

  it('moves nothing where nothing was done', () => {
    const object = { first: 3, cur: 3 };
    const args = { queue: 'queue', object, out: { buf: 0, len: 0, flag: 0 }, buf: 1000, len: 0 };
    for (const name of ['get_available_buf', 'get_used_buf', 'gather_used', 'add_used_buf'])
      expect([name, spec(name).onReturn?.(args, name === 'add_used_buf' ? VQ_OK : 0)]).toEqual([name, []]);
    for (const name of ['buffer_alloc', 'buffer_free']) expect(spec(name).onReturn?.(args, -1)).toEqual([]);
    expect(spec('add_used_buf').onReturn?.(args, VQ_REFUSED)).toEqual([
      { kind: 'chain', queue: 'queue', head: 3, event: 'return.failed' },
    ]);
  });

  it('refuses arguments that are not those of the operation', () => {
    expect(() => spec('announce_chain').onCall?.({ queue: 'queue' })).toThrow('head: expected a number');
    expect(() => spec('announce_chain').onCall?.({ head: 1 })).toThrow('queue: expected a name');
    expect(() => spec('add_used_buf').onCall?.({ queue: 'queue', object: [] })).toThrow(
      'object: expected a record',
    );
  });
});

describe('resolveChain', () => {
  const append = { kind: 'append', queue: 'q', head: 1, address: 8, length: 4 } as const;

  it('remembers the buffers of a chain, and turns what happens to it into what happens to them', () => {
    let state: ChainState = noChains;
    const run = (action: Parameters<typeof resolveChain>[1]): readonly object[] => {
      const next = resolveChain(state, action);
      state = next.state;
      return next.actions;
    };
    expect(run(append)).toEqual([]);
    expect(run({ ...append, address: 16, length: 3 })).toEqual([]);
    const chain = { kind: 'chain', queue: 'q', head: 1 } as const;
    expect(run({ ...chain, event: 'publish' })).toEqual([
      { event: 'publish', address: 8, length: 4 },
      { event: 'publish', address: 16, length: 3 },
    ]);
    // A buffer that is linked to a chain which is published already is so itself.
    expect(run({ ...append, address: 24 })).toEqual([{ event: 'publish', address: 24, length: 4 }]);
    expect(run({ ...chain, event: 'take' })).toHaveLength(3);
    expect(run({ ...chain, event: 'return' })[0]).toEqual({ event: 'return', address: 8 });
    expect(run({ ...chain, event: 'return.failed' })[2]).toEqual({ event: 'return.failed', address: 24 });
    expect(run({ ...chain, queue: 'other', event: 'take' })).toEqual([]);
    expect(run({ ...chain, event: 'collect' })).toHaveLength(3);
    expect(state).toEqual(noChains);
    expect(run({ kind: 'slot', event: 'reserve', address: 8 })).toEqual([{ event: 'reserve', address: 8 }]);
    expect(run({ kind: 'slot', event: 'take', address: 8, length: 2 })).toEqual([
      { event: 'take', address: 8, length: 2 },
    ]);
    run(append);
    expect(run({ kind: 'discard', queue: 'q', head: 1 })).toEqual([]);
    expect(state).toEqual(noChains);
  });

  it('refuses an action that there is not', () => {
    const wrong = { kind: 'other', queue: 'q', head: 1 } as unknown as Parameters<typeof resolveChain>[1];
    expect(() => resolveChain(noChains, wrong)).toThrow('no such action');
  });
});

/** A port that follows who owns which block, by the specifications alone. */
class OwnershipPort extends RecordingPort {
  private readonly ledger: {
    chains: ChainState;
    readonly slots: Map<number, number>;
    readonly events: string[];
  };
  private readonly specs: ReturnType<typeof sel4Operations>;

  constructor(port: MemoryPort, specs: ReturnType<typeof sel4Operations>, ledger: OwnershipPort['ledger']) {
    super(port);
    this.specs = specs;
    this.ledger = ledger;
  }

  override op<R extends PlainData | undefined>(name: string, args: OperationArguments, body: () => R): R {
    const plain = (): Record<string, PlainData> => structuredClone(args) as Record<string, PlainData>;
    this.move(this.specs[name]?.onCall?.(plain()) ?? []);
    const result = super.op(name, args, body);
    this.move(this.specs[name]?.onReturn?.(plain(), result) ?? []);
    return result;
  }

  private move(actions: readonly Parameters<typeof resolveChain>[1][]): void {
    for (const action of actions) {
      const resolved = resolveChain(this.ledger.chains, action);
      this.ledger.chains = resolved.state;
      for (const { event, address } of resolved.actions) {
        const before = this.ledger.slots.get(address) ?? 0;
        const after = nextSlotState(before, slotEventIndex(event as SlotEvent));
        if (after === ILLEGAL) throw new Error(`${event} of ${address}, which is ${slotStates[before]}`);
        this.ledger.slots.set(address, after);
        this.ledger.events.push(event);
      }
    }
  }
}

describe('the ownership of blocks, by the specifications', () => {
  it('is never in doubt from sending to freeing, and all blocks come home', () => {
    const system = newChannel(4);
    const specs = sel4Operations({ queue: system.geometry.pool });
    const ledger = { chains: noChains, slots: new Map<number, number>(), events: [] as string[] };
    const local = (port: MemoryPort): OwnershipPort => new OwnershipPort(port, specs, ledger);
    const driver = new CamkesDriver(local(system.driverPort), 0, { index_modulus: 8, block_size: 8 });
    const device = new CamkesDevice(local(system.devicePort), 0, { index_modulus: 8 });
    for (let i = 0; i < 5; i++) {
      driver.driver_scatter_send_buffer(bytesOf(10));
      const single = { buf: 0 };
      driver.buffer_alloc(single, 8);
      driver.driver_send_buffer(single.buf, 3);
      const objects = [new_ring_object(), new_ring_object()];
      for (const object of objects) device.get_available_buf(object);
      for (const object of objects.reverse()) device.device_scatter_copy_buffer(object, bytesOf(2));
      for (let n = 0; n < 2; n++) {
        const object = new_ring_object();
        driver.get_used_buf(object, { len: 0 });
        driver.driver_gather_copy_buffer(object, new Uint8Array(8));
      }
      expect([...ledger.slots.values()].every((state) => state === 0)).toBe(true);
      expect(ledger.chains).toEqual(noChains);
    }
    expect(ledger.events.filter((event) => event === 'take')).toHaveLength(15);
  });
});
