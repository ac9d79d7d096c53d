/**
 * Speed of the checker on the ESP-AMP queue. Every case runs in a fresh process and must find exactly the states
 * listed here, so that a faster search which leaves something out cannot win. Exit code 1 when a count differs or a
 * space was not exhausted.
 *
 *     node dist/bench/check.js            every scenario, up to 19 M states: some five minutes
 *     node dist/bench/check.js --long     128 and 256 slots, the whole range of 16-bit indices
 */
import type { Verdict } from '../checker/index.ts';
import { type Case, type Measured, measure } from './measure.ts';

interface Expected extends Case {
  readonly states: number;
  /** Default `proved`. */
  readonly verdict?: Verdict;
}

/** A scenario under both memory models: states by slots. */
interface Row {
  readonly scenario: string;
  readonly verdict?: Verdict;
  readonly sc: Readonly<Record<number, number>>;
  readonly tso: Readonly<Record<number, number>>;
}

const standard: readonly Expected[] = [
  { scenario: 'in-order', slots: 4, memory: 'sc', states: 2_188 },
  { scenario: 'in-order', slots: 16, memory: 'sc', states: 43_192 },
  { scenario: 'in-order', slots: 64, memory: 'sc', states: 725_608 },
  { scenario: 'in-order', slots: 4, memory: 'tso', states: 10_846 },
  { scenario: 'in-order', slots: 16, memory: 'tso', states: 219_898 },
  { scenario: 'in-order', slots: 32, memory: 'tso', states: 912_138 },
  { scenario: 'any-order', slots: 2, memory: 'sc', states: 13_699 },
  { scenario: 'any-order', slots: 4, memory: 'sc', states: 17_161_866 },
  { scenario: 'in-order', slots: 4, memory: 'pso', states: 11_958 },
  { scenario: 'any-order', slots: 2, memory: 'pso', states: 63_160 },
  { scenario: 'in-order', slots: 4, memory: 'rc11', states: 44_152 },
  { scenario: 'any-order', slots: 2, memory: 'rc11', states: 114_335 },
  { scenario: 'isr-receive', slots: 2, memory: 'rc11', states: 536_867 },
];

