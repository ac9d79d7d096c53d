/**
 * The device's side of a packed virtqueue (VirtIO 1.2, 2.8). It trusts nothing that the driver could have written: each
 * field is read once, a list is copied as a whole before any used descriptor can be written over it, and what is wrong
 * with it has a name.
 *
 * It takes ids below the size only, though the specification lets the driver choose any 16 bits; and tables at multiples of
 * 4 only, though it does not say where they must lie.
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
import type { Segment, Taken, VirtqueueDevice } from '../queue.ts';
import { PACKED_START, slotOf, wrapOf } from './cursor.ts';
import { EVENT_DISABLE, PACKED_INDIRECT, PACKED_NEXT, PACKED_WRITE, packed_table_entry_t } from './layout.ts';
import { packed_device_t, packed_list_private_t } from './privates.ts';
import { type PackedDescriptor, type PackedOptions, PackedSide } from './side.ts';

/** What the device keeps of an id, as code sees it. */
export type PackedListPrivate = View<typeof packed_list_private_t.fields>;

/** A list as it is read, in the device's own memory. */
export type PackedList = {
  id: number;
  /** That it takes in the ring. */
  slots: number;
  readonly segments: Segment[];
};

/** What names bytes: a descriptor of the ring, or an entry of a table. */
export type PackedNaming = { readonly addr: number; readonly addr_high: number; readonly len: number };

/** The device's side of a queue, bound to a `packed_device_t` in core-local memory. */
export class PackedDevice extends PackedSide implements VirtqueueDevice {
  protected readonly vq: View<typeof packed_device_t.fields>;
  private readonly handle: number;
  /** Views of what is kept of ids: a cache, no state. */
  private privates: StructArray<typeof packed_list_private_t.fields>;

  /**
   * @param handle byte offset of a `packed_device_t` in core-local memory, a multiple of 8, with room behind it: see
   * `packedDeviceBytes`. @param base of the queue in shared memory, a multiple of 16: see `packedGeometry`.
   * @throws RangeError when either is no such multiple.
   */
  constructor(port: MemoryPort, handle: number, base: number, options: PackedOptions) {
    super(port, handle, base, options);
    this.handle = handle;
    this.vq = viewOf(packed_device_t, port, 'local', handle);
    this.privates = arrayOf(packed_list_private_t, port, 'local', 0, 0);
  }

  init(size: number): number {
    return this.port.op('init', { queue: this.id, size }, () => {
      if (!this.isValidSize(size)) return VIRTIO_INVALID;
      const { vq } = this;
      vq.size = size;
      vq.broken = 0;
      vq.next_avail = PACKED_START;
      vq.next_used = PACKED_START;
      vq.held = 0;
      vq.returned = 0;
      for (let id = 0; id < size; id++) {
        const own = this.privateAt(id, size);
        own.writable = 0;
        own.slots = 0;
        own.order = 0;
      }
      return VIRTIO_OK;
    });
  }

