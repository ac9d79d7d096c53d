/**
 * The driver's side of a libvirtqueue virtqueue, after `virtqueue.c`. The order of the shared accesses and of the checks
 * is the source's; so are its names.
 *
 * What differs, and why:
 * - Indices run free, so that full is not empty at any length (Q1).
 * - A chain is published once, when it is complete (Q2), by `publish_available` or by `add_available_buf` with its last
 *   buffer; `chain_available_buf` adds the others, and `discard_available` gives up what was not published (Q5). The
 *   source has one call for all of it, publishes with the first buffer, and extends what the device has already.
 * - A ring object whose chain was published is spent: nothing more can be added to it (Q3).
 * - Fences order entries and descriptors before the index that announces them, and after it on the other side (Q4).
 * - Only a chain that `get_used_buf` has collected can be gathered (Q7), and only one that the device has can come back.
 *   The driver keeps the free list, the chains' links and the descriptors' contents for itself; what stands in shared
 *   memory it writes and never reads (Q9).
 * - `init_driver` takes over the indices that it finds, and refuses while the device has a chain (Q8); it refuses lengths
 *   for which the arithmetic does not hold (Q10).
 *
 * Results: 1, `VQ_OK`; 0, `VQ_NONE`, where there is nothing to take; -1, `VQ_REFUSED`, where the source does not look.
 * All but the first have changed nothing.
 *
 * All state lies in the port's memories. One agent a side at a time: there is no mutual exclusion, as in the source.
 */
import { arrayOf, type MemoryPort, type StructArray, type View, viewOf } from '../../memory/index.ts';
import { VQ_NONE, VQ_OK, VQ_REFUSED } from './errors.ts';
import {
  DESC_BUILDING,
  DESC_COLLECTED,
  DESC_FREE,
  DESC_PART,
  DESC_PUBLISHED,
  FRESH,
  type Gathered,
  type RingObject,
  virtqueue_driver_t,
  vq_desc_private_t,
} from './layout.ts';
import { Virtqueue, type VirtqueueOptions, virtqueue_init_desc_table } from './virtqueue.ts';

/** What the driver keeps of a descriptor for itself, as code sees it. */
export type PrivateDescriptor = View<typeof vq_desc_private_t.fields>;

/** A descriptor's contents and its successor. */
export type DescriptorContents = {
  readonly addr: number;
  readonly len: number;
  readonly flags: number;
  readonly next: number;
};

/** The driver's side of a queue, bound to a `virtqueue_driver_t` in core-local memory. */
export class VirtqueueDriver extends Virtqueue {
  protected readonly vq: View<typeof virtqueue_driver_t.fields>;
  private readonly handle: number;
  /** Views of the private descriptors: a cache, no state. */
  private privates: StructArray<typeof vq_desc_private_t.fields>;

  /**
   * @param handle byte offset of a `virtqueue_driver_t` in core-local memory, a multiple of 4, with room behind it: see
   * `driver_bytes`.
   * @throws RangeError when the index modulus is no power of two in 2..65536.
   */
  constructor(port: MemoryPort, handle: number, options: VirtqueueOptions = {}) {
    super(port, options);
    this.handle = handle;
    this.vq = viewOf(virtqueue_driver_t, port, 'local', handle);
    this.privates = arrayOf(vq_desc_private_t, port, 'local', 0, 0);
  }

  /**
   * Sets the side up, all descriptors free: 1. -1 when the length is no power of two in 1..32768, or when the device has
   * chains of an earlier driver's. In memory that was zeroed before, a queue begins here; in memory that was used, it
   * goes on, and the device need not be set up again.
   * @param avail_ring byte offsets in shared memory, like `used_ring` and `desc_table`: see `channel_geometry`.
   * @param notify a function pointer, or 0. @param cookie whatever the user likes.
   * @throws RangeError when the index modulus is less than twice the length.
   */
  init_driver(
    queue_len: number,
    avail_ring: number,
    used_ring: number,
    desc_table: number,
    notify: number,
    cookie: number,
  ): number {
    const args = { queue: this.id, queue_len, avail_ring, used_ring, desc_table, notify, cookie };
    return this.port.op('init_driver', args, () => {
      if (!this.is_valid_length(queue_len)) return VQ_REFUSED;
      this.check_modulus(queue_len);
      if (!this.may_init(avail_ring, used_ring)) return VQ_REFUSED;
      const vq = this.vq;
      vq.notify = notify;
      vq.cookie = cookie;
      vq.queue_len = queue_len;
      vq.avail_ring = avail_ring;
      vq.used_ring = used_ring;
      vq.desc_table = desc_table;
      vq.free_desc_head = 0;
      vq.num_free = queue_len;
      for (let i = 0; i < queue_len; i++) {
        const own = this.private_at(i, queue_len);
        own.next = i + 1;
        own.state = DESC_FREE;
      }
      virtqueue_init_desc_table(this.port, desc_table, queue_len);
      vq.u_ring_last_seen = this.start_rings(avail_ring, used_ring, queue_len);
      return VQ_OK;
    });
  }

