/** What the command says to those who use it wrongly, and in its help. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, repositoryFile, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);

describe('wrong usage', () => {
  it('says what was expected, what was found, what may have been meant and what to type', () => {
    const { code, out, err } = run('check esp-am');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatchInlineSnapshot(`
      "vqcheck: unknown target "esp-am" [unknown-target]
        expected: one of esp-amp, sel4, sel4-published, virtio-split, virtio-packed, or the path of a module that exports \`target\`, such as ./my-queue.ts
        found:    esp-am
        did you mean esp-amp?
        next:     vqcheck list
      "
    `);
  });

  it.each([
    ['chekc', 'unknown-command', 'did you mean check?'],
    ['', 'unknown-command', 'one of check, fuzz, replay, shrink, list'],
    ['check --memry sc', 'bad-arguments', 'did you mean --memory?'],
    ['check --slots', 'bad-arguments', 'vqcheck check --help'],
    ['check esp-amp --scenario in-ordr', 'unknown-scenario', 'did you mean in-order?'],
    ['check esp-amp --defect double-fre', 'unknown-defect', 'did you mean double-free?'],
    ['check esp-amp --property fito', 'unknown-property', 'did you mean fifo?'],
    ['check esp-amp --memory tos', 'unknown-memory', 'sc, tso'],
    ['check --slots 0', 'bad-value', 'a whole number, 1 or more'],
    ['check --slots two', 'bad-value', '"two"'],
    ['check --slots 1,,2', 'bad-value', '--slots'],
    ['check --max-memory 2XB', 'bad-value', '2GB'],
    ['check --max-seconds never', 'bad-value', '--max-seconds'],
    ['check --max-states -5', 'bad-value', '--max-states'],
    ['check esp-amp --scenario in-order --slots 3', 'refused-combination', 'power of two'],
    ['check ./nowhere.ts', 'file-not-found', 'nowhere.ts'],
    ['fuzz esp-amp --strategy luck', 'bad-value', 'uniform, pct'],
    ['replay nowhere.json', 'file-not-found', 'nowhere.json'],
    ['replay', 'bad-arguments', 'file'],
    ['shrink nowhere.json', 'bad-arguments', '--out'],
    ['check esp-amp --json /dev/null/x/report.json', 'unwritable-file', 'a folder that can be written'],
    ['check esp-amp --out /dev/null/x', 'unwritable-file', 'a folder that can be written'],
    ['list esp-amq', 'unknown-target', 'did you mean esp-amp?'],
  ])('%s: exit code 2, [%s]', (args, errorCode, part) => {
    const { code, out, err } = run(args);
    expect(err).toContain(`[${errorCode}]`);
    expect(err).toContain(part);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it.each([
    ['noTarget.ts', 'exports goal'],
    ['halfTarget.ts', 'target.scenarios[0].title'],
  ])('%s is no target module', (file, part) => {
    const { code, err } = run(`check ${fixture(file)}`);
    expect(code).toBe(2);
    expect(err).toContain('[bad-target-module]');
    expect(err).toContain(part);
  });

  it.each([
    ['empty', '', 'truncated'],
    ['truncated', '{ "format": "vqcheck-trace", "version": 1, "target": "es', 'truncated'],
    ['foreign', '{ "hello": "world" }', 'foreign'],
    ['of another version', '{ "format": "vqcheck-trace", "version": 99 }', 'wrong-version'],
  ])('a trace that is %s is refused', (name, text, why) => {
    const file = `${name.replaceAll(' ', '-')}.json`;
    writeFileSync(join(folder, file), text);
    for (const command of [`replay ${file}`, `shrink ${file} --out other.json`]) {
      const { code, err } = run(command);
      expect(err).toContain(`[bad-trace]`);
      expect(err).toContain(`(${why})`);
      expect(code).toBe(2);
    }
  });

  it('a trace is never shrunk in place', () => {
    const file = repositoryFile('traces/esp-amp/double-free.json');
    const { code, err } = run(`shrink ${file} --out ${file}`);
    expect(code).toBe(2);
    expect(err).toContain('[file-exists]');
  });
});

describe('help', () => {
  it.each(['', 'check ', 'fuzz ', 'replay ', 'shrink ', 'list '])('%s--help has examples', (verb) => {
    const { code, out, err } = run(`${verb}--help`);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out).toContain('Examples:');
    expect(out).toContain(`vqcheck ${verb}`);
  });

  it('tells the version', () => {
    expect(run('--version').out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
