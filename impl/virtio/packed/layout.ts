/**
 * The packed virtqueue in shared memory (VirtIO 1.2, 2.8), little-endian. A descriptor's `flags` publish it and are
 * atomic; its other fields are ordered by nothing but the queue's own barriers, and `plain`.
 *
 * `addr` is read and written in its two halves: a driver that is not to be trusted may have put anything there.
 */
import { fieldLocation, type Location, struct, u16, u32 } from '../../../memory/index.ts';

/** A descriptor of the ring, or of an indirect table (2.8.13). Both sides write it, by turns. */
export const packed_desc_t = struct('pvirtq_desc', {
  /** Of a buffer, as byte offset in shared memory: lower half. */
  addr: u32('plain'),
  /** Upper half: 0, as shared memory has less than 4 GiB here. */
  addr_high: u32('plain'),
  /** In bytes. In a used descriptor: those written, if it has `PACKED_WRITE`. */
  len: u32('plain'),
  /** Of the list. */
  id: u16('plain'),
  flags: u16('relaxed'),
});

export const PACKED_NEXT = 1;
export const PACKED_WRITE = 2;
export const PACKED_INDIRECT = 4;
export const PACKED_AVAIL = 0x0080;
export const PACKED_USED = 0x8000;

/** An entry of an indirect table: of its flags only `PACKED_WRITE` means something, and its `id` nothing. */
export const packed_table_entry_t = struct('pvirtq_table_entry', {
  addr: u32('plain'),
  addr_high: u32('plain'),
  len: u32('plain'),
  id: u16('plain'),
  flags: u16('plain'),
});

/**
 * An event suppression structure (2.8.14), as one word of 32 bits: both sides load and store it whole, so that nobody sees
 * new flags with an old offset. Bits 0 to 14: offset; bit 15: wrap counter; bits 16 and 17: flags.
 */
export const packed_event_t = struct('pvirtq_event_suppress', { word: u32('relaxed') });

/** The same structure in its two halves, for whoever accesses them apart. */
export const packed_event_halves_t = struct('pvirtq_event_suppress', {
  /** Offset, and the wrap counter as bit 15. */
  desc: u16('relaxed'),
  flags: u16('relaxed'),
});

export const EVENT_ENABLE = 0;
export const EVENT_DISABLE = 1;
/** With EVENT_IDX only: when the descriptor at the offset is reached. */
export const EVENT_DESC = 2;

/** Where the parts of a queue lie, as byte offsets in shared memory. */
export type PackedGeometry = {
  /** In descriptors. */
  readonly size: number;
  /** A multiple of 16. */
  readonly ring: number;
  /** Written by the driver: which interrupts it wants. A multiple of 4. */
  readonly driverEvent: number;
  /** Written by the device: which kicks it wants. A multiple of 4. */
  readonly deviceEvent: number;
  /** Behind the last part. */
  readonly end: number;
};

/** The parts one behind the other. @param base byte offset in shared memory; a multiple of 16. @param size in descriptors. */
export function packedGeometry(base: number, size: number): PackedGeometry {
  const driverEvent = base + size * packed_desc_t.bytes;
  const deviceEvent = driverEvent + packed_event_t.bytes;
  return { size, ring: base, driverEvent, deviceEvent, end: deviceEvent + packed_event_t.bytes };
}

/** The flags of a descriptor of the ring. */
export function packedFlagsLocation(geometry: PackedGeometry, slot: number): Location {
  return fieldLocation(packed_desc_t, 'shared', geometry.ring + slot * packed_desc_t.bytes, 'flags');
}
