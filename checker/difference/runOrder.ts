/**
 * Why a run is none of sequential consistency: what it did to shared memory, as events with their program order and with
 * who read from whom, and the shortest cycles in it. A run is one of `sc` just if there is no such cycle (Shasha, Snir,
 * TOPLAS 1988): the accesses of a cycle that one core makes one after the other are those that some order would have had to
 * keep.
 */
import { ASLEEP, CAS, CLEAR, ENTER, RING, RMW } from '../access.ts';
import type { BarrierOptions } from '../barriers/editedPort.ts';
import type { SharedCell } from '../cells.ts';
import type { MemoryModelName } from '../memory/model.ts';
import type { System } from '../system.ts';
import type { ScheduleStep } from '../verdict.ts';
import { Walk, type WalkStep } from '../walk.ts';

/** An access to shared memory, a doorbell, or the entry of a handler. */
export interface RunEvent {
  readonly index: number;
  readonly step: number;
  readonly core: number;
  /** Position in the program order of its core: events of its agents in the order in which they were made. */
  readonly place: number;
  readonly taken: WalkStep;
  readonly writes: boolean;
  /** Step at which others can see it: that of the access, or of its drain; `Infinity`: it waits to the end. */
  visible: number;
  /** The write that it reads from; -1: the initial value; null: it reads nothing, or that is not known. */
  from: number | null;
}

/** From one access to a later one of the same core. */
export interface ProgramEdge {
  readonly first: RunEvent;
  readonly second: RunEvent;
}

/** Between cores: `rf` a write and who reads it, `co` a write and the next one, `fr` a read and the next write. */
export interface CommunicationEdge {
  readonly kind: 'rf' | 'co' | 'fr';
  readonly first: RunEvent;
  readonly second: RunEvent;
}

export interface Cycle {
  readonly program: readonly ProgramEdge[];
  readonly communication: readonly CommunicationEdge[];
}

export interface RunOrder {
  readonly events: readonly RunEvent[];
  readonly steps: readonly WalkStep[];
  /** The shortest first; none: the run is one of `sc`, or not all is known. */
  readonly cycles: readonly Cycle[];
  /** Names of locations of which it is not known who reads from whom; and whether the run is too long to be looked at. */
  readonly unclear: readonly string[];
  readonly tooLong: boolean;
}

export interface RunOptions {
  readonly memory: MemoryModelName;
  readonly property: string;
  readonly schedule: readonly ScheduleStep[];
  readonly cells: readonly SharedCell[];
  readonly siteOf: () => string | null;
  readonly barriers?: BarrierOptions;
}

/** Events of a run that cycles are looked for in, at the most: it takes cubic time. */
const MOST_EVENTS = 300;
const MOST_CYCLES = 6;
/** Cost of an edge: more than any distance in program order. */
const EDGE = 10_000;

/** @throws RangeError when a step of the schedule is not possible. */
export function runOrder(system: System, options: RunOptions): RunOrder {
  const recorder = new Recorder(system, options.memory);
  const { memory, property, schedule, cells, siteOf, barriers } = options;
  const walk = new Walk(system, {
    memory,
    properties: [property],
    cells,
    site: siteOf,
    ...(barriers === undefined ? {} : { barriers }),
  });
  walk.learn(schedule);
  for (const [i, step] of schedule.entries()) {
    if (!walk.isEnabled(step)) throw new RangeError(`step ${i} of the schedule is not possible`);
    recorder.take(walk, step, i);
  }
  const { events, steps } = recorder;
  const edges = recorder.edges();
  const tooLong = events.length > MOST_EVENTS;
  const cycles = tooLong ? [] : shortestCycles(events, edges);
  return { events, steps, cycles, unclear: recorder.unclear(), tooLong };
}

/** A message of a location under `rc11`; `glued`: a read-modify-write has read the one before it. */
interface Message {
  readonly event: number;
  readonly glued: boolean;
}

interface Waiting {
  readonly key: string;
  readonly event: RunEvent;
  readonly places: readonly string[];
}

/** Follows a run, and writes down who reads from whom. */
class Recorder {
  readonly events: RunEvent[] = [];
  readonly steps: WalkStep[] = [];
  readonly #system: System;
  readonly #buffered: boolean;
  readonly #messages: boolean;
  readonly #buffers: Waiting[][];
  readonly #places: number[];
  /** By byte, or by location under `rc11`: the writes in the order in which they become visible. */
  readonly #order = new Map<string, number[]>();
  readonly #lists = new Map<string, Message[]>();
  /** Reads by place: (event, write read from). */
  readonly #reads: { readonly event: number; readonly place: string; readonly from: number }[] = [];
  readonly #rings = new Map<number, number>();
  readonly #unclear = new Map<string, string>();

  constructor(system: System, memory: MemoryModelName) {
    this.#system = system;
    this.#buffered = memory === 'tso' || memory === 'pso';
    this.#messages = memory === 'rc11';
    this.#buffers = system.cores.map(() => []);
    this.#places = system.cores.map(() => 0);
  }

