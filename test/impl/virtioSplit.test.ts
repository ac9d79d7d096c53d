import { describe, expect, it } from 'vitest';
import {
  findsPeerBroken,
  newCollected,
  newTaken,
  type Segment,
  UNKNOWN_LENGTH,
  VIRTIO_BAD_USED_ID,
  VIRTIO_INVALID,
  VIRTIO_NO_SPACE,
  VIRTIO_NONE,
  VIRTIO_OK,
  VIRTIO_QUEUE_BROKEN,
} from 'vqcheck/impl';
import {
  addOne,
  collectOne,
  forget,
  newSplit,
  newSplitSides,
  QUEUE,
  readable,
  roundTrip,
  type SplitSystem,
  story,
  takeOne,
  writable,
} from './virtioSplitSystem.ts';

/** Runs a call that must be refused, and must leave every byte as it was. */
function refused(system: SplitSystem, call: () => number): number {
  const before = system.bytes();
  const code = call();
  expect(system.bytes()).toEqual(before);
  return code;
}

const indirect = { features: { indirectDesc: true }, tableEntries: 4 };

describe('virtio 1.2 §2.7 › init', () => {
  it('of the driver zeroes every byte of the queue, that which the device writes included', () => {
    const { driver, view, geometry, driverState } = newSplitSides(4);
    for (let at = geometry.desc; at < geometry.end; at++) view.setUint8(at, 0xff);
    // Two bytes before the used ring belong to nothing.
    for (let at = geometry.usedEvent + 2; at < geometry.used; at++) view.setUint8(at, 0);
    expect(driver.init(4)).toBe(VIRTIO_OK);
    for (let at = geometry.desc; at < geometry.end; at++) expect([at, view.getUint8(at)]).toEqual([at, 0]);
    expect([driverState.size, driverState.free_count]).toEqual([4, 4]);
  });

  it('of the device touches nothing shared', () => {
    const { device, devicePort } = newSplitSides(4);
    expect(device.init(4)).toBe(VIRTIO_OK);
    expect(devicePort.shared()).toEqual([]);
  });

  it('brings back a queue that was in use, and one that was broken', () => {
    const system = newSplit(2, { features: { eventIdx: true } });
    const fresh = system.bytes();
    roundTrip(system, 7);
    addOne(system);
    addOne(system, 0, 1);
    takeOne(system);
    system.view.setUint16(system.geometry.used + 2, 9, true);
    expect(findsPeerBroken(system.driver.collect(newCollected()))).toBe(true);
    system.view.setUint16(system.geometry.avail + 2, 9, true);
    expect(findsPeerBroken(system.device.take(newTaken()))).toBe(true);
    system.driver.init(2);
    system.device.init(2);
    expect(system.bytes()).toEqual(fresh);
  });
});

