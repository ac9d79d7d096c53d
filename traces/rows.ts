/** A run as rows for people: what each step did, in words, and what the rings and the owners looked like after it. */
import {
  type AccessedBytes,
  type ScheduleStep,
  type System,
  Walk,
  type WalkOptions,
  type WalkStep,
} from '../checker/index.ts';

/** Part of a shared structure, for instance `desc[0]` with `addr=0x34 len=4 flags=0x80`. */
export interface RingPart {
  readonly name: string;
  readonly text: string;
  /** Whether the step changed it. */
  readonly changed: boolean;
}

/** A slot whose buffer is not free. */
export interface SlotOwnerRow {
  readonly slot: string;
  readonly state: string;
  /** Name of the agent that owns the buffer; null: nobody does. */
  readonly holder: string | null;
}

/** Stores that wait in a core's store buffer, oldest first. */
export interface WaitingStores {
  readonly core: string;
  readonly stores: readonly string[];
}

export interface StepRow {
  readonly kind: 'step';
  /** Index of the step in the schedule. */
  readonly step: number;
  /** Name of the agent, or of the core whose store drained; and which of the two. */
  readonly who: string;
  readonly drains: boolean;
  /** The access is to its core's own memory: no other core can tell. */
  readonly local: boolean;
  /** A handler came to its end with this step. */
  readonly returns: boolean;
  /** Operations open at the access, outermost first, with ` > ` between them; '' if none is. */
  readonly operation: string;
  /** `load desc[0].flags = 0x80 plain`. */
  readonly text: string;
  /** Location, line or semaphore of the access; '' where there is none. */
  readonly location: string;
  readonly site: string | null;
  /** Accesses and fences that nobody else can tell from the step, in the order made after it. */
  readonly merged: readonly string[];
  readonly ring: readonly RingPart[];
  readonly owners: readonly SlotOwnerRow[];
  readonly waiting: readonly WaitingStores[];
  /** What is pending, masked or asleep, each in words: `sub.doorbell pending`. */
  readonly interrupts: readonly string[];
  /** The whole state after the step, as a key: equal states of one run have equal keys. */
  readonly state: string;
  /** Messages of the properties that the step broke, by name. */
  readonly broken: readonly { readonly property: string; readonly message: string }[];
}

/** The same few steps of one agent, again and again without any effect. */
export interface FoldedRow {
  readonly kind: 'folded';
  /** First and last step. */
  readonly step: number;
  readonly lastStep: number;
  readonly who: string;
  readonly operation: string;
  /** How many times, and what each time. */
  readonly count: number;
  readonly texts: readonly string[];
  /** Where each of them stands in the code. */
  readonly sites: readonly (string | null)[];
}

/** Steps of one agent on its core's own memory, without any other between them. */
export interface LocalRow {
  readonly kind: 'local';
  /** First and last step. */
  readonly step: number;
  readonly lastStep: number;
  readonly who: string;
  readonly operation: string;
  /** The locations, each once, in the order accessed. */
  readonly locations: readonly string[];
  /** Two or more. */
  readonly rows: readonly StepRow[];
}

export type DisplayRow = StepRow | FoldedRow | LocalRow;

/** Parts shown with each row if a run touches no more; else only those that the row's step touches. */
const MOST_PARTS = 8;
/** Longest cycle looked for, in steps. */
const LONGEST_POLL = 16;

/** A scalar of shared memory that the run touches. */
interface Word {
  readonly part: string;
  readonly field: string;
  readonly byteOffset: number;
  readonly location: NonNullable<AccessedBytes['location']>;
}

