/**
 * The driver's side of a CAmkES virtqueue: libvirtqueue with a pool of blocks and a channel, after libsel4camkes'
 * `virtqueue.c` and `virtqueue_common.c`. The order of the shared accesses is the source's; so are its names.
 *
 * What differs, and why:
 * - The initialization refuses a dataport that cannot hold the rings. The source's length underflows.
 * - A block is given back only while the application has it (Q12), and sent only then, whole (Q9): a pointer into its
 *   middle, a free block and one on its way are refused.
 * - `driver_scatter_send_buffer` sees to it beforehand that blocks and descriptors suffice. The source finds out on the
 *   way, and leaves what it has done so far (Q5).
 * - `driver_gather_copy_buffer` copies what the device has used, and no more (Q11).
 *
 * Results: 0, or -1 and nothing has changed. Where only functions of this layer are used, that is: a buffer sent by
 * `add_available_buf` counts as the application's all the time.
 */
import { arrayOf, type MemoryPort, type StructArray, type View, viewOf } from '../../memory/index.ts';
import type { Channels } from './channels.ts';
import { VirtqueueDriver } from './driver.ts';
import { CAMKES_ERROR, CAMKES_OK, EINVAL, ENOMEM, VQ_OK } from './errors.ts';
import { allocator_bytes, BLOCK_SIZE, channel_geometry, driver_bytes } from './geometry.ts';
import {
  BLOCK_ALLOCATED,
  BLOCK_SENT,
  type Gathered,
  new_ring_object,
  type RingObject,
  VIRTQUEUE_DRIVER,
  VQ_RW,
  vq_block_t,
  vq_buf_alloc_t,
} from './layout.ts';
import type { VirtqueueOptions } from './virtqueue.ts';

/** What a CAmkES driver is configured with beside. */
export type CamkesDriverOptions = VirtqueueOptions & {
  /** Of a block of the pool, in bytes; 128, as shipped, if not given. */
  readonly block_size?: number;
  /** Core-local memory that it may take, from its handle on, in bytes; unlimited if not given. The source's heap. */
  readonly local_bytes?: number;
};

/** Where the notification of a channel comes from: filled by the initializations `_with_recv`. */
export type Recv = { notification: number; badge: number };

/** The allocator, as code sees it. */
export type Allocator = View<typeof vq_buf_alloc_t.fields>;

/** The driver's side of a channel. */
export class CamkesDriver extends VirtqueueDriver {
  protected readonly block_size: number;
  private readonly local_bytes: number;
  private readonly base: number;
  /** Views of the allocator last used, found again by its address: a cache, no state. */
  private allocator: { readonly at: number; readonly view: Allocator };
  private blocks: StructArray<typeof vq_block_t.fields>;

  /** @param handle as for `VirtqueueDriver`; behind it lies the allocator: see `allocator_bytes`. */
  constructor(port: MemoryPort, handle: number, options: CamkesDriverOptions = {}) {
    super(port, handle, options);
    this.base = handle;
    this.block_size = options.block_size ?? BLOCK_SIZE;
    this.local_bytes = options.local_bytes ?? Number.MAX_SAFE_INTEGER;
    this.allocator = { at: 0, view: viewOf(vq_buf_alloc_t, port, 'local', 0) };
    this.blocks = arrayOf(vq_block_t, port, 'local', 0, 0);
  }

  /** Sets the side up for the channel with this id: 0; -1 when there is none for a driver, or it cannot be set up. */
  driver_init(channels: Channels, virtqueue_id: number): number {
    return this.port.op('driver_init', { queue: this.id, virtqueue_id }, () =>
      this.init(channels, virtqueue_id, null),
    );
  }

  /** The same, and says by which notification and badge the device's side is heard. */
  driver_init_with_recv(channels: Channels, virtqueue_id: number, recv: Recv): number {
    return this.port.op('driver_init_with_recv', { queue: this.id, virtqueue_id, recv }, () =>
      this.init(channels, virtqueue_id, recv),
    );
  }

  /**
   * Sets the side up in a dataport: 0. EINVAL when there is none, when it cannot hold the rings, or when `init_driver`
   * refuses; ENOMEM when core-local memory does not suffice.
   * @param buffer where it begins, a multiple of 4; 0 is NULL. @param size in bytes. @param notify a function pointer.
   */
  driver_init_common(
    buffer: number,
    queue_len: number,
    size: number,
    notify: number,
    block_size = this.block_size,
  ): number {
    const args = { queue: this.id, buffer, queue_len, size, notify, block_size };
    return this.port.op('driver_init_common', args, () => {
      if (buffer === 0 || !this.is_valid_length(queue_len)) return EINVAL;
      const { avail_ring, used_ring, desc_table, pool, header_bytes } = channel_geometry(buffer, queue_len);
      if (!this.fits(header_bytes, size)) return EINVAL;
      const len = (size - header_bytes) >>> 0;
      const blocks = Math.floor(len / block_size);
      const own = driver_bytes(queue_len);
      if (own + allocator_bytes(blocks) > this.local_bytes) return ENOMEM;
      const cookie = this.base + own;
      if (this.init_driver(queue_len, avail_ring, used_ring, desc_table, notify, cookie) !== VQ_OK)
        return EINVAL;
      const allocator = this.allocator_at(cookie);
      allocator.buffer = pool;
      allocator.len = len;
      allocator.block_size = block_size;
      allocator.free_list_size = blocks;
      allocator.head = 0;
      allocator.num_free = blocks;
      for (let i = 0; i < blocks; i++) this.block_at(cookie, i, blocks).next = i + 1;
      return CAMKES_OK;
    });
  }

