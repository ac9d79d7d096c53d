/**
 * What takes hours: big queues and the whole range of 16-bit indices exhaustively, a million random schedules of
 * ESP-AMP and a million of seL4, ten million messages between two threads, polling, driven by interrupts, and over
 * each of the VirtIO queues. Stops at the first part that fails.
 *
 *     node dist/bench/long.js
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fuzzing run with seed 1. @param scenarios names, or null: all that the targets have at this size. */
function fuzz(
  targets: string,
  scenarios: string | null,
  [slots, memory, strategy, runs]: readonly [number, string, 'uniform' | 'pct', number],
): readonly string[] {
  const which = scenarios === null ? targets.split(',') : [...targets.split(','), '--scenario', scenarios];
  const size = ['--slots', String(slots), '--memory', memory];
  const how = ['--strategy', strategy, '--seed', '1', '--runs', String(runs)];
  return ['dist/cli/main.js', 'fuzz', ...which, ...size, ...how];
}

/** A million schedules of sel4, most of them short: a schedule of 256 descriptors has ten thousand steps. */
const sel4: readonly (readonly string[])[] = [
  fuzz('sel4', 'in-order,any-order,chains,exhausted', [2, 'sc', 'uniform', 60_000]),
  fuzz('sel4', 'in-order,any-order,chains,exhausted', [2, 'sc', 'pct', 60_000]),
  fuzz('sel4', 'in-order,any-order,chains,full-ring', [4, 'tso', 'uniform', 40_000]),
  fuzz('sel4', 'in-order,any-order,chains,full-ring', [4, 'tso', 'pct', 40_000]),
  fuzz('sel4', 'chains,exhausted', [16, 'sc', 'uniform', 70_000]),
  fuzz('sel4', 'chains,exhausted', [16, 'sc', 'pct', 20_000]),
  fuzz('sel4', 'in-order,msgqueue', [16, 'sc', 'uniform', 5_000]),
  fuzz('sel4', 'in-order,msgqueue', [16, 'sc', 'pct', 4_000]),
  fuzz('sel4', 'chains', [64, 'sc', 'uniform', 1_500]),
  fuzz('sel4', 'chains', [64, 'sc', 'pct', 400]),
  fuzz('sel4', 'chains', [256, 'sc', 'uniform', 80]),
  fuzz('sel4', 'chains', [256, 'sc', 'pct', 20]),
];

/**
 * A million schedules of the two VirtIO queues, over all their scenarios: with small queues each is short, and meets
 * laps and full rings soonest.
 */
const virtio: readonly (readonly string[])[] = [
  fuzz('virtio-split,virtio-packed', null, [2, 'sc', 'pct', 18_000]),
  fuzz('virtio-split', null, [4, 'tso', 'uniform', 2_000]),
  fuzz('virtio-packed', null, [3, 'tso', 'uniform', 2_000]),
  fuzz('virtio-split,virtio-packed', null, [16, 'sc', 'uniform', 500]),
  fuzz('virtio-packed', null, [100, 'sc', 'pct', 10]),
  fuzz('virtio-split,virtio-packed', null, [256, 'tso', 'pct', 5]),
];

const parts: readonly (readonly string[])[] = [
  ['dist/bench/check.js', '--long'],
  fuzz('esp-amp', 'any-order', [16, 'sc', 'uniform', 100_000]),
  fuzz('esp-amp', 'in-order', [16, 'tso', 'pct', 900_000]),
  ['dist/cli/main.js', 'check', 'sel4'],
  ...sel4,
  ...virtio,
  ['dist/examples/two-threads.js', '2,16,128,1024', '10000000'],
  ['dist/examples/interrupts.js', '2,16,128,1024', '10000000'],
  ['dist/examples/virtio.js', '2,16,128,1024', '10000000', 'split'],
  ['dist/examples/virtio.js', '2,16,128,1024', '10000000', 'packed'],
];

for (const args of parts) {
  console.log(`\nnode ${args.join(' ')}`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  console.log(`${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (status === 0) continue;
  process.exitCode = status ?? 1;
  break;
}