describe('virtio 1.2 §2.7.13 › add', () => {
  it('writes descriptor, entry, barrier B1, index, in this order', () => {
    const system = newSplit(2);
    expect(addOne(system)).toBe(VIRTIO_OK);
    expect(story(system, system.driverPort)).toEqual([
      `W desc[0].addr ${system.buffers}`,
      'W desc[0].addr_high 0',
      'W desc[0].len 8',
      'W desc[0].flags 2',
      'W avail.ring[0] 0',
      'fence release',
      'W avail.idx 1',
    ]);
    expect(system.driverPort.operations).toEqual(['add', 'describe', 'expose']);
  });

  it('links the descriptors of a chain, the last one without NEXT', () => {
    const system = newSplit(4);
    const chain = [readable(system), readable(system, 1, 5), writable(system, 2, 16)];
    expect(system.driver.add(chain, 0)).toBe(VIRTIO_OK);
    expect(story(system, system.driverPort)).toEqual([
      `W desc[0].addr ${system.buffers}`,
      'W desc[0].addr_high 0',
      'W desc[0].len 8',
      'W desc[0].flags 1',
      'W desc[0].next 1',
      `W desc[1].addr ${system.buffers + 16}`,
      'W desc[1].addr_high 0',
      'W desc[1].len 5',
      'W desc[1].flags 1',
      'W desc[1].next 2',
      `W desc[2].addr ${system.buffers + 32}`,
      'W desc[2].addr_high 0',
      'W desc[2].len 16',
      'W desc[2].flags 2',
      'W avail.ring[0] 0',
      'fence release',
      'W avail.idx 1',
    ]);
    expect(takeOne(system)).toEqual({ head: 0, segments: chain });
  });

  it('puts the segments from any one on into a table, named by one descriptor (2.7.5.3)', () => {
    for (const indirectFrom of [0, 1, 2]) {
      const system = newSplit(4, indirect);
      const chain = [readable(system), readable(system, 1), writable(system, 2)];
      expect(system.driver.add(chain, 0, { indirectFrom })).toBe(VIRTIO_OK);
      const lines = story(system, system.driverPort).filter((line) => !line.includes('addr_high'));
      const at = system.tables + 16 * 4 * indirectFrom;
      const flags = [1, 1, 2];
      const inTable = chain
        .slice(indirectFrom)
        .flatMap(({ addr, len }, i) => [
          `W table[${indirectFrom}][${i}].addr ${addr}`,
          `W table[${indirectFrom}][${i}].len ${len}`,
          `W table[${indirectFrom}][${i}].flags ${flags[indirectFrom + i]}`,
          ...(indirectFrom + i === 2 ? [] : [`W table[${indirectFrom}][${i}].next ${i + 1}`]),
        ]);
      const direct = chain
        .slice(0, indirectFrom)
        .flatMap(({ addr, len }, i) => [
          `W desc[${i}].addr ${addr}`,
          `W desc[${i}].len ${len}`,
          `W desc[${i}].flags 1`,
          `W desc[${i}].next ${i + 1}`,
        ]);
      expect(lines).toEqual([
        ...direct,
        ...inTable,
        `W desc[${indirectFrom}].addr ${at}`,
        `W desc[${indirectFrom}].len ${16 * (3 - indirectFrom)}`,
        `W desc[${indirectFrom}].flags 4`,
        'W avail.ring[0] 0',
        'fence release',
        'W avail.idx 1',
      ]);
      expect(system.driverState.free_count).toBe(3 - indirectFrom);
      expect(takeOne(system)).toEqual({ head: 0, segments: chain });
    }
  });

  it('takes as many as are free, and after that none', () => {
    for (const size of [1, 2, 4, 256]) {
      const system = newSplit(size);
      for (let i = 0; i < size; i++) expect(addOne(system, i, i)).toBe(VIRTIO_OK);
      expect(refused(system, () => addOne(system))).toBe(VIRTIO_NO_SPACE);
      system.device.giveBack(takeOne(system).head, 0);
      expect(refused(system, () => addOne(system))).toBe(VIRTIO_NO_SPACE);
      collectOne(system);
      expect(addOne(system)).toBe(VIRTIO_OK);
    }
  });

  it('refuses a chain for which too few are free, and not for ever', () => {
    const system = newSplit(2, indirect);
    addOne(system);
    const chain = [readable(system, 1), writable(system, 2)];
    expect(refused(system, () => system.driver.add(chain, 0))).toBe(VIRTIO_NO_SPACE);
    expect(refused(system, () => system.driver.add(chain, 0, { indirectFrom: 1 }))).toBe(VIRTIO_NO_SPACE);
    expect(system.driver.add(chain, 0, { indirectFrom: 0 })).toBe(VIRTIO_OK);
  });

  it('refuses whatever is no chain, and leaves every byte as it was', () => {
    const system = newSplit(2, indirect);
    const { driver, buffers } = system;
    const one: Segment = { addr: buffers, len: 8, writable: false };
    const wrong: [string, readonly Segment[]][] = [
      ['no segments', []],
      ['too many', [one, one, one]],
      ['empty', [{ ...one, len: 0 }]],
      ['negative length', [{ ...one, len: -1 }]],
      ['broken length', [{ ...one, len: 1.5 }]],
      ['length beyond 32 bits', [{ addr: 0, len: 0x1_0000_0000, writable: false }]],
      ['negative address', [{ ...one, addr: -8 }]],
      ['broken address', [{ ...one, addr: 0.5 }]],
      ['address beyond 32 bits', [{ ...one, addr: 0x1_0000_0000 }]],
      ['end beyond 32 bits', [{ ...one, addr: 0xffff_fff8, len: 9 }]],
      [
        '2^32 bytes together',
        [
          { addr: 0, len: 0x8000_0000, writable: false },
          { addr: 0, len: 0x8000_0000, writable: false },
        ],
      ],
      ['readable behind writable', [{ ...one, writable: true }, one]],
    ];
    for (const [what, segments] of wrong)
      expect([what, refused(system, () => driver.add(segments, 0))]).toEqual([what, VIRTIO_INVALID]);
    for (const token of [-1, 0.5, 0x1_0000_0000, Number.NaN])
      expect(refused(system, () => driver.add([one], token))).toBe(VIRTIO_INVALID);
    for (const indirectFrom of [-1, 0.5, 1, 2])
      expect(refused(system, () => driver.add([one], 0, { indirectFrom }))).toBe(VIRTIO_INVALID);
    // Two direct ones and one for the table are more than there are.
    expect(refused(system, () => driver.add([one, one, one], 0, { indirectFrom: 2 }))).toBe(VIRTIO_INVALID);
    expect(driver.add([{ addr: 0, len: 0xffff_ffff, writable: false }], 0xffff_ffff)).toBe(VIRTIO_OK);
  });

  it('refuses a table that was not negotiated, has no place, or not enough of it', () => {
    for (const options of [
      { tableEntries: 4 },
      { features: { indirectDesc: true } },
      { ...indirect, tableEntries: 1 },
    ]) {
      const system = newSplit(4, options);
      const chain = [readable(system), readable(system, 1)];
      expect(refused(system, () => system.driver.add(chain, 0, { indirectFrom: 0 }))).toBe(VIRTIO_INVALID);
    }
  });

  it('refuses a chain that needs more descriptors than there are, though not more segments', () => {
    const system = newSplit(1, indirect);
    const chain = [readable(system), readable(system, 1)];
    expect(refused(system, () => system.driver.add(chain, 0, { indirectFrom: 1 }))).toBe(VIRTIO_INVALID);
    const small = newSplit(2, indirect);
    const three = [...chain, readable(small, 2)];
    expect(refused(small, () => small.driver.add(three, 0, { indirectFrom: 1 }))).toBe(VIRTIO_INVALID);
  });

  it('reads nothing that is shared', () => {
    const system = newSplit(4, { features: { indirectDesc: true, eventIdx: true }, tableEntries: 4 });
    system.driver.add([readable(system), writable(system, 1)], 0);
    system.driver.add([readable(system), writable(system, 1)], 0, { indirectFrom: 1 });
    expect(system.driverPort.shared().filter(([kind]) => kind === 'load')).toEqual([]);
  });
});

