/** The built-in suite on the engine: the memory models give exactly the published sets, and a wrong set is noticed. */
import { describe, expect, it } from 'vitest';
import {
  compareOutcomes,
  compareRace,
  decodeLitmus,
  expectedOutcomes,
  type LitmusTest,
  litmusSystem,
  named,
  type Outcome,
  runLitmus,
  suite,
  suiteText,
  variantOf,
} from './support.ts';

const MODELS = ['sc', 'tso', 'pso'] as const;

function differing(
  memory: (typeof MODELS)[number],
  expected: (test: LitmusTest) => readonly Outcome[],
): string[] {
  return suite
    .filter((test) => !compareOutcomes(expected(test), runLitmus(test, memory).outcomes).agrees)
    .map(({ name }) => name);
}

describe('the suite of litmus tests', () => {
  it('has 137 tests', () => {
    expect(suite).toHaveLength(137);
  });

  it.each(MODELS)('under %s ends in exactly the published final states', (memory) => {
    expect(differing(memory, (test) => expectedOutcomes(test, memory))).toEqual([]);
  });

  // Many tests are there only to tell one model from another.
  it('tells the models apart, and pso from its variants', () => {
    expect(differing('sc', (test) => test.outcomes.tso)).toContain('SB');
    expect(differing('tso', (test) => test.outcomes.sc).length).toBeGreaterThan(10);
    expect(differing('pso', (test) => test.outcomes.tso).length).toBeGreaterThan(10);
    const raw = suite.filter(({ variants }) => variants?.pso_raw !== undefined).map(({ name }) => name);
    expect(differing('pso', (test) => test.variants?.pso_raw?.outcomes ?? test.outcomes.pso)).toEqual(raw);
    const local = suite
      .filter(({ variants }) => variants?.pso_rmw_local !== undefined)
      .map(({ name }) => name);
    expect(local).toHaveLength(2);
    expect(differing('pso', (test) => test.variants?.pso_rmw_local?.outcomes ?? test.outcomes.pso)).toEqual(
      local,
    );
  });

  it('is compared with the set of the variant that a model implements', () => {
    expect(variantOf).toEqual({ sc: null, tso: null, pso: null, rc11: 'rc11_fenced_sc' });
    const differs = suite.filter(({ variants }) => variants?.rc11_fenced_sc !== undefined);
    expect(differs).toHaveLength(5);
    for (const test of differs) {
      expect(expectedOutcomes(test, 'rc11')).toEqual(test.variants?.rc11_fenced_sc?.outcomes);
      expect(expectedOutcomes(test, 'rc11')).not.toEqual(test.outcomes.rc11);
    }
  });

  it('gives each run the same numbers, and the outcomes sorted', () => {
    const test = named('SB');
    const run = runLitmus(test, 'pso');
    expect(run).toEqual(runLitmus(test, 'pso'));
    expect(run.outcomes).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
  });
});

describe('the data races of the suite', () => {
  const plain = suite.filter(({ race }) => race !== undefined);

  it('are published for the eight tests with plain accesses, and asked for in those', () => {
    expect(plain).toHaveLength(8);
    const asked = suite.filter((test) => runLitmus(test, 'sc').race !== null);
    expect(asked).toEqual(plain);
  });

  it('are found under rc11 in exactly those tests that have one', () => {
    const found = plain.map((test) => [test.name, runLitmus(test, 'rc11').race]);
    expect(found).toEqual(plain.map(({ name, race }) => [name, race?.rc11]));
    expect(found.filter(([, race]) => race === true)).toHaveLength(4);
  });

  it.each(MODELS)('are found under %s in no test that is free of them under rc11', (memory) => {
    const races = plain.filter((test) => runLitmus(test, memory).race === true);
    expect(races.map(({ race }) => race?.rc11)).toEqual(races.map(() => true));
    // These four race whatever the memory does by itself.
    expect(races).toHaveLength(4);
  });

  it('leave the final states as they are: a run goes on behind a race', () => {
    for (const test of plain)
      for (const memory of [...MODELS, 'rc11'] as const)
        expect(compareOutcomes(expectedOutcomes(test, memory), runLitmus(test, memory).outcomes).agrees).toBe(
          true,
        );
  });

  it('are compared where something is known of them', () => {
    const [racy, free, atomic] = [named('race-MP-rlx'), named('norace-MP-relacq'), named('SB')];
    expect(compareRace(racy, 'rc11', true)).toEqual({ agrees: true, expected: true, found: true });
    expect(compareRace(racy, 'rc11', false).agrees).toBe(false);
    // Fewer runs may have none.
    expect(compareRace(racy, 'tso', false)).toEqual({ agrees: true, expected: null, found: false });
    expect(compareRace(free, 'rc11', true).agrees).toBe(false);
    expect(compareRace(free, 'sc', true)).toEqual({ agrees: false, expected: false, found: true });
    expect(compareRace(atomic, 'rc11', null)).toEqual({ agrees: true, expected: null, found: null });
    expect(compareRace({ ...atomic, race: { rc11: true } }, 'rc11', null).agrees).toBe(false);
  });

  it('are compared with the field of the test: a false one is noticed', () => {
    for (const test of plain) {
      const falsified = { ...test, race: { rc11: test.race?.rc11 !== true } };
      const { race } = runLitmus(falsified, 'rc11');
      expect(compareRace(test, 'rc11', race).agrees).toBe(true);
      expect(compareRace(falsified, 'rc11', race).agrees).toBe(false);
    }
  });
});

