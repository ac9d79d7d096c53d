/** What the reader of litmus files says of files that are wrong: what was expected, what was found, where. */
import { describe, expect, it } from 'vitest';
import { decodeLitmus, LitmusError, MAX_LITMUS_CHARACTERS, suite, suiteText } from './support.ts';

type Json = { [key: string]: unknown };

/** A correct test; each case below spoils it in one point. */
function sound(): Json {
  return {
    name: 'T',
    family: 'own',
    locations: { x: 0, y: 0 },
    threads: [
      [
        { op: 'store', loc: 'x', value: 1, order: 'rel' },
        { op: 'rmw', kind: 'xchg', loc: 'y', value: 1, reg: 'r0', order: 'sc' },
      ],
      [
        { op: 'await', loc: 'y', eq: 1, reg: 'r0', order: 'acq' },
        { op: 'load', loc: 'x', reg: 'r1', order: 'rlx', when: [{ reg: 'r0', eq: 1 }] },
      ],
      [
        { op: 'store', loc: 'x', value: { reg: 'r0', add: 1 }, order: 'rlx' },
        { op: 'load', loc: 'y', reg: 'r0', order: 'rlx' },
      ],
    ],
    isr: [{ thread: 2, on: 0 }],
    observed: ['1:r1', 'x'],
    condition: [{ '1:r1': 1 }],
    verdicts: { sc: 'allowed', tso: 'allowed', pso: 'allowed', rc11: 'allowed' },
    outcomes: { sc: [[1, 1]], tso: [[1, 1]], pso: [[1, 1]], rc11: [[1, 1]] },
  };
}

function fileOf(...tests: readonly unknown[]): string {
  return JSON.stringify({ format: 'litmus-neutral', version: 1, tests });
}

function errorOf(text: string): LitmusError {
  try {
    decodeLitmus(text);
  } catch (error) {
    if (error instanceof LitmusError) return error;
    throw error;
  }
  throw new Error('expected a LitmusError, found none');
}

/** A copy of the sound test with what stands at the path replaced (undefined: removed). */
function spoiled(path: string, value: unknown): string {
  const test = sound();
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Json = test;
  for (const key of keys) at = at[key] as Json;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return fileOf(test);
}

