/** The package's documents as tests see them: their commands, and the blocks that follow those. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** A fenced block. `from`, `to`: the lines between the fences, counted from 0, the last one excluded. */
export interface Block {
  readonly language: string;
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** A line of an `sh` block, with the output that the document shows for it. */
export interface ShownCommand {
  readonly document: string;
  readonly command: string;
  /** From a comment `# exits with 1`; otherwise 0. */
  readonly exitCode: number;
  readonly output: Block | null;
}

/** Markdown files of the package, relative to it. */
export const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
    .sort(),
];

export function readDocument(document: string): string {
  return readFileSync(join(root, document), 'utf8');
}

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let open: { readonly language: string; readonly from: number } | null = null;
  for (const [number, line] of lines.entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) continue;
    if (open === null) {
      open = { language: fence[1] ?? '', from: number + 1 };
    } else {
      blocks.push({ ...open, to: number, text: lines.slice(open.from, number).join('\n') });
      open = null;
    }
  }
  return blocks;
}

/** Commands in the order of the document. The output shown is the `text` block right behind a block of one command. */
export function commandsOf(document: string): ShownCommand[] {
  const blocks = blocksOf(readDocument(document));
  return blocks.flatMap((block, i) => {
    if (block.language !== 'sh') return [];
    const lines = block.text.split('\n').filter((line) => line.trim() !== '');
    const next = blocks[i + 1];
    const output = lines.length === 1 && next?.language === 'text' ? next : null;
    return lines.map((line) => ({
      document,
      command: line.replace(/\s+#.*$/, ''),
      exitCode: Number(/# exits with (\d+)/.exec(line)?.[1] ?? 0),
      output,
    }));
  });
}
