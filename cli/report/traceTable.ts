/**
 * A run as a table: one column an agent, those of a core beside each other, and after each step the rings, what is
 * pending and who owns which buffer.
 */
import Table from 'cli-table3';
import type { DisplayRow, FoldedRow, LocalRow, StepRow } from '../../traces/index.ts';
import type { Colors } from '../terminal.ts';

/** A column of the table: an agent, which also shows the stores that drain from the core named, if any. */
export interface AgentColumn {
  readonly agent: string;
  readonly core: string;
  /** Core whose drains are shown here: each core's in the column of its first agent. */
  readonly drainsOf: string | null;
}

export interface TraceTableOptions {
  readonly colors: Colors;
  /** Characters that a line may have. */
  readonly width: number;
  /** For a run without end: the step with which its cycle begins; the number of steps: it stays where it is. */
  readonly cycleStart?: number | null;
}

/** Columns for agents, by core; handlers that never run in these rows have none. */
export function agentColumns(
  agents: readonly { readonly name: string; readonly core: number; readonly interrupt?: unknown }[],
  cores: readonly string[],
  rows: readonly DisplayRow[],
): readonly AgentColumn[] {
  const running = new Set(rows.map(({ who }) => who));
  return cores.flatMap((core, index) =>
    agents
      .filter((agent) => agent.core === index && (agent.interrupt === undefined || running.has(agent.name)))
      .map(({ name }, i) => ({ agent: name, core, drainsOf: i === 0 ? core : null })),
  );
}

/** Of what one agent does unseen after a step, or by itself in its core's own memory, so many things are named. */
const MERGED_SHOWN = 3;
const STEP_WIDTH = 9;
const OWNERS_WIDTH = 28;
/** Narrowest column; and of many of them, to keep lines short. */
const LEAST_WIDTH = 30;
const LEAST_OF_MANY = 26;
const MANY = 4;

