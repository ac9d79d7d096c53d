/**
 * The ESP-AMP queue: a ring of descriptors between one sender (the master) and one receiver (the remote), after
 * `esp_amp_queue.c`. The order of the shared accesses and of the checks is the source's; so are its names.
 *
 * What differs, and why:
 * - `send_try` returns OK once the slot is published. The source returns what the notification returned, and a
 *   caller who takes that for a failure sends the buffer twice.
 * - A block's size is computed in full and refused when the allocator's 16 bits cannot hold it. The source cuts it,
 *   and the descriptors overwrite what follows.
 * - `main_init` reserves, fills, then publishes; it writes nothing until it knows that it will succeed. The source
 *   makes the block visible before it is filled, and keeps an id for ever when the second of two pools is full.
 * - `intr_enable` without a callback answers INVALID_ARG. The source puts NULL into the handler table, which leaves the
 *   entry free, and returns OK: the remote then waits for interrupts that nobody takes.
 *
 * All state lies in the port's memories: the ring in shared memory, the handle in core-local memory. One agent a side
 * at a time: there is no mutual exclusion, as in the source.
 *
 * The small protected methods are the steps of the algorithm. A seeded defect overrides one of them.
 */
import { arrayOf, type MemoryPort, type StructArray, type View, viewOf } from '../../memory/index.ts';
import { INVALID_ARG, NO_MEM, NOT_ALLOWED, NOT_FINISHED, NOT_FOUND, NOT_SUPPORTED, OK } from './errors.ts';
import {
  AVAILABLE_MASK,
  esp_amp_queue_conf_t,
  esp_amp_queue_desc_t,
  esp_amp_queue_t,
  USED_MASK,
} from './layout.ts';
import type { SwIntr } from './swIntr.ts';
import type { Out, Reservation, SysInfo } from './sysInfo.ts';

/** What a queue is configured with. None of it changes while the queue is in use. */
export type QueueOptions = {
  /**
   * Indices run free modulo this: a power of two, 2..65536, and at least twice the number of slots (two laps, so that
   * an index tells full from empty). 65536 as shipped; the smallest one makes the fewest states.
   */
  readonly index_modulus?: number;
  /** Rings the peer's doorbell after each send of a master. Its result is of no consequence. */
  readonly notify?: () => number;
  /**
   * What a remote does when its peer has rung: a function pointer, as its core's `SwIntr` knows them; 0, NULL, if not
   * given. Several sends may have rung once, so it must receive until NOT_FOUND.
   */
  readonly callback?: number;
  /** What the callback is called with; 0 if not given. */
  readonly priv_data?: number;
  /** `main_init` of a master puts the descriptors into the pool that stays powered in light sleep. */
  readonly auto_light_sleep?: boolean;
  /** What the operations' arguments call this queue; `'queue'` if not given. */
  readonly id?: string;
};

/** A descriptor as code sees it. */
export type Descriptor = View<typeof esp_amp_queue_desc_t.fields>;

// Constants of this module are known to the compiler as such; imported ones are looked up.
const AVAILABLE = AVAILABLE_MASK;
const USED = USED_MASK;
const BOTH = AVAILABLE | USED;

const MAX_MODULUS = 0x1_0000;

/** One side of a queue, bound to a handle in core-local memory. */
export class Queue {
  protected readonly port: MemoryPort;
  protected readonly queue: View<typeof esp_amp_queue_t.fields>;
  protected readonly index_modulus: number;
  protected readonly notify: (() => number) | undefined;
  protected readonly callback: number;
  protected readonly priv_data: number;
  protected readonly auto_light_sleep: boolean;
  protected readonly id: string;
  /** Views of the ring last used, found again by its address: a cache, no state. */
  private ring: StructArray<typeof esp_amp_queue_desc_t.fields>;