/** Walks along the schedule, which must be possible, and says what happened. Walks twice: rows show what comes later too. */
export function rowsOf(system: System, schedule: readonly ScheduleStep[], options: WalkOptions): StepRow[] {
  const walk = new Walk(system, options);
  walk.learn(schedule);
  const taken = schedule.map((step) => walk.take(step));
  const words = wordsOf(taken);
  const parts = new Set(words.map(({ part }) => part));
  walk.reset();
  let before = snapshot(walk, words);
  return schedule.map((step, i) => {
    const made = walk.take(step);
    const after = snapshot(walk, words);
    const touched = partOf(made.location);
    const shown = [...parts].filter((part) => parts.size <= MOST_PARTS || part === touched);
    const ring = shown.map((name) => {
      const text = partText(words, after, name);
      return { name, text, changed: text !== partText(words, before, name) };
    });
    before = after;
    return {
      kind: 'step' as const,
      step: i,
      who: made.who,
      drains: step.kind === 'drain',
      local: (made.at?.memory ?? -1) >= 0,
      returns: hasReturned(walk, step),
      operation: made.operations.join(' > '),
      text: step.kind === 'wake' ? 'wake (for no reason)' : accessText(made),
      location: made.location,
      site: made.site,
      merged: made.merged,
      ring,
      owners: ownersOf(walk),
      waiting: system.cores
        // A doorbell has no value.
        .map((core, index) => ({
          core,
          stores: walk.waiting(index).map((text) => text.replace(/ = null$/, '')),
        }))
        .filter(({ stores }) => stores.length > 0),
      interrupts: interruptsOf(walk),
      state: walk.state.join(),
      broken: made.broken,
    };
  });
}

/** What a step did, in one line: `store desc[0].flags = 0x80 plain`. */
export function accessText({
  access,
  location,
  value,
  order,
}: Pick<WalkStep, 'access' | 'location' | 'value' | 'order'>): string {
  const shown =
    value === null
      ? ''
      : typeof value === 'string'
        ? value
        : access === 'choose'
          ? String(value)
          : `0x${value.toString(16)}`;
  switch (access) {
    case 'choose':
      return `choose ${shown}`;
    case 'mask':
      return value === 1 ? 'mask (it was)' : 'mask';
    case 'unmask':
      return value === 0 ? 'unmask (it was)' : 'unmask';
    case 'wait':
      return value === 1 ? 'wait: falls asleep' : 'wait: something is pending';
    default:
  }
  // What a read-modify-write read, not what it stored.
  const relation = access === 'rmw' || access === 'cas' ? 'was' : '=';
  return [access, location, shown === '' ? '' : `${relation} ${shown}`, order]
    .filter((word) => word !== '')
    .join(' ');
}

/**
 * Collapses what one agent repeats without any effect (polling) into one row, and so what it does in its core's own memory
 * without any other step between. What breaks a property is never folded, nor anything across the start of a cycle.
 */
export function foldRows(rows: readonly StepRow[], cycleStart: number | null = null): DisplayRow[] {
  if (cycleStart === null) return foldedRows(rows);
  return [...foldedRows(rows.slice(0, cycleStart)), ...foldedRows(rows.slice(cycleStart))];
}

function foldedRows(rows: readonly StepRow[]): DisplayRow[] {
  const folded: DisplayRow[] = [];
  for (let i = 0; i < rows.length; ) {
    const poll = pollAt(rows, i);
    const first = rows[i] as StepRow;
    if (poll === null) {
      const locals = rows.slice(i, i + localsAt(rows, i));
      folded.push(locals.length > 1 ? localRow(first, locals) : first);
      i += locals.length;
      continue;
    }
    const cycle = rows.slice(i, i + poll.length);
    folded.push({
      kind: 'folded',
      step: first.step,
      lastStep: first.step + poll.length * poll.count - 1,
      who: first.who,
      operation: [...new Set(cycle.map(({ operation }) => operation))].join(', '),
      count: poll.count,
      texts: cycle.map(({ text }) => text),
      sites: cycle.map(({ site }) => site),
    });
    i += poll.length * poll.count;
  }
  return folded;
}

/** The shortest cycle of steps that begins at row `from` and is made at least twice, or null. */
function pollAt(
  rows: readonly StepRow[],
  from: number,
): { readonly length: number; readonly count: number } | null {
  for (let length = 1; length <= LONGEST_POLL; length++) {
    let count = 1;
    while (rows.slice(from, from + length).every((row, k) => isSame(row, rows[from + count * length + k])))
      count++;
    if (count > 1) return { length, count };
  }
  return null;
}

