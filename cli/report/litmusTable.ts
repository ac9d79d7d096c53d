/** Litmus tests for a person: a table of tests and memory models, what differs from the published sets, and totals. */
import Table from 'cli-table3';
import type { MemoryModelName } from '../../checker/index.ts';
import type { Comparison, LitmusTest, Outcome, RaceComparison } from '../../litmus/index.ts';
import type { Colors } from '../terminal.ts';
import { grouped } from './progress.ts';
import { secondsText } from './words.ts';

/** One test under one memory model. */
export interface LitmusResult {
  readonly test: LitmusTest;
  readonly memory: MemoryModelName;
  readonly expected: readonly Outcome[];
  readonly found: readonly Outcome[];
  readonly comparison: Comparison;
  readonly race: RaceComparison;
  readonly states: number;
  readonly seconds: number;
}

/** Whether the engine finds just what the test says. */
export function agrees({ comparison, race }: LitmusResult): boolean {
  return comparison.agrees && race.agrees;
}

/** The whole report. `results`: test by test, each under the same memory models in the same order. */
export function litmusReport(results: readonly LitmusResult[], colors: Colors): string {
  const memories = [...new Set(results.map(({ memory }) => memory))];
  const table = new Table({
    head: ['test', 'family', ...memories],
    style: { head: [], border: [], compact: true },
  });
  for (let row = 0; row < results.length; row += memories.length) {
    const { test } = results[row] as LitmusResult; // A row for each test, of as many results as models.
    const cells = results.slice(row, row + memories.length).map((result) => cellText(result, colors));
    table.push([test.name, test.family, ...cells]);
  }
  const details = results.filter((result) => !agrees(result)).map((result) => detail(result, colors));
  const totals = memories.map((memory) => total(results, memory, colors)).join('\n');
  return `${[table.toString(), ...details, totals].join('\n\n')}\n`;
}

function cellText(result: LitmusResult, colors: Colors): string {
  const { missing, extra } = result.comparison;
  const { race } = result;
  if (agrees(result)) return colors.green(race.found === true ? 'ok, race' : 'ok');
  const parts = [
    ...(missing.length > 0 ? [`${missing.length} missing`] : []),
    ...(extra.length > 0 ? [`${extra.length} extra`] : []),
    ...(race.agrees ? [] : [race.expected === true ? 'race missing' : 'race extra']),
  ];
  return colors.red(parts.join(', '));
}

function detail({ test, memory, comparison, race }: LitmusResult, colors: Colors): string {
  const lines = (what: string, outcomes: readonly Outcome[]): readonly string[] =>
    outcomes.length === 0
      ? []
      : [`  ${what}`, ...outcomes.map((outcome) => `    ${outcomeText(test, outcome)}`)];
  return [
    colors.red(`${test.name} under ${memory}`),
    ...lines('missing: expected, but no run ends so', comparison.missing),
    ...lines('extra: not expected, but a run ends so', comparison.extra),
    ...(race.agrees
      ? []
      : [
          race.expected === true
            ? '  race: expected, but no run has a data race'
            : '  race: not expected, but a run has a data race',
        ]),
  ].join('\n');
}

/** `1:r0=1 1:r1=0`. */
function outcomeText({ observed }: LitmusTest, outcome: Outcome): string {
  return outcome.map((value, i) => `${observed[i]}=${value}`).join(' ');
}

function total(results: readonly LitmusResult[], memory: MemoryModelName, colors: Colors): string {
  const own = results.filter((result) => result.memory === memory);
  const agree = own.filter(agrees).length;
  const states = own.reduce((sum, result) => sum + result.states, 0);
  const seconds = own.reduce((sum, result) => sum + result.seconds, 0);
  const paint = agree === own.length ? colors.green : colors.red;
  const text = `${agree} of ${own.length} ${own.length === 1 ? 'test agrees' : 'tests agree'}`;
  return `${memory}: ${paint(text)}, ${grouped(states)} states, ${secondsText(seconds)}`;
}
