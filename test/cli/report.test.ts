/** The parts of the text report, on small made-up reports: what is grouped, and that nothing is lost by it. */
import { describe, expect, it } from 'vitest';
import type { PlannedRun, RefusedRun, TargetPlan } from '../../dist/cli/plan.js';
import { boundLines } from '../../dist/cli/report/bounds.js';
import { checkLine, traceCommand } from '../../dist/cli/report/commandLines.js';
import { declaredFindings, declaredRows, declaredTable } from '../../dist/cli/report/declared.js';
import { mostly, namesText, notCoveredLines } from '../../dist/cli/report/notCovered.js';
import { longestOperations, storeBuffersText } from '../../dist/cli/report/operations.js';
import { refusalLines } from '../../dist/cli/report/refusals.js';
import { outcomeOf, summary, verdictLine } from '../../dist/cli/report/summary.js';
import { textReport } from '../../dist/cli/report/text.js';
import { whereText } from '../../dist/cli/report/where.js';
import { paragraph } from '../../dist/cli/report/words.js';
import type { ReportedViolation, RunReport, TargetReport } from '../../dist/cli/runReport.js';
import { plainColors as colors } from './support.ts';

/** A run that proved something, but for what is said otherwise. */
function made(more: Partial<RunReport> = {}): RunReport {
  return {
    target: 'queue',
    asTyped: 'queue',
    scenario: 'in-order',
    slots: 1,
    memory: 'sc',
    defects: [],
    indexModulus: null,
    bufferDepth: null,
    deepestBuffer: 0,
    scenarioBounds: {},
    limits: {},
    seed: null,
    verdict: 'proved',
    expected: 'proved',
    asExpected: true,
    headline: 'proved',
    tone: 'good',
    message: null,
    incomplete: null,
    violations: [],
    witnesses: [],
    states: 1000,
    transitions: 2000,
    depth: 30,
    schedules: null,
    seconds: 1.5,
    peakMemoryBytes: 2048,
    longestOperations: {},
    notifications: null,
    exitCode: 0,
    ...more,
  };
}

function violation(
  property: string,
  length: number,
  more: Partial<ReportedViolation> = {},
): ReportedViolation {
  const message = `what ${property} says`;
  return { property, message, length, cycleStart: null, file: null, trace: null, difference: null, ...more };
}

/** A run that violates what its scenario declares, and perhaps more. */
function declared(more: Partial<RunReport> & Pick<RunReport, 'violations' | 'expected'>): RunReport {
  return made({
    verdict: 'violated',
    asExpected: true,
    headline: 'violated (as expected)',
    tone: 'unknown',
    ...more,
  });
}

const wrong = made({
  scenario: 'wrong',
  slots: 2,
  memory: 'tso',
  verdict: 'violated',
  expected: ['fifo'],
  asExpected: false,
  headline: 'violated',
  tone: 'bad',
  exitCode: 1,
  violations: [violation('deadlock', 9, { file: 'out/deadlock.json' })],
});

interface MadeScenario {
  readonly name: string;
  readonly defaultSlots?: readonly number[];
  readonly moreSlots?: readonly number[];
}

/** What is reported of a target: runs that were planned, and what was not. */
function target(
  runs: readonly RunReport[],
  refused: readonly RefusedRun[] = [],
  scenarios: readonly MadeScenario[] = [],
  name = 'queue',
): TargetReport {
  const named = [
    ...scenarios,
    ...runs
      .map(({ scenario }): MadeScenario => ({ name: scenario }))
      .filter((one, i, all) => [...scenarios, ...all.slice(0, i)].every((other) => other.name !== one.name)),
  ].map((scenario) => ({
    title: '',
    defaultSlots: [],
    moreSlots: [],
    refuse: () => null,
    expected: () => null,
    bounds: () => ({}),
    indexModulus: () => null,
    system: () => {
      throw new Error('never run');
    },
    ...scenario,
  }));
  const planned = runs.flatMap(({ scenario: of, slots, defects }): readonly PlannedRun[] => {
    const scenario = named.find((one) => one.name === of);
    return scenario === undefined ? [] : [{ scenario, params: { slots, memory: 'sc', defects } }];
  });
  const plan: TargetPlan = {
    loaded: {
      target: {
        name,
        title: 'a queue',
        scenarios: named,
        defects: [],
        memories: ['sc', 'tso'],
        properties: [],
      },
      asTyped: name,
      folder: '.',
    },
    runs: planned,
    refused,
    properties: undefined,
  };
  return { plan, runs };
}

