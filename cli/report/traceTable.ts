/** A run as a table: one column an agent, and after each step the rings and who owns which buffer. */
import Table from 'cli-table3';
import type { DisplayRow, StepRow } from '../../traces/index.ts';
import type { Colors } from '../terminal.ts';

/** A column of the table: an agent, which also shows the stores that drain from the core named, if any. */
export interface AgentColumn {
  readonly agent: string;
  /** Core whose drains are shown here: each core's in the column of its first agent. */
  readonly drainsOf: string | null;
}

export interface TraceTableOptions {
  readonly colors: Colors;
  /** Characters that a line may have. */
  readonly width: number;
}

/** Columns for agents in their order. */
export function agentColumns(
  agents: readonly { readonly name: string; readonly core: number }[],
  cores: readonly string[],
): readonly AgentColumn[] {
  return agents.map(({ name, core }, index) => {
    const isFirst = agents.findIndex((other) => other.core === core) === index;
    return { agent: name, drainsOf: isFirst ? (cores[core] ?? null) : null };
  });
}

/** Of what one agent does unseen after a step, so many things are named. */
const MERGED_SHOWN = 3;
const STEP_WIDTH = 9;
const OWNERS_WIDTH = 28;

/** The table, without a line break at its end. Repeated polling comes in folded, as one row. */
export function traceTable(
  rows: readonly DisplayRow[],
  columns: readonly AgentColumn[],
  { colors, width }: TraceTableOptions,
): string {
  const borders = columns.length + 4;
  const rest = Math.max(width - borders - STEP_WIDTH - OWNERS_WIDTH, 30 * (columns.length + 1));
  const each = Math.min(52, Math.floor(rest / (columns.length + 1)));
  const table = new Table({
    head: ['step', ...columns.map(({ agent }) => agent), 'memory after it', 'buffers not free'],
    colWidths: [STEP_WIDTH, ...columns.map(() => each), each, OWNERS_WIDTH],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  const operationOf = new Map<string, string>();
  let memoryBefore = '';
  let ownersBefore = '';
  for (const row of rows) {
    const column = columns.findIndex(({ agent, drainsOf }) =>
      row.kind === 'step' && row.drains ? drainsOf === row.who : agent === row.who,
    );
    const cells: string[] = columns.map(() => '');
    if (row.kind === 'folded') {
      cells[column] = [
        ...operationLine(operationOf, row.who, row.operation, colors),
        ...row.texts.flatMap((text, i) => [
          text,
          ...(row.sites[i] == null ? [] : [colors.dim(row.sites[i])]),
        ]),
        colors.dim(`${row.count} times, without any effect`),
      ].join('\n');
      table.push([`${row.step}-${row.lastStep}`, ...cells, same(colors), same(colors)]);
      continue;
    }
    cells[column] = stepText(row, operationOf, colors);
    const memory = memoryText(row, colors);
    const owners = row.owners
      .map(({ slot, state, holder }) => `${slot} ${state}${holder === null ? '' : `: ${holder}`}`)
      .join('\n');
    table.push([
      String(row.step),
      ...cells,
      memory.plain === memoryBefore ? same(colors) : memory.shown,
      owners === ownersBefore && row.step > 0 ? same(colors) : owners === '' ? 'none' : owners,
    ]);
    memoryBefore = memory.plain;
    ownersBefore = owners;
  }
  return table.toString();
}

function same(colors: Colors): string {
  return colors.dim('as before');
}

function operationLine(
  current: Map<string, string>,
  who: string,
  operation: string,
  colors: Colors,
): readonly string[] {
  if (current.get(who) === operation) return [];
  current.set(who, operation);
  return operation === '' ? [] : [colors.bold(operation)];
}

function stepText(row: StepRow, operationOf: Map<string, string>, colors: Colors): string {
  const lines = row.drains
    ? [`(store buffer of ${row.who})`]
    : [...operationLine(operationOf, row.who, row.operation, colors)];
  lines.push(row.text);
  if (row.site !== null) lines.push(colors.cyan(row.site));
  if (row.merged.length > 0) lines.push(colors.dim(mergedText(row.merged)));
  for (const { property } of row.broken) lines.push(colors.red(`✗ ${property}`));
  return lines.join('\n');
}

/** `then queue.free_index, fence seq_cst and 3 more`: each named once. */
function mergedText(merged: readonly string[]): string {
  const names = [...new Set(merged)];
  const more = names.length - MERGED_SHOWN;
  return `then ${names.slice(0, MERGED_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function memoryText(row: StepRow, colors: Colors): { readonly plain: string; readonly shown: string } {
  const parts = row.ring.map(({ name, text, changed }) => ({ line: `${name} ${text}`, changed }));
  const waiting = row.waiting.map(({ core, stores }) => ({
    line: `${core} waits to store ${stores.join(', ')}`,
    changed: false,
  }));
  const all = [...parts, ...waiting];
  return {
    plain: all.map(({ line }) => line).join('\n'),
    // A mark as well as a colour: not every reader sees colours.
    shown: all.map(({ line, changed }) => (changed ? colors.yellow(`* ${line}`) : line)).join('\n'),
  };
}
