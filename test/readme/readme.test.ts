import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, commandsOf, documents, readDocument, root, type ShownCommand } from './documents.ts';

/** Set to anything: outputs and code in README.md are rewritten instead of compared. */
const rewrites = (process.env.UPDATE_README ?? '') !== '';
const scripts = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  }
).scripts;
const commands = documents.flatMap(commandsOf);
const isNpm = ({ command }: ShownCommand): boolean => command.startsWith('npm ');
const isRun = (shown: ShownCommand): boolean => !isNpm(shown);

/** What differs from run to run and from machine to machine: times, memory, and the columns that they widen. */
function timeless(output: string): string {
  return output
    .replace(/\d+(\.\d+)? s\b/g, 'TIME')
    .replace(/\d+(\.\d+)?\s?[KMG]iB/g, 'SIZE')
    .replace(/─+/g, '─')
    .replace(/[ \t]+/g, ' ')
    .trim();
}

describe('the documents', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vqcheck-readme-'));
    for (const path of ['traces', 'examples', 'dist', 'node_modules', 'package.json']) {
      symlinkSync(join(root, path), join(folder, path));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function run(command: string): { readonly status: number | null; readonly stdout: string } {
    const [program, ...args] = command.split(/\s+/);
    const real =
      program === 'npx' && args[0] === 'vqcheck' ? [join(root, 'bin/vqcheck.js'), ...args.slice(1)] : args;
    expect(program === 'node' || real !== args).toBe(true);
    const { status, stdout } = spawnSync(process.execPath, real, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    return { status, stdout };
  }

  it('show commands', () => {
    expect(commands.filter(isRun).length).toBeGreaterThan(6);
  });

  it.each(commands.filter(isNpm))('$document: "$command" is what package.json offers', ({ command }) => {
    for (const part of command.split(' && ')) {
      const name = /^npm (?:run (?:--silent )?)?([\w:]+)$/.exec(part)?.[1] ?? part;
      expect([...Object.keys(scripts), 'ci']).toContain(name);
    }
  });

  it.each(commands.filter(isRun))(
    '$document: "$command" exits with $exitCode',
    ({ command, exitCode, output, document }) => {
      const { status, stdout } = run(command);
      expect(status).toBe(exitCode);
      if (output === null) return;
      if (rewrites) replaceIn(document, output.text, stdout.trimEnd(), command);
      else expect(timeless(stdout)).toBe(timeless(output.text));
    },
  );

  it('show the mailbox example as it is in examples/', () => {
    expectCode(0, readFileSync(join(root, 'examples/mailbox.ts'), 'utf8'));
  });

  it('show a test suite as it is run here', () => {
    const suite = readFileSync(join(root, 'test/readme/mailbox.test.ts'), 'utf8');
    expectCode(1, suite.replace('../../examples/mailbox.ts', './mailbox.ts'));
  });

  it('say what happens when the sender posts before it has written', () => {
    const sound = readFileSync(join(root, 'examples/mailbox.ts'), 'utf8');
    const [write, post] = ['    port.writeRange(LETTER, Uint8Array.of(letter));\n', '    box.post();\n'];
    expect(sound).toContain(write + post);
    writeFileSync(join(folder, 'swapped.ts'), sound.replace(write + post, post + write));
    const { status, stdout } = run('npx vqcheck check ./swapped.ts');
    expect(status).toBe(1);
    const message = 'sender wrote letter[0..0], which belongs to nobody: the buffer is available';
    expect(stdout).toContain(message);
    expect(readDocument('README.md')).toContain(message);
  });

  /** The `index`-th `ts` block of the README is this code. */
  function expectCode(index: number, code: string): void {
    const block = blocksOf(readDocument('README.md')).filter(({ language }) => language === 'ts')[index];
    expect(block).toBeDefined();
    if (block === undefined) return;
    if (rewrites) replaceLines('README.md', block.from, block.to, code.trimEnd());
    else expect(block.text).toBe(code.trimEnd());
  }
});

/** Looks the block up anew: an earlier rewriting may have moved it. */
function replaceIn(document: string, old: string, text: string, command: string): void {
  const shown = commandsOf(document).find(
    (candidate) => candidate.command === command && candidate.output?.text === old,
  );
  if (shown?.output) replaceLines(document, shown.output.from, shown.output.to, text);
}

function replaceLines(document: string, from: number, to: number, text: string): void {
  const lines = readDocument(document).split('\n');
  lines.splice(from, to - from, ...text.split('\n'));
  writeFileSync(join(root, document), lines.join('\n'));
}
