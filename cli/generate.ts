/**
 * Rewrites the files of the package that are made from code: `node dist/cli/generate.js`. With `--check` nothing is
 * written: the exit code is 1 if a file is not current.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemblyErrors } from '../impl/index.ts';
import { deviceStatusDocument, slotDocument } from '../model/index.ts';
import { builtInTargets } from '../scenarios/index.ts';
import { generateTraces, traceSchemaDocument } from '../traces/index.ts';
import { usageErrors } from './errors.ts';
import { exitCodeMeanings } from './exitCodes.ts';
import { writeAtomically } from './files.ts';
import { siteProbe } from './sites.ts';
import { virtioDocument } from './virtioDocument.ts';

/** A generated file: its path in the package, and what must stand in it. */
interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** Traces last: a defect that does not show where it should keeps no other file from being made. */
function* generatedFiles(): Iterable<GeneratedFile> {
  yield { path: 'docs/slot-statechart.md', text: slotDocument() };
  yield { path: 'docs/device-status-statechart.md', text: deviceStatusDocument() };
  yield { path: 'docs/errors.md', text: errorsDocument() };
  const virtio = 'docs/virtio.md';
  yield { path: virtio, text: virtioDocument(readFileSync(resolve(root, virtio), 'utf8'), root) };
  yield { path: 'traces/schema.json', text: jsonDocument(traceSchemaDocument()) };
  for (const target of builtInTargets) yield* generateTraces(target, siteProbe());
}

/** JSON as the project's formatter writes it: an array of scalars on one line where it fits into 110 characters. */
function jsonDocument(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replaceAll(
    /^(.*)\[\n([^[\]{}]*)\n\s*\](,?)$/gm,
    (all, before, items, after) => {
      const line = `${before}[${String(items)
        .split('\n')
        .map((item) => item.trim())
        .join(' ')}]${after}`;
      return line.length <= 110 ? line : all;
    },
  );
  return `${text}\n`;
}

function errorsDocument(): string {
  const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
    [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [
    '# Exit codes and errors',
    '',
    'Generated from `cli/exitCodes.ts`, `cli/errors.ts` and `impl/sel4/assembly.ts` by `node dist/cli/generate.js`; not to be edited.',
    '',
    '## Exit codes',
    '',
    ...table(
      ['code', 'meaning'],
      exitCodeMeanings.map(([code, meaning]) => [String(code), meaning]),
    ),
    '',
    'Of several runs the first of 130, 1, 4, 3, 0 that occurs.',
    '',
    '## Usage errors (exit code 2)',
    '',
    ...table(
      ['code', 'meaning', 'what to do'],
      Object.entries(usageErrors).map(([code, { meaning, advice }]) => [
        `\`${code}\``,
        meaning,
        `\`${advice}\``,
      ]),
    ),
    '',
    '## seL4 assemblies that cannot be wired (`AssemblyError`)',
    '',
    ...table(
      ['code', 'meaning', 'what to do'],
      Object.entries(assemblyErrors).map(([code, { meaning, advice }]) => [`\`${code}\``, meaning, advice]),
    ),
    '',
  ].join('\n');
}

function currentText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not there: not current.
    return null;
  }
}

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const checkOnly = process.argv.includes('--check');
for (const { path, text } of generatedFiles()) {
  const file = resolve(root, path);
  if (currentText(file) === text) continue;
  if (checkOnly) {
    process.stderr.write(`${path} is not current: node dist/cli/generate.js\n`);
    process.exitCode = 1;
  } else {
    writeAtomically(file, text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
