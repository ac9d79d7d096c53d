/**
 * The device's side of a libvirtqueue virtqueue, after `virtqueue.c`. The order of the shared accesses and of the checks
 * is the source's; so are its names.
 *
 * What differs, and why:
 * - Indices run free, so that full is not empty at any length (Q1); fences order what they announce (Q4).
 * - Only a chain that the device has can be gathered or returned, and returned only once: its ring object is fresh
 *   afterwards (Q6).
 * - Heads, links, offsets and lengths are looked at before they are used, and a walk meets no more descriptors than
 *   there are (Q9).
 * - `init_device` goes on where the used ring stands (Q8), and refuses lengths for which the arithmetic does not hold
 *   (Q10).
 *
 * Results as on the driver's side: 1; 0 where there is nothing to take; -1 where the source does not look. All but the
 * first have changed nothing.
 */
import { arrayOf, type MemoryPort, type StructArray, type View, viewOf } from '../../memory/index.ts';
import type { DescriptorContents } from './driver.ts';
import { VQ_NONE, VQ_OK, VQ_REFUSED } from './errors.ts';
import {
  type Gathered,
  init_ring_object,
  type RingObject,
  VQ_RW,
  virtqueue_device_t,
  vq_chain_private_t,
} from './layout.ts';
import { Virtqueue, type VirtqueueOptions } from './virtqueue.ts';

/** The device's side of a queue, bound to a `virtqueue_device_t` in core-local memory. */
export class VirtqueueDevice extends Virtqueue {
  protected readonly vq: View<typeof virtqueue_device_t.fields>;
  private readonly handle: number;
  /** Views of the notes on chains: a cache, no state. */
  private chains: StructArray<typeof vq_chain_private_t.fields>;

  /**
   * @param handle byte offset of a `virtqueue_device_t` in core-local memory, a multiple of 4, with room behind it: see
   * `device_bytes`.
   * @throws RangeError when the index modulus is no power of two in 2..65536.
   */
  constructor(port: MemoryPort, handle: number, options: VirtqueueOptions = {}) {
    super(port, options);
    this.handle = handle;
    this.vq = viewOf(virtqueue_device_t, port, 'local', handle);
    this.chains = arrayOf(vq_chain_private_t, port, 'local', 0, 0);
  }

  /**
   * Sets the side up, before or after the driver's: 1. -1 when the length is no power of two in 1..32768. In memory that
   * was used, a device which returns chains in the order of their arrival begins with those that it had not returned.
   * @param avail_ring byte offsets in shared memory, like `used_ring` and `desc_table`: see `channel_geometry`.
   * @param notify a function pointer, or 0. @param cookie whatever the user likes.
   * @param pool_bytes no descriptor may name a byte behind these. The source has no such parameter.
   * @throws RangeError when the index modulus is less than twice the length.
   */
  init_device(
    queue_len: number,
    avail_ring: number,
    used_ring: number,
    desc_table: number,
    notify: number,
    cookie: number,
    pool_bytes: number,
  ): number {
    const args = { queue: this.id, queue_len, avail_ring, used_ring, desc_table, notify, cookie, pool_bytes };
    return this.port.op('init_device', args, () => {
      if (!this.is_valid_length(queue_len)) return VQ_REFUSED;
      this.check_modulus(queue_len);
      const vq = this.vq;
      vq.notify = notify;
      vq.cookie = cookie;
      vq.queue_len = queue_len;
      vq.avail_ring = avail_ring;
      vq.used_ring = used_ring;
      vq.desc_table = desc_table;
      vq.pool_bytes = pool_bytes;
      for (let i = 0; i < queue_len; i++) this.chain_at(i, queue_len).left = 0;
      vq.a_ring_last_seen = this.first_seen(used_ring, queue_len);
      return VQ_OK;
    });
  }

  /**
   * Takes the next chain: 1, with `object` at its first descriptor. 0 when there is none; -1 when what stands there is no
   * head, or the head of a chain that the device has already.
   */
  get_available_buf(object: RingObject): number {
    return this.port.op('get_available_buf', { queue: this.id, object }, () => {
      const vq = this.vq;
      const queue_len = vq.queue_len;
      const next = this.next_index(vq.a_ring_last_seen, queue_len);
      const avail_ring = vq.avail_ring;
      const index = this.load_index(this.avail_at(avail_ring));
      if (index === next) return VQ_NONE;
      if (!this.is_plausible(index, next, queue_len)) return VQ_REFUSED;
      // Pairs with the driver's `release`: the entry, the chain and its buffers.
      this.acquire();
      const { head } = this.head_at(avail_ring, this.ring_position(next, queue_len), queue_len);
      if (!this.may_take(head, queue_len)) return VQ_REFUSED;
      this.note_taken(head, queue_len);
      object.first = head;
      object.cur = head;
      vq.a_ring_last_seen = next;
      return VQ_OK;
    });
  }

  /**
   * Bytes of all buffers of a chain, from its head on; 0 when the device does not have it, or a descriptor of it is not
   * sound.
   */
  scattered_available_size(object: RingObject): number {
    return this.port.op('scattered_available_size', { queue: this.id, object }, () => {
      const queue_len = this.vq.queue_len;
      if (!this.may_return(object, queue_len)) return 0;
      return this.walk_size(object.first, queue_len);
    });
  }

