/**
 * Which bytes of an element the device has written, in one word: a bit a byte where there are at most 32, so that they may
 * come in any order; in longer ones, how many from the first one on, where a gap is never made up for.
 */
interface Extent {
  readonly addr: number;
  readonly len: number;
}

const BITS = 32;

/** The word after a write to some bytes of the memory. */
export function countBytes(
  word: number,
  { addr, len }: Extent,
  { byteOffset, length }: { readonly byteOffset: number; readonly length: number },
): number {
  const from = Math.max(0, byteOffset - addr);
  const to = Math.min(len, byteOffset + length - addr);
  if (to <= from) return word;
  if (len > BITS) return from <= word ? Math.max(word, to) : word;
  let bits = word;
  for (let at = from; at < to; at++) bits |= 1 << at;
  return bits >>> 0;
}

/** Bytes written from the first one on, without a gap. */
export function prefixBytes(word: number, { len }: Extent): number {
  if (len > BITS) return word;
  let bytes = 0;
  while (bytes < len && (word & (1 << bytes)) !== 0) bytes++;
  return bytes;
}

/** Whether all are. */
export function wholeBytes(word: number, extent: Extent): boolean {
  return prefixBytes(word, extent) === extent.len;
}

/** Whether any is. A write to a long element that leaves its beginning out does not count. */
export function anyBytes(word: number): boolean {
  return word !== 0;
}
