/**
 * Takes barriers away one at a time and looks whether a scenario breaks; then as many as possible at once. Every answer
 * is the checker's: `proved` on an exhausted space, or a counterexample. What was not exhausted is said to be unknown.
 */
import {
  type Barrier,
  type BarrierEdit,
  type BarrierOptions,
  type BarrierOrder,
  BarrierSurvey,
  type BreadthFirst,
  barrierKey,
  type CheckOptions,
  type CheckResult,
  LoadStoreOrder,
  type LoadStorePair,
  type MemoryModelName,
  type System,
  TargetError,
  type Violation,
  weakerOrders,
} from '../checker/index.ts';

/**
 * A system without the properties that claim nothing but that a barrier is there: they would call it needed whatever comes of
 * leaving it out. What a `Bench` explores should be such a system.
 */
export function withoutBarrierClaims(system: System): System {
  return { ...system, properties: system.properties.filter(({ barrier }) => barrier !== true) };
}

/** A scenario at one size, as the ledger's caller knows it. */
export interface LedgerRun {
  /** `in-order, 2 slots`. */
  readonly title: string;
}

/** What the ledger is made on. */
export interface Bench<R extends LedgerRun> {
  readonly memory: MemoryModelName;
  readonly runs: readonly R[];
  /** Says where the running code stands: barriers are told apart by it. */
  readonly siteOf: () => string | null;
  /**
   * Searches the run's system with these options to the end, or to a bound. `doing` says what it is about, for those who
   * wait. May throw what `startCheck` throws.
   */
  explore(run: R, options: CheckOptions, doing: string): Promise<BreadthFirst>;
  /** Asked between searches: whether to leave the rest undone. */
  stopped(): boolean;
  /** Called when a barrier has its verdict. */
  onVerdict?(): void;
}

/** A run as the code is: the ledger is made on those that are proved. */
export interface BaselineRun<R extends LedgerRun> {
  readonly run: R;
  /** Null: it could not even begin. */
  readonly result: CheckResult | null;
  /** Why it says nothing about barriers, or null: it is proved, and its witnesses were reached. */
  readonly problem: string | null;
}

export interface Baseline<R extends LedgerRun> {
  readonly runs: readonly BaselineRun<R>[];
  /** Met in the runs that are proved. */
  readonly barriers: readonly Barrier[];
  /** Runs that are proved, those with the fewest states first. */
  readonly proved: readonly ProvedRun<R>[];
}

interface ProvedRun<R extends LedgerRun> {
  readonly run: R;
  /** Places of the barriers met in it. */
  readonly met: ReadonlySet<string>;
  readonly states: number;
  readonly order: LoadStoreOrder;
}

/**
 * `needed`: without it a scenario breaks. `not-needed`: each scenario is proved without it. `undecided`: the same, but it
 * keeps a load before a later store, which only load buffering would exchange, and the memory model has none. `unknown`:
 * some search met a bound, and none a violation.
 */
export type BarrierVerdict = 'needed' | 'not-needed' | 'undecided' | 'unknown';

export interface BarrierEntry<R extends LedgerRun> {
  readonly barrier: Barrier;
  readonly verdict: BarrierVerdict;
  /**
   * Of a needed one: what breaks without it. The counterexample is a shortest one of its run. A data race stands here only if
   * nothing comes of it under this memory model.
   */
  readonly evidence: Evidence<R> | null;
  /** Of a needed one: the data race without it, if there is one. */
  readonly race: Evidence<R> | null;
  /**
   * Of a needed one: the weakest orderings with which, all others as they are, every scenario is proved, and no load loses
   * its place before a store. Null: not known.
   */
  readonly enough: readonly BarrierOrder[] | null;
  /** Of an undecided one: the loads and stores that it keeps in order, and nothing else does. */
  readonly pairs: readonly LoadStorePair[];
  /** Of an unknown one: which bound was met. */
  readonly why: string | null;
}

export interface Evidence<R extends LedgerRun> {
  readonly run: R;
  readonly edit: BarrierEdit;
  readonly violation: Violation;
}

