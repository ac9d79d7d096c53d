/** The clauses of the split virtqueue, each with runs written by hand: one that puts it to the test, and wrong ones. */
import { describe, expect, it } from 'vitest';
import {
  type SplitGeometry,
  split_avail_elem_t,
  split_avail_t,
  split_desc_t,
  split_event_t,
  split_used_elem_t,
  split_used_t,
  splitGeometry,
} from 'vqcheck/impl';
import type { Ordering } from 'vqcheck/memory';
import { type ClauseOptions, splitClauses } from 'vqcheck/scenarios';
import { bufferAt, ClauseRun, DEVICE, DRIVER, type Finding, judged, type Place } from './clauseRuns.ts';

const SIZE = 4;
const MODULUS = 16;
const geometry = splitGeometry(0, SIZE);
const TABLES = 0x200;
const TABLE_ENTRIES = 3;
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;

const desc = (i: number): Place => ({ type: split_desc_t, at: geometry.desc + i * split_desc_t.bytes });
const entry = (table: number, i: number): Place => ({
  type: split_desc_t,
  at: TABLES + (table * TABLE_ENTRIES + i) * split_desc_t.bytes,
});
const avail: Place = { type: split_avail_t, at: geometry.avail };
const ring = (i: number): Place => ({
  type: split_avail_elem_t,
  at: geometry.avail + split_avail_t.bytes + i * split_avail_elem_t.bytes,
});
const used: Place = { type: split_used_t, at: geometry.used };
const element = (i: number): Place => ({
  type: split_used_elem_t,
  at: geometry.used + split_used_t.bytes + i * split_used_elem_t.bytes,
});
const usedEvent: Place = { type: split_event_t, at: geometry.usedEvent };
const availEvent: Place = { type: split_event_t, at: geometry.availEvent };

type Options = Partial<ClauseOptions<SplitGeometry>>;

function find(name: string, run: ClauseRun, options: Options = {}): Finding {
  const properties = splitClauses({
    geometry,
    driverCore: DRIVER,
    deviceCore: DEVICE,
    features: {},
    indexModulus: MODULUS,
    tables: { base: TABLES, count: SIZE, entries: TABLE_ENTRIES },
    kick: { name: 'ring', argument: DEVICE },
    interrupt: { name: 'ring', argument: DRIVER },
    ...options,
  });
  return judged(properties, name, run);
}

const inOrder: Options = { features: { inOrder: true } };
const withEvents: Options = { features: { eventIdx: true } };
const indirect: Options = { features: { indirectDesc: true } };

/** A driver and a device that do everything right, step by step. */
class Split extends ClauseRun {
  /** What the driver describes: buffer number, bytes, flags, and the link. */
  describe(place: Place, buffer: number, len: number, flags: number, next = 0): this {
    return this.store(DRIVER, place, 'addr', bufferAt(buffer), 'plain')
      .store(DRIVER, place, 'len', len, 'plain')
      .store(DRIVER, place, 'flags', flags, 'plain')
      .store(DRIVER, place, 'next', next, 'plain');
  }

  /** A descriptor that names a table. */
  name(i: number, table: number, entries: number, flags = INDIRECT): this {
    return this.store(DRIVER, desc(i), 'addr', entry(table, 0).at, 'plain')
      .store(DRIVER, desc(i), 'len', entries * 16, 'plain')
      .store(DRIVER, desc(i), 'flags', flags, 'plain');
  }

  publish(head: number, index: number, order: Ordering = 'relaxed'): this {
    return this.store(DRIVER, ring(index % SIZE), 'head', head, 'plain')
      .fence(DRIVER, 'release')
      .store(DRIVER, avail, 'idx', (index + 1) % MODULUS, order);
  }

  /** One buffer of 4 bytes, in the descriptor and buffer of the same number. */
  add(i: number, index: number, flags = 0): this {
    return this.describe(desc(i), i, 4, flags).publish(i, index);
  }

  take(index: number): this {
    return this.load(DEVICE, avail, 'idx', (index + 1) % MODULUS).load(DEVICE, ring(index % SIZE), 'head', 0);
  }

  giveBack(head: number, len: number, index: number, count = 1): this {
    return this.store(DEVICE, element(index % SIZE), 'id', head, 'plain')
      .store(DEVICE, element(index % SIZE), 'len', len, 'plain')
      .fence(DEVICE, 'release')
      .store(DEVICE, used, 'idx', (index + count) % MODULUS);
  }

  collect(head: number, len: number, index: number): this {
    return this.load(DRIVER, used, 'idx', (index + 1) % MODULUS)
      .load(DRIVER, element(index % SIZE), 'id', head)
      .load(DRIVER, element(index % SIZE), 'len', len);
  }
}

const run = (): Split => new Split();

/** It holds on this run, and is put to the test so often. */
function holds(name: string, story: ClauseRun, exercised: number, options: Options = {}): void {
  expect(find(name, story, options)).toEqual({ broken: null, exercised });
}

function breaks(name: string, story: ClauseRun, message: string, options: Options = {}): void {
  expect(find(name, story, options).broken).toBe(message);
}

