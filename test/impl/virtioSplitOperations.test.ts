import { describe, expect, it } from 'vitest';
import {
  BufferPool,
  type Features,
  NO_BUFFER,
  newCollected,
  newTaken,
  VIRTIO_BAD_USED_ID,
  VIRTIO_INVALID,
  VIRTIO_NONE,
  VIRTIO_OK,
  type VirtioChainAction,
  type VirtioOperationSpec,
  virtioCodes,
  virtioOperations,
} from 'vqcheck/impl';
import { LivePort, type MemoryPort, type OperationArguments, type PlainData } from 'vqcheck/memory';
import { ILLEGAL, nextSlotState, type SlotEvent, slotEventIndex, slotStates } from 'vqcheck/model';
import { RecordingPort } from './recordingPort.ts';
import { BUFFER_BYTES, newSplit, type SplitSystem, takeOne } from './virtioSplitSystem.ts';

function spec(name: string): VirtioOperationSpec {
  const found = virtioOperations[name];
  if (found === undefined) throw new Error(`no specification of ${name}`);
  return found;
}

/** Who owns which buffer, by the specifications alone. */
type Ledger = {
  readonly chains: Map<string, readonly number[]>;
  readonly slots: Map<number, number>;
  readonly events: string[];
};

const newLedger = (): Ledger => ({ chains: new Map(), slots: new Map(), events: [] });

/** A port that moves buffers in the slot table as the specifications say, and throws where the table has no way. */
class OwnershipPort extends RecordingPort {
  private readonly ledger: Ledger;

  constructor(port: MemoryPort, ledger: Ledger) {
    super(port);
    this.ledger = ledger;
  }

  override op<R extends PlainData | undefined>(name: string, args: OperationArguments, body: () => R): R {
    const plain = (): Record<string, PlainData> => structuredClone(args) as Record<string, PlainData>;
    this.move(spec(name).onCall?.(plain()) ?? []);
    const result = super.op(name, args, body);
    this.move(spec(name).onReturn?.(plain(), result) ?? []);
    return result;
  }

  private move(actions: readonly VirtioChainAction[]): void {
    const { chains } = this.ledger;
    for (const action of actions) {
      if (action.kind === 'slot') {
        this.step(action.event, action.address);
        continue;
      }
      const key = `${action.queue} ${action.head}`;
      const slots = chains.get(key) ?? [];
      if (action.kind === 'append') {
        chains.set(key, [...slots, action.address]);
        continue;
      }
      if (slots.length === 0) throw new Error(`${action.event} of a chain that is none: ${key}`);
      for (const address of slots) {
        this.step(action.event, address);
        if (action.keeps === true) this.step('reserve', address);
      }
      if (action.event === 'collect') chains.delete(key);
    }
  }

  private step(event: SlotEvent, address: number): void {
    const before = this.ledger.slots.get(address) ?? 0;
    const after = nextSlotState(before, slotEventIndex(event));
    if (after === ILLEGAL) throw new Error(`${event} of ${address}, which is ${slotStates[before]}`);
    this.ledger.slots.set(address, after);
    this.ledger.events.push(event);
  }
}

type Owned = { readonly system: SplitSystem; readonly pool: BufferPool; readonly ledger: Ledger };

/** A queue of 4, and a pool of 6 buffers, all watched. */
function owned(features: Features = {}): Owned {
  const ledger = newLedger();
  const watch = (port: MemoryPort): MemoryPort => new OwnershipPort(port, ledger);
  const system = newSplit(4, { features, tableEntries: 4, indexModulus: 8, wrap: watch });
  const port = watch(new LivePort({ shared: new SharedArrayBuffer(8), local: new ArrayBuffer(8) }));
  const geometry = { base: system.buffers, buffers: 6, bytesEach: BUFFER_BYTES, notes: 0 };
  return { system, pool: new BufferPool(port, geometry), ledger };
}

/** Adds a chain of so many buffers, the last of them writable. */
function send({ system, pool }: Owned, count: number, indirectFrom?: number): number[] {
  const buffers = Array.from({ length: count }, () => pool.allocate());
  const segments = buffers.map((addr, i) => ({ addr, len: 8, writable: i === count - 1 }));
  const code = system.driver.add(segments, 0, indirectFrom === undefined ? {} : { indirectFrom });
  if (code !== VIRTIO_OK) throw new Error(`add: ${code}`);
  return buffers;
}