  /**
   * @param handle byte offset of an `esp_amp_queue_t` in core-local memory; a multiple of 4.
   * @throws RangeError when the index modulus is no power of two in 2..65536.
   */
  constructor(port: MemoryPort, handle: number, options: QueueOptions = {}) {
    const { index_modulus = MAX_MODULUS, notify, auto_light_sleep = false, id = 'queue' } = options;
    if (index_modulus < 2 || index_modulus > MAX_MODULUS || !is_power_of_two(index_modulus)) {
      throw new RangeError(`index_modulus: expected a power of two in 2..65536, got ${index_modulus}`);
    }
    this.port = port;
    this.queue = viewOf(esp_amp_queue_t, port, 'local', handle);
    this.index_modulus = index_modulus;
    this.notify = notify;
    this.callback = options.callback ?? 0;
    this.priv_data = options.priv_data ?? 0;
    this.auto_light_sleep = auto_light_sleep;
    this.id = id;
    this.ring = arrayOf(esp_amp_queue_desc_t, port, 'shared', 0, 0);
  }

  /**
   * Master: takes the next free buffer, to be filled. OK with `out.address` (and `out.size` as asked for); otherwise
   * both 0 and NOT_SUPPORTED (not the master), NO_MEM (larger than a buffer) or NOT_FOUND (none is free).
   * @param size in bytes; compared, not stored.
   */
  alloc_try(out: Out, size: number): number {
    return this.port.op('alloc_try', { queue: this.id, size, out }, () => this.alloc(out, size));
  }

  /**
   * Master: hands a buffer to the remote and rings its doorbell. OK; NOT_SUPPORTED (not the master), NOT_ALLOWED
   * (nothing allocated, or the slot is not free) or NO_MEM (`size` larger than a buffer), and nothing has changed.
   * @param buffer any allocated one: buffers may be sent in another order than allocated. Not checked.
   */
  send_try(buffer: number, size: number): number {
    return this.port.op('send_try', { queue: this.id, buffer, size }, () => this.send(buffer, size));
  }

  /**
   * Remote: takes the oldest message. OK with its address and length; otherwise both 0 and NOT_SUPPORTED (not the
   * remote) or NOT_FOUND (no message).
   */
  recv_try(out: Out): number {
    return this.port.op('recv_try', { queue: this.id, out }, () => this.recv(out));
  }

  /**
   * Remote: gives a buffer back. OK; NOT_SUPPORTED (not the remote) or NOT_ALLOWED (nothing received, or the slot is
   * not available), and nothing has changed. Notifies nobody: a master that waits for a buffer has to poll.
   * @param buffer any received one, in any order. Not checked.
   */
  free_try(buffer: number): number {
    return this.port.op('free_try', { queue: this.id, buffer }, () => this.free(buffer));
  }

  /**
   * Main core: writes the configuration and every descriptor of a ring, all slots free. Returns OK.
   * @param conf address of the configuration; `desc` of the descriptors, `buffer` of the buffers. Bytes.
   * @param queue_len in slots, a power of two. @param item_size in bytes, a multiple of 4.
   */
  init_buffer(conf: number, queue_len: number, item_size: number, desc: number, buffer: number): number {
    return this.port.op('init_buffer', { queue: this.id, conf, queue_len, item_size, desc, buffer }, () => {
      this.write_conf(conf, queue_len, item_size, desc, buffer);
      for (let position = 0; position < queue_len; position++) {
        const slot = this.desc_at(desc, position, queue_len - 1);
        slot.addr = buffer + position * item_size;
        slot.flags = 0;
        slot.len = item_size;
      }
      return OK;
    });
  }

  /** Either core: sets the handle up from a configuration: both cursors at slot 0, flip counters 1. Returns OK. */
  create(conf: number, is_master: boolean): number {
    return this.port.op('create', { queue: this.id, conf, is_master }, () => {
      const queue = this.queue;
      const queue_conf = viewOf(esp_amp_queue_conf_t, this.port, 'shared', conf);
      queue.size = queue_conf.queue_size;
      queue.desc = queue_conf.queue_desc;
      queue.free_flip_counter = 1;
      queue.used_flip_counter = 1;
      queue.free_index = 0;
      queue.used_index = 0;
      queue.max_item_size = queue_conf.max_queue_item_size;
      queue.master = is_master ? 1 : 0;
      return OK;
    });
  }

