import { describe, expect, it } from 'vitest';
import { type PropertyContext, reducerProperty } from 'vqcheck/properties';
import { contextWith, judge, MAIN, PlainWords, Story, verdictOf } from './support.ts';

const context = contextWith();
const story = (): Story => new Story(context);

const oneAtATime = reducerProperty<number>({
  name: 'one-at-a-time',
  title: 'At most one buffer is reserved at any time.',
  initial: 0,
  step(reserved, event) {
    if (event.kind !== 'slot') return reserved;
    if (event.event === 'publish') return 0;
    if (event.event !== 'reserve') return reserved;
    return reserved === 0 ? 1 : { violation: 'a second buffer was reserved' };
  },
});

/** Remembers the results of each operation, in records whose keys come in the order of happening. */
const lastResults = reducerProperty<Readonly<Record<string, number>>>({
  name: 'last-results',
  title: 'Remembers.',
  initial: {},
  step: (results, event) =>
    event.kind === 'return' && typeof event.result === 'number'
      ? { ...results, [event.operation]: event.result }
      : results,
});

describe('reducerProperty', () => {
  it('keeps name and title, and needs one word', () => {
    expect([oneAtATime.name, oneAtATime.title]).toEqual([
      'one-at-a-time',
      'At most one buffer is reserved at any time.',
    ]);
    expect(oneAtATime.monitor?.(context).words).toBe(1);
  });

  it('holds on a run that keeps the rule, and is then in its initial state, 0', () => {
    const run = story().reserve(0).send(0).reserve(1).send(1);
    expect(judge(oneAtATime, context, run.events)).toEqual({ message: null, at: -1, words: [0] });
  });

  it('says what the reducer says, and leaves the state alone', () => {
    const run = story().reserve(0).reserve(1);
    expect(judge(oneAtATime, context, run.events)).toEqual({
      message: 'a second buffer was reserved',
      at: 5,
      words: [1],
    });
  });

  it('knows a state again whatever the order of its keys', () => {
    const ab = story().call(MAIN, 'a').return(MAIN, 'a', 1).call(MAIN, 'b').return(MAIN, 'b', 2);
    const ba = story().call(MAIN, 'b').return(MAIN, 'b', 2).call(MAIN, 'a').return(MAIN, 'a', 1);
    const monitor = lastResults.monitor?.(context);
    const wordAfter = ({ events }: Story): number => {
      const words = new PlainWords(1);
      for (const event of events) monitor?.step(words, event);
      return words.get(0);
    };
    expect([wordAfter(ab), wordAfter(ba), wordAfter(ab)]).toEqual([2, 2, 2]);
  });

  it('takes -0 for 0', () => {
    const zero = story().call(MAIN, 'a').return(MAIN, 'a', 0).call(MAIN, 'a').return(MAIN, 'a', -0);
    expect(judge(lastResults, context, zero.events).words).toEqual([1]);
  });

  it('asks a function for the initial state of the system at hand, and hands steps the context', () => {
    const seen: PropertyContext[] = [];
    const credits = reducerProperty<number>({
      name: 'credits',
      title: 'No more reservations than slots.',
      initial: ({ slots }) => slots.length,
      step(left, event, at) {
        seen.push(at);
        if (event.kind !== 'slot' || event.event !== 'reserve') return left;
        return left > 0 ? left - 1 : { violation: `more than ${at.slots.length}` };
      },
    });
    expect(verdictOf(credits, context, story().reserve(0).reserve(1))).toBeNull();
    expect(verdictOf(credits, context, story().reserve(0).reserve(1).reserve(1))).toBe('more than 2');
    expect(seen.every((at) => at === context)).toBe(true);
  });

  it('freezes states, so that a step cannot change what other runs share', () => {
    const careless = reducerProperty<number[]>({
      name: 'careless',
      title: 'Changes its state.',
      initial: [],
      step(list) {
        list.push(1);
        return list;
      },
    });
    expect(() => verdictOf(careless, context, story().reserve(0))).toThrow(TypeError);
  });

  it.each([
    ['NaN', Number.NaN],
    ['a map', new Map()],
    ['nothing', undefined],
    ['a function', () => 0],
  ])('refuses %s as a state, naming the property', (_, state) => {
    const sloppy = reducerProperty<number>({
      name: 'sloppy',
      title: 'Returns what is no plain data.',
      initial: 0,
      // As code that is not type-checked might.
      step: () => state as unknown as number,
    });
    expect(() => verdictOf(sloppy, context, story().reserve(0))).toThrow(
      /^sloppy: expected a state of plain data/,
    );
  });
});
