/** What judges of the packed layout share: its fields, lists as they stand in the ring, and who has how much of the ring. */
import {
  type PackedGeometry,
  packed_desc_t,
  packed_event_halves_t,
  packed_table_entry_t,
} from '../../../impl/index.ts';
import type { MonitorEvent } from '../../../properties/index.ts';
import { FieldMap } from './fields.ts';
import { notificationTest, type Scene, type Surroundings, type ValuedField } from './judge.ts';
import type { ClauseOptions } from './options.ts';
import { addRegisters } from './registerFields.ts';

export const NEXT = 1;
export const WRITE = 2;
export const INDIRECT = 4;
export const AVAIL = 0x0080;
export const USED = 0x8000;
const BOTH = AVAIL | USED;
/** Of a descriptor, and of a table's entry. */
export const DESCRIPTOR_BYTES = 16;

export type PackedOptions = ClauseOptions<PackedGeometry>;

/** What describes data, or a table. */
export interface PackedElement {
  /** `desc[2]`, or `desc[2] table[0]`. */
  readonly name: string;
  readonly addr: number;
  readonly len: number;
  readonly flags: number;
}

/** One slot of a list in the ring. */
export interface ListSlot extends PackedElement {
  readonly index: number;
  readonly id: number;
  /** Its flags say that it is available, for the wrap counter that it has. */
  readonly available: boolean;
}

/** A list whose head is made available. */
export interface PackedList {
  /** From the head on; at most as many as the ring has. */
  readonly slots: readonly ListSlot[];
  /** All slots of the ring have NEXT. */
  readonly endless: boolean;
  /** Buffer id: that of its last slot. */
  readonly id: number;
}

export class PackedQueue implements Surroundings<PackedGeometry> {
  readonly options: PackedOptions;
  readonly fields = new FieldMap();
  readonly size: number;
  /** Places in the ring are counted over two laps: with the wrap counter 1, and with 0. */
  readonly laps: number;
  readonly inOrder: boolean;
  readonly eventIdx: boolean;
  readonly isKick: (event: MonitorEvent) => boolean;
  readonly isInterrupt: (event: MonitorEvent) => boolean;

  constructor(options: PackedOptions) {
    this.options = options;
    const { geometry, features, tables, kick, interrupt } = options;
    this.size = geometry.size;
    this.laps = 2 * geometry.size;
    this.inOrder = features.inOrder === true;
    this.eventIdx = features.eventIdx === true;
    const { fields } = this;
    fields.addStructs('desc', packed_desc_t, geometry.ring, this.size);
    fields.addStructs('driverEvent', packed_event_halves_t, geometry.driverEvent);
    fields.addStructs('deviceEvent', packed_event_halves_t, geometry.deviceEvent);
    if (tables !== undefined)
      fields.addStructs('table', packed_table_entry_t, tables.base, tables.count * tables.entries);
    addRegisters(fields, options.registers);
    this.isKick = notificationTest(options, options.driverCore, kick);
    this.isInterrupt = notificationTest(options, options.deviceCore, interrupt);
  }

  /** An empty queue that has gone on by some entries: used ones in all slots that were passed. */
  initial(part: string, index: number, field: string): number {
    if (part !== 'desc' || field !== 'flags') return 0;
    const { start = 0 } = this.options;
    const laps = Math.floor(start / this.size) + (index < start % this.size ? 1 : 0);
    return laps === 0 ? 0 : this.usedFlags(laps - 1);
  }

  isDriver({ core }: { readonly core: number }): boolean {
    return core === this.options.driverCore;
  }

  isDevice({ core }: { readonly core: number }): boolean {
    return core === this.options.deviceCore;
  }

  /** The wrap counter at a place: 1 in the first lap. */
  wrapAt(place: number): number {
    return place % this.laps < this.size ? 1 : 0;
  }