  /**
   * Main core: allocates, fills and publishes a ring, and sets this handle up. OK; INVALID_ARG when the length or the
   * size is outside its range, NO_MEM when it does not fit or the id is taken; then no memory has changed.
   * @param queue_len in slots, 1..32768, rounded up to a power of two.
   * @param queue_item_size in bytes, 1..65532, rounded up to a multiple of 4.
   * @throws RangeError when the index modulus is less than twice the length.
   */
  main_init(
    sys_info: SysInfo,
    queue_len: number,
    queue_item_size: number,
    is_master: boolean,
    sysinfo_id: number,
  ): number {
    const args = { queue: this.id, queue_len, queue_item_size, is_master, sysinfo_id };
    return this.port.op('main_init', args, () => {
      const length = get_power_len(queue_len);
      const item_size = get_aligned_size(queue_item_size);
      if (length === 0 || item_size === 0) return INVALID_ARG;
      this.check_modulus(length);

      const conf_bytes = esp_amp_queue_conf_t.bytes;
      const desc_bytes = esp_amp_queue_desc_t.bytes * length;
      const buffer_bytes = item_size * length;
      if (this.auto_light_sleep && is_master) {
        const hp = sys_info.reserve(sysinfo_id, this.block_size(conf_bytes + buffer_bytes), 'hp');
        if (hp === null) return NO_MEM;
        const rtc = sys_info.reserve(sysinfo_id, this.block_size(desc_bytes), 'rtc');
        if (rtc === null) return NO_MEM;
        // The lookup goes by the HP block, so that one is published last.
        this.fill_and_publish(sys_info, [rtc, hp], () =>
          this.init_buffer(hp.address, length, item_size, rtc.address, hp.address + conf_bytes),
        );
        return this.create(hp.address, is_master);
      }
      const block = sys_info.reserve(
        sysinfo_id,
        this.block_size(conf_bytes + desc_bytes + buffer_bytes),
        'hp',
      );
      if (block === null) return NO_MEM;
      const desc = block.address + conf_bytes;
      this.fill_and_publish(sys_info, [block], () =>
        this.init_buffer(block.address, length, item_size, desc, desc + desc_bytes),
      );
      return this.create(block.address, is_master);
    });
  }

  /**
   * Sub core: sets this handle up from the ring that the main core published. OK, or NOT_FOUND as long as there is
   * none: it can be tried again.
   */
  sub_init(sys_info: SysInfo, is_master: boolean, sysinfo_id: number): number {
    return this.port.op('sub_init', { queue: this.id, is_master, sysinfo_id }, () => {
      const block: Out = { address: 0, size: 0 };
      if (sys_info.get(sysinfo_id, block, 'hp') !== OK) return NOT_FOUND;
      return this.create(block.address, is_master);
    });
  }

  /**
   * Remote: has its callback called whenever the peer triggers `sw_intr_id`, 0..31. OK; NOT_SUPPORTED (not the remote),
   * INVALID_ARG (no callback) or NOT_FINISHED (no room for a handler), and nothing has changed. A message sent earlier
   * may have rung in vain: poll once after this.
   * @param sw_intr that of the remote's own core. @throws RangeError for an id outside its range.
   */
  intr_enable(sw_intr: SwIntr, sw_intr_id: number): number {
    return this.port.op('intr_enable', { queue: this.id, sw_intr_id }, () => {
      if (this.queue.master !== 0) return NOT_SUPPORTED;
      if (!this.may_register(this.callback)) return INVALID_ARG;
      return sw_intr.add_handler(sw_intr_id, this.callback, this.priv_data) === 0 ? OK : NOT_FINISHED;
    });
  }

  protected alloc(out: Out, size: number): number {
    const queue = this.queue;
    out.address = 0;
    out.size = 0;
    if (queue.master === 0) return NOT_SUPPORTED;
    if (size > queue.max_item_size) return NO_MEM;
    const last = queue.size - 1;
    const position = queue.free_index & last;
    const desc = this.desc_at(queue.desc, position, last);
    const flags = this.flags_in_alloc(desc);
    if (!this.may_alloc(queue.free_flip_counter, flags)) return this.refuse_alloc(position, last);
    out.address = desc.addr;
    out.size = size;
    this.advance_free(position, last);
    return OK;
  }

  protected send(buffer: number, size: number): number {
    const queue = this.queue;
    if (queue.master === 0) return NOT_SUPPORTED;
    const used_index = queue.used_index;
    if (used_index === queue.free_index) return NOT_ALLOWED;
    if (size > queue.max_item_size) return NO_MEM;
    const last = queue.size - 1;
    const position = used_index & last;
    const desc = this.desc_at(queue.desc, position, last);
    const flags = this.flags_in_send(desc);
    if (!this.is_free(queue.used_flip_counter, flags)) return NOT_ALLOWED;
    return this.send_result(this.publish_and_notify(desc, position, last, buffer, size));
  }

