/**
 * What no view machine can show: load buffering. There a load never sees a store that comes after it in program order, so
 * a barrier whose only work is to keep a load before a later store looks superfluous. Here such barriers are found on the
 * program alone: walked along every agent's positions, is there a load and a later store to another location that lose
 * their last barrier between them when this one goes?
 *
 * Only loads of what another core stores count, and stores of what another core loads: nobody else could tell.
 * Dependencies (a store whose address, value or execution comes from the load) are not looked at: hardware keeps these in
 * order, compilers need not. So this may call a barrier undecided that is superfluous in the end, never the other way
 * round, as long as all accesses are made by the same agent: what a handler does for its task is not followed.
 */
import { CAS, CLEAR, FENCE, LOAD, READ, RING, RMW, STORE, WRITE } from '../access.ts';
import type { Machine } from '../machine.ts';
import { acquires, type BarrierKind, type BarrierOrder, releases } from './edits.ts';
import { keyOf } from './survey.ts';

/** A load that a later store of the same agent could overtake. */
export interface LoadStorePair {
  /** Where they stand. */
  readonly load: string;
  readonly store: string;
}

/** How strong a barrier is taken to be; by key of its place, see `keyOf`. Those not named are as the code has them. */
export type Strengths = ReadonlyMap<string, BarrierOrder>;

/** What the access at a position means for loads before it and stores after it. */
interface Step {
  /** Number of the load, from 0; -1: it is none. Of the store, likewise. */
  readonly load: number;
  readonly store: number;
  /** Cell loaded or stored, or -1 (a doorbell). */
  readonly cell: number;
  /** The barrier that it is, with its own order; null: nothing that orders. */
  readonly barrier: { readonly key: string; readonly order: BarrierOrder; readonly isFence: boolean } | null;
}

const KIND_OF: Readonly<Record<number, BarrierKind>> = {
  [LOAD]: 'load',
  [STORE]: 'store',
  [RMW]: 'rmw',
  [CAS]: 'cas',
  [FENCE]: 'fence',
};

const LOADING: ReadonlySet<number> = new Set([LOAD, READ, RMW, CAS]);
const STORING: ReadonlySet<number> = new Set([STORE, WRITE, RMW, CAS]);

/** Which cores load and store each cell, in all that was explored. */
class Reach {
  readonly #loaders = new Map<number, Set<number>>();
  readonly #storers = new Map<number, Set<number>>();