describe('virtioOperations', () => {
  it('specify every operation that pool, driver and device of the split layout perform', () => {
    const performed = new Set<string>();
    const system = newSplit(4, { features: { inOrder: true } });
    const { driver, device, driverPort, devicePort, buffers } = system;
    driver.init(4);
    device.init(4);
    const port = new RecordingPort(
      new LivePort({ shared: new SharedArrayBuffer(8), local: new ArrayBuffer(8) }),
    );
    const pool = new BufferPool(port, { base: buffers, buffers: 2, bytesEach: 8, notes: 0 });
    pool.free(pool.allocate());
    driver.add([{ addr: buffers, len: 8, writable: true }], 0);
    driver.add([{ addr: buffers + 16, len: 8, writable: true }], 0);
    driver.kick();
    device.giveBack(takeOne(system).head, 0);
    device.giveBackBatch([takeOne(system).head], 0);
    device.interrupt();
    driver.collect(newCollected());
    driver.disableInterrupts();
    driver.enableInterrupts();
    device.disableKicks();
    device.enableKicks();
    for (const { operations } of [driverPort, devicePort, port])
      for (const name of operations) performed.add(name);
    // Those are of the packed layout alone.
    const others = ['hasUsed', 'giveBackRequest'];
    const expected = Object.keys(virtioOperations).filter((name) => !others.includes(name));
    expect([...performed].sort()).toEqual(expected.sort());
  });

  it('know the codes, and count finding the peer out as success', () => {
    for (const name of ['init', 'add', 'take', 'giveBack', 'giveBackBatch', 'collect']) {
      expect(spec(name).codes).toBe(virtioCodes);
      expect(
        [VIRTIO_OK, VIRTIO_BAD_USED_ID, VIRTIO_NONE, VIRTIO_INVALID].map((code) =>
          spec(name).succeeded(code),
        ),
      ).toEqual([true, true, false, false]);
    }
  });

  it.each([
    ['without features', {}],
    ['in order', { inOrder: true }],
    ['with tables', { indirectDesc: true }],
    ['with all of them', { inOrder: true, indirectDesc: true, eventIdx: true }],
  ] as const)('never leave in doubt who owns a buffer, %s', (_title, features: Features) => {
    const setup = owned(features);
    const { system, pool, ledger } = setup;
    const { driver, device } = system;
    const tables = features.indirectDesc === true;
    for (let round = 0; round < 7; round++) {
      send(setup, 1);
      send(setup, 2, tables ? round % 2 : undefined);
      const sent = driver.kick() && send(setup, 1).length;
      const heads = Array.from({ length: sent === false ? 2 : 3 }, () => takeOne(system).head);
      expect([...ledger.slots.values()].filter((state) => slotStates[state] === 'used.held').length).toBe(
        heads.length + 1,
      );
      if (features.inOrder === true) {
        device.giveBackBatch(heads.slice(0, 2), 0);
        for (const head of heads.slice(2)) device.giveBack(head, 1);
      } else for (const head of heads.reverse()) device.giveBack(head, 1);
      device.interrupt();
      while (driver.collect(newCollected()) === VIRTIO_OK);
      expect(ledger.chains.size).toBe(0);
      // The application has them back, and may do with them what it likes.
      for (const [buffer, state] of ledger.slots) {
        if (slotStates[state] === 'free') continue;
        expect(slotStates[state]).toBe('reserved');
        pool.free(buffer);
      }
    }
    expect([...ledger.slots.values()].every((state) => slotStates[state] === 'free')).toBe(true);
    expect(ledger.events.filter((event) => event === 'take').length).toBeGreaterThan(20);
  });

  it('move nothing where nothing was done', () => {
    const setup = owned();
    const { system, pool, ledger } = setup;
    const { driver, device } = system;
    const [buffer = 0] = send(setup, 1);
    takeOne(system);
    const before = structuredClone({ slots: ledger.slots, chains: ledger.chains });
    expect(driver.add([], 0)).toBe(VIRTIO_INVALID);
    expect(driver.collect(newCollected())).toBe(VIRTIO_NONE);
    expect(device.take(newTaken())).toBe(VIRTIO_NONE);
    // Given away at the call, and back again at the return.
    expect(device.giveBack(0, 9)).toBe(VIRTIO_INVALID);
    expect(device.giveBackBatch([0], 0)).toBe(VIRTIO_INVALID);
    expect({ slots: ledger.slots, chains: ledger.chains }).toEqual(before);
    expect(slotStates[ledger.slots.get(buffer) ?? 0]).toBe('used.held');
    for (let i = 0; i < 5; i++) pool.allocate();
    expect(pool.allocate()).toBe(NO_BUFFER);
  });

  it('notice a chain that is given back twice, and a buffer that is added twice', () => {
    const setup = owned();
    const { system } = setup;
    const [addr = 0] = send(setup, 1);
    expect(() => system.driver.add([{ addr, len: 8, writable: true }], 0)).toThrow('publish of');
    const other = owned();
    send(other, 1);
    const { head } = takeOne(other.system);
    other.system.device.giveBack(head, 0);
    expect(() => other.system.device.giveBack(head, 0)).toThrow('return of');
  });
});
