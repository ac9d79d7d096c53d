/** `vqcheck litmus`, as a user runs it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { masked, repositoryFile, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);

const own = {
  name: 'SB',
  family: 'own',
  locations: { x: 0, y: 0 },
  threads: [
    [
      { op: 'store', loc: 'x', value: 1, order: 'rlx' },
      { op: 'load', loc: 'y', reg: 'r0', order: 'rlx' },
    ],
    [
      { op: 'store', loc: 'y', value: 1, order: 'rlx' },
      { op: 'load', loc: 'x', reg: 'r0', order: 'rlx' },
    ],
  ],
  observed: ['0:r0', '1:r0'],
  condition: [{ '0:r0': 0, '1:r0': 0 }],
  verdicts: { sc: 'forbidden', tso: 'allowed', pso: 'allowed', rc11: 'allowed' },
  outcomes: Object.fromEntries(
    ['sc', 'tso', 'pso', 'rc11'].map((model) => [
      model,
      [...(model === 'sc' ? [] : [[0, 0]]), [0, 1], [1, 0], [1, 1]],
    ]),
  ),
};

function outcomesOf(outcomes: readonly (readonly number[])[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(['sc', 'tso', 'pso', 'rc11'].map((model) => [model, outcomes]));
}

function written(name: string, ...tests: readonly unknown[]): string {
  writeFileSync(join(folder, name), JSON.stringify({ format: 'litmus-neutral', version: 1, tests }));
  return name;
}

describe('vqcheck litmus', () => {
  it('runs the built-in suite, and all of it agrees', () => {
    const { code, out, err } = run('litmus --memory sc,tso,pso');
    expect(err).toBe('');
    expect(code).toBe(0);
    const summary = masked(out).split('\n').slice(-4);
    expect(summary).toEqual([
      'sc: 137 of 137 tests agree, 4,947 states, T.TT s',
      'tso: 137 of 137 tests agree, 11,302 states, T.TT s',
      'pso: 137 of 137 tests agree, 12,978 states, T.TT s',
      '',
    ]);
    expect(out.match(/│ ok(, race)? +│ ok(, race)? +│ ok(, race)? +│/g)).toHaveLength(137);
    expect(out.match(/│ ok, race +│ ok, race +│ ok, race +│/g)).toHaveLength(4);
  });

  it('runs the families asked for, under the models asked for, in the order of the vocabulary', () => {
    const { code, out } = run('litmus --family isr --memory pso,sc');
    expect(code).toBe(0);
    expect(masked(out)).toMatchInlineSnapshot(`
      "┌─────────────────┬────────┬────┬─────┐
      │ test            │ family │ sc │ pso │
      ├─────────────────┼────────┼────┼─────┤
      │ ISR-SB          │ isr    │ ok │ ok  │
      │ ISR-MP          │ isr    │ ok │ ok  │
      │ ISR-inc-rmw     │ isr    │ ok │ ok  │
      │ ISR-SB-xcore    │ isr    │ ok │ ok  │
      │ ISR-publish     │ isr    │ ok │ ok  │
      │ ISR-publish-rlx │ isr    │ ok │ ok  │
      │ ISR-two-stores  │ isr    │ ok │ ok  │
      └─────────────────┴────────┴────┴─────┘

      sc: 7 of 7 tests agree, 222 states, T.TT s
      pso: 7 of 7 tests agree, 486 states, T.TT s
      "
    `);
  });

  it('says which outcomes are missing, and which are extra', () => {
    const wrong = {
      ...own,
      outcomes: {
        ...own.outcomes,
        tso: [
          [0, 0],
          [0, 1],
          [1, 1],
          [2, 0],
        ],
      },
    };
    const file = written('wrong.json', wrong);
    const { code, out } = run(`litmus ${file} --memory sc,tso`);
    expect(code).toBe(1);
    expect(masked(out)).toMatchInlineSnapshot(`
      "┌──────┬────────┬────┬────────────────────┐
      │ test │ family │ sc │ tso                │
      ├──────┼────────┼────┼────────────────────┤
      │ SB   │ own    │ ok │ 1 missing, 1 extra │
      └──────┴────────┴────┴────────────────────┘

      SB under tso
        missing: expected, but no run ends so
          0:r0=2 1:r0=0
        extra: not expected, but a run ends so
          0:r0=1 1:r0=0

      sc: 1 of 1 test agrees, 13 states, T.TT s
      tso: 0 of 1 test agrees, 34 states, T.TT s
      "
    `);
  });

  it('says where a data race was expected and not found, or the other way round', () => {
    const threads = (order: string) => [
      [
        { op: 'store', loc: 'd', value: 1, order: 'plain' },
        { op: 'store', loc: 'f', value: 1, order },
      ],
      [
        { op: 'load', loc: 'f', reg: 'r0', order: 'acq' },
        { op: 'load', loc: 'd', reg: 'r1', order: 'plain', when: [{ reg: 'r0', eq: 1 }] },
      ],
    ];
    const ends = { observed: ['1:r0'], outcomes: outcomesOf([[0], [1]]) };
    const verdicts = Object.fromEntries(Object.keys(own.verdicts).map((model) => [model, 'forbidden']));
    const test = { ...own, ...ends, verdicts, condition: [], locations: { d: 0, f: 0 } };
    const race = { ...test, name: 'relaxed', threads: threads('rlx'), race: { rc11: true } };
    const none = { ...test, name: 'release', threads: threads('rel'), race: { rc11: false } };
    expect(run(`litmus ${written('races.json', race, none)}`).code).toBe(0);
    const file = written(
      'falsified.json',
      { ...race, race: { rc11: false } },
      { ...none, race: { rc11: true } },
    );
    const { code, out } = run(`litmus ${file} --memory sc,rc11`);
    expect(code).toBe(1);
    expect(masked(out)).toMatchInlineSnapshot(`
      "┌─────────┬────────┬────────────┬──────────────┐
      │ test    │ family │ sc         │ rc11         │
      ├─────────┼────────┼────────────┼──────────────┤
      │ relaxed │ own    │ race extra │ race extra   │
      │ release │ own    │ ok         │ race missing │
      └─────────┴────────┴────────────┴──────────────┘

      relaxed under sc
        race: not expected, but a run has a data race

      relaxed under rc11
        race: not expected, but a run has a data race

      release under rc11
        race: expected, but no run has a data race

      sc: 1 of 2 tests agree, 16 states, T.TT s
      rc11: 0 of 2 tests agree, 17 states, T.TT s
      "
    `);
    const { tests } = JSON.parse(run(`litmus ${file} --memory sc,rc11 --json -`).out);
    expect(tests.map(({ agrees, race }: { agrees: boolean; race: unknown }) => [agrees, race])).toEqual([
      [false, { expected: false, found: true }],
      [false, { expected: false, found: true }],
      [true, { expected: null, found: false }],
      [false, { expected: true, found: false }],
    ]);
  });

  it('takes several files', () => {
    const first = written('first.json', own);
    const second = written('second.json', { ...own, name: 'again', family: 'other' });
    const { code, out } = run(`litmus ${first} ${second} --memory all --family own,other`);
    expect(code).toBe(0);
    expect(out).toContain('sc: 2 of 2 tests agree');
    expect(out).toContain('pso: 2 of 2 tests agree');
  });

  it('reports as JSON, to a file or to standard output', () => {
    const file = written('own.json', {
      ...own,
      outcomes: {
        ...own.outcomes,
        pso: [
          [0, 0],
          [0, 1],
          [1, 0],
          [2, 2],
        ],
      },
    });
    const report = {
      version: 1,
      tests: [
        {
          name: 'SB',
          family: 'own',
          memory: 'pso',
          agrees: false,
          expected: [
            [0, 0],
            [0, 1],
            [1, 0],
            [2, 2],
          ],
          found: [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
          ],
          missing: [[2, 2]],
          extra: [[1, 1]],
          race: { expected: null, found: null },
          states: expect.any(Number),
        },
      ],
    };
    const { code, out } = run(`litmus ${file} --memory pso --json -`);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual(report);
    expect(Object.keys(JSON.parse(out).tests[0])).toEqual(Object.keys(report.tests[0] ?? {}));
    const toFile = run(`litmus ${file} --memory pso --json report.json`);
    expect(toFile.code).toBe(1);
    expect(toFile.out).toContain('pso: 0 of 1 test agrees');
    expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toEqual(report);
  });

  it.each([
    ['litmus none.json', 'file-not-found', 'no such file'],
    ['litmus --memory sc,ps', 'unknown-memory', 'did you mean'],
    ['litmus --memory', 'bad-arguments', 'vqcheck litmus --help'],
    ['litmus --family coherense', 'bad-value', 'did you mean coherence?'],
    [`litmus ${repositoryFile('package.json')}`, 'unreadable-file', 'expected: "litmus-neutral"'],
  ])('refuses %s', (args, errorCode, part) => {
    const { code, out, err } = run(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(`[${errorCode}]`);
    expect(err).toContain(part);
  });

  it('says where a file is wrong', () => {
    const { condition: _, ...without } = own;
    const { code, err } = run(`litmus ${written('bad.json', own, { ...without, name: 'half' })}`);
    expect(code).toBe(2);
    expect(err).toMatchInlineSnapshot(`
      "vqcheck: bad.json is no file of litmus tests: tests[1] (half).condition (invalid) [unreadable-file]
        expected: a list
        found:    nothing
        next:     compare it with the built-in suite, litmus/suite.json in the package
      "
    `);
  });

  it('takes no file without tests for success', () => {
    const { code, err } = run(`litmus ${written('empty.json')}`);
    expect(code).toBe(2);
    expect(err).toContain('there is no test to run [unreadable-file]');
  });

  it('has help with examples', () => {
    const { code, out } = run('litmus --help');
    expect(code).toBe(0);
    expect(out).toContain('Examples:\n  vqcheck litmus ');
  });
});