describe('virtio 1.2 §2.7 › take, giveBack and collect', () => {
  it('take reads the index, then behind barrier B3 the entry and each field of the chain once', () => {
    const system = newSplit(4);
    system.driver.add([readable(system), writable(system, 1)], 0);
    takeOne(system);
    expect(story(system, system.devicePort)).toEqual([
      'R avail.idx 1',
      'fence acquire',
      'R avail.ring[0] 0',
      `R desc[0].addr ${system.buffers}`,
      'R desc[0].addr_high 0',
      'R desc[0].len 8',
      'R desc[0].flags 1',
      'R desc[0].next 1',
      `R desc[1].addr ${system.buffers + 16}`,
      'R desc[1].addr_high 0',
      'R desc[1].len 8',
      'R desc[1].flags 2',
    ]);
  });

  it('take reads a table as it reads the descriptors, whatever WRITE says of it (SV4)', () => {
    for (const flags of [4, 6]) {
      const system = newSplit(4, indirect);
      system.driver.add([readable(system), readable(system, 1), writable(system, 2)], 0, { indirectFrom: 1 });
      system.view.setUint16(system.geometry.desc + 16 + 12, flags, true);
      expect(takeOne(system).segments.map((segment) => segment.writable)).toEqual([false, false, true]);
      expect(
        story(system, system.devicePort).filter((line) => /flags|next|table\[1\]\[0\]/.test(line)),
      ).toEqual([
        'R desc[0].flags 1',
        'R desc[0].next 1',
        `R desc[1].flags ${flags}`,
        `R table[1][0].addr ${system.buffers + 16}`,
        'R table[1][0].addr_high 0',
        'R table[1][0].len 8',
        'R table[1][0].flags 1',
        'R table[1][0].next 1',
        'R table[1][1].flags 2',
      ]);
    }
  });

  it('take and collect find nothing where nothing is, by one load', () => {
    const system = newSplit(2);
    const taken = newTaken();
    const collected = newCollected();
    expect(refused(system, () => system.device.take(taken))).toBe(VIRTIO_NONE);
    expect(refused(system, () => system.driver.collect(collected))).toBe(VIRTIO_NONE);
    expect(taken).toEqual(newTaken());
    expect(collected).toEqual(newCollected());
    expect(story(system, system.devicePort)).toEqual(['R avail.idx 0']);
    expect(story(system, system.driverPort)).toEqual(['R used.idx 0']);
  });

  it('giveBack writes the entry, barrier B4, index, and reads nothing', () => {
    const system = newSplit(2);
    addOne(system);
    const { head } = takeOne(system);
    forget(system);
    expect(system.device.giveBack(head, 5)).toBe(VIRTIO_OK);
    expect(story(system, system.devicePort)).toEqual([
      'W used.ring[0].id 0',
      'W used.ring[0].len 5',
      'fence release',
      'W used.idx 1',
    ]);
  });

  it('collect reads the index, then behind barrier B6 each half of the entry once', () => {
    const system = newSplit(2);
    addOne(system, 77);
    system.device.giveBack(takeOne(system).head, 5);
    forget(system);
    expect(collectOne(system)).toEqual({ token: 77, head: 0, len: 5 });
    expect(story(system, system.driverPort)).toEqual([
      'R used.idx 1',
      'fence acquire',
      'R used.ring[0].id 0',
      'R used.ring[0].len 5',
    ]);
  });

  it('bring back chains in any order, each with its own token and length', () => {
    const system = newSplit(4);
    for (let i = 0; i < 4; i++) addOne(system, 100 + i, i);
    const heads = [0, 1, 2, 3].map(() => takeOne(system).head);
    for (const i of [2, 0, 3, 1]) expect(system.device.giveBack(heads[i] ?? -1, i)).toBe(VIRTIO_OK);
    expect([0, 1, 2, 3].map(() => collectOne(system))).toEqual([
      { token: 102, head: heads[2], len: 2 },
      { token: 100, head: heads[0], len: 0 },
      { token: 103, head: heads[3], len: 3 },
      { token: 101, head: heads[1], len: 1 },
    ]);
    expect(system.driverState.free_count).toBe(4);
    const chain = [0, 1, 2, 3].map((n) => writable(system, n));
    expect(system.driver.add(chain, 0)).toBe(VIRTIO_OK);
    expect(takeOne(system).segments).toEqual(chain);
  });

  it('giveBack refuses what the device does not have, and more than fits', () => {
    const system = newSplit(4);
    system.driver.add([readable(system, 0, 16), writable(system, 1, 8), writable(system, 2, 4)], 0);
    const { device } = system;
    expect(refused(system, () => device.giveBack(0, 0))).toBe(VIRTIO_INVALID);
    const { head } = takeOne(system);
    for (const wrong of [1, 4, -1, 0.5, Number.NaN])
      expect(refused(system, () => device.giveBack(wrong, 0))).toBe(VIRTIO_INVALID);
    for (const written of [13, -1, 0.5, Number.NaN])
      expect(refused(system, () => device.giveBack(head, written))).toBe(VIRTIO_INVALID);
    expect(device.giveBack(head, 12)).toBe(VIRTIO_OK);
    expect(refused(system, () => device.giveBack(head, 0))).toBe(VIRTIO_INVALID);
    expect(collectOne(system).len).toBe(12);
  });

  it('giveBackBatch is for IN_ORDER only', () => {
    const system = newSplit(2);
    addOne(system);
    const { head } = takeOne(system);
    expect(refused(system, () => system.device.giveBackBatch([head], 0))).toBe(VIRTIO_INVALID);
  });
});

