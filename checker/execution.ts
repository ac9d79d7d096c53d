/**
 * Runs the implementation to find out where an agent goes on with a result: its next position, and what happens on the
 * way. Each answer is kept by the caller, so that this is asked once for each position and result.
 */
import type { FenceOrdering, MemoryPort, PlainData } from '../memory/index.ts';
import { type Access, type AccessTable, DEAD, END, ENTER, NO_ACCESS, SPIN, sameAccess } from './access.ts';
import type { BarrierEditor } from './barriers/editedPort.ts';
import type { OriginTable } from './origins.ts';
import { canonical } from './plain.ts';
import {
  type AccessEntry,
  type Entry,
  type LoopEntry,
  type LoopRecord,
  type PositionTable,
  PROGRESS,
  RECEIVED,
  type Root,
} from './position.ts';
import { FIRST_WORDS } from './privateWords.ts';
import type { RawEvent } from './rawEvent.ts';
import { Restart } from './restart.ts';
import { SteppedPort } from './steppedPort.ts';
import { noSite, type SteppedPortHost, SUSPENSION } from './stepRecorder.ts';
import { STOP, type System, type Turn } from './system.ts';
import { TargetError } from './targetError.ts';

/** Turns without any access after which a program is taken to go round without end. */
const IDLE_TURNS = 1000;

/** What a run would come to next if an access had a certain result. */
export interface Guessed {
  readonly position: number;
  readonly word: number;
  readonly outcome: Outcome;
}

/** The result that an access will probably have; null: no idea. */
export type Guess = (access: number) => number | null;

/** Where an agent comes to, and what has happened until then. */
export interface Outcome {
  readonly position: number;
  readonly events: readonly RawEvent[];
  /** Fences that no memory model could notice, in order. */
  readonly fences: readonly FenceOrdering[];
  readonly flags: number;
  /** Of a guess: where turns begin on the way that nobody was told of yet. */
  readonly roots: readonly Root[];
}

export interface ExecutionOptions {
  readonly host: Omit<SteppedPortHost, 'loopEntry' | 'site'>;
  readonly positions: PositionTable;
  /** Run every new transition twice, the second time on a fresh instance of the program, and compare. */
  readonly verify: boolean;
  /** Says where the code stands, for traces; costs a stack walk for each new position. */
  readonly site: (() => string | null) | undefined;
  /** Numbers the places in the code at which accesses are made; undefined: they are not told apart. */
  readonly origins: OriginTable | undefined;
  /** Makes some accesses in another way than the code asks for. Not given: as it asks. */
  readonly barriers?: BarrierEditor | undefined;
  /** An agent rests in a state of its program that it was not in before. */
  rests(agent: number, state: PlainData): void;
}

export class Execution {
  /** How often the implementation ran. */
  executions = 0;
  readonly #system: System;
  readonly #positions: PositionTable;
  readonly #accesses: AccessTable;
  readonly #host: SteppedPortHost;
  readonly #verifies: boolean;
  readonly #sites: boolean;
  readonly #origins: OriginTable | undefined;
  readonly #rests: ExecutionOptions['rests'];
  readonly #barriers: BarrierEditor | undefined;
  readonly #ports: readonly SteppedPort[];
  readonly #turns: readonly Turn[];
  readonly #loopEntries = new Map<string, LoopEntry>();
  readonly #entryIds = new Map<Entry, number>();
  /** What the last `resume` came to with guesses. */
  #guessed: Guessed[] = [];
  /** Where turns began since the last guess. */
  #roots: Root[] = [];

  constructor({ host, positions, verify, site, origins, barriers, rests }: ExecutionOptions) {
    this.#system = host.system;
    this.#accesses = host.accesses;
    this.#positions = positions;
    this.#verifies = verify;
    this.#sites = site !== undefined;
    this.#origins = origins;
    this.#rests = rests;
    this.#barriers = barriers;
    this.#host = { ...host, loopEntry: (...parts) => this.#loopEntry(...parts), site: site ?? noSite };
    this.#ports = host.system.agents.map(({ core }, agent) => new SteppedPort(agent, core, this.#host));
    this.#turns = host.system.agents.map(({ program }, agent) =>
      program.start(this.#portOf(this.#ports[agent] as SteppedPort)),
    );
  }

