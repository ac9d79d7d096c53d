/** Runs the built binary as a child process, in a folder of its own, as a user would. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import picocolors from 'picocolors';
import { afterAll } from 'vitest';

const main = resolve(import.meta.dirname, '../../bin/vqcheck.js');

/** Colours of a report that has none. */
export const plainColors = picocolors.createColors(false);

/** A file of the fixtures. */
export function fixture(name: string): string {
  return resolve(import.meta.dirname, 'fixtures', name);
}

/** A file of the repository. */
export function repositoryFile(path: string): string {
  return resolve(import.meta.dirname, '../..', path);
}

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Without what a developer's own shell may say about colours. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...rest } = process.env;
  return { ...rest, ...more };
}

/** A folder that goes away after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vqcheck-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs one command line to its end. */
export function runner(folder: string): (args: string, env?: Readonly<Record<string, string>>) => Outcome {
  return (args, env = {}) => {
    const words = args.split(' ').filter((word) => word !== '');
    const done = spawnSync(process.execPath, [main, ...words], {
      cwd: folder,
      env: environment(env),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    return { code: done.status, out: done.stdout, err: done.stderr };
  };
}

/** Runs one command line, and sends it SIGINT after so many milliseconds. */
export function interruptedRun(folder: string, args: string, afterMs: number): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [main, ...args.split(' ')], { cwd: folder, env: environment({}) });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => {
      out += String(data);
    });
    child.stderr.on('data', (data) => {
      err += String(data);
    });
    setTimeout(() => child.kill('SIGINT'), afterMs);
    child.on('close', (code) => done({ code, out, err }));
  });
}

/** Times and memory differ from run to run. */
export function masked(text: string): string {
  return text.replaceAll(/\d+\.\d+ s/g, 'T.TT s').replaceAll(/[\d.]+[KM]iB/g, 'N.NMiB');
}