/** Barriers that are enough together: every scenario is proved with them, and none can be weakened further. */
export interface MinimalSet {
  readonly kept: readonly { readonly barrier: Barrier; readonly order: BarrierOrder }[];
  readonly leftOut: readonly Barrier[];
  /** What makes the implementation so. */
  readonly edits: readonly BarrierEdit[];
  /** Weakenings that were not taken because a search met a bound: with more room the set might be smaller. */
  readonly notTried: readonly string[];
}

export interface ModelLedger<R extends LedgerRun> {
  readonly memory: MemoryModelName;
  readonly baseline: Baseline<R>;
  /** In the order of the baseline's barriers; fewer after an interruption. */
  readonly entries: readonly BarrierEntry<R>[];
  /** Null: interrupted before it was found. */
  readonly minimal: MinimalSet | null;
}

/** The orderings that barriers are to have, where that is not what the code asks for. */
type Weakening = ReadonlyMap<Barrier, BarrierOrder>;

type Answer<R> =
  | { readonly kind: 'proved' }
  | {
      readonly kind: 'violated';
      readonly run: R;
      readonly violation: Violation;
      /** It is a data race, and these are the other properties. */
      readonly others: readonly string[] | null;
    }
  | { readonly kind: 'unknown'; readonly why: string };

/** Runs everything as it is, and writes down which barriers there are. */
export async function surveyBarriers<R extends LedgerRun>(bench: Bench<R>): Promise<Baseline<R>> {
  const runs: BaselineRun<R>[] = [];
  const proved: ProvedRun<R>[] = [];
  const all = new BarrierSurvey();
  for (const run of bench.runs) {
    if (bench.stopped()) break;
    const survey = new BarrierSurvey();
    const { search, error } = await explored(bench, run, { edits: [], survey }, 'as it is');
    const result = search?.result() ?? null;
    const problem = result === null ? error : problemOf(result);
    runs.push({ run, result, problem });
    if (search === null || problem !== null) continue;
    const { barriers } = survey;
    for (const barrier of barriers) all.add(barrier);
    proved.push({
      run,
      met: new Set(barriers.map(barrierKey)),
      states: search.states,
      order: new LoadStoreOrder(search.machine),
    });
  }
  proved.sort((a, b) => a.states - b.states);
  return { runs, barriers: all.barriers, proved };
}

/** Judges every barrier of the baseline, and looks for a set that is minimal. */
export async function barrierLedger<R extends LedgerRun>(
  bench: Bench<R>,
  baseline: Baseline<R>,
): Promise<ModelLedger<R>> {
  const questions = new Questions(bench, baseline);
  const entries: BarrierEntry<R>[] = [];
  for (const barrier of baseline.barriers) {
    const entry = await questions.entryOf(barrier);
    if (entry === null) break;
    entries.push(entry);
    bench.onVerdict?.();
  }
  const complete = entries.length === baseline.barriers.length && baseline.proved.length > 0;
  const minimal = complete ? await questions.minimalSet(entries) : null;
  return { memory: bench.memory, baseline, entries, minimal };
}

class Questions<R extends LedgerRun> {
  readonly #bench: Bench<R>;
  readonly #baseline: Baseline<R>;

  constructor(bench: Bench<R>, baseline: Baseline<R>) {
    this.#bench = bench;
    this.#baseline = baseline;
  }

  /** Null: interrupted. */
  async entryOf(barrier: Barrier): Promise<BarrierEntry<R> | null> {
    const [none] = weakerOrders(barrier.kind, barrier.order);
    const nothing = { barrier, evidence: null, race: null, enough: null, pairs: [], why: null };
    // A survey notes only what is stronger than the weakest.
    if (none === undefined) throw new RangeError(`${barrierKey(barrier)} orders nothing`);
    const without: Weakening = new Map([[barrier, none]]);
    const answer = await this.#ask(without);
    if (answer === null) return null;
    switch (answer.kind) {
      case 'unknown':
        return { ...nothing, verdict: 'unknown', why: answer.why };
      case 'proved': {
        const pairs = this.#lost(without);
        return { ...nothing, verdict: pairs.length > 0 ? 'undecided' : 'not-needed', pairs };
      }
      case 'violated': {
        const { run, violation, others } = answer;
        const [edit] = editsOf(without);
        if (edit === undefined) throw new RangeError('a weakening without an edit');
        const first = { run, edit, violation };
        // What comes of a race says more than the race.
        const further = others === null ? null : await this.#ask(without, run, others);
        const evidence =
          further?.kind === 'violated' ? { run: further.run, edit, violation: further.violation } : first;
        const race = others === null ? null : first;
        const enough = await this.#enough(barrier, run);
        return { ...nothing, verdict: 'needed', evidence, race, enough };
      }
    }
  }

