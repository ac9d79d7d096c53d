/**
 * Structs of the seL4 virtqueues, with the source's names (projects_libs 1e016fb: `virtqueue.h`; camkes-tool e6fa51f:
 * `virtqueue.h`, `virtqueue_common.h`, `msgqueue.h`). In core-local memory, pointers are 32-bit byte offsets, into
 * shared memory or into core-local memory; 0 is NULL.
 *
 * What lies in shared memory is the source's, byte by byte. What lies in core-local memory has fields that the source
 * does not have; they say so.
 */
import { struct, u16, u32 } from '../../memory/index.ts';

/**
 * The head of the available ring. Written by the driver, read by the device. `idx` is relaxed: a release fence before
 * its store pairs with the acquire fence after the device's load.
 */
export const vq_vring_avail_t = struct('vq_vring_avail_t', {
  /** Zeroed, and never read. */
  flags: u16('plain'),
  /** Where the next entry will go; runs free modulo the index modulus. */
  idx: u16('relaxed'),
});

/** An entry of the available ring: the head of a chain. In the source, a bare 16-bit number. */
export const vq_vring_avail_elem_t = struct('vq_vring_avail_elem_t', { head: u16('plain') });

/** The head of the used ring: as that of the available ring, with the sides exchanged. */
export const vq_vring_used_t = struct('vq_vring_used_t', {
  /** Zeroed, and never read. */
  flags: u16('plain'),
  idx: u16('relaxed'),
});

/** An entry of the used ring: the head of a chain, and the bytes that the device read or wrote of it. */
export const vq_vring_used_elem_t = struct('vq_vring_used_elem_t', {
  id: u32('plain'),
  len: u32('plain'),
});

/**
 * A descriptor. Written by the driver while it is free or part of a chain that is not published yet. The source's `addr`
 * has 64 bits; it is used here as on a processor of 32 bits, whose pointers are its lower half.
 */
export const vq_vring_desc_t = struct('vq_vring_desc_t', {
  /** Of a buffer, in bytes from the start of the pool. */
  addr: u32('plain'),
  /** Zeroed by the initialization, and never read: no pool has 4 GiB. */
  addr_high: u32('plain'),
  /** In bytes. */
  len: u32('plain'),
  /** `VQ_READ`, `VQ_WRITE` or `VQ_RW`. */
  flags: u16('plain'),
  /** The next one of the chain; the queue's length at its end. */
  next: u16('plain'),
});

export const VQ_READ = 0;
export const VQ_WRITE = 1;
/** What the camkes functions always use. */
export const VQ_RW = 2;

/** Both fields of a ring object that names no chain: all ones. */
export const FRESH = 0xffff_ffff;

/** A handle for walking a chain, in the caller's own memory. `first` is its head, `cur` the descriptor that is next. */
export type RingObject = { cur: number; first: number };

/** A fresh ring object: what `virtqueue_init_ring_object` makes of one. */
export function new_ring_object(): RingObject {
  return { cur: FRESH, first: FRESH };
}

/** Makes a ring object fresh. */
export function init_ring_object(object: RingObject): void {
  object.cur = FRESH;
  object.first = FRESH;
}

/** What one descriptor of a chain names. */
export type Gathered = { buf: number; len: number; flag: number };

/** The driver's side, in core-local memory. Its descriptors' private halves (`vq_desc_private_t`) follow it. */
export const virtqueue_driver_t = struct('virtqueue_driver_t', {
  /** A function pointer; 0 is NULL. */
  notify: u32('plain'),
  /** Of the camkes functions: where their allocator lies in core-local memory. */
  cookie: u32('plain'),
  /** In descriptors; a power of two. */
  queue_len: u32('plain'),
  /** The first free descriptor; the queue's length if there is none. */
  free_desc_head: u32('plain'),
  /** Of the used ring: the index before the next one. */
  u_ring_last_seen: u32('plain'),
  avail_ring: u32('plain'),
  used_ring: u32('plain'),
  desc_table: u32('plain'),
  /** Free descriptors. Not in the source, which does not know before it has none. */
  num_free: u32('plain'),
});

/**
 * What the driver knows of a descriptor, whatever the device has made of the shared one. Not in the source, whose free
 * list and chains are linked through shared memory alone.
 */
