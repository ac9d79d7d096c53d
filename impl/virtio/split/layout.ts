/**
 * The split virtqueue in shared memory (VirtIO 1.2, 2.7), little-endian. What is ordered by nothing but the queue's own
 * barriers is `plain`; indices and suppression words are atomic and `relaxed`, since both sides poll them.
 *
 * `addr` is read and written in its two halves: a driver that is not to be trusted may have put anything there.
 */
import { struct, u16, u32 } from '../../../memory/index.ts';

/** A descriptor, of the table or of an indirect table (2.7.5). Written by the driver. */
export const split_desc_t = struct('virtq_desc', {
  /** Of a buffer, as byte offset in shared memory: lower half. */
  addr: u32('plain'),
  /** Upper half: 0, as shared memory has less than 4 GiB here. */
  addr_high: u32('plain'),
  /** In bytes. */
  len: u32('plain'),
  /** `DESC_NEXT`, `DESC_WRITE`, `DESC_INDIRECT`. */
  flags: u16('plain'),
  /** With `DESC_NEXT`: the next one of the chain. */
  next: u16('plain'),
});

export const DESC_NEXT = 1;
export const DESC_WRITE = 2;
export const DESC_INDIRECT = 4;

/** The head of the available ring (2.7.6). Written by the driver. */
export const split_avail_t = struct('virtq_avail', {
  /** `AVAIL_NO_INTERRUPT` or 0. */
  flags: u16('relaxed'),
  /** Where the next entry will go; runs free modulo the index modulus. */
  idx: u16('relaxed'),
});
export const AVAIL_NO_INTERRUPT = 1;

/** An entry of the available ring: the head of a chain. */
export const split_avail_elem_t = struct('virtq_avail_elem', { head: u16('plain') });

/** The head of the used ring (2.7.8). Written by the device. */
export const split_used_t = struct('virtq_used', {
  /** `USED_NO_NOTIFY` or 0. */
  flags: u16('relaxed'),
  idx: u16('relaxed'),
});
export const USED_NO_NOTIFY = 1;

/** An entry of the used ring. */
export const split_used_elem_t = struct('virtq_used_elem', {
  /** Head of the chain; with IN_ORDER, of the last one of a batch. */
  id: u32('plain'),
  /** Bytes written to it. */
  len: u32('plain'),
});

/** `used_event` behind the available ring, written by the driver; `avail_event` behind the used ring, by the device. */
export const split_event_t = struct('virtq_event', { event: u16('relaxed') });

/** Where the parts of a queue lie, as byte offsets in shared memory. */
export type SplitGeometry = {
  /** In descriptors. */
  readonly size: number;
  /** A multiple of 16. */
  readonly desc: number;
  /** A multiple of 2. */
  readonly avail: number;
  /** A multiple of 4. */
  readonly used: number;
  readonly usedEvent: number;
  readonly availEvent: number;
  /** Behind the last part. */
  readonly end: number;
};

/**
 * The parts one behind the other, each aligned as 2.7 wants it. @param base byte offset in shared memory; a multiple of 16.
 * @param size in descriptors.
 */
export function splitGeometry(base: number, size: number): SplitGeometry {
  const desc = base;
  const avail = desc + size * split_desc_t.bytes;
  const usedEvent = avail + split_avail_t.bytes + size * split_avail_elem_t.bytes;
  const used = 4 * Math.ceil((usedEvent + split_event_t.bytes) / 4);
  const availEvent = used + split_used_t.bytes + size * split_used_elem_t.bytes;
  return { size, desc, avail, used, usedEvent, availEvent, end: availEvent + split_event_t.bytes };
}
