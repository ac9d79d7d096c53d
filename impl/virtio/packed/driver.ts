/**
 * The driver's side of a packed virtqueue (VirtIO 1.2, 2.8.20 to 2.8.22). It trusts nothing that the device could have
 * written: ids, lengths and slots of lists are its own, and each field of a used descriptor is read once.
 *
 * What the specification leaves open, and what is done here:
 * - The id stands in each descriptor of a list.
 * - A list has at most as many segments as the queue has slots, those in a table counted: the strictest reading of 2.8.5.
 * - It has so few bytes that none of its lengths is `UNKNOWN_LENGTH`.
 */
import { arrayOf, type MemoryPort, type StructArray, type View, viewOf } from '../../../memory/index.ts';
import {
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
} from '../queue.ts';
import { PACKED_START, slotOf, wrapOf } from './cursor.ts';
import { EVENT_DISABLE, PACKED_INDIRECT, PACKED_NEXT, PACKED_WRITE, packed_table_entry_t } from './layout.ts';
import { packed_buffer_private_t, packed_driver_t } from './privates.ts';
import { type PackedOptions, PackedSide } from './side.ts';

/** Not one entry: any list is too long for them. */
const NO_TABLES = { base: 0, entries: 0 };

/** What the driver keeps of an id, as code sees it. */
export type PackedBufferPrivate = View<typeof packed_buffer_private_t.fields>;

/** The driver's side of a queue, bound to a `packed_driver_t` in core-local memory. */
export class PackedDriver extends PackedSide implements VirtqueueDriver {
  protected readonly vq: View<typeof packed_driver_t.fields>;
  private readonly handle: number;
  protected readonly tables: NonNullable<PackedOptions['tables']>;
  /** Views of what is kept of ids: a cache, no state. */
  private privates: StructArray<typeof packed_buffer_private_t.fields>;

  /**
   * @param handle byte offset of a `packed_driver_t` in core-local memory, a multiple of 8, with room behind it: see
   * `packedDriverBytes`. @param base of the queue in shared memory, a multiple of 16: see `packedGeometry`.
   * @throws RangeError when either is no such multiple.
   */
  constructor(port: MemoryPort, handle: number, base: number, options: PackedOptions) {
    super(port, handle, base, options);
    this.handle = handle;
    this.tables = options.tables ?? NO_TABLES;
    this.vq = viewOf(packed_driver_t, port, 'local', handle);
    this.privates = arrayOf(packed_buffer_private_t, port, 'local', 0, 0);
  }

  init(size: number): number {
    return this.port.op('init', { queue: this.id, size }, () => {
      if (!this.isValidSize(size)) return VIRTIO_INVALID;
      const { vq } = this;
      vq.size = size;
      vq.broken = 0;
      vq.next_avail = PACKED_START;
      vq.next_used = PACKED_START;
      vq.free_slots = size;
      vq.free_id = 0;
      vq.added = 0;
      vq.batch_last = size;
      vq.batch_len = 0;
      for (let id = 0; id < size; id++) {
        const own = this.privateAt(id, size);
        own.token = 0;
        own.writable = 0;
        own.slots = 0;
        own.next = id + 1;
        own.order = 0;
      }
      this.zeroShared(size);
      return VIRTIO_OK;
    });
  }

