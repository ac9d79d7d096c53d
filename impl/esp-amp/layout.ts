/**
 * Structs of the ESP-AMP queue, with the source's names (esp-amp 752bf0b: `esp_amp_queue.h`, `esp_amp_sys_info.c`,
 * `esp_amp_sw_intr.c`). Pointers are 32-bit byte offsets into shared memory; 0 is NULL, which is safe, since the
 * software-interrupt words lie there.
 */
import { struct, u8, u16, u32 } from '../../memory/index.ts';

/**
 * A descriptor, one slot of the ring. `addr` and `len` are plain: nothing but the fences around `flags` orders them.
 * Who may write: the master while the slot is free, the remote while it is available.
 */
export const esp_amp_queue_desc_t = struct('esp_amp_queue_desc_t', {
  addr: u32('plain'),
  len: u16('plain'),
  /** Toggled by the slot's owner; hands the slot over. Each side's fence after its load pairs with the other's before its store. */
  flags: u16('relaxed'),
});

/** What a queue is made of. Written by `init_buffer` on the main core, before the sub core can find it. */
export const esp_amp_queue_conf_t = struct('esp_amp_queue_conf_t', {
  /** In slots; a power of two. */
  queue_size: u16('plain'),
  /** In bytes; a multiple of 4. */
  max_queue_item_size: u16('plain'),
  queue_buffer: u32('plain'),
  queue_desc: u32('plain'),
});

/** Header of a sys_info entry; its data follow. Written by the main core, read by both. */
export const sys_info_header_t = struct('sys_info_header_t', {
  info_id: u16('plain'),
  /** Of the data, in bytes, not rounded. */
  size: u16('plain'),
  /**
   * The next entry, 0 at the end. The release store that links an entry makes the whole of it visible: it pairs
   * with the acquire load of the sub core's lookup.
   */
  next: u32('acquire', 'release'),
});

/** Pending software interrupts, one bit an id. Set by the peer, taken by the core whose word it is. */
export const esp_amp_sw_intr_st_t = struct('esp_amp_sw_intr_st_t', {
  main_core_sw_intr_st: u32('seq_cst'),
  sub_core_sw_intr_st: u32('seq_cst'),
});

/**
 * An entry of the handler table, in core-local memory; zeroed before the core runs. Written by the core's task or its
 * handlers, inside a critical section; read by its handlers.
 */
export const sw_intr_handler_tbl_t = struct('sw_intr_handler_tbl_t', {
  /** 0..31. */
  intr_id: u32('plain'),
  /** A function pointer; 0, NULL, in an entry that is free. */
  handler: u32('plain'),
  arg: u32('plain'),
});

/**
 * The handle: one side's private view of a queue, in core-local memory. `desc`, `size`, `max_item_size` and `master`
 * never change after `create`. Of the source's fields `notify_fc`, `callback_fc` and `priv_data` are missing: they never
 * change either, and are part of a queue's options here.
 */
export const esp_amp_queue_t = struct('esp_amp_queue_t', {
  desc: u32('plain'),
  /** In slots. */
  size: u16('plain'),
  /** In bytes. */
  max_item_size: u16('plain'),
  /** Next slot to alloc (master) or to recv (remote); free-running. */
  free_index: u16('plain'),
  /** Next slot to send (master) or to free (remote); free-running. */
  used_index: u16('plain'),
  /** 0 or 1; toggled when `free_index` passes the last slot. */
  free_flip_counter: u8('plain'),
  /** 0 or 1; toggled when `used_index` passes the last slot. */
  used_flip_counter: u8('plain'),
  /** 1 on the sending side, 0 on the receiving one. */
  master: u8('plain'),
});

/** Flag bit 7, the sender's: it equals the observer's flip counter when the slot was sent in this lap. */
export const AVAILABLE_MASK = 0x0080;

/** Flag bit 15, the receiver's: it equals the observer's flip counter when the slot was given back in this lap. */
export const USED_MASK = 0x8000;
