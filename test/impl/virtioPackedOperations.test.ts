import { describe, expect, it } from 'vitest';
import {
  BufferPool,
  type Features,
  newCollected,
  newTaken,
  type PackedClasses,
  packedClasses,
  packedDefects,
  VIRTIO_INVALID,
  VIRTIO_NONE,
  VIRTIO_OK,
  virtioOperations,
} from 'vqcheck/impl';
import { LivePort, type MemoryPort } from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';
import { countOf, newVirtioLedger, type VirtioLedger, VirtioOwnershipPort } from './virtioOwnership.ts';
import { BUFFER_BYTES, newPacked, type PackedSystem, take } from './virtioPackedSystem.ts';

type Owned = { readonly system: PackedSystem; readonly pool: BufferPool; readonly ledger: VirtioLedger };

/** A queue of 4, and a pool of 6 buffers, all watched. */
function owned(features: Features = {}, classes: PackedClasses = packedClasses()): Owned {
  const ledger = newVirtioLedger();
  const watch = (port: MemoryPort): MemoryPort => new VirtioOwnershipPort(port, ledger);
  const system = newPacked(4, { features, entries: 4, buffers: 6, wrap: watch, classes });
  const port = watch(new LivePort({ shared: new SharedArrayBuffer(8), local: new ArrayBuffer(8) }));
  const geometry = { base: system.buffers, buffers: 6, bytesEach: BUFFER_BYTES, notes: 0 };
  return { system, pool: new BufferPool(port, geometry), ledger };
}

/** Adds a list of so many buffers, the last of them writable. */
function send({ system, pool }: Owned, count: number, indirect = false): void {
  const buffers = Array.from({ length: count }, () => pool.allocate());
  const segments = buffers.map((addr, i) => ({ addr, len: 8, writable: i === count - 1 }));
  const code = system.driver.add(segments, 0, indirect ? { indirectFrom: 0 } : {});
  if (code !== VIRTIO_OK) throw new Error(`add: ${code}`);
}

describe('virtioOperations', () => {
  it('specify every operation that pool, driver and device of the packed layout perform', () => {
    const performed = new Set<string>();
    const system = newPacked(4, { features: { inOrder: true } });
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
    device.giveBack(take(system).head, 0);
    device.giveBackBatch([take(system).head], 0);
    device.giveBackRequest([], []);
    device.interrupt();
    driver.hasUsed();
    driver.collect(newCollected());
    driver.disableInterrupts();
    driver.enableInterrupts();
    device.disableKicks();
    device.enableKicks();
    for (const { operations } of [driverPort, devicePort, port])
      for (const name of operations) performed.add(name);
    expect([...performed].sort()).toEqual(Object.keys(virtioOperations).sort());
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
    for (let round = 0; round < 7; round++) {
      send(setup, 1);
      send(setup, 2, features.indirectDesc === true && round % 2 === 0);
      send(setup, 1);
      driver.kick();
      const heads = [take(system).head, take(system).head, take(system).head];
      expect(countOf(ledger, 'used.held')).toBe(4);
      if (features.inOrder === true) {
        device.giveBackBatch(heads.slice(0, 2), 0);
        device.giveBack(heads[2] ?? -1, 1);
      } else for (const head of heads.reverse()) device.giveBack(head, 1);
      device.interrupt();
      for (let i = 0; i < 3; i++) expect(driver.collect(newCollected())).toBe(VIRTIO_OK);
      expect(ledger.chains.size).toBe(0);
      // The application has them back, and may do with them what it likes.
      expect(countOf(ledger, 'reserved')).toBe(4);
      for (let i = 0; i < 4; i++) pool.free(system.buffers + i * BUFFER_BYTES);
    }
    expect(countOf(ledger, 'free')).toBe(ledger.slots.size);
    expect(ledger.events.filter((event) => event === 'take')).toHaveLength(28);
  });

  it('move nothing where nothing was done', () => {
    const setup = owned();
    const { system, ledger } = setup;
    const { driver, device } = system;
    send(setup, 1);
    take(system);
    const before = structuredClone({ slots: ledger.slots, chains: ledger.chains });
    expect(driver.add([], 0)).toBe(VIRTIO_INVALID);
    expect(driver.collect(newCollected())).toBe(VIRTIO_NONE);
    expect(device.take(newTaken())).toBe(VIRTIO_NONE);
    // Given away at the call, and back again at the return.
    expect(device.giveBack(0, 9)).toBe(VIRTIO_INVALID);
    expect(device.giveBackBatch([0], 0)).toBe(VIRTIO_INVALID);
    expect({ slots: ledger.slots, chains: ledger.chains }).toEqual(before);
    expect(countOf(ledger, 'used.held')).toBe(1);
  });

  it('notice a list that is given back twice, and a head that is published before its tail', () => {
    const setup = owned();
    send(setup, 1);
    const { head } = take(setup.system);
    setup.system.device.giveBack(head, 0);
    expect(() => setup.system.device.giveBack(head, 0)).toThrow('return of');
    const defects = packedDefects.filter(({ name }) => name === 'head-first');
    const early = owned({}, packedClasses(defects));
    send(early, 2);
    const order = early.ledger.events;
    expect(order).toEqual(['reserve', 'reserve', 'publish']);
    expect(() => take(early.system) && early.system.driver.collect(newCollected())).toThrow('take of');
  });
});
