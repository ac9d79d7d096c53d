/** What judges of the split layout share: its fields, chains as they stand in memory, and the steps by which indices move. */
import {
  type SplitGeometry,
  split_avail_elem_t,
  split_avail_t,
  split_desc_t,
  split_event_t,
  split_used_elem_t,
  split_used_t,
} from '../../../impl/index.ts';
import type { MonitorEvent, PayloadAccessEvent } from '../../../properties/index.ts';
import { FieldMap } from './fields.ts';
import { notificationTest, type Scene, type Surroundings, type ValuedField } from './judge.ts';
import type { ClauseOptions } from './options.ts';
import { addRegisters } from './registerFields.ts';

export const NEXT = 1;
export const WRITE = 2;
export const INDIRECT = 4;
/** Of a descriptor, and of a table's entry. */
export const DESCRIPTOR_BYTES = 16;

/** Parts that a chain stands in. */
export const CHAIN_PARTS = ['desc', 'table'] as const;

/** One descriptor of a chain, or one entry of its table. */
export interface Element {
  readonly part: 'desc' | 'table';
  readonly index: number;
  /** `desc[2]`, or `desc[2] table[0]`. */
  readonly name: string;
  readonly addr: number;
  readonly len: number;
  readonly flags: number;
  readonly next: number;
}

/** A chain as it stands in memory. */
export interface Chain {
  readonly head: number;
  /** Descriptors of the ring that it takes, that of a table included. */
  readonly descriptors: readonly Element[];
  /** What describes data: descriptors without that of a table, and the table's entries. */
  readonly elements: readonly Element[];
  /** The descriptor that names a table, if there is one; and number of the table, or -1 if it lies elsewhere. */
  readonly indirect: Element | null;
  readonly table: number;
  readonly entries: readonly Element[];
  /** It comes back to a descriptor, or to an entry, that it has been at. */
  readonly loops: boolean;
  /** The number that is no descriptor or entry, if one is met. */
  readonly stray: string | null;
}

export type SplitOptions = ClauseOptions<SplitGeometry>;

export class SplitQueue implements Surroundings<SplitGeometry> {
  readonly options: SplitOptions;
  readonly fields = new FieldMap();
  readonly size: number;
  readonly modulus: number;
  readonly inOrder: boolean;
  readonly eventIdx: boolean;
  readonly isKick: (event: MonitorEvent) => boolean;
  readonly isInterrupt: (event: MonitorEvent) => boolean;

  constructor(options: SplitOptions) {
    this.options = options;
    const { geometry, features, tables, indexModulus = 65_536, kick, interrupt } = options;
    this.size = geometry.size;
    this.modulus = indexModulus;
    this.inOrder = features.inOrder === true;
    this.eventIdx = features.eventIdx === true;
    const { fields, size } = this;
    fields.addStructs('desc', split_desc_t, geometry.desc, size);
    fields.addStructs('avail', split_avail_t, geometry.avail);
    fields.addStructs('ring', split_avail_elem_t, geometry.avail + split_avail_t.bytes, size);
    fields.addStructs('usedEvent', split_event_t, geometry.usedEvent);
    fields.addStructs('used', split_used_t, geometry.used);
    fields.addStructs('entry', split_used_elem_t, geometry.used + split_used_t.bytes, size);
    fields.addStructs('availEvent', split_event_t, geometry.availEvent);
    if (tables !== undefined)
      fields.addStructs('table', split_desc_t, tables.base, tables.count * tables.entries);
    addRegisters(fields, options.registers);
    this.isKick = notificationTest(options, options.driverCore, kick);
    this.isInterrupt = notificationTest(options, options.deviceCore, interrupt);
  }

  initial(part: string, _index: number, field: string): number {
    const { start = 0 } = this.options;
    return (part === 'avail' || part === 'used') && field === 'idx' ? start % this.modulus : 0;
  }

  isDriver({ core }: { readonly core: number }): boolean {
    return core === this.options.driverCore;
  }

  isDevice({ core }: { readonly core: number }): boolean {
    return core === this.options.deviceCore;
  }

  /** How far an index has gone; negative: backwards, or further than there are entries. */
  distance(from: number, to: number): number {
    const forward = (to - from + this.modulus) % this.modulus;
    return forward <= this.size ? forward : forward - this.modulus;
  }

  /** The element's own words in an array of one word for each descriptor, then each entry of a table. */
  wordOf({ part, index }: Pick<Element, 'part' | 'index'>): number {
    return part === 'desc' ? index : this.size + index;
  }

  /** How many such words there are. */
  get elementWords(): number {
    const { tables } = this.options;
    return this.size + (tables === undefined ? 0 : tables.count * tables.entries);
  }

  /** Positions that a store to `avail.idx` by the driver publishes, if it goes forward; else none. */
  published(event: MonitorEvent, fields: readonly ValuedField[]): readonly number[] {
    return this.isDriver(event) ? this.#moved('avail', event, fields) : [];
  }

  /** Positions that a store to `used.idx` by the device gives back. */
  returned(event: MonitorEvent, fields: readonly ValuedField[]): readonly number[] {
    return this.isDevice(event) ? this.#moved('used', event, fields) : [];
  }