const plain = { colors, interrupted: false, memoriesToCome: [], operations: false };

/** What `whereText` says, taken apart again. */
function placesIn(text: string): string[] {
  return text.split('; ').flatMap((part) => {
    const [sizes = '', models = ''] = part.split(' · ');
    return sizes.split(', ').flatMap((slots) => models.split(', ').map((memory) => `${slots} ${memory}`));
  });
}

describe('sizes and memory models', () => {
  const at = (slots: number, memory: string) => ({ slots, memory });

  it('are said as a product where they are one', () => {
    expect(whereText([at(2, 'tso'), at(1, 'sc'), at(1, 'tso'), at(2, 'sc')])).toBe('1, 2 · sc, tso');
  });

  it('are split where they are none', () => {
    expect(whereText([at(1, 'tso'), at(2, 'sc'), at(2, 'tso'), at(4, 'sc'), at(4, 'tso')])).toBe(
      '1 · tso; 2, 4 · sc, tso',
    );
  });

  it('are exact for each set of six', () => {
    const six = [1, 2, 10].flatMap((slots) => ['sc', 'rc11'].map((memory) => at(slots, memory)));
    for (let set = 1; set < 1 << six.length; set++) {
      const some = six.filter((_, i) => (set >> i) & 1);
      const expected = some.map(({ slots, memory }) => `${slots} ${memory}`).sort();
      expect(placesIn(whereText(some)).sort()).toEqual(expected);
    }
  });
});

