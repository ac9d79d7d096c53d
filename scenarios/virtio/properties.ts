/** Claims about VirtIO queues beyond the built-in ones; the clauses of the specification have a folder of their own. */
import {
  findsPeerBroken,
  type Segment,
  type Taken,
  UNKNOWN_LENGTH,
  VIRTIO_OK,
  virtioCodeName,
} from '../../impl/index.ts';
import type { PlainData } from '../../memory/index.ts';
import { builtInProperties, type MonitorEvent, type Property, type Words } from '../../properties/index.ts';
import type { ClauseRegisters } from './clauses/index.ts';
import { DEVICE_CORE, DRIVER_CORE, type Platform } from './platform.ts';

export const noLostDescriptorsName = 'no-lost-descriptors';

/** G1 for descriptors. */
export function noLostDescriptors(platform: Platform): Property {
  const { size } = platform.options;
  return {
    name: noLostDescriptorsName,
    title: 'At rest each descriptor is free or in one chain, once.',
    quiescent: () => (view) => {
      const places: string[][] = Array.from({ length: size }, () => []);
      platform.descriptorCensus(view, (desc, where) => places[desc]?.push(where));
      const wrong = places.findIndex((at) => at.length !== 1);
      if (wrong < 0) return null;
      const at = places[wrong] ?? [];
      return at.length === 0
        ? `at rest, desc[${wrong}] is in no place`
        : `at rest, desc[${wrong}] is in ${at.length} places (${at.join(', ')})`;
    },
  };
}

/** What a device wrote is what the driver reads, where a chain comes back with a reply. */
export const replyIntegrity: Property = {
  name: 'reply-integrity',
  title: 'What the driver reads of a chain that came back is what the device has written.',
  // Per slot: the content that the device wrote last, from its start.
  monitor: ({ slots, contents }) => ({
    words: slots.length,
    step(state, event) {
      if (event.kind === 'slot' && event.slot >= 0 && event.event === 'publish') state.set(event.slot, 0);
      if (event.kind !== 'payload' || event.slot < 0) return null;
      if (event.core === DEVICE_CORE && event.access === 'write') state.set(event.slot, event.content);
      if (event.core !== DRIVER_CORE) return null;
      if (event.access === 'write') {
        state.set(event.slot, 0);
        return null;
      }
      const known = state.get(event.slot);
      state.set(event.slot, 0);
      if (event.content === contents.slice(known, event.within, event.length)) return null;
      return `the driver read ${event.length} bytes of ${slots[event.slot]?.name} that the device has not written`;
    },
  }),
};

/** G4 for chains: all segments of a chain, and in their order. */
export function wholeChain({ options: { size } }: Platform): Property {
  const after = (digest: number, { addr, len, writable }: Segment): number =>
    (Math.imul(digest, 31) + addr * 8 + len * 2 + (writable ? 1 : 0) + 1) >>> 0;
  return {
    name: wholeChainName,
    title: 'The device takes the segments that the driver has added, all of them and in their order.',
    // Per head, or id: a digest of the segments described so far, 0 once the chain is taken.
    monitor: () => ({
      words: size,
      listens: (event) =>
        beginsAnew(event) ||
        (event.kind === 'return' && (event.operation === 'describe' || event.operation === 'take')),
      step(state, event) {
        if (beginsAnew(event)) forgetAll(state, size);
        if (event.kind !== 'return') return null;
        if (event.operation === 'describe') {
          const segment = event.args as unknown as Segment & { readonly head: number };
          if (segment.head < size) state.set(segment.head, after(state.get(segment.head), segment));
        }
        if (event.operation !== 'take' || event.result !== VIRTIO_OK) return null;
        const { head, segments } = event.args.out as unknown as Taken;
        if (head >= size) return null;
        const described = state.get(head);
        state.set(head, 0);
        return described === segments.reduce(after, 0)
          ? null
          : `the device took chain ${head} with ${segments.length} segments, which are not those that were added`;
      },
    }),
  };
}

