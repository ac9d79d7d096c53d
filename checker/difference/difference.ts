/**
 * What is different: why a property that holds under `sc` breaks under a weaker memory model. Of a given run it says
 * which access was delayed or read something old, and which fences between which lines would have forbidden the run.
 * That is not argued but tried: with the fences put in, the run is looked for again, and then the whole scenario.
 */
import type { BarrierOptions } from '../barriers/editedPort.ts';
import type { BarrierEdit, BarrierOrder, SteppedKind } from '../barriers/edits.ts';
import type { SharedCell } from '../cells.ts';
import { check } from '../check.ts';
import type { MemoryModelName } from '../memory/model.ts';
import type { System } from '../system.ts';
import { TargetError } from '../targetError.ts';
import type { ScheduleStep } from '../verdict.ts';
import { type Cycle, type ProgramEdge, type RunEvent, type RunOrder, runOrder } from './runOrder.ts';
import { canHappen, type Made, madeIn } from './sameRun.ts';

/** An access of the run. */
export interface RunAccess {
  /** Number of its step in the schedule. */
  readonly step: number;
  readonly agent: string;
  /** As in a trace: `load`, `store`, …, `ring`, `enter`. */
  readonly access: string;
  readonly location: string;
  readonly value: number | string | null;
  readonly site: string | null;
  /** The innermost operation open at it. */
  readonly operation: string | null;
}

/** A store that others saw only after a later access of the same core. */
export interface DelayedStore {
  readonly store: RunAccess;
  /** Step at which it became visible; null: not by the end of the run. */
  readonly until: number | null;
  /** The later access, and the step at which it happened for all to see. */
  readonly past: RunAccess;
  readonly pastAt: number;
}

/** A load of a value that was not the newest any more. */
export interface StaleLoad {
  readonly load: RunAccess;
  /** Who wrote the value that was read; null: it is the initial one. */
  readonly from: RunAccess | null;
  /** Who had written a newer one by then. */
  readonly missed: RunAccess;
}

/** A store that was placed before one which had already been made. */
export interface PlacedStore {
  readonly store: RunAccess;
  readonly before: RunAccess;
}

/** A fence between two accesses that follow each other. */
export interface FencePlace {
  readonly edit: BarrierEdit;
  readonly after: RunAccess;
  readonly before: RunAccess;
}

export interface FenceAdvice extends FencePlace {
  /** Orderings that do not suffice there. */
  readonly tooWeak: readonly BarrierOrder[];
  /** Places where a fence of the same ordering does as well. */
  readonly alternatives: readonly FencePlace[];
}

export interface Remedy {
  /** All of them together. Each that could be left out was, and each is as weak as it may be, as far as was tried. */
  readonly fences: readonly FenceAdvice[];
  /**
   * What is so with them. `proved`: the property holds in the whole scenario. `run`: no run is like this one, but some other
   * breaks the property. `unknown`: no run is like this one; whether some other breaks it was not found out in the bounds.
   */
  readonly effect: 'proved' | 'run' | 'unknown';
}

export interface Difference {
  readonly memory: MemoryModelName;
  /** Whether the property is broken under `sc`, too; `unknown`: not within the bound on states. */
  readonly underSc: 'holds' | 'violated' | 'unknown';
  readonly delayed: readonly DelayedStore[];
  readonly stale: readonly StaleLoad[];
  readonly placed: readonly PlacedStore[];
  /** Null: none was found, within the bounds. */
  readonly remedy: Remedy | null;
  /** What was not looked at, in words. */
  readonly limits: readonly string[];
}

export interface DifferenceOptions {
  readonly memory: MemoryModelName;
  readonly violation: {
    readonly property: string;
    readonly schedule: readonly ScheduleStep[];
    readonly cycleStart: number | null;
    readonly cells: readonly SharedCell[];
  };
  /** Says where the running code stands: fences are put in by lines. */
  readonly siteOf: () => string | null;
  /** Edits that the run was found with. */
  readonly barriers?: readonly BarrierEdit[];
  /** States that all searches together may look at. Default 800,000: some seconds. */
  readonly maxStates?: number;
}

