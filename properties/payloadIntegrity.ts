/** What is received is what was sent: bytes against the sender's last writes, not against a tag in them; and the length. */
import type {
  Contents,
  PayloadAccessEvent,
  Property,
  PropertyContext,
  SlotMoveEvent,
  Words,
} from './property.ts';
import { agentName, hexBytes, slotName } from './wording.ts';

/** Words of one slot: known bytes as a content number, where in the buffer they start, published length + 1. */
const CONTENT = 0;
const FROM = 1;
const LENGTH = 2;
const WORDS_PER_SLOT = 3;

/**
 * A buffer is taken with the length that it was published with; and whoever holds it reads the bytes that its owners
 * (the driver before, the device itself since) wrote last.
 *
 * Known is one contiguous range of each buffer, since it was last free: a write that touches it extends it, a write
 * apart from it replaces it. Nothing is claimed of other bytes, which nobody wrote for this message; so reading past
 * the published length is judged by the known bytes alone. Writes by a core which is not the owner are not known, so
 * they show as wrong bytes (and in `no-outside-access` by themselves).
 *
 * Not judged: what the driver reads in a buffer that came back, since the content is forgotten when the buffer is
 * free again; and what a device reads after a release that was refused.
 *
 * State: three words a slot, all 0 while it is free.
 */
export const payloadIntegrity: Property = {
  name: 'payload-integrity',
  title: 'A taken buffer has the length it was published with, and the bytes that its owner wrote last.',
  monitor: (context) => ({
    words: context.slots.length * WORDS_PER_SLOT,
    listens: ({ kind }) => kind === 'slot' || kind === 'payload',
    step(state, event) {
      if (event.kind === 'slot') return move(context, state, event);
      if (event.kind !== 'payload' || event.slot === -1 || !event.inside) return null;
      if (event.ownerCore !== event.core || event.length === 0) return null;
      if (event.access === 'read') return judgeRead(context, state, event);
      write(context.contents, state, event);
      return null;
    },
  }),
};

function move(context: PropertyContext, state: Words, event: SlotMoveEvent): string | null {
  const { slot, to, length } = event;
  // Illegal moves are for no-double-ownership to tell; they move nothing.
  if (slot === -1 || to === null) return null;
  const base = slot * WORDS_PER_SLOT;
  switch (event.event) {
    case 'publish':
      state.set(base + LENGTH, length + 1);
      break;
    case 'publish.failed':
      state.set(base + LENGTH, 0);
      break;
    case 'take': {
      const published = state.get(base + LENGTH) - 1;
      state.set(base + LENGTH, 0);
      if (published === -1 || length === -1 || published === length) break;
      const deed = `${agentName(context, event.agent)} took ${slotName(context, slot)}`;
      return `${deed} with length ${length}, but it was published with length ${published}`;
    }
    default:
      break;
  }
  if (to === 'free') {
    state.set(base + CONTENT, 0);
    state.set(base + FROM, 0);
    state.set(base + LENGTH, 0);
  }
  return null;
}

function write(contents: Contents, state: Words, event: PayloadAccessEvent): void {
  const base = event.slot * WORDS_PER_SLOT;
  const known = state.get(base + CONTENT);
  const from = state.get(base + FROM);
  const to = from + contents.lengthOf(known);
  const { within, length, content } = event;
  const end = within + length;
  let next = content;
  let start = within;
  if (known !== 0 && within >= from && within <= to) {
    next = contents.splice(known, within - from, content);
    start = from;
  } else if (known !== 0 && within < from && end >= from && end < to) {
    next = contents.splice(content, length, contents.slice(known, end - from, to - end));
  }
  state.set(base + CONTENT, next);
  state.set(base + FROM, start);
}

function judgeRead(context: PropertyContext, state: Words, event: PayloadAccessEvent): string | null {
  if (event.state !== 'used.held') return null;
  const { contents } = context;
  const base = event.slot * WORDS_PER_SLOT;
  const known = state.get(base + CONTENT);
  const from = state.get(base + FROM);
  // The usual case, and no need to cut anything: exactly what is known.
  if (known === event.content && from === event.within) return null;
  const start = Math.max(event.within, from);
  const length = Math.min(event.within + event.length, from + contents.lengthOf(known)) - start;
  if (length <= 0) return null;
  const expected = contents.slice(known, start - from, length);
  const found = contents.slice(event.content, start - event.within, length);
  if (expected === found) return null;
  return (
    `${agentName(context, event.agent)} read ${slotName(context, event.slot)}[${start}..${start + length - 1}]: ` +
    `expected ${hexBytes(contents.bytesOf(expected))}, found ${hexBytes(contents.bytesOf(found))}`
  );
}
