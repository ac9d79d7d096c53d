/**
 * The claim of the slot statechart itself: nobody gives away what is not theirs, and nobody is given what somebody
 * else has. The statechart decides; this property only tells what happened.
 */
import type { SlotEvent, SlotState } from '../model/index.ts';
import type { Property, PropertyContext, SlotMoveEvent } from './property.ts';
import { agentName, hex, slotName } from './wording.ts';

/** What was done, as a verb with the buffer after it; for a `.failed` event, the operation that it undoes. */
const DEEDS: Readonly<Record<SlotEvent, string>> = {
  reserve: 'reserved',
  cancel: 'cancelled',
  publish: 'published',
  'publish.failed': 'publish',
  take: 'took',
  return: 'returned',
  'return.failed': 'return',
  collect: 'collected',
  release: 'released',
  'release.failed': 'release',
  revoke: 'revoked',
};

/** What must have happened in between, if an operation reports failure and finds the buffer in this state. */
const MOVED_ON: Readonly<Record<SlotState, string>> = {
  free: 'had already been given back',
  reserved: 'had already been reserved again',
  available: 'had already been published again',
  'used.held': 'had already been taken',
  'used.queued': 'is already on its way back',
};

/**
 * Violated by an ownership event that the statechart does not have in the buffer's state, and by one for an address
 * that is not the start of a buffer. An operation that reports failure gives the buffer back to its caller: if the
 * buffer has moved on by then, the operation has had an effect, and that is a violation too.
 */
export const noDoubleOwnership: Property = {
  name: 'no-double-ownership',
  title: 'A buffer has at most one owner, and only its owner hands it on.',
  monitor: (context) => ({
    words: 0,
    step: (_state, event) =>
      event.kind === 'slot' && (event.slot === -1 || event.to === null) ? explain(context, event) : null,
  }),
};

function explain(
  context: PropertyContext,
  { agent, event, slot, address, from, holder, noChain }: SlotMoveEvent,
): string {
  const who = agentName(context, agent);
  const failed = event.endsWith('.failed');
  const deed = failed ? `${who}'s ${DEEDS[event]} of` : `${who} ${DEEDS[event]}`;
  if (slot === -1 && noChain !== undefined) {
    return `${deed} chain ${noChain}${failed ? ' failed' : ''}, and there is no such chain`;
  }
  if (slot === -1) {
    return `${deed} ${hex(address)}${failed ? ' failed' : ''}, which is not the start of any buffer`;
  }
  const buffer = slotName(context, slot);
  const byHolder = holder === -1 ? '' : ` by ${agentName(context, holder)}`;
  if (failed) {
    const moved = from === null ? 'is in no known state' : MOVED_ON[from];
    return `${deed} ${buffer} failed, but the buffer ${moved}${from === 'used.held' ? byHolder : ''}`;
  }
  return `${deed} ${buffer}, which is ${stateName(from, byHolder)}`;
}

function stateName(from: SlotState | null, byHolder: string): string {
  switch (from) {
    case 'free':
      // Only a buffer that somebody once had can have been given back.
      return byHolder === '' ? 'free' : 'free: it was already given back';
    case 'reserved':
      return `reserved${byHolder}`;
    case 'available':
      return 'published and not taken yet';
    case 'used.held':
      return `held${byHolder}`;
    case 'used.queued':
      return 'on its way back and not collected yet';
    case null:
      return 'in no known state';
    default:
      return unreachable(from);
  }
}

function unreachable(state: never): never {
  throw new TypeError(`Expected a slot state, found ${JSON.stringify(state)}.`);
}