describe('every clause of the split virtqueue', () => {
  const all = splitClauses({ geometry, driverCore: 0, deviceCore: 1, features: {} });

  it('is there, under a name of its own, with section and level in its title', () => {
    const ids = new Set(all.map(({ clause }) => clause?.id));
    for (let i = 1; i <= 14; i++) expect(ids).toContain(`SD${i}`);
    for (let i = 1; i <= 9; i++) expect(ids).toContain(`SV${i}`);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { title, clause } of all)
      expect(title.startsWith(`VirtIO 1.2, ${clause?.section}, ${clause?.level}: `)).toBe(true);
  });

  it('says nothing of an empty run', () => {
    for (const { name, monitor } of all) if (monitor !== undefined) holds(name, run(), 0);
  });

  it('holds on a chain there and back', () => {
    const story = run()
      .describe(desc(0), 0, 4, NEXT, 1)
      .describe(desc(1), 1, 4, WRITE)
      .publish(0, 0)
      .fence(DRIVER, 'seq_cst')
      .load(DRIVER, used, 'flags', 0)
      .action(DRIVER, 'ring', DEVICE)
      .take(0)
      .load(DEVICE, desc(0), 'flags', NEXT)
      .load(DEVICE, desc(1), 'flags', WRITE)
      .payload(DEVICE, 'read', bufferAt(0), 4)
      .payload(DEVICE, 'write', bufferAt(1), 4)
      .giveBack(0, 4, 0)
      .load(DEVICE, avail, 'flags', 0)
      .action(DEVICE, 'ring', DRIVER)
      .collect(0, 4, 0);
    for (const { name, monitor } of all)
      if (monitor !== undefined) expect([name, find(name, story).broken]).toEqual([name, null]);
  });
});

describe('drivers and devices that do otherwise what they may', () => {
  const all = splitClauses({
    geometry,
    driverCore: DRIVER,
    deviceCore: DEVICE,
    features: {},
    indexModulus: MODULUS,
    kick: { name: 'ring', argument: DEVICE },
    interrupt: { name: 'ring', argument: DRIVER },
  });
  const wrong = (story: ClauseRun): readonly string[] =>
    all.flatMap(({ name, monitor }) => {
      const broken = monitor === undefined ? null : judged(all, name, story).broken;
      return broken === null ? [] : [`${name}: ${broken}`];
    });

  it('may publish two chains by one store of the index, and give two back so', () => {
    const story = run()
      .describe(desc(0), 0, 4, 0)
      .describe(desc(1), 1, 4, WRITE)
      .store(DRIVER, ring(0), 'head', 0, 'plain')
      .store(DRIVER, ring(1), 'head', 1, 'plain')
      .store(DRIVER, avail, 'idx', 2, 'release')
      .fence(DRIVER, 'seq_cst')
      .load(DRIVER, used, 'flags', 0)
      .action(DRIVER, 'ring', DEVICE)
      .load(DEVICE, avail, 'idx', 2, 'acquire')
      .load(DEVICE, ring(0), 'head', 0)
      .load(DEVICE, ring(1), 'head', 1)
      .load(DEVICE, desc(0), 'flags', 0)
      .load(DEVICE, desc(1), 'flags', WRITE)
      .payload(DEVICE, 'read', bufferAt(0), 4)
      .payload(DEVICE, 'write', bufferAt(1), 4)
      .store(DEVICE, element(0), 'id', 1)
      .store(DEVICE, element(0), 'len', 4)
      .store(DEVICE, element(1), 'id', 0)
      .store(DEVICE, element(1), 'len', 0)
      .store(DEVICE, used, 'idx', 2, 'release')
      .fence(DEVICE, 'seq_cst')
      .load(DEVICE, avail, 'flags', 0)
      .action(DEVICE, 'ring', DRIVER)
      .load(DRIVER, used, 'idx', 2, 'acquire')
      .load(DRIVER, element(0), 'id', 1)
      .load(DRIVER, element(0), 'len', 4)
      .payload(DRIVER, 'read', bufferAt(1), 4)
      .load(DRIVER, element(1), 'id', 0)
      .load(DRIVER, element(1), 'len', 0)
      .describe(desc(0), 2, 3, WRITE);
    expect(wrong(story)).toEqual([]);
  });

  it('may access several fields at once', () => {
    const story = run()
      .raw(DRIVER, true, desc(0).at, 8, bufferAt(0), 'plain')
      .raw(DRIVER, true, desc(0).at + 8, 4, 4, 'plain')
      .raw(DRIVER, true, desc(0).at + 12, 4, WRITE, 'plain')
      .publish(0, 0, 'release')
      .fence(DRIVER, 'seq_cst')
      .raw(DRIVER, false, used.at, 4, 0)
      .action(DRIVER, 'ring', DEVICE)
      .raw(DEVICE, false, avail.at, 4, 1 << 16)
      .load(DEVICE, ring(0), 'head', 0)
      .raw(DEVICE, false, desc(0).at + 12, 4, WRITE)
      .payload(DEVICE, 'write', bufferAt(0), 4)
      .raw(DEVICE, true, element(0).at, 8, 4 * 2 ** 32)
      .store(DEVICE, used, 'idx', 1, 'release')
      .fence(DEVICE, 'seq_cst')
      .raw(DEVICE, false, avail.at, 4, 1 << 16)
      .action(DEVICE, 'ring', DRIVER)
      .raw(DRIVER, false, used.at, 4, 1 << 16)
      .raw(DRIVER, false, element(0).at, 8, 4 * 2 ** 32)
      .payload(DRIVER, 'read', bufferAt(0), 4)
      .describe(desc(0), 2, 3, WRITE);
    expect(wrong(story)).toEqual([]);
  });

  it('may do without any notification', () => {
    const story = run()
      .store(DRIVER, avail, 'flags', 1)
      .store(DEVICE, used, 'flags', 1)
      .add(0, 0)
      .fence(DRIVER, 'seq_cst')
      .load(DRIVER, used, 'flags', 1)
      .return(DRIVER, 'kick')
      .take(0)
      .giveBack(0, 0, 0)
      .fence(DEVICE, 'seq_cst')
      .load(DEVICE, avail, 'flags', 1)
      .return(DEVICE, 'interrupt')
      .collect(0, 0, 0);
    expect(wrong(story)).toEqual([]);
  });
});