  /**
   * Publishes a buffer, or a chain together with its last buffer: 1, and the ring object is spent. 0 when no descriptor
   * is free; -1 when the ring object is spent.
   * @param object fresh, or with a chain that `chain_available_buf` has begun.
   * @param buf in bytes from the pool's start. @param len in bytes. @param flag `VQ_READ`, `VQ_WRITE` or `VQ_RW`.
   */
  add_available_buf(object: RingObject, buf: number, len: number, flag: number): number {
    return this.port.op('add_available_buf', { queue: this.id, object, buf, len, flag }, () => {
      const chained = this.chain(object, buf, len, flag);
      return chained === VQ_OK ? this.publish(object) : chained;
    });
  }

  /**
   * Puts a buffer at the end of a chain that the device does not see yet: 1. 0 when no descriptor is free; -1 when the
   * ring object is spent. The source has no call for this. Parameters as for `add_available_buf`.
   */
  chain_available_buf(object: RingObject, buf: number, len: number, flag: number): number {
    return this.port.op('chain_available_buf', { queue: this.id, object, buf, len, flag }, () =>
      this.chain(object, buf, len, flag),
    );
  }

  /** Publishes a chain: 1, and the ring object is spent; -1 when there is none that was not published. Not in the source. */
  publish_available(object: RingObject): number {
    return this.port.op('publish_available', { queue: this.id, object }, () => this.publish(object));
  }

  /** Frees the descriptors of a chain that was not published: 1, and the ring object is fresh; -1. Not in the source. */
  discard_available(object: RingObject): number {
    return this.port.op('discard_available', { queue: this.id, object }, () => {
      const queue_len = this.vq.queue_len;
      if (!this.is_building(object, queue_len)) return VQ_REFUSED;
      let at = object.first;
      while (at < queue_len) {
        const { next } = this.private_at(at, queue_len);
        this.give_desc(at, queue_len);
        at = next;
      }
      object.cur = FRESH;
      object.first = FRESH;
      return VQ_OK;
    });
  }

  /**
   * Collects the next chain that the device has given back: 1, with `object` at its first descriptor and `out.len` the
   * bytes that the device has used of it. 0 when there is none; -1 when what stands there is no chain of the device's,
   * or is said to be longer than it was.
   */
  get_used_buf(object: RingObject, out: { len: number }): number {
    return this.port.op('get_used_buf', { queue: this.id, object, out }, () => {
      const vq = this.vq;
      const queue_len = vq.queue_len;
      const next = this.next_index(vq.u_ring_last_seen, queue_len);
      const used_ring = vq.used_ring;
      const index = this.load_index(this.used_at(used_ring));
      if (index === next) return VQ_NONE;
      if (!this.is_plausible(index, next, queue_len)) return VQ_REFUSED;
      // Pairs with the device's `release`: the entry, and whatever the device did with the buffers.
      this.acquire();
      const entry = this.entry_at(used_ring, this.ring_position(next, queue_len), queue_len);
      const { id, len } = entry;
      if (!this.may_collect(id, len, queue_len)) return VQ_REFUSED;
      this.note_collected(id, len, queue_len);
      out.len = len;
      object.first = id;
      object.cur = id;
      vq.u_ring_last_seen = next;
      return VQ_OK;
    });
  }

  /**
   * Takes the next buffer out of a chain that was collected, and frees its descriptor: 1. 0 when there is none left, -1
   * when the chain was not collected.
   */
  gather_used(object: RingObject, out: Gathered): number {
    return this.port.op('gather_used', { queue: this.id, object, out }, () => this.gather(object, out));
  }