describe('virtio 1.2 §2.7.5.3.2 › WRITE on a descriptor that names a table', () => {
  it('is set if the driver wants it so, and says nothing of the entries', () => {
    const flags = [false, true].map((marksWrite) => {
      const system = newSplit(2, { features: { indirectDesc: true }, tableEntries: 2, marksWrite });
      system.driver.add([readable(system), writable(system, 1)], 0, { indirectFrom: 0 });
      expect(takeOne(system).segments.map((segment) => segment.writable)).toEqual([false, true]);
      return system.view.getUint16(system.geometry.desc + 12, true);
    });
    expect(flags).toEqual([4, 6]);
  });
});

describe('virtio 1.2 §2.7.9 › IN_ORDER', () => {
  const inOrder = { features: { inOrder: true, indirectDesc: true }, tableEntries: 4 };

  it('uses descriptors in ring order, each linked to the next one, the last one to 0 (SD4)', () => {
    const system = newSplit(4, inOrder);
    const links = new Set<string>();
    let at = 0;
    for (let i = 0; i < 40; i++) {
      const length = 1 + (i % 3);
      expect(
        system.driver.add(
          Array.from({ length }, (_, n) => writable(system, n)),
          i,
        ),
      ).toBe(VIRTIO_OK);
      const { head, segments } = takeOne(system);
      expect([head, segments.length]).toEqual([at, length]);
      at = (at + length) % 4;
      for (const line of story(system, system.driverPort))
        if (line.includes('.next')) links.add(line.replace('W ', ''));
      forget(system);
      system.device.giveBack(head, 0);
      expect(collectOne(system).token).toBe(i);
    }
    expect([...links].sort()).toEqual([
      'desc[0].next 1',
      'desc[1].next 2',
      'desc[2].next 3',
      'desc[3].next 0',
    ]);
  });

  it('refuses a chain out of its turn (SV8)', () => {
    const system = newSplit(4, inOrder);
    for (let i = 0; i < 3; i++) addOne(system, i, i);
    const heads = [0, 1, 2].map(() => takeOne(system).head);
    const [first = -1, second = -1, third = -1] = heads;
    const { device } = system;
    for (const head of [second, third])
      expect(refused(system, () => device.giveBack(head, 0))).toBe(VIRTIO_INVALID);
    expect(device.giveBack(first, 1)).toBe(VIRTIO_OK);
    expect(refused(system, () => device.giveBack(first, 1))).toBe(VIRTIO_INVALID);
    expect(device.giveBack(second, 2)).toBe(VIRTIO_OK);
    expect([collectOne(system).len, collectOne(system).len]).toEqual([1, 2]);
  });

  it('returns a batch by one entry, with the last id at the first place', () => {
    const system = newSplit(4, inOrder);
    roundTrip(system);
    for (let i = 0; i < 3; i++) addOne(system, 10 + i, i);
    const heads = [0, 1, 2].map(() => takeOne(system).head);
    forget(system);
    expect(system.device.giveBackBatch(heads, 6)).toBe(VIRTIO_OK);
    expect(story(system, system.devicePort)).toEqual([
      'W used.ring[1].id 3',
      'W used.ring[1].len 6',
      'fence release',
      'W used.idx 4',
    ]);
    expect(collectOne(system)).toEqual({ token: 10, head: 1, len: UNKNOWN_LENGTH });
    expect(system.driver.enableInterrupts()).toBe(false);
    // The entry of the batch has been read: the others need no access.
    forget(system);
    expect(collectOne(system)).toEqual({ token: 11, head: 2, len: UNKNOWN_LENGTH });
    expect(collectOne(system)).toEqual({ token: 12, head: 3, len: 6 });
    expect(system.driverPort.shared()).toEqual([]);
    expect(system.driver.collect(newCollected())).toBe(VIRTIO_NONE);
    expect(system.driverState.free_count).toBe(4);
  });

  it('refuses batches that are none', () => {
    const system = newSplit(4, inOrder);
    for (let i = 0; i < 3; i++) addOne(system, i, i);
    const { device } = system;
    takeOne(system);
    takeOne(system);
    for (const heads of [[], [1], [1, 0], [0, 0], [0, 2], [0, 1, 2], [0, 1, 0], [0, 1, 2, 3, 0]])
      expect([heads, refused(system, () => device.giveBackBatch(heads, 0))]).toEqual([heads, VIRTIO_INVALID]);
    expect(refused(system, () => device.giveBackBatch([0, 1], 9))).toBe(VIRTIO_INVALID);
    expect(device.giveBackBatch([0, 1], 8)).toBe(VIRTIO_OK);
  });

  it('keeps chains of several descriptors and tables apart', () => {
    const system = newSplit(4, inOrder);
    const { driver, device } = system;
    driver.add([readable(system), writable(system, 1)], 1);
    driver.add([readable(system, 2), writable(system, 3)], 2, { indirectFrom: 0 });
    expect(refused(system, () => driver.add([readable(system), writable(system, 1)], 3))).toBe(
      VIRTIO_NO_SPACE,
    );
    addOne(system, 3, 4);
    const heads = [0, 1, 2].map(() => takeOne(system).head);
    expect(heads).toEqual([0, 2, 3]);
    device.giveBackBatch(heads.slice(0, 2), 1);
    device.giveBack(3, 2);
    expect([0, 1, 2].map(() => collectOne(system))).toEqual([
      { token: 1, head: 0, len: UNKNOWN_LENGTH },
      { token: 2, head: 2, len: 1 },
      { token: 3, head: 3, len: 2 },
    ]);
    expect(system.driverState.free_count).toBe(4);
  });
});

