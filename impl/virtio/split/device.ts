/**
 * The device's side of a split virtqueue (VirtIO 1.2, 2.7).
 *
 * `take` copies a whole chain, and reads each field that the driver can write once: what the driver does with it
 * afterwards changes nothing. Whatever stands there, it reads nothing outside of the queue and of what it may reach, and
 * meets no more descriptors than the queue has. What it writes itself it never reads.
 *
 * What the specification leaves open, and what is done here:
 * - No more segments to a chain than the queue has descriptors, those of an indirect table counted, as in the driver.
 * - A table must lie at a multiple of 4: the port has no misaligned accesses.
 * - Under EVENT_IDX `disableKicks` does nothing: the event index that stands there is out of date soon enough.
 */
import { arrayOf, type MemoryPort, type StructArray, type View, viewOf } from '../../../memory/index.ts';
import {
  VIRTIO_BAD_BUFFER,
  VIRTIO_BAD_HEAD,
  VIRTIO_BAD_INDEX,
  VIRTIO_BAD_INDIRECT,
  VIRTIO_BAD_ORDER,
  VIRTIO_CHAIN_TOO_LONG,
  VIRTIO_INVALID,
  VIRTIO_NONE,
  VIRTIO_OK,
  VIRTIO_QUEUE_BROKEN,
} from '../errors.ts';
import type { Segment, Taken, VirtqueueDevice, VirtqueueOptions } from '../queue.ts';
import {
  AVAIL_NO_INTERRUPT,
  DESC_INDIRECT,
  DESC_NEXT,
  DESC_WRITE,
  split_desc_t,
  USED_NO_NOTIFY,
} from './layout.ts';
import { split_chain_private_t, split_device_t } from './privates.ts';
import { type SplitDescriptor, type SplitRings, SplitSide } from './side.ts';

/** What stands in a descriptor, read once. */
export type SplitContents = {
  readonly addr: number;
  readonly addr_high: number;
  readonly len: number;
  readonly flags: number;
  /** 0 without NEXT. */
  readonly next: number;
};

const MAX_32 = 0xffff_ffff;

/** The device's side of a queue, bound to a `split_device_t` in core-local memory. */
export class SplitDevice extends SplitSide implements VirtqueueDevice {
  protected readonly vq: View<typeof split_device_t.fields>;
  protected readonly reach: { readonly from: number; readonly to: number };
  private readonly handle: number;
  /** Views of the notes on chains: a cache, no state. */
  private chains: StructArray<typeof split_chain_private_t.fields>;

  /**
   * @param handle byte offset in core-local memory, a multiple of 4, of `splitDeviceBytes` bytes. @param base of the queue,
   * as byte offset in shared memory.
   * @throws RangeError when `base` is no multiple of 16, or the index modulus no power of two in 2..65536.
   */
  constructor(port: MemoryPort, handle: number, base: number, options: VirtqueueOptions) {
    super(port, base, options);
    this.handle = handle;
    this.reach = options.reach ?? { from: 0, to: MAX_32 + 1 };
    this.vq = viewOf(split_device_t, port, 'local', handle);
    this.chains = arrayOf(split_chain_private_t, port, 'local', 0, 0);
  }

  /**
   * Sets this side up; touches nothing shared, as the driver has zeroed all of it. `VIRTIO_OK`; `VIRTIO_INVALID` when the
   * size is no power of two in 1..32768. Nothing else may be called before.
   * @throws RangeError when the index modulus is less than twice the size.
   */
  init(size: number): number {
    return this.port.op('init', { queue: this.id, size }, () => {
      if (!this.isValidSize(size)) return VIRTIO_INVALID;
      this.checkModulus(size);
      const { vq } = this;
      vq.size = size;
      vq.last_avail = 0;
      vq.used_idx = 0;
      vq.broken = 0;
      vq.returned = 0;
      for (let i = 0; i < size; i++) {
        const chain = this.chainAt(i, size);
        chain.writable = 0;
        chain.order = 0;
        chain.held = 0;
      }
      return VIRTIO_OK;
    });
  }

