/**
 * Coverage of `impl/` from the exhaustive runs alone: text on the screen, HTML and LCOV in `coverage/`. Every line,
 * function and branch is covered, or listed with its reason in `coverageExceptions.ts`; otherwise exit code 1.
 *
 *     node dist/bench/coverage.js [FOLDER]
 *
 * FOLDER: only that folder of `impl/`, from the runs of the targets whose names begin with it. By default, everything.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coverageExceptions, coverageExclusions } from './coverageExceptions.ts';
import { type FileCoverage, judgeCoverage, type UncoveredRegion, uncoveredRegions } from './coverageJudge.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'coverage');

/** Lines shown of one place that is not covered. */
const MOST_LINES = 8;

/** The folder of `impl/` that was asked for, with a slash at its end; '' for all of them. */
const only = process.argv[2] === undefined ? '' : `${process.argv[2]}/`;

/** Runs c8 over the runs. Everything that is built counts, also what is never loaded. */
function runUnderC8(): number {
  const c8 = join(dirname(createRequire(import.meta.url).resolve('c8/package.json')), 'bin', 'c8.js');
  const args = ['--all', '--src', '.', '--include', `dist/impl/${only}**/*.js`, '--reports-dir', folder];
  for (const { path } of coverageExclusions) args.push('--exclude', path.endsWith('/') ? `${path}**` : path);
  for (const reporter of ['text', 'html', 'lcov', 'json']) args.push('--reporter', reporter);
  args.push('--temp-directory', join(folder, 'tmp'));
  args.push(process.execPath, join('dist', 'bench', 'exhaustiveRuns.js'), ...process.argv.slice(2, 3));
  rmSync(folder, { recursive: true, force: true });
  return spawnSync(process.execPath, [c8, ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;
}

/** Whether `file` is `path`, or in it. */
function isWithin(file: string, path: string): boolean {
  return file === path || (path.endsWith('/') && file.startsWith(path));
}

/** Source files that have to be in the report: a report which misses one would show too much. */
function measuredFiles(): string[] {
  return readdirSync(join(root, 'dist', 'impl'), { recursive: true, encoding: 'utf8' })
    .map((file) => `dist/impl/${file.split(sep).join('/')}`)
    .filter((file) => file.startsWith(`dist/impl/${only}`) && file.endsWith('.js'))
    .filter((file) => !coverageExclusions.some(({ path }) => isWithin(file, path)))
    .map((file) => file.replace(/^dist\//, '').replace(/\.js$/, '.ts'))
    .sort();
}

function readReport(): Map<string, FileCoverage> {
  const report = JSON.parse(readFileSync(join(folder, 'coverage-final.json'), 'utf8')) as Record<
    string,
    FileCoverage // c8's `json` reporter writes Istanbul's format
  >;
  return new Map(
    Object.entries(report).map(([path, file]) => [relative(root, path).split(sep).join('/'), file]),
  );
}

function where({ file, firstLine, lines }: UncoveredRegion): string {
  return `${file}:${firstLine}${lines.length > 1 ? `-${firstLine + lines.length - 1}` : ''}`;
}

function main(): number {
  const status = runUnderC8();
  if (status !== 0) return status;
  const report = readReport();
  const files = measuredFiles();
  const missing = files.filter((file) => !report.has(file));
  const regions = [...report].flatMap(([file, coverage]) =>
    uncoveredRegions(file, coverage, readFileSync(join(root, file), 'utf8')),
  );
  const { excused, unexcused, stale } = judgeCoverage(
    regions,
    coverageExceptions.filter(({ file }) => file.startsWith(`impl/${only}`)),
  );

  console.log('\nnot measured:');
  for (const { path, reason } of coverageExclusions) console.log(`  ${path}\n      ${reason}`);
  console.log('not covered:');
  for (const { region, exception } of excused) console.log(`  ${where(region)}\n      ${exception.reason}`);

  for (const file of missing) console.error(`${file}: missing in the report`);
  for (const region of unexcused) {
    console.error(`${where(region)}: not covered by any exhaustive run, and no reason is given`);
    for (const line of region.lines.slice(0, MOST_LINES)) console.error(`      ${line}`);
  }
  for (const { file, lines, reason } of stale) {
    console.error(`${file}: covered, or not there any more, though there is a reason why not (${reason})`);
    for (const line of lines) console.error(`      ${line}`);
  }
  if (files.length === 0 || missing.length + unexcused.length + stale.length > 0) {
    console.error(
      'coverage: failed. Add a scenario that gets there, or a reason in bench/coverageExceptions.ts.',
    );
    return 1;
  }
  console.log(
    `coverage: every line, function and branch of ${files.length} files, but for the ${excused.length} places above`,
  );
  return 0;
}

process.exitCode = main();