describe('virtio 1.2 §2.7.10 and §2.7.7 › notification by flags', () => {
  it('with NOTIFICATION_DATA a kick carries the available index, in two parts', () => {
    const told = [0, 0x7fff, 0xffff].map((start) => {
      const system = newSplit(2, { start, features: { notificationData: true } });
      addOne(system);
      system.driver.kick();
      return system.notified.data;
    });
    expect(told).toEqual([
      { next_off: 1, next_wrap: 0 },
      { next_off: 0, next_wrap: 1 },
      { next_off: 0, next_wrap: 0 },
    ]);
  });

  it('kick is barrier B2, then used.flags', () => {
    const system = newSplit(2);
    addOne(system);
    forget(system);
    expect(system.driver.kick()).toBe(true);
    expect(story(system, system.driverPort)).toEqual(['fence seq_cst', 'R used.flags 0']);
    expect(system.driverPort.operations).toEqual(['kick', 'notify']);
    expect(system.notified).toEqual({ kicks: 1, interrupts: 0 });
  });

  it('interrupt is barrier B5, then avail.flags', () => {
    const system = newSplit(2);
    addOne(system);
    system.device.giveBack(takeOne(system).head, 0);
    forget(system);
    expect(system.device.interrupt()).toBe(true);
    expect(story(system, system.devicePort)).toEqual(['fence seq_cst', 'R avail.flags 0']);
    expect(system.devicePort.operations).toEqual(['interrupt', 'notify']);
    expect(system.notified).toEqual({ kicks: 0, interrupts: 1 });
  });

  it('comes once for all that is new, and not at all for nothing', () => {
    const system = newSplit(4);
    const { driver, device, notified } = system;
    expect([driver.kick(), device.interrupt()]).toEqual([false, false]);
    for (let i = 0; i < 3; i++) addOne(system, i, i);
    expect([driver.kick(), driver.kick()]).toEqual([true, false]);
    for (let i = 0; i < 3; i++) device.giveBack(takeOne(system).head, 0);
    expect([device.interrupt(), device.interrupt()]).toEqual([true, false]);
    expect(notified).toEqual({ kicks: 1, interrupts: 1 });
  });

  it('does not come when it is not wanted', () => {
    const system = newSplit(4);
    const { driver, device } = system;
    device.disableKicks();
    driver.disableInterrupts();
    expect(story(system, system.devicePort)).toEqual(['W used.flags 1']);
    expect(story(system, system.driverPort)).toEqual(['W avail.flags 1']);
    addOne(system);
    expect(driver.kick()).toBe(false);
    device.giveBack(takeOne(system).head, 0);
    expect(device.interrupt()).toBe(false);
    expect(system.notified).toEqual({ kicks: 0, interrupts: 0 });
  });

  it('is wanted again by the flag, and behind barrier B7 or B8 a last look', () => {
    const system = newSplit(4);
    const { driver, device } = system;
    expect([driver.enableInterrupts(), device.enableKicks()]).toEqual([true, true]);
    expect(story(system, system.driverPort)).toEqual(['W avail.flags 0', 'fence seq_cst', 'R used.idx 0']);
    expect(story(system, system.devicePort)).toEqual(['W used.flags 0', 'fence seq_cst', 'R avail.idx 0']);
    addOne(system);
    expect(device.enableKicks()).toBe(false);
    device.giveBack(takeOne(system).head, 0);
    expect(device.enableKicks()).toBe(true);
    expect(driver.enableInterrupts()).toBe(false);
    collectOne(system);
    expect(driver.enableInterrupts()).toBe(true);
  });
});