/** How many steps from row `from` on, 1 or more, can be shown as one. */
function localsAt(rows: readonly StepRow[], from: number): number {
  const first = rows[from] as StepRow;
  let count = 1;
  for (let before = first; isQuiet(before); count++) {
    const next = rows[from + count];
    if (next === undefined || !isQuiet(next) || next.who !== first.who || next.operation !== first.operation)
      break;
    // Who owns what is seen after the last of them only.
    if (before.returns || JSON.stringify(next.owners) !== JSON.stringify(first.owners)) break;
    before = next;
  }
  return count;
}

function isQuiet({ local, broken }: StepRow): boolean {
  return local && broken.length === 0;
}

function localRow({ step, who, operation }: StepRow, rows: readonly StepRow[]): LocalRow {
  const locations = [...new Set(rows.flatMap(({ location, merged }) => [location, ...merged]))];
  return { kind: 'local', step, lastStep: step + rows.length - 1, who, operation, locations, rows };
}

function isSame(a: StepRow, b: StepRow | undefined): boolean {
  return b !== undefined && !a.drains && a.broken.length + b.broken.length === 0 && faceOf(a) === faceOf(b);
}

/** What makes two steps the same for a reader: the step itself, and all that can be seen after it. */
function faceOf({ who, operation, text, site, state }: StepRow): string {
  return JSON.stringify([who, operation, text, site, state]);
}

function wordsOf(steps: readonly WalkStep[]): Word[] {
  const words = new Map<string, Word>();
  for (const { location, at } of steps) {
    // Bytes of messages are in the step's text; a core's own memory is nobody else's business.
    if (at === null || at.memory >= 0 || at.location === null || words.has(location)) continue;
    const part = partOf(location);
    const field = location.slice(part.length + 1);
    words.set(location, { part, field, byteOffset: at.byteOffset, location: at.location });
  }
  return [...words.values()].sort((a, b) => a.byteOffset - b.byteOffset);
}

/** `desc[0]` of `desc[0].flags`; a location without fields is a part of its own. */
function partOf(location: string): string {
  const dot = location.lastIndexOf('.');
  // A range is written with two dots: buffer[0][0..3].
  return dot < 0 || location[dot - 1] === '.' ? location : location.slice(0, dot);
}

function snapshot(walk: Walk, words: readonly Word[]): number[] {
  const view = walk.view();
  return words.map(({ location }) => view.load(location));
}

function partText(words: readonly Word[], values: readonly number[], part: string): string {
  return words
    .flatMap((word, i) => {
      if (word.part !== part) return [];
      const value = `0x${(values[i] ?? 0).toString(16)}`;
      return [word.field === '' ? value : `${word.field}=${value}`];
    })
    .join(' ');
}

function ownersOf(walk: Walk): SlotOwnerRow[] {
  const view = walk.view();
  return walk.system.slots.flatMap(({ name }, slot) => {
    const state = view.slotState(slot);
    if (state === 'free') return [];
    return [{ slot: name, state, holder: walk.system.agents[walk.holder(slot)]?.name ?? null }];
  });
}

/** Whether the step just made was the last one of a handler's run. */
function hasReturned(walk: Walk, { kind, who }: ScheduleStep): boolean {
  const { machine, state } = walk;
  return kind !== 'drain' && machine.isHandler(who) && !machine.isActive(state, who);
}

function interruptsOf({ system, machine, state }: Walk): string[] {
  if (system.interrupts === undefined) return [];
  const { lines } = system.interrupts;
  return [
    // What is raised from outside is always pending: nothing worth telling.
    ...lines.flatMap(({ name, external }, line) => {
      const count = external === true ? 0 : machine.unit.pendingCount(state, line);
      return count === 0 ? [] : [`${name} pending${count > 1 ? ` ${count} times` : ''}`];
    }),
    ...system.cores.flatMap((core, index) => (machine.unit.isMasked(state, index) ? [`${core} masked`] : [])),
    ...system.agents.flatMap(({ name }, agent) =>
      machine.isWaiting(state, agent) ? [`${name} asleep`] : [],
    ),
  ];
}
