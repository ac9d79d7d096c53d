/**
 * Speed of the checker on the ESP-AMP queue. Every case runs in a fresh process and must find exactly the states
 * listed here, so that a faster search which leaves something out cannot win. Exit code 1 when a count differs or a
 * space was not exhausted.
 *
 *     node dist/bench/check.js            up to 15.6 M states
 *     node dist/bench/check.js --long     128 and 256 slots, the whole range of 16-bit indices
 */
import { type Case, type Measured, measure } from './measure.ts';

interface Expected extends Case {
  readonly states: number;
}

const standard: readonly Expected[] = [
  { scenario: 'in-order', slots: 4, memory: 'sc', states: 2_188 },
  { scenario: 'in-order', slots: 16, memory: 'sc', states: 43_192 },
  { scenario: 'in-order', slots: 64, memory: 'sc', states: 725_608 },
  { scenario: 'in-order', slots: 4, memory: 'tso', states: 10_846 },
  { scenario: 'in-order', slots: 16, memory: 'tso', states: 219_898 },
  { scenario: 'in-order', slots: 32, memory: 'tso', states: 912_138 },
  { scenario: 'any-order', slots: 2, memory: 'sc', states: 7_545 },
  { scenario: 'any-order', slots: 4, memory: 'sc', states: 15_556_746 },
];

const long: readonly Expected[] = [
  { scenario: 'in-order', slots: 128, memory: 'sc', states: 2_925_736 },
  { scenario: 'in-order', slots: 256, memory: 'sc', states: 11_749_672 },
  { scenario: 'in-order', slots: 2, memory: 'sc', realistic: true, states: 5_832_742 },
];

/** The long runs must stay below this; the others do by far. */
const MOST_BYTES = 8 * 2 ** 30;

const columns = ['states', 'transitions', 'seconds', 'M states/s', 'bytes/state', 'peak MiB'] as const;

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(36) : cell.padStart(13))).join('');
}

function figures(found: Measured): string[] {
  return [
    found.states.toLocaleString('en'),
    found.transitions.toLocaleString('en'),
    found.seconds.toFixed(2),
    (found.states / found.seconds / 1e6).toFixed(2),
    (found.tableBytes / found.states).toFixed(1),
    (found.peakBytes / 2 ** 20).toFixed(0),
  ];
}

function complaint(expected: Expected, found: Measured): string | null {
  if (found.verdict !== 'proved') return `expected proved, found ${found.verdict}`;
  if (found.states !== expected.states) return `expected ${expected.states} states, found ${found.states}`;
  if (found.peakBytes > MOST_BYTES) return `expected less than 8 GiB, took ${found.peakBytes} bytes`;
  return null;
}

const cases = process.argv.includes('--long') ? long : standard;
console.log(row(['esp-amp, exhaustively', ...columns]));
for (const expected of cases) {
  const { scenario, slots, memory, realistic } = expected;
  const name = `${scenario}, ${slots} slots, ${memory}${realistic === true ? ', 16-bit' : ''}`;
  const found = await measure(expected);
  console.log(row([name, ...figures(found)]));
  const wrong = complaint(expected, found);
  if (wrong === null) continue;
  console.error(`${name}: ${wrong}`);
  process.exitCode = 1;
}
console.log(
  'bytes/state: what the search holds at its end, tables included; peak: the whole process. ' +
    'There is no row for 3 slots: the queue rounds its length up to a power of two.',
);
