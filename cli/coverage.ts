/** What the runs of one target have communicated, taken together, as plain data: table and JSON are made from it. */
import type { AccessSite, Communication, CommunicationPair } from '../checker/index.ts';
import type { PlannedRun } from './plan.ts';
import type { Judgement } from './runReport.ts';

/** A place in the code, whoever comes there. */
export interface CoveredSite {
  /** `impl/esp-amp/queue.ts:379`; null: it cannot be told. */
  readonly site: string | null;
  /** The innermost operation open there, or null. */
  readonly operation: string | null;
  /** `load`, `store`, `rmw`, `cas`, `read` or `write`. */
  readonly access: string;
}

/** A store and a load that were both seen to reach a location, by different agents. */
export interface CoveredPair {
  readonly store: CoveredSite;
  readonly load: CoveredSite;
  /** `cores`: of two cores. `core`: a task and a handler of one core, or two of either. */
  readonly between: 'cores' | 'core';
  /** Whether the load reads what the store put there, in some run. */
  readonly communicates: boolean;
  /** Classes of locations, such as `desc[i].flags`, through which they communicate; if they never do, could. */
  readonly locations: readonly string[];
  /** Scenarios and memory models in which they communicate; if they never do, in which both reach the location. */
  readonly scenarios: readonly string[];
  readonly memories: readonly string[];
}

/** One run of a coverage report. */
export interface CoverageRun extends Pick<Judgement, 'verdict' | 'asExpected' | 'message' | 'exitCode'> {
  readonly run: PlannedRun;
  readonly states: number;
  readonly transitions: number;
  readonly seconds: number;
  /** Null where nothing is known. */
  readonly communication: Communication | null;
}

/** Pairs of all runs, ordered by location, store and load. */
export function coveredPairs(runs: readonly CoverageRun[]): readonly CoveredPair[] {
  const pairs = new Map<string, Gathered>();
  for (const { run, communication } of runs) {
    for (const pair of communication?.pairs ?? []) gather(pairs, pair, run);
  }
  return [...pairs.values()]
    .map(({ store, load, between, seen, possible }) => {
      const communicates = seen.scenarios.size > 0;
      const { locations, scenarios, memories } = communicates ? seen : possible;
      return {
        store,
        load,
        between,
        communicates,
        locations: [...locations].sort(),
        scenarios: [...scenarios],
        memories: [...memories],
      };
    })
    .sort((a, b) => compare(keysOf(a), keysOf(b)));
}

interface Where {
  readonly locations: Set<string>;
  readonly scenarios: Set<string>;
  readonly memories: Set<string>;
}

interface Gathered extends Pick<CoveredPair, 'store' | 'load' | 'between'> {
  readonly seen: Where;
  readonly possible: Where;
}

function gather(
  pairs: Map<string, Gathered>,
  pair: CommunicationPair,
  { scenario, params }: PlannedRun,
): void {
  const store = siteOf(pair.store);
  const load = siteOf(pair.load);
  const between = pair.store.core === pair.load.core ? 'core' : 'cores';
  const key = JSON.stringify([store, load, between]);
  let known = pairs.get(key);
  if (known === undefined) {
    known = { store, load, between, seen: nowhere(), possible: nowhere() };
    pairs.set(key, known);
  }
  const add = (where: Where, names: readonly string[]): void => {
    if (names.length === 0) return;
    for (const name of names) where.locations.add(classOf(name));
    where.scenarios.add(scenario.name);
    where.memories.add(params.memory);
  };
  add(known.seen, pair.communicates);
  add(known.possible, pair.never);
}

function nowhere(): Where {
  return { locations: new Set(), scenarios: new Set(), memories: new Set() };
}

function siteOf({ site, operations, access }: AccessSite): CoveredSite {
  return { site, operation: operations[operations.length - 1] ?? null, access };
}

/** `desc[2].flags` as `desc[i].flags`; the bytes of a range stay as they are. */
function classOf(location: string): string {
  return location.replaceAll(/\[\d+\]/g, '[i]');
}

function keysOf({ locations, store, load, between }: CoveredPair): readonly string[] {
  return [locations.join(), ...sortableSite(store), ...sortableSite(load), between];
}

/** Lines as numbers of equal length, so that they are in order as text. */
function sortableSite({ site, operation, access }: CoveredSite): readonly string[] {
  return [(site ?? '').replace(/\d+$/, (line) => line.padStart(6, '0')), operation ?? '', access];
}

function compare(a: readonly string[], b: readonly string[]): number {
  const place = a.findIndex((text, i) => text !== b[i]);
  if (place < 0) return 0;
  return (a[place] ?? '') < (b[place] ?? '') ? -1 : 1;
}
