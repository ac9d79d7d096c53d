/** Whether a peer wants to be notified: the test of VirtIO 1.2, 2.7.10 and 2.8.10. */

/**
 * With EVENT_IDX: whether the window of entries from `old` (inclusive) to `next` (exclusive) contains the one with the
 * index `event`, all modulo `modulus`. So that many entries can be announced at once; comparing for equality or by size
 * would miss some.
 * @param event the index whose entry the peer waits for. @param next index after the newest entry. @param old index at the
 * last test. @param modulus a power of two.
 */
export function needEvent(event: number, next: number, old: number, modulus: number): boolean {
  const mask = modulus - 1;
  return ((next - event - 1) & mask) < ((next - old) & mask);
}
