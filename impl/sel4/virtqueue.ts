/**
 * What both sides of a libvirtqueue virtqueue share: the rings, their indices, and the order of the accesses to them;
 * after `virtqueue.c`.
 *
 * Indices run free modulo the index modulus, at least twice the queue's length; an entry's place is its index modulo the
 * length. So a full ring differs from an empty one at every length. The source keeps them modulo the length: Q1.
 *
 * The small protected methods are the steps of the algorithm. A seeded defect overrides one of them.
 */
import {
  arrayOf,
  type Fields,
  type MemoryPort,
  type Struct,
  type StructArray,
  type View,
  viewOf,
} from '../../memory/index.ts';
import {
  vq_vring_avail_elem_t,
  vq_vring_avail_t,
  vq_vring_desc_t,
  vq_vring_used_elem_t,
  vq_vring_used_t,
} from './layout.ts';

/** What a side is configured with. None of it changes while it is in use. */
export type VirtqueueOptions = {
  /**
   * Indices run free modulo this: a power of two, 2..65536, and at least twice the queue's length. 65536 as shipped;
   * the smallest one makes the fewest states.
   */
  readonly index_modulus?: number;
  /** What the function pointers 1, 2, … stand for: those that `notify` may be. */
  readonly functions?: readonly (() => void)[];
  /** What the operations' arguments call this queue; `'queue'` if not given. */
  readonly id?: string;
};

/** A ring's head, as code sees it: that of the available ring, or of the used ring. */
export type Vring = View<typeof vq_vring_avail_t.fields>;
/** A descriptor in shared memory. */
export type Descriptor = View<typeof vq_vring_desc_t.fields>;

/** The source's terminator must fit into 16 bits, and so must two laps of the indices. */
export const MAX_QUEUE_LEN = 0x8000;
const MAX_MODULUS = 0x1_0000;

/** One side of a virtqueue. */
export abstract class Virtqueue {
  protected readonly port: MemoryPort;
  protected readonly index_modulus: number;
  protected readonly id: string;
  private readonly functions: readonly (() => void)[];
  /** Views of the arrays last used, found again by address and length: a cache, no state. */
  private heads: StructArray<typeof vq_vring_avail_elem_t.fields>;
  private entries: StructArray<typeof vq_vring_used_elem_t.fields>;
  private table: StructArray<typeof vq_vring_desc_t.fields>;
  private avail: { readonly base: number; readonly view: Vring };
  private used: { readonly base: number; readonly view: Vring };

  /** @throws RangeError when the index modulus is no power of two in 2..65536. */
  constructor(port: MemoryPort, options: VirtqueueOptions) {
    const { index_modulus = MAX_MODULUS, functions = [], id = 'queue' } = options;
    if (index_modulus < 2 || index_modulus > MAX_MODULUS || !is_power_of_two(index_modulus)) {
      throw new RangeError(`index_modulus: expected a power of two in 2..65536, got ${index_modulus}`);
    }
    this.port = port;
    this.index_modulus = index_modulus;
    this.functions = functions;
    this.id = id;
    this.heads = arrayOf(vq_vring_avail_elem_t, port, 'shared', 0, 0);
    this.entries = arrayOf(vq_vring_used_elem_t, port, 'shared', 0, 0);
    this.table = arrayOf(vq_vring_desc_t, port, 'shared', 0, 0);
    this.avail = { base: 0, view: viewOf(vq_vring_avail_t, port, 'shared', 0) };
    this.used = { base: 0, view: viewOf(vq_vring_used_t, port, 'shared', 0) };
  }

  /** What a queue's indices are taken modulo. */
  protected modulus(_queue_len: number): number {
    return this.index_modulus;
  }

  protected next_index(index: number, queue_len: number): number {
    return (index + 1) & (this.modulus(queue_len) - 1);
  }

  /** The index before 0, or before one that is given. */
  protected index_before(index: number, queue_len: number): number {
    return (index - 1) & (this.modulus(queue_len) - 1);
  }

  /** The place of an index's entry in its ring. */
  protected ring_position(index: number, queue_len: number): number {
    return index & (queue_len - 1);
  }

  /** Whether the peer can have published this index: it is at most one lap ahead of the next entry to be seen. */
  protected is_plausible(index: number, next: number, queue_len: number): boolean {
    return ((index - next) & (this.modulus(queue_len) - 1)) <= queue_len;
  }

  /** Of either ring. Whoever reads entries or descriptors after it needs `acquire` in between. */
  protected load_index(ring: Vring): number {
    return ring.idx;
  }

