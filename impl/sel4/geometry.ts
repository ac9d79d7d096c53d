/** Where things lie in the memories of a seL4 virtqueue, and their names for errors and traces. */
import type { LayoutMap } from '../../memory/index.ts';
import {
  virtqueue_device_t,
  virtqueue_driver_t,
  vq_block_t,
  vq_buf_alloc_t,
  vq_chain_private_t,
  vq_desc_private_t,
  vq_vring_avail_elem_t,
  vq_vring_avail_t,
  vq_vring_desc_t,
  vq_vring_used_elem_t,
  vq_vring_used_t,
} from './layout.ts';

/** Of a dataport, and of everything that is mapped: bytes. */
export const PAGE_BYTES = 4096;

/** Of a block, as shipped: bytes. */
export const BLOCK_SIZE = 128;

/** The parts of a channel: byte offsets in shared memory. */
export type ChannelGeometry = {
  readonly avail_ring: number;
  readonly used_ring: number;
  readonly desc_table: number;
  /** Where the buffers begin. */
  readonly pool: number;
  /** From the dataport's start to the pool. */
  readonly header_bytes: number;
};

/**
 * Available ring, used ring, descriptors, pool, one right after the other, as in the source. At length 1 that order
 * misaligns the used ring and the descriptor (in C they are then read and written misaligned), so there the whole begins
 * 2 bytes behind the dataport's start: the distances are the source's at every length.
 * @param buffer where the dataport begins; a multiple of 4. @param queue_len in descriptors.
 */
export function channel_geometry(buffer: number, queue_len: number): ChannelGeometry {
  const before = vq_vring_avail_t.bytes + vq_vring_avail_elem_t.bytes * queue_len;
  const rings = before + vq_vring_used_t.bytes + vq_vring_used_elem_t.bytes * queue_len;
  const { alignment } = vq_vring_desc_t;
  const avail_ring = buffer + ((alignment - (rings % alignment)) % alignment);
  const desc_table = avail_ring + rings;
  const pool = desc_table + vq_vring_desc_t.bytes * queue_len;
  return { avail_ring, used_ring: avail_ring + before, desc_table, pool, header_bytes: pool - buffer };
}

/** Bytes of a dataport with this many blocks; not rounded to pages. */
export function channel_bytes(queue_len: number, blocks: number, block_size = BLOCK_SIZE): number {
  return channel_geometry(0, queue_len).header_bytes + blocks * block_size;
}

/** Bytes of core-local memory that a driver takes, without the allocator. @param queue_len in descriptors. */
export function driver_bytes(queue_len: number): number {
  return virtqueue_driver_t.bytes + vq_desc_private_t.bytes * queue_len;
}

/** Bytes of core-local memory that the allocator of this many blocks takes. */
export function allocator_bytes(blocks: number): number {
  return vq_buf_alloc_t.bytes + vq_block_t.bytes * blocks;
}

/** Bytes of core-local memory that a device takes; a multiple of 4. @param queue_len in descriptors. */
export function device_bytes(queue_len: number): number {
  return virtqueue_device_t.bytes + 4 * Math.ceil((vq_chain_private_t.bytes * queue_len) / 4);
}

/** Names a channel: `avail.idx`, `used.ring[1].id`, `desc[0].next`, `buffer[2]`; with `name.` before each unless it is ''. */
export function placeVirtqueue(
  map: LayoutMap,
  name: string,
  buffer: number,
  queue_len: number,
  blocks: number,
  block_size = BLOCK_SIZE,
): void {
  const { avail_ring, used_ring, desc_table, pool } = channel_geometry(buffer, queue_len);
  map.place(dotted(name, 'avail'), 'shared', vq_vring_avail_t, avail_ring);
  const heads = avail_ring + vq_vring_avail_t.bytes;
  map.place(dotted(name, 'avail.ring'), 'shared', vq_vring_avail_elem_t, heads, queue_len);
  map.place(dotted(name, 'used'), 'shared', vq_vring_used_t, used_ring);
  const used = used_ring + vq_vring_used_t.bytes;
  map.place(dotted(name, 'used.ring'), 'shared', vq_vring_used_elem_t, used, queue_len);
  map.place(dotted(name, 'desc'), 'shared', vq_vring_desc_t, desc_table, queue_len);
  map.placeBytes(dotted(name, 'buffer'), 'shared', pool, block_size, blocks);
}

/** Names a driver: `name.num_free`, `name.desc[0].state`, `name.pool.head`, `name.block[1].next`. */
export function placeDriver(
  map: LayoutMap,
  name: string,
  handle: number,
  queue_len: number,
  blocks = 0,
): void {
  map.place(name, 'local', virtqueue_driver_t, handle);
  map.place(`${name}.desc`, 'local', vq_desc_private_t, handle + virtqueue_driver_t.bytes, queue_len);
  const allocator = handle + driver_bytes(queue_len);
  map.place(`${name}.pool`, 'local', vq_buf_alloc_t, allocator);
  if (blocks > 0) map.place(`${name}.block`, 'local', vq_block_t, allocator + vq_buf_alloc_t.bytes, blocks);
}

/** Names a device: `name.a_ring_last_seen`, `name.chain[0].left`. */
export function placeDevice(map: LayoutMap, name: string, handle: number, queue_len: number): void {
  map.place(name, 'local', virtqueue_device_t, handle);
  map.place(`${name}.chain`, 'local', vq_chain_private_t, handle + virtqueue_device_t.bytes, queue_len);
}

function dotted(name: string, part: string): string {
  return name === '' ? part : `${name}.${part}`;
}
