/**
 * Remembers the results of a pure function of two integers: direct-mapped, so a result may be forgotten and is then
 * computed again. What it holds never changes what is found, only how fast.
 */
const MAX_ENTRIES = 1 << 21;

export class PairCache {
  /** Three words an entry: first, second + 1 (0: empty), result; the fourth keeps entries aligned. */
  #entries = new Int32Array(4 * 1024);
  #mask = 1023;
  #added = 0;

  /** The remembered result, or -2 if there is none (so -1 may be a result). */
  get(first: number, second: number): number {
    const at = (mix(first, second) & this.#mask) << 2;
    const entries = this.#entries;
    if (entries[at] === first && entries[at + 1] === second + 1) return entries[at + 2] as number;
    return -2;
  }

  put(first: number, second: number, result: number): void {
    if (this.#added > this.#mask && this.#mask + 1 < MAX_ENTRIES) this.#grow();
    this.#added++;
    const at = (mix(first, second) & this.#mask) << 2;
    const entries = this.#entries;
    entries[at] = first;
    entries[at + 1] = second + 1;
    entries[at + 2] = result;
  }

  bytes(): number {
    return this.#entries.byteLength;
  }

  #grow(): void {
    const old = this.#entries;
    const count = (this.#mask + 1) * 4;
    this.#entries = new Int32Array(4 * count);
    this.#mask = count - 1;
    this.#added = 0;
    for (let at = 0; at < old.length; at += 4) {
      if (old[at + 1] !== 0) {
        this.put(old[at] as number, (old[at + 1] as number) - 1, old[at + 2] as number);
      }
    }
  }
}

function mix(first: number, second: number): number {
  const h = Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b);
  return h ^ (h >>> 15);
}
