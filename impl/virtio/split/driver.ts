/**
 * The driver's side of a split virtqueue (VirtIO 1.2, 2.7.13 and 2.7.14).
 *
 * What stands in shared memory the driver writes and never reads, but for what the device writes: `used.idx`, the used
 * entries, and one suppression word. Free list, links and lengths are its own, so that a device which is not to be
 * trusted cannot change them; each field that the device writes is read once and looked at before it is used.
 *
 * What the specification leaves open, and what is done here:
 * - A chain has at most as many segments as the queue has descriptors, those in an indirect table counted: the strictest
 *   reading of 2.7.5.3.1.
 * - A chain has less than 2^32 bytes, one less than 2.7.5.2 admits, so that the length that comes back can be any.
 * - Under EVENT_IDX `disableInterrupts` does nothing: the event index that stands there is out of date soon enough.
 */
import { arrayOf, type MemoryPort, type StructArray, type View, viewOf } from '../../../memory/index.ts';
import {
  VIRTIO_BAD_INDEX,
  VIRTIO_BAD_USED_ID,
  VIRTIO_BAD_USED_LENGTH,
  VIRTIO_INVALID,
  VIRTIO_NO_SPACE,
  VIRTIO_NONE,
  VIRTIO_OK,
  VIRTIO_QUEUE_BROKEN,
} from '../errors.ts';
import {
  type AddOptions,
  type Collected,
  type NotificationData,
  type Segment,
  UNKNOWN_LENGTH,
  type VirtqueueDriver,
  type VirtqueueOptions,
} from '../queue.ts';
import {
  AVAIL_NO_INTERRUPT,
  DESC_INDIRECT,
  DESC_NEXT,
  DESC_WRITE,
  split_desc_t,
  USED_NO_NOTIFY,
} from './layout.ts';
import { split_desc_private_t, split_driver_t } from './privates.ts';
import { type SplitDescriptor, type SplitRings, SplitSide } from './side.ts';

/** What a driver keeps of one descriptor for itself, as code sees it. */
export type SplitPrivateDescriptor = View<typeof split_desc_private_t.fields>;

const MAX_32 = 0xffff_ffff;

/** The driver's side of a queue, bound to a `split_driver_t` in core-local memory. */
export class SplitDriver extends SplitSide implements VirtqueueDriver {
  protected readonly vq: View<typeof split_driver_t.fields>;
  protected readonly tables: NonNullable<VirtqueueOptions['tables']>;
  private readonly handle: number;
  /** Views of the private descriptors: a cache, no state. */
  private privates: StructArray<typeof split_desc_private_t.fields>;

  /**
   * @param handle byte offset in core-local memory, a multiple of 4, of `splitDriverBytes` bytes. @param base of the queue,
   * as byte offset in shared memory.
   * @throws RangeError when `base` is no multiple of 16, or the index modulus no power of two in 2..65536.
   */
  constructor(port: MemoryPort, handle: number, base: number, options: VirtqueueOptions) {
    super(port, base, options);
    this.handle = handle;
    this.tables = options.tables ?? { base: 0, entries: 0 };
    this.vq = viewOf(split_driver_t, port, 'local', handle);
    this.privates = arrayOf(split_desc_private_t, port, 'local', 0, 0);
  }

  /**
   * Sets the queue up, all of its memory zeroed, that of the device included, as 4.2.3.2 has it (2.7.10.1: `used.flags`).
   * No device may be looking. `VIRTIO_OK`; `VIRTIO_INVALID` when the size is no power of two in 1..32768. Nothing else may
   * be called before. @throws RangeError when the index modulus is less than twice the size.
   */
  init(size: number): number {
    return this.port.op('init', { queue: this.id, size }, () => {
      if (!this.isValidSize(size)) return VIRTIO_INVALID;
      this.checkModulus(size);
      const { vq } = this;
      vq.size = size;
      vq.free_head = 0;
      vq.free_count = size;
      vq.avail_idx = 0;
      vq.last_used = 0;
      vq.broken = 0;
      vq.added = 0;
      vq.batch_left = 0;
      vq.batch_len = 0;
      for (let i = 0; i < size; i++) {
        const own = this.privateAt(i, size);
        own.next = this.firstLink(i, size);
        own.count = 0;
        own.order = 0;
        own.token = 0;
        own.writable = 0;
      }
      this.zeroQueue(this.rings(size));
      return VIRTIO_OK;
    });
  }

