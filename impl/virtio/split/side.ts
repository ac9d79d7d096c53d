/**
 * What both sides of a split virtqueue share (VirtIO 1.2, 2.7): the rings, the arithmetic of their indices, and the test
 * whether the peer wants to be notified. The barriers, alike as they are, each side has on lines of its own: tools that
 * tell barriers apart by where they stand then tell B1 from B4.
 *
 * The small protected methods are the steps of the algorithm. A seeded defect overrides one of them.
 */
import { arrayOf, type MemoryPort, type StructArray, type View, viewOf } from '../../../memory/index.ts';
import type { Features } from '../features.ts';
import { needEvent } from '../notify.ts';
import type { NotificationData, VirtqueueOptions } from '../queue.ts';
import {
  type SplitGeometry,
  split_avail_elem_t,
  split_avail_t,
  split_desc_t,
  split_event_t,
  split_used_elem_t,
  split_used_t,
  splitGeometry,
} from './layout.ts';

/** A descriptor in shared memory, as code sees it. */
export type SplitDescriptor = View<typeof split_desc_t.fields>;

/** All parts of a queue in shared memory, as code sees them. */
export type SplitRings = {
  /** In descriptors. */
  readonly size: number;
  readonly geometry: SplitGeometry;
  readonly desc: StructArray<typeof split_desc_t.fields>;
  readonly avail: View<typeof split_avail_t.fields>;
  readonly heads: StructArray<typeof split_avail_elem_t.fields>;
  readonly usedEvent: View<typeof split_event_t.fields>;
  readonly used: View<typeof split_used_t.fields>;
  readonly entries: StructArray<typeof split_used_elem_t.fields>;
  readonly availEvent: View<typeof split_event_t.fields>;
};

/** The largest size, in descriptors: two laps of the indices fit into 16 bits. */
export const MAX_SPLIT_SIZE = 0x8000;
const MAX_MODULUS = 0x1_0000;

/** One side of a queue. */
export abstract class SplitSide {
  protected readonly port: MemoryPort;
  /** What operations' arguments call the queue. */
  protected readonly id: string;
  protected readonly features: Features;
  protected readonly indexModulus: number;
  private readonly base: number;
  private readonly onNotify: VirtqueueOptions['notify'];
  /** Views of the queue with the size last used: a cache, no state. */
  private views: SplitRings;

  /**
   * @throws RangeError when the queue does not begin at a multiple of 16, or when the index modulus is no power of two in
   * 2..65536.
   */
  constructor(port: MemoryPort, base: number, options: VirtqueueOptions) {
    const { id, features, notify, indexModulus = MAX_MODULUS } = options;
    if (base % 16 !== 0) throw new RangeError(`base: expected a multiple of 16, got ${base}`);
    if (indexModulus < 2 || indexModulus > MAX_MODULUS || !isPowerOfTwo(indexModulus))
      throw new RangeError(`indexModulus: expected a power of two in 2..65536, got ${indexModulus}`);
    this.port = port;
    this.base = base;
    this.id = id;
    this.features = features;
    this.indexModulus = indexModulus;
    this.onNotify = notify;
    this.views = splitRings(port, splitGeometry(base, 0));
  }

  protected rings(size: number): SplitRings {
    if (this.views.size !== size) this.views = splitRings(this.port, splitGeometry(this.base, size));
    return this.views;
  }

  /** What indices are taken modulo. */
  protected modulus(_size: number): number {
    return this.indexModulus;
  }

  protected advance(index: number, by: number, size: number): number {
    return (index + by) & (this.modulus(size) - 1);
  }

  /** How far an index is ahead of another. */
  protected distance(index: number, behind: number, size: number): number {
    return (index - behind) & (this.modulus(size) - 1);
  }

  /** The place of an index's entry in its ring. */
  protected position(index: number, size: number): number {
    return index & (size - 1);
  }

  /** Whether the peer can have moved its index so far ahead. */
  protected isPlausible(ahead: number, most: number): boolean {
    return ahead <= most;
  }

  /** A power of two, so that masks work; 1..32768, so that full differs from empty. */
  protected isValidSize(size: number): boolean {
    return isPowerOfTwo(size) && size <= MAX_SPLIT_SIZE;
  }

  /** @throws RangeError when the index modulus is less than two laps. */
  protected checkModulus(size: number): void {
    if (this.indexModulus < 2 * size)
      throw new RangeError(`indexModulus ${this.indexModulus} is less than two laps of ${size} entries`);
  }

  /** Whether the peer's wish is in its event field, and not in its flags, when it is read. */
  protected readsEventField(): boolean {
    return this.features.eventIdx === true;
  }

  /**
   * Whether the peer waits for one of the last `count` entries, by its event field. @param next own index. @param event
   * the peer's.
   */
  protected isWaitedFor(event: number, next: number, count: number, size: number): boolean {
    // More than a window can hold: some were announced that no comparison finds any more.
    if (count >= this.modulus(size)) return true;
    return needEvent(event, next, this.distance(next, count, size), this.modulus(size));
  }

  /**
   * Entries since the last test: as far as it matters. Without EVENT_IDX that is whether there are any; with it no further
   * than the modulus, from where on all are as many.
   */
  protected countOn(count: number, by: number, size: number): number {
    return this.features.eventIdx === true ? Math.min(count + by, this.modulus(size)) : 1;
  }

  /** Whether a last look at the peer's index finds nothing. */
  protected findsNothing(index: number, last: number, size: number): boolean {
    return this.distance(index, last, size) === 0;
  }

  /** Notifies the peer. @param data that the notification carries, if any. */
  protected notifyPeer(data?: NotificationData): void {
    this.port.op('notify', { queue: this.id, ...data }, () => {
      this.onNotify?.(data);
      return undefined;
    });
  }
}

function splitRings(port: MemoryPort, geometry: SplitGeometry): SplitRings {
  const { size, desc, avail, usedEvent, used, availEvent } = geometry;
  return {
    size,
    geometry,
    desc: arrayOf(split_desc_t, port, 'shared', desc, size),
    avail: viewOf(split_avail_t, port, 'shared', avail),
    heads: arrayOf(split_avail_elem_t, port, 'shared', avail + split_avail_t.bytes, size),
    usedEvent: viewOf(split_event_t, port, 'shared', usedEvent),
    used: viewOf(split_used_t, port, 'shared', used),
    entries: arrayOf(split_used_elem_t, port, 'shared', used + split_used_t.bytes, size),
    availEvent: viewOf(split_event_t, port, 'shared', availEvent),
  };
}

/** Whether it is an integer 2^k, k >= 0, up to 2^30. */
function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 0x4000_0000 && (value & (value - 1)) === 0;
}
