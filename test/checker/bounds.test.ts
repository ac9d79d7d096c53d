/** Bounds: whatever is met first, the verdict says so, and never says proved. */

import { describe, expect, it } from 'vitest';
import { check, startCheck } from 'vqcheck/checker';
import { espAmp } from 'vqcheck/scenarios';
import { loads, never, once, report, tiny, x } from './support.ts';

const reader = once((port) => loads(port, x, x));
const grid = tiny({ a: reader, b: reader });

describe('a bound on states', () => {
  it('that holds them all changes nothing', () => {
    expect(check(grid, { maxStates: 9 })).toMatchObject({ verdict: 'proved', states: 9, incomplete: null });
  });

  it('of one less is incomplete, and says what was covered', () => {
    const result = check(grid, { maxStates: 8 });
    expect(result).toMatchObject({
      verdict: 'incomplete',
      states: 9,
      incomplete: { kind: 'states', limit: 8 },
    });
    expect(result.transitions).toBeLessThan(12);
  });

  it('of nothing is incomplete at once, with one state', () => {
    expect(check(grid, { maxStates: 0 })).toMatchObject({ verdict: 'incomplete', states: 1, transitions: 0 });
  });

  it('claims no goal: a deadlock is not reported on a part of the space', () => {
    const scenario = espAmp.scenarios.find(({ name }) => name === 'in-order');
    const system = scenario?.system({ slots: 1, memory: 'sc', defects: ['flip-not-toggled'] }) ?? grid;
    expect(check(system, { maxStates: 10 })).toMatchObject({ verdict: 'incomplete', violations: [] });
    expect(check(system).verdict).toBe('violated');
  });
});

describe('other bounds', () => {
  it('memory is looked at between slices', () => {
    const search = startCheck(grid, { maxBytes: 1 });
    expect(search.advance(1)).toBe(true);
    expect(search.result()).toMatchObject({
      verdict: 'incomplete',
      incomplete: { kind: 'memory', limit: 1 },
    });
    expect(check(grid, { maxBytes: 1e9 }).verdict).toBe('proved');
  });

  it('a search that is stopped says why, and stays stopped', () => {
    const search = startCheck(grid);
    expect(search.advance(2)).toBe(false);
    search.stop('no more time');
    expect(search.advance(1000)).toBe(true);
    expect(search.result()).toMatchObject({
      verdict: 'incomplete',
      incomplete: { kind: 'stopped', why: 'no more time' },
      violations: [],
    });
  });

  it('a search that is over cannot be stopped any more', () => {
    const search = startCheck(grid);
    while (!search.advance(1));
    search.stop('too late');
    expect(search.result()).toMatchObject({ verdict: 'proved', incomplete: null });
  });

  it('a search asked before its end is incomplete', () => {
    const search = startCheck(grid);
    expect(search.result().verdict).toBe('incomplete');
    // All states expanded, but nobody has looked whether that was all.
    search.advance(8);
    expect([search.result().verdict, search.frontier]).toEqual(['incomplete', 1]);
  });

  it('slices of any size find the same', () => {
    const results = [1, 2, 3, 7, 1000].map((slice) => {
      const search = startCheck(grid);
      while (!search.advance(slice));
      const { states, transitions, depth, verdict } = search.result();
      return [states, transitions, depth, verdict];
    });
    expect(new Set(results.map(String))).toEqual(new Set(['9,12,4,proved']));
  });
});

describe('the first violation', () => {
  const reporter = (value: number, before: number) =>
    once((port) => {
      for (let i = 0; i < before; i++) loads(port, x);
      report(port, value);
      loads(port, x);
    });
  const property = (value: number) =>
    never((event) => event.kind === 'call' && event.args.value === value, `never-${value}`);
  const system = tiny(
    { a: reporter(1, 3), b: reporter(2, 1), c: reporter(1, 2) },
    { properties: [property(1), property(2)] },
  );

  it('of each property is a shortest one, in the order found', () => {
    const { verdict, violations } = check(system);
    expect(verdict).toBe('violated');
    expect(violations.map((v) => [v.property, v.schedule.map(({ who }) => who)])).toEqual([
      ['never-2', [1]],
      ['never-1', [2, 2]],
    ]);
  });

  it('ends the search when asked to', () => {
    const { verdict, violations, states } = check(system, { first: true });
    expect([verdict, violations.length]).toEqual(['violated', 1]);
    expect(states).toBeLessThan(check(system).states);
  });

  it('is not found of a property that was not asked for', () => {
    expect(
      check(system, { properties: ['never-1'] }).violations.map((v) => [v.property, v.schedule.length]),
    ).toEqual([['never-1', 2]]);
    expect(check(system, { properties: [] }).verdict).toBe('proved');
  });

  it('counts over a bound: what was found is violated, however little was seen', () => {
    expect(check(system, { maxStates: 3 })).toMatchObject({
      verdict: 'violated',
      incomplete: { kind: 'states' },
    });
  });

  it('may lie beyond steps taken before: the schedule begins with them', () => {
    const from = [
      { kind: 'step', who: 0, choice: 0 },
      { kind: 'step', who: 0, choice: 0 },
    ] as const;
    const result = check(system, { properties: ['never-1'], from });
    expect(result.violations[0]?.schedule).toEqual([...from, { kind: 'step', who: 0, choice: 0 }]);
    expect(() => check(system, { from: [{ kind: 'drain', who: 0, choice: 0 }] })).toThrow(RangeError);
  });
});