  add(segments: readonly Segment[], token: number, options: AddOptions = {}): number {
    return this.port.op('add', { queue: this.id, segments, token, ...options }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const rings = this.rings(vq.size);
      const chain = this.layOut(segments);
      const direct = options.indirectFrom ?? chain.length;
      const needed = direct + (options.indirectFrom === undefined ? 0 : 1);
      if (!this.isValid(chain, token, options, rings.size) || needed > rings.size) return VIRTIO_INVALID;
      if (!this.hasRoom(needed, rings)) return VIRTIO_NO_SPACE;
      const head = vq.free_head;
      vq.free_head = this.fill(chain, direct, rings);
      vq.free_count -= needed;
      const own = this.privateAt(head, rings.size);
      own.count = needed;
      own.token = token;
      own.writable = chain.reduce((sum, { len, writable }) => sum + (writable ? len : 0), 0);
      this.expose(head, rings);
      return VIRTIO_OK;
    });
  }

  kick(): boolean {
    return this.port.op('kick', { queue: this.id }, () => {
      const { vq } = this;
      const { added } = vq;
      if (vq.broken !== 0 || added === 0) return false;
      this.orderIndexBeforeWish();
      const wanted = this.wantsKick(added, this.rings(vq.size));
      vq.added = 0;
      if (wanted) this.notifyPeer(this.notificationData());
      return wanted;
    });
  }

  collect(out: Collected): number {
    return this.port.op('collect', { queue: this.id, out }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const rings = this.rings(vq.size);
      let head = this.headAt(vq.last_used, rings.size);
      let len = UNKNOWN_LENGTH;
      // The entry of a batch is read with its first chain, and stands for all of them.
      if (vq.batch_left === 0) {
        const ahead = this.distance(this.loadUsedIndex(rings), vq.last_used, rings.size);
        if (ahead === 0) return VIRTIO_NONE;
        const outstanding = this.distance(vq.avail_idx, vq.last_used, rings.size);
        if (!this.isPlausible(ahead, outstanding)) return this.fail(VIRTIO_BAD_INDEX);
        this.orderIndexBeforeEntry();
        const entry = rings.entries.at(this.position(vq.last_used, rings.size));
        const { id } = entry;
        const written = entry.len;
        const used = this.chainsUpTo(id, ahead, rings.size);
        if (used === 0) return this.fail(VIRTIO_BAD_USED_ID);
        if (!this.canHaveWritten(written, id, rings.size)) return this.fail(VIRTIO_BAD_USED_LENGTH);
        if (this.features.inOrder !== true) head = id;
        vq.batch_left = used;
        vq.batch_len = written;
      }
      if (vq.batch_left === 1) {
        len = vq.batch_len;
        vq.batch_len = 0;
      }
      vq.batch_left--;
      out.token = this.privateAt(head, rings.size).token;
      out.head = this.reportedHead(head, this.position(vq.last_used, rings.size));
      out.len = len;
      this.release(head, rings.size);
      vq.last_used = this.advance(vq.last_used, 1, rings.size);
      return VIRTIO_OK;
    });
  }

  disableInterrupts(): void {
    this.port.op('disableInterrupts', { queue: this.id }, () => {
      if (this.vq.broken === 0) this.wantNoInterrupts(this.rings(this.vq.size));
      return undefined;
    });
  }

  enableInterrupts(): boolean {
    return this.port.op('enableInterrupts', { queue: this.id }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return true;
      const rings = this.rings(vq.size);
      this.wantInterrupts(rings);
      return this.looksEmpty(rings);
    });
  }

  /** B1: the entry, and all that belongs to it, before the index that announces it. Pairs with B3. */
  protected orderEntryBeforeIndex(): void {
    this.port.fence('release');
  }

  /** B2: the own index before the device's wish about kicks. Pairs with B8. */
  protected orderIndexBeforeWish(): void {
    this.port.fence('seq_cst');
  }

  /** B6: the device's index before what it announces. Pairs with B4. */
  protected orderIndexBeforeEntry(): void {
    this.port.fence('acquire');
  }

  /** B7: the own wish for interrupts before a last look at the device's index. Pairs with B5. */
  protected orderWishBeforeIndex(): void {
    this.port.fence('seq_cst');
  }

  /** The descriptor that follows another one in the free list of a new queue: in ring order, as IN_ORDER wants it (SD4). */
  protected firstLink(at: number, size: number): number {
    return (at + 1) & (size - 1);
  }

  /** All that both sides write: there is nobody else to zero it. */
  protected zeroQueue(rings: SplitRings): void {
    for (let i = 0; i < rings.size; i++) {
      const desc = rings.desc.at(i);
      desc.addr = 0;
      desc.addr_high = 0;
      desc.len = 0;
      desc.flags = 0;
      desc.next = 0;
    }
    rings.avail.flags = 0;
    rings.avail.idx = 0;
    for (let i = 0; i < rings.size; i++) rings.heads.at(i).head = 0;
    rings.usedEvent.event = 0;
    rings.used.flags = 0;
    rings.used.idx = 0;
    for (let i = 0; i < rings.size; i++) {
      const entry = rings.entries.at(i);
      entry.id = 0;
      entry.len = 0;
    }
    rings.availEvent.event = 0;
  }

  /** The segments in the order of the chain: the caller's, which `isValid` looks at. */
  protected layOut(segments: readonly Segment[]): readonly Segment[] {
    return segments;
  }

  /** Whether this can be a chain at all, whatever is free. */
  protected isValid(
    segments: readonly Segment[],
    token: number,
    { indirectFrom }: AddOptions,
    size: number,
  ): boolean {
    if (!isWord(token)) return false;
    if (segments.length === 0 || segments.length > size) return false;
    let bytes = 0;
    for (const { addr, len } of segments) {
      if (!isWord(addr) || !isWord(len) || len === 0 || addr + len > MAX_32 + 1) return false;
      bytes += len;
    }
    if (bytes > MAX_32) return false;
    if (!this.isReadableFirst(segments)) return false;
    if (indirectFrom === undefined) return true;
    if (this.features.indirectDesc !== true) return false;
    if (!Number.isInteger(indirectFrom) || indirectFrom < 0) return false;
    const entries = segments.length - indirectFrom;
    return entries > 0 && entries <= this.tables.entries;
  }

  /** SD2. */
  protected isReadableFirst(segments: readonly Segment[]): boolean {
    const firstWritable = segments.findIndex(({ writable }) => writable);
    return firstWritable === -1 || segments.slice(firstWritable).every(({ writable }) => writable);
  }

  protected hasRoom(needed: number, _rings: SplitRings): boolean {
    return needed <= this.vq.free_count;
  }

  /** Writes the descriptors of a chain. The first `direct` segments have one each; the others, if any, share a table. */
  protected fill(chain: readonly Segment[], direct: number, rings: SplitRings): number {
    const head = this.vq.free_head;
    let at = head;
    for (const [i, segment] of chain.slice(0, direct).entries()) {
      const { next } = this.privateAt(at, rings.size);
      this.describe(head, rings.desc.at(at), segment, i === chain.length - 1, next);
      at = next;
    }
    if (direct === chain.length) return at;
    const { next } = this.privateAt(at, rings.size);
    this.fillTable(head, at, chain.slice(direct), next, rings);
    return next;
  }

  /** Writes a table, linked from its first entry to its last (SD5), and the descriptor `at` that names it. */
  protected fillTable(
    head: number,
    at: number,
    segments: readonly Segment[],
    next: number,
    rings: SplitRings,
  ): void {
    const { base, entries } = this.tables;
    const addr = base + at * entries * split_desc_t.bytes;
    const table = arrayOf(split_desc_t, this.port, 'shared', addr, segments.length);
    const count = segments.length;
    for (const [i, segment] of segments.entries()) {
      const entry = table.at(this.tablePlace(i, count));
      this.describe(head, entry, segment, i === count - 1, this.tablePlace(i + 1, count));
    }
    const flags = this.indirectFlags();
    write(rings.desc.at(at), addr, segments.length * split_desc_t.bytes, flags, next);
  }

  /** The entry of a table that a segment goes into: in order, as IN_ORDER wants it (SD5). */
  protected tablePlace(segment: number, _count: number): number {
    return segment;
  }

  /** Of the descriptor that names a table: never NEXT (SD5). WRITE means nothing there (SV4). */
  protected indirectFlags(): number {
    return DESC_INDIRECT | (this.tables.marksWrite === true ? DESC_WRITE : 0);
  }

  /** Writes the descriptor of one segment. */
  private describe(
    head: number,
    desc: SplitDescriptor,
    segment: Segment,
    isLast: boolean,
    next: number,
  ): void {
    const { addr, len, writable } = segment;
    this.port.op('describe', { queue: this.id, head, addr, len, writable }, () => {
      write(desc, addr, len, this.flagsOf(segment, isLast), next);
      return undefined;
    });
  }

  protected flagsOf({ writable }: Segment, isLast: boolean): number {
    return (writable ? DESC_WRITE : 0) | (isLast ? 0 : DESC_NEXT);
  }

  private expose(head: number, rings: SplitRings): void {
    const { vq } = this;
    if (this.features.inOrder === true)
      this.privateAt(this.position(vq.avail_idx, rings.size), rings.size).order = head;
    this.port.op('expose', { queue: this.id, head }, () => {
      this.publish(head, rings);
      return undefined;
    });
    vq.avail_idx = this.advance(vq.avail_idx, 1, rings.size);
    vq.added = this.countOn(vq.added, 1, rings.size);
  }

  /** Entry, then index. */
  protected publish(head: number, rings: SplitRings): void {
    this.storeEntry(head, rings);
    this.orderEntryBeforeIndex();
    this.storeIndex(rings);
  }

  protected storeEntry(head: number, rings: SplitRings): void {
    rings.heads.at(this.position(this.vq.avail_idx, rings.size)).head = head;
  }

  protected storeIndex(rings: SplitRings): void {
    rings.avail.idx = this.advance(this.vq.avail_idx, 1, rings.size);
  }

  /** Whether the device wants a kick: by the one field that is in force. @param added chains since the last test. */
  protected wantsKick(added: number, rings: SplitRings): boolean {
    return this.readsEventField()
      ? this.isWaitedFor(rings.availEvent.event, this.vq.avail_idx, added, rings.size)
      : (rings.used.flags & USED_NO_NOTIFY) === 0;
  }

  protected loadUsedIndex(rings: SplitRings): number {
    return rings.used.idx;
  }

  /** IN_ORDER: the head that was made available with an index. Without it 0: only the used entry says which one it is. */
  private headAt(index: number, size: number): number {
    return this.features.inOrder === true ? this.privateAt(this.position(index, size), size).order : 0;
  }

  /**
   * How many chains a used entry with this id stands for; 0 when it cannot stand there. One; with IN_ORDER, all up to the
   * chain that it names. @param ahead how many the device says that it has used.
   */
  protected chainsUpTo(id: number, ahead: number, size: number): number {
    if (this.features.inOrder !== true) return this.isOut(id, size) ? 1 : 0;
    for (let i = 0; i < ahead; i++) {
      if (this.headAt(this.advance(this.vq.last_used, i, size), size) === id) return i + 1;
    }
    return 0;
  }

  /** Whether an id is the head of a chain that the device has. */
  protected isOut(id: number, size: number): boolean {
    return id < size && this.privateAt(id, size).count > 0;
  }

  /** Whether the device can have written so many bytes to a chain. */
  protected canHaveWritten(len: number, head: number, size: number): boolean {
    return len <= this.privateAt(head, size).writable;
  }

  /** The available index, by its low 15 bits and its high one (2.9). */
  private notificationData(): NotificationData | undefined {
    const { avail_idx } = this.vq;
    return this.features.notificationData === true
      ? { next_off: avail_idx & 0x7fff, next_wrap: avail_idx >>> 15 }
      : undefined;
  }

  /** What the user is told the chain's head was. */
  protected reportedHead(head: number, _position: number): number {
    return head;
  }

  /** Puts the descriptors of a chain back among the free ones. */
  protected release(head: number, size: number): void {
    const own = this.privateAt(head, size);
    const { count } = own;
    own.count = 0;
    own.token = 0;
    own.writable = 0;
    if (this.features.inOrder === true)
      this.privateAt(this.position(this.vq.last_used, size), size).order = 0;
    this.free(head, count, size);
  }

  /** In front of the others; with IN_ORDER they stay where they are, behind the others, as the ring goes round (SD4). */
  protected free(head: number, count: number, size: number): void {
    if (this.features.inOrder !== true) this.freeInFront(head, count, size);
    this.vq.free_count += count;
  }

  protected freeInFront(head: number, count: number, size: number): void {
    let last = head;
    for (let i = 1; i < count; i++) last = this.privateAt(last, size).next;
    this.privateAt(last, size).next = this.vq.free_head;
    this.vq.free_head = head;
  }

  /** Under EVENT_IDX the flags stay 0 (SD7): there is nothing to be done. */
  protected wantNoInterrupts(rings: SplitRings): void {
    if (this.features.eventIdx !== true) rings.avail.flags = AVAIL_NO_INTERRUPT;
  }

  protected wantInterrupts(rings: SplitRings): void {
    if (this.features.eventIdx === true) rings.usedEvent.event = this.vq.last_used;
    else rings.avail.flags = 0;
  }

  /** The last look after interrupts were wanted: for what was used before the device could see that. */
  protected looksEmpty(rings: SplitRings): boolean {
    this.orderWishBeforeIndex();
    return this.findsNothing(this.loadUsedIndex(rings), this.vq.last_used, rings.size);
  }

  /** Marks the queue as broken. */
  protected fail(code: number): number {
    this.vq.broken = -code;
    return code;
  }

  protected privateAt(at: number, size: number): SplitPrivateDescriptor {
    if (this.privates.count !== size) {
      const base = this.handle + split_driver_t.bytes;
      this.privates = arrayOf(split_desc_private_t, this.port, 'local', base, size);
    }
    return this.privates.at(at);
  }
}

/** `next` only where NEXT makes it count. */
function write(desc: SplitDescriptor, addr: number, len: number, flags: number, next: number): void {
  desc.addr = addr;
  desc.addr_high = 0;
  desc.len = len;
  desc.flags = flags;
  if ((flags & DESC_NEXT) !== 0) desc.next = next;
}

function isWord(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_32;
}
