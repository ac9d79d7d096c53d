/**
 * A litmus test as a system of the checker: each thread is an agent on a core of its own, each interrupt handler one on the
 * core of the thread that it interrupts. They reach memory through the same port as an implementation of a queue.
 *
 * Shared locations are 32-bit words of the shared memory; registers are words of the core's local memory that one agent
 * alone reaches, so they cost no steps. Beside them stands a word that says that the thread has ended.
 */
import { type AgentSpec, program, type SharedCell, STOP, type System } from '../checker/index.ts';
import { type AtomicOrdering, type Location, locationAt, type MemoryPort } from '../memory/index.ts';
import { noDataRace, type StateView } from '../properties/index.ts';
import type { LitmusOperation, LitmusTest, LitmusValue } from './format.ts';

const WORD_BYTES = 4;
/** Accesses that a thread may make, without those of a loop: none makes more. */
const MOST_ACCESSES = 10_000;

const ORDERINGS = {
  plain: 'plain',
  rlx: 'relaxed',
  acq: 'acquire',
  rel: 'release',
  acq_rel: 'acq_rel',
  sc: 'seq_cst',
} as const satisfies Readonly<Record<string, AtomicOrdering | 'plain'>>;
const RMW_OPERATIONS = { xchg: 'exchange', add: 'add', or: 'or', and: 'and' } as const;

export interface LitmusSystem {
  readonly system: System;
  /** Shared locations: several agents count as reaching each, so that every access to it is a step. */
  readonly cells: readonly SharedCell[];
  /** What the test observes of a state at rest; null: some thread has not ended. */
  outcome(view: StateView): readonly number[] | null;
}

/** Where a thread's registers stand. */
interface Frame {
  readonly core: number;
  /** Byte offset in the core's local memory: of the done flag, then of the registers. */
  readonly from: number;
  readonly registers: readonly string[];
}

/** The system of a test. `observe` is told each final state, as values in the order of `observed`. */
export function litmusSystem(test: LitmusTest, observe: (outcome: readonly number[]) => void): LitmusSystem {
  const names = Object.keys(test.locations);
  const shared = new Map(names.map((name, i) => [name, locationAt('shared', i * WORD_BYTES, 32)]));
  const handlers = new Map((test.isr ?? []).map(({ thread, on }) => [thread, on]));
  const tasks = [...test.threads.keys()].filter((thread) => !handlers.has(thread));
  const coreOf = (thread: number): number => tasks.indexOf(handlers.get(thread) ?? thread);
  const used = tasks.map(() => 0);
  const frames = test.threads.map((thread, index): Frame => {
    const core = coreOf(index);
    const registers = [...new Set(thread.flatMap((each) => ('reg' in each ? [each.reg] : [])))];
    const from = used[core] ?? 0;
    used[core] = from + (1 + registers.length) * WORD_BYTES;
    return { core, from, registers };
  });
  const lines = (test.isr ?? []).map(({ thread, on }) => ({
    name: `interrupt ${thread}`,
    core: coreOf(on),
    trigger: 'edge' as const,
    enabled: true,
    pending: true,
  }));
  const agents = test.threads.map((thread, index): AgentSpec => {
    const line = (test.isr ?? []).findIndex((handler) => handler.thread === index);
    // As many frames as threads.
    const frame = frames[index] as Frame;
    return {
      name: `${index}`,
      core: frame.core,
      program: program<null>(null, (port) => () => {
        const registers = new Registers(port, frame);
        for (const operation of thread) perform(port, operation, shared, registers);
        port.store(doneOf(frame), 1, 'plain');
        return STOP;
      }),
      ...(line < 0 ? {} : { interrupt: { line } }),
    };
  });
  const observed = test.observed.map((name): ((view: StateView) => number) => {
    const [thread, register] = name.split(':');
    const frame = frames[Number(thread)];
    if (register === undefined || frame === undefined) {
      const at = locationOf(shared, name);
      return (view) => view.load(at);
    }
    const at = registerOf(frame, register);
    return (view) => view.load(at, frame.core);
  });
  const outcome = (view: StateView): readonly number[] | null =>
    frames.every((frame) => view.load(doneOf(frame), frame.core) === 1)
      ? observed.map((look) => look(view))
      : null;
  const system: System = {
    title: `litmus test ${test.name}`,
    sharedBytes: Math.max(1, names.length) * WORD_BYTES,
    localBytes: Math.max(...used),
    cores: tasks.map((thread) => `core ${thread}`),
    agents,
    ...(lines.length === 0 ? {} : { interrupts: { lines } }),
    slots: [],
    queues: 0,
    operations: {},
    names: {
      nameOf: (space, byteOffset, _bytes, core) =>
        space === 'shared'
          ? (names[Math.floor(byteOffset / WORD_BYTES)] ?? `byte ${byteOffset}`)
          : localName(frames, byteOffset, core ?? 0),
    },
    setup: ([port]) => {
      for (const [name, value] of Object.entries(test.locations))
        port?.store(locationOf(shared, name), value, 'plain');
    },
    properties: [
      {
        name: 'final-states',
        title: 'Final states are collected.',
        // A thread that went wrong would end in no state at all, and nobody would miss it.
        monitor: () => ({
          words: 0,
          listens: ({ kind }) => kind === 'fault',
          step: (_, event) => (event.kind === 'fault' ? event.message : null),
        }),
        quiescent: () => (view) => {
          const found = outcome(view);
          if (found !== null) observe(found);
          return null;
        },
      },
      ...(canRace(test) ? [noDataRace] : []),
    ],
    witnesses: [],
    accessBound: MOST_ACCESSES,
    bufferDepth: Math.max(1, storesOf(test)),
  };
  const cells = names.map((_, i) => ({
    memory: -1,
    byteOffset: i * WORD_BYTES,
    bytes: WORD_BYTES,
    block: false,
  }));
  return { system, cells, outcome };
}

