/**
 * The shared allocator of ESP-AMP: a list of named blocks in a pool, which only grows. The main core adds blocks,
 * both cores look them up by id. After `esp_amp_sys_info.c`, but in two phases: a block is reserved and filled
 * before it is linked. The published code links first and fills later, so a sub core that looks early enough
 * follows garbage.
 */
import { type MemoryPort, type View, viewOf } from '../../memory/index.ts';
import { NOT_FOUND, OK } from './errors.ts';
import { sys_info_header_t } from './layout.ts';

/** A piece of shared memory, in bytes. Multiples of 4. */
export type Pool = { readonly base: number; readonly size: number };

/** Where the pools lie. The list of each begins with a root entry at its base. */
export type SysInfoGeometry = { readonly hp: Pool; readonly rtc?: Pool };

/** Which pool: main memory, or the small one that stays powered in light sleep. An id may be in both. */
export type SysInfoCap = 'hp' | 'rtc';

/** A place for a block that nobody can see yet. Plain data; addresses are bytes in shared memory. */
export type Reservation = {
  readonly info_id: number;
  /** In bytes, 0..65535, not rounded. */
  readonly size: number;
  /** The entry whose `next` will name the new one. */
  readonly last: number;
  /** The new entry. */
  readonly entry: number;
  /** Its data, 8 bytes further. */
  readonly address: number;
};

/** Filled in by operations that hand out memory: `address` 0 is NULL, `size` in bytes. */
export type Out = { address: number; size: number };

const ROOT_ID = 0xffff;
/** The largest size that an entry's header can hold. */
const MAX_SIZE = 0xffff;

/** One core's access to the pools. All state is in shared memory. */
export class SysInfo {
  protected readonly port: MemoryPort;
  protected readonly geometry: SysInfoGeometry;

  /** @throws RangeError when a pool is misaligned or cannot hold its root entry. */
  constructor(port: MemoryPort, geometry: SysInfoGeometry) {
    for (const pool of [geometry.hp, geometry.rtc]) {
      if (
        pool !== undefined &&
        (pool.base <= 0 || pool.base % 4 !== 0 || pool.size < sys_info_header_t.bytes)
      ) {
        throw new RangeError(`no sys_info pool can be ${pool.size} bytes at ${pool.base}`);
      }
    }
    this.port = port;
    this.geometry = geometry;
  }

  /** Empties the pools. Main core only, before the sub core starts. Returns OK. */
  init(): number {
    return this.port.op('sys_info_init', {}, () => {
      for (const pool of [this.geometry.hp, this.geometry.rtc]) {
        if (pool === undefined) continue;
        const root = this.entry_at(pool.base);
        root.info_id = ROOT_ID;
        root.size = 0;
        root.next = 0;
      }
      return OK;
    });
  }

  /**
   * Makes a block visible at once, with whatever its bytes were. Main core, one agent at a time. Returns its address,
   * or 0 when the id is taken, the pool has no room or does not exist; then nothing has changed.
   * For a block that must be filled first: `reserve`, `prepare`, fill, `publish`.
   */
  alloc(info_id: number, size: number, cap: SysInfoCap = 'hp'): number {
    return this.port.op('sys_info_alloc', { info_id, size, cap }, () => {
      const reservation = this.reserve(info_id, size, cap);
      if (reservation === null) return 0;
      this.prepare(reservation);
      this.publish(reservation);
      return reservation.address;
    });
  }

  /** Finds room for a block, and writes nothing. `null` as `alloc` returns 0. O(entries). */
  reserve(info_id: number, size: number, cap: SysInfoCap = 'hp'): Reservation | null {
    return this.port.op('sys_info_reserve', { info_id, size, cap }, () => {
      const pool = this.geometry[cap];
      // The id and the size must survive their 16 bits: a size cut there reserves less than the block needs.
      if (pool === undefined || !fits16(info_id) || !fits16(size)) return null;
      let last = pool.base;
      for (let left = this.most_entries(pool); ; left--) {
        if (left === 0) return null;
        const next = this.entry_at(last).next;
        if (next === 0) break;
        if (this.entry_at(next).info_id === info_id) return null;
        last = next;
      }
      const entry =
        next_block(last + sys_info_header_t.bytes, this.entry_at(last).size) - sys_info_header_t.bytes;
      const address = entry + sys_info_header_t.bytes;
      if (address + whole_words(size) > pool.base + pool.size) return null;
      return { info_id, size, last, entry, address };
    });
  }

  /** Writes the header of a reserved block, which still nobody can see. */
  prepare(reservation: Reservation): void {
    this.port.op('sys_info_prepare', { ...reservation }, () => {
      this.write_header(reservation);
      return undefined;
    });
  }

  /** Makes a reserved, prepared and filled block visible: one release store. */
  publish(reservation: Reservation): void {
    this.port.op('sys_info_publish', { ...reservation }, () => {
      this.link(reservation);
      return undefined;
    });
  }

  /** Looks up a block: OK, or NOT_FOUND with `out` 0. Either core; what was written before `publish` is then visible. */
  get(info_id: number, out: Out, cap: SysInfoCap = 'hp'): number {
    return this.port.op('sys_info_get', { info_id, out, cap }, () => {
      out.address = 0;
      out.size = 0;
      const pool = this.geometry[cap];
      if (pool === undefined) return NOT_FOUND;
      let address = this.entry_at(pool.base).next;
      for (let left = this.most_entries(pool); address !== 0 && left > 0; left--) {
        const entry = this.entry_at(address);
        if (entry.info_id === info_id) {
          out.size = entry.size;
          out.address = address + sys_info_header_t.bytes;
          return OK;
        }
        address = entry.next;
      }
      return NOT_FOUND;
    });
  }

  protected write_header(reservation: Reservation): void {
    const entry = this.entry_at(reservation.entry);
    entry.next = 0;
    entry.info_id = reservation.info_id;
    entry.size = reservation.size;
  }

  protected link(reservation: Reservation): void {
    this.entry_at(reservation.last).next = reservation.entry;
  }

  /** No sound list is longer: it bounds the walk over one that is not. */
  protected most_entries(pool: Pool): number {
    return Math.floor(pool.size / sys_info_header_t.bytes);
  }

  protected entry_at(address: number): View<typeof sys_info_header_t.fields> {
    return viewOf(sys_info_header_t, this.port, 'shared', address);
  }
}

/** Where the data of the next entry will lie, given where a block lies and its size in bytes. */
export function next_block(address: number, size: number): number {
  return address + whole_words(size) + sys_info_header_t.bytes;
}

function whole_words(size: number): number {
  return 4 * Math.ceil(size / 4);
}

function fits16(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_SIZE;
}