  /**
   * Takes a block out of the pool, the one that was given back last: 0 with its address. -1 when `size`, in bytes, is more
   * than a block's, or there is none.
   */
  buffer_alloc(out: { buf: number }, size: number): number {
    return this.port.op('buffer_alloc', { queue: this.id, out, size }, () => {
      const allocator = this.pool();
      if (size > allocator.block_size) return CAMKES_ERROR;
      const blocks = allocator.free_list_size;
      const block = allocator.head;
      if (block === blocks) return CAMKES_ERROR;
      out.buf = allocator.buffer + block * allocator.block_size;
      allocator.head = this.take_block(block, blocks);
      allocator.num_free--;
      return CAMKES_OK;
    });
  }

  /** Gives a block back to the pool: 0. -1 when it is none that the application has; the source has no result. */
  buffer_free(buf: number): number {
    return this.port.op('buffer_free', { queue: this.id, buf }, () => {
      const allocator = this.pool();
      const block = Math.floor((buf - allocator.buffer) / allocator.block_size);
      const blocks = allocator.free_list_size;
      if (block < 0 || block >= blocks) return CAMKES_ERROR;
      if (!this.may_free(allocator, buf, block, blocks)) return CAMKES_ERROR;
      this.block_at(this.vq.cookie, block, blocks).next = allocator.head;
      allocator.head = block;
      allocator.num_free++;
      return CAMKES_OK;
    });
  }

  /**
   * Sends a block to the device: 0. -1 when no descriptor is free, or the application does not have the block. Notifies
   * nobody: the caller does, after as many as it likes.
   * @param buf the block's address. @param size in bytes, up to that of a block.
   */
  driver_send_buffer(buf: number, size: number): number {
    return this.port.op('driver_send_buffer', { queue: this.id, buf, size }, () => {
      const allocator = this.pool();
      if (!this.may_send(allocator, buf, size)) return CAMKES_ERROR;
      const object = new_ring_object();
      if (this.add_available_buf(object, buf - allocator.buffer, size, VQ_RW) !== VQ_OK) return CAMKES_ERROR;
      this.mark(allocator, buf, BLOCK_SENT);
      return CAMKES_OK;
    });
  }

  /**
   * Sends a message as one chain of as many blocks as it needs: 0; of an empty one nothing is sent. -1 when blocks or
   * descriptors do not suffice. Notifies nobody.
   * @param message its bytes, or how many of whatever the blocks hold.
   */
  driver_scatter_send_buffer(message: Uint8Array | number): number {
    const size = typeof message === 'number' ? message : message.length;
    return this.port.op('driver_scatter_send_buffer', { queue: this.id, size }, () => {
      const allocator = this.pool();
      const block_size = allocator.block_size;
      if (!this.has_room_for(allocator, Math.ceil(size / block_size))) return CAMKES_ERROR;
      const object = new_ring_object();
      const block = { buf: 0 };
      for (let sent = 0; sent < size; ) {
        const to_send = Math.min(size - sent, block_size);
        if (this.buffer_alloc(block, to_send) !== CAMKES_OK) return CAMKES_ERROR;
        if (typeof message !== 'number')
          this.port.writeRange(block.buf, message.subarray(sent, sent + to_send));
        if (this.chain(object, block.buf - allocator.buffer, to_send, VQ_RW) !== VQ_OK) return CAMKES_ERROR;
        this.mark(allocator, block.buf, BLOCK_SENT);
        sent += to_send;
      }
      if (size > 0) this.publish(object);
      return CAMKES_OK;
    });
  }

  /**
   * Copies out what the device has used of a chain that was collected, up to the length of `into`, and frees descriptors
   * and blocks: 0. -1 when it was not collected. What does not fit is lost, as in the source, which says so to nobody.
   */
  driver_gather_copy_buffer(object: RingObject, into: Uint8Array): number {
    return this.port.op('driver_gather_copy_buffer', { queue: this.id, object, size: into.length }, () => {
      const queue_len = this.vq.queue_len;
      const { first, cur } = object;
      if (cur < queue_len && !this.may_gather(cur, queue_len)) return CAMKES_ERROR;
      const limit = cur < queue_len ? Math.min(into.length, this.copy_limit(cur, queue_len)) : 0;
      object.cur = this.port.repeat({ cur, copied: 0 }, (state) => {
        const walk = { cur: state.cur, first };
        const out = { buf: 0, len: 0, flag: 0 };
        if (this.driver_gather_buffer(walk, out) !== CAMKES_OK) return { done: walk.cur };
        const to_copy = Math.min(limit - state.copied, out.len);
        if (to_copy > 0) this.port.readRange(out.buf, into.subarray(state.copied, state.copied + to_copy));
        this.buffer_free(out.buf);
        return { again: { cur: walk.cur, copied: state.copied + to_copy } };
      });
      return CAMKES_OK;
    });
  }