  /** Flags of a used descriptor in a lap: 0 is the first. */
  usedFlags(lap: number): number {
    return lap % 2 === 0 ? BOTH : 0;
  }

  isAvailable(flags: number, place: number): boolean {
    return (flags & BOTH) === (this.wrapAt(place) === 1 ? AVAIL : USED);
  }

  isUsed(flags: number, place: number): boolean {
    return (flags & BOTH) === (this.wrapAt(place) === 1 ? BOTH : 0);
  }

  /** The list whose head is at a place, with these flags of the head. Keep `desc`. */
  listAt(scene: Scene, place: number, headFlags: number): PackedList {
    const slots: ListSlot[] = [];
    let flags = headFlags;
    for (let at = place; slots.length < this.size; at++) {
      const index = at % this.size;
      if (slots.length > 0) flags = scene.memory('desc', index, 'flags');
      const slot = {
        index,
        name: `desc[${index}]`,
        addr: addressOf(scene, 'desc', index),
        len: scene.memory('desc', index, 'len'),
        id: scene.memory('desc', index, 'id'),
        flags,
        available: this.isAvailable(flags, at),
      };
      slots.push(slot);
      if ((flags & NEXT) === 0) break;
    }
    const last = slots[slots.length - 1];
    return { slots, endless: ((last?.flags ?? 0) & NEXT) !== 0, id: last?.id ?? 0 };
  }

  /** What describes data: an element itself, or the entries of the table that it names, as far as they are known. */
  dataOf(scene: Scene, element: PackedElement): readonly PackedElement[] {
    return (element.flags & INDIRECT) === 0 ? [element] : this.entriesOf(scene, element);
  }

  /** Entries of the table that an element names; none if it lies elsewhere. Keep `table`. */
  entriesOf(scene: Scene, { name, addr, len }: PackedElement): readonly PackedElement[] {
    const { tables } = this.options;
    if (tables === undefined) return [];
    const table = (addr - tables.base) / (tables.entries * DESCRIPTOR_BYTES);
    if (!Number.isInteger(table) || table < 0 || table >= tables.count) return [];
    const count = Math.min(tables.entries, Math.floor(len / DESCRIPTOR_BYTES));
    return Array.from({ length: count }, (_, i) => {
      const index = table * tables.entries + i;
      return {
        name: `${name} table[${i}]`,
        addr: addressOf(scene, 'table', index),
        len: scene.memory('table', index, 'len'),
        flags: scene.memory('table', index, 'flags'),
      };
    });
  }
}

function addressOf(scene: Scene, part: string, index: number): number {
  return scene.memory(part, index, 'addr') + scene.memory(part, index, 'addr_high') * 2 ** 32;
}

/** Words of a view: place of the next list to be made available, of the next used descriptor, and whether that was seen. */
const NEXT_AVAIL = 0;
const NEXT_USED = 1;
const SEEN = 2;
const PLACES = 3;
/** Words of a slot that is out: 1 + id, and, if asked for, what it described when it was made available. */
const ID = 0;
const ADDR = 1;
const LEN = 2;
const FLAGS = 3;
const CONTENT_WORDS = 4;

export interface PackedViewOptions {
  /** Lists are out until the device marks them as used, or until the driver reads that. */
  readonly until: 'device' | 'driver';
  /** Whether what they described matters. */
  readonly content?: boolean;
  /** Words more for each slot that is out, which are 0 at first. */
  readonly extra?: number;
}

/** A slot that is out. */
export interface OutSlot extends PackedElement {
  readonly id: number;
  /** Number among those that are out, in the order in which they were made available. */
  readonly number: number;
}

/** A used descriptor that was written, or read. */
export interface PackedReturn {
  readonly id: number;
  /** Slot of the ring that it is in. */
  readonly index: number;
  /** What it gives back; empty: its id is none that is out. */
  readonly slots: readonly OutSlot[];
}

