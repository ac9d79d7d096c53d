/** Payload bytes belong to whoever owns the buffer; all other bytes to whoever was given them. */
import type {
  AccessEvent,
  AllocationEvent,
  PayloadAccessEvent,
  Property,
  PropertyContext,
  Words,
} from './property.ts';
import { agentName, coreName, hex, slotName } from './wording.ts';

/** How many allocated ranges can be kept. */
const MAX_RANGES = 8;
const WORDS_PER_RANGE = 2;

/**
 * Violated by a payload access that is not inside one buffer, or by a core that does not own the buffer at that
 * moment; by any access that is misaligned, outside the memory or an unsafe integer; and by an access of a confined
 * operation that does not lie in one allocated range. The whole buffer is its owner's: bytes past the length of the
 * message in it are not outside.
 *
 * Allocations are known from their events only; those made while the system is set up, before any agent runs, are
 * not. State: for each range its offset and its length, ordered by both, so that the order of allocations is
 * forgotten; none where no operation is confined.
 *
 * @throws RangeError from the monitor at the ninth different range (an error of the scenario, not of the target).
 */
export const noOutsideAccess: Property = {
  name: 'no-outside-access',
  title: "No access outside the owner's buffer, the memory allocated or the memory itself.",
  monitor(context) {
    const confines = Object.values(context.operations).some(({ confined }) => confined === true);
    return {
      words: confines ? MAX_RANGES * WORDS_PER_RANGE : 0,
      listens: (event) =>
        event.kind === 'access'
          ? isConfined(context, event)
          : event.kind === 'fault' || event.kind === 'allocation',
      step(state, event) {
        switch (event.kind) {
          case 'payload':
            return judgePayload(context, event);
          case 'fault': {
            const outside = event.fault !== 'unbounded' && event.fault !== 'threw';
            return outside ? `${agentName(context, event.agent)}: ${event.message}` : null;
          }
          case 'allocation':
            if (confines) allocate(state, event);
            return null;
          case 'access':
            return confines ? judgeConfined(context, state, event) : null;
          default:
            return null;
        }
      },
    };
  },
};

function judgePayload(context: PropertyContext, event: PayloadAccessEvent): string | null {
  const { slot, within, length, ownerCore, core } = event;
  if (slot !== -1 && event.inside && ownerCore === core) return null;
  const deed = `${agentName(context, event.agent)} ${event.access === 'read' ? 'read' : 'wrote'}`;
  if (slot === -1) {
    return `${deed} ${length} payload bytes at ${hex(event.byteOffset)}, which is in no buffer`;
  }
  const range = `${slotName(context, slot)}[${within}..${within + length - 1}]`;
  if (!event.inside) {
    return `${deed} ${range}, but the buffer has ${context.slots[slot]?.lengthBytes} bytes`;
  }
  const owner = ownerCore === -1 ? 'nobody' : coreName(context, ownerCore);
  return `${deed} ${range}, which belongs to ${owner}: the buffer is ${event.state}`;
}

function isConfined(context: PropertyContext, { operation }: AccessEvent): boolean {
  return operation !== null && context.operations[operation]?.confined === true;
}

function judgeConfined(context: PropertyContext, state: Words, event: AccessEvent): string | null {
  if (!isConfined(context, event)) return null;
  const { operation, byteOffset, length } = event;
  for (let range = 0; range < MAX_RANGES; range++) {
    const from = state.get(range * WORDS_PER_RANGE);
    const to = from + state.get(range * WORDS_PER_RANGE + 1);
    if (byteOffset >= from && byteOffset + length <= to) return null;
  }
  const deed = `${agentName(context, event.agent)}: ${operation} ${event.writes ? 'wrote' : 'read'}`;
  return `${deed} ${event.name} (${length} bytes at ${hex(byteOffset)}), which is not allocated`;
}

function allocate(state: Words, { byteOffset, length }: AllocationEvent): void {
  if (length === 0) return;
  let at = 0;
  for (; at < MAX_RANGES; at++) {
    const from = state.get(at * WORDS_PER_RANGE);
    const size = state.get(at * WORDS_PER_RANGE + 1);
    if (from === byteOffset && size === length) return;
    if (size === 0 || from > byteOffset || (from === byteOffset && size > length)) break;
  }
  if (state.get((MAX_RANGES - 1) * WORDS_PER_RANGE + 1) !== 0) {
    throw new RangeError(`no-outside-access: more allocations than it can keep, which is ${MAX_RANGES}`);
  }
  for (let word = MAX_RANGES * WORDS_PER_RANGE - 1; word >= (at + 1) * WORDS_PER_RANGE; word--) {
    state.set(word, state.get(word - WORDS_PER_RANGE));
  }
  state.set(at * WORDS_PER_RANGE, byteOffset);
  state.set(at * WORDS_PER_RANGE + 1, length);
}