/** The table, without a line break at its end. Repeated polling and core-local steps come in folded, as one row each. */
export function traceTable(
  rows: readonly DisplayRow[],
  columns: readonly AgentColumn[],
  { colors, width, cycleStart = null }: TraceTableOptions,
): string {
  const borders = columns.length + 4;
  const least = columns.length < MANY ? LEAST_WIDTH : LEAST_OF_MANY;
  const rest = Math.max(width - borders - STEP_WIDTH - OWNERS_WIDTH, least * (columns.length + 1));
  const each = Math.min(52, Math.floor(rest / (columns.length + 1)));
  const table = new Table({
    head: headOf(columns),
    colWidths: [STEP_WIDTH, ...columns.map(() => each), each, OWNERS_WIDTH],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  const words = new Words(colors, each - 2);
  const across = (text: string): void => {
    table.push([{ colSpan: columns.length + 3, content: colors.bold(text) }]);
  };
  let memoryBefore = '';
  let ownersBefore = '';
  let steps = 0;
  for (const row of rows) {
    if (row.step === cycleStart) across('from here on, round and round:');
    const { first, last } = endsOf(row);
    steps = last + 1;
    const column = columns.findIndex(({ agent, drainsOf }) =>
      row.kind === 'step' && row.drains ? drainsOf === row.who : agent === row.who,
    );
    const cells: string[] = columns.map(() => '');
    cells[column] = words.of(row);
    const number = first === last ? String(first) : `${first}-${last}`;
    const after = stateAfter(row);
    if (after === null) {
      table.push([number, ...cells, same(colors), same(colors)]);
      continue;
    }
    const memory = memoryText(after, colors);
    const owners = after.owners
      .map(({ slot, state, holder }) => `${slot} ${state}${holder === null ? '' : `: ${holder}`}`)
      .join('\n');
    table.push([
      number,
      ...cells,
      memory.plain === memoryBefore ? same(colors) : memory.shown,
      owners === ownersBefore && row.step > 0 ? same(colors) : owners === '' ? 'none' : owners,
    ]);
    memoryBefore = memory.plain;
    ownersBefore = owners;
  }
  if (cycleStart !== null) {
    if (cycleStart < steps) across(`and so on for ever: back to step ${cycleStart}`);
    else across('here it stays for ever: nobody can go on');
  }
  return table.toString();
}

/** Agents by name; above them their cores, where one of them has several. */
function headOf(columns: readonly AgentColumn[]): string[] {
  const agents = columns.map(({ agent }) => agent);
  const rest = ['memory after it', 'buffers not free'];
  if (new Set(columns.map(({ core }) => core)).size === columns.length) return ['step', ...agents, ...rest];
  const cores = columns.map(({ core }, i) => (columns[i - 1]?.core === core ? '' : core));
  const below = (upper: string, lower: string): string => `${upper}\n${lower}`;
  return [
    below('', 'step'),
    ...agents.map((agent, i) => below(cores[i] ?? '', agent)),
    ...rest.map((text) => below('', text)),
  ];
}

function endsOf(row: DisplayRow): { readonly first: number; readonly last: number } {
  return { first: row.step, last: row.kind === 'step' ? row.step : row.lastStep };
}

/** The step after which the state is shown; null: it is as it was before. */
function stateAfter(row: DisplayRow): StepRow | null {
  switch (row.kind) {
    case 'step':
      return row;
    case 'local':
      return row.rows[row.rows.length - 1] ?? null;
    case 'folded':
      return null;
  }
}

function same(colors: Colors): string {
  return colors.dim('as before');
}

/** What stands in the cell of a row. Remembers in which operation each agent is, and says so when that changes. */
class Words {
  readonly #colors: Colors;
  readonly #room: number;
  readonly #operationOf = new Map<string, string>();

  /** `room`: characters of a cell. */
  constructor(colors: Colors, room: number) {
    this.#colors = colors;
    this.#room = room;
  }

  of(row: DisplayRow): string {
    switch (row.kind) {
      case 'step':
        return this.#step(row);
      case 'local':
        return this.#local(row);
      case 'folded':
        return this.#folded(row);
    }
  }

  #step(row: StepRow): string {
    const { dim, red } = this.#colors;
    const lines = row.drains ? [`(store buffer of ${row.who})`] : this.#operation(row);
    lines.push(row.text, ...this.#site(row.site));
    if (row.merged.length > 0) lines.push(dim(`then ${namesText(row.merged)}`));
    if (row.returns) lines.push(this.#return(row));
    for (const { property } of row.broken) lines.push(red(`✗ ${property}`));
    return lines.join('\n');
  }

  #local(row: LocalRow): string {
    const last = row.rows[row.rows.length - 1];
    return [
      ...this.#operation(row),
      namesText(row.locations),
      ...this.#site(row.rows[0]?.site ?? null),
      ...(last?.returns === true ? [this.#return(row)] : []),
    ].join('\n');
  }

  #folded(row: FoldedRow): string {
    return [
      ...this.#operation(row),
      ...row.texts.flatMap((text, i) => [text, ...this.#site(row.sites[i] ?? null)]),
      this.#colors.dim(`${row.count} times, without any effect`),
    ].join('\n');
  }

  #operation({ who, operation }: Pick<DisplayRow, 'who' | 'operation'>): string[] {
    if (this.#operationOf.get(who) === operation) return [];
    this.#operationOf.set(who, operation);
    return operation === '' ? [] : [this.#colors.bold(operation)];
  }

  /** A handler's end. When it runs again, it says anew where it is. */
  #return({ who }: Pick<DisplayRow, 'who'>): string {
    this.#operationOf.delete(who);
    return this.#colors.bold('return');
  }

  /** Without its leading folders where there is no room for them. */
  #site(site: string | null): string[] {
    if (site === null) return [];
    const fits = site.length <= this.#room;
    return [this.#colors.cyan(fits ? site : `…/${site.slice(site.lastIndexOf('/') + 1)}`)];
  }
}

/** `queue.free_index, fence seq_cst and 3 more`: each named once. */
function namesText(all: readonly string[]): string {
  const names = [...new Set(all)];
  const more = names.length - MERGED_SHOWN;
  return `${names.slice(0, MERGED_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function memoryText(row: StepRow, colors: Colors): { readonly plain: string; readonly shown: string } {
  const parts = row.ring.map(({ name, text, changed }) => ({ line: `${name} ${text}`, changed }));
  const waiting = row.waiting.map(({ core, stores }) => ({
    line: `${core} waits to store ${stores.join(', ')}`,
    changed: false,
  }));
  const interrupts = row.interrupts.map((line) => ({ line, changed: false }));
  const all = [...parts, ...waiting, ...interrupts];
  return {
    plain: all.map(({ line }) => line).join('\n'),
    // A mark as well as a colour: not every reader sees colours.
    shown: all.map(({ line, changed }) => (changed ? colors.yellow(`* ${line}`) : line)).join('\n'),
  };
}