describe('the table of declared violations', () => {
  const runs = [
    ...[1, 2].flatMap((slots) =>
      ['sc', 'tso'].map((memory) =>
        declared({
          scenario: 'sleeps',
          slots,
          memory,
          expected: ['lost-wakeup'],
          violations: [
            violation('lost-wakeup', memory === 'sc' ? 30 - slots : 50, { message: 'it sleeps for ever' }),
            ...(slots === 2 ? [violation('deadlock', 40)] : []),
          ],
        }),
      ),
    ),
    declared({
      scenario: 'naps',
      slots: 2,
      memory: 'tso',
      expected: ['lost-wakeup'],
      violations: [violation('lost-wakeup', 12, { message: 'it sleeps for ever' })],
    }),
    // Neither is declared: a seeded defect, and a run that is not as expected.
    made({
      verdict: 'violated',
      defects: ['bug'],
      expected: ['fifo'],
      violations: [violation('fifo', 3)],
      exitCode: 1,
    }),
    wrong,
  ];
  const findings = declaredFindings(runs);

  it('has each finding of a run as declared in exactly one row, and no other', () => {
    const name = (scenario: string, property: string, slots: number, memory: string): string =>
      `${scenario} ${property} ${slots} ${memory}`;
    const inRows = declaredRows(findings).flatMap(({ scenario, property, places }) =>
      places.map(({ slots, memory }) => name(scenario, property, slots, memory)),
    );
    const inRuns = runs
      .filter(({ asExpected, defects }) => asExpected && defects.length === 0)
      .flatMap(({ scenario, slots, memory, violations }) =>
        violations.map(({ property }) => name(scenario, property, slots, memory)),
      );
    expect(inRuns).toHaveLength(7);
    expect(inRows.sort()).toEqual(inRuns.sort());
  });

  it('shows the fewest steps, and of which run', () => {
    const [first] = declaredRows(findings);
    expect(first?.shortest.violation.length).toBe(28);
    expect(first?.shortest.run).toMatchObject({ slots: 2, memory: 'sc' });
  });

  it('is a row a scenario and property, with what was not declared marked, and a message once', () => {
    expect(declaredTable(findings, colors)).toMatchInlineSnapshot(`
      "Violated as declared: 7 violations in 5 runs, one row for each scenario and property
      ┌──────────┬─────────────┬────────────────┬──────────────┬────────────────────┐
      │ scenario │ property    │ slots · memory │ fewest steps │ what it shows      │
      ├──────────┼─────────────┼────────────────┼──────────────┼────────────────────┤
      │ sleeps   │ lost-wakeup │ 1, 2 · sc, tso │ 28 (2 · sc)  │ it sleeps for ever │
      │          │ deadlock *  │ 2 · sc, tso    │ 40 (2 · sc)  │ what deadlock says │
      │ naps     │ lost-wakeup │ 2 · tso        │ 12 (2 · tso) │ as in sleeps       │
      └──────────┴─────────────┴────────────────┴──────────────┴────────────────────┘
      * not declared by the scenario, but broken beside what it declares
      For a trace of each: the same again with --out DIR; for those of one run:
        npx vqcheck check queue --scenario sleeps --slots 2 --memory sc --out DIR"
    `);
  });

  it('has two rows for a property that is declared at one size only', () => {
    const both = [1, 2].map((slots) =>
      declared({
        slots,
        expected: slots === 1 ? ['fifo'] : ['deadlock'],
        violations: [violation('fifo', 5)],
      }),
    );
    expect(declaredRows(declaredFindings(both)).map(({ isNamed, places }) => [isNamed, places])).toEqual([
      [true, [{ slots: 1, memory: 'sc' }]],
      [false, [{ slots: 2, memory: 'sc' }]],
    ]);
  });

  it('breaks long messages between words, and loses none of them', () => {
    const words = Array.from({ length: 60 }, (_, i) => `word${i}`);
    const long = declared({
      expected: ['fifo'],
      violations: [violation('fifo', 5, { message: words.join(' ') })],
    });
    const text = declaredTable(declaredFindings([long]), colors);
    expect(text.match(/word\d+/g)).toEqual(words);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(165);
  });

  it('names a trace that was written, and how to replay it', () => {
    const written = declared({
      expected: ['fifo'],
      violations: [violation('fifo', 5, { file: 'out/a b.json' })],
    });
    const text = declaredTable(declaredFindings([written]), colors);
    expect(text).toContain("npx vqcheck replay 'out/a b.json'");
    expect(text).not.toContain('--out DIR');
  });

  it('names no command that would not find a fuzzed run again', () => {
    const fuzzed = declared({
      schedules: 5,
      seed: 1,
      expected: ['fifo'],
      violations: [violation('fifo', 5)],
    });
    const text = declaredTable(declaredFindings([fuzzed]), colors);
    expect(text).toContain('the same again with --out DIR');
    expect(text).not.toContain('vqcheck check');
  });
});

describe('declared violations in a report', () => {
  const many = (count: number): RunReport =>
    declared({
      scenario: 'breaks',
      expected: ['p0'],
      violations: Array.from({ length: count }, (_, i) => violation(`p${i}`, 5 + i)),
    });

  it('are told one by one up to eight', () => {
    const text = textReport([target([many(8)])], plain);
    expect(text).toContain('breaks, 1 slot, sc: p7 (not declared by the scenario)\n  what p7 says\n');
    expect(text).not.toContain('Violated as declared');
  });

  it('are a table from nine on, and what nobody expects stands behind it in full', () => {
    const text = textReport([target([many(9), wrong])], plain);
    expect(text).toContain('Violated as declared: 9 violations in 1 run');
    expect(text).not.toContain('breaks, 1 slot, sc: p7');
    const [table, details] = [text.indexOf('│ p8 *'), text.indexOf('wrong, 2 slots, tso: deadlock')];
    expect(table).toBeGreaterThan(0);
    expect(details).toBeGreaterThan(table);
    expect(text).toContain('trace: out/deadlock.json (9 steps)\n  npx vqcheck replay out/deadlock.json');
  });
});

