/** Typed arrays that grow. Copies double the length, so appending costs O(1) on the whole. */

export function grownUint32(array: Uint32Array<ArrayBuffer>, needed: number): Uint32Array<ArrayBuffer> {
  if (needed <= array.length) return array;
  const grown = new Uint32Array(nextLength(array.length, needed));
  grown.set(array);
  return grown;
}

export function grownInt32(array: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  if (needed <= array.length) return array;
  const grown = new Int32Array(nextLength(array.length, needed));
  grown.set(array);
  return grown;
}

export function grownUint16(array: Uint16Array<ArrayBuffer>, needed: number): Uint16Array<ArrayBuffer> {
  if (needed <= array.length) return array;
  const grown = new Uint16Array(nextLength(array.length, needed));
  grown.set(array);
  return grown;
}

export function grownUint8(array: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  if (needed <= array.length) return array;
  const grown = new Uint8Array(nextLength(array.length, needed));
  grown.set(array);
  return grown;
}

/** Doubles while small; by half when large, where a copy would otherwise hold three times the memory in use. */
function nextLength(length: number, needed: number): number {
  const grown = length < 1 << 22 ? length * 2 : Math.ceil(length * 1.5);
  return Math.max(needed, grown, 16);
}
