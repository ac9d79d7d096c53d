/**
 * What both sides of a packed virtqueue share (VirtIO 1.2, 2.8): the ring, the cursors, the event suppression structures,
 * and the test whether the peer wants to be notified. The barriers, alike as they are, each side has on lines of its own:
 * tools that tell barriers apart by where they stand then tell B1 from B4.
 *
 * The small protected methods are the steps of the algorithm. A seeded defect overrides one of them.
 */
import { arrayOf, type MemoryPort, type StructArray, type View, viewOf } from '../../../memory/index.ts';
import type { Features } from '../features.ts';
import { needEvent } from '../notify.ts';
import type { NotificationData, VirtqueueOptions } from '../queue.ts';
import { advanceCursor, slotOf, wrapOf } from './cursor.ts';
import {
  EVENT_DESC,
  EVENT_DISABLE,
  EVENT_ENABLE,
  PACKED_AVAIL,
  PACKED_USED,
  type PackedGeometry,
  packed_desc_t,
  packed_event_halves_t,
  packed_event_t,
  packedGeometry,
} from './layout.ts';

/** What a side of a packed virtqueue is configured with. */
export type PackedOptions = VirtqueueOptions & {
  /**
   * Event suppression structures are accessed by 16 bits: the flags, and the offset with its wrap counter, apart. Both
   * sides must do alike. Not given: by 32 bits.
   */
  readonly halves?: boolean;
};

/** A descriptor in shared memory, as code sees it. */
export type PackedDescriptor = View<typeof packed_desc_t.fields>;

/** An event suppression structure in shared memory, as code sees it: in one of two ways. */
export type PackedEvent = {
  readonly whole: View<typeof packed_event_t.fields>;
  readonly halves: View<typeof packed_event_halves_t.fields>;
};

/** All parts of a queue in shared memory, as code sees them. */
export type PackedRings = {
  /** In slots. */
  readonly size: number;
  readonly desc: StructArray<typeof packed_desc_t.fields>;
  readonly driverEvent: PackedEvent;
  readonly deviceEvent: PackedEvent;
};

/** The largest size, in slots: a slot fits into 15 bits. */
export const MAX_PACKED_SIZE = 0x8000;
/** What event indices are compared modulo: twice the largest size. */
const EVENT_MODULUS = 0x1_0000;

/** One side of a queue. */
export abstract class PackedSide {
  protected readonly port: MemoryPort;
  /** What operations' arguments call the queue. */
  protected readonly id: string;
  protected readonly features: Features;
  protected readonly options: PackedOptions;
  private readonly base: number;
  /** Views of the queue with the size last used: a cache, no state. */
  private views: PackedRings;

  /** @throws RangeError when the queue does not begin at a multiple of 16, or the private struct at one of 8. */
  constructor(port: MemoryPort, handle: number, base: number, options: PackedOptions) {
    if (base % 16 !== 0) throw new RangeError(`base: expected a multiple of 16, got ${base}`);
    if (handle % 8 !== 0) throw new RangeError(`handle: expected a multiple of 8, got ${handle}`);
    this.port = port;
    this.base = base;
    this.id = options.id;
    this.features = options.features;
    this.options = options;
    this.views = packedRings(port, packedGeometry(base, 0));
  }

  protected rings(size: number): PackedRings {
    if (this.views.size !== size) this.views = packedRings(this.port, packedGeometry(this.base, size));
    return this.views;
  }

  /** 1..32768, and not only powers of two. */
  protected isValidSize(size: number): boolean {
    return Number.isInteger(size) && size >= 1 && size <= MAX_PACKED_SIZE;
  }

  /** Moves a cursor past a list. @param slots of the list, 1..size. */
  protected pass(cursor: number, slots: number, size: number): number {
    return advanceCursor(cursor, slots, size);
  }

  /** The place of a list's element, seen from its head. @param element 0..size - 1. */
  protected placeInList(head: number, element: number, size: number): number {
    return advanceCursor(head, element, size);
  }

  /** The flags that make a descriptor available: AVAIL as the wrap counter, USED the other way round. */
  protected availableFlags(wrap: number): number {
    return wrap === 1 ? PACKED_AVAIL : PACKED_USED;
  }