  add(segments: readonly Segment[], token: number, options: AddOptions = {}): number {
    return this.port.op('add', { queue: this.id, segments, token, ...options }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const { size } = vq;
      if (!isWord(token) || !this.isSound(segments, size) || !this.isDivisible(segments.length, options))
        return VIRTIO_INVALID;
      const direct = options.indirectFrom ?? segments.length;
      const slots = direct + (direct < segments.length ? 1 : 0);
      if (!this.hasRoom(slots)) return VIRTIO_NO_SPACE;
      const id = this.takeId(size);
      const head = this.loadNextAvail();
      this.noteAdded(id, head, slots, segments, token, size);
      this.writeList(id, head, direct, slots, this.layOut(segments), size);
      return VIRTIO_OK;
    });
  }

  kick(): boolean {
    return this.port.op('kick', { queue: this.id }, () => {
      const { vq } = this;
      const count = vq.added;
      if (vq.broken !== 0 || count === 0) return false;
      const { size } = vq;
      this.orderFlagsBeforeWish();
      const wish = this.loadWish(this.rings(size).deviceEvent);
      vq.added = 0;
      if (!this.isWanted(wish, this.loadNextAvail(), count, size)) return false;
      this.notifyPeer(this.features.notificationData === true ? this.notificationData(size) : undefined);
      return true;
    });
  }

  collect(out: Collected): number {
    return this.port.op('collect', { queue: this.id, out }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const { size } = vq;
      const cursor = this.loadNextUsed();
      if (this.isInBatch(size)) return this.collectOfBatch(cursor, out, size);
      const desc = this.rings(size).desc.at(slotOf(cursor));
      const { flags } = desc;
      if (!this.isUsed(flags, wrapOf(cursor))) return VIRTIO_NONE;
      this.orderFlagsBeforeFields();
      const { id } = desc;
      // Without WRITE the length is reserved (2.8.4).
      const len = (flags & PACKED_WRITE) === 0 ? 0 : desc.len;
      if (!this.mayCollect(id, size)) return this.breakQueue(VIRTIO_BAD_USED_ID);
      if (!this.mayHaveWritten(id, len, size)) return this.breakQueue(VIRTIO_BAD_USED_LENGTH);
      if (this.endsBatch(id, cursor, size)) {
        this.beginBatch(cursor, id, len, size);
        return this.collectOfBatch(cursor, out, size);
      }
      this.finish(id, cursor, len, out, size);
      return VIRTIO_OK;
    });
  }

  disableInterrupts(): void {
    this.port.op('disableInterrupts', { queue: this.id }, () => {
      const { vq } = this;
      if (vq.broken === 0) this.storeWish(this.rings(vq.size).driverEvent, EVENT_DISABLE, 0);
      return undefined;
    });
  }

  enableInterrupts(): boolean {
    return this.port.op('enableInterrupts', { queue: this.id }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return true;
      const { size } = vq;
      const cursor = this.loadNextUsed();
      this.storeWish(this.rings(size).driverEvent, this.wishFlags(), cursor);
      this.orderWishBeforeFlags();
      return this.recheck(cursor, size);
    });
  }

  /**
   * Whether something seems to be there to be collected: for an interrupt handler that wants to know whether it was meant,
   * while the task that it interrupts collects. May be out of date as soon as it is said. Beyond `VirtqueueDriver`.
   */
  hasUsed(): boolean {
    return this.port.op('hasUsed', { queue: this.id }, () => {
      const { vq } = this;
      return vq.broken === 0 && !this.findsNothingUsed(this.loadNextUsed(), vq.size);
    });
  }

  /** The slot of the next list (2.9). */
  protected notificationData(_size: number): NotificationData {
    const cursor = this.loadNextAvail();
    return { next_off: slotOf(cursor), next_wrap: wrapOf(cursor) };
  }

  /** Zeroes the ring and both event structures: a stale flag would publish what is not there (2.8.13). */
  protected zeroShared(size: number): void {
    const { desc, driverEvent, deviceEvent } = this.rings(size);
    for (let slot = 0; slot < size; slot++) {
      const at = desc.at(slot);
      at.addr = 0;
      at.addr_high = 0;
      at.len = 0;
      at.id = 0;
      at.flags = 0;
    }
    for (const { whole, halves } of [driverEvent, deviceEvent]) {
      if (this.options.halves === true) {
        halves.desc = 0;
        halves.flags = 0;
      } else {
        whole.word = 0;
      }
    }
  }

  /** B1: a descriptor's fields, and all that belongs to it, before the flags that publish it. Pairs with B3. */
  protected orderFieldsBeforeFlags(): void {
    this.port.fence('release');
  }

  /** B2: the own flags before the device's wish about kicks. Pairs with B8. */
  protected orderFlagsBeforeWish(): void {
    this.port.fence('seq_cst');
  }

  /** B6: the device's flags before the fields that they publish. Pairs with B4. */
  protected orderFlagsBeforeFields(): void {
    this.port.fence('acquire');
  }

  /** B7: the own wish for interrupts before a last look at the device's flags. Pairs with B5. */
  protected orderWishBeforeFlags(): void {
    this.port.fence('seq_cst');
  }

  protected loadNextAvail(): number {
    return this.vq.next_avail;
  }

  protected storeNextAvail(cursor: number): void {
    this.vq.next_avail = cursor;
  }

  protected loadNextUsed(): number {
    return this.vq.next_used;
  }

  protected storeNextUsed(cursor: number): void {
    this.vq.next_used = cursor;
  }

  /** One segment to as many as there are slots, none empty, all in the 32 bits of an offset, those for reading first. */
  protected isSound(segments: readonly Segment[], size: number): boolean {
    if (segments.length === 0 || segments.length > size) return false;
    let total = 0;
    let writable = false;
    for (const { addr, len, writable: writes } of segments) {
      if (!isWord(addr) || !isWord(len) || len === 0 || addr + len > 0x1_0000_0000) return false;
      if (writable && !writes) return false;
      writable = writes;
      total += len;
    }
    // Used lengths have 32 bits, and the largest stands for none.
    return total < UNKNOWN_LENGTH;
  }

  /** Whether a list can be divided like this into descriptors of the ring and entries of a table. */
  protected isDivisible(length: number, { indirectFrom }: AddOptions): boolean {
    if (indirectFrom === undefined) return true;
    if (this.features.indirectDesc !== true || !this.mayBeDirect(indirectFrom, length)) return false;
    return length - indirectFrom <= this.tables.entries;
  }

  /** Whether so many segments may come before a table: a list has descriptors of one kind only (2.8.5). */
  protected mayBeDirect(indirectFrom: number, _length: number): boolean {
    return indirectFrom === 0;
  }

  /** Whether so many slots are free. */
  protected hasRoom(slots: number): boolean {
    return slots <= this.vq.free_slots;
  }

  /** Takes the first free id. There is one for each slot, so there is one while a slot is free. */
  protected takeId(size: number): number {
    const { vq } = this;
    const id = vq.free_id;
    vq.free_id = this.privateAt(id, size).next;
    return id;
  }

  /** Puts an id in front of the free ones. */
  protected releaseId(id: number, size: number): void {
    const { vq } = this;
    const own = this.privateAt(id, size);
    own.slots = 0;
    own.next = vq.free_id;
    vq.free_id = id;
  }

  /** All that the driver has to know of a list, before the device can see it. */
  private noteAdded(
    id: number,
    head: number,
    slots: number,
    segments: readonly Segment[],
    token: number,
    size: number,
  ): void {
    const { vq } = this;
    const own = this.privateAt(id, size);
    own.token = token;
    own.writable = segments.reduce((sum, { len, writable }) => sum + (writable ? len : 0), 0);
    own.slots = slots;
    if (this.features.inOrder === true) this.privateAt(slotOf(head), size).order = id;
    vq.free_slots -= slots;
    this.countAdded(slots, size);
    this.storeNextAvail(this.pass(head, slots, size));
  }

  /** Slots since the last test whether the device wants a kick. */
  protected countAdded(slots: number, size: number): void {
    const { vq } = this;
    vq.added = this.countOn(vq.added, slots, size);
  }

  /** The head's flags come last: before, the device sees nothing of the list. */
  private writeList(
    id: number,
    head: number,
    direct: number,
    slots: number,
    segments: readonly Segment[],
    size: number,
  ): void {
    let headFlags = 0;
    for (let element = 0; element < slots; element++) {
      const cursor = this.placeInList(head, element, size);
      const segment = element < direct ? segments[element] : undefined;
      let flags = this.availableFlags(this.wrapOfElement(head, cursor));
      flags |= this.nextFlag(element + 1 === slots);
      if (segment?.writable === true) flags |= PACKED_WRITE;
      if (segment === undefined) flags |= PACKED_INDIRECT;
      const tail = element === 0 ? null : flags;
      if (segment === undefined) {
        const table = this.writeTable(id, segments.slice(direct));
        this.writeDescriptor(cursor, table.addr, table.len, id, tail, size);
      } else {
        this.describe(id, segment, () =>
          this.writeDescriptor(cursor, segment.addr, segment.len, id, tail, size),
        );
      }
      if (element === 0) {
        headFlags = flags;
        this.headWritten(id, head, flags, size);
      }
    }
    this.listWritten(id, head, headFlags, size);
  }

  /** The segments in the order of the list: the caller's, which `isSound` looks at. */
  protected layOut(segments: readonly Segment[]): readonly Segment[] {
    return segments;
  }

  /** All elements have NEXT but the last (2.8.6). */
  protected nextFlag(isLast: boolean): number {
    return isLast ? 0 : PACKED_NEXT;
  }

  /** The wrap counter that an element's flags go by: that of its own slot. */
  protected wrapOfElement(_head: number, cursor: number): number {
    return wrapOf(cursor);
  }

  /** @param flags `null` for the head, whose flags are stored by `publish`. */
  private writeDescriptor(
    cursor: number,
    addr: number,
    len: number,
    id: number,
    flags: number | null,
    size: number,
  ): void {
    const desc = this.rings(size).desc.at(slotOf(cursor));
    desc.addr = addr;
    desc.addr_high = 0;
    desc.len = len;
    desc.id = id;
    if (flags !== null) desc.flags = flags;
  }

  /** Of an entry's flags only WRITE means something, and its id nothing (2.8.7): that is not written. */
  private writeTable(id: number, segments: readonly Segment[]): { addr: number; len: number } {
    const { base, entries } = this.tables;
    const addr = base + id * entries * packed_table_entry_t.bytes;
    const table = arrayOf(packed_table_entry_t, this.port, 'shared', addr, segments.length);
    segments.forEach((segment, i) => {
      this.describe(id, segment, () => {
        const entry = table.at(i);
        entry.addr = segment.addr;
        entry.addr_high = 0;
        entry.len = segment.len;
        entry.flags = this.entryFlags(segment, i === segments.length - 1);
      });
    });
    return { addr, len: segments.length * packed_table_entry_t.bytes };
  }

  protected entryFlags({ writable }: Segment, _isLast: boolean): number {
    return writable ? PACKED_WRITE : 0;
  }

  private describe(id: number, { addr, len, writable }: Segment, write: () => void): void {
    // An operation of its own, so that monitors know which list a buffer belongs to.
    this.port.op('describe', { queue: this.id, head: id, addr, len, writable }, () => {
      write();
      return undefined;
    });
  }

  /** What happens when the head stands in the ring, but for its flags: nothing. */
  protected headWritten(_id: number, _head: number, _flags: number, _size: number): void {}

  /** What happens when all of a list stands in the ring, but for its head's flags. */
  protected listWritten(id: number, head: number, flags: number, size: number): void {
    this.publish(id, head, flags, size);
  }

  /** Makes a list available by its head's flags. */
  protected publish(id: number, head: number, flags: number, size: number): void {
    this.port.op('expose', { queue: this.id, head: id }, () => {
      this.orderFieldsBeforeFlags();
      this.rings(size).desc.at(slotOf(head)).flags = flags;
      return undefined;
    });
  }

  /** A last look, once interrupts are wanted: whether nothing is there to be collected. */
  protected recheck(cursor: number, size: number): boolean {
    return this.findsNothingUsed(cursor, size);
  }

  /** Whether nothing is there to be collected. */
  protected findsNothingUsed(cursor: number, size: number): boolean {
    if (this.isInBatch(size)) return false;
    return !this.isUsed(this.rings(size).desc.at(slotOf(cursor)).flags, wrapOf(cursor));
  }

  /** Whether this can be the id of a used descriptor: that of a list which the device has. */
  protected mayCollect(id: number, size: number): boolean {
    return id < size && this.privateAt(id, size).slots > 0;
  }

  /** Whether the device can have written so many bytes to a list. */
  protected mayHaveWritten(id: number, len: number, size: number): boolean {
    return len <= this.privateAt(id, size).writable;
  }

  private isInBatch(size: number): boolean {
    return this.features.inOrder === true && this.vq.batch_last !== size;
  }

  /** IN_ORDER: whether a used descriptor stands for more lists than the one with its id. */
  private endsBatch(id: number, cursor: number, size: number): boolean {
    return this.features.inOrder === true && this.oldest(cursor, size) !== id;
  }

  /** IN_ORDER: the id of the list that begins at the cursor. */
  protected oldest(cursor: number, size: number): number {
    return this.privateAt(slotOf(cursor), size).order;
  }

  /** IN_ORDER: what follows up to the list with this id was used, too. */
  protected beginBatch(_cursor: number, last: number, len: number, _size: number): void {
    const { vq } = this;
    vq.batch_last = last;
    vq.batch_len = len;
  }

  /** The next list of a batch. Shared memory says nothing of those before the last one. */
  private collectOfBatch(cursor: number, out: Collected, size: number): number {
    const { vq } = this;
    const id = this.oldest(cursor, size);
    const isLast = id === vq.batch_last;
    this.finish(id, cursor, isLast ? vq.batch_len : UNKNOWN_LENGTH, out, size);
    if (isLast) vq.batch_last = size;
    return VIRTIO_OK;
  }

  /** Hands a list over to the user: its slots and its id are free. */
  private finish(id: number, cursor: number, len: number, out: Collected, size: number): void {
    const { vq } = this;
    const slots = this.slotsOf(id, cursor, size);
    out.token = this.privateAt(id, size).token;
    out.head = id;
    out.len = len;
    vq.free_slots += slots;
    this.releaseId(id, size);
    this.storeNextUsed(this.pass(cursor, slots, size));
  }

  /** Slots of a list that came back. @param _cursor where its used descriptor stands. */
  protected slotsOf(id: number, _cursor: number, size: number): number {
    return this.privateAt(id, size).slots;
  }

  /** The device cannot be trusted any more. */
  protected breakQueue(code: number): number {
    this.vq.broken = -code;
    return code;
  }

  protected privateAt(id: number, size: number): PackedBufferPrivate {
    if (this.privates.count !== size) {
      const base = this.handle + packed_driver_t.bytes;
      this.privates = arrayOf(packed_buffer_private_t, this.port, 'local', base, size);
    }
    return this.privates.at(id);
  }
}

/** Whether it is an integer of 32 bits. */
function isWord(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
}