  take(out: Taken): number {
    return this.port.op('take', { queue: this.id, out }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const rings = this.rings(vq.size);
      const ahead = this.distance(this.loadAvailIndex(rings), vq.last_avail, rings.size);
      if (ahead === 0) return VIRTIO_NONE;
      const held = this.distance(vq.last_avail, vq.used_idx, rings.size);
      if (!this.isPlausible(ahead, rings.size - held)) return this.fail(VIRTIO_BAD_INDEX);
      this.orderIndexBeforeEntry();
      const position = this.position(vq.last_avail, rings.size);
      const { head } = rings.heads.at(position);
      if (!this.mayTake(head, rings.size)) return this.fail(VIRTIO_BAD_HEAD);
      const segments = this.walk(head, rings);
      if (typeof segments === 'number') return this.fail(segments);
      const bytes = segments.reduce((sum, { len, writable }) => sum + (writable ? len : 0), 0);
      const chain = this.chainAt(head, rings.size);
      chain.held = 1;
      chain.writable = Math.min(bytes, MAX_32);
      if (this.features.inOrder === true) this.chainAt(position, rings.size).order = head;
      vq.last_avail = this.advance(vq.last_avail, 1, rings.size);
      out.head = head;
      out.segments = segments;
      return VIRTIO_OK;
    });
  }

  giveBack(head: number, written: number): number {
    return this.port.op('giveBack', { queue: this.id, head, written }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const { size } = vq;
      if (!this.mayReturn(head, size) || !this.canHaveWritten(written, head, size)) return VIRTIO_INVALID;
      if (this.features.inOrder === true && !this.isInTurn(head, 0, size)) return VIRTIO_INVALID;
      return this.giveBackAll([head], head, written, this.rings(size));
    });
  }

  giveBackBatch(heads: readonly number[], written: number): number {
    return this.port.op('giveBackBatch', { queue: this.id, heads, written }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const { size } = vq;
      const last = heads.at(-1);
      if (this.features.inOrder !== true || last === undefined || heads.length > size) return VIRTIO_INVALID;
      if (!heads.every((head, i) => this.mayReturn(head, size) && this.isInTurn(head, i, size)))
        return VIRTIO_INVALID;
      if (!this.canHaveWritten(written, last, size)) return VIRTIO_INVALID;
      return this.giveBackAll(heads, last, written, this.rings(size));
    });
  }

  interrupt(): boolean {
    return this.port.op('interrupt', { queue: this.id }, () => {
      const { vq } = this;
      const { returned } = vq;
      if (vq.broken !== 0 || returned === 0) return false;
      this.orderIndexBeforeWish();
      const wanted = this.wantsInterrupt(returned, this.rings(vq.size));
      vq.returned = 0;
      if (wanted) this.notifyPeer();
      return wanted;
    });
  }

  disableKicks(): void {
    this.port.op('disableKicks', { queue: this.id }, () => {
      if (this.vq.broken === 0) this.wantNoKicks(this.rings(this.vq.size));
      return undefined;
    });
  }

  enableKicks(): boolean {
    return this.port.op('enableKicks', { queue: this.id }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return true;
      const rings = this.rings(vq.size);
      this.wantKicks(rings);
      return this.looksEmpty(rings);
    });
  }

  /** B3: the driver's index before what it announces. Pairs with B1. */
  protected orderIndexBeforeEntry(): void {
    this.port.fence('acquire');
  }

  /** B4: the entry, and all that belongs to it, before the index that announces it. Pairs with B6. */
  protected orderEntryBeforeIndex(): void {
    this.port.fence('release');
  }

  /** B5: the own index before the driver's wish about interrupts. Pairs with B7. */
  protected orderIndexBeforeWish(): void {
    this.port.fence('seq_cst');
  }

  /** B8: the own wish for kicks before a last look at the driver's index. Pairs with B2. */
  protected orderWishBeforeIndex(): void {
    this.port.fence('seq_cst');
  }

  protected loadAvailIndex(rings: SplitRings): number {
    return rings.avail.idx;
  }

  /** Whether this can stand in the available ring: a descriptor, and not the head of a chain that the device has. */
  protected mayTake(head: number, size: number): boolean {
    return head < size && this.chainAt(head, size).held === 0;
  }

  /** All segments of a chain, or what is wrong with it. */
  protected walk(head: number, rings: SplitRings): Segment[] | number {
    const segments: Segment[] = [];
    let table = rings.desc;
    /** The descriptor that names the table in which the walk is. */
    let named: SplitContents | null = null;
    let at = head;
    for (let met = 0; this.mayGoOn(met, named !== null, rings.size); met++) {
      if (!this.isEntry(at, table.count)) return VIRTIO_BAD_HEAD;
      const desc = table.at(at);
      const contents = this.read(desc);
      if ((contents.flags & DESC_INDIRECT) !== 0) {
        if (!this.mayNameTable(contents, met, named !== null, rings.size)) return VIRTIO_BAD_INDIRECT;
        if (!this.isReachable(contents)) return VIRTIO_BAD_BUFFER;
        const entries = contents.len / split_desc_t.bytes;
        table = arrayOf(split_desc_t, this.port, 'shared', contents.addr, entries);
        named = contents;
        at = 0;
        continue;
      }
      if (!this.isReachable(contents)) return VIRTIO_BAD_BUFFER;
      const segment = this.segmentOf(contents, named, desc);
      if (!this.mayFollow(segment, segments.at(-1))) return VIRTIO_BAD_ORDER;
      segments.push(segment);
      if ((contents.flags & DESC_NEXT) === 0) return segments;
      at = contents.next;
    }
    return VIRTIO_CHAIN_TOO_LONG;
  }

  /** Whether a walk may meet one more. As many as the queue has, and the one that names a table, which is no segment. */
  protected mayGoOn(met: number, inTable: boolean, size: number): boolean {
    return met < (inTable ? size + 1 : size);
  }

  /** Whether a head or a `next` is one of the descriptors. */
  protected isEntry(at: number, count: number): boolean {
    return at < count;
  }

  /** Each field once. */
  protected read(desc: SplitDescriptor): SplitContents {
    const { addr, addr_high, len, flags } = desc;
    return { addr, addr_high, len, flags, next: (flags & DESC_NEXT) === 0 ? 0 : desc.next };
  }

  /**
   * SD5 and SV4: whether a descriptor may name a table, and a table can be what it names. WRITE says nothing here.
   * @param _met descriptors of the chain before it.
   */
  protected mayNameTable(
    { addr, len, flags }: SplitContents,
    _met: number,
    inTable: boolean,
    size: number,
  ): boolean {
    if (this.features.indirectDesc !== true || !this.mayNest(inTable)) return false;
    if ((flags & DESC_NEXT) !== 0) return false;
    const entries = len / split_desc_t.bytes;
    return Number.isInteger(entries) && entries > 0 && entries <= size && addr % split_desc_t.alignment === 0;
  }

  protected mayNest(inTable: boolean): boolean {
    return !inTable;
  }

  /** Whether a descriptor names bytes, and only such as the device may reach. */
  protected isReachable({ addr, addr_high, len }: SplitContents): boolean {
    return addr_high === 0 && len > 0 && addr >= this.reach.from && addr + len <= this.reach.to;
  }

  /** What a descriptor names. @param _named the one that names its table. @param _desc where it stands. */
  protected segmentOf(
    { addr, len, flags }: SplitContents,
    _named: SplitContents | null,
    _desc: SplitDescriptor,
  ): Segment {
    return { addr, len, writable: (flags & DESC_WRITE) !== 0 };
  }

  /** Segments for reading before those for writing (2.7.4.2). */
  protected mayFollow(segment: Segment, before: Segment | undefined): boolean {
    return segment.writable || before?.writable !== true;
  }

  /** Whether the device has the chain. */
  protected mayReturn(head: number, size: number): boolean {
    return Number.isInteger(head) && head >= 0 && head < size && this.chainAt(head, size).held === 1;
  }

  protected canHaveWritten(written: number, head: number, size: number): boolean {
    return Number.isInteger(written) && written >= 0 && written <= this.chainAt(head, size).writable;
  }

  /** IN_ORDER: whether a chain is the next one to be returned. @param before how many go back before it in the same batch. */
  protected isInTurn(head: number, before: number, size: number): boolean {
    const { last_avail, used_idx } = this.vq;
    if (before >= this.distance(last_avail, used_idx, size)) return false;
    return this.chainAt(this.position(this.advance(used_idx, before, size), size), size).order === head;
  }

  /** One entry for all of these, with the id of the last one (2.7.9). */
  private giveBackAll(heads: readonly number[], last: number, written: number, rings: SplitRings): number {
    const { vq } = this;
    const len = this.reportedLength(written, last, rings);
    for (const [i, head] of heads.entries()) {
      const chain = this.chainAt(head, rings.size);
      chain.held = 0;
      chain.writable = 0;
      if (this.features.inOrder === true)
        this.chainAt(this.position(this.advance(vq.used_idx, i, rings.size), rings.size), rings.size).order =
          0;
    }
    this.publish(last, len, heads.length, rings);
    vq.used_idx = this.advance(vq.used_idx, heads.length, rings.size);
    vq.returned = this.countOn(vq.returned, heads.length, rings.size);
    return VIRTIO_OK;
  }

  /** What the used entry says was written (SV6). */
  protected reportedLength(written: number, _head: number, _rings: SplitRings): number {
    return written;
  }

  /** Entry, then index. @param count how many chains the entry stands for. */
  protected publish(id: number, len: number, count: number, rings: SplitRings): void {
    this.storeEntry(id, len, count, rings);
    this.orderEntryBeforeIndex();
    this.storeIndex(count, rings);
  }

  protected storeEntry(id: number, len: number, count: number, rings: SplitRings): void {
    const entry = rings.entries.at(this.entryPosition(count, rings.size));
    entry.id = id;
    entry.len = len;
  }

  /** Where the entry of a batch goes: to the place of the first one (2.7.9). */
  protected entryPosition(_count: number, size: number): number {
    return this.position(this.vq.used_idx, size);
  }

  protected storeIndex(count: number, rings: SplitRings): void {
    rings.used.idx = this.advance(this.vq.used_idx, count, rings.size);
  }

  /** Whether the driver wants an interrupt: by the one field that is in force. @param returned chains since the last test. */
  protected wantsInterrupt(returned: number, rings: SplitRings): boolean {
    return this.readsEventField()
      ? this.isWaitedFor(rings.usedEvent.event, this.vq.used_idx, returned, rings.size)
      : (rings.avail.flags & AVAIL_NO_INTERRUPT) === 0;
  }

  /** Under EVENT_IDX the flags stay 0 (SV7): there is nothing to be done. */
  protected wantNoKicks(rings: SplitRings): void {
    if (this.features.eventIdx !== true) rings.used.flags = USED_NO_NOTIFY;
  }

  protected wantKicks(rings: SplitRings): void {
    if (this.features.eventIdx === true) rings.availEvent.event = this.vq.last_avail;
    else rings.used.flags = 0;
  }

  /** The last look after kicks were wanted: for what was made available before the driver could see that. */
  protected looksEmpty(rings: SplitRings): boolean {
    this.orderWishBeforeIndex();
    return this.findsNothing(this.loadAvailIndex(rings), this.vq.last_avail, rings.size);
  }

  /** Marks the queue as broken. */
  protected fail(code: number): number {
    this.vq.broken = -code;
    return code;
  }

  protected chainAt(head: number, size: number): View<typeof split_chain_private_t.fields> {
    if (this.chains.count !== size) {
      const base = this.handle + split_device_t.bytes;
      this.chains = arrayOf(split_chain_private_t, this.port, 'local', base, size);
    }
    return this.chains.at(head);
  }
}