  /** Whether a chain seems to have come back: the source's `VQ_DRV_POLL`. May be out of date as soon as it is said. */
  drv_poll(): boolean {
    return this.port.op('drv_poll', { queue: this.id }, () => {
      const vq = this.vq;
      const next = this.next_index(vq.u_ring_last_seen, vq.queue_len);
      return this.load_index(this.used_at(vq.used_ring)) !== next;
    });
  }

  /** Calls the function that the queue was given to wake up the device's side; nothing if it was given none. */
  notify(): void {
    this.call(this.vq.notify);
  }

  /** Whether the device has nothing: as many chains have come back as went out. */
  protected may_init(avail_ring: number, used_ring: number): boolean {
    const published = this.load_index(this.avail_at(avail_ring));
    const returned = this.load_index(this.used_at(used_ring));
    // Pairs with the device's `release`: it has read the descriptors that are written anew from here on.
    this.acquire();
    return returned === published;
  }

  /** Leaves the indices alone: the device goes by them. Returns the last index of the used ring that counts as seen. */
  protected start_rings(avail_ring: number, used_ring: number, queue_len: number): number {
    this.avail_at(avail_ring).flags = 0;
    return this.index_before(this.load_index(this.used_at(used_ring)), queue_len);
  }

  protected gather(object: RingObject, out: Gathered): number {
    const queue_len = this.vq.queue_len;
    const at = object.cur;
    if (at >= queue_len) return VQ_NONE;
    if (!this.may_gather(at, queue_len)) return VQ_REFUSED;
    const { addr, len, flags, next } = this.collected(at, queue_len);
    out.buf = addr;
    out.len = len;
    out.flag = flags;
    this.pass_on(at, next, len, queue_len);
    this.give_desc(at, queue_len);
    object.cur = next;
    return VQ_OK;
  }

  protected chain(object: RingObject, buf: number, len: number, flag: number): number {
    const queue_len = this.vq.queue_len;
    if (!this.may_extend(object, queue_len)) return VQ_REFUSED;
    const at = this.take_desc(queue_len);
    if (at === queue_len) return VQ_NONE;
    const begins = object.first >= queue_len;
    const head = begins ? at : object.first;
    // An operation of its own, so that monitors know which chain a buffer belongs to.
    this.port.op('put_desc', { queue: this.id, head, at, buf, len }, () => {
      this.fill_desc(at, buf, len, flag, queue_len);
      if (object.cur < queue_len) this.link_desc(object.cur, at, queue_len);
      const own = this.private_at(at, queue_len);
      own.state = begins ? DESC_BUILDING : DESC_PART;
      own.bytes = len;
      if (!begins) this.private_at(head, queue_len).bytes += len;
      return undefined;
    });
    object.cur = at;
    if (begins) {
      object.first = at;
      this.first_linked(at, queue_len);
    }
    return VQ_OK;
  }

  protected publish(object: RingObject): number {
    const queue_len = this.vq.queue_len;
    if (!this.is_building(object, queue_len)) return this.refuse_publish();
    this.private_at(object.first, queue_len).state = DESC_PUBLISHED;
    this.publish_chain(object.first, queue_len);
    this.spend(object, queue_len);
    return VQ_OK;
  }

  /** Fresh, or at the end of a chain that is being built. */
  protected may_extend(object: RingObject, queue_len: number): boolean {
    return (object.first === FRESH && object.cur === FRESH) || this.is_building(object, queue_len);
  }

  /** The ring object holds a chain that was not published. */
  protected is_building(object: RingObject, queue_len: number): boolean {
    return (
      object.cur < queue_len &&
      object.first < queue_len &&
      this.private_at(object.first, queue_len).state === DESC_BUILDING
    );
  }

  /** The result of `publish` where there is nothing to publish. */
  protected refuse_publish(): number {
    return VQ_REFUSED;
  }

  /** What happens as soon as a chain has its first descriptor: nothing, the device sees it when it is complete. */
  protected first_linked(_head: number, _queue_len: number): void {}

  /** What happens when a chain is complete. */
  protected publish_chain(head: number, queue_len: number): void {
    this.announce(head, queue_len);
  }

