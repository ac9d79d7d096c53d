/** Claims about seL4 virtqueues beyond the built-in ones. */
import { builtInProperties, type Property } from '../../properties/index.ts';
import { refusedSetUp } from './misuse.ts';
import type { Platform } from './platform.ts';

/** L1: the free list and the chains partition the descriptors. */
export function noLostDescriptors(platform: Platform): Property {
  const { slots } = platform.options;
  return {
    name: noLostDescriptorsName,
    title: 'At rest each descriptor is in the free list or in one chain, once.',
    quiescent: () => (view) => {
      const places: string[][] = Array.from({ length: slots }, () => []);
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

const noLostDescriptorsName = 'no-lost-descriptors';

/** No more is read of a chain that came back than the device said it used. */
export const usedLength: Property = {
  name: 'used-length',
  title: 'The driver reads no more of a returned chain than the device has used.',
  // Bytes that may still be read of the chain collected last.
  monitor: () => ({
    words: 1,
    listens: (event) => event.kind === 'return' && event.operation === 'get_used_buf',
    step(state, event) {
      if (event.kind === 'return' && event.operation === 'get_used_buf') {
        const out = event.args.out as { readonly len: number };
        state.set(0, event.result === 1 ? out.len : 0);
      }
      if (event.kind !== 'payload' || event.core !== 0 || event.access !== 'read') return null;
      const left = state.get(0);
      if (event.length > left)
        return `the driver read ${event.length} bytes, of which the device has used ${left}`;
      state.set(0, left - event.length);
      return null;
    },
  }),
};

/** Names of all properties that the scenarios check. */
export const propertyNames: readonly string[] = [
  ...builtInProperties.map(({ name }) => name),
  noLostDescriptorsName,
  usedLength.name,
  refusedSetUp.name,
];