describe('VirtIO 1.2, chains', () => {
  it('2.7.1: parts are aligned', () => {
    holds('sd1-alignment', run().add(0, 0), 5);
    const off = { ...geometry, desc: 8 };
    const story = run().raw(DRIVER, true, 8, 4, 0);
    breaks('sd1-alignment', story, 'the descriptor table begins at 8, which is no multiple of 16', {
      geometry: off,
    });
  });

  it('2.7.4.2: readable before writable, also in a table', () => {
    const name = 'sd2-readable-before-writable';
    const chain = (first: number, second: number): Split =>
      run()
        .describe(desc(0), 0, 4, first | NEXT, 1)
        .describe(desc(1), 1, 4, second)
        .publish(0, 0);
    holds(name, chain(0, WRITE), 1);
    holds(name, chain(WRITE, WRITE), 0);
    breaks(name, chain(WRITE, 0), 'desc[1], which the device reads, is behind desc[0], which it writes');
    const table = run()
      .describe(entry(0, 0), 0, 4, WRITE | NEXT, 1)
      .describe(entry(0, 1), 1, 4, 0)
      .name(0, 0, 2)
      .publish(0, 0);
    breaks(
      name,
      table,
      'desc[0] table[1], which the device reads, is behind desc[0] table[0], which it writes',
    );
  });

  it('2.7.5.2: at most 2^32 bytes, and no loop', () => {
    const name = 'sd3-chain-bytes';
    const chain = (len: number, next: number): Split =>
      run()
        .describe(desc(0), 0, len, NEXT, 1)
        .describe(desc(1), 1, len, next === 1 ? 0 : NEXT, 0)
        .publish(0, 0);
    holds(name, chain(2 ** 31, 1), 1);
    breaks(name, chain(2 ** 31 + 1, 1), 'the chain of head 0 describes 4294967298 bytes');
    breaks(name, chain(4, 0), 'the chain of head 0 has a loop');
  });

  it('2.7.5.2: with IN_ORDER, links go on by one', () => {
    const name = 'sd4-in-order-links';
    const chain = (from: number, to: number): Split =>
      run().describe(desc(from), 0, 4, NEXT, to).describe(desc(to), 1, 4, 0).publish(from, 0);
    holds(name, chain(0, 1), 1, inOrder);
    holds(name, chain(3, 0), 1, inOrder);
    breaks(name, chain(0, 2), 'desc[0].next is 2; with IN_ORDER it has to be 1', inOrder);
  });

  it('2.7.5.3.1: INDIRECT where it may be', () => {
    const table = run().describe(entry(0, 0), 0, 4, 0).name(0, 0, 1).publish(0, 0);
    holds('sd5-indirect-negotiated', table, 1, indirect);
    breaks('sd5-indirect-negotiated', table, 'desc[0] has INDIRECT, which was not negotiated');
    holds('sd5-no-nested-table', table, 1, indirect);
    const nested = run().describe(entry(0, 0), 0, 4, INDIRECT).name(0, 0, 1).publish(0, 0);
    breaks('sd5-no-nested-table', nested, 'desc[0] table[0] has INDIRECT', indirect);
    holds('sd5-indirect-ends-chain', table, 1, indirect);
    const both = run()
      .name(0, 0, 1, INDIRECT | NEXT)
      .publish(0, 0);
    breaks('sd5-indirect-ends-chain', both, 'desc[0] has both INDIRECT and NEXT', indirect);
  });

  it('2.7.5.3.1: a chain is no longer than the queue', () => {
    const name = 'sd5-chain-length';
    const chain = (last: number): Split =>
      run()
        .describe(desc(0), 0, 1, NEXT, 1)
        .describe(desc(1), 1, 1, NEXT, 2)
        .describe(desc(2), 2, 1, NEXT, 3)
        .describe(desc(3), 3, 1, last, 1)
        .publish(0, 0);
    holds(name, chain(0), 1);
    breaks(name, chain(NEXT), 'the chain of head 0 has no end');
  });

  it('2.7.5.3.1: with IN_ORDER, entries of a table link to 1, 2, and so on', () => {
    const name = 'sd5-in-order-table';
    const features: Options = { features: { indirectDesc: true, inOrder: true } };
    const table = (next: number): Split =>
      run()
        .describe(entry(0, 0), 0, 4, NEXT, next)
        .describe(entry(0, next), 1, 4, 0)
        .name(0, 0, 3)
        .publish(0, 0);
    holds(name, table(1), 1, features);
    breaks(name, table(2), 'desc[0] table[0].next is 2; with IN_ORDER it has to be 1', features);
  });

  it('2.7.6.1: avail.idx goes forward, modulo its modulus', () => {
    const name = 'sd6-available-index-forward';
    const index = (...values: number[]): Split => {
      const story = run();
      for (const value of values) story.store(DRIVER, avail, 'idx', value);
      return story;
    };
    holds(name, index(1, 3, 3), 2);
    holds(name, index(14, 0, 2, 3), 4, { start: 12 });
    breaks(name, index(2, 1), 'avail.idx goes from 2 to 1');
    breaks(name, index(2, 7), 'avail.idx goes from 2 to 7');
    breaks(name, index(1, 0), 'avail.idx goes from 1 to 0');
  });

  it('2.7.6.1: avail.idx begins anew while the driver sets the queue up', () => {
    const name = 'sd6-available-index-forward';
    const anew = run()
      .add(0, 0)
      .call(DRIVER, 'init')
      .store(DRIVER, avail, 'idx', 0)
      .return(DRIVER, 'init')
      .add(0, 0);
    holds(name, anew, 2);
  });

  it('3.3.1: what is out is not changed until the driver has read that it was used', () => {
    const name = 'sd13-exposed-unchanged';
    const two = (): Split => run().describe(desc(0), 0, 4, NEXT, 1).describe(desc(1), 1, 4, 0).publish(0, 0);
    holds(name, two().describe(desc(2), 2, 4, 0), 4);
    breaks(
      name,
      two().store(DRIVER, desc(1), 'len', 5),
      'desc[1].len goes from 4 to 5 while the chain of head 0 is out',
    );
    holds(name, two().store(DRIVER, desc(1), 'len', 4), 1);
    breaks(
      name,
      two().giveBack(0, 0, 0).store(DRIVER, desc(0), 'flags', 0),
      'desc[0].flags goes from 1 to 0 while the chain of head 0 is out',
    );
    holds(name, two().giveBack(0, 0, 0).collect(0, 0, 0).store(DRIVER, desc(1), 'len', 5), 0);
    breaks(
      name,
      two().store(DRIVER, ring(0), 'head', 2),
      'ring[0].head goes from 0 to 2 while the chain of head 0 is out',
    );
    // The entry of a chain that the device has taken may be written over, once the ring has gone round.
    const round = run().add(0, 0).add(1, 1).add(2, 2).add(3, 3).giveBack(2, 0, 0).collect(2, 0, 0);
    holds(name, round.publish(2, 4), 12);
    holds(name, two().giveBack(0, 0, 0).collect(0, 0, 0).store(DRIVER, ring(0), 'head', 2), 0);
    // A 32-bit store of flags and next is one to both.
    const wide = two().raw(DRIVER, true, desc(1).at + 12, 4, 1);
    breaks(name, wide, 'desc[1].flags goes from 0 to 1 while the chain of head 0 is out');
    const table = run()
      .describe(entry(1, 0), 0, 4, 0)
      .name(0, 1, 1)
      .publish(0, 0)
      .store(DRIVER, entry(1, 0), 'len', 8);
    breaks(name, table, 'table[3].len goes from 4 to 8 while the chain of head 0 is out', indirect);
    // With IN_ORDER one used entry stands for both.
    const batch = run()
      .add(0, 0)
      .add(1, 1)
      .giveBack(1, 0, 0, 2)
      .collect(1, 0, 0)
      .store(DRIVER, desc(0), 'len', 5);
    holds(name, batch, 4, inOrder);
    breaks(name, batch, 'desc[0].len goes from 4 to 5 while the chain of head 0 is out');
  });

  it('derived: heads are descriptors of their own', () => {
    const name = 'derived-heads-disjoint';
    holds(name, run().add(0, 0).add(1, 1), 1);
    breaks(name, run().add(0, 0).publish(0, 1), 'desc[0] of the chain of head 0 is in a chain that is out');
    breaks(name, run().publish(7, 0), 'the chain of head 7 names desc[7], which there is not');
    const link = run().add(1, 0).describe(desc(0), 0, 4, NEXT, 1).publish(0, 1);
    breaks(name, link, 'desc[1] of the chain of head 0 is in a chain that is out');
  });

  it('derived: the ring is not overfull', () => {
    const name = 'derived-ring-not-overfull';
    const full = run().add(0, 0).add(1, 1).add(2, 2).add(3, 3);
    holds(name, full, 1);
    breaks(name, full.publish(0, 4), '5 chains are out, and the queue has 4 descriptors');
  });
});