  protected recv(out: Out): number {
    const queue = this.queue;
    out.address = 0;
    out.size = 0;
    if (queue.master !== 0) return NOT_SUPPORTED;
    const last = queue.size - 1;
    const position = queue.free_index & last;
    const desc = this.desc_at(queue.desc, position, last);
    const flags = this.flags_in_recv(desc);
    if (!this.is_available(queue.free_flip_counter, flags)) return NOT_FOUND;
    out.address = desc.addr;
    out.size = desc.len;
    this.advance_free(position, last);
    return OK;
  }

  protected free(buffer: number): number {
    const queue = this.queue;
    if (queue.master !== 0) return NOT_SUPPORTED;
    const used_index = queue.used_index;
    if (used_index === queue.free_index) return NOT_ALLOWED;
    const last = queue.size - 1;
    const position = used_index & last;
    const desc = this.desc_at(queue.desc, position, last);
    const flags = this.flags_in_free(desc);
    if (!this.is_available(queue.used_flip_counter, flags)) return NOT_ALLOWED;
    this.give_back(desc, buffer, queue.max_item_size);
    this.flip_used(position, last);
    return OK;
  }

  /** By which `alloc` decides. Acquire: pairs with the fence before the remote's store of the flags in `free`. */
  protected flags_in_alloc(desc: Descriptor): number {
    const flags = desc.flags;
    this.port.fence('seq_cst');
    return flags;
  }

  /** By which `send` decides. Acquire: the remote's last accesses to the slot come before the stores that follow. */
  protected flags_in_send(desc: Descriptor): number {
    const flags = desc.flags;
    this.port.fence('seq_cst');
    return flags;
  }

  /** By which `recv` decides. Acquire: pairs with the fence before the master's store of the flags in `send`. */
  protected flags_in_recv(desc: Descriptor): number {
    const flags = desc.flags;
    this.port.fence('seq_cst');
    return flags;
  }

  /** By which `free` decides. Acquire: the master's accesses to the slot come before the stores that follow. */
  protected flags_in_free(desc: Descriptor): number {
    const flags = desc.flags;
    this.port.fence('seq_cst');
    return flags;
  }

  /** Neither bit equals the flip counter: the master may take the slot. */
  protected is_free(flip_counter: number, flags: number): boolean {
    return (flags & BOTH) === (flip_counter === 0 ? BOTH : 0);
  }

  /** Sent in this lap and not given back: a message for the remote. */
  protected is_available(flip_counter: number, flags: number): boolean {
    return (flags & BOTH) === (flip_counter === 0 ? USED : AVAILABLE);
  }

  /** The test of `alloc_try`. */
  protected may_alloc(flip_counter: number, flags: number): boolean {
    return this.is_free(flip_counter, flags);
  }

  /** `alloc_try` found no free slot. */
  protected refuse_alloc(_position: number, _last: number): number {
    return NOT_FOUND;
  }

  /** Slot published, cursor moved on, doorbell rung, in this order. Returns what the doorbell answered. */
  protected publish_and_notify(
    desc: Descriptor,
    position: number,
    last: number,
    buffer: number,
    size: number,
  ): number {
    this.hand_over(desc, buffer, size);
    this.flip_used(position, last);
    return this.ring_doorbell();
  }

  /** Master to remote: fill, then publish. */
  protected hand_over(desc: Descriptor, buffer: number, size: number): void {
    this.fill_desc(desc, buffer, size);
    // Release: pairs with the fence after the remote's load of the flags in `recv`. Also orders the payload.
    this.port.fence('seq_cst');
    this.publish(desc, AVAILABLE);
  }

  /** Remote to master: write back, then publish. */
  protected give_back(desc: Descriptor, buffer: number, size: number): void {
    this.write_back(desc, buffer, size);
    // Release: pairs with the fence after the master's load of the flags in `alloc`. Also orders the payload's reads.
    this.port.fence('seq_cst');
    this.publish(desc, USED);
  }

