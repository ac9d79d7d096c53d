/** Reading and writing whole files, with errors that say which file and what to do. */
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from './errors.ts';

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Writes a file so that a reader sees the old one or the new one, never a part. Makes its folder. */
export function writeAtomically(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new UsageError('unwritable-file', `cannot write ${path}`, {
      expected: 'a path that can be written',
      found: codeOf(cause),
      cause,
    });
  }
}

/**
 * Looks, before hours of work, whether a file can be made in the folder later; makes nothing.
 * @throws UsageError `unwritable-file`.
 */
export function expectWritable(folder: string): void {
  const path = resolve(folder);
  let found = 'no folder that can be written';
  try {
    if (statSync(path).isDirectory()) {
      accessSync(path, constants.W_OK | constants.X_OK);
      return;
    }
    found = `${path} is no folder`;
  } catch (cause) {
    // What is not there yet is made when it is needed, in the nearest folder that is there.
    if (codeOf(cause) === 'ENOENT' && dirname(path) !== path) {
      expectWritable(dirname(path));
      return;
    }
    found = codeOf(cause);
  }
  throw new UsageError('unwritable-file', `cannot write into ${folder}`, {
    expected: 'a folder that can be written',
    found,
  });
}

/** The text of a file. @throws UsageError if there is none, or if it is larger than `mostBytes`. */
export function readText(path: string, mostBytes: number): string {
  try {
    const { size } = statSync(path);
    if (size > mostBytes) {
      throw new UsageError('unreadable-file', `${path} is too large`, {
        expected: `at most ${mostBytes} bytes`,
        found: `${size} bytes`,
        advice: 'check that this is the file you mean',
      });
    }
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const missing = codeOf(cause) === 'ENOENT';
    throw new UsageError(missing ? 'file-not-found' : 'unreadable-file', `cannot read ${path}`, {
      expected: 'a file that can be read',
      found: missing ? 'no such file' : codeOf(cause),
      cause,
    });
  }
}