describe('virtio 1.2 §2.7.10 and §2.7.7 › notification with EVENT_IDX', () => {
  const eventIdx = { features: { eventIdx: true } };

  it('is tested by the event index and never by the flags', () => {
    const system = newSplit(2, eventIdx);
    const { driver, device, view, geometry } = system;
    // In force is only one of the two (SD9, SV5).
    view.setUint16(geometry.used, 1, true);
    view.setUint16(geometry.avail, 1, true);
    addOne(system);
    forget(system);
    expect(driver.kick()).toBe(true);
    expect(story(system, system.driverPort)).toEqual(['fence seq_cst', 'R used.avail_event 0']);
    device.giveBack(takeOne(system).head, 0);
    forget(system);
    expect(device.interrupt()).toBe(true);
    expect(story(system, system.devicePort)).toEqual(['fence seq_cst', 'R avail.used_event 0']);
  });

  it('is wanted from the next entry on, and behind barrier B7 or B8 a last look', () => {
    const system = newSplit(2, eventIdx);
    roundTrip(system);
    forget(system);
    expect([system.driver.enableInterrupts(), system.device.enableKicks()]).toEqual([true, true]);
    expect(story(system, system.driverPort)).toEqual([
      'W avail.used_event 1',
      'fence seq_cst',
      'R used.idx 1',
    ]);
    expect(story(system, system.devicePort)).toEqual([
      'W used.avail_event 1',
      'fence seq_cst',
      'R avail.idx 1',
    ]);
  });

  it('is not wanted without any access: the flags stay 0 (SD7, SV7)', () => {
    const system = newSplit(2, eventIdx);
    system.driver.disableInterrupts();
    system.device.disableKicks();
    expect([...system.driverPort.shared(), ...system.devicePort.shared()]).toEqual([]);
    expect(system.driverPort.operations).toEqual(['disableInterrupts']);
    expect(system.devicePort.operations).toEqual(['disableKicks']);
  });

  it('comes for a window of entries with the event anywhere in it, over the wrap too', () => {
    for (const start of [0, 3, 65_533, 65_534, 65_535]) {
      for (let event = -2; event < 6; event++) {
        const system = newSplit(4, { ...eventIdx, start });
        const { driver, device, view, geometry } = system;
        view.setUint16(geometry.availEvent, (start + event) & 0xffff, true);
        view.setUint16(geometry.usedEvent, (start + event) & 0xffff, true);
        for (let i = 0; i < 3; i++) addOne(system, i, i);
        const expected = event >= 0 && event < 3;
        expect([start, event, driver.kick()]).toEqual([start, event, expected]);
        for (let i = 0; i < 3; i++) device.giveBack(takeOne(system).head, 0);
        expect([start, event, device.interrupt()]).toEqual([start, event, expected]);
      }
    }
  });

  it('comes when more was added or returned than a window holds (S6)', () => {
    for (const indexModulus of [4, 8, 0x1_0000]) {
      const system = newSplit(1, { ...eventIdx, indexModulus });
      const { driver, device, view, geometry } = system;
      const laps = indexModulus === 0x1_0000 ? [1] : [1, 2];
      for (const lap of laps) {
        for (let i = 0; i < lap * indexModulus; i++) roundTrip(system);
        // The index is where it was, and the event behind everything.
        view.setUint16(geometry.availEvent, indexModulus - 1, true);
        view.setUint16(geometry.usedEvent, indexModulus - 1, true);
        expect([system.driverState.added, system.deviceState.returned]).toEqual([indexModulus, indexModulus]);
        forget(system);
        expect([driver.kick(), device.interrupt()]).toEqual([true, true]);
      }
      roundTrip(system);
      expect([driver.kick(), device.interrupt()]).toEqual([false, false]);
    }
  });

  it('needs nobody who hears it', () => {
    const { driver, device } = newSplitSides(1, eventIdx);
    const Driver = driver.constructor as new (...args: unknown[]) => typeof driver;
    const system = newSplit(1, eventIdx);
    const deaf = new Driver(system.driverPort, 0, QUEUE, { id: 'queue', features: {} });
    expect(device).toBeDefined();
    deaf.add([writable(system)], 0);
    expect(deaf.kick()).toBe(true);
    expect(system.notified.kicks).toBe(0);
  });
});

