/** Words that every report for a person uses: times, sizes, titles of runs, and lists broken into lines. */
import type { PlainData } from '../../memory/index.ts';
import type { ReportedViolation, RunReport } from '../runReport.ts';
import { grouped } from './progress.ts';

/** Characters of a line of running text. */
const LINE_WIDTH = 110;

/** `0.02 s`, `12.3 s`. */
export function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

/** `1 run`, `2,000 runs`. `many`: where an `s` does not make it. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** `1 slot`, `1, 2, 4 slots`. */
export function slotsText(slots: readonly number[]): string {
  return `${slots.join(', ')} ${slots.length === 1 && slots[0] === 1 ? 'slot' : 'slots'}`;
}

/** `in-order, 2 slots, tso, defect flip-not-toggled`. */
export function runTitle(run: Pick<RunReport, 'scenario' | 'slots' | 'memory' | 'defects'>): string {
  const defects = run.defects.length === 0 ? '' : `, defect ${run.defects.join(' + ')}`;
  return `${run.scenario}, ${slotsText([run.slots])}, ${run.memory}${defects}`;
}

/** `41 steps`, `41 steps, the last 2 of them for ever`. */
export function lengthText({ length, cycleStart }: Pick<ReportedViolation, 'length' | 'cycleStart'>): string {
  const steps = counted(length, 'step');
  if (cycleStart === null) return steps;
  const round = length - cycleStart;
  if (round === 0) return `${steps}, and nothing after them`;
  return `${steps}, the last ${round === 1 ? 'one' : `${round} of them`} for ever`;
}

/** A value that a scenario states about itself. */
export function plainText(value: PlainData): string {
  return typeof value === 'number' ? grouped(value) : JSON.stringify(value);
}

export function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

/** Items by their key; keys and items in the order in which they come. */
export function groupsOf<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Items after a heading, broken into lines of at most 110 characters. */
export function wrapped(heading: string, items: readonly string[], indent = '  '): string {
  const lines: string[] = [];
  let line = heading;
  for (const [index, item] of items.entries()) {
    const piece = index < items.length - 1 ? `${item}, ` : item;
    if (line.length + piece.trimEnd().length > LINE_WIDTH) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += piece;
  }
  return [...lines, line].join('\n');
}

/** Text broken between words; a word that is longer than a line has a line to itself. */
export function linesOf(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A line of running text, broken where it is too long; what follows is indented by two more than its beginning. */
export function paragraph(text: string): string {
  const indent = /^ */.exec(text)?.[0] ?? '';
  const [first = '', ...rest] = linesOf(text.trimStart(), LINE_WIDTH - indent.length - 2);
  return [`${indent}${first}`, ...rest.map((line) => `${indent}  ${line}`)].join('\n');
}