describe('what was refused', () => {
  const sizes = [1, 2].flatMap((slots) => ['sc', 'tso'].map((memory) => ({ slots, memory })));
  const no = (scenario: string, reason: string, where: readonly { slots: number; memory: string }[]) =>
    where.map((place): RefusedRun => ({ scenario, ...place, reason }));
  const long = (scenario: string, where: readonly { slots: number; memory: string }[]) =>
    where.map((place): RefusedRun => ({ scenario, ...place, reason: 'takes long', quick: true }));

  it('is one line for each reason, with the sizes and models that it is for', () => {
    const runs = [made({ scenario: 'a' }), made({ scenario: 'b' })];
    const refused = [...no('a', 'too small', sizes.slice(2)), ...no('b', 'too small', sizes.slice(2))];
    expect(refusalLines(target(runs, refused).plan)).toEqual(['a, b (2 · sc, tso): too small']);
  });

  it('has the names behind the reason where they are many', () => {
    const refused = ['a', 'b', 'c', 'd'].flatMap((name) => no(name, 'too small', sizes.slice(2, 3)));
    const runs = ['a', 'b', 'c', 'd'].map((scenario) => made({ scenario }));
    expect(refusalLines(target(runs, refused).plan)).toEqual(['too small (2 · sc): a, b, c, d']);
  });

  it('is no more than a name where a scenario has no run at all for the one reason', () => {
    const refused = no('never', 'it has no such thing', sizes);
    expect(refusalLines(target([made()], refused).plan)).toEqual(['never: it has no such thing']);
    // With two reasons, each is told with what it is for.
    const two = [...no('never', 'too small', sizes.slice(0, 2)), ...no('never', 'too large', sizes.slice(2))];
    expect(refusalLines(target([made()], two).plan)).toEqual([
      'never (1 · sc, tso): too small',
      'never (2 · sc, tso): too large',
    ]);
  });

  it('keeps what --quick left out apart, with a line for each set of sizes and models', () => {
    const refused = [
      ...long('duplex', sizes.slice(1)),
      ...long('exhausted', sizes.slice(3)),
      ...long('misuse', sizes.slice(3)),
      ...long('never', sizes),
    ];
    const runs = ['duplex', 'exhausted', 'misuse'].map((scenario) => made({ scenario }));
    expect(refusalLines(target(runs, refused).plan)).toEqual([
      'left out by --quick:',
      '  1 · tso; 2 · sc, tso: duplex',
      '  2 · tso: exhausted, misuse',
      '  wherever asked for: never',
    ]);
  });

  it('is all there, whatever was grouped', () => {
    const refused = [
      ...no('a', 'too small', sizes.slice(0, 1)),
      ...no('b', 'too small', sizes.slice(0, 2)),
      ...no('c', 'too small', sizes.slice(0, 2)),
      ...no('a', 'too large', sizes.slice(2)),
      ...long('b', sizes.slice(3)),
    ];
    const runs = ['a', 'b', 'c'].map((scenario) => made({ scenario }));
    const lines = refusalLines(target(runs, refused).plan);
    expect(lines).toEqual([
      'too small:',
      '  1 · sc: a',
      '  1 · sc, tso: b, c',
      'a (2 · sc, tso): too large',
      'b (2 · tso): left out by --quick',
    ]);
    const [, first = '', second = '', ...single] = lines;
    const told = [first, second].flatMap((line) => {
      const [where = '', names = ''] = line.trim().split(': ');
      return names.split(', ').flatMap((name) => placesIn(where).map((place) => `${name} ${place}`));
    });
    for (const line of single) {
      const [, name = '', where = ''] = /^(\w+) \((.*)\)/.exec(line) ?? [];
      told.push(...placesIn(where).map((place) => `${name} ${place}`));
    }
    expect(told.sort()).toEqual(refused.map((one) => `${one.scenario} ${one.slots} ${one.memory}`).sort());
  });
});

