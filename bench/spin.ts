/**
 * The same queue in Spin, on this machine, in this run: `espamp.pml` is a hand-written Promela model of it, at the
 * same granularity. Spin explores that model, vqcheck the code itself, so the numbers of states differ; time and
 * memory are for the whole space of each. Skipped where `spin` or `gcc` is not installed.
 *
 *     node dist/bench/spin.js [rounds, default 3]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure } from './measure.ts';

interface Taken {
  readonly states: number;
  readonly seconds: number;
  readonly bytes: number;
}

const SLOTS = [16, 64] as const;
/** Steps that Spin's depth-first search has room for; 64 slots need 1,731,066. More would only cost it memory. */
const DEPTH: Readonly<Record<(typeof SLOTS)[number], number>> = { 16: 120_000, 64: 2_000_000 };
const MODES = [
  { name: 'Spin, depth-first', flags: [] },
  { name: 'Spin, breadth-first', flags: ['-DBFS'] },
] as const;

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
  return stdout;
}

function isInstalled(command: string, flag: string): boolean {
  return spawnSync(command, [flag]).error === undefined;
}

function median(taken: readonly Taken[]): Taken {
  const sorted = [...taken].sort((a, b) => a.seconds - b.seconds);
  const middle = sorted[sorted.length >> 1];
  if (middle === undefined) throw new RangeError('expected at least one round');
  return middle;
}

function number(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`Spin's verifier did not say ${pattern}:\n${text.slice(-2000)}`);
  return Number(found);
}

/** The verifier's own figures, with the time that its process took. */
function verify(program: string, slots: (typeof SLOTS)[number], cwd: string): Taken {
  const start = performance.now();
  const said = run(program, [`-m${DEPTH[slots]}`], cwd);
  const seconds = (performance.now() - start) / 1000;
  if (number(said, /errors: (\d+)/) !== 0 || said.includes('max search depth too small')) {
    throw new Error(`Spin did not exhaust the model:\n${said.slice(-2000)}`);
  }
  return {
    states: number(said, /(\d+) states, stored/),
    seconds,
    bytes: number(said, /([\d.]+)\s+total actual memory usage/) * 2 ** 20,
  };
}

function line(name: string, { states, seconds, bytes }: Taken): string {
  const mib = `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  return `  ${name.padEnd(20)}${states.toLocaleString('en').padStart(11)} states${seconds.toFixed(2).padStart(8)} s${mib.padStart(11)}`;
}

async function compare(slots: (typeof SLOTS)[number], rounds: number, folder: string): Promise<void> {
  const model = fileURLToPath(new URL('../../bench/espamp.pml', import.meta.url));
  run('spin', ['-a', `-DN=${slots}`, '-DK=3', model], folder);
  const programs = MODES.map(({ name, flags }, mode) => {
    const program = join(folder, `pan-${slots}-${mode}`);
    run('gcc', ['-O2', '-DSAFETY', '-DMEMLIM=16000', ...flags, '-o', program, 'pan.c'], folder);
    return { name, program, taken: [] as Taken[] };
  });
  const ours: Taken[] = [];
  for (let round = 0; round < rounds; round++) {
    const found = await measure({ scenario: 'in-order', slots, memory: 'sc' });
    ours.push({ states: found.states, seconds: found.processSeconds, bytes: found.peakBytes });
    for (const { program, taken } of programs) taken.push(verify(program, slots, folder));
  }
  const own = median(ours);
  console.log(`in-order, ${slots} slots, sc: whole processes, medians of ${rounds}`);
  console.log(line('vqcheck', own));
  for (const { name, taken } of programs) {
    const spin = median(taken);
    const time = (own.seconds / spin.seconds).toFixed(2);
    console.log(
      `${line(name, spin)}   vqcheck takes ${time} of the time, ${(own.bytes / spin.bytes).toFixed(2)} of the memory`,
    );
  }
}

if (!isInstalled('spin', '-V') || !isInstalled('gcc', '--version')) {
  console.log('comparison with Spin: skipped, as spin or gcc is not installed');
} else {
  const folder = mkdtempSync(join(tmpdir(), 'vqcheck-spin-'));
  try {
    for (const slots of SLOTS) await compare(slots, Number(process.argv[2] ?? 3), folder);
    console.log('vqcheck explores the real code, Spin a model of it: so many states does each of them need.');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