  /** Of the own ring: publishes all that was written before `release`. */
  protected store_index(ring: Vring, index: number): void {
    ring.idx = index;
  }

  /** Pairs with the peer's `release`: what it wrote before it stored the index is seen after this. */
  protected acquire(): void {
    this.port.fence('acquire');
  }

  /** Pairs with the peer's `acquire`: entry, descriptors and payload come before the index that announces them. */
  protected release(): void {
    this.port.fence('release');
  }

  /** A power of two, so that masks work; 1..32768, so that the chains' terminator fits into 16 bits. */
  protected is_valid_length(queue_len: number): boolean {
    return is_power_of_two(queue_len) && queue_len >= 1 && queue_len <= MAX_QUEUE_LEN;
  }

  /** @throws RangeError when the index modulus is less than two laps. */
  protected check_modulus(queue_len: number): void {
    if (queue_len <= MAX_QUEUE_LEN && this.index_modulus < 2 * queue_len) {
      throw new RangeError(
        `index_modulus ${this.index_modulus} is less than two laps of ${queue_len} entries`,
      );
    }
  }

  /** Calls a function pointer; NULL does nothing. @throws RangeError when there is no such function. */
  protected call(pointer: number): void {
    if (pointer === 0) return;
    const code = this.functions[pointer - 1];
    if (code === undefined) throw new RangeError(`${this.id}: there is no function at ${pointer}`);
    code();
  }

  protected avail_at(base: number): Vring {
    if (this.avail.base !== base)
      this.avail = { base, view: viewOf(vq_vring_avail_t, this.port, 'shared', base) };
    return this.avail.view;
  }

  protected used_at(base: number): Vring {
    if (this.used.base !== base)
      this.used = { base, view: viewOf(vq_vring_used_t, this.port, 'shared', base) };
    return this.used.view;
  }

  /** An entry of the available ring whose head is at `base`. */
  protected head_at(
    base: number,
    position: number,
    queue_len: number,
  ): View<typeof vq_vring_avail_elem_t.fields> {
    this.heads = this.rows(this.heads, vq_vring_avail_elem_t, base + vq_vring_avail_t.bytes, queue_len);
    return this.heads.at(position);
  }

  /** An entry of the used ring whose head is at `base`. */
  protected entry_at(
    base: number,
    position: number,
    queue_len: number,
  ): View<typeof vq_vring_used_elem_t.fields> {
    this.entries = this.rows(this.entries, vq_vring_used_elem_t, base + vq_vring_used_t.bytes, queue_len);
    return this.entries.at(position);
  }

  protected desc_at(base: number, position: number, queue_len: number): Descriptor {
    this.table = this.rows(this.table, vq_vring_desc_t, base, queue_len);
    return this.table.at(position);
  }

  private rows<F extends Fields>(
    known: StructArray<F>,
    struct: Struct<F>,
    base: number,
    count: number,
  ): StructArray<F> {
    return known.base === base && known.count === count
      ? known
      : arrayOf(struct, this.port, 'shared', base, count);
  }
}

/** Zeroes a table's descriptors and links each to the next one: all of them free. @param queue_len in descriptors. */
export function virtqueue_init_desc_table(port: MemoryPort, table: number, queue_len: number): void {
  const descs = arrayOf(vq_vring_desc_t, port, 'shared', table, queue_len);
  for (let i = 0; i < queue_len; i++) {
    const desc = descs.at(i);
    desc.addr = 0;
    desc.addr_high = 0;
    desc.len = 0;
    desc.flags = 0;
    desc.next = i + 1;
  }
}

/** Zeroes an available ring's head. Its entries stay as they are. */
export function virtqueue_init_avail_ring(port: MemoryPort, ring: number): void {
  const head = viewOf(vq_vring_avail_t, port, 'shared', ring);
  head.flags = 0;
  head.idx = 0;
}

/** Zeroes a used ring's head. Its entries stay as they are. */
export function virtqueue_init_used_ring(port: MemoryPort, ring: number): void {
  const head = viewOf(vq_vring_used_t, port, 'shared', ring);
  head.flags = 0;
  head.idx = 0;
}

/** The smallest index modulus that the algorithm admits: two laps. */
export function smallest_virtqueue_modulus(queue_len: number): number {
  return 2 * queue_len;
}

/** Whether it is an integer 2^k, k >= 0, up to 2^30. */
export function is_power_of_two(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 0x4000_0000 && (value & (value - 1)) === 0;
}