describe('a broken queue', () => {
  it('keeps its reason, and does nothing any more', () => {
    for (const features of [{}, { inOrder: true, eventIdx: true }]) {
      const system = newSplit(2, { features });
      addOne(system);
      const { head } = takeOne(system);
      system.device.giveBack(head, 0);
      addOne(system);
      addOne(system);
      system.view.setUint32(system.geometry.used + 4, 9, true);
      expect(system.driver.collect(newCollected())).toBe(VIRTIO_BAD_USED_ID);
      expect(system.driverState.broken).toBe(-VIRTIO_BAD_USED_ID);
      system.view.setUint16(system.geometry.avail + 2, 9, true);
      expect(findsPeerBroken(system.device.take(newTaken()))).toBe(true);
      forget(system);
      const { driver, device } = system;
      const codes = [
        () => addOne(system),
        () => driver.collect(newCollected()),
        () => device.take(newTaken()),
        () => device.giveBack(head, 0),
        () => device.giveBackBatch([head], 0),
      ].map((call) => refused(system, call));
      expect(codes).toEqual(codes.map(() => VIRTIO_QUEUE_BROKEN));
      expect([driver.kick(), device.interrupt()]).toEqual([false, false]);
      // There is nothing to be collected or taken.
      expect([driver.enableInterrupts(), device.enableKicks()]).toEqual([true, true]);
      driver.disableInterrupts();
      device.disableKicks();
      expect([...system.driverPort.shared(), ...system.devicePort.shared()]).toEqual([]);
    }
  });
});

describe('every store of an index and every fence', () => {
  it('has the ordering that the barriers take for granted', () => {
    const system = newSplit(2, { features: { eventIdx: true } });
    roundTrip(system);
    system.driver.kick();
    system.driver.enableInterrupts();
    const { avail, usedEvent, used, availEvent } = system.geometry;
    const atomic = [avail, avail + 2, usedEvent, used, used + 2, availEvent];
    for (const access of [...system.driverPort.shared(), ...system.devicePort.shared()]) {
      if (access[0] === 'fence') continue;
      expect([access[2], access[4]]).toEqual([
        access[2],
        atomic.includes(Number(access[2])) ? 'relaxed' : 'plain',
      ]);
    }
  });
});