  /** The weakest orderings that do instead of the barrier's own. `first`: the run that is likely to break. */
  async #enough(barrier: Barrier, first: R): Promise<readonly BarrierOrder[] | null> {
    const enough: BarrierOrder[] = [];
    const [, ...candidates] = weakerOrders(barrier.kind, barrier.order);
    for (const order of candidates) {
      if (enough.some((weaker) => weakerOrders(barrier.kind, order).includes(weaker))) continue;
      const weakening = new Map([[barrier, order]]);
      if (this.#lost(weakening).length > 0) continue;
      const answer = await this.#ask(weakening, first);
      // Unknown, too: to name a stronger one as the weakest would be a guess.
      if (answer === null || answer.kind === 'unknown') return null;
      if (answer.kind === 'proved') enough.push(order);
    }
    return enough.length > 0 ? enough : [barrier.order];
  }

  /**
   * Leaves out what can be left out together, one after the other, and then weakens what is left. Since a weaker barrier
   * only adds runs, what cannot be weakened at its turn cannot be weakened later. Null: interrupted.
   */
  async minimalSet(entries: readonly BarrierEntry<R>[]): Promise<MinimalSet | null> {
    const weakening = new Map<Barrier, BarrierOrder>();
    const notTried: string[] = [];
    /** Takes the step if everything is proved after it. Null: interrupted. */
    const tries = async (barrier: Barrier, order: BarrierOrder): Promise<boolean | null> => {
      const tried = new Map(weakening).set(barrier, order);
      if (this.#lost(tried).length > 0) return false;
      const answer = await this.#ask(tried);
      if (answer === null) return null;
      if (answer.kind === 'unknown') notTried.push(`${barrierKey(barrier)} ${order}: ${answer.why}`);
      if (answer.kind === 'proved') weakening.set(barrier, order);
      return answer.kind === 'proved';
    };
    for (const { barrier, verdict } of entries) {
      const [none] = weakerOrders(barrier.kind, barrier.order);
      if (verdict === 'not-needed' && none !== undefined && (await tries(barrier, none)) === null)
        return null;
    }
    for (const { barrier, enough } of entries) {
      if (weakening.has(barrier)) continue;
      const [, ...candidates] = weakerOrders(barrier.kind, barrier.order);
      for (const order of candidates) {
        // Not enough when all others are at their strongest, so not enough now.
        if (enough !== null && !isAtLeast(barrier, order, enough)) continue;
        const taken = await tries(barrier, order);
        if (taken === null) return null;
        if (taken) break;
      }
    }
    const left = entries.map(({ barrier }) => ({ barrier, order: weakening.get(barrier) ?? barrier.order }));
    const isOut = ({ barrier, order }: (typeof left)[number]): boolean =>
      weakerOrders(barrier.kind, barrier.order)[0] === order;
    return {
      kept: left.filter((one) => !isOut(one)),
      leftOut: left.filter(isOut).map(({ barrier }) => barrier),
      edits: editsOf(weakening),
      notTried,
    };
  }

  /** Whether every run is proved with this weakening: those with few states first. Null: interrupted. */
  async #ask(weakening: Weakening, first?: R, properties?: readonly string[]): Promise<Answer<R> | null> {
    const edits = editsOf(weakening);
    const places = [...weakening.keys()].map(barrierKey);
    const runs = this.#baseline.proved;
    const ordered = [...runs.filter(({ run }) => run === first), ...runs.filter(({ run }) => run !== first)];
    let unknown: string | null = null;
    for (const { run, met } of ordered) {
      // Nothing of it is met there: it is the run that is proved already.
      if (!places.some((place) => met.has(place))) continue;
      if (this.#bench.stopped()) return null;
      const mayMiss = !places.every((place) => met.has(place));
      const doing = doingText(weakening);
      const { search, error } = await explored(this.#bench, run, { edits, mayMiss }, doing, properties);
      if (search === null) {
        unknown ??= error;
        continue;
      }
      const result = search.result();
      const [violation] = result.violations;
      if (violation !== undefined) {
        const asked = search.machine.system.properties;
        const isRace = asked.some(({ name, races }) => races === true && name === violation.property);
        const others = asked.filter(({ races }) => races !== true).map(({ name }) => name);
        return { kind: 'violated', run, violation, others: isRace ? others : null };
      }
      // Stopped in the middle of it.
      if (this.#bench.stopped()) return null;
      if (result.verdict !== 'proved') unknown ??= `${run.title}: ${problemOf(result)}`;
    }
    return unknown === null ? { kind: 'proved' } : { kind: 'unknown', why: unknown };
  }

  /** What only load buffering would show; other memory models than rc11 leave nothing of it out. */
  #lost(weakening: Weakening): readonly LoadStorePair[] {
    if (this.#bench.memory !== 'rc11') return [];
    const strengths = new Map([...weakening].map(([barrier, order]) => [barrierKey(barrier), order]));
    const pairs = new Map<string, LoadStorePair>();
    for (const { order } of this.#baseline.proved)
      for (const pair of order.lost(strengths)) pairs.set(`${pair.load} ${pair.store}`, pair);
    return [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
  }
}

async function explored<R extends LedgerRun>(
  { memory, siteOf, explore }: Bench<R>,
  run: R,
  barriers: Omit<BarrierOptions, 'siteOf'>,
  doing: string,
  properties?: readonly string[],
): Promise<{ readonly search: BreadthFirst | null; readonly error: string }> {
  try {
    const options: CheckOptions = {
      memory,
      first: true,
      barriers: { ...barriers, siteOf },
      ...(properties === undefined ? {} : { properties }),
    };
    return { search: await explore(run, options, doing), error: '' };
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    return { search: null, error: error.message };
  }
}

/** Why a result proves nothing; null: it does. */
function problemOf(result: CheckResult): string | null {
  switch (result.verdict) {
    case 'violated':
      return `violates ${result.violations.map(({ property }) => property).join(', ')}`;
    case 'error':
      return result.error?.message ?? 'it cannot be checked';
    case 'incomplete':
      return incompleteText(result);
    case 'proved': {
      const missed = result.witnesses.filter(({ reached }) => !reached).map(({ name }) => `"${name}"`);
      return missed.length === 0 ? null : `vacuous: never reached ${missed.join(', ')}`;
    }
  }
}

function incompleteText({ incomplete }: CheckResult): string {
  switch (incomplete?.kind) {
    case 'states':
      return `bound of ${incomplete.limit} states met`;
    case 'memory':
      return `bound of ${incomplete.limit} bytes met`;
    case 'buffer':
      return `store buffer depth ${incomplete.depth} reached`;
    case 'messages':
      return `message limit ${incomplete.limit} reached at ${incomplete.location}`;
    case 'stopped':
      return incomplete.why;
    case undefined:
      return 'not finished';
  }
}

function doingText(weakening: Weakening): string {
  const [last] = [...weakening].slice(-1);
  const text = last === undefined ? '' : `${barrierKey(last[0])} ${last[1]}`;
  return weakening.size > 1 ? `${weakening.size - 1} weakened, ${text}` : text;
}

function editsOf(weakening: Weakening): BarrierEdit[] {
  return [...weakening].map(([{ site, kind }, order]) => ({
    site,
    kind,
    operation: null,
    edit: 'weaken',
    order,
  }));
}

/** Whether an ordering is one of these, or stronger. */
function isAtLeast({ kind }: Barrier, order: BarrierOrder, these: readonly BarrierOrder[]): boolean {
  return these.some((one) => one === order || weakerOrders(kind, order).includes(one));
}