describe('VirtIO 1.2, barriers', () => {
  const bare = (order: Ordering = 'relaxed'): Split =>
    run().describe(desc(0), 0, 4, 0).store(DRIVER, ring(0), 'head', 0).store(DRIVER, avail, 'idx', 1, order);

  it('2.7.13.3.1: before avail.idx', () => {
    const name = 'sd10-barrier-before-index';
    const message =
      'virtq_avail.idx is stored relaxed, with no barrier behind the stores of what it publishes';
    holds(name, run().add(0, 0), 1);
    holds(name, bare('release'), 1);
    breaks(name, bare(), message);
    const early = run()
      .describe(desc(0), 0, 4, 0)
      .fence(DRIVER, 'release')
      .store(DRIVER, ring(0), 'head', 0)
      .store(DRIVER, avail, 'idx', 1);
    breaks(name, early, message);
    const acquire = run().describe(desc(0), 0, 4, 0).fence(DRIVER, 'acquire').store(DRIVER, avail, 'idx', 1);
    breaks(name, acquire, message);
    breaks(
      name,
      run().describe(desc(0), 0, 4, 0).fence(DEVICE, 'release').store(DRIVER, avail, 'idx', 1),
      message,
    );
  });

  it('2.7.13.4.1: before the look at used.flags or avail_event', () => {
    const name = 'sd11-barrier-before-kick-test';
    const message =
      'virtq_used.flags is loaded relaxed, with no full barrier behind the store that publishes';
    holds(name, run().add(0, 0).fence(DRIVER, 'seq_cst').load(DRIVER, used, 'flags', 0), 1);
    holds(name, bare('seq_cst').load(DRIVER, used, 'flags', 0), 1);
    breaks(name, run().add(0, 0).load(DRIVER, used, 'flags', 0), message);
    breaks(name, run().add(0, 0).fence(DRIVER, 'acq_rel').load(DRIVER, used, 'flags', 0), message);
    breaks(name, run().add(0, 0).fence(DRIVER, 'seq_cst').add(1, 1).load(DRIVER, used, 'flags', 0), message);
    holds(name, run().add(0, 0).load(DRIVER, used, 'flags', 0), 0, withEvents);
    breaks(
      name,
      run().add(0, 0).load(DRIVER, availEvent, 'event', 0),
      'virtq_event.event is loaded relaxed, with no full barrier behind the store that publishes',
      withEvents,
    );
  });
});