  constructor({ positions, accesses, cores }: Machine) {
    for (let position = 0; position < positions.size; position++) {
      const { kind, cell } = accesses.get(positions.access[position] as number);
      const core = cores[positions.record(position).root.agent] as number;
      if (LOADING.has(kind)) addTo(this.#loaders, cell, core);
      if (STORING.has(kind)) addTo(this.#storers, cell, core);
    }
  }

  loadedByOther(cell: number, core: number): boolean {
    return [...(this.#loaders.get(cell) ?? [])].some((other) => other !== core);
  }

  storedByOther(cell: number, core: number): boolean {
    return [...(this.#storers.get(cell) ?? [])].some((other) => other !== core);
  }
}

function addTo(sets: Map<number, Set<number>>, key: number, value: number): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([value]));
  else known.add(value);
}

export class LoadStoreOrder {
  readonly #steps: readonly Step[];
  readonly #next: readonly (readonly number[])[];
  /** Per load: its site and its cell. Per store: its site. */
  readonly #loads: { readonly site: string; readonly cell: number }[] = [];
  readonly #stores: string[] = [];

  /** Of a machine whose tables a search has filled, with sites. */
  constructor(machine: Machine) {
    const { positions, accesses } = machine;
    const loads = new Map<string, number>();
    const stores = new Map<string, number>();
    const reach = new Reach(machine);
    const steps: Step[] = [];
    const next: (readonly number[])[] = [];
    for (let position = 0; position < positions.size; position++) {
      const id = positions.access[position] as number;
      const { kind, cell, order } = accesses.get(id);
      const { site, root } = positions.record(position);
      const core = machine.cores[root.agent] as number;
      const isShared = accesses.local[id] !== 1;
      const place = site ?? '?';
      const isLoad = isShared && LOADING.has(kind) && reach.storedByOther(cell, core);
      const isStore = isShared && STORING.has(kind) && reach.loadedByOther(cell, core);
      const isDevice = kind === RING || kind === CLEAR;
      const barrierKind = KIND_OF[kind];
      const isBarrier = barrierKind !== undefined && isShared && order !== 'plain' && order !== 'relaxed';
      steps.push({
        load: isLoad ? number(loads, `${place} ${cell}`, () => this.#loads.push({ site: place, cell })) : -1,
        store: isStore || isDevice ? number(stores, place, () => this.#stores.push(place)) : -1,
        cell,
        barrier: isBarrier
          ? {
              key: keyOf({ site: place, kind: barrierKind }),
              // The table's orders are those that the port was given.
              order: order as BarrierOrder,
              isFence: kind === FENCE,
            }
          : null,
      });
      next.push(positions.successors(position));
    }
    this.#steps = steps;
    this.#next = next;
  }

  /** Pairs that nothing keeps in order with these strengths, though the code as it is does. */
  lost(strengths: Strengths): readonly LoadStorePair[] {
    this.#asWritten ??= this.#unordered(new Map());
    const before = this.#asWritten;
    return [...this.#unordered(strengths)]
      .filter(([key]) => !before.has(key))
      .map(([, pair]) => pair)
      .sort((a, b) => (`${a.load} ${a.store}` < `${b.load} ${b.store}` ? -1 : 1));
  }

  #asWritten: ReadonlyMap<string, LoadStorePair> | undefined;

  /** Follows each load along the program until a barrier keeps it from what comes after. */
  #unordered(strengths: Strengths): Map<string, LoadStorePair> {
    const pairs = new Map<string, LoadStorePair>();
    /** Per position: the loads made before it, and not ordered since, as a set of bits. */
    const before: bigint[] = this.#steps.map(() => 0n);
    const work = this.#steps.map((_, position) => position);
    const waits = new Uint8Array(this.#steps.length).fill(1);
    for (let position = work.pop(); position !== undefined; position = work.pop()) {
      waits[position] = 0;
      const step = this.#steps[position] as Step;
      const after = this.#after(step, before[position] as bigint, strengths, pairs);
      for (const successor of this.#next[position] as readonly number[]) {
        const known = before[successor] as bigint;
        if ((known | after) === known) continue;
        before[successor] = known | after;
        if (waits[successor] === 1) continue;
        waits[successor] = 1;
        work.push(successor);
      }
    }
    return pairs;
  }

  #after(step: Step, before: bigint, strengths: Strengths, pairs: Map<string, LoadStorePair>): bigint {
    const { load, store, cell, barrier } = step;
    const order = barrier === null ? 'relaxed' : strengthOf(barrier, strengths);
    // Each kind of fence keeps earlier loads before later stores.
    if (barrier?.isFence === true) return order === 'none' || order === 'relaxed' ? before : 0n;
    if (store >= 0 && !releases(order)) {
      for (const [number, { site, cell: loaded }] of this.#loads.entries()) {
        if ((before & (1n << BigInt(number))) === 0n || loaded === cell) continue;
        const pair = { load: site, store: this.#stores[store] as string };
        pairs.set(`${pair.load} ${pair.store}`, pair);
      }
    }
    return load >= 0 && !acquires(order) ? before | (1n << BigInt(load)) : before;
  }
}

/** A fence that nobody named belongs to a seq_cst store on its line, and goes with that one's order. */
function strengthOf(
  { key, order }: { readonly key: string; readonly order: BarrierOrder },
  strengths: Strengths,
) {
  const given = strengths.get(key);
  if (given !== undefined) return given;
  const store = key.startsWith('fence ') ? strengths.get(`store ${key.slice('fence '.length)}`) : undefined;
  return store === undefined || store === 'seq_cst' ? order : 'none';
}

function number(numbers: Map<string, number>, key: string, add: () => void): number {
  let known = numbers.get(key);
  if (known === undefined) {
    known = numbers.size;
    numbers.set(key, known);
    add();
  }
  return known;
}