const DEFAULT_STATES = 800_000;
/** Of those, for one search at most. */
const SHARE = 0.3;
const MOST_ALTERNATIVES = 4;
/** Has an explanation of its own. */
const DATA_RACE = 'no-data-race';
/** Weaker than seq_cst, the weakest first. */
const WEAKER: readonly BarrierOrder[] = ['release', 'acquire', 'acq_rel'];

/** Null: there is nothing to explain, as the run is one of `sc`, or a data race. */
export function explainDifference(system: System, options: DifferenceOptions): Difference | null {
  const { memory, violation } = options;
  if (memory === 'sc' || violation.property === DATA_RACE) return null;
  return new Explanation(system, options).result();
}

/** How good some fences are, the best first; `untried`: the bound was met before anything was found out. */
type Effect = 'proved' | 'run' | 'unknown' | 'untried' | 'none';

class Explanation {
  readonly #system: System;
  readonly #options: DifferenceOptions;
  readonly #limits: string[] = [];
  readonly #most: number;
  #left: number;
  readonly #known = new Map<string, Effect>();
  #made: Made | null = null;
  /** The whole scenario was not exhausted within its share of the states. */
  #isTooLarge = false;

  constructor(system: System, options: DifferenceOptions) {
    this.#system = system;
    this.#options = options;
    this.#left = options.maxStates ?? DEFAULT_STATES;
    this.#most = Math.ceil(this.#left * SHARE);
  }