  /**
   * The next block of a chain that was collected, which is the application's now: 0. -1 when there is none left, or the
   * chain was not collected.
   */
  driver_gather_buffer(object: RingObject, out: Gathered): number {
    return this.port.op('driver_gather_buffer', { queue: this.id, object, out }, () => {
      if (this.gather_used(object, out) !== VQ_OK) return CAMKES_ERROR;
      const allocator = this.pool();
      out.buf += allocator.buffer;
      this.mark(allocator, out.buf, BLOCK_ALLOCATED);
      return CAMKES_OK;
    });
  }

  /** The address of a byte of the pool; 0, NULL, for one behind its end. The source adds, and does not look. */
  driver_offset_to_buffer(offset: number): number {
    return this.port.op('driver_offset_to_buffer', { queue: this.id, offset }, () => {
      const allocator = this.pool();
      return this.is_inside(offset, allocator.len) ? allocator.buffer + offset : 0;
    });
  }

  /** Whether that many blocks and descriptors are free. */
  protected has_room_for(allocator: Allocator, pieces: number): boolean {
    return pieces <= allocator.num_free && pieces <= this.vq.num_free;
  }

  /** Whether one more buffer can be sent, if there is a block. */
  has_free_desc(): boolean {
    return this.vq.num_free > 0;
  }

  protected is_inside(offset: number, bytes: number): boolean {
    return offset >= 0 && offset < bytes;
  }

  /** Whether a dataport can hold the rings. */
  protected fits(header_bytes: number, size: number): boolean {
    return size >= header_bytes;
  }

  /** Takes a free block out of the list. Returns the next free one. */
  protected take_block(block: number, blocks: number): number {
    const entry = this.block_at(this.vq.cookie, block, blocks);
    const { next } = entry;
    entry.next = BLOCK_ALLOCATED;
    return next;
  }

  /** Whether this is the address of a block that the application has. */
  protected may_free(allocator: Allocator, buf: number, block: number, blocks: number): boolean {
    return (
      buf === allocator.buffer + block * allocator.block_size &&
      this.block_at(this.vq.cookie, block, blocks).next === BLOCK_ALLOCATED
    );
  }

  /** Whether these are the first bytes of a block that the application has. */
  protected may_send(allocator: Allocator, buf: number, size: number): boolean {
    const block = Math.floor((buf - allocator.buffer) / allocator.block_size);
    const blocks = allocator.free_list_size;
    if (block < 0 || block >= blocks || size > allocator.block_size) return false;
    return this.may_free(allocator, buf, block, blocks);
  }

  /** Notes where the block at this address is: with the application, or on its way. Of other addresses it knows nothing. */
  protected mark(allocator: Allocator, buf: number, where: number): void {
    const block = (buf - allocator.buffer) / allocator.block_size;
    const blocks = allocator.free_list_size;
    if (Number.isInteger(block) && block >= 0 && block < blocks)
      this.block_at(this.vq.cookie, block, blocks).next = where;
  }

  /** Bytes worth copying of a chain, from this descriptor on. */
  protected copy_limit(at: number, queue_len: number): number {
    return this.used_bytes(at, queue_len);
  }

  protected pool(): Allocator {
    return this.allocator_at(this.vq.cookie);
  }

  protected block_at(allocator: number, block: number, blocks: number): View<typeof vq_block_t.fields> {
    const base = allocator + vq_buf_alloc_t.bytes;
    if (this.blocks.base !== base || this.blocks.count !== blocks)
      this.blocks = arrayOf(vq_block_t, this.port, 'local', base, blocks);
    return this.blocks.at(block);
  }

  private allocator_at(at: number): Allocator {
    if (this.allocator.at !== at)
      this.allocator = { at, view: viewOf(vq_buf_alloc_t, this.port, 'local', at) };
    return this.allocator.view;
  }

  private init(channels: Channels, virtqueue_id: number, recv: Recv | null): number {
    const channel = channels.get_virtqueue_channel(VIRTQUEUE_DRIVER, virtqueue_id);
    if (channel === null) return CAMKES_ERROR;
    const { channel_buffer, queue_len, channel_buffer_size, notify } = channel;
    const error = this.driver_init_common(channel_buffer, queue_len, channel_buffer_size, notify);
    if (error !== 0) return CAMKES_ERROR;
    if (recv !== null) {
      recv.notification = channel.recv_notification;
      recv.badge = channel.recv_badge;
    }
    return CAMKES_OK;
  }
}