/** Whether there is anything that a data race could be about: a plain access. */
export function canRace({ threads }: LitmusTest): boolean {
  return threads.some((thread) => thread.some(({ order }) => order === 'plain'));
}

/** So many stores that none ever waits for room in a buffer: all that the test makes, and those of the start. */
function storesOf({ threads, locations }: LitmusTest): number {
  const stores = threads.flat().filter(({ op }) => op === 'store' || op === 'rmw' || op === 'cas');
  return Object.keys(locations).length + stores.length;
}

class Registers {
  readonly #port: MemoryPort;
  readonly #frame: Frame;

  constructor(port: MemoryPort, frame: Frame) {
    this.#port = port;
    this.#frame = frame;
  }

  get(name: string): number {
    return this.#port.load(registerOf(this.#frame, name), 'plain');
  }

  set(name: string, value: number): void {
    this.#port.store(registerOf(this.#frame, name), value, 'plain');
  }

  /** Modulo 2^32. */
  valueOf(value: LitmusValue): number {
    if (typeof value === 'number') return value;
    const { reg, mul = 1, add = 0 } = value;
    return Number(BigInt.asUintN(32, BigInt(this.get(reg)) * BigInt(mul) + BigInt(add)));
  }
}

function perform(
  port: MemoryPort,
  operation: LitmusOperation,
  shared: ReadonlyMap<string, Location>,
  registers: Registers,
): void {
  for (const { reg, eq, ne } of operation.when ?? []) {
    const value = registers.get(reg);
    if (eq !== undefined ? value !== eq : value === ne) return;
  }
  if (operation.op === 'fence') {
    port.fence(ORDERINGS[operation.order]);
    return;
  }
  const at = locationOf(shared, operation.loc);
  switch (operation.op) {
    case 'store':
      port.store(at, registers.valueOf(operation.value), ORDERINGS[operation.order]);
      return;
    case 'load':
      registers.set(operation.reg, port.load(at, ORDERINGS[operation.order]));
      return;
    case 'rmw': {
      const { kind, value, reg, order } = operation;
      registers.set(reg, port.rmw(at, RMW_OPERATIONS[kind], registers.valueOf(value), ORDERINGS[order]));
      return;
    }
    case 'cas': {
      const { expect, value, reg, order, failOrder } = operation;
      const expected = registers.valueOf(expect);
      const desired = registers.valueOf(value);
      registers.set(reg, port.cas(at, expected, desired, ORDERINGS[order], ORDERINGS[failOrder]));
      return;
    }
    case 'await': {
      const { eq, ne, reg, order } = operation;
      const value = port.repeat<null, number>(null, () => {
        const found = port.load(at, ORDERINGS[order]);
        return (eq !== undefined ? found === eq : found !== ne) ? { done: found } : { again: null };
      });
      registers.set(reg, value);
      return;
    }
  }
}

function locationOf(shared: ReadonlyMap<string, Location>, name: string): Location {
  const at = shared.get(name);
  if (at === undefined) throw new RangeError(`no location ${name}`);
  return at;
}

function doneOf(frame: Frame): Location {
  return locationAt('local', frame.from, 32);
}

function registerOf({ from, registers }: Frame, name: string): Location {
  const index = registers.indexOf(name);
  if (index < 0) throw new RangeError(`no register ${name}`);
  return locationAt('local', from + (1 + index) * WORD_BYTES, 32);
}

function localName(frames: readonly Frame[], byteOffset: number, core: number): string {
  for (const [thread, { core: of, from, registers }] of frames.entries()) {
    const index = (byteOffset - from) / WORD_BYTES;
    if (of !== core || index < 0 || index > registers.length) continue;
    return index === 0 ? `${thread}:ended` : `${thread}:${registers[Math.floor(index) - 1]}`;
  }
  return `local byte ${byteOffset}`;
}