export const vq_desc_private_t = struct('vq_desc_private_t', {
  addr: u32('plain'),
  len: u32('plain'),
  /** Of a chain, in its first descriptor: bytes that it offers; once it was collected, bytes the device has used. */
  bytes: u32('plain'),
  flags: u16('plain'),
  /** In the free list or in a chain; the queue's length at the end of either. */
  next: u16('plain'),
  /** One of `DESC_FREE` .. `DESC_COLLECTED`. */
  state: u16('plain'),
});

/** In the free list. */
export const DESC_FREE = 0;
/** In a chain, behind its first descriptor. */
export const DESC_PART = 1;
/** The head of a chain that is being built. */
export const DESC_BUILDING = 2;
/** The head of a chain that the device has. */
export const DESC_PUBLISHED = 3;
/** The first descriptor, of those not gathered yet, of a chain that came back. */
export const DESC_COLLECTED = 4;

/** The device's side, in core-local memory. Its notes on chains (`vq_chain_private_t`) follow it. */
export const virtqueue_device_t = struct('virtqueue_device_t', {
  /** A function pointer; 0 is NULL. */
  notify: u32('plain'),
  /** Of the camkes functions: where the pool begins in shared memory. */
  cookie: u32('plain'),
  /** In descriptors; a power of two. */
  queue_len: u32('plain'),
  /** Of the available ring: the index before the next one. */
  a_ring_last_seen: u32('plain'),
  avail_ring: u32('plain'),
  used_ring: u32('plain'),
  desc_table: u32('plain'),
  /** Of the pool: no descriptor may name a byte behind them. Not in the source. */
  pool_bytes: u32('plain'),
});

/** What the device knows of the chain with this head. Not in the source. */
export const vq_chain_private_t = struct('vq_chain_private_t', {
  /** 0: the device does not have it. Otherwise one more than the descriptors that a walk may still meet. */
  left: u16('plain'),
});

/** The allocator of the pool's blocks, in core-local memory; its free list (`vq_block_t`) follows it. */
export const vq_buf_alloc_t = struct('vq_buf_alloc_t', {
  /** Where the pool begins in shared memory. */
  buffer: u32('plain'),
  /** Of the pool, in bytes. */
  len: u32('plain'),
  block_size: u32('plain'),
  /** In blocks. */
  free_list_size: u32('plain'),
  /** The first free block; `free_list_size` if there is none. */
  head: u32('plain'),
  /** Free blocks. Not in the source. */
  num_free: u32('plain'),
});

/** A block's entry of the free list. */
export const vq_block_t = struct('vq_block_t', {
  /** The next free block; in the sound allocator `BLOCK_ALLOCATED` or `BLOCK_SENT` while the block is not free. */
  next: u32('plain'),
});

/** The application has the block. */
export const BLOCK_ALLOCATED = 0xffff_ffff;
/** The block is on its way to the device and back. */
export const BLOCK_SENT = 0xffff_fffe;

/** A registered channel, in core-local memory. */
export const camkes_virtqueue_channel_t = struct('camkes_virtqueue_channel_t', {
  /** Where the dataport lies in shared memory. */
  channel_buffer: u32('plain'),
  /** Of the dataport, in bytes. */
  channel_buffer_size: u32('plain'),
  /** In descriptors. */
  queue_len: u32('plain'),
  /** A function pointer. */
  notify: u32('plain'),
  /** A capability: the number of the own notification's line. */
  recv_notification: u32('plain'),
  recv_badge: u32('plain'),
  /** `VIRTQUEUE_UNASSIGNED`, `VIRTQUEUE_DRIVER` or `VIRTQUEUE_DEVICE`. */
  role: u32('plain'),
  /** A string pointer: which of the interfaces' names, from 1. */
  interface_name: u32('plain'),
});

export const VIRTQUEUE_UNASSIGNED = 0;
export const VIRTQUEUE_DRIVER = 1;
export const VIRTQUEUE_DEVICE = 2;

/** Either end of a message queue, in core-local memory, before its virtqueue's side. */
export const camkes_msgqueue_t = struct('camkes_msgqueue_t', {
  /** 0 or 1. */
  initialised: u32('plain'),
  /** Of the largest message, in bytes. */
  message_size: u32('plain'),
});

/** The notification object of one component, in shared memory: the kernel's, under its lock. */
export const notification_t = struct('notification_t', {
  /** The badges that were signalled since the component last looked, one bit or more each. */
  word: u32('seq_cst'),
});

/** What a component with a single thread keeps of its signals, in core-local memory. */
export const notifier_t = struct('notifier_t', {
  /** The signal that is not given yet, from 1; 0 for none. */
  signal: u32('plain'),
});