  /** The flags that mark a descriptor as used: both as the wrap counter. */
  protected usedFlags(wrap: number): number {
    return wrap === 1 ? PACKED_AVAIL | PACKED_USED : 0;
  }

  protected isAvailable(flags: number, wrap: number): boolean {
    return (flags & (PACKED_AVAIL | PACKED_USED)) === this.availableFlags(wrap);
  }

  protected isUsed(flags: number, wrap: number): boolean {
    return (flags & (PACKED_AVAIL | PACKED_USED)) === this.usedFlags(wrap);
  }

  /** The flags of an event structure in bits 16 and 17, what they refer to in bits 0 to 15. */
  protected loadWish(event: PackedEvent): number {
    if (this.options.halves !== true) return event.whole.word;
    const { flags } = event.halves;
    if ((flags & 3) !== EVENT_DESC) return flags << 16;
    this.orderWishFlagsBeforeOffset();
    return (flags << 16) | event.halves.desc;
  }

  /** @param cursor with `EVENT_DESC`: which descriptor the notification is wanted for. */
  protected storeWish(event: PackedEvent, flags: number, cursor: number): void {
    const desc = flags === EVENT_DESC ? cursor : 0;
    if (this.options.halves !== true) {
      event.whole.word = (flags << 16) | desc;
      return;
    }
    if (flags === EVENT_DESC) {
      event.halves.desc = desc;
      this.orderOffsetBeforeWishFlags();
    }
    event.halves.flags = flags;
  }

  /** With halves: the peer's flags before the offset that they make valid. */
  protected orderWishFlagsBeforeOffset(): void {
    this.port.fence('acquire');
  }

  /** With halves: the own offset before the flags that make it valid. */
  protected orderOffsetBeforeWishFlags(): void {
    this.port.fence('release');
  }

  /** How this side says that it wants to be notified of the descriptor at its cursor, and of those after it. */
  protected wishFlags(): number {
    return this.features.eventIdx === true ? EVENT_DESC : EVENT_ENABLE;
  }

  /**
   * Whether the peer wants to be notified. Flags that mean nothing count as a wish: DESC without EVENT_IDX, and the
   * reserved value 3. The specification does not say; one notification too many does no harm, one too few does.
   * @param wish of the peer. @param cursor own, behind the newest slots. @param count of those, since the last test.
   */
  protected isWanted(wish: number, cursor: number, count: number, size: number): boolean {
    const flags = (wish >>> 16) & 3;
    if (flags === EVENT_DISABLE) return false;
    if (flags !== EVENT_DESC || this.features.eventIdx !== true) return true;
    return this.isWaitedFor(wish, cursor, count, size);
  }

  /** Whether the peer waits for one of the last `count` slots. */
  protected isWaitedFor(wish: number, cursor: number, count: number, size: number): boolean {
    const next = slotOf(cursor);
    // With another wrap counter it is a slot of the lap before.
    const event = slotOf(wish) - (wrapOf(wish) === this.wrapForWish(cursor) ? 0 : size);
    return needEvent(event, next, next - count, EVENT_MODULUS);
  }

  /** The wrap counter that the peer's wish is compared with. */
  protected wrapForWish(cursor: number): number {
    return wrapOf(cursor);
  }

  /**
   * Slots since the last test. No more than a lap: a peer that waits lets nobody get further ahead of it, and a window that
   * went on growing would be none any more at 65536.
   */
  protected countOn(count: number, slots: number, size: number): number {
    return Math.min(count + slots, size);
  }

  /** Notifies the peer. @param data that the notification carries, if any. */
  protected notifyPeer(data?: NotificationData): void {
    this.port.op('notify', { queue: this.id, ...data }, () => {
      this.options.notify?.(data);
      return undefined;
    });
  }
}

function packedRings(
  port: MemoryPort,
  { size, ring, driverEvent, deviceEvent }: PackedGeometry,
): PackedRings {
  const event = (at: number): PackedEvent => ({
    whole: viewOf(packed_event_t, port, 'shared', at),
    halves: viewOf(packed_event_halves_t, port, 'shared', at),
  });
  return {
    size,
    desc: arrayOf(packed_desc_t, port, 'shared', ring, size),
    driverEvent: event(driverEvent),
    deviceEvent: event(deviceEvent),
  };
}