describe('bounds', () => {
  it('are grouped by what is bounded, and say for which runs where it is not all', () => {
    const bounded = (
      scenario: string,
      slots: number,
      memory: string,
      scenarioBounds: { [name: string]: number },
    ) => made({ scenario, slots, memory, scenarioBounds });
    const lines = boundLines([
      bounded('a', 1, 'sc', { messages: 4 }),
      bounded('a', 2, 'sc', { messages: 4 }),
      bounded('b', 1, 'sc', { messages: 4, stores: 2 }),
      bounded('c', 1, 'sc', {}),
      bounded('c', 2, 'sc', { messages: 4 }),
      bounded('c', 2, 'tso', { messages: 4 }),
      bounded('d', 2, 'sc', { messages: 4 }),
      bounded('d', 2, 'tso', { messages: 3 }),
    ]);
    expect(lines).toEqual([
      'what is beyond these bounds:',
      '  messages 4: a, b; c with 2 slots; d at 2 · sc',
      '  stores 2: b',
      '  messages 3: d at 2 · tso',
    ]);
  });

  it('are not spoken of where there are none', () => {
    expect(boundLines([made()])).toEqual([]);
  });
});

describe('sizes', () => {
  it('that were not run are told for all scenarios at once, and what is meant for more by its sizes', () => {
    const sized = (scenario: string, ...slots: number[]) =>
      slots.map((one) => made({ scenario, slots: one }));
    const meant = { defaultSlots: [1, 2], moreSlots: [4] };
    const report = target(
      [...sized('a', 1, 2), ...sized('b', 1, 2), ...sized('c', 1, 2), ...sized('d', 1), ...sized('e', 1, 2)],
      [{ scenario: 'd', slots: 2, memory: 'sc', reason: 'takes long', quick: true }],
      [
        { name: 'a', ...meant },
        { name: 'b', ...meant },
        { name: 'c', ...meant },
        { name: 'd', ...meant },
        { name: 'e', ...meant, moreSlots: [4, 8] },
      ],
    );
    expect(notCoveredLines(report, [])).toEqual([
      'sizes other than 1, 2 slots (d: 1)',
      '  more with --slots 4: all that were run but e',
      '  more with --scenario e --slots 4,8',
      'd (2 · sc): left out by --quick',
      'memory models not run: tso',
    ]);
  });

  it('are listed with their scenarios where no size is that of most', () => {
    const said = [
      ['a', '1'],
      ['b', '2'],
      ['c', '2'],
      ['d', '4'],
    ] as const;
    expect(mostly(said, (text) => `other than ${text}`)).toEqual([
      'other than 2: b, c',
      'other than 1: a',
      'other than 4: d',
    ]);
  });

  it.each([
    [['a', 'b', 'c'], 'all that were run'],
    [['a', 'b'], 'all that were run but c'],
    [['a'], 'a'],
  ])('of %s are said shortly', (names, text) => {
    expect(namesText(names, ['a', 'b', 'c'])).toBe(text);
  });

  it('of indices are not said of scenarios that have none', () => {
    const runs = [
      made({ scenario: 'a', indexModulus: 4 }),
      made({ scenario: 'a', slots: 2, indexModulus: 8 }),
      made({ scenario: 'b', indexModulus: 65536 }),
      made({ scenario: 'c' }),
    ];
    const lines = notCoveredLines(target(runs), []).filter((line) => line.startsWith('indices'));
    expect(lines).toEqual(['indices other than modulo 4, 8: a', 'indices other than modulo 65,536: b']);
  });
});

