/** Checks one system under one memory model: sets it up, finds its locations, and searches. */
import type { Property } from '../properties/index.ts';
import { BarrierEditor, type BarrierOptions } from './barriers/editedPort.ts';
import { CellMap, type SharedCell } from './cells.ts';
import { discover, setUp } from './discover.ts';
import { Machine } from './machine.ts';
import type { MemoryModelName } from './memory/model.ts';
import { RaceJudge, type Synchronizing } from './races/synchronizing.ts';
import { BreadthFirst } from './search/breadthFirst.ts';
import type { System } from './system.ts';
import type { CheckResult, ScheduleStep } from './verdict.ts';

export interface CheckOptions {
  /** Default `sc`. */
  readonly memory?: MemoryModelName;
  /** Names of the properties to check; default: all of the system's. */
  readonly properties?: readonly string[];
  /** Stop at the first violation. Default: go on, and report the shortest counterexample of each property. */
  readonly first?: boolean;
  /** Largest number of states; default: none. */
  readonly maxStates?: number;
  /** Largest number of bytes that the search may hold; looked at between slices. Default: none. */
  readonly maxBytes?: number;
  /**
   * Run every new transition twice, the second time on a fresh instance of the program, to expose state kept outside
   * the memories. Default true: it costs time only while the tables are filled.
   */
  readonly verify?: boolean;
  /** Merge locations that only one agent reaches into its position. Default true; false to compare. */
  readonly merge?: boolean;
  /** What an earlier search learned about the memory: see `Violation.cells`. Needed to begin `from` its schedule. */
  readonly cells?: readonly SharedCell[];
  /** Begin after these steps: explores only what can be reached from there. Default: from the first state. */
  readonly from?: readonly ScheduleStep[];
  /**
   * Find out which stores are read by whom (`CheckResult.communication`), by where the code stands, which this says.
   * Default: that is not asked, and costs nothing. Under store buffers a space has more states when it is.
   */
  readonly communication?: () => string | null;
  /** Fences left out, orderings weakened, fences put in; and barriers surveyed. Default: the code runs as it is. */
  readonly barriers?: BarrierOptions;
}

/** States expanded between two looks at the bounds. */
const SLICE = 1 << 16;
/** A second's work. */
const MOST_SCOUTED = 200_000;

/** Makes machines for a system: one whenever the search has to start anew, all sharing what was learned. */
export function machineFactory(
  system: System,
  options: CheckOptions,
  site?: () => string | null,
  /** Whether to look around for longer: for runs so long that each location found late would cost much. */
  looksFar = false,
): {
  /** In which all that synchronizes counts. */
  readonly build: (linear?: boolean) => Machine;
  /** For a search: in which that counts which it has needed so far. */
  readonly buildSparing: () => Machine;
  /** Learns for all of these machines what an exploration under sc shows. */
  readonly scout: () => void;
  readonly races: RaceJudge;
  readonly properties: readonly Property[];
  /** Undefined: the code runs as it is. */
  readonly barriers: BarrierEditor | undefined;
} {
  const memory = options.memory ?? 'sc';
  // Who leaves barriers out asks what comes of it: that one is missing is no news.
  const edited = (options.barriers?.edits ?? []).length > 0;
  const properties = system.properties.filter(
    (property) =>
      (options.properties?.includes(property.name) ?? true) && !(edited && property.barrier === true),
  );
  const image = setUp(system);
  const cells = new CellMap({
    sharedBytes: system.sharedBytes,
    localBytes: system.localBytes,
    cores: system.cores.length,
    names: system.names,
    mixedSizes: memory === 'sc',
    watched: system.slots,
    merge: options.merge ?? true,
    coreOf: system.agents.map(({ core }) => core),
    tracksUses: memory === 'rc11' || properties.some(({ races }) => races === true),
  });
  discover(system, image, cells);
  if (looksFar) discover(system, image, cells, 4 * system.slots.length);
  cells.share(options.cells ?? []);
  const verify = options.verify ?? true;
  const barriers = options.barriers === undefined ? undefined : new BarrierEditor(options.barriers);
  const make = (synchronizing: Synchronizing | null, linear = false, model = memory): Machine =>
    new Machine({
      system,
      memory: model,
      properties: model === memory ? properties : properties.filter((property) => property.races === true),
      cells,
      image,
      verify,
      barriers,
      ...(site === undefined ? {} : { site }),
      origins: options.communication !== undefined,
      synchronizing,
      linear,
    });
  const races = new RaceJudge(make);
  return {
    build: (linear) => make(null, linear),
    buildSparing: () => make(races.counted),
    scout: () => {
      if (memory !== 'sc') scout((counted) => make(counted, false, 'sc'), races.counted, properties);
    },
    races,
    properties,
    barriers,
  };
}

/**
 * Every run under sc is one under the other models, too; and there are far fewer of them. So what several agents reach, and
 * what synchronizes, is learned here in moments, where a search under another model would begin anew each time it
 * finds something of it, after millions of states.
 */
function scout(
  build: (counted: Synchronizing | null) => Machine,
  counted: Synchronizing,
  properties: readonly Property[],
): void {
  const races = new RaceJudge(build, counted);
  const search = new BreadthFirst({
    build: () => build(counted),
    judgeRace: (schedule) => races.judge(schedule),
    properties: properties.filter((property) => property.races === true),
    first: false,
    maxStates: MOST_SCOUTED,
    maxBytes: Number.POSITIVE_INFINITY,
    from: [],
    communication: false,
  });
  // What cannot be checked at all is for the search itself to say.
  while (!search.advance(SLICE));
}

/**
 * A search that its owner drives slice by slice. @throws TargetError if the system cannot be set up, RangeError for barrier
 * edits that mean nothing.
 */
export function startCheck(system: System, options: CheckOptions = {}): BreadthFirst {
  const { communication, barriers: asked } = options;
  // Whoever surveys barriers looks at the positions, too, and has to know where they stand.
  const site = communication ?? (asked?.survey === undefined ? undefined : asked.siteOf);
  const { buildSparing, scout, races, properties, barriers } = machineFactory(system, options, site);
  return new BreadthFirst({
    build: buildSparing,
    judgeRace: (schedule) => races.judge(schedule),
    properties,
    first: options.first ?? false,
    maxStates: options.maxStates ?? Number.POSITIVE_INFINITY,
    maxBytes: options.maxBytes ?? Number.POSITIVE_INFINITY,
    from: options.from ?? [],
    communication: communication !== undefined,
    barriersNotMet: () => barriers?.notMet() ?? [],
    scout,
  });
}

/**
 * Explores the system to the end, or to a bound, and says what was found. Never throws for a violation: that is a
 * result.
 *
 * @example
 * const result = check(target.system('in-order', { slots: 2 }), { memory: 'tso' });
 * expect(result.verdict).toBe('proved');
 */
export function check(system: System, options: CheckOptions = {}): CheckResult {
  const search = startCheck(system, options);
  while (!search.advance(SLICE)) {
    // Bounds are looked at inside, between slices.
  }
  return search.result();
}