  #moved(part: string, event: MonitorEvent, fields: readonly ValuedField[]): readonly number[] {
    const index = event.kind === 'access' && event.writes ? fieldIn(fields, part, 'idx') : null;
    if (index === null) return [];
    const count = this.distance(index.old, index.value);
    return Array.from({ length: Math.max(0, count) }, (_, i) => (index.old + i) % this.modulus);
  }

  /** Head in the available ring at a position. Keep `ring`. */
  headAt(scene: Scene, position: number): number {
    return scene.memory('ring', position % this.size, 'head');
  }

  /**
   * The used entries at these positions, in order, each with the heads that it gives back: with IN_ORDER one may stand for a
   * batch, whose last head it names. `heads` is empty where it names none that is due. Keep `entry` and `ring`.
   */
  usedEntries(
    scene: Scene,
    positions: readonly number[],
  ): readonly { readonly slot: number; readonly id: number; readonly heads: readonly number[] }[] {
    const entries: { slot: number; id: number; heads: readonly number[] }[] = [];
    for (let i = 0; i < positions.length; ) {
      const slot = (positions[i] as number) % this.size;
      const id = scene.memory('entry', slot, 'id');
      const due = positions.slice(i).map((position) => this.headAt(scene, position));
      const heads = !this.inOrder ? [id] : due.slice(0, due.indexOf(id) + 1);
      entries.push({ slot, id, heads });
      i += Math.max(1, heads.length);
    }
    return entries;
  }

  /** The chain of a head, as it stands in memory. Keep `CHAIN_PARTS`. */
  chainOf(scene: Scene, head: number): Chain {
    const descriptors: Element[] = [];
    const elements: Element[] = [];
    let stray: string | null = null;
    let loops = false;
    let indirect: Element | null = null;
    for (let at = head; ; ) {
      if (at >= this.size) {
        stray = `desc[${at}]`;
        break;
      }
      if (descriptors.some(({ index }) => index === at)) {
        loops = true;
        break;
      }
      const element = this.#element(scene, 'desc', at, `desc[${at}]`);
      descriptors.push(element);
      if ((element.flags & INDIRECT) !== 0) {
        indirect = element;
        break;
      }
      elements.push(element);
      if ((element.flags & NEXT) === 0) break;
      at = element.next;
    }
    const table = indirect === null ? -1 : this.tableAt(indirect.addr);
    const entries: Element[] = [];
    if (indirect !== null && table >= 0) {
      const { tables } = this.options;
      const count = Math.min(Math.floor(indirect.len / DESCRIPTOR_BYTES), tables?.entries ?? 0);
      for (let at = 0; count > 0; ) {
        if (at >= count) {
          stray = `${indirect.name} table[${at}]`;
          break;
        }
        const index = table * (tables?.entries ?? 0) + at;
        if (entries.some((entry) => entry.index === index)) {
          loops = true;
          break;
        }
        const entry = this.#element(scene, 'table', index, `${indirect.name} table[${at}]`);
        entries.push(entry);
        if ((entry.flags & NEXT) === 0) break;
        at = entry.next;
      }
    }
    elements.push(...entries);
    return { head, descriptors, elements, indirect, table, entries, loops, stray };
  }

  #element(scene: Scene, part: 'desc' | 'table', index: number, name: string): Element {
    const word = (field: string): number => scene.memory(part, index, field);
    const addr = word('addr') + word('addr_high') * 2 ** 32;
    return { part, index, name, addr, len: word('len'), flags: word('flags'), next: word('next') };
  }

  /** Number of the table that begins at an address, or -1. */
  tableAt(addr: number): number {
    const { tables } = this.options;
    if (tables === undefined) return -1;
    const table = (addr - tables.base) / (tables.entries * DESCRIPTOR_BYTES);
    return Number.isInteger(table) && table >= 0 && table < tables.count ? table : -1;
  }
}

/** The field among those of an access, or null. */
export function fieldIn(fields: readonly ValuedField[], part: string, field: string): ValuedField | null {
  return fields.find((one) => one.part === part && one.field === field) ?? null;
}

/** Whether an element is one for the device to write. */
export function isWritable({ flags }: { readonly flags: number }): boolean {
  return (flags & WRITE) !== 0;
}

/** The element that a payload access begins in, or undefined. */
export function elementAt<E extends { readonly addr: number; readonly len: number }>(
  elements: readonly E[],
  { byteOffset }: PayloadAccessEvent,
): E | undefined {
  return elements.find(({ addr, len }) => byteOffset >= addr && byteOffset < addr + len);
}

/** The elements that bytes of a payload access lie in, from its first byte on. Of those that overlap the first one counts. */
export function elementsIn<E extends { readonly addr: number; readonly len: number }>(
  elements: readonly E[],
  { byteOffset, length }: PayloadAccessEvent,
): readonly E[] {
  const met = new Set<E>();
  for (let at = byteOffset; at < byteOffset + length; at++) {
    const element = elements.find(({ addr, len }) => at >= addr && at < addr + len);
    if (element !== undefined) met.add(element);
  }
  return [...met];
}