describe('operations and store buffers', () => {
  it('names each of a few operations, and of many the longest, with a bound for the others', () => {
    const operations = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`op${i}`, i]));
    expect(longestOperations([made({ longestOperations: operations(8) })])).toContain(
      'each operation: op0 0, op1 1',
    );
    expect(longestOperations([made({ longestOperations: operations(11) })])).toBe(
      'Accesses of the longest operations: op10 10, op9 9, op8 8, op7 7, op6 6, op5 5, op4 4, op3 3,\n' +
        '  3 others at most 2 (each of them: --operations)',
    );
  });

  it('says that buffers were deep enough, and nothing of the kind when one was not', () => {
    const buffered = made({ memory: 'tso', bufferDepth: 8, deepestBuffer: 3 });
    expect(storeBuffersText([made(), buffered])).toBe(
      'Store buffers: at most 3 stores waited in one, and none lacked room: their depth left nothing out.',
    );
    const met = made({
      memory: 'tso',
      bufferDepth: 8,
      deepestBuffer: 8,
      verdict: 'incomplete',
      incomplete: { kind: 'buffer', depth: 8 },
    });
    expect(storeBuffersText([buffered, met])).toBe('');
    expect(notCoveredLines(target([buffered, met]), []).join('\n')).toContain(
      'store buffers deeper than theirs: in-order, 1 slot, tso (',
    );
  });
});

describe('the summary', () => {
  const vacuous = made({
    scenario: 'vacuous',
    verdict: 'error',
    asExpected: false,
    headline: 'vacuous: never reached "full"',
    message: 'vacuous: never reached "full"',
    tone: 'bad',
    exitCode: 4,
  });
  const unproved = made({
    scenario: 'fixed',
    expected: ['fifo'],
    asExpected: false,
    headline: 'proved (unexpected)',
    tone: 'bad',
    exitCode: 1,
  });
  const cut = made({
    scenario: 'large',
    verdict: 'incomplete',
    asExpected: false,
    headline: 'incomplete: bound of 100 states met',
    incomplete: { kind: 'states', limit: 100 },
    tone: 'unknown',
    exitCode: 3,
  });
  const soFar = declared({
    scenario: 'so-far',
    asExpected: false,
    exitCode: 3,
    expected: ['fifo', 'deadlock'],
    violations: [violation('fifo', 4)],
    incomplete: { kind: 'states', limit: 100 },
  });
  const fine = declared({ scenario: 'fine', expected: ['fifo'], violations: [violation('fifo', 4)] });

  it('counts each run once', () => {
    expect([made(), fine, cut, soFar, wrong, vacuous, unproved].map(outcomeOf)).toEqual([
      'proved',
      'violated as expected',
      'incomplete',
      'incomplete',
      'not as expected',
      'not as expected',
      'not as expected',
    ]);
  });

  it('says the verdict of a run in one line', () => {
    expect([wrong, vacuous, unproved, cut, soFar].map(verdictLine)).toEqual([
      'violated deadlock; expected, and not found: fifo',
      'vacuous: never reached "full"',
      'proved; expected, and not found: fifo',
      'incomplete: bound of 100 states met',
      'violated fifo; expected, and not found: deadlock; bound of 100 states met',
    ]);
    const failed = { ...vacuous, headline: 'error: setup-failed', message: 'no memory\nat line 3' };
    expect(verdictLine(failed)).toBe('error: setup-failed: no memory');
  });

  it('can stand alone: what is not as expected by name, what was left out, and a table of several targets', () => {
    const quick: RefusedRun = { scenario: 'duplex', slots: 2, memory: 'sc', reason: '', quick: true };
    const small: RefusedRun = { scenario: 'duplex', slots: 1, memory: 'sc', reason: 'too small' };
    const text = summary(
      [
        target([made(), fine, cut], [quick, small]),
        target([wrong, vacuous, unproved, soFar], [], [], 'other'),
      ],
      { colors, interrupted: false, jobs: 2, wallSeconds: 6, withoutQuick: 'npx vqcheck check --slots 1,2' },
    );
    expect(text).toMatchInlineSnapshot(`
      "┌────────┬──────┬────────┬──────────────────────┬────────────┬─────────────────┬─────────────────────┬────────┬──────────────────┐
      │ target │ runs │ proved │ violated as expected │ incomplete │ not as expected │ left out by --quick │ states │ time of the runs │
      ├────────┼──────┼────────┼──────────────────────┼────────────┼─────────────────┼─────────────────────┼────────┼──────────────────┤
      │ queue  │    3 │      1 │                    1 │          1 │               0 │                   1 │  3,000 │           4.50 s │
      │ other  │    4 │      0 │                    0 │          1 │               3 │                   0 │  4,000 │           6.00 s │
      └────────┴──────┴────────┴──────────────────────┴────────────┴─────────────────┴─────────────────────┴────────┴──────────────────┘
      Left out by --quick: 1 run; with them: npx vqcheck check --slots 1,2
      Incomplete:
        queue: large, 1 slot, sc: incomplete: bound of 100 states met
        queue: so-far, 1 slot, sc: violated fifo; expected, and not found: deadlock; bound of 100 states met
      Not as expected:
        queue: wrong, 2 slots, tso: violated deadlock; expected, and not found: fifo
        queue: vacuous, 1 slot, sc: vacuous: never reached "full"
        queue: fixed, 1 slot, sc: proved; expected, and not found: fifo
      7 runs: 1 proved, 1 violated as expected, 2 incomplete, 3 not as expected, in 6.00 s with 2 at a time, at most 2KiB a run"
    `);
  });

  it('is one line where all of one target is as expected', () => {
    expect(summary([target([made(), made({ slots: 2 })])], { colors, interrupted: false })).toBe(
      '2 runs: 2 proved, in 3.00 s, at most 2KiB at a time',
    );
  });

  it('says what was not begun when it was interrupted', () => {
    const { plan } = target([made(), made({ slots: 2 })]);
    expect(summary([{ plan, runs: [made()] }], { colors, interrupted: true })).toBe(
      'Interrupted. 1 run: 1 proved, 1 not started, in 1.50 s, at most 2KiB at a time',
    );
  });

  it('takes fuzzing without a violation for what it is', () => {
    const fuzzed = made({
      verdict: 'incomplete',
      headline: 'incomplete: 5 schedules, no violation',
      schedules: 5,
    });
    const missed = { ...fuzzed, expected: ['fifo'], asExpected: false };
    expect(summary([target([fuzzed])], { colors, interrupted: false })).toMatch(/^1 run: 1 incomplete, in /);
    expect(summary([target([fuzzed, missed])], { colors, interrupted: false })).toContain(
      'Incomplete:\n  queue: in-order, 1 slot, sc: incomplete: 5 schedules, no violation; expected, and not found: fifo',
    );
  });
});

