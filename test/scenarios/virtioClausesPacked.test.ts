/** The clauses of the packed virtqueue, each with runs written by hand: one that puts it to the test, and wrong ones. */
import { describe, expect, it } from 'vitest';
import {
  type PackedGeometry,
  packed_desc_t,
  packed_event_halves_t,
  packed_event_t,
  packed_table_entry_t,
  packedGeometry,
} from 'vqcheck/impl';
import type { Ordering } from 'vqcheck/memory';
import { type ClauseOptions, packedClauses } from 'vqcheck/scenarios';
import { bufferAt, ClauseRun, DEVICE, DRIVER, type Finding, judged, type Place } from './clauseRuns.ts';

/** No power of two, as the layout allows it. */
const SIZE = 3;
const geometry = packedGeometry(0, SIZE);
const TABLES = 0x200;
const TABLE_ENTRIES = 2;
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;
const AVAIL = 0x0080;
const USED = 0x8000;

const desc = (i: number): Place => ({
  type: packed_desc_t,
  at: geometry.ring + (i % SIZE) * packed_desc_t.bytes,
});
const entry = (table: number, i: number): Place => ({
  type: packed_table_entry_t,
  at: TABLES + (table * TABLE_ENTRIES + i) * packed_table_entry_t.bytes,
});
const driverEvent: Place = { type: packed_event_t, at: geometry.driverEvent };
const deviceEvent: Place = { type: packed_event_t, at: geometry.deviceEvent };
const deviceHalves: Place = { type: packed_event_halves_t, at: geometry.deviceEvent };

type Options = Partial<ClauseOptions<PackedGeometry>>;

