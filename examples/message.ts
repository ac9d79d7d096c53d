/** Messages whose every byte is known from their number, and what a thread does while there is nothing to do. */

/** Bytes of a message. */
export const MESSAGE_BYTES = 64;
/** The same in 32-bit words. */
export const MESSAGE_WORDS = MESSAGE_BYTES / 4;

/** A message in a thread's own memory, as bytes to be copied and as words to be filled and checked. */
export type Message = { readonly bytes: Uint8Array; readonly words: Int32Array };

export function newMessage(): Message {
  const buffer = new ArrayBuffer(MESSAGE_BYTES);
  return { bytes: new Uint8Array(buffer), words: new Int32Array(buffer) };
}

/** Makes all words of a message, `at` in `words` and after it, those of message `number`. */
export function fill(words: Int32Array, at: number, number: number): void {
  for (let i = 0; i < MESSAGE_WORDS; i++) words[at + i] = wordOf(number, i);
}

/** @throws Error when any word of the message `at` in `words` is not that of message `number`. */
export function check(words: Int32Array, at: number, number: number): void {
  for (let i = 0; i < MESSAGE_WORDS; i++) {
    if (words[at + i] !== wordOf(number, i))
      throw new Error(`message ${number}: word ${i} is ${words[at + i]}`);
  }
}

/** Word `index` of message `number`: differs from message to message, and from word to word in each message. */
export function wordOf(number: number, index: number): number {
  return (Math.imul(number, 0x9e3779b1) + Math.imul(index, 0x01000193)) | 0;
}

/** Turns of an empty loop, under 1 ns each, after the first attempt in vain, and after any later one at most. */
const FIRST_SPINS = 64;
const MOST_SPINS = 1_024;
/**
 * Attempts in vain after which a thread sleeps, and for how long. Spinning (some 400 us) outlasts the sleep: otherwise
 * one that sleeps makes the other sleep, and from then on they do so by turns.
 */
const ATTEMPTS = 1_000;
const SLEEP_MS = 0.05;

/**
 * Waits for the peer. Each attempt takes the peer's cache line away from it, so attempts in vain become rarer: the
 * peer gets ahead meanwhile, and the next ones succeed in a row. After many the thread sleeps, so that two threads
 * also get on with a single processor.
 */
export class Patience {
  private attempts = 0;
  private spins = FIRST_SPINS;
  private readonly never = new Int32Array(new SharedArrayBuffer(4));

  /** To be called after each attempt that found nothing. */
  pause(): void {
    if (++this.attempts >= ATTEMPTS) {
      Atomics.wait(this.never, 0, 0, SLEEP_MS);
      return;
    }
    for (let i = 0; i < this.spins; i++);
    this.spins = Math.min(2 * this.spins, MOST_SPINS);
  }

  /** To be called after an attempt that succeeded. */
  reset(): void {
    this.attempts = 0;
    this.spins = FIRST_SPINS;
  }
}
