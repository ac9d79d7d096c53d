/**
 * The vocabulary of the slot statechart: what may happen to the ownership of one buffer. What each event means, who
 * causes it and when, stands where it is used: on the transitions of the chart (`slot.ts`).
 */

/** All events, in the order of their indices (`slotEventIndex`). Names are lower case, with dots. */
export const slotEvents = [
  'reserve',
  'cancel',
  'publish',
  'publish.failed',
  'take',
  'return',
  'return.failed',
  'collect',
  'release',
  'release.failed',
  'revoke',
] as const;

/** The name of an event. */
export type SlotEvent = (typeof slotEvents)[number];

/** Who may touch the bytes of a buffer. */
export type SlotOwner = 'driver' | 'device' | 'nobody';

/**
 * When an operation causes an event. Ownership moves over intervals: an operation that acquires gives ownership at
 * its successful `return`; one that releases takes it away at its `call`, and gives it back at an `error return`.
 */
export type SlotEventMoment = 'call' | 'return' | 'error return';

/** What a transition says about its event: whose operation causes it, and when. */
export type SlotEventMeta =
  | { readonly by: 'driver' | 'device'; readonly at: 'call' | 'return' }
  /** `undoes`: the event at the call of the operation that now fails. */
  | { readonly by: 'driver' | 'device'; readonly at: 'error return'; readonly undoes: SlotEvent };
