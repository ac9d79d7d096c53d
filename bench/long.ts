/**
 * What takes minutes: big queues and the whole range of 16-bit indices exhaustively, a million random schedules of
 * ESP-AMP, some of seL4, a million of VirtIO (about ten minutes), ten million messages between two threads, polling, driven by interrupts, and over
 * each of the VirtIO queues. Stops at the first part that fails.
 *
 *     node dist/bench/long.js
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const parts: readonly (readonly string[])[] = [
  ['dist/bench/check.js', '--long'],
  [
    'dist/cli/main.js',
    'fuzz',
    'esp-amp',
    '--scenario',
    'any-order',
    '--slots',
    '16',
    '--memory',
    'sc',
  ].concat(['--strategy', 'uniform', '--seed', '1', '--runs', '100000']),
  [
    'dist/cli/main.js',
    'fuzz',
    'esp-amp',
    '--scenario',
    'in-order',
    '--slots',
    '16',
    '--memory',
    'tso',
  ].concat(['--strategy', 'pct', '--seed', '1', '--runs', '900000']),
  [
    'dist/cli/main.js',
    'fuzz',
    'sel4',
    '--scenario',
    'in-order,chains',
    '--slots',
    '16',
    '--memory',
    'sc',
  ].concat(['--strategy', 'uniform', '--seed', '1', '--runs', '10000']),
  // A million over the VirtIO scenarios: with small queues each is short, and meets laps and full rings soonest.
  virtioFuzz(['virtio-split', 'virtio-packed'], 2, 'sc', 'pct', 18_000),
  virtioFuzz(['virtio-split'], 4, 'tso', 'uniform', 2000),
  virtioFuzz(['virtio-packed'], 3, 'tso', 'uniform', 2000),
  virtioFuzz(['virtio-split', 'virtio-packed'], 16, 'sc', 'uniform', 500),
  virtioFuzz(['virtio-packed'], 100, 'sc', 'pct', 10),
  virtioFuzz(['virtio-split', 'virtio-packed'], 256, 'tso', 'pct', 5),
  ['dist/examples/two-threads.js', '2,16,128,1024', '10000000'],
  ['dist/examples/interrupts.js', '2,16,128,1024', '10000000'],
  ['dist/examples/virtio.js', '2,16,128,1024', '10000000', 'split'],
  ['dist/examples/virtio.js', '2,16,128,1024', '10000000', 'packed'],
];

/** All scenarios of these targets that have such a size. @param runs schedules of each. */
function virtioFuzz(
  targets: readonly string[],
  slots: number,
  memory: string,
  strategy: string,
  runs: number,
): readonly string[] {
  const options = ['--slots', `${slots}`, '--memory', memory, '--strategy', strategy, '--runs', `${runs}`];
  return ['dist/cli/main.js', 'fuzz', ...targets, '--seed', '1', ...options];
}

for (const args of parts) {
  console.log(`\nnode ${args.join(' ')}`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  console.log(`${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (status === 0) continue;
  process.exitCode = status ?? 1;
  break;
}