/** The driver sets the queue up, after a reset: of the chains that were out nothing is heard any more. */
function beginsAnew(event: MonitorEvent): boolean {
  return event.kind === 'call' && event.operation === 'init' && event.core === DRIVER_CORE;
}

function forgetAll(state: Words, words: number): void {
  for (let word = 0; word < words; word++) state.set(word, 0);
}

const wholeChainName = 'whole-chain';

/** Of a chain that was used together with a later one: what was written to it nobody knows. */
const NOT_TOLD = 0xffff_ffff;

/** What `collect` says that the device wrote. */
export function usedLength({ options: { size } }: Platform): Property {
  return {
    name: usedLengthName,
    title: 'The driver is told how many bytes the device has written.',
    // Per head, or id: the length with which it was given back, + 1; `NOT_TOLD`; 0: it was not given back.
    monitor: () => ({
      words: size,
      listens: (event) =>
        beginsAnew(event) ||
        ((event.kind === 'call' || event.kind === 'return') && givesBack(event.operation)) ||
        (event.kind === 'return' && event.operation === 'collect'),
      step(state, event) {
        if (beginsAnew(event)) forgetAll(state, size);
        if ((event.kind === 'call' || event.kind === 'return') && givesBack(event.operation)) {
          for (const [head, length] of lengthsOf(event.args)) {
            if (head >= size) continue;
            // One that is refused gives nothing back, and one that is on its way back already is not given back again.
            if (event.kind === 'call' && state.get(head) === 0) state.set(head, length);
            if (event.kind === 'return' && event.result !== VIRTIO_OK && state.get(head) === length)
              state.set(head, 0);
          }
          return null;
        }
        if (event.kind !== 'return' || event.operation !== 'collect' || event.result !== VIRTIO_OK)
          return null;
        const { head, len } = event.args.out as { readonly head: number; readonly len: number };
        if (head >= size) return null;
        const known = state.get(head);
        state.set(head, 0);
        if (known === 0 || known === (len === UNKNOWN_LENGTH ? NOT_TOLD : len + 1)) return null;
        const said = len === UNKNOWN_LENGTH ? 'nobody knows how many' : String(len);
        const wrote = known === NOT_TOLD ? 'did not say how many' : `wrote ${known - 1}`;
        return `collect said that ${said} bytes were written to chain ${head}, and the device ${wrote}`;
      },
    }),
  };
}

function givesBack(operation: string): boolean {
  return operation === 'giveBack' || operation === 'giveBackBatch';
}

/** The chains that are given back, each with its length + 1: of a batch only the last one has any. */
function lengthsOf(args: Readonly<Record<string, PlainData>>): readonly (readonly [number, number])[] {
  const { head, heads, written } = args;
  const all = Array.isArray(heads) ? heads.map(Number) : [Number(head)];
  return all.map((one, i) => [one, i === all.length - 1 ? Number(written) + 1 : NOT_TOLD]);
}

const usedLengthName = 'used-length';

/** A side is found out only if it breaks the rules. */
const noFalseAlarm: Property = {
  name: 'no-false-alarm',
  title: 'Between sides that keep to the rules no queue is ever marked as broken.',
  monitor: ({ agents }) => ({
    words: 0,
    step(_state, event) {
      if (event.kind !== 'return' || typeof event.result !== 'number' || !findsPeerBroken(event.result))
        return null;
      if (!QUEUE_OPERATIONS.has(event.operation)) return null;
      return `${agents[event.agent]?.name} marked the queue as broken in ${event.operation}: ${virtioCodeName(event.result)}`;
    },
  }),
};

/** Those that can find a peer out. */
const QUEUE_OPERATIONS: ReadonlySet<string> = new Set(['take', 'collect']);

/** All of a scenario in which both sides keep to the rules. */
export function soundProperties(platform: Platform, registers?: ClauseRegisters): readonly Property[] {
  return [
    ...builtInProperties,
    noLostDescriptors(platform),
    replyIntegrity,
    usedLength(platform),
    wholeChain(platform),
    noFalseAlarm,
    ...platform.clauses(registers),
  ];
}