describe('a file of litmus tests', () => {
  it('is read when it is sound', () => {
    expect(decodeLitmus(fileOf(sound()))).toEqual([sound()]);
    expect(decodeLitmus(fileOf())).toEqual([]);
    expect(suite[0]?.name).toBe('CoRR');
  });

  it.each([
    ['not-json', '', 'the file', 'JSON'],
    ['not-json', '{ "format": ', 'the file', 'JSON'],
    ['foreign', '[]', 'format', '"litmus-neutral"'],
    ['foreign', '{ "format": "vqcheck-trace" }', 'format', '"litmus-neutral"'],
    ['wrong-version', '{ "format": "litmus-neutral", "version": 2 }', 'version', '1'],
    ['invalid', '{ "format": "litmus-neutral", "version": 1 }', 'tests', 'a list'],
    [
      'invalid',
      '{ "format": "litmus-neutral", "version": 1, "tests": [], "more": 1 }',
      'the file',
      'only the fields',
    ],
    ['oversized', ' '.repeat(MAX_LITMUS_CHARACTERS + 1), 'the file', 'characters'],
  ])('is refused as %s: %.40s', (code, text, where, expected) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code, where });
    expect(error.expected).toContain(expected);
    expect(error.message).toBe(`${where}: expected ${error.expected}, found ${error.found}`);
  });

  it.each([
    // What the schema says.
    ['name', undefined, 'name', 'text', 'nothing'],
    ['name', '', 'name', 'at least 1 characters', '""'],
    ['extra', 1, '', 'only the fields of the format', '"extra"'],
    ['locations', { 'x:y': 0 }, 'locations.x:y', 'a name', 'the name "x:y"'],
    ['locations.x', -1, 'locations.x', '0..2^32-1', '-1'],
    ['locations.x', 2 ** 32, 'locations.x', '0..2^32-1', '4294967296'],
    ['locations.x', 0.5, 'locations.x', 'a whole number', '0.5'],
    ['threads', [], 'threads', 'at least 1 elements', '[]'],
    ['threads', Array.from({ length: 17 }, () => []), 'threads', 'at most 16 elements', '[['],
    ['threads.0.0', 7, 'threads[0][0]', 'an object', '7'],
    ['threads.0.0.op', 'sotre', 'threads[0][0].op', 'one of store, load, rmw, cas, fence, await', '"sotre"'],
    ['threads.0.0.order', 'acq', 'threads[0][0].order', 'one of plain, rlx, rel, sc', '"acq"'],
    ['threads.0.0.value', 'one', 'threads[0][0].value', 'a whole number, 0..2^32-1, or {', '"one"'],
    ['threads.0.0.reg', 'r0', 'threads[0][0]', 'only the fields of the format', '"reg"'],
    ['threads.0.1.kind', 'sub', 'threads[0][1].kind', 'one of xchg, add, or, and', '"sub"'],
    ['threads.0.1.order', 'plain', 'threads[0][1].order', 'one of rlx, acq, rel, acq_rel, sc', '"plain"'],
    ['threads.0.1.reg', undefined, 'threads[0][1].reg', 'a name', 'nothing'],
    ['threads.1.0.ne', 0, 'threads[1][0]', 'one of "eq" and "ne"', '{"op":"await"'],
    ['threads.1.0.eq', undefined, 'threads[1][0]', 'one of "eq" and "ne"', '{"op":"await"'],
    ['threads.1.1.when.0.eq', undefined, 'threads[1][1].when[0]', 'one of "eq" and "ne"', '{"reg":"r0"}'],
    ['isr.0.on', -1, 'isr[0].on', 'the index of a thread', '-1'],
    ['observed', [], 'observed', 'at least 1 elements', '[]'],
    ['verdicts.pso', undefined, 'verdicts.pso', 'one of allowed, forbidden', 'nothing'],
    ['outcomes.rc11', undefined, 'outcomes.rc11', 'a list', 'nothing'],
    ['variants', { tso_odd: { verdict: 'allowed', outcomes: [[1, 1]] } }, 'variants', '', 'tso_odd'],
    // What only a look at the whole test says.
    ['threads.0.0.loc', 'z', 'threads[0][0].loc', 'a location: x, y', '"z"'],
    ['threads.2.0.value.reg', 'r9', 'threads[2][0].value.reg', 'a register of thread 2: r0', '"r9"'],
    ['threads.1.1.when.0.reg', 'r9', 'threads[1][1].when[0].reg', 'a register of thread 1: r0, r1', '"r9"'],
    ['isr.0.thread', 3, 'isr[0].thread', 'a thread 0..2', '3'],
    ['isr.1', { thread: 2, on: 1 }, 'isr[1].thread', 'a thread that is no handler yet', '2 again'],
    ['isr.0.on', 2, 'isr[0].on', 'a thread that is no handler itself', 'the handler 2'],
    ['observed.1', 'z', 'observed[1]', 'a location: x, y', '"z"'],
    ['observed.0', '3:r0', 'observed[0]', 'a thread 0..2 before the colon', '"3:r0"'],
    ['observed.0', 'a:r0', 'observed[0]', 'a thread 0..2 before the colon', '"a:r0"'],
    ['observed.0', '1:r7', 'observed[0]', 'a register of thread 1: r0, r1', '"r7"'],
    ['observed', ['x', 'x'], 'observed', 'names that differ', '["x","x"]'],
    ['condition.0', { y: 1 }, 'condition[0]', 'a name that is observed: 1:r1, x', '"y"'],
    ['outcomes.tso', [[1]], 'outcomes.tso[0]', '2 values, one for each name observed', '[1]'],
    ['outcomes.tso.1', [1, 1], 'outcomes.tso[1]', 'each outcome once', '[1,1] again'],
    ['verdicts.sc', 'forbidden', 'verdicts.sc', '"allowed", as an outcome satisfies', '"forbidden"'],
    ['outcomes.pso', [[0, 1]], 'verdicts.pso', '"forbidden", as no outcome satisfies', '"allowed"'],
    [
      'variants',
      { pso_raw: { verdict: 'forbidden', outcomes: [[1, 1]] } },
      'variants.pso_raw.verdict',
      '"allowed"',
      '"forbidden"',
    ],
    [
      'variants',
      { pso_raw: { verdict: 'allowed', outcomes: [[1]] } },
      'variants.pso_raw.outcomes[0]',
      '2 values',
      '[1]',
    ],
  ])('with %s = %j says where: %s, and what was expected', (path, value, where, expected, found) => {
    const error = errorOf(spoiled(path, value));
    const name = path === 'name' ? 'tests[0]' : 'tests[0] (T)';
    expect(error.code).toBe('invalid');
    expect(error.where.replace(' ()', '')).toBe(where === '' ? name : `${name}.${where}`);
    expect(error.expected).toContain(expected);
    expect(error.found).toContain(found);
  });

  it('has names that differ', () => {
    expect(errorOf(fileOf(sound(), sound())).message).toBe(
      'tests[1] (T).name: expected a name of its own, found "T", the name of tests[0]',
    );
  });

  it('without locations or registers says that there are none', () => {
    const test = {
      ...sound(),
      locations: {},
      threads: [[{ op: 'load', loc: 'x', reg: 'r', order: 'rlx' }]],
      isr: [],
    };
    expect(errorOf(fileOf(test)).expected).toBe('a location (there is none)');
  });

  it('that is cut or changed anywhere is read or refused, and never anything else', () => {
    for (let at = 0; at < 6000; at += 17) {
      const text = suiteText.slice(0, 6000);
      const changed = `${text.slice(0, at)}${'[]{}":,0x'[at % 9]}${text.slice(at + 1)}`;
      expect(errorOf(changed)).toBeInstanceOf(LitmusError);
      const json = fileOf(sound());
      const place = at % json.length;
      try {
        decodeLitmus(`${json.slice(0, place)}${'[]{}":,0x'[at % 9]}${json.slice(place + 1)}`);
      } catch (error) {
        expect(error).toBeInstanceOf(LitmusError);
      }
    }
  });
});
