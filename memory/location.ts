/**
 * A scalar location: which memory, at which byte offset, how wide. It is one small integer, so that a typed view
 * can hand it to the port without allocating, and so that code which is not TypeScript can make one too.
 *
 * Encoding: `byteOffset * 8 + (space === 'local' ? 4 : 0) + log2(width / 8)`.
 */
declare const location: unique symbol;
export type Location = number & { readonly [location]: true };

/**
 * `shared`: all cores reach it, under the memory model. `local`: one core's own memory (a queue handle), seen in
 * program order by the task and the interrupt handlers of that core and by nobody else.
 */
export type Space = 'shared' | 'local';

/** Width of a scalar access, in bits. */
export type Width = 8 | 16 | 32 | 64;

const LOG2_BYTES: Readonly<Record<Width, number>> = { 8: 0, 16: 1, 32: 2, 64: 3 };

/** Largest byte offset that a location can name (2^27 - 1). */
export const MAX_OFFSET = 0x7ff_ffff;

/** @param byteOffset 0..MAX_OFFSET; alignment is checked by the port, which can name the location. */
export function locationAt(space: Space, byteOffset: number, width: Width): Location {
  // A branded integer: the brand exists in the type system only.
  return (byteOffset * 8 + (space === 'local' ? 4 : 0) + LOG2_BYTES[width]) as Location;
}

/** Byte offset of the location within its memory. */
export function offsetOf(at: Location): number {
  return at >>> 3;
}

/** Size in bytes: 1, 2, 4 or 8. */
export function bytesOf(at: Location): number {
  return 1 << (at & 3);
}

export function spaceOf(at: Location): Space {
  return (at & 4) === 0 ? 'shared' : 'local';
}