describe('commands to paste', () => {
  it('check again what was selected', () => {
    const selection = {
      scenarios: ['a', 'b'],
      slots: [1, 2],
      memories: ['sc'],
      defects: [[], ['x', 'y']],
      properties: ['fifo'],
    };
    expect(checkLine(['./my queue.ts'], selection)).toBe(
      "npx vqcheck check './my queue.ts' --scenario a,b --slots 1,2 --memory sc --defect none,x+y --property fifo",
    );
  });

  it('have the traces of one run written', () => {
    expect(traceCommand(made({ asTyped: './q.ts', slots: 4, memory: 'tso' }))).toBe(
      'npx vqcheck check ./q.ts --scenario in-order --slots 4 --memory tso --out DIR',
    );
  });
});

describe('running text', () => {
  it('is broken at 110 characters, and indented by two more from the second line on', () => {
    const text = `  what: ${Array.from({ length: 40 }, (_, i) => `scenario-${i}`).join(', ')}`;
    const lines = paragraph(text).split('\n');
    expect(lines.length).toBeGreaterThan(3);
    for (const [i, line] of lines.entries()) {
      expect(line.length).toBeLessThanOrEqual(110);
      expect(line).toMatch(i === 0 ? /^ {2}what/ : /^ {4}scenario/);
    }
    expect(lines.map((line) => line.trim()).join(' ')).toBe(text.trim());
  });
});
