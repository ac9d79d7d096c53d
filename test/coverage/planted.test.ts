import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const sources = readFileSync(join(root, 'tsconfig.json'), 'utf8');
const included = (JSON.parse(sources) as { readonly include: readonly string[] }).include;

/** A run over all spaces takes 80 s on a core of its own; this is for one of two cores that others use as well. */
const SLOW = 480_000;

describe('coverage from the exhaustive runs', () => {
  let copy = '';

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'vqcheck-coverage-'));
    for (const path of [...included, 'package.json', 'tsconfig.json']) {
      cpSync(join(root, path), join(copy, path), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  /** @param folder of `impl/`; not given: all of it. */
  function cover(...folder: readonly string[]): { readonly status: number | null; readonly said: string } {
    spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.json'], { cwd: copy });
    const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/bench/coverage.js', ...folder], {
      cwd: copy,
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  }

  it(
    'is complete but for the places that are listed with a reason',
    () => {
      const { status, said } = cover();
      expect(said).toContain(
        'coverage: every line, function and branch of 47 files, but for the 50 places above',
      );
      expect(status).toBe(0);
    },
    SLOW,
  );

  // All at once, as a run takes long: each is told of by itself.
  describe('with something planted', () => {
    const geometry = 'impl/esp-amp/geometry.ts';
    let outcome: ReturnType<typeof cover> = { status: null, said: '' };
    let firstLine = 0;

    function change(path: string, changed: (sound: string) => string): string {
      const file = join(copy, path);
      const sound = readFileSync(file, 'utf8');
      expect(changed(sound)).not.toBe(sound);
      writeFileSync(file, changed(sound));
      return sound;
    }

    beforeAll(() => {
      const sound = change(
        geometry,
        (text) => `${text}\nexport function planted(value: number): number {\n  return value + 1;\n}\n`,
      );
      firstLine = sound.split('\n').length + 1;
      change('impl/esp-amp/queue.ts', (text) =>
        text.replace('return 2 * queue_len;', 'return queue_len < 0 ? 1 : 2 * queue_len;'),
      );
      writeFileSync(
        join(copy, 'impl/esp-amp/planted.ts'),
        'export const planted = (value: number): number => value + 1;\n',
      );
      const stale = "  { file: 'impl/esp-amp/layout.ts', lines: ['covered'], reason: 'none' },\n];\n";
      change('bench/coverageExceptions.ts', (text) => text.replace(/\];\n$/, stale));
      outcome = cover('esp-amp');
    }, SLOW);

    it('fails', () => {
      expect(outcome.status).toBe(1);
    });

    it('reports a function', () => {
      const lines = `${firstLine}-${firstLine + 2}`;
      expect(outcome.said).toContain(`${geometry}:${lines}: not covered by any exhaustive run`);
    });

    it('reports a branch of a line that is covered', () => {
      expect(outcome.said).toContain('return queue_len < 0 ? 1 : 2 * queue_len;');
    });

    it('reports a file that nothing loads', () => {
      expect(outcome.said).toContain('impl/esp-amp/planted.ts:1: not covered by any exhaustive run');
    });

    it('reports a reason for code that is covered', () => {
      expect(outcome.said).toContain('impl/esp-amp/layout.ts: covered, or not there any more');
    });
  });
});