describe('VirtIO 1.2, notifications', () => {
  const required = 'what it read says that it has to notify, and it goes on without';
  const unwanted = 'it notifies, though what it read says that nobody wants it';

  it('2.7.7.1, 2.7.10.2: flags are 0 or 1, and 0 with EVENT_IDX', () => {
    holds('sd7-available-flags', run().store(DRIVER, avail, 'flags', 1).load(DEVICE, avail, 'flags', 1), 2);
    breaks('sd7-available-flags', run().store(DRIVER, avail, 'flags', 2), 'avail.flags is 2');
    breaks('sd7-available-flags', run().store(DRIVER, avail, 'flags', 1), 'avail.flags is 1', withEvents);
    holds('sv7-used-flags', run().store(DEVICE, used, 'flags', 1), 1);
    breaks('sv7-used-flags', run().store(DEVICE, used, 'flags', 3), 'used.flags is 3');
    breaks('sv7-used-flags', run().store(DEVICE, used, 'flags', 1), 'used.flags is 1', withEvents);
  });

  it('2.7.7.1: the driver bears spurious interrupts', () => {
    const name = 'sd7-spurious-interrupts';
    holds(name, run().enter(DRIVER).load(DRIVER, used, 'idx', 0), 1);
    holds(name, run().add(0, 0).giveBack(0, 0, 0).enter(DRIVER).collect(0, 0, 0).enter(DRIVER), 1);
    breaks(
      name,
      run().enter(DRIVER).load(DRIVER, element(0), 'id', 0),
      'it reads virtq_used_elem.id, and there is no entry',
    );
    breaks(name, run().enter(DRIVER).fault(DRIVER, 'it threw'), 'with nothing to be done: it threw');
  });

  it('2.7.10.2: the device bears spurious kicks', () => {
    const name = 'sv7-spurious-kicks';
    holds(name, run().enter(DEVICE), 1);
    holds(name, run().add(0, 0).enter(DEVICE).take(0).enter(DEVICE), 1);
    breaks(
      name,
      run().add(0, 0).take(0).enter(DEVICE).load(DEVICE, ring(1), 'head', 0),
      'it reads virtq_avail_elem.head, and there is no entry',
    );
  });

  it('2.7.10.1: used.flags is zeroed by the driver', () => {
    const name = 'sd9-used-flags-zeroed';
    holds(name, run().load(DRIVER, used, 'flags', 0), 1);
    holds(name, run().store(DEVICE, used, 'flags', 1).load(DRIVER, used, 'flags', 1), 0);
    const anew = run()
      .store(DEVICE, used, 'flags', 1)
      .call(DRIVER, 'init')
      .return(DRIVER, 'init')
      .load(DRIVER, used, 'flags', 1);
    breaks(name, anew, 'used.flags is 1, and the device has not stored anything there');
  });

  it('2.7.10.1: the driver notifies when used.flags is 0', () => {
    const name = 'sd9-kick-when-required';
    const test = (flags: number): Split => run().add(0, 0).load(DRIVER, used, 'flags', flags);
    holds(name, test(0).action(DRIVER, 'ring', DEVICE).return(DRIVER, 'kick'), 1);
    holds(name, test(1).return(DRIVER, 'kick'), 0);
    breaks(name, test(0).return(DRIVER, 'kick'), required);
    breaks(name, test(0).add(1, 1), required);
    holds(name, test(0).return(DRIVER, 'other', 0, 1).action(DRIVER, 'ring', DEVICE), 1);
    breaks(name, test(0).action(DRIVER, 'ring', DRIVER).return(DRIVER, 'kick'), required);
    // Nothing new: nothing to be announced.
    holds(name, run().load(DRIVER, used, 'flags', 0).return(DRIVER, 'kick'), 0);
  });

  it('2.7.10.1: the driver should not notify when used.flags is 1', () => {
    const name = 'sd9-no-unwanted-kick';
    const test = (flags: number): Split => run().add(0, 0).load(DRIVER, used, 'flags', flags);
    holds(name, test(1).return(DRIVER, 'kick'), 1);
    breaks(name, test(1).action(DRIVER, 'ring', DEVICE), unwanted);
    holds(name, test(0).action(DRIVER, 'ring', DEVICE), 0);
    holds(name, run().action(DRIVER, 'ring', DEVICE), 0);
  });

  it('2.7.10.1: with EVENT_IDX, the driver notifies when any of the new entries is the one', () => {
    const name = 'sd9-kick-when-required';
    const two = (event: number): Split => run().add(0, 0).add(1, 1).load(DRIVER, availEvent, 'event', event);
    for (const event of [0, 1]) breaks(name, two(event).return(DRIVER, 'kick'), required, withEvents);
    for (const event of [2, 15]) {
      holds(name, two(event).return(DRIVER, 'kick'), 0, withEvents);
      breaks('sd9-no-unwanted-kick', two(event).action(DRIVER, 'ring', DEVICE), unwanted, withEvents);
    }
    holds(name, two(1).action(DRIVER, 'ring', DEVICE).return(DRIVER, 'kick'), 1, withEvents);
    // Across the wrap of the index.
    const wrapped = run().add(0, 15).add(1, 16).load(DRIVER, availEvent, 'event', 15);
    breaks(name, wrapped.return(DRIVER, 'kick'), required, { ...withEvents, start: 15 });
  });

  it('2.7.10.1, 2.7.7.2: the field that is not in force is ignored', () => {
    holds('sd9-other-field-ignored', run().load(DRIVER, used, 'flags', 0), 1);
    breaks(
      'sd9-other-field-ignored',
      run().load(DRIVER, availEvent, 'event', 0),
      'it reads virtq_event.event, which is not in force',
    );
    breaks(
      'sd9-other-field-ignored',
      run().load(DRIVER, used, 'flags', 0),
      'it reads virtq_used.flags, which is not in force',
      withEvents,
    );
    // Flags and index lie in one word: to load that word for the index is not to heed the flags.
    holds('sd9-other-field-ignored', run().raw(DRIVER, false, used.at, 4, 0x0001_0000), 0, withEvents);
    holds('sv5-other-field-ignored', run().raw(DEVICE, false, avail.at, 4, 0x0001_0000), 0, withEvents);
    holds('sv5-other-field-ignored', run().load(DEVICE, usedEvent, 'event', 0), 1, withEvents);
    breaks(
      'sv5-other-field-ignored',
      run().load(DEVICE, usedEvent, 'event', 0),
      'it reads virtq_event.event, which is not in force',
    );
  });

  it('2.7.7.2: the device notifies when it has to, and should not otherwise', () => {
    const back = (flags: number): Split =>
      run().add(0, 0).giveBack(0, 0, 0).load(DEVICE, avail, 'flags', flags);
    holds(
      'sv5-interrupt-when-required',
      back(0).action(DEVICE, 'ring', DRIVER).return(DEVICE, 'interrupt'),
      1,
    );
    breaks('sv5-interrupt-when-required', back(0).return(DEVICE, 'interrupt'), required);
    holds('sv5-no-unwanted-interrupt', back(1).return(DEVICE, 'interrupt'), 1);
    breaks('sv5-no-unwanted-interrupt', back(1).action(DEVICE, 'ring', DRIVER), unwanted);
    const batch = run().add(0, 0).add(1, 1).giveBack(1, 0, 0, 2).load(DEVICE, usedEvent, 'event', 0);
    breaks('sv5-interrupt-when-required', batch.return(DEVICE, 'interrupt'), required, withEvents);
  });

  it('counts the call of `notify` where no action is given', () => {
    const test = run().add(0, 0).load(DRIVER, used, 'flags', 0);
    const options = (): Options => {
      const { kick: _kick, ...rest } = { kick: undefined };
      return rest;
    };
    const properties = splitClauses({
      geometry,
      driverCore: DRIVER,
      deviceCore: DEVICE,
      features: {},
      ...options(),
    });
    const story = test.call(DRIVER, 'notify', 1).return(DRIVER, 'kick');
    expect(judged(properties, 'sd9-kick-when-required', story)).toEqual({ broken: null, exercised: 1 });
  });
});