  take(out: Taken): number {
    return this.port.op('take', { queue: this.id, out }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const { size } = vq;
      const cursor = this.loadNextAvail();
      const { flags } = this.rings(size).desc.at(slotOf(cursor));
      if (!this.isAvailable(flags, wrapOf(cursor))) return VIRTIO_NONE;
      this.orderFlagsBeforeFields();
      const list: PackedList = { id: 0, slots: 0, segments: [] };
      const code = this.readList(cursor, flags, list, size);
      if (code !== VIRTIO_OK) return this.breakQueue(code);
      if (!this.mayTake(list.id, size)) return this.breakQueue(VIRTIO_BAD_HEAD);
      if (!this.isPlausible(list.slots, size)) return this.breakQueue(VIRTIO_BAD_INDEX);
      this.noteTaken(cursor, list, size);
      out.head = list.id;
      out.segments = list.segments;
      return VIRTIO_OK;
    });
  }

  giveBack(head: number, written: number): number {
    return this.port.op('giveBack', { queue: this.id, head, written }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const { size } = vq;
      if (!this.mayReturn(head, size) || !this.mayHaveWritten(head, written, size)) return VIRTIO_INVALID;
      const cursor = this.loadNextUsed();
      if (!this.isNext(head, cursor, size)) return VIRTIO_INVALID;
      const slots = this.slotsOf(head, size);
      this.writeUsed(cursor, head, written, size);
      this.noteReturned(head, size);
      this.passUsed(cursor, slots, size);
      return VIRTIO_OK;
    });
  }

  giveBackBatch(heads: readonly number[], written: number): number {
    return this.port.op('giveBackBatch', { queue: this.id, heads, written }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const last = heads.at(-1);
      if (this.features.inOrder !== true || last === undefined) return VIRTIO_INVALID;
      const { size } = vq;
      const cursor = this.loadNextUsed();
      // Nothing has changed when a list in the middle is not the device's, or not its next one.
      let slots = 0;
      let slotsBeforeLast = 0;
      for (const head of heads) {
        if (!this.mayReturn(head, size)) return VIRTIO_INVALID;
        slotsBeforeLast = slots;
        slots += this.slotsOf(head, size);
        // More than the device has: a list that was named twice.
        if (slots > vq.held) return VIRTIO_INVALID;
        if (!this.isNext(head, this.placeInList(cursor, slotsBeforeLast, size), size)) return VIRTIO_INVALID;
      }
      if (!this.mayHaveWritten(last, written, size)) return VIRTIO_INVALID;
      this.writeUsed(this.batchPlace(cursor, slotsBeforeLast, size), last, written, size);
      for (const head of heads) this.noteReturned(head, size);
      this.passUsed(cursor, slots, size);
      return VIRTIO_OK;
    });
  }

  /**
   * Gives all lists of one request back, for devices that answer several buffers as one: the first one is marked as used last
   * (2.8.9), so that the driver sees all of them or none. Codes as `giveBack`. Beyond `VirtqueueDevice`.
   * @param written to each of them.
   */
  giveBackRequest(heads: readonly number[], written: readonly number[]): number {
    return this.port.op('giveBackRequest', { queue: this.id, heads, written }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return VIRTIO_QUEUE_BROKEN;
      const { size } = vq;
      if (heads.length === 0 || heads.length !== written.length || new Set(heads).size !== heads.length)
        return VIRTIO_INVALID;
      const places: number[] = [];
      let slots = 0;
      for (const [i, head] of heads.entries()) {
        if (!this.mayReturn(head, size) || !this.mayHaveWritten(head, Number(written[i]), size))
          return VIRTIO_INVALID;
        const place = this.placeInList(this.loadNextUsed(), slots, size);
        if (!this.isNext(head, place, size)) return VIRTIO_INVALID;
        places.push(place);
        slots += this.slotsOf(head, size);
      }
      for (const i of this.orderInRequest(heads.length))
        this.writeUsed(Number(places[i]), Number(heads[i]), Number(written[i]), size);
      for (const head of heads) this.noteReturned(head, size);
      this.passUsed(this.loadNextUsed(), slots, size);
      return VIRTIO_OK;
    });
  }

  /** The order in which the lists of a request are marked as used. */
  protected orderInRequest(count: number): readonly number[] {
    return Array.from({ length: count }, (_, i) => count - 1 - i);
  }

  interrupt(): boolean {
    return this.port.op('interrupt', { queue: this.id }, () => {
      const { vq } = this;
      const count = vq.returned;
      if (vq.broken !== 0 || count === 0) return false;
      const { size } = vq;
      this.orderFlagsBeforeWish();
      const wish = this.loadWish(this.rings(size).driverEvent);
      vq.returned = 0;
      if (!this.isWanted(wish, this.loadNextUsed(), count, size)) return false;
      this.notifyPeer();
      return true;
    });
  }

  disableKicks(): void {
    this.port.op('disableKicks', { queue: this.id }, () => {
      const { vq } = this;
      if (vq.broken === 0) this.storeWish(this.rings(vq.size).deviceEvent, EVENT_DISABLE, 0);
      return undefined;
    });
  }

  enableKicks(): boolean {
    return this.port.op('enableKicks', { queue: this.id }, () => {
      const { vq } = this;
      if (vq.broken !== 0) return true;
      const { size } = vq;
      const cursor = this.loadNextAvail();
      this.storeWish(this.rings(size).deviceEvent, this.wishFlags(), cursor);
      this.orderWishBeforeFlags();
      return this.recheck(cursor, size);
    });
  }

  /** B3: the driver's flags before the fields that they publish. Pairs with B1. */
  protected orderFlagsBeforeFields(): void {
    this.port.fence('acquire');
  }

  /** B4: a descriptor's fields, and all that belongs to it, before the flags that publish it. Pairs with B6. */
  protected orderFieldsBeforeFlags(): void {
    this.port.fence('release');
  }

  /** B5: the own flags before the driver's wish about interrupts. Pairs with B7. */
  protected orderFlagsBeforeWish(): void {
    this.port.fence('seq_cst');
  }

  /** B8: the own wish for kicks before a last look at the driver's flags. Pairs with B2. */
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

  /** Reads a whole list. `VIRTIO_OK`, or what is wrong with it. @param headFlags that were found at the cursor. */
  protected readList(cursor: number, headFlags: number, list: PackedList, size: number): number {
    const { desc } = this.rings(size);
    const limit = this.listLimit(size);
    let at = cursor;
    let flags = headFlags;
    for (;;) {
      const element = desc.at(slotOf(at));
      if (list.slots > 0) flags = element.flags;
      list.slots++;
      const code = this.readElement(element, flags, list, size);
      if (code !== VIRTIO_OK) return code;
      if ((flags & PACKED_NEXT) === 0) {
        // Only here is the driver obliged to write it (2.8.6).
        list.id = element.id;
        return VIRTIO_OK;
      }
      if (list.slots >= limit) return VIRTIO_CHAIN_TOO_LONG;
      at = this.placeInList(at, 1, size);
    }
  }

  /** Elements of a list, those in a table included (2.8.5): more can only be a loop, or an attack. */
  protected listLimit(size: number): number {
    return size;
  }

  protected readElement(element: PackedDescriptor, flags: number, list: PackedList, size: number): number {
    if ((flags & PACKED_INDIRECT) === 0) return this.admit(element, flags, list);
    // WRITE means nothing here (2.8.7).
    if (!this.mayBeIndirect(flags, list.slots === 1)) return VIRTIO_BAD_INDIRECT;
    const { addr, addr_high, len } = element;
    return this.readTable({ addr, addr_high, len }, list, size);
  }

  /** INDIRECT must have been negotiated, and is a list of its own (2.8.19). */
  protected mayBeIndirect(flags: number, isHead: boolean): boolean {
    return this.features.indirectDesc === true && isHead && (flags & PACKED_NEXT) === 0;
  }

  /** All entries of a table, one behind the other; of their flags only WRITE means something (2.8.7). */
  private readTable(table: PackedNaming, list: PackedList, size: number): number {
    const { addr, len } = table;
    const { bytes, alignment } = packed_table_entry_t;
    if (len === 0 || len % bytes !== 0 || addr % alignment !== 0) return VIRTIO_BAD_INDIRECT;
    if (!this.isInReach(table)) return VIRTIO_BAD_BUFFER;
    const count = len / bytes;
    if (count > this.listLimit(size)) return VIRTIO_CHAIN_TOO_LONG;
    const entries = arrayOf(packed_table_entry_t, this.port, 'shared', addr, count);
    let met = 0;
    let code: number;
    let ends: boolean;
    do {
      const entry = entries.at(met++);
      const { flags } = entry;
      code = this.admit(entry, flags, list);
      ends = this.endsTable(flags, met === count);
    } while (code === VIRTIO_OK && !ends);
    return code;
  }

  /** Whether a table ends with an entry that has these flags. @param isLast the table has no more. */
  protected endsTable(_flags: number, isLast: boolean): boolean {
    return isLast;
  }

  /** Copies a segment into a list, and looks at the copy. */
  protected admit(naming: PackedNaming, flags: number, list: PackedList): number {
    const { addr, addr_high, len } = naming;
    if (!this.isInReach({ addr, addr_high, len })) return VIRTIO_BAD_BUFFER;
    const writable = (flags & PACKED_WRITE) !== 0;
    if (!this.mayFollow(writable, list)) return VIRTIO_BAD_ORDER;
    list.segments.push({ addr, len, writable });
    return VIRTIO_OK;
  }

  /** Whether these are bytes, and all of them bytes that the device may reach. */
  protected isInReach({ addr, addr_high, len }: PackedNaming): boolean {
    const { from, to } = this.options.reach ?? { from: 0, to: 0x1_0000_0000 };
    return addr_high === 0 && len > 0 && addr >= from && addr + len <= to;
  }

  /** Readable segments come first (2.8.17). */
  protected mayFollow(writable: boolean, { segments }: PackedList): boolean {
    return writable || segments.at(-1)?.writable !== true;
  }

  /** Whether this can be the id of an available list: not that of one which the device has. */
  protected mayTake(id: number, size: number): boolean {
    return id < size && this.privateAt(id, size).slots === 0;
  }

  /** Whether so many slots can be available beside those that the device has. */
  protected isPlausible(slots: number, size: number): boolean {
    return this.vq.held + slots <= size;
  }

  /** All that the device has to know of a list, as its slots can be written over from here on. */
  protected noteTaken(cursor: number, { id, slots, segments }: PackedList, size: number): void {
    const { vq } = this;
    const own = this.privateAt(id, size);
    own.slots = slots;
    const writable = segments.reduce((sum, segment) => sum + (segment.writable ? segment.len : 0), 0);
    // A driver may name the same bytes twice, and more of them than a length can say.
    own.writable = Math.min(writable, 0xffff_ffff);
    if (this.features.inOrder === true) this.privateAt(slotOf(cursor), size).order = id;
    vq.held += slots;
    this.storeNextAvail(this.pass(cursor, slots, size));
  }

  /** Whether the device has the list. */
  protected mayReturn(head: number, size: number): boolean {
    return Number.isInteger(head) && head >= 0 && head < size && this.privateAt(head, size).slots > 0;
  }

  /** Whether so many bytes can have been written to the list. */
  protected mayHaveWritten(head: number, written: number, size: number): boolean {
    return Number.isInteger(written) && written >= 0 && written <= this.privateAt(head, size).writable;
  }

  /** IN_ORDER: whether the list is the one to be returned at this place. */
  protected isNext(head: number, cursor: number, size: number): boolean {
    return this.features.inOrder !== true || this.privateAt(slotOf(cursor), size).order === head;
  }

  /** Where a batch's used descriptor goes: to its first list (2.8.8). */
  protected batchPlace(cursor: number, _slotsBeforeLast: number, _size: number): number {
    return cursor;
  }

  /** Slots that the used cursor moves on by: those of the list that is returned, wherever it lay. */
  protected slotsOf(head: number, size: number): number {
    return this.privateAt(head, size).slots;
  }

  /** Writes a used descriptor; its flags publish it. */
  protected writeUsed(cursor: number, id: number, written: number, size: number): void {
    const desc = this.rings(size).desc.at(slotOf(cursor));
    desc.id = id;
    desc.len = this.lengthToReport(id, written, size);
    this.orderFieldsBeforeFlags();
    desc.flags = this.usedFlags(wrapOf(cursor)) | this.writeFlag(written);
  }

  /** What the used descriptor says was written. */
  protected lengthToReport(_id: number, written: number, _size: number): number {
    return written;
  }

  /** WRITE if data was written, and only then (2.8.3). */
  protected writeFlag(written: number): number {
    return written > 0 ? PACKED_WRITE : 0;
  }

  /** The device has the list no more. */
  protected noteReturned(head: number, size: number): void {
    const own = this.privateAt(head, size);
    this.vq.held -= own.slots;
    own.slots = 0;
  }

  private passUsed(cursor: number, slots: number, size: number): void {
    this.countReturned(slots, size);
    this.storeNextUsed(this.pass(cursor, slots, size));
  }

  /** Slots since the last test whether the driver wants an interrupt. */
  protected countReturned(slots: number, size: number): void {
    const { vq } = this;
    vq.returned = this.countOn(vq.returned, slots, size);
  }

  /** A last look, once kicks are wanted: whether nothing is there to be taken. */
  protected recheck(cursor: number, size: number): boolean {
    return !this.isAvailable(this.rings(size).desc.at(slotOf(cursor)).flags, wrapOf(cursor));
  }

  /** The driver cannot be trusted any more. */
  protected breakQueue(code: number): number {
    this.vq.broken = -code;
    return code;
  }

  protected privateAt(id: number, size: number): PackedListPrivate {
    if (this.privates.count !== size) {
      const base = this.handle + packed_device_t.bytes;
      this.privates = arrayOf(packed_list_private_t, this.port, 'local', base, size);
    }
    return this.privates.at(id);
  }
}