  /** The next buffer of a chain: 1. 0 when there is none left; -1 when the device does not have the chain, or it is not sound. */
  gather_available(object: RingObject, out: Gathered): number {
    return this.port.op('gather_available', { queue: this.id, object, out }, () => {
      const queue_len = this.vq.queue_len;
      const at = object.cur;
      if (at >= queue_len) return VQ_NONE;
      if (!this.may_walk(object, queue_len)) return VQ_REFUSED;
      const desc = this.read_desc(at, queue_len);
      if (!this.is_sound(desc, queue_len)) return VQ_REFUSED;
      this.note_walked(object.first, queue_len);
      out.buf = desc.addr;
      out.len = desc.len;
      out.flag = desc.flags;
      object.cur = desc.next;
      return VQ_OK;
    });
  }

  /**
   * Gives a chain back, in any order: 1, and the ring object is fresh. -1 when the device does not have it.
   * @param len bytes that were read or written of it, at most those that it offers: the driver refuses more, and all
   * that comes after. Not checked here.
   */
  add_used_buf(object: RingObject, len: number): number {
    return this.port.op('add_used_buf', { queue: this.id, object, len }, () => {
      const queue_len = this.vq.queue_len;
      if (!this.may_return(object, queue_len)) return VQ_REFUSED;
      const used_ring = this.vq.used_ring;
      const ring = this.used_at(used_ring);
      const index = this.load_index(ring);
      const entry = this.entry_at(used_ring, this.ring_position(index, queue_len), queue_len);
      entry.id = object.first;
      entry.len = len;
      this.note_returned(object.first, queue_len);
      // Pairs with the driver's `acquire` in `get_used_buf`. Also orders the reads of the buffers.
      this.release();
      this.store_index(ring, this.next_index(index, queue_len));
      this.spend(object);
      return VQ_OK;
    });
  }

  /** Whether a chain seems to be there: the source's `VQ_DEV_POLL`. May be out of date as soon as it is said. */
  dev_poll(): boolean {
    return this.port.op('dev_poll', { queue: this.id }, () => {
      const vq = this.vq;
      const next = this.next_index(vq.a_ring_last_seen, vq.queue_len);
      return this.load_index(this.avail_at(vq.avail_ring)) !== next;
    });
  }

  /** Calls the function that the queue was given to wake up the driver's side; nothing if it was given none. */
  notify(): void {
    this.call(this.vq.notify);
  }

  /** The last index of the available ring that counts as seen: as many chains as were returned. */
  protected first_seen(used_ring: number, queue_len: number): number {
    return this.index_before(this.load_index(this.used_at(used_ring)), queue_len);
  }

  /** Whether this can stand in the available ring: a descriptor, and not the head of a chain that the device has. */
  protected may_take(head: number, queue_len: number): boolean {
    return head < queue_len && this.chain_at(head, queue_len).left === 0;
  }

  protected note_taken(head: number, queue_len: number): void {
    if (head < queue_len) this.chain_at(head, queue_len).left = queue_len + 1;
  }

  protected note_walked(head: number, queue_len: number): void {
    if (head >= queue_len) return;
    const chain = this.chain_at(head, queue_len);
    if (chain.left > 1) chain.left--;
  }

  protected note_returned(head: number, queue_len: number): void {
    if (head < queue_len) this.chain_at(head, queue_len).left = 0;
  }

  /** Whether the device has the chain, and may meet another descriptor of it. */
  protected may_walk(object: RingObject, queue_len: number): boolean {
    return object.first < queue_len && this.chain_at(object.first, queue_len).left > 1;
  }

  /** Whether the device has the chain. */
  protected may_return(object: RingObject, queue_len: number): boolean {
    return object.first < queue_len && this.chain_at(object.first, queue_len).left > 0;
  }

  /** The ring object of a chain that was returned names nothing any more. */
  protected spend(object: RingObject): void {
    init_ring_object(object);
  }

  /** Descriptors that a walk may meet. */
  protected walk_limit(queue_len: number): number {
    return queue_len;
  }

  protected read_desc(at: number, queue_len: number): DescriptorContents {
    const desc = this.desc_at(this.vq.desc_table, at, queue_len);
    return { addr: desc.addr, len: desc.len, flags: desc.flags, next: desc.next };
  }

  /** Whether a descriptor names bytes of the pool only, and another descriptor or the end. */
  protected is_sound({ addr, len, flags, next }: DescriptorContents, queue_len: number): boolean {
    return addr + len <= this.vq.pool_bytes && flags <= VQ_RW && next <= queue_len;
  }

  /** Bytes of a chain; 0 when it is not sound. */
  private walk_size(head: number, queue_len: number): number {
    const limit = this.walk_limit(queue_len);
    let bytes = 0;
    let at = head;
    for (let met = 0; at < queue_len; met++) {
      if (met === limit) return 0;
      const desc = this.read_desc(at, queue_len);
      if (!this.is_sound(desc, queue_len)) return 0;
      bytes += desc.len;
      at = desc.next;
    }
    return bytes;
  }

  protected chain_at(head: number, queue_len: number): View<typeof vq_chain_private_t.fields> {
    if (this.chains.count !== queue_len) {
      const base = this.handle + virtqueue_device_t.bytes;
      this.chains = arrayOf(vq_chain_private_t, this.port, 'local', base, queue_len);
    }
    return this.chains.at(head);
  }
}
