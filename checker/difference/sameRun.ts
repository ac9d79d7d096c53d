/**
 * Whether a run could still be made if the code had more fences: the same accesses of every agent with the same results,
 * in whatever order of the agents, with fences wherever they come in between, and to the same broken property.
 */
import { ASLEEP, END, ENTER, FENCE, KIND_NAMES, PAUSE, READ, SPIN, STORE, WRITE } from '../access.ts';
import type { BarrierOptions } from '../barriers/editedPort.ts';
import { machineFactory } from '../check.ts';
import { BROKEN, type Machine } from '../machine.ts';
import { Restart } from '../restart.ts';
import { VectorTable } from '../store/vectorTable.ts';
import type { System } from '../system.ts';
import type { StepKind } from '../verdict.ts';
import type { RunOptions } from './runOrder.ts';

/** What a run did. */
export interface Made {
  /** Of each agent its accesses, one after the other, without fences and pauses. */
  readonly accesses: readonly (readonly string[])[];
  /**
   * Where the property is broken: by the last `step`; by the state at `rest` that it leads to; or by what can no longer
   * happen after it, or happens without `end`.
   */
  readonly broken: 'step' | 'rest' | 'end';
}

export interface SameRunOptions extends Omit<RunOptions, 'schedule' | 'siteOf'> {
  readonly barriers?: BarrierOptions;
  readonly maxStates: number;
}

/** Steps that a fence can add or take away. */
function isFree(kind: number): boolean {
  return kind === FENCE || kind === PAUSE || kind === SPIN;
}

/** What agents do along a schedule. */
export function madeIn(system: System, options: RunOptions): Made {
  const { schedule, property } = options;
  return following(system, options, (machine) => {
    const made: string[][] = system.agents.map(() => []);
    const state = new Uint32Array(machine.width);
    if (machine.start(state) === BROKEN) return { accesses: made, broken: 'step' };
    for (const step of schedule) {
      const { kind, who, choice } = step;
      if (choice >= machine.ways(state, kind, who)) throw new RangeError('a step is not possible');
      const access = kind === 'drain' ? null : machine.pending(state, who);
      const taken = machine.take(state, step);
      if (access !== null && !isFree(access.kind)) made[who]?.push(described(machine, access));
      if (taken === BROKEN) return { accesses: made, broken: 'step' };
    }
    return { accesses: made, broken: isBrokenAtRest(machine, state, property) ? 'rest' : 'end' };
  });
}

/** Whether a property that looks at states at rest finds this one to be wrong. */
function isBrokenAtRest(machine: Machine, state: Uint32Array, name: string): boolean {
  if (!machine.quiescent(state)) return false;
  const property = machine.system.properties.find((candidate) => candidate.name === name);
  const look = property?.quiescent?.(machine.monitors.context);
  return look !== undefined && look(machine.view(state)) !== null;
}

/** Null: too many states to say; besides, how many states were looked at. */
export function canHappen(
  system: System,
  made: Made,
  options: SameRunOptions,
): { readonly possible: boolean | null; readonly states: number } {
  return following(system, options, (machine) => searched(machine, made, options));
}

/** Runs with a machine, and anew when something is learned about the memory. */
function following<T>(
  system: System,
  { memory, property, cells, barriers }: Pick<RunOptions, 'memory' | 'property' | 'cells' | 'barriers'>,
  run: (machine: Machine) => T,
): T {
  const { build } = machineFactory(system, {
    memory,
    properties: [property],
    cells,
    verify: false,
    ...(barriers === undefined ? {} : { barriers }),
  });
  for (;;) {
    try {
      return run(build());
    } catch (error) {
      if (!(error instanceof Restart)) throw error;
    }
  }
}

const KINDS: readonly StepKind[] = ['step', 'drain', 'enter', 'wake'];

function searched(
  machine: Machine,
  { accesses, broken }: Made,
  { property, maxStates }: SameRunOptions,
): { readonly possible: boolean | null; readonly states: number } {
  const { width, system } = machine;
  const agents = system.agents.length;
  // A state, and how far each agent has come.
  const states = new VectorTable(width + agents, 64);
  const current = new Uint32Array(width + agents);
  const next = new Uint32Array(width + agents);
  const words = next.subarray(0, width);
  const possible = (is: boolean | null) => ({ possible: is, states: states.size });
  if (machine.start(current.subarray(0, width)) === BROKEN) return possible(true);
  states.intern(current, 0);
  for (let state = 0; state < states.size; state++) {
    if (states.size > maxStates) return possible(null);
    for (let i = 0; i < current.length; i++) current[i] = states.data[state * current.length + i] as number;
    if (broken !== 'step' && accesses.every((list, agent) => current[width + agent] === list.length)) {
      if (broken === 'end' || isBrokenAtRest(machine, current, property)) return possible(true);
    }
    for (const kind of KINDS) {
      const everyone = kind === 'drain' ? system.cores.length : agents;
      for (let who = 0; who < everyone; who++) {
        const ways = machine.ways(current, kind, who);
        if (ways === 0) continue;
        const access = kind === 'drain' ? null : machine.pending(current, who);
        const free = access === null || isFree(access.kind);
        const done = kind === 'drain' ? 0 : (current[width + who] as number);
        const expected = free ? null : (accesses[who]?.[done] ?? null);
        if (!free && expected === null) continue;
        for (let choice = 0; choice < ways; choice++) {
          next.set(current);
          const taken = machine.take(words, { kind, who, choice });
          if (access !== null && !free) {
            if (described(machine, access) !== expected) continue;
            next[width + who] = done + 1;
          }
          if (taken !== BROKEN) states.intern(next, 0);
          else if (machine.monitors.broken.some((one) => one.property === property)) return possible(true);
        }
      }
    }
  }
  return possible(false);
}

/** An access that was just made, with its result, as text: equal under different tables. */
function described(machine: Machine, access: ReturnType<Machine['pending']>): string {
  const { kind, cell, within, bytes, value, argument, name } = access;
  if (kind === ENTER || kind === ASLEEP || kind === END) return KIND_NAMES[kind] ?? '';
  const word = kind === STORE || kind === WRITE ? value : machine.lastWord;
  const place = cell < 0 ? null : machine.cells.cell(cell);
  // Words of blocks are numbers of contents, which differ from table to table.
  const isContent = kind === READ || kind === WRITE || place?.block === true;
  const shown = isContent ? Array.from(machine.contents.bytesOf(word)).join('.') : String(word);
  const at = place === null ? `${name} ${argument}` : `${place.memory}:${place.byteOffset + within}:${bytes}`;
  return `${KIND_NAMES[kind]} ${at} ${shown}`;
}
