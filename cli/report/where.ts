/** Sizes and memory models at which something holds, said compactly and exactly. */
import { memoryModelVocabulary } from '../plan.ts';
import { groupsOf, unique } from './words.ts';

/** One size under one memory model. */
export interface Place {
  readonly slots: number;
  readonly memory: string;
}

/** `1, 2 · sc, tso`: each of the sizes under each of the models. What is no full product is split: `1 · sc; 2 · sc, tso`. */
export function whereText(places: readonly Place[]): string {
  const bySlots = groupsOf(places, ({ slots }) => slots);
  const sizes = [...bySlots.keys()].sort((a, b) => a - b);
  const modelsOf = (slots: number): string =>
    unique((bySlots.get(slots) ?? []).map(({ memory }) => memory))
      .toSorted((a, b) => rank(a) - rank(b))
      .join(', ');
  return [...groupsOf(sizes, modelsOf)]
    .map(([models, slots]) => `${slots.join(', ')} · ${models}`)
    .join('; ');
}

/** From the strongest model to the weakest. */
function rank(memory: string): number {
  const index = memoryModelVocabulary.indexOf(memory);
  return index < 0 ? memoryModelVocabulary.length : index;
}
