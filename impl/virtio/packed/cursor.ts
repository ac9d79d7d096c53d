/**
 * Places in a packed ring: a slot, and a wrap counter that changes with each lap (VirtIO 1.2, 2.8.1), in one word as the
 * event suppression structures have them.
 */

const WRAP_BIT = 15;
const SLOT_MASK = 0x7fff;

/** @param slot 0..32767. @param wrap the wrap counter, 0 or 1. */
export function packedCursor(slot: number, wrap: number): number {
  return slot | (wrap << WRAP_BIT);
}

/** Where both sides begin: slot 0, wrap counter 1. */
export const PACKED_START = packedCursor(0, 1);

/** The slot of a cursor. Bits above 15 mean nothing. */
export function slotOf(cursor: number): number {
  return cursor & SLOT_MASK;
}

/** The wrap counter of a cursor: 0 or 1. Bits above 15 mean nothing. */
export function wrapOf(cursor: number): number {
  return (cursor >>> WRAP_BIT) & 1;
}

/** The cursor so many slots further on; the wrap counter changes when the end is reached or passed. @param slots 0..size. */
export function advanceCursor(cursor: number, slots: number, size: number): number {
  const slot = slotOf(cursor) + slots;
  return slot < size ? packedCursor(slot, wrapOf(cursor)) : packedCursor(slot - size, 1 - wrapOf(cursor));
}