  take(walk: Walk, step: ScheduleStep, index: number): void {
    if (step.kind === 'drain') {
      const access = walk.machine.model.waiting(walk.state, step.who)[step.choice] ?? 0;
      const { cell, argument } = walk.machine.accesses.get(access);
      this.steps.push(walk.take(step));
      this.#drain(step.who, keyOf(cell, argument), index);
      return;
    }
    const { kind, cell, argument } = walk.machine.pending(walk.state, step.who);
    const taken = walk.take(step);
    this.steps.push(taken);
    const core = this.#system.agents[step.who]?.core ?? 0;
    if (kind === RING || kind === CLEAR) {
      const event = this.#event(taken, core, index, true);
      if (this.#buffered) this.#buffers[core]?.push({ key: keyOf(-1, argument), event, places: [] });
      else if (kind === RING) this.#rings.set(argument, event.index);
      return;
    }
    if (kind === ENTER || (kind === ASLEEP && step.kind === 'step')) {
      const event = this.#event(taken, core, index, false);
      const lines = kind === ENTER ? [argument] : this.#linesOf(core);
      event.from = Math.max(-1, ...lines.map((line) => this.#rings.get(line) ?? -1));
      if (event.from >= 0) this.#reads.push({ event: event.index, place: '', from: event.from });
      return;
    }
    if (cell < 0 || taken.at === null || taken.at.memory >= 0) return;
    const isUpdate = kind === RMW || kind === CAS;
    const reads = isUpdate || taken.access === 'load' || taken.access === 'read';
    const event = this.#event(taken, core, index, taken.at.writes);
    if (this.#messages) {
      this.#message(event, cell, step.choice, reads, kind === CAS);
      return;
    }
    const { byteOffset, bytes } = taken.at;
    const places = Array.from({ length: bytes }, (_, i) => String(byteOffset + i));
    if (reads) this.#read(event, places);
    if (!event.writes) return;
    if (this.#buffered && !isUpdate) this.#buffers[core]?.push({ key: keyOf(cell, 0), event, places });
    else for (const place of places) this.#write(place, event.index);
  }

  /** Everything that one core sees of another. */
  edges(): CommunicationEdge[] {
    // What still waits comes after all that has drained.
    for (const buffer of this.#buffers) {
      for (const { event, places } of buffer) {
        event.visible = Number.POSITIVE_INFINITY;
        for (const place of places) this.#write(place, event.index);
      }
    }
    for (const [place, list] of this.#lists)
      this.#order.set(
        place,
        list.slice(1).map(({ event }) => event),
      );
    const edges = new Map<string, CommunicationEdge>();
    const add = (kind: CommunicationEdge['kind'], from: number, to: number): void => {
      const first = this.events[from];
      const second = this.events[to];
      if (first === undefined || second === undefined || first.core === second.core) return;
      edges.set(`${from},${to}`, { kind, first, second });
    };
    for (const [place, order] of this.#order) {
      if (this.#unclear.has(place)) continue;
      for (let i = 0; i + 1 < order.length; i++) add('co', order[i] as number, order[i + 1] as number);
    }
    for (const { event, place, from } of this.#reads) {
      if (this.#unclear.has(place)) continue;
      add('rf', from, event);
      const order = this.#order.get(place) ?? [];
      const next = order[from < 0 ? 0 : order.indexOf(from) + 1];
      if (place !== '' && next !== undefined && next !== event) add('fr', event, next);
    }
    return [...edges.values()];
  }

  unclear(): readonly string[] {
    return [...new Set(this.#unclear.values())];
  }

  #event(taken: WalkStep, core: number, step: number, writes: boolean): RunEvent {
    const place = this.#places[core] as number;
    this.#places[core] = place + 1;
    const event: RunEvent = {
      index: this.events.length,
      step,
      core,
      place,
      taken,
      writes,
      visible: step,
      from: null,
    };
    this.events.push(event);
    return event;
  }

  #drain(core: number, key: string, step: number): void {
    const buffer = this.#buffers[core] ?? [];
    const [oldest] = buffer.splice(
      buffer.findIndex((waiting) => waiting.key === key),
      1,
    );
    if (oldest === undefined) return;
    oldest.event.visible = step;
    for (const place of oldest.places) this.#write(place, oldest.event.index);
    if (oldest.event.taken.access === 'ring') this.#rings.set(Number(key.slice(1)), oldest.event.index);
  }

  #read(event: RunEvent, places: readonly string[]): void {
    const buffer = this.#buffers[event.core] ?? [];
    let latest = -1;
    for (const place of places) {
      const own = buffer.findLast((waiting) => waiting.places.includes(place));
      const from = own?.event.index ?? this.#order.get(place)?.at(-1) ?? -1;
      this.#reads.push({ event: event.index, place, from });
      latest = Math.max(latest, from);
    }
    event.from = latest;
  }

  #write(place: string, event: number): void {
    const order = this.#order.get(place);
    if (order === undefined) this.#order.set(place, [event]);
    else order.push(event);
  }

  /** `rc11`: the choice counts messages from the newest; a write takes a place that no read-modify-write has closed. */
  #message(event: RunEvent, cell: number, choice: number, reads: boolean, isCas: boolean): void {
    const place = keyOf(cell, 0);
    let list = this.#lists.get(place);
    if (list === undefined) {
      list = [{ event: -1, glued: false }];
      this.#lists.set(place, list);
    }
    let position = list.length - 1 - choice;
    if (event.writes || isCas) {
      // Of a CAS, which messages it may read depends on their values, which are not followed here.
      if (isCas && choice > 0) this.#unclear.set(place, event.taken.location);
      position = list.length - 1;
      for (let left = choice; position > 0; position--) {
        if (list[position + 1]?.glued === true) continue;
        if (left-- === 0) break;
      }
    }
    const source = list[position];
    if (reads && source !== undefined) {
      event.from = source.event;
      this.#reads.push({ event: event.index, place, from: source.event });
    }
    if (event.writes) list.splice(position + 1, 0, { event: event.index, glued: reads });
  }

  #linesOf(core: number): number[] {
    return (this.#system.interrupts?.lines ?? []).flatMap((line, i) => (line.core === core ? [i] : []));
  }
}

function keyOf(cell: number, line: number): string {
  return cell >= 0 ? `c${cell}` : `l${line}`;
}

/** For each event the shortest cycle through it; of those with the same program edges, one. */
function shortestCycles(events: readonly RunEvent[], edges: readonly CommunicationEdge[]): readonly Cycle[] {
  // Only events that others see, or that see others, can be corners.
  const corners = [...new Set(edges.flatMap(({ first, second }) => [first, second]))];
  const next = new Map<RunEvent, readonly (ProgramEdge | CommunicationEdge)[]>(
    corners.map((event) => [
      event,
      [
        ...corners.flatMap((other) =>
          other.core === event.core && other.place > event.place ? [{ first: event, second: other }] : [],
        ),
        ...edges.filter(({ first }) => first === event),
      ],
    ]),
  );
  const found = new Map<string, { readonly cost: number; readonly cycle: Cycle }>();
  for (const start of corners) {
    const path = shortestWay(start, next, events.length);
    if (path === null) continue;
    const program = path.edges.flatMap((edge) => ('kind' in edge ? [] : [edge]));
    const communication = path.edges.flatMap((edge) => ('kind' in edge ? [edge] : []));
    const key = program
      .map(({ first, second }) => `${first.index}-${second.index}`)
      .sort()
      .join();
    const known = found.get(key);
    if (known === undefined || path.cost < known.cost)
      found.set(key, { cost: path.cost, cycle: { program, communication } });
  }
  return [...found.values()]
    .sort((a, b) => a.cost - b.cost)
    .slice(0, MOST_CYCLES)
    .map(({ cycle }) => cycle);
}

type Edge = ProgramEdge | CommunicationEdge;

/** What was missed is the very value that was read. */
function isHarmless(edge: Edge): boolean {
  return 'kind' in edge && edge.kind === 'fr' && edge.first.taken.value === edge.second.taken.value;
}

function shortestWay(
  start: RunEvent,
  next: ReadonlyMap<RunEvent, readonly Edge[]>,
  count: number,
): { readonly cost: number; readonly edges: readonly Edge[] } | null {
  const costs = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const by = new Map<RunEvent, Edge>();
  const done = new Set<RunEvent>();
  let best: { cost: number; last: Edge } | null = null;
  let current: RunEvent | null = start;
  let reached = 0;
  while (current !== null && reached < (best?.cost ?? Number.POSITIVE_INFINITY)) {
    done.add(current);
    for (const edge of next.get(current) ?? []) {
      const span = 'kind' in edge ? 0 : edge.second.place - edge.first.place;
      const cost = reached + EDGE + span + (isHarmless(edge) ? 2 * EDGE : 0);
      if (edge.second === start) {
        if (cost < (best?.cost ?? Number.POSITIVE_INFINITY)) best = { cost, last: edge };
      } else if (cost < (costs[edge.second.index] as number)) {
        costs[edge.second.index] = cost;
        by.set(edge.second, edge);
      }
    }
    current = null;
    reached = Number.POSITIVE_INFINITY;
    for (const event of by.keys()) {
      const cost = costs[event.index] as number;
      if (!done.has(event) && cost < reached) {
        reached = cost;
        current = event;
      }
    }
  }
  if (best === null) return null;
  const path: Edge[] = [best.last];
  for (let at = best.last.first; at !== start; ) {
    const edge = by.get(at);
    if (edge === undefined) break;
    path.unshift(edge);
    at = edge.first;
  }
  return { cost: best.cost, edges: path };
}