  result(): Difference {
    const { memory } = this.#options;
    const none = { delayed: [], stale: [], placed: [], remedy: null };
    const underSc = this.#underSc();
    if (underSc === 'violated') return { memory, underSc, ...none, limits: this.#limits };
    const order = runOrder(this.#system, { ...this.#run(), schedule: this.#options.violation.schedule });
    for (const name of order.unclear) this.#limits.push(`who read which value of ${name} is not known`);
    if (order.tooLong) this.#limits.push('the run is too long to be looked through');
    const [first] = order.cycles;
    if (first === undefined) {
      if (!order.tooLong)
        this.#limits.push('the accesses of this run are also possible under sc, as far as they are known');
      return { memory, underSc, ...none, limits: this.#limits };
    }
    const { cycle, remedy } = this.#remedied(order);
    return { memory, underSc, ...anomalies(cycle ?? first, order), remedy, limits: this.#limits };
  }

  #run() {
    const { memory, violation, siteOf, barriers = [] } = this.#options;
    const { property, cells } = violation;
    return { memory, property, cells, siteOf, ...this.#barriers(barriers) };
  }

  #barriers(edits: readonly BarrierEdit[]): { readonly barriers?: BarrierOptions } {
    return edits.length === 0 ? {} : { barriers: { edits, siteOf: this.#options.siteOf, mayMiss: true } };
  }

  // --- Trying ------------------------------------------------------------------------------------------------------

  #underSc(): Difference['underSc'] {
    const { violation, barriers = [] } = this.#options;
    return this.#checked('sc', violation.property, barriers);
  }

  #checked(
    memory: MemoryModelName,
    property: string,
    edits: readonly BarrierEdit[],
  ): 'holds' | 'violated' | 'unknown' {
    const maxStates = Math.min(this.#left, this.#most);
    if (maxStates <= 0) return 'unknown';
    try {
      const { verdict, states } = check(this.#system, {
        memory,
        properties: [property],
        first: true,
        maxStates,
        verify: false,
        ...this.#barriers(edits),
      });
      this.#left -= states;
      if (verdict === 'proved') return 'holds';
      return verdict === 'violated' ? 'violated' : 'unknown';
    } catch (error) {
      if (error instanceof TargetError) return 'unknown';
      throw error;
    }
  }

  /** What these fences do. */
  #effect(places: readonly FencePlace[]): Effect {
    const edits = places.map(({ edit }) => edit);
    const key = JSON.stringify(edits);
    let effect = this.#known.get(key);
    if (effect === undefined) {
      effect = this.#tried(edits);
      this.#known.set(key, effect);
      const bound = 'not everything was tried to the end: the bound on states was met';
      if (effect === 'untried' && !this.#limits.includes(bound)) this.#limits.push(bound);
    }
    return effect;
  }

  #tried(more: readonly BarrierEdit[]): Effect {
    const { memory, violation, barriers = [] } = this.#options;
    if (this.#left <= 0) return 'untried';
    const edits = [...barriers, ...more];
    const { property, cells, schedule } = violation;
    this.#made ??= madeIn(this.#system, { ...this.#run(), schedule });
    const maxStates = Math.min(this.#left, this.#most);
    const same = { memory, property, cells, maxStates, ...this.#barriers(edits) };
    const { possible, states } = canHappen(this.#system, this.#made, same);
    this.#left -= states;
    if (possible === true) return 'none';
    // With other fences the scenario will hardly be smaller: what is left is better spent on the run.
    if (this.#isTooLarge) return possible === null ? 'untried' : 'unknown';
    switch (this.#checked(memory, property, edits)) {
      case 'holds':
        return 'proved';
      case 'violated':
        return possible === null ? 'untried' : 'run';
      case 'unknown':
        this.#isTooLarge = true;
        return possible === null ? 'untried' : 'unknown';
    }
  }

  // --- Fences ------------------------------------------------------------------------------------------------------

  /** The first cycle whose fences prove the property; else the first whose fences forbid the run. */
  #remedied(order: RunOrder): { readonly cycle: Cycle | null; readonly remedy: Remedy | null } {
    let second: {
      readonly cycle: Cycle;
      readonly chosen: readonly Chosen[];
      readonly effect: Effect;
    } | null = null;
    for (const cycle of order.cycles) {
      const chosen = this.#strongest(cycle, order);
      if (chosen === null) continue;
      const effect = this.#effect(chosen.map(({ place }) => place));
      if (effect === 'none' || effect === 'untried') continue;
      if (second === null || effect === 'proved') second = { cycle, chosen, effect };
      if (effect === 'proved') break;
    }
    if (second === null) return { cycle: null, remedy: null };
    const { cycle, chosen, effect } = second;
    return { cycle, remedy: this.#reduced(chosen, effect) };
  }

  /** A seq_cst fence for each two accesses of the cycle that a core makes one after the other; null: there is no place. */
  #strongest(cycle: Cycle, order: RunOrder): readonly Chosen[] | null {
    const chosen: Chosen[] = [];
    for (const edge of cycle.program) {
      const places = placesBetween(edge, order);
      const last = places[places.length - 1];
      if (last === undefined) return null;
      // The same code on two cores needs its fence once.
      if (!chosen.some(({ place }) => isSamePlace(place.edit, last.edit)))
        chosen.push({ place: last, places });
    }
    return chosen;
  }

  /** Leaves out fences that are not needed, and weakens the others as far as it goes. */
  #reduced(all: readonly Chosen[], effect: Effect): Remedy | null {
    let chosen = all.map((one) => ({ ...one, tooWeak: [] as BarrierOrder[] }));
    if (effect === 'none' || effect === 'untried') return null;
    const isAsGood = (places: readonly FencePlace[]): boolean => this.#effect(places) === effect;
    const isWorse = (places: readonly FencePlace[]): boolean => {
      const other = this.#effect(places);
      return other === 'none' || (other === 'run' && effect === 'proved');
    };
    for (const one of [...chosen]) {
      const rest = chosen.filter((other) => other !== one);
      if (rest.length > 0 && isAsGood(rest.map(({ place }) => place))) chosen = rest;
    }
    for (const [i, one] of chosen.entries()) {
      let least: FencePlace | null = null;
      for (const order of WEAKER) {
        if (least !== null && order === 'acq_rel') break;
        const place = withOrder(one.place, order);
        const places = chosen.map((other, j) => (j === i ? place : other.place));
        if (isAsGood(places)) least ??= place;
        else if (isWorse(places)) one.tooWeak.push(order);
      }
      if (least !== null) chosen[i] = { ...one, place: least };
    }
    const fences = chosen.map(({ place, places, tooWeak }, i): FenceAdvice => {
      const others = places
        .map((other) => withOrder(other, place.edit.order))
        .filter((other) => !isSamePlace(other.edit, place.edit))
        .slice(-MOST_ALTERNATIVES);
      const alternatives = others.filter((other) =>
        isAsGood(chosen.map((one, j) => (j === i ? other : one.place))),
      );
      return { ...place, tooWeak, alternatives };
    });
    return { fences, effect };
  }
}

interface Chosen {
  readonly place: FencePlace;
  /** All places between the two accesses. */
  readonly places: readonly FencePlace[];
}

function withOrder(place: FencePlace, order: BarrierOrder): FencePlace {
  return { ...place, edit: { ...place.edit, order } };
}

function isSamePlace(a: BarrierEdit, b: BarrierEdit): boolean {
  return a.site === b.site && a.kind === b.kind && a.operation === b.operation;
}

/** Between each two accesses that follow each other, from the first of the edge to the second; each place once. */
function placesBetween({ first, second }: ProgramEdge, { events }: RunOrder): readonly FencePlace[] {
  const between = events.filter(
    ({ core, place }) => core === first.core && place >= first.place && place <= second.place,
  );
  const places: FencePlace[] = [];
  for (const [i, event] of between.entries()) {
    const before = between[i - 1];
    const kind = editKind(event.taken.access);
    const { site } = event.taken;
    if (before === undefined || kind === null || site === null) continue;
    const edit: BarrierEdit = {
      site,
      kind,
      operation: operationOf(event),
      edit: 'fence-before',
      order: 'seq_cst',
    };
    if (!places.some((known) => isSamePlace(known.edit, edit)))
      places.push({ edit, after: accessOf(before), before: accessOf(event) });
  }
  return places;
}

function editKind(access: string): SteppedKind | null {
  switch (access) {
    case 'load':
    case 'store':
    case 'rmw':
    case 'cas':
    case 'read':
    case 'write':
      return access;
    case 'ring':
    case 'clear':
      return 'action';
    default:
      return null;
  }
}

// --- Anomalies -------------------------------------------------------------------------------------------------------

/** What happened in another order than it was made in. */
function anomalies(
  { program, communication }: Cycle,
  { events }: RunOrder,
): Pick<Difference, 'delayed' | 'stale' | 'placed'> {
  const delayed = program
    .filter(({ first, second }) => first.visible > second.visible)
    .map(({ first, second }): DelayedStore => {
      const until = Number.isFinite(first.visible) ? first.visible : null;
      return { store: accessOf(first), until, past: accessOf(second), pastAt: second.visible };
    });
  const backwards = communication.filter(({ first, second }) => second.step < first.step);
  const stale = backwards.flatMap(({ kind, first, second }): StaleLoad[] => {
    if (kind !== 'fr') return [];
    const from = events[first.from ?? -1];
    return [
      { load: accessOf(first), from: from === undefined ? null : accessOf(from), missed: accessOf(second) },
    ];
  });
  const placed = backwards.flatMap(({ kind, first, second }): PlacedStore[] =>
    kind === 'co' && second.visible < first.visible
      ? [{ store: accessOf(first), before: accessOf(second) }]
      : [],
  );
  return { delayed, stale, placed };
}

function operationOf({ taken: { operations } }: RunEvent): string | null {
  return operations[operations.length - 1] ?? null;
}

function accessOf(event: RunEvent): RunAccess {
  const { who, access, location, value, site } = event.taken;
  return { step: event.step, agent: who, access, location, value, site, operation: operationOf(event) };
}