  /** From the program's start to the agent's first position. */
  begin(agent: number): Outcome {
    const initial = this.#system.agents[agent]?.program.initial ?? null;
    const text = canonical(initial, `the initial state of agent ${this.#nameOf(agent)}`);
    const root = this.#root(agent, text, FIRST_WORDS);
    const outcome = this.#run(agent, root, null, true);
    if (this.#verifies) this.#verify(agent, root, null, outcome, true);
    return outcome;
  }

  /**
   * What else the last `resume` has found: where the agent goes on from there with the results guessed. Nothing in them
   * has happened yet, and nobody was told.
   */
  get guessed(): readonly Guessed[] {
    return this.#guessed;
  }

  /**
   * From a position on, with the result of its access. With `guess` the run goes on, as long as it has ideas, to the end of
   * the turn: see `guessed`.
   */
  resume(agent: number, position: number, word: number, guess: Guess | null = null): Outcome {
    const record = this.#positions.record(position);
    const entry: AccessEntry | null = record.paused
      ? null
      : {
          kind: 'access',
          parent: record.entry,
          length: (record.entry?.length ?? 0) + 1,
          access: this.#positions.access[position] as number,
          word,
          position: -1,
        };
    const outcome =
      guess === null || this.#verifies
        ? this.#run(agent, record.root, entry)
        : this.#runAhead(agent, record.root, entry, guess);
    if (this.#verifies) this.#verify(agent, record.root, entry, outcome);
    return outcome;
  }

  /** An access in words, for messages. */
  describe(access: Access): string {
    const [port] = this.#ports;
    if (port === undefined) throw new RangeError('no agent 0');
    return port.describe(access);
  }

  /** The same, and on with guesses. An implementation runs from its start at each step: that makes many steps of one run. */
  #runAhead(agent: number, from: Root, newest: Entry | null, guess: Guess): Outcome {
    const port = this.#ports[agent] as SteppedPort;
    const found: Guessed[] = [];
    const first: Outcome[] = [];
    const met = new Set<number>();
    let before: Pick<Guessed, 'position' | 'word'> | null = null;
    let turn = from;
    const reached = (outcome: Outcome): void => {
      if (before === null) first.push(outcome);
      else found.push({ ...before, outcome });
    };
    this.#guessed = found;
    port.guess = () => {
      const outcome = this.#suspended(port, port.root);
      const { position } = outcome;
      const access = this.#positions.access[position] as number;
      const word = guess(access);
      // What is tabled already need not be found again: else a poll would go round without end.
      if (word === null || met.has(position) || this.#positions.find(position, word) >= 0) return null;
      if (before === null) turn = port.root;
      // By the next turn others have done something.
      if (port.root !== turn) return null;
      met.add(position);
      reached(outcome);
      this.#roots = [];
      before = { position, word };
      const parent = port.newest;
      return { kind: 'access', parent, length: (parent?.length ?? 0) + 1, access, word, position: -1 };
    };
    try {
      reached(this.#run(agent, from, newest));
    } catch (error) {
      // With a wrong guess anything can happen.
      if (!port.guesses) throw error;
    } finally {
      port.guess = null;
    }
    return first[0] as Outcome; // With a guess there was a first one.
  }

  /** Runs the agent's turn from its start, with the results recorded, up to its next unknown one. */
  #run(agent: number, from: Root, newestEntry: Entry | null, first = false): Outcome {
    this.executions++;
    // As many turns as agents and ports.
    return this.#execute(
      this.#ports[agent] as SteppedPort,
      this.#turns[agent] as Turn,
      from,
      newestEntry,
      first,
    );
  }

  #execute(port: SteppedPort, turn: Turn, from: Root, newestEntry: Entry | null, first: boolean): Outcome {
    const agent = port.agent;
    port.beginStep(first);
    this.#roots = [];
    let root = from;
    let newest = newestEntry;
    const begun = new Set<Root>(newestEntry === null ? [from] : []);
    for (let turns = 0; ; turns++) {
      port.beginTurn(root, newest);
      let next: PlainData | typeof STOP;
      let returned = false;
      try {
        if (root.state === null) return this.#ended(port, root, END);
        const line = this.#system.agents[agent]?.interrupt?.line;
        if (line !== undefined) port.enterHandler(line);
        next = turn(JSON.parse(root.state));
        returned = port.suspended;
        port.endTurn();
      } catch (caught) {
        // What the port threw counts, whatever the target made of it.
        const error = port.thrown ?? caught;
        if (port.guesses && error !== SUSPENSION) throw error;
        if (error instanceof Restart || error instanceof TargetError) throw error;
        if (port.suspended) {
          if (error !== SUSPENSION || returned) throw this.#caught(agent, returned ? null : error);
          return this.#suspended(port, root);
        }
        port.events.push(port.fault(error));
        return this.#ended(port, root, DEAD);
      }
      if (!port.isLive) {
        throw new TargetError(
          'nondeterministic',
          `agent ${this.#nameOf(agent)}: run again with the same results, a turn ended after fewer accesses. ` +
            `Keep all state in the port's memories or in the program's state.`,
        );
      }
      if (turns === IDLE_TURNS) {
        const operation = null;
        const message = `${this.#nameOf(agent)} takes turn after turn without any access: nobody else could ever run`;
        port.events.push({ kind: 'fault', fault: 'unbounded', operation, message });
        return this.#ended(port, root, DEAD);
      }
      const text =
        next === STOP ? null : canonical(next, `the state that agent ${this.#nameOf(agent)} returned`);
      root = this.#root(agent, text, port.privateWords, port.guesses);
      // Round and round without a step: a poll of what nobody else ever writes. It waits there, and others may run.
      if (begun.has(root))
        return {
          position: this.#paused(port, root),
          ...this.#told(port),
        };
      begun.add(root);
      newest = null;
    }
  }