/** Every other scenario; those that are expected to break, up to the end all the same. */
const others: readonly Row[] = [
  { scenario: 'coprime-tags', sc: { 2: 1_106 }, tso: { 2: 5_196 } },
  { scenario: 'init-sizes', sc: { 1: 8 }, tso: { 1: 8 } },
  { scenario: 'refusals', sc: { 1: 33 }, tso: { 1: 42 } },
  { scenario: 'index-wrap', sc: { 2: 641, 4: 2_831 }, tso: { 2: 2_935, 4: 13_911 } },
  { scenario: 'full-empty', sc: { 2: 2_417, 4: 709_905 }, tso: { 2: 9_496, 4: 3_343_932 } },
  { scenario: 'two-queues', sc: { 2: 230_156, 4: 105_965 }, tso: { 2: 1_119_986, 4: 492_083 } },
  { scenario: 'late-attach', sc: { 2: 619, 4: 2_639 }, tso: { 2: 2_669, 4: 12_729 } },
  { scenario: 'notify-fails', sc: { 2: 480, 4: 2_541 }, tso: { 2: 2_094, 4: 12_104 } },
  { scenario: 'doorbell', sc: { 2: 1_532, 4: 17_644 }, tso: { 2: 5_326, 4: 64_592 } },
  { scenario: 'isr-receive', sc: { 2: 54_497, 4: 933_162 }, tso: { 2: 208_766, 4: 3_791_332 } },
  {
    scenario: 'isr-one-per-interrupt',
    verdict: 'violated',
    sc: { 2: 12_987, 4: 169_117 },
    tso: { 2: 44_142, 4: 563_091 },
  },
  {
    scenario: 'enable-late',
    verdict: 'violated',
    sc: { 2: 77_960, 4: 1_265_721 },
    tso: { 2: 267_581, 4: 4_684_594 },
  },
  { scenario: 'enable-late-then-poll', sc: { 2: 72_616, 4: 531_844 }, tso: { 2: 205_500, 4: 1_562_857 } },
  {
    scenario: 'enable-late-then-poll-unmasked',
    verdict: 'violated',
    sc: { 2: 441_099, 4: 506_320 },
    tso: { 2: 1_191_993, 4: 1_236_743 },
  },
  {
    scenario: 'isr-and-task-send',
    verdict: 'violated',
    sc: { 2: 37_057, 4: 78_888 },
    tso: { 2: 159_739, 4: 394_534 },
  },
  {
    scenario: 'isr-and-task-send-masked',
    sc: { 2: 74_138, 4: 2_713_008 },
    tso: { 2: 260_338, 4: 10_714_732 },
  },
  {
    scenario: 'isr-and-task-receive',
    verdict: 'violated',
    sc: { 2: 539_957, 4: 611_255 },
    tso: { 2: 1_480_689, 4: 1_477_456 },
  },
  {
    scenario: 'isr-and-task-receive-masked',
    sc: { 2: 67_807, 4: 529_911 },
    tso: { 2: 194_054, 4: 1_570_364 },
  },
  {
    scenario: 'semaphore-receive-one',
    verdict: 'violated',
    sc: { 2: 3_601, 4: 283_812 },
    tso: { 2: 9_709, 4: 1_044_060 },
  },
  {
    scenario: 'semaphore-receive-one-counting',
    verdict: 'violated',
    sc: { 2: 25_861, 4: 950_812 },
    tso: { 2: 101_465, 4: 3_940_543 },
  },
  {
    scenario: 'semaphore-receive-one-uncoalesced',
    sc: { 2: 1_220, 4: 19_306 },
    tso: { 2: 4_432, 4: 89_900 },
  },
  { scenario: 'semaphore-drain', sc: { 2: 377_126, 4: 908_465 }, tso: { 2: 1_517_313, 4: 3_493_742 } },
  {
    scenario: 'semaphore-drain-counting',
    sc: { 2: 1_161_626, 4: 5_051_534 },
    tso: { 2: 4_661_765, 4: 19_272_149 },
  },
  {
    scenario: 'polling-master-waits-for-space',
    sc: { 2: 31_195, 4: 587_361 },
    tso: { 2: 107_648, 4: 2_242_663 },
  },
  { scenario: 'sleep-after-recheck', sc: { 2: 262_146, 4: 479_891 }, tso: { 2: 1_065_333, 4: 1_934_958 } },
  {
    scenario: 'duplex',
    sc: { 1: 3_169_153, 2: 4_440_940, 4: 3_132_777 },
    tso: { 1: 7_155_956, 2: 9_014_966, 4: 14_142_519 },
  },
  { scenario: 'init-clears-pending', sc: { 2: 77_485, 4: 1_262_630 }, tso: { 2: 266_598, 4: 4_677_664 } },
  { scenario: 'enable-without-callback', sc: { 2: 72_806, 4: 532_840 }, tso: { 2: 205_908, 4: 1_565_197 } },
  { scenario: 'two-contexts-enable', sc: { 2: 236_355, 4: 1_687_059 }, tso: { 2: 655_717, 4: 4_877_553 } },
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
  const { verdict = 'proved' } = expected;
  if (found.verdict !== verdict) return `expected ${verdict}, found ${found.verdict}`;
  if (found.states !== expected.states) return `expected ${expected.states} states, found ${found.states}`;
  if (found.peakBytes > MOST_BYTES) return `expected less than 8 GiB, took ${found.peakBytes} bytes`;
  return null;
}

function casesOf({ scenario, verdict, sc, tso }: Row): Expected[] {
  return Object.entries({ sc, tso }).flatMap(([memory, counts]) =>
    Object.entries(counts).map(([slots, states]) => ({
      scenario,
      slots: Number(slots),
      memory: memory === 'tso' ? 'tso' : 'sc',
      states,
      ...(verdict === undefined ? {} : { verdict }),
    })),
  );
}

const cases = process.argv.includes('--long') ? long : [...standard, ...others.flatMap(casesOf)];
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