function find(name: string, run: ClauseRun, options: Options = {}): Finding {
  const properties = packedClauses({
    geometry,
    driverCore: DRIVER,
    deviceCore: DEVICE,
    features: {},
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

/** Flags of an available descriptor at a place counted from the start, and of a used one. */
const available = (place: number): number => (Math.floor(place / SIZE) % 2 === 0 ? AVAIL : USED);
const usedAt = (place: number): number => (Math.floor(place / SIZE) % 2 === 0 ? AVAIL | USED : 0);

class Packed extends ClauseRun {
  /** All of a descriptor but its flags. */
  fill(place: number, buffer: number, len: number, id: number): this {
    return this.store(DRIVER, desc(place), 'addr', bufferAt(buffer), 'plain')
      .store(DRIVER, desc(place), 'len', len, 'plain')
      .store(DRIVER, desc(place), 'id', id, 'plain');
  }

  flags(place: number, more = 0, order: Ordering = 'relaxed'): this {
    return this.store(DRIVER, desc(place), 'flags', available(place) | more, order);
  }

  /** One buffer of 4 bytes in one slot. */
  add(place: number, id: number, more = 0): this {
    return this.fill(place, id, 4, id).fence(DRIVER, 'release').flags(place, more);
  }

  /** Two buffers in two slots, the head last. */
  pair(place: number, id: number, first = 0, second = 0): this {
    return this.fill(place, 0, 4, id)
      .fill(place + 1, 1, 4, id)
      .flags(place + 1, second)
      .fence(DRIVER, 'release')
      .flags(place, NEXT | first);
  }

  take(...places: number[]): this {
    for (const place of places) {
      this.load(DEVICE, desc(place), 'flags', 0);
      this.load(DEVICE, desc(place), 'addr', 0).load(DEVICE, desc(place), 'len', 0);
    }
    return this;
  }

  giveBack(place: number, id: number, len = 0, more = 0): this {
    return this.store(DEVICE, desc(place), 'id', id, 'plain')
      .store(DEVICE, desc(place), 'len', len, 'plain')
      .fence(DEVICE, 'release')
      .store(DEVICE, desc(place), 'flags', usedAt(place) | more);
  }

  collect(place: number, id: number): this {
    return this.load(DRIVER, desc(place), 'flags', usedAt(place)).load(DRIVER, desc(place), 'id', id);
  }
}

const run = (): Packed => new Packed();

/** It holds on this run, and is put to the test so often. */
function holds(name: string, story: ClauseRun, exercised: number, options: Options = {}): void {
  expect(find(name, story, options)).toEqual({ broken: null, exercised });
}

function breaks(name: string, story: ClauseRun, message: string, options: Options = {}): void {
  expect(find(name, story, options).broken).toBe(message);
}

describe('every clause of the packed virtqueue', () => {
  const all = packedClauses({ geometry, driverCore: 0, deviceCore: 1, features: {} });

  it('is there, under a name of its own, with section and level in its title', () => {
    const ids = new Set(all.map(({ clause }) => clause?.id));
    for (let i = 1; i <= 7; i++) expect(ids).toContain(`PD${i}`);
    for (let i = 1; i <= 6; i++) expect(ids).toContain(`PV${i}`);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { title, clause } of all)
      expect(title.startsWith(`VirtIO 1.2, ${clause?.section}, ${clause?.level}: `)).toBe(true);
  });

  it('says nothing of an empty run', () => {
    for (const { name, monitor } of all) if (monitor !== undefined) holds(name, run(), 0);
  });

  it('holds on lists there and back, over both laps', () => {
    const story = run();
    for (let round = 0; round < 4; round++) {
      const place = 2 * round;
      story
        .pair(place, 0, 0, WRITE)
        .fence(DRIVER, 'seq_cst')
        .load(DRIVER, deviceEvent, 'word', 0)
        .action(DRIVER, 'ring', DEVICE)
        .return(DRIVER, 'kick')
        .take(place, place + 1)
        .payload(DEVICE, 'read', bufferAt(0), 4)
        .payload(DEVICE, 'write', bufferAt(1), 4)
        .giveBack(place, 0, 4, WRITE)
        .load(DEVICE, driverEvent, 'word', 0)
        .action(DEVICE, 'ring', DRIVER)
        .return(DEVICE, 'interrupt')
        .collect(place, 0);
    }
    for (const { name, monitor } of all)
      if (monitor !== undefined) expect([name, find(name, story).broken]).toEqual([name, null]);
  });
});

describe('drivers and devices that do otherwise what they may', () => {
  const all = packedClauses({
    geometry,
    driverCore: DRIVER,
    deviceCore: DEVICE,
    features: {},
    kick: { name: 'ring', argument: DEVICE },
    interrupt: { name: 'ring', argument: DRIVER },
  });
  const wrong = (story: ClauseRun): readonly string[] =>
    all.flatMap(({ name, monitor }) => {
      const broken = monitor === undefined ? null : judged(all, name, story).broken;
      return broken === null ? [] : [`${name}: ${broken}`];
    });

  it('may write the id into the last descriptor of a list only, and announce two lists at once', () => {
    const story = run()
      .fill(1, 1, 4, 3)
      .store(DRIVER, desc(0), 'addr', bufferAt(0))
      .store(DRIVER, desc(0), 'len', 4)
      .flags(1, WRITE)
      .flags(0, NEXT, 'release')
      .fill(2, 2, 4, 0)
      .flags(2, 0, 'release')
      .fence(DRIVER, 'seq_cst')
      .load(DRIVER, deviceEvent, 'word', 0)
      .action(DRIVER, 'ring', DEVICE)
      .take(0, 1, 2)
      .payload(DEVICE, 'read', bufferAt(0), 4)
      .payload(DEVICE, 'write', bufferAt(1), 4)
      .payload(DEVICE, 'read', bufferAt(2), 4)
      .giveBack(0, 0)
      .giveBack(1, 3, 4, WRITE)
      .fence(DEVICE, 'seq_cst')
      .load(DEVICE, driverEvent, 'word', 0)
      .action(DEVICE, 'ring', DRIVER)
      .collect(0, 0)
      .collect(1, 3)
      .add(3, 0)
      .add(4, 1);
    expect(wrong(story)).toEqual([]);
  });
});

describe('VirtIO 1.2, the driver of a packed virtqueue', () => {
  it('2.8.11: parts are aligned', () => {
    holds('pd1-alignment', run().flags(0), 1);
    breaks(
      'pd1-alignment',
      run().raw(DRIVER, true, 8, 4, 0),
      'the descriptor ring begins at 8, which is no multiple of 16',
      {
        geometry: { ...geometry, ring: 8 },
      },
    );
  });

  it('2.8.16: a descriptor is written after the driver saw it used', () => {
    const name = 'pd2-seen-used-before-written';
    holds(name, run().add(0, 0).add(1, 1), 4);
    breaks(
      name,
      run().add(0, 0).store(DRIVER, desc(0), 'len', 5),
      'desc[0].len goes from 4 to 5, and the driver has not seen it used',
    );
    const full = run().add(0, 0).add(1, 1).add(2, 2);
    breaks(
      name,
      full.fill(3, 3, 8, 3),
      'desc[0].addr goes from 1024 to 1048, and the driver has not seen it used',
    );
    const unseen = run().add(0, 0).add(1, 1).add(2, 2).giveBack(0, 1).fill(3, 1, 4, 1);
    breaks(name, unseen, 'desc[0].addr goes from 1024 to 1032, and the driver has not seen it used');
    holds(name, run().add(0, 0).add(1, 1).add(2, 2).giveBack(0, 1).collect(0, 1).add(3, 1), 12);
  });

  it('2.8.16: the tail of a list is not changed after its flags', () => {
    const name = 'pd2-unchanged-once-available';
    holds(name, run().pair(0, 0), 1);
    const late = run().fill(0, 0, 4, 0).fill(1, 1, 4, 0).flags(1).store(DRIVER, desc(1), 'len', 5);
    breaks(name, late, 'desc[1].len goes from 4 to 5 after its AVAIL bit was changed');
  });

  it('2.8.17: a list has an end', () => {
    const name = 'pd4-list-length';
    const list = (last: number): Packed => run().flags(2, last).flags(1, NEXT).flags(0, NEXT);
    holds(name, list(0), 1);
    breaks(name, list(NEXT), 'the list at desc[0] has no end');
  });

  it('2.8.17: readable before writable, also in a table', () => {
    const name = 'pd4-readable-before-writable';
    holds(name, run().pair(0, 0, 0, WRITE), 1);
    breaks(
      name,
      run().pair(0, 0, WRITE, 0),
      'desc[1], which the device reads, is behind desc[0], which it writes',
    );
    const table = run()
      .store(DRIVER, entry(0, 0), 'flags', WRITE)
      .store(DRIVER, desc(0), 'addr', TABLES)
      .store(DRIVER, desc(0), 'len', 32)
      .flags(0, INDIRECT);
    breaks(
      name,
      table,
      'desc[0] table[1], which the device reads, is behind desc[0] table[0], which it writes',
      indirect,
    );
  });

  it('2.8.17: the head is made available last, also across the end of the ring', () => {
    const name = 'pd4-head-last';
    holds(name, run().pair(0, 0), 1);
    holds(name, run().pair(2, 0), 1, { start: 2 });
    const early = run().fill(0, 0, 4, 0).flags(0, NEXT).fill(1, 1, 4, 0).flags(1);
    breaks(name, early, 'desc[0] is made available, and desc[1] of its list is not yet');
    // The wrap counter toggles within the list: the old one will not do.
    const stale = run().store(DRIVER, desc(3), 'flags', AVAIL).flags(2, NEXT);
    breaks(name, stale, 'desc[2] is made available, and desc[0] of its list is not yet', { start: 2 });
  });

  it('2.8.17: there is room for the whole list', () => {
    const name = 'pd4-space-first';
    holds(name, run().add(0, 0).pair(1, 1), 1);
    breaks(
      name,
      run().add(0, 0).add(1, 1).flags(3).flags(2, NEXT),
      'the list at desc[2] takes 2 slots, and 1 are free',
    );
  });

  it('2.8.19: INDIRECT where it may be', () => {
    const table = (flags: number, more = 0): Packed =>
      run()
        .store(DRIVER, entry(0, 0), 'flags', flags)
        .store(DRIVER, desc(0), 'addr', TABLES)
        .store(DRIVER, desc(0), 'len', 16)
        .flags(1)
        .flags(0, INDIRECT | more);
    holds('pd5-indirect-negotiated', table(WRITE), 1, indirect);
    breaks('pd5-indirect-negotiated', table(WRITE), 'desc[0] has INDIRECT, which was not negotiated');
    holds('pd5-table-flags', table(WRITE), 1, indirect);
    breaks('pd5-table-flags', table(NEXT), 'desc[0] table[0] has flags 1', indirect);
    holds('pd5-no-indirect-in-list', table(0), 1, indirect);
    breaks('pd5-no-indirect-in-list', table(0, NEXT), 'desc[0] has INDIRECT in a list of 2', indirect);
  });

  it('2.8.21.1.1: a barrier before the flags of the head', () => {
    const name = 'pd6-barrier-before-flags';
    const message =
      'pvirtq_desc.flags is stored relaxed, with no barrier behind the stores of what it publishes';
    holds(name, run().add(0, 0), 1);
    holds(name, run().fill(0, 0, 4, 0).flags(0, 0, 'release'), 1);
    breaks(name, run().fill(0, 0, 4, 0).flags(0), message);
    breaks(
      name,
      run().fill(0, 0, 4, 0).fence(DRIVER, 'release').fill(1, 1, 4, 0).flags(1).flags(0, NEXT),
      message,
    );
    // Those of the tail need none of their own.
    holds(name, run().pair(0, 0).add(2, 1), 2);
  });

  it('2.8.21.3.1: a full barrier before the look at the device event structure', () => {
    const name = 'pd7-barrier-before-kick-test';
    holds(name, run().add(0, 0).fence(DRIVER, 'seq_cst').load(DRIVER, deviceEvent, 'word', 0), 1);
    breaks(
      name,
      run().add(0, 0).fence(DRIVER, 'release').load(DRIVER, deviceEvent, 'word', 0),
      'pvirtq_event_suppress.word is loaded relaxed, with no full barrier behind the store that publishes',
    );
  });

  it('2.9: a notification names the next slot', () => {
    const name = 'pd3-notification-data';
    const options: Options = { features: { notificationData: true } };
    const story = (next_off: number, next_wrap: number): Packed => {
      const told = run().add(0, 0);
      told.events.push({
        kind: 'call',
        agent: DRIVER,
        core: DRIVER,
        operation: 'notify',
        depth: 1,
        args: { next_off, next_wrap },
      });
      return told;
    };
    holds(name, story(1, 1), 1, options);
    breaks(name, story(0, 1), 'it notifies with next_off 0, next_wrap 1; the next slot is 1, 1', options);
    breaks(name, run().call(DRIVER, 'notify'), 'it notifies without next_off and next_wrap', options);
  });

  it('2.8.10: the driver notifies when it has to, and not otherwise', () => {
    const required = 'what it read says that it has to notify, and it goes on without';
    const unwanted = 'it notifies, though what it read says that nobody wants it';
    const asked = (word: number): Packed => run().add(0, 0).add(1, 1).load(DRIVER, deviceEvent, 'word', word);
    breaks('packed-kick-when-required', asked(0).return(DRIVER, 'kick'), required);
    holds('packed-kick-when-required', asked(0).action(DRIVER, 'ring', DEVICE).return(DRIVER, 'kick'), 1);
    breaks('packed-no-unwanted-kick', asked(1 << 16).action(DRIVER, 'ring', DEVICE), unwanted);
    holds('packed-no-unwanted-kick', asked(1 << 16).return(DRIVER, 'kick'), 1);
    const waits = (offset: number, wrap: number): number => (2 << 16) | offset | (wrap << 15);
    for (const offset of [0, 1])
      breaks(
        'packed-kick-when-required',
        asked(waits(offset, 1)).return(DRIVER, 'kick'),
        required,
        withEvents,
      );
    for (const [offset, wrap] of [
      [2, 1],
      [0, 0],
      [1, 0],
    ] as const)
      breaks(
        'packed-no-unwanted-kick',
        asked(waits(offset, wrap)).action(DRIVER, 'ring', DEVICE),
        unwanted,
        withEvents,
      );
    // Across the end of the ring: slot 2 of the lap before, slot 0 of this one.
    const wrapped = (word: number): Packed =>
      run().add(2, 0).add(3, 1).load(DRIVER, deviceEvent, 'word', word);
    for (const word of [waits(2, 1), waits(0, 0)])
      breaks('packed-kick-when-required', wrapped(word).return(DRIVER, 'kick'), required, {
        ...withEvents,
        start: 2,
      });
    holds('packed-kick-when-required', wrapped(waits(0, 1)).return(DRIVER, 'kick'), 0, {
      ...withEvents,
      start: 2,
    });
    // By halves, flags first or offset first.
    const flagsFirst = run()
      .add(0, 0)
      .load(DRIVER, deviceHalves, 'flags', 2)
      .load(DRIVER, deviceHalves, 'desc', 0x8000);
    breaks('packed-kick-when-required', flagsFirst.return(DRIVER, 'kick'), required, withEvents);
    const offsetFirst = run()
      .add(0, 0)
      .load(DRIVER, deviceHalves, 'desc', 0x8000)
      .load(DRIVER, deviceHalves, 'flags', 2);
    breaks('packed-kick-when-required', offsetFirst.return(DRIVER, 'kick'), required, withEvents);
  });

  it('2.8.10: event flags mean something', () => {
    const name = 'packed-driver-event-flags';
    holds(name, run().store(DRIVER, driverEvent, 'word', 1 << 16), 1);
    breaks(name, run().store(DRIVER, driverEvent, 'word', 2 << 16), 'the driver event flags are 2');
    holds(name, run().store(DRIVER, driverEvent, 'word', 2 << 16), 1, withEvents);
    breaks(
      name,
      run().store(DRIVER, driverEvent, 'word', 7 << 16),
      'the driver event flags are 7',
      withEvents,
    );
    breaks(
      'packed-device-event-flags',
      run().store(DEVICE, deviceEvent, 'word', 3 << 16),
      'the device event flags are 3',
    );
  });

  it('derived: ids are distinct', () => {
    holds('derived-ids-distinct', run().add(0, 0).add(1, 1), 1);
    breaks('derived-ids-distinct', run().add(0, 0).add(1, 0), 'a list with id 0 is out already');
  });
});

describe('VirtIO 1.2, the device of a packed virtqueue', () => {
  it('2.8.12: it starts in the order of the ring', () => {
    const name = 'pv1-starts-in-order';
    holds(name, run().add(0, 0).add(1, 1).take(0).take(1), 2);
    breaks(name, run().add(0, 0).add(1, 1).take(1), 'it reads desc[1], and has not started on desc[0]');
    holds(name, run().add(0, 0).add(1, 1).take(0).giveBack(0, 0).take(1), 2);
  });

  it('2.8.12: used descriptors stand one behind the other, with the right wrap counter', () => {
    const name = 'pv1-used-at-cursor';
    holds(name, run().add(0, 0).add(1, 1).giveBack(0, 1).giveBack(1, 0), 2);
    breaks(
      name,
      run().add(0, 0).add(1, 1).giveBack(1, 1),
      'it stores flags 0x8080 to desc[1]; the next used descriptor is desc[0], with wrap counter 1',
    );
    breaks(
      name,
      run().pair(0, 0).giveBack(0, 0).add(2, 1).giveBack(1, 1),
      'it stores flags 0x8080 to desc[1]; the next used descriptor is desc[2], with wrap counter 1',
    );
    breaks(
      name,
      run().store(DEVICE, desc(0), 'flags', AVAIL | USED),
      'it marks desc[0] as used, and nothing is out',
    );
  });

  it('2.8.15: it writes the writable only, and reads the readable only', () => {
    const pair = (): Packed => run().pair(0, 0, 0, WRITE);
    holds('pv2-writes-writable-only', pair().payload(DEVICE, 'write', bufferAt(1), 4), 1);
    breaks(
      'pv2-writes-writable-only',
      pair().payload(DEVICE, 'write', bufferAt(0), 4),
      'it writes the bytes of list 0, which it is to read',
    );
    holds('pv2-reads-readable-only', pair().payload(DEVICE, 'read', bufferAt(0), 4), 1);
    breaks(
      'pv2-reads-readable-only',
      pair().payload(DEVICE, 'read', bufferAt(1), 4),
      'it reads the bytes of list 0, which it is to write',
    );
    // From the buffer of one kind into the one of the other kind, where they lie side by side.
    const adjacent = (first: number, second: number): Packed =>
      run()
        .fill(0, first, 8, 0)
        .fill(1, second, 8, 0)
        .flags(1, WRITE)
        .fence(DRIVER, 'release')
        .flags(0, NEXT);
    breaks(
      'pv2-writes-writable-only',
      adjacent(1, 0).payload(DEVICE, 'write', bufferAt(0), 9),
      'it writes the bytes of list 0, which it is to read',
    );
    breaks(
      'pv2-reads-readable-only',
      adjacent(0, 1).payload(DEVICE, 'read', bufferAt(0), 9),
      'it reads the bytes of list 0, which it is to write',
    );
    // A list is remembered though its slots were written over by a used descriptor.
    const over = run()
      .fill(0, 0, 4, 0)
      .fill(1, 1, 4, 0)
      .flags(1, WRITE)
      .flags(0, NEXT)
      .add(2, 2)
      .giveBack(0, 2);
    breaks(
      'pv2-writes-writable-only',
      over.payload(DEVICE, 'write', bufferAt(0), 4),
      'it writes the bytes of list 0, which it is to read',
    );
  });

  it('2.8.15: it uses what is available', () => {
    const name = 'pv2-only-available';
    holds(name, run().add(0, 0).take(0), 2);
    breaks(name, run().add(0, 0).take(0, 1), 'it reads pvirtq_desc.addr, which is not available');
    breaks(name, run().add(0, 0).giveBack(0, 0).take(0), 'it reads pvirtq_desc.addr, which is not available');
  });

  it('2.8.15: it leaves alone what it has marked as used', () => {
    const name = 'pv2-unchanged-once-used';
    holds(name, run().add(0, 0).giveBack(0, 0, 4), 3);
    breaks(
      name,
      run().add(0, 0).giveBack(0, 0, 4).store(DEVICE, desc(0), 'len', 5),
      'desc[0].len goes from 4 to 5 after its USED bit was changed',
    );
  });

  it('2.8.18: elements are used in order', () => {
    const name = 'pv3-list-order';
    const pair = (): Packed => run().pair(0, 0, 0, WRITE);
    holds(name, pair().payload(DEVICE, 'read', bufferAt(0), 4).payload(DEVICE, 'write', bufferAt(1), 4), 2);
    breaks(
      name,
      pair().payload(DEVICE, 'write', bufferAt(1), 4).payload(DEVICE, 'read', bufferAt(0), 4),
      'it uses element 0 of list 0 after element 1',
    );
  });

  it('2.8.3: WRITE says whether something was written', () => {
    const name = 'pv4-write-flag';
    const one = (): Packed => run().add(0, 0, WRITE);
    holds(name, one().payload(DEVICE, 'write', bufferAt(0), 2).giveBack(0, 0, 2, WRITE), 1);
    holds(name, one().giveBack(0, 0, 0), 1);
    breaks(
      name,
      one().giveBack(0, 0, 0, WRITE),
      'the used descriptor of list 0 has WRITE, and nothing was written',
    );
    breaks(
      name,
      one().payload(DEVICE, 'write', bufferAt(0), 2).giveBack(0, 0, 2),
      'the used descriptor of list 0 has no WRITE, and bytes were written',
    );
  });

  it('2.8.4: len is no more than what was written', () => {
    const name = 'pv4-used-length';
    const wrote = (bytes: number): Packed =>
      run().add(0, 0, WRITE).payload(DEVICE, 'write', bufferAt(0), bytes);
    holds(name, wrote(3).giveBack(0, 0, 3, WRITE), 1);
    breaks(
      name,
      wrote(3).giveBack(0, 0, 4, WRITE),
      'the used descriptor of list 0 has len 4, and 3 bytes are written',
    );
  });

  it('6.2: with IN_ORDER, lists come back in order', () => {
    const name = 'pv6-in-order';
    const three = (): Packed => run().add(0, 2).add(1, 0).add(2, 1);
    holds(name, three().giveBack(0, 2).giveBack(1, 0).giveBack(2, 1), 2, inOrder);
    // One used descriptor for the first two.
    holds(name, three().giveBack(0, 0).giveBack(2, 1), 1, inOrder);
    breaks(
      name,
      three().giveBack(0, 0).giveBack(1, 2),
      'it marks desc[1] as used; in order the next one is desc[2]',
      inOrder,
    );
    breaks(
      name,
      three().giveBack(0, 9),
      'it gives back id 9, which is not out any more in this order',
      inOrder,
    );
  });

  it('2.8.10: the device notifies when it has to', () => {
    const back = (word: number): Packed =>
      run().add(0, 0).giveBack(0, 0).load(DEVICE, driverEvent, 'word', word);
    breaks(
      'packed-interrupt-when-required',
      back(0).return(DEVICE, 'interrupt'),
      'what it read says that it has to notify, and it goes on without',
    );
    holds('packed-interrupt-when-required', back(0).action(DEVICE, 'ring', DRIVER), 1);
    breaks(
      'packed-no-unwanted-interrupt',
      back(1 << 16).action(DEVICE, 'ring', DRIVER),
      'it notifies, though what it read says that nobody wants it',
    );
  });

  it('derived: what is given back was out', () => {
    holds('derived-used-was-out', run().add(0, 0).giveBack(0, 0), 1);
    breaks(
      'derived-used-was-out',
      run().add(0, 0).add(1, 1).giveBack(0, 0).giveBack(1, 0),
      'desc[1] is marked as used with id 0, and no such list is out',
    );
  });

  it('2.8.9: of a request of several buffers, the first one is marked as used last', () => {
    const name = 'pv5-first-buffer-last';
    const request = (): Packed => {
      const taken = run().add(0, 0).add(1, 1).take(0, 1);
      return taken.call(DEVICE, 'giveBackRequest', 0, { heads: [0, 1], written: [0, 0] });
    };
    const whole = request().giveBack(1, 1).giveBack(0, 0);
    holds(name, whole, 1);
    holds('pv1-used-at-cursor', whole, 2);
    holds('derived-used-was-out', whole, 1);
    holds('pv4-write-flag', whole, 0);
    breaks(
      name,
      request().giveBack(0, 0).giveBack(1, 1),
      'it marks desc[0], of the first buffer of a request, as used, and 1 of its others are not yet',
    );
    // Both are back: there is room for a list as long as the ring, and the next used descriptor is the one behind them.
    const next = request().giveBack(1, 1).giveBack(0, 0).return(DEVICE, 'giveBackRequest');
    holds('pv1-used-at-cursor', next.add(2, 0).take(2).giveBack(2, 0), 3);
    holds('derived-ids-distinct', request().giveBack(1, 1).giveBack(0, 0).add(2, 1), 1);
    breaks('derived-ids-distinct', request().giveBack(1, 1).add(2, 1), 'a list with id 1 is out already');
    // What is no request comes in the order of the ring.
    const apart = run().add(0, 0).add(1, 1).take(0, 1).giveBack(1, 1);
    holds(name, apart, 0);
    breaks(
      'pv1-used-at-cursor',
      apart,
      'it stores flags 0x8080 to desc[1]; the next used descriptor is desc[0], with wrap counter 1',
    );
  });

  it('2.8.9: what a request says of what was written counts for each of its buffers', () => {
    const request = (len: number): Packed =>
      run()
        .add(0, 0, WRITE)
        .add(1, 1, WRITE)
        .take(0, 1)
        .payload(DEVICE, 'write', bufferAt(0), 2)
        .payload(DEVICE, 'write', bufferAt(1), 3)
        .call(DEVICE, 'giveBackRequest', 0, { heads: [0, 1], written: [2, 3] })
        .giveBack(1, 1, len, WRITE)
        .giveBack(0, 0, 2, WRITE);
    holds('pv4-used-length', request(3), 1);
    breaks('pv4-used-length', request(4), 'the used descriptor of list 1 has len 4, and 3 bytes are written');
  });
});