  /** Puts a head into the available ring, and stores the index. */
  protected announce(head: number, queue_len: number): void {
    this.port.op('announce_chain', { queue: this.id, head }, () => {
      const avail_ring = this.vq.avail_ring;
      const ring = this.avail_at(avail_ring);
      const index = this.load_index(ring);
      this.head_at(avail_ring, this.ring_position(index, queue_len), queue_len).head = head;
      // Pairs with the device's `acquire` in `get_available_buf`.
      this.release();
      this.store_index(ring, this.next_index(index, queue_len));
      return undefined;
    });
  }

  /** The chain is the device's: nobody adds to it any more. */
  protected spend(object: RingObject, queue_len: number): void {
    object.cur = queue_len;
  }

  /** Takes the first free descriptor; the queue's length when there is none. */
  protected take_desc(queue_len: number): number {
    const vq = this.vq;
    const at = vq.free_desc_head;
    if (at === queue_len) return at;
    vq.free_desc_head = this.free_next(at, queue_len);
    vq.num_free--;
    return at;
  }

  /** Puts a descriptor in front of the free list. */
  protected give_desc(at: number, queue_len: number): void {
    const vq = this.vq;
    this.private_at(at, queue_len).state = DESC_FREE;
    this.link_free(at, vq.free_desc_head, queue_len);
    vq.free_desc_head = at;
    vq.num_free++;
  }

  /** The free descriptor after a free one. */
  protected free_next(at: number, queue_len: number): number {
    return this.private_at(at, queue_len).next;
  }

  protected link_free(at: number, next: number, queue_len: number): void {
    this.private_at(at, queue_len).next = next;
  }

  /** Writes a descriptor, at the end of a chain: the one that the device reads, and the own one. */
  protected fill_desc(at: number, buf: number, len: number, flag: number, queue_len: number): void {
    const desc = this.desc_at(this.vq.desc_table, at, queue_len);
    desc.addr = buf;
    desc.len = len;
    desc.flags = flag;
    desc.next = queue_len;
    const own = this.private_at(at, queue_len);
    own.addr = buf;
    own.len = len;
    own.flags = flag;
    own.next = queue_len;
  }

  protected link_desc(previous: number, at: number, queue_len: number): void {
    this.desc_at(this.vq.desc_table, previous, queue_len).next = at;
    this.private_at(previous, queue_len).next = at;
  }

  /** Whether this can stand in the used ring: the head of a chain that the device has, and no more than its bytes. */
  protected may_collect(id: number, len: number, queue_len: number): boolean {
    if (id >= queue_len) return false;
    const own = this.private_at(id, queue_len);
    return own.state === DESC_PUBLISHED && len <= own.bytes;
  }

  protected note_collected(id: number, len: number, queue_len: number): void {
    if (id >= queue_len) return;
    const own = this.private_at(id, queue_len);
    own.state = DESC_COLLECTED;
    own.bytes = len;
  }

  /** Whether a descriptor is the next one of a chain that came back. */
  protected may_gather(at: number, queue_len: number): boolean {
    return this.private_at(at, queue_len).state === DESC_COLLECTED;
  }

  /** What stands in a descriptor of a chain that came back. */
  protected collected(at: number, queue_len: number): DescriptorContents {
    const own = this.private_at(at, queue_len);
    return { addr: own.addr, len: own.len, flags: own.flags, next: own.next };
  }

  /** Bytes that the device has used, of a chain from this descriptor on. */
  protected used_bytes(at: number, queue_len: number): number {
    return this.private_at(at, queue_len).bytes;
  }

  /** The next descriptor of the chain can be gathered now, and no other. */
  private pass_on(at: number, next: number, len: number, queue_len: number): void {
    if (next >= queue_len) return;
    const left = this.private_at(at, queue_len).bytes - len;
    const own = this.private_at(next, queue_len);
    own.state = DESC_COLLECTED;
    own.bytes = Math.max(0, left);
  }

  protected private_at(at: number, queue_len: number): PrivateDescriptor {
    if (this.privates.count !== queue_len) {
      const base = this.handle + virtqueue_driver_t.bytes;
      this.privates = arrayOf(vq_desc_private_t, this.port, 'local', base, queue_len);
    }
    return this.privates.at(at);
  }
}
