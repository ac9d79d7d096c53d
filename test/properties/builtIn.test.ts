import { describe, expect, it } from 'vitest';
import { builtInProperties } from 'vqcheck/properties';
import { contextWith, judge, MAIN, Story, soundStory } from './support.ts';

const withMonitor = builtInProperties.filter(({ monitor }) => monitor !== undefined);

describe('the built-in properties', () => {
  it('have unique kebab-case names, and titles that are sentences', () => {
    const names = builtInProperties.map(({ name }) => name);
    expect(names).toEqual([
      'no-double-ownership',
      'no-lost-buffers',
      'fifo',
      'payload-integrity',
      'no-data-race',
      'no-outside-access',
      'failure-atomicity',
      'documented-errors',
      'bounded-operation',
      'deadlock',
      'lost-wakeup',
      'eventual-receipt',
      'livelock',
    ]);
    for (const { title } of builtInProperties) expect(title).toMatch(/^[A-Z].*\.$/);
  });

  it('each decide something: by a monitor, at rest, by a goal, or by happens-before', () => {
    for (const { monitor, quiescent, goal, races } of builtInProperties) {
      expect([monitor, quiescent, goal, races].some((part) => part !== undefined)).toBe(true);
    }
  });

  it('pursue five goals', () => {
    const goals = builtInProperties.flatMap(({ name, goal }) => (goal === undefined ? [] : [[name, goal]]));
    expect(goals).toEqual([
      ['no-lost-buffers', 'home'],
      ['deadlock', 'progress'],
      ['lost-wakeup', 'awake'],
      ['eventual-receipt', 'received'],
      ['livelock', 'live'],
    ]);
  });

  it.each(withMonitor)('$name holds on a sound run and keeps no history of it', (property) => {
    const context = contextWith();
    const { message, words } = judge(property, context, soundStory(context).events);
    expect(message).toBeNull();
    expect(words.every((word) => word === 0)).toBe(true);
  });

  it.each(withMonitor)('$name is in the same state after a second, equal round', (property) => {
    const context = contextWith();
    const { events } = soundStory(context);
    for (let cut = 0; cut <= events.length; cut++) {
      const part = events.slice(0, cut);
      const again = judge(property, context, [...events, ...part]);
      expect(again).toEqual(judge(property, context, part));
    }
  });

  it.each(withMonitor)('$name holds on an empty run and on one of a single step', (property) => {
    const context = contextWith();
    const { events } = new Story(context).call(MAIN, 'alloc_try');
    expect(judge(property, context, []).message).toBeNull();
    expect(judge(property, context, events).message).toBeNull();
  });
});