describe('VirtIO 1.2, the device and its chains', () => {
  const two = (first = 0, second = WRITE): Split =>
    run()
      .describe(desc(0), 0, 4, first | NEXT, 1)
      .describe(desc(1), 1, 4, second)
      .publish(0, 0);

  it('2.7.8.3: the driver reads no more than the used length', () => {
    const name = 'sd8-within-used-length';
    const back = (len: number): Split => run().add(0, 0, WRITE).giveBack(0, len, 0).collect(0, len, 0);
    holds(name, back(3).payload(DRIVER, 'read', bufferAt(0), 3), 1);
    breaks(
      name,
      back(3).payload(DRIVER, 'read', bufferAt(0), 4),
      'it reads buffer[0] up to byte 4; the device says that it wrote 3',
    );
    holds(name, back(0).payload(DRIVER, 'write', bufferAt(0), 4).payload(DRIVER, 'read', bufferAt(0), 4), 0);
    holds(name, back(3).slot(DRIVER, 'cancel', 0).payload(DRIVER, 'read', bufferAt(0), 4), 0);
  });

  it('2.7.4.1: no access leaves the bytes of its chain', () => {
    const name = 'sv2-any-framing';
    holds(name, two().payload(DEVICE, 'read', bufferAt(0), 4), 1);
    breaks(
      name,
      two().payload(DEVICE, 'read', bufferAt(0), 5),
      'its read of 5 bytes leaves desc[0] of the chain of head 0',
    );
    // Two descriptors that lie side by side may be read as one.
    const adjacent = run().describe(desc(0), 0, 8, NEXT, 1).describe(desc(1), 1, 4, 0).publish(0, 0);
    holds(name, adjacent.payload(DEVICE, 'read', bufferAt(0), 12), 1);
  });

  it('2.7.5.1: it writes neither readable bytes nor descriptors', () => {
    const name = 'sv3-writes-writable-only';
    holds(name, two().payload(DEVICE, 'write', bufferAt(1), 4), 1);
    breaks(
      name,
      two().payload(DEVICE, 'write', bufferAt(0), 4),
      'it writes the bytes of desc[0], which it is to read',
    );
    breaks(name, two().store(DEVICE, desc(2), 'len', 1), 'it writes virtq_desc.len');
    // From a buffer that it may write into the one behind that in memory, which it may not.
    const reversed = (): Split =>
      run().describe(desc(0), 1, 4, NEXT, 1).describe(desc(1), 0, 8, WRITE).publish(0, 0);
    holds(name, reversed().payload(DEVICE, 'write', bufferAt(0), 8), 1);
    breaks(
      name,
      reversed().payload(DEVICE, 'write', bufferAt(0), 9),
      'it writes the bytes of desc[0], which it is to read',
    );
    breaks(
      name,
      two().payload(DEVICE, 'write', bufferAt(0) - 2, 4),
      'it writes the bytes of desc[0], which it is to read',
    );
  });

  it('2.7.5.1: it should not read writable bytes', () => {
    const name = 'sv3-reads-readable-only';
    holds(name, two().payload(DEVICE, 'read', bufferAt(0), 4), 1);
    breaks(
      name,
      two().payload(DEVICE, 'read', bufferAt(1), 4),
      'it reads the bytes of desc[1], which it is to write',
    );
    holds(name, two().giveBack(0, 0, 0).payload(DEVICE, 'read', bufferAt(1), 4), 0);
    const adjacent = run().describe(desc(0), 0, 8, NEXT, 1).describe(desc(1), 1, 4, WRITE).publish(0, 0);
    breaks(
      name,
      adjacent.payload(DEVICE, 'read', bufferAt(0), 9),
      'it reads the bytes of desc[1], which it is to write',
    );
  });

  it('2.7.5.3.2: WRITE on a descriptor that names a table means nothing', () => {
    const name = 'sv4-write-flag-ignored';
    const table = (): Split =>
      run()
        .describe(entry(0, 0), 0, 4, 0)
        .name(0, 0, 1, INDIRECT | WRITE)
        .publish(0, 0)
        .take(0);
    const walked = table().load(DEVICE, desc(0), 'flags', 6).load(DEVICE, entry(0, 0), 'addr', 0);
    holds(name, walked.giveBack(0, 0, 0), 1, indirect);
    const unread = table().load(DEVICE, desc(0), 'flags', 6).giveBack(0, 0, 0);
    breaks(name, unread, 'it gives back head 0, and has not read its table', indirect);
    breaks(
      name,
      table().return(DEVICE, 'take', -23),
      'take refuses the chain of head 0, which is sound',
      indirect,
    );
    breaks(
      name,
      table().payload(DEVICE, 'write', bufferAt(0), 2),
      'it writes the bytes of desc[0] table[0], and only the descriptor that names the table has WRITE',
      indirect,
    );
    const read = walked.payload(DEVICE, 'read', bufferAt(0), 2);
    expect(find(name, read, indirect).broken).toBeNull();
  });

  it('2.7.5.3.2: direct descriptors and then a table', () => {
    const name = 'sv4-direct-then-table';
    const mixed = (): Split =>
      run()
        .describe(entry(0, 0), 0, 4, 0)
        .describe(desc(0), 1, 4, NEXT, 1)
        .name(1, 0, 1)
        .publish(0, 0)
        .load(DEVICE, desc(1), 'flags', INDIRECT)
        .load(DEVICE, entry(0, 0), 'addr', 0);
    holds(name, mixed().load(DEVICE, desc(0), 'flags', NEXT).giveBack(0, 0, 0), 1, indirect);
    breaks(name, mixed().giveBack(0, 0, 0), 'it gives back head 0, and has not read desc[0]', indirect);
  });

  it('2.7.8.2: len is set before used.idx', () => {
    const name = 'sv6-length-before-index';
    holds(name, run().add(0, 0).giveBack(0, 0, 0), 1);
    const unset = run().add(0, 0).store(DEVICE, element(0), 'id', 0).store(DEVICE, used, 'idx', 1);
    breaks(name, unset, 'used.idx moves past used.ring[0], whose len was not stored');
  });

  it('2.7.8.2: so many bytes are written before used.idx', () => {
    const name = 'sv6-bytes-before-index';
    const write = (from: number, bytes: number): Split =>
      run()
        .add(0, 0, WRITE)
        .payload(DEVICE, 'write', bufferAt(0) + from, bytes);
    holds(name, write(0, 3).giveBack(0, 3, 0), 1);
    holds(name, write(0, 3).giveBack(0, 2, 0), 1);
    breaks(
      name,
      write(0, 3).giveBack(0, 4, 0),
      'used.ring[0].len is 4, and 3 bytes of the chain of head 0 are written',
    );
    breaks(
      name,
      write(1, 3).giveBack(0, 3, 0),
      'used.ring[0].len is 3, and 0 bytes of the chain of head 0 are written',
    );
    holds(name, write(2, 2).payload(DEVICE, 'write', bufferAt(0), 2).giveBack(0, 4, 0), 1);
    const chain = run()
      .describe(desc(0), 0, 4, WRITE | NEXT, 1)
      .describe(desc(1), 1, 4, WRITE)
      .publish(0, 0);
    chain.payload(DEVICE, 'write', bufferAt(0), 3).payload(DEVICE, 'write', bufferAt(1), 4);
    breaks(
      name,
      chain.giveBack(0, 7, 0),
      'used.ring[0].len is 7, and 3 bytes of the chain of head 0 are written',
    );
    // Readable bytes are no written ones.
    breaks(
      name,
      run().add(0, 0).giveBack(0, 4, 0),
      'used.ring[0].len is 4, and 0 bytes of the chain of head 0 are written',
    );
  });

  it('6.2: with IN_ORDER, chains come back in order', () => {
    const name = 'sv8-in-order';
    const three = (): Split => run().add(2, 0).add(0, 1).add(1, 2);
    holds(name, three().giveBack(2, 0, 0).giveBack(0, 0, 1).giveBack(1, 0, 2), 2, inOrder);
    holds(name, three().giveBack(0, 0, 0, 2), 1, inOrder);
    breaks(
      name,
      three().giveBack(0, 0, 0),
      'used.ring[0] names head 0; in order it has to be one of: 2',
      inOrder,
    );
  });

  it('derived: what is given back was out', () => {
    const name = 'derived-used-was-out';
    holds(name, run().add(0, 0).add(1, 1).giveBack(1, 0, 0).giveBack(0, 0, 1), 2);
    breaks(
      name,
      run().add(0, 0).add(1, 1).giveBack(1, 0, 0).giveBack(1, 0, 1),
      'used.ring[1] names head 1, and no such chain is out',
    );
    breaks(name, run().add(0, 0).giveBack(9, 0, 0), 'used.ring[0] names head 9, and no such chain is out');
  });

  it('derived: used.idx stays behind avail.idx', () => {
    const name = 'derived-used-not-ahead';
    holds(name, run().add(0, 0).giveBack(0, 0, 0), 1);
    breaks(name, run().add(0, 0).giveBack(0, 0, 0, 2), 'used.idx goes from 0 to 2; avail.idx is 1');
  });

  it('derived: a walk of a chain has an end', () => {
    const name = 'derived-bounded-walk';
    const walk = run().load(DEVICE, ring(0), 'head', 0);
    for (let i = 0; i < SIZE; i++) walk.load(DEVICE, desc(i), 'flags', NEXT);
    holds(name, walk, 3);
    breaks(
      name,
      walk.load(DEVICE, desc(0), 'flags', NEXT),
      'it reads virtq_desc.flags, its descriptor number 5 for one chain',
    );
  });
});