describe('an error planted in a copy of a test', () => {
  /** The test CoRR of a copy of the suite's file, with other final states under sc. */
  const copied = (outcomes: readonly Outcome[]): LitmusTest => {
    const file = JSON.parse(suiteText);
    expect(file.tests[0].name).toBe('CoRR');
    expect(file.tests[0].outcomes.sc).toHaveLength(3);
    file.tests[0].outcomes.sc = outcomes;
    // As many tests as in the suite.
    return decodeLitmus(JSON.stringify(file))[0] as LitmusTest;
  };

  it('is found when the set lacks an outcome: it is extra', () => {
    const test = copied([
      [0, 0],
      [1, 1],
    ]);
    const { outcomes } = runLitmus(test, 'sc');
    expect(compareOutcomes(expectedOutcomes(test, 'sc'), outcomes)).toEqual({
      agrees: false,
      missing: [],
      extra: [[0, 1]],
    });
  });

  it('is found when the set has one too many: it is missing', () => {
    const test = copied([
      [0, 0],
      [0, 1],
      [1, 1],
      [2, 2],
    ]);
    const { outcomes } = runLitmus(test, 'sc');
    expect(compareOutcomes(expectedOutcomes(test, 'sc'), outcomes)).toEqual({
      agrees: false,
      missing: [[2, 2]],
      extra: [],
    });
  });

  it('is found when the program has it', () => {
    const right = named('MP+rel+acq');
    const threads = right.threads.map((thread) =>
      thread.map((each) => (each.op === 'store' ? { ...each, order: 'rlx' as const } : each)),
    );
    const { outcomes } = runLitmus({ ...right, threads }, 'pso');
    const { agrees, extra } = compareOutcomes(expectedOutcomes(right, 'pso'), outcomes);
    expect(agrees).toBe(false);
    expect(extra).toHaveLength(1);
  });
});

describe('a litmus test as a system', () => {
  it('names its locations and registers in words', () => {
    const { system } = litmusSystem(named('ISR-publish'), () => {});
    const { nameOf } = system.names;
    expect([0, 4].map((at) => nameOf('shared', at, 4))).toEqual(['d', 'f']);
    // The handler's registers stand behind those of its thread.
    expect([0, 4, 8].map((at) => nameOf('local', at, 4, 0))).toEqual(['0:ended', '1:ended', '1:r0']);
    expect(nameOf('local', 4, 4, 1)).toBe('2:r0');
    expect([nameOf('shared', 400, 4), nameOf('local', 400, 4, 0)]).toEqual(['byte 400', 'local byte 400']);
  });

  it('runs a handler exactly once, as a block, at any point', () => {
    // By hand: the thread stores 1 and then 2, the handler doubles what it finds: after nothing, 1 or 2.
    const test: LitmusTest = {
      ...named('ISR-SB'),
      locations: { x: 0 },
      threads: [
        [
          { op: 'store', loc: 'x', value: 1, order: 'rlx' },
          { op: 'store', loc: 'x', value: 2, order: 'rlx' },
        ],
        [
          { op: 'load', loc: 'x', reg: 'r0', order: 'rlx' },
          { op: 'store', loc: 'x', value: { reg: 'r0', mul: 2, add: 10 }, order: 'rlx' },
        ],
      ],
      observed: ['1:r0', 'x'],
      condition: [],
    };
    for (const memory of MODELS) {
      expect(runLitmus(test, memory).outcomes).toEqual([
        [0, 2],
        [1, 2],
        [2, 14],
      ]);
    }
  });

  it('counts no run that waits for ever', () => {
    const test: LitmusTest = {
      ...named('SB'),
      locations: { x: 0 },
      threads: [[{ op: 'await', loc: 'x', ne: 0, reg: 'r0', order: 'acq' }]],
      observed: ['0:r0'],
      condition: [],
    };
    expect(runLitmus(test, 'tso').outcomes).toEqual([]);
  });

  it('computes values modulo 2^32', () => {
    const test: LitmusTest = {
      ...named('SB'),
      locations: { x: 4294967295, y: 0 },
      threads: [
        [
          { op: 'rmw', kind: 'add', loc: 'x', value: 2, reg: 'r0', order: 'rlx' },
          { op: 'store', loc: 'y', value: { reg: 'r0', mul: 4294967295, add: -2 }, order: 'rlx' },
        ],
      ],
      observed: ['0:r0', 'x', 'y'],
      condition: [],
    };
    expect(runLitmus(test, 'sc').outcomes).toEqual([[4294967295, 1, 4294967295]]);
  });

  it('that goes wrong is an error, not an empty set', () => {
    const test: LitmusTest = {
      ...named('SB'),
      threads: [[{ op: 'load', loc: 'q', reg: 'r0', order: 'rlx' }]],
      observed: ['0:r0'],
    };
    expect(() => runLitmus(test, 'sc')).toThrow(
      'litmus test SB under sc: the program threw RangeError: no location q',
    );
  });
});