/**
 * Who has how much of the ring, in own words of a judge, the first one at 0. Slots that are out are kept in the order in
 * which they were made available, so that what is past leaves no trace.
 */
export class PackedView {
  static readonly keeps = ['desc'] as const;
  static readonly hears = ['desc'] as const;
  readonly words: number;
  readonly #queue: PackedQueue;
  readonly #options: PackedViewOptions;
  readonly #wordsOfSlot: number;

  constructor(queue: PackedQueue, options: PackedViewOptions) {
    this.#queue = queue;
    this.#options = options;
    this.#wordsOfSlot = (options.content === true ? CONTENT_WORDS : 1) + (options.extra ?? 0);
    this.words = PLACES + queue.size * this.#wordsOfSlot;
  }

  begin(scene: Scene, start: number): void {
    scene.set(NEXT_AVAIL, start % this.#queue.laps);
    scene.set(NEXT_USED, start % this.#queue.laps);
  }

  nextAvail(scene: Scene): number {
    return scene.get(NEXT_AVAIL);
  }

  nextUsed(scene: Scene): number {
    return scene.get(NEXT_USED);
  }

  /** How many slots are out. */
  out(scene: Scene): number {
    return (scene.get(NEXT_AVAIL) - scene.get(NEXT_USED) + this.#queue.laps) % this.#queue.laps;
  }

  /** Slots that are out, in the order in which they were made available. */
  slots(scene: Scene): readonly OutSlot[] {
    const slots: OutSlot[] = [];
    for (let number = 0; number < this.#queue.size; number++) {
      const id = scene.get(this.#wordOf(number) + ID) - 1;
      if (id < 0) break;
      const content = this.#options.content === true;
      const word = (of: number): number => (content ? scene.get(this.#wordOf(number) + of) : 0);
      slots.push({ id, number, name: `list ${id}`, addr: word(ADDR), len: word(LEN), flags: word(FLAGS) });
    }
    return slots;
  }

  extra(scene: Scene, number: number, word = 0): number {
    return scene.get(this.#extraWord(number, word));
  }

  setExtra(scene: Scene, number: number, value: number, word = 0): void {
    scene.set(this.#extraWord(number, word), value);
  }

  /** The list that the driver's store makes available, or null. Changes nothing. */
  publication(scene: Scene, event: MonitorEvent, fields: readonly ValuedField[]): PackedList | null {
    const queue = this.#queue;
    if (event.kind !== 'access' || !event.writes || !queue.isDriver(event)) return null;
    const place = scene.get(NEXT_AVAIL);
    const flags = fieldAt(fields, place % queue.size, 'flags');
    if (flags === null || !queue.isAvailable(flags.value, place)) return null;
    if (queue.isAvailable(flags.old, place)) return null;
    return queue.listAt(scene, place, flags.value);
  }

  /**
   * Takes note of an event. `returns`: mostly one; with a request of several buffers, those that were marked before its first one.
   */
  follow(
    scene: Scene,
    event: MonitorEvent,
    fields: readonly ValuedField[],
  ): { readonly published: PackedList | null; readonly returns: readonly PackedReturn[] } {
    const queue = this.#queue;
    const published = this.publication(scene, event, fields);
    if (published !== null) {
      let number = this.slots(scene).length;
      for (const { addr, len, flags } of published.slots) {
        if (number === queue.size) break;
        const word = this.#wordOf(number++);
        scene.set(word + ID, published.id + 1);
        if (this.#options.content !== true) continue;
        scene.set(word + ADDR, addr >>> 0);
        scene.set(word + LEN, len);
        scene.set(word + FLAGS, flags & (WRITE | INDIRECT | NEXT));
      }
      scene.set(NEXT_AVAIL, (scene.get(NEXT_AVAIL) + published.slots.length) % queue.laps);
      return { published, returns: [] };
    }
    const device = this.#options.until === 'device';
    const first = device ? this.#marked(scene, event, fields) : this.#read(scene, event, fields);
    const returns: PackedReturn[] = [];
    let left = this.slots(scene);
    for (let id = first; id !== null; id = device ? this.#markedBefore(scene, left) : null) {
      const index = scene.get(NEXT_USED) % queue.size;
      const slots = this.#upTo(left, id);
      returns.push({ id, index, slots });
      left = left.filter((slot) => !slots.includes(slot));
      scene.set(NEXT_USED, (scene.get(NEXT_USED) + slots.length) % queue.laps);
      if (slots.length === 0) break;
    }
    const numbers = returns.flatMap(({ slots }) => slots.map(({ number }) => number));
    for (const number of numbers.sort((a, b) => b - a)) this.#remove(scene, number);
    return { published, returns };
  }

  /** Id of the used descriptor at the next place, if it is marked already; null if it is not, or nothing is left. */
  #markedBefore(scene: Scene, left: readonly OutSlot[]): number | null {
    const queue = this.#queue;
    const place = scene.get(NEXT_USED);
    const index = place % queue.size;
    if (left.length === 0 || !queue.isUsed(scene.memory('desc', index, 'flags'), place)) return null;
    return scene.memory('desc', index, 'id');
  }

  /** Id of the used descriptor that a store of the device marks as such. */
  #marked(scene: Scene, event: MonitorEvent, fields: readonly ValuedField[]): number | null {
    const queue = this.#queue;
    if (event.kind !== 'access' || !event.writes || !queue.isDevice(event)) return null;
    const place = scene.get(NEXT_USED);
    const index = place % queue.size;
    const flags = fieldAt(fields, index, 'flags');
    if (flags === null || !queue.isUsed(flags.value, place) || queue.isUsed(flags.old, place)) return null;
    return fieldAt(fields, index, 'id')?.value ?? scene.memory('desc', index, 'id');
  }

  /** Id of the used descriptor that the driver reads, once it has seen that it is one. */
  #read(scene: Scene, event: MonitorEvent, fields: readonly ValuedField[]): number | null {
    const queue = this.#queue;
    if (event.kind !== 'access' || event.writes || !queue.isDriver(event) || this.out(scene) === 0)
      return null;
    const place = scene.get(NEXT_USED);
    const flags = fieldAt(fields, place % queue.size, 'flags');
    if (flags !== null && queue.isUsed(flags.value, place)) scene.set(SEEN, 1);
    const id = fieldAt(fields, place % queue.size, 'id');
    if (id === null || scene.get(SEEN) === 0) return null;
    scene.set(SEEN, 0);
    return id.value;
  }

  /** The slots that a used descriptor gives back: those of one list, or with IN_ORDER of all up to it. */
  #upTo(slots: readonly OutSlot[], id: number): readonly OutSlot[] {
    if (!this.#queue.inOrder) return slots.filter((slot) => slot.id === id);
    const last = slots.findLastIndex((slot) => slot.id === id);
    return slots.slice(0, last + 1);
  }

  #remove(scene: Scene, number: number): void {
    const count = this.#queue.size;
    for (let slot = number; slot < count; slot++) {
      for (let word = 0; word < this.#wordsOfSlot; word++) {
        const next = slot + 1 < count ? scene.get(this.#wordOf(slot + 1) + word) : 0;
        scene.set(this.#wordOf(slot) + word, next);
      }
    }
  }

  #wordOf(number: number): number {
    return PLACES + number * this.#wordsOfSlot;
  }

  #extraWord(number: number, word: number): number {
    return this.#wordOf(number) + (this.#options.content === true ? CONTENT_WORDS : 1) + word;
  }
}

/** A field of one slot of the ring among those of an access, or null. */
export function fieldAt(fields: readonly ValuedField[], index: number, field: string): ValuedField | null {
  return fields.find((one) => one.part === 'desc' && one.index === index && one.field === field) ?? null;
}
