/** Claims about VirtIO queues beyond the built-in ones; the clauses of the specification have a folder of their own. */
import { UNKNOWN_LENGTH, VIRTIO_OK } from '../../impl/index.ts';
import { builtInProperties, type Property } from '../../properties/index.ts';
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

/** What `collect` says that the device wrote. */
export function usedLength({ options: { size } }: Platform): Property {
  return {
    name: usedLengthName,
    title: 'The driver is told how many bytes the device has written.',
    // Per head, or id: the length with which it was given back, + 1; 0: it was not.
    monitor: () => ({
      words: size,
      listens: (event) =>
        ((event.kind === 'call' || event.kind === 'return') && event.operation === 'giveBack') ||
        (event.kind === 'return' && event.operation === 'collect'),
      step(state, event) {
        if ((event.kind === 'call' || event.kind === 'return') && event.operation === 'giveBack') {
          const head = Number(event.args.head);
          const length = Number(event.args.written) + 1;
          if (head >= size) return null;
          // One that is refused gives nothing back, and one that is on its way back already is not given back again.
          if (event.kind === 'call' && state.get(head) === 0) state.set(head, length);
          if (event.kind === 'return' && event.result !== VIRTIO_OK && state.get(head) === length)
            state.set(head, 0);
          return null;
        }
        if (event.kind !== 'return' || event.operation !== 'collect' || event.result !== 0) return null;
        const { head, len } = event.args.out as { readonly head: number; readonly len: number };
        if (head >= size) return null;
        const known = state.get(head);
        state.set(head, 0);
        if (known === 0 || len === UNKNOWN_LENGTH || known === len + 1) return null;
        return `collect said that ${len} bytes were written to chain ${head}, and the device wrote ${known - 1}`;
      },
    }),
  };
}

const usedLengthName = 'used-length';

/** All of a scenario in which both sides keep to the rules. */
export function soundProperties(platform: Platform): readonly Property[] {
  return [
    ...builtInProperties,
    noLostDescriptors(platform),
    replyIntegrity,
    usedLength(platform),
    ...platform.clauses(),
  ];
}

/** Names of all properties that the scenarios check, clauses aside. */
export const propertyNames: readonly string[] = [
  ...builtInProperties.map(({ name }) => name),
  noLostDescriptorsName,
  replyIntegrity.name,
  usedLengthName,
];
