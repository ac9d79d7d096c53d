/**
 * What the two sides of a split virtqueue keep for themselves, in core-local memory. None of it is in the specification;
 * all of it is read instead of what stands in shared memory, where the peer could have changed it.
 */
import { struct, u8, u16, u32 } from '../../../memory/index.ts';

/** The driver's, followed by one `split_desc_private_t` for each descriptor. */
export const split_driver_t = struct('split_driver_t', {
  /** In descriptors; 0 before the first `init`. */
  size: u16('plain'),
  /** The first free descriptor, if one is free. */
  free_head: u16('plain'),
  free_count: u16('plain'),
  /** What stands in `avail.idx`. */
  avail_idx: u16('plain'),
  /** Where the next used entry will be. */
  last_used: u16('plain'),
  /** 0, or the code of what the device did wrong, without its sign. */
  broken: u16('plain'),
  /**
   * Chains since the last test whether the device wants a kick, where the index modulus stands for all numbers from there
   * on; without EVENT_IDX 1 for any.
   */
  added: u32('plain'),
  /** IN_ORDER: chains of a batch that are still to be collected; the last of them is the one that the entry names. */
  batch_left: u16('plain'),
  /** IN_ORDER: bytes written to the last one of the batch. */
  batch_len: u32('plain'),
});

/** Of one descriptor. All but `next` and `order` is 0 unless the descriptor is the head of a chain that is out. */
export const split_desc_private_t = struct('split_desc_private_t', {
  /** The next one of the chain, or of the free list. */
  next: u16('plain'),
  /** Descriptors of the chain. */
  count: u16('plain'),
  /** IN_ORDER, by ring position and not by descriptor: the head that was made available there. */
  order: u16('plain'),
  /** What the user wants to have back. */
  token: u32('plain'),
  /** Bytes of the chain that the device may write. */
  writable: u32('plain'),
});

/** The device's, followed by one `split_chain_private_t` for each descriptor. */
export const split_device_t = struct('split_device_t', {
  /** In descriptors; 0 before the first `init`. */
  size: u16('plain'),
  /** Where the next available entry will be. */
  last_avail: u16('plain'),
  /** What stands in `used.idx`. */
  used_idx: u16('plain'),
  /** 0, or the code of what the driver did wrong, without its sign. */
  broken: u16('plain'),
  /** Chains since the last test whether the driver wants an interrupt; counted as `split_driver_t.added`. */
  returned: u32('plain'),
});

/** Of the chain with one head. */
export const split_chain_private_t = struct('split_chain_private_t', {
  /** Bytes that the device may write; 0 unless it has the chain. */
  writable: u32('plain'),
  /** IN_ORDER, by ring position and not by head: the head that was available there. */
  order: u16('plain'),
  /** 1: the device has the chain. */
  held: u8('plain'),
});

/** Bytes of core-local memory that a driver takes. @param size in descriptors. */
export function splitDriverBytes(size: number): number {
  return split_driver_t.bytes + split_desc_private_t.bytes * size;
}

/** Bytes of core-local memory that a device takes. @param size in descriptors. */
export function splitDeviceBytes(size: number): number {
  return split_device_t.bytes + split_chain_private_t.bytes * size;
}