  #caught(agent: number, error: unknown): TargetError {
    const instead =
      error === null ? 'it returned' : `it threw ${error instanceof Error ? error.message : error}`;
    return new TargetError(
      'caught-suspension',
      `agent ${this.#nameOf(agent)} was suspended at an access, but ${instead}: some try/catch/finally around the ` +
        `access swallowed what the memory port throws. Let the port's exceptions pass.`,
      { cause: error },
    );
  }

  #suspended(port: SteppedPort, root: Root): Outcome {
    const told = this.#told(port);
    if (port.pausedAtStart) return { position: this.#paused(port, root), ...told };
    // A suspended port that did not pause at its start has the access that it is suspended at.
    const pending = port.pending as Access;
    const entry = port.newest;
    const known = entry === null ? root.position : entry.position;
    if (known >= 0) {
      const recorded = this.#positions.access[known] as number;
      if (!sameAccess(this.#accesses.get(recorded), pending)) {
        throw new TargetError(
          'nondeterministic',
          `agent ${this.#nameOf(port.agent)}: from the same point, the code made two different accesses: ` +
            `${port.describe(this.#accesses.get(recorded))}, then ${port.describe(pending)}. ` +
            `Keep all state in the port's memories or in the program's state, and use no time, no random numbers.`,
        );
      }
      return { position: known, ...told };
    }
    const position = this.#addPosition(port, root, entry, pending, false);
    if (entry === null) root.position = position;
    else entry.position = position;
    return { position, ...told };
  }

  /** What a run has brought, apart from where it came to. */
  #told({ events, fences }: SteppedPort): Omit<Outcome, 'position'> {
    return { events, fences, flags: progressOf(events, this.#system), roots: this.#roots };
  }

  #paused(port: SteppedPort, root: Root): number {
    if (root.pausedPosition < 0) {
      root.pausedPosition = this.#addPosition(port, root, null, { ...NO_ACCESS, kind: SPIN }, true);
    }
    return root.pausedPosition;
  }

  #ended(port: SteppedPort, root: Root, kind: typeof END | typeof DEAD): Outcome {
    const told = this.#told(port);
    const known = kind === END ? root.position : root.deadPosition;
    if (known >= 0) return { position: known, ...told };
    const position = this.#addPosition(port, root, null, { ...NO_ACCESS, kind }, kind === END);
    if (kind === END) root.position = position;
    else root.deadPosition = position;
    return { position, ...told };
  }

  #addPosition(
    port: SteppedPort,
    root: Root,
    entry: Entry | null,
    pending: Access,
    atStart: boolean,
  ): number {
    const sites = this.#sites;
    const rests = atStart || port.isResting;
    const idle = pending.kind === ENTER || pending.kind === END;
    const { operations, site } = port;
    const origin =
      pending.cell < 0
        ? -1
        : this.#origins?.intern({ agent: port.agent, kind: pending.kind, site, operations });
    return this.#positions.addPosition(this.#accesses.intern(pending, origin), rests, idle, {
      root,
      entry,
      paused: pending.kind === SPIN && atStart,
      operations,
      site,
      merged: sites ? port.merged : [],
      giving: port.giving,
      // At rest before a turn's first step, what the turn has stored already has not happened for anybody.
      privateWords: port.restsWithin || (sites && !rests) ? port.privateWords : root.privateWords,
    });
  }

  /**
   * A fresh instance of the program must do the same as one that has run before, and that one the same again: else it
   * keeps state of its own.
   */
  #verify(agent: number, root: Root, entry: AccessEntry | null, expected: Outcome, first = false): void {
    const spec = this.#system.agents[agent];
    if (spec === undefined) return;
    const fresh = new SteppedPort(agent, spec.core, this.#host);
    const events = JSON.stringify(expected.events);
    const same = (outcome: Outcome): boolean =>
      outcome.position === expected.position && JSON.stringify(outcome.events) === events;
    let outcome = this.#execute(fresh, spec.program.start(this.#portOf(fresh)), root, entry, first);
    if (same(outcome)) outcome = this.#run(agent, root, entry, first);
    if (same(outcome)) return;
    const shown = (position: number): string =>
      this.describe(this.#accesses.get(this.#positions.access[position] as number));
    throw new TargetError(
      'hidden-state',
      `agent ${spec.name}: run again from the same point, on a fresh instance of the program or the same one, it behaves differently ` +
        `(${shown(expected.position)}; then ${shown(outcome.position)}). It keeps state outside the port's memories: ` +
        `in a class field, a closure or a module variable. Move it to local memory or to the program's state.`,
    );
  }

  /** What the code gets to see of a port. */
  #portOf(port: SteppedPort): MemoryPort {
    return this.#barriers?.around(port) ?? port;
  }

  #root(agent: number, state: string | null, privateWords: number, guessed = false): Root {
    const root = this.#positions.root(agent, state, privateWords);
    if (!guessed) this.tell(root);
    else if (!root.told) this.#roots.push(root);
    return root;
  }

  /** An agent has come to where a turn begins. */
  tell(root: Root): void {
    if (root.told) return;
    root.told = true;
    if (root.state !== null) this.#rests(root.agent, JSON.parse(root.state));
  }

  #loopEntry(root: Root, parent: Entry | null, loop: LoopRecord): LoopEntry {
    const place = parent === null ? `turn ${root.id}` : `entry ${this.#entryId(parent)}`;
    const full = `${place}|${loop.key}`;
    let entry = this.#loopEntries.get(full);
    if (entry === undefined) {
      entry = { ...loop, parent, length: (parent?.length ?? 0) + 1, position: -1 };
      this.#loopEntries.set(full, entry);
    }
    return entry;
  }

  #entryId(entry: Entry): number {
    let id = this.#entryIds.get(entry);
    if (id === undefined) {
      id = this.#entryIds.size + 1;
      this.#entryIds.set(entry, id);
    }
    return id;
  }

  #nameOf(agent: number): string {
    return this.#system.agents[agent]?.name ?? String(agent);
  }
}

/** A step makes progress if an operation that moves ownership succeeds in it. */
function progressOf(events: readonly RawEvent[], system: System): number {
  let flags = 0;
  for (const event of events) {
    if ((event.kind === 'slot' || event.kind === 'chain') && event.event === 'take') flags |= RECEIVED;
    if (event.kind !== 'return' || event.depth !== 0) continue;
    const operation = system.operations[event.operation];
    const moves =
      operation?.onCall !== undefined || operation?.onReturn !== undefined || operation?.progress === true;
    if (moves && operation.succeeded(event.result)) flags |= PROGRESS;
  }
  return flags;
}
