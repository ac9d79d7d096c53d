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
  { scenario: 'any-order', slots: 2, memory: 'sc', states: 8_537 },
  { scenario: 'any-order', slots: 4, memory: 'sc', states: 17_161_866 },
  { scenario: 'in-order', slots: 4, memory: 'pso', states: 11_958 },
  { scenario: 'any-order', slots: 2, memory: 'pso', states: 37_938 },
  { scenario: 'in-order', slots: 4, memory: 'rc11', states: 43_538 },
  { scenario: 'any-order', slots: 2, memory: 'rc11', states: 77_713 },
  { scenario: 'isr-receive', slots: 2, memory: 'rc11', states: 492_190 },
  { scenario: 'in-order', slots: 16, memory: 'sc', races: true, states: 43_192 },
  { scenario: 'in-order', slots: 64, memory: 'sc', races: true, states: 725_608 },
  { scenario: 'in-order', slots: 32, memory: 'tso', races: true, states: 912_138 },
  { scenario: 'any-order', slots: 2, memory: 'sc', races: true, states: 13_699 },
  { scenario: 'any-order', slots: 4, memory: 'sc', races: true, states: 38_763_581 },
  { scenario: 'any-order', slots: 2, memory: 'rc11', races: true, states: 114_335 },
  { scenario: 'two-queues', slots: 2, memory: 'rc11', races: true, states: 4_287_840 },
  { scenario: 'isr-receive', slots: 2, memory: 'rc11', races: true, states: 492_190 },
];

/** Every other scenario; those that are expected to break, up to the end all the same. */
const others: readonly Row[] = [
  { scenario: 'coprime-tags', sc: { 2: 1_106 }, tso: { 2: 5_196 } },
  { scenario: 'init-sizes', sc: { 1: 8 }, tso: { 1: 8 } },
  { scenario: 'refusals', sc: { 1: 33 }, tso: { 1: 42 } },
  { scenario: 'index-wrap', sc: { 2: 641, 4: 2_831 }, tso: { 2: 2_935, 4: 13_911 } },
  { scenario: 'full-empty', sc: { 2: 2_417, 4: 709_905 }, tso: { 2: 9_496, 4: 3_343_932 } },
  { scenario: 'two-queues', sc: { 2: 52_112, 4: 22_033 }, tso: { 2: 273_498, 4: 108_446 } },
  { scenario: 'late-attach', sc: { 2: 530, 4: 2_426 }, tso: { 2: 2_227, 4: 11_576 } },
  { scenario: 'notify-fails', sc: { 2: 480, 4: 2_541 }, tso: { 2: 2_094, 4: 12_104 } },
  { scenario: 'doorbell', sc: { 2: 1_029, 4: 5_412 }, tso: { 2: 3_792, 4: 21_046 } },
  { scenario: 'isr-receive', sc: { 2: 46_737, 4: 651_207 }, tso: { 2: 186_358, 4: 2_765_023 } },
  {
    scenario: 'isr-one-per-interrupt',
    verdict: 'violated',
    sc: { 2: 11_875, 4: 123_144 },
    tso: { 2: 40_474, 4: 412_782 },
  },
  {
    scenario: 'enable-late',
    verdict: 'violated',
    sc: { 2: 66_185, 4: 858_627 },
    tso: { 2: 236_199, 4: 3_345_472 },
  },
  { scenario: 'enable-late-then-poll', sc: { 2: 57_031, 4: 256_192 }, tso: { 2: 163_009, 4: 744_803 } },
  {
    scenario: 'enable-late-then-poll-unmasked',
    verdict: 'violated',
    sc: { 2: 280_601, 4: 259_488 },
    tso: { 2: 682_717, 4: 652_503 },
  },
  {
    scenario: 'isr-and-task-send',
    verdict: 'violated',
    sc: { 2: 28_692, 4: 63_342 },
    tso: { 2: 102_439, 4: 241_678 },
  },
  {
    scenario: 'isr-and-task-send-masked',
    sc: { 2: 74_138, 4: 2_713_008 },
    tso: { 2: 260_338, 4: 10_714_732 },
  },
  {
    scenario: 'isr-and-task-receive',
    verdict: 'violated',
    sc: { 2: 321_225, 4: 278_706 },
    tso: { 2: 779_255, 4: 698_958 },
  },
  { scenario: 'isr-and-task-receive-masked', sc: { 2: 51_401, 4: 233_145 }, tso: { 2: 149_794, 4: 690_205 } },
  {
    scenario: 'semaphore-receive-one',
    verdict: 'violated',
    sc: { 2: 2_685, 4: 58_492 },
    tso: { 2: 7_269, 4: 200_022 },
  },
  {
    scenario: 'semaphore-receive-one-counting',
    verdict: 'violated',
    sc: { 2: 7_033, 4: 98_969 },
    tso: { 2: 25_993, 4: 362_282 },
  },
  {
    scenario: 'semaphore-receive-one-uncoalesced',
    sc: { 2: 1_032, 4: 11_398 },
    tso: { 2: 3_396, 4: 48_400 },
  },
  { scenario: 'semaphore-drain', sc: { 2: 107_922, 4: 908_465 }, tso: { 2: 410_465, 4: 3_493_742 } },
  {
    scenario: 'semaphore-drain-counting',
    sc: { 2: 316_486, 4: 5_051_534 },
    tso: { 2: 1_199_693, 4: 19_272_149 },
  },
  {
    scenario: 'polling-master-waits-for-space',
    sc: { 2: 22_235, 4: 358_169 },
    tso: { 2: 80_688, 4: 1_466_513 },
  },
  { scenario: 'sleep-after-recheck', sc: { 2: 58_664, 4: 479_891 }, tso: { 2: 232_161, 4: 1_934_958 } },
  {
    scenario: 'duplex',
    sc: { 1: 1_526_325, 2: 1_956_360, 4: 3_132_777 },
    tso: { 1: 7_155_956, 2: 9_014_966, 4: 14_142_519 },
  },
  { scenario: 'init-clears-pending', sc: { 2: 65_757, 4: 856_423 }, tso: { 2: 235_326, 4: 3_340_751 } },
  { scenario: 'enable-without-callback', sc: { 2: 57_208, 4: 256_911 }, tso: { 2: 163_376, 4: 746_386 } },
  { scenario: 'two-contexts-enable', sc: { 2: 180_371, 4: 798_191 }, tso: { 2: 509_120, 4: 2_297_457 } },
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
  const { scenario, slots, memory, realistic, races } = expected;
  const more = `${realistic === true ? ', 16-bit' : ''}${races === true ? ', races' : ''}`;
  const name = `${scenario}, ${slots} slots, ${memory}${more}`;
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