  /** What `send_try` writes into the slot. */
  protected fill_desc(desc: Descriptor, buffer: number, size: number): void {
    desc.addr = buffer;
    desc.len = size;
  }

  /** What `free_try` writes into the slot. */
  protected write_back(desc: Descriptor, buffer: number, size: number): void {
    desc.addr = buffer;
    desc.len = size;
  }

  /**
   * Moves `used_index` on and toggles the owner's flag, by a load and a store: only the owner writes the flags. The
   * test before it has shown the bit to differ from the flip counter, so toggled it is equal.
   */
  protected publish(desc: Descriptor, mask: number): void {
    this.queue.used_index = this.next_index(this.queue.used_index);
    desc.flags ^= mask;
  }

  protected advance_free(position: number, last: number): void {
    const queue = this.queue;
    queue.free_index = this.next_index(queue.free_index);
    if (this.passes_end(position, last)) queue.free_flip_counter = queue.free_flip_counter === 0 ? 1 : 0;
  }

  /** The second half of moving the used cursor on: `publish` has moved its index. */
  protected flip_used(position: number, last: number): void {
    const queue = this.queue;
    if (this.passes_end(position, last)) queue.used_flip_counter = queue.used_flip_counter === 0 ? 1 : 0;
  }

  /** Whether a cursor that leaves `position` begins a new lap. */
  protected passes_end(position: number, last: number): boolean {
    return position === last;
  }

  protected next_index(index: number): number {
    return (index + 1) & (this.index_modulus - 1);
  }

  protected ring_doorbell(): number {
    return this.notify === undefined ? 0 : this.notify();
  }

  /** The result of `send_try` once the slot is published, whatever the doorbell answered. */
  protected send_result(_notified: number): number {
    return OK;
  }

  /** The test of `intr_enable`: NULL cannot be called. */
  protected may_register(callback: number): boolean {
    return callback !== 0;
  }

  /** Bytes to ask of the allocator. */
  protected block_size(bytes: number): number {
    return bytes;
  }

  protected write_conf(
    conf: number,
    queue_len: number,
    item_size: number,
    desc: number,
    buffer: number,
  ): void {
    const queue_conf = viewOf(esp_amp_queue_conf_t, this.port, 'shared', conf);
    queue_conf.queue_size = queue_len;
    queue_conf.max_queue_item_size = item_size;
    queue_conf.queue_desc = desc;
    queue_conf.queue_buffer = buffer;
  }

  /** Publishes the blocks in the order given, after all of them are complete. */
  protected fill_and_publish(sys_info: SysInfo, blocks: readonly Reservation[], fill: () => void): void {
    for (const block of blocks) sys_info.prepare(block);
    fill();
    for (const block of blocks) sys_info.publish(block);
  }

  /** The slot at `position`, 0..last, of the ring at byte `base`. */
  protected desc_at(base: number, position: number, last: number): Descriptor {
    if (this.ring.base !== base)
      this.ring = arrayOf(esp_amp_queue_desc_t, this.port, 'shared', base, last + 1);
    return this.ring.at(position);
  }

  private check_modulus(length: number): void {
    if (this.index_modulus < 2 * length) {
      throw new RangeError(`index_modulus ${this.index_modulus} is less than two laps of ${length} slots`);
    }
  }
}

/** The length of a queue: `queue_len` rounded up to a power of two, 0 when it is not an integer in 1..32768. */
export function get_power_len(queue_len: number): number {
  if (!Number.isInteger(queue_len) || queue_len < 1 || queue_len > 0x8000) return 0;
  return queue_len === 1 ? 1 : 2 ** (32 - Math.clz32(queue_len - 1));
}

/** The size of a buffer in bytes: rounded up to a multiple of 4, 0 when it is not an integer in 1..65532. */
export function get_aligned_size(queue_item_size: number): number {
  if (!Number.isInteger(queue_item_size) || queue_item_size < 1 || queue_item_size > 0xfffc) return 0;
  return 4 * Math.ceil(queue_item_size / 4);
}

/** The smallest index modulus that the algorithm admits: two laps. */
export function smallest_modulus(queue_len: number): number {
  return 2 * queue_len;
}

function is_power_of_two(value: number): boolean {
  return Number.isInteger(value) && (value & (value - 1)) === 0;
}
