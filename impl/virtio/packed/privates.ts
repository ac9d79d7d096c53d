/**
 * What the two sides of a packed virtqueue keep for themselves, in core-local memory. None of it is in the specification;
 * all of it is read instead of what stands in shared memory, where the peer could have changed it.
 *
 * A cursor is one word: the slot in bits 0 to 14, the wrap counter in bit 15. So an interrupt handler never sees the one
 * without the other.
 */
import { struct, u16, u32 } from '../../../memory/index.ts';

/** The driver's, followed by one `packed_buffer_private_t` for each slot of the ring. */
export const packed_driver_t = struct('packed_driver_t', {
  /** Cursor: where the next list will begin. */
  next_avail: u32('plain'),
  /** Cursor: where the next used descriptor will be. */
  next_used: u32('plain'),
  /** IN_ORDER: bytes written to the last list of the batch. */
  batch_len: u32('plain'),
  /** In slots; 0 before the first `init`. */
  size: u16('plain'),
  /** 0, or the code of what the device did wrong, without its sign. */
  broken: u16('plain'),
  /** Slots that belong to no list. */
  free_slots: u16('plain'),
  /** The first free id; the size if none is free. */
  free_id: u16('plain'),
  /** Slots since the last test whether the device wants a kick, at most a lap. */
  added: u16('plain'),
  /** IN_ORDER: the id that ends the batch which is being collected; the size if there is none. */
  batch_last: u16('plain'),
});

/** Of one id, but for `order`. */
export const packed_buffer_private_t = struct('packed_buffer_private_t', {
  /** What the user wants to have back. */
  token: u32('plain'),
  /** Bytes of the list that the device may write. */
  writable: u32('plain'),
  /** Slots that the list takes; 0 unless it is out. */
  slots: u16('plain'),
  /** The next free id; the size if there is none. */
  next: u16('plain'),
  /** IN_ORDER, by slot and not by id: the id of the list that begins there. */
  order: u16('plain'),
});

/** The device's, followed by one `packed_list_private_t` for each slot of the ring. */
export const packed_device_t = struct('packed_device_t', {
  /** Cursor: where the next list will begin. */
  next_avail: u32('plain'),
  /** Cursor: where the next used descriptor will go. */
  next_used: u32('plain'),
  /** In slots; 0 before the first `init`. */
  size: u16('plain'),
  /** 0, or the code of what the driver did wrong, without its sign. */
  broken: u16('plain'),
  /** Slots of all lists that the device has. */
  held: u16('plain'),
  /** Slots since the last test whether the driver wants an interrupt, at most a lap. */
  returned: u16('plain'),
});

/** Of one id, but for `order`. */
export const packed_list_private_t = struct('packed_list_private_t', {
  /** Bytes that the device may write. */
  writable: u32('plain'),
  /** Slots that the list takes; 0 unless the device has it. */
  slots: u16('plain'),
  /** IN_ORDER, by slot and not by id: the id of the list that begins there. */
  order: u16('plain'),
});

/** Bytes of core-local memory that a driver takes. @param size in slots. */
export function packedDriverBytes(size: number): number {
  return packed_driver_t.bytes + packed_buffer_private_t.bytes * size;
}

/** Bytes of core-local memory that a device takes. @param size in slots. */
export function packedDeviceBytes(size: number): number {
  return packed_device_t.bytes + packed_list_private_t.bytes * size;
}
