/**
 * Buffers neither vanish nor multiply. Ownership events cannot tell: a buffer that nobody is ever given again breaks
 * no rule of the statechart. So this property counts, wherever all is at rest, and demands a way home from everywhere.
 */
import type { Property, PropertyContext, StateView } from './property.ts';

/**
 * In every quiescent state each buffer stands in exactly one place, as the target's census counts them (a target
 * without a census makes no such claim); and from every reachable state the buffers can all come home.
 */
export const noLostBuffers: Property = {
  name: 'no-lost-buffers',
  title: 'At rest each buffer is in exactly one place, and all buffers can always come home.',
  goal: 'home',
  quiescent: (context) => {
    const counts = new Uint32Array(context.slots.length);
    return (view) => {
      counts.fill(0);
      const counted = view.census((slot) => {
        counts[slot] = (counts[slot] ?? 0) + 1;
      });
      if (!counted || counts.every((count) => count === 1)) return null;
      return `at rest, ${wrongPlaces(view, context)}`;
    };
  },
};

/** In words, once it is known that something is wrong. */
function wrongPlaces(view: StateView, context: PropertyContext): string {
  const places = context.slots.map(({ name }) => ({ name, at: [] as string[] }));
  view.census((slot, where) => places[slot]?.at.push(where));
  const missing = places.filter(({ at }) => at.length === 0).map(({ name }) => `${name} is in no place`);
  const doubled = places
    .filter(({ at }) => at.length > 1)
    .map(({ name, at }) => `${name} is in ${at.length} places (${at.join(', ')})`);
  return [...doubled, ...missing].join('; ');
}
