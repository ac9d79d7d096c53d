/**
 * Fuzzing: runs along schedules that fast-check makes up, over the very steps that the exhaustive search explores,
 * and shrinking of what such a run finds. Reaches sizes that no search exhausts, and never proves anything.
 *
 * A schedule is encoded as small integers, one a step: 0 goes on with the same agent (in its first way), k > 0 takes the
 * k-th other step that is possible, counted round the agents from the current one, then round the store buffers, then
 * the handlers that could be entered. So smaller means fewer preemptions and fewer interrupts, which is what fast-check
 * shrinks towards.
 *
 * Odds. `uniform` takes each possible step with the same chance (to within 1/12 where there are more than four): a
 * bug that needs one certain order of k steps at a given point is missed with (1 - n^-k) a try, n being the number of
 * steps possible; long stretches without any preemption, as a full queue of many slots needs them, it practically never
 * makes. `pct` (Burckhardt, Kothari, Musuvathi, Nagarakatte: A randomized scheduler with probabilistic guarantees of
 * finding bugs, 2010) finds a bug that d ordering constraints make with a chance of at least 1 / (n * s^(d-1)) a run,
 * for n agents and store buffers and s steps. An agent that polls in vain, or waits in the midst of an operation, is put last there,
 * which that bound leaves out.
 * A store buffer counts as an agent. Nothing is said about goals that must stay reachable, but for deadlock: at its end
 * each run is explored a little further.
 */
import fc from 'fast-check';
import type { Property } from '../../properties/index.ts';
import type { CheckOptions } from '../check.ts';
import type { MemoryModelName } from '../memory/model.ts';
import type { BrokenProperty } from '../monitorBank.ts';
import type { System } from '../system.ts';
import { TargetError } from '../targetError.ts';
import type { CheckResult, ScheduleStep, Violation } from '../verdict.ts';
import { Walk } from '../walk.ts';
import { Runner } from './runner.ts';

export type FuzzStrategy = 'uniform' | 'pct';
export const fuzzStrategies: readonly FuzzStrategy[] = ['uniform', 'pct'];

export interface FuzzOptions extends Pick<CheckOptions, 'memory' | 'properties'> {
  /** Any 32-bit integer; the same one gives the same runs, however they are sliced. */
  readonly seed: number;
  /** How many schedules to run at most. */
  readonly runs: number;
  /** Steps of a run; default `defaultFuzzSteps`. */
  readonly maxSteps?: number;
  /** Default `uniform`. */
  readonly strategy?: FuzzStrategy;
  /** `pct`: ordering constraints, that is change points + 1, 1 or more. Default 3. */
  readonly depth?: number;
}

export interface FuzzResult {
  /** `incomplete` also when all runs were clean: they are a sample. */
  readonly verdict: 'violated' | 'incomplete' | 'error';
  readonly memory: MemoryModelName;
  readonly seed: number;
  readonly strategy: FuzzStrategy;
  /** Schedules run, of how many; steps taken by them, and at most by each. Shrinking is not counted. */
  readonly runs: number;
  readonly maxRuns: number;
  readonly steps: number;
  readonly maxSteps: number;
  /** Shrunk; and how long the schedule was that found it. */
  readonly violation: Violation | null;
  readonly foundLength: number | null;
  readonly error: CheckResult['error'];
  readonly witnesses: CheckResult['witnesses'];
}

/**
 * Steps of a run, unless told otherwise: about two laps of every queue (a message takes some 20 steps of both sides
 * together), and never fewer than 400.
 */
export function defaultFuzzSteps(system: System): number {
  return 400 + 40 * system.slots.length;
}

/** A fuzzing run that its owner drives slice by slice. @throws TargetError if the system cannot be set up. */
export function startFuzz(system: System, options: FuzzOptions): Fuzz {
  return new Fuzz(system, options);
}

/** States explored from the end of a run, to see whether anything can still succeed. */
const STUCK_STATES = 2000;
/** Decisions of the uniform strategy: twelve values each, which is fair among 1, 2, 3 or 4 steps; eight to an integer. */
const DECISIONS = 12;
const PACKED = 8;
/** Decisions among an agent's own ways that a `pct` run goes round. */
const OWN_DECISIONS = 1024;
/** Values of each: a multiple of 1 to 12, so fair among so many ways, and more than a choice may have. */
const OWN_VALUES = 27_720;

export class Fuzz {
  readonly #system: System;
  readonly #options: FuzzOptions;
  readonly #strategy: FuzzStrategy;
  readonly #maxSteps: number;
  readonly #runner: Runner;
  #runs = 0;
  #steps = 0;
  #done = false;
  #violation: Violation | null = null;
  #foundLength: number | null = null;
  #error: TargetError | null = null;

  constructor(system: System, options: FuzzOptions) {
    this.#system = system;
    this.#options = options;
    this.#strategy = options.strategy ?? 'uniform';
    this.#maxSteps = options.maxSteps ?? defaultFuzzSteps(system);
    this.#runner = new Runner(new Walk(system, { ...walkOptions(options), linear: true, looksFar: true }));
  }

  /** Schedules run so far. */
  get runs(): number {
    return this.#runs;
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Runs up to `count` more schedules; the last call also shrinks what was found. Returns whether it is over. */
  advance(count: number): boolean {
    try {
      for (let i = 0; i < count && !this.#done; i++) {
        if (this.#runs >= this.#options.runs) this.#done = true;
        else this.#run();
      }
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      this.#error = error;
      this.#done = true;
    }
    return this.#done || this.#runs >= this.#options.runs;
  }

  result(): FuzzResult {
    const { machine } = this.#runner.walk;
    return {
      verdict: this.#error !== null ? 'error' : this.#violation !== null ? 'violated' : 'incomplete',
      memory: machine.model.name,
      seed: this.#options.seed,
      strategy: this.#strategy,
      runs: this.#runs,
      maxRuns: this.#options.runs,
      steps: this.#steps,
      maxSteps: this.#maxSteps,
      violation: this.#violation,
      foundLength: this.#foundLength,
      error: this.#error === null ? null : { code: this.#error.code, message: this.#error.message },
      witnesses: this.#system.witnesses.map(({ name }) => ({
        name,
        reached: this.#runner.walk.witnesses.has(name),
      })),
    };
  }

  #run(): void {
    const seed = runSeed(this.#options.seed, this.#runs);
    const broken = this.#strategy === 'uniform' ? this.#uniform(seed) : this.#pct(seed);
    this.#runs++;
    this.#steps += this.#runner.walk.schedule.length;
    const first = broken[0] ?? this.#stuck();
    if (first === undefined) return;
    this.#done = true;
    const found = this.#runner.walk.schedule;
    this.#foundLength = found.length;
    const { memory } = this.#options;
    this.#violation = shrinkSchedule(this.#system, {
      ...(memory === undefined ? {} : { memory }),
      ...(this.#options.properties === undefined ? {} : { properties: this.#options.properties }),
      property: first.property,
      schedule: found,
      cells: this.#runner.walk.cells,
    }) ?? { ...first, schedule: found, cycleStart: null, cells: this.#runner.walk.cells };
  }

  /** What the end of a run says about what must go on. */
  #stuck(): BrokenProperty | undefined {
    for (const goal of endGoals) {
      const property = propertyOf(goal, this.#system, this.#options.properties);
      const message = property === null ? null : ended(goal, this.#runner.walk);
      if (property !== null && message !== null) return { property, message };
    }
    return undefined;
  }

  #uniform(seed: number): readonly BrokenProperty[] {
    const length = Math.ceil(this.#maxSteps / PACKED);
    const decisions = fc.array(fc.nat(DECISIONS ** PACKED - 1), {
      minLength: length,
      maxLength: length,
      size: 'max',
    });
    let broken: readonly BrokenProperty[] = [];
    withOne(fc.noBias(decisions), seed, (packed) => {
      broken = this.#runner.begin();
      for (let step = 0; step < this.#maxSteps && broken.length === 0; step++) {
        const ways = this.#runner.ways();
        if (ways === 0) break;
        const word = packed[Math.floor(step / PACKED)] as number;
        const digit = Math.floor(word / DECISIONS ** (step % PACKED)) % DECISIONS;
        // More ways than a digit has values (a large choice): all of the integer decides, differently at each step.
        broken = this.#runner.take(
          (ways <= DECISIONS ? digit : (word + Math.imul(step, 0x9e3779b1)) >>> 0) % ways,
        );
      }
    });
    return broken;
  }

  #pct(seed: number): readonly BrokenProperty[] {
    const { agents, cores } = this.#system;
    const everyone = Array.from({ length: agents.length + cores.length }, (_, who) => who);
    const changes = Math.max(0, (this.#options.depth ?? 3) - 1);
    const plan = fc.record({
      // First the one that runs whenever it can.
      order: fc.shuffledSubarray(everyone, { minLength: everyone.length }),
      changes: fc.array(fc.nat(this.#maxSteps - 1), { minLength: changes, maxLength: changes }),
      ways: fc.array(fc.nat(OWN_VALUES - 1), { minLength: OWN_DECISIONS, maxLength: OWN_DECISIONS }),
    });
    let broken: readonly BrokenProperty[] = [];
    withOne(fc.noBias(plan), seed, ({ order, changes, ways }) => {
      broken = this.#runner.runByPriority(order, new Set(changes), ways, this.#maxSteps);
    });
    return broken;
  }
}

// --- Shrinking -------------------------------------------------------------------------------------------------------

export interface ShrinkOptions extends Pick<CheckOptions, 'memory' | 'properties' | 'cells' | 'barriers'> {
  readonly property: string;
  /** Breaks the property. */
  readonly schedule: readonly ScheduleStep[];
  /** Called after each run. */
  readonly onProgress?: (progress: ShrinkProgress) => void;
  /** Steps that all runs together may take; default ten million. */
  readonly maxSteps?: number;
  /**
   * Says what the property makes of the state after a schedule that no step of it breaks, for goals; null: nothing wrong.
   * Default: a small exploration for `deadlock` and `lost-wakeup`, nothing for other goals.
   */
  readonly judge?: (walk: Walk) => string | null;
}

export interface ShrinkProgress {
  readonly runs: number;
  readonly length: number;
}

const STUCK = 'from here on no operation can ever succeed again, though there is work left';
const SHRINK_STEPS = 10_000_000;
/** Schedules up to this length are left to fast-check; longer ones are cut down first, which it would take long for. */
const FAST_CHECK_LENGTH = 400;
const LARGEST_CODE = 4095;

/**
 * A shorter schedule that breaks the same property, with fewer preemptions; a shortest one is not promised. Null if
 * the given schedule does not break it.
 */
export function shrinkSchedule(system: System, options: ShrinkOptions): Violation | null {
  return new Shrinker(system, options).run();
}

class Shrinker {
  readonly #options: ShrinkOptions;
  readonly #runner: Runner;
  readonly #judge: (walk: Walk) => string | null;
  #left: number;
  #runs = 0;
  #best: Violation | null = null;

  constructor(system: System, options: ShrinkOptions) {
    this.#options = options;
    this.#runner = new Runner(new Walk(system, { ...walkOptions(options), linear: true }));
    this.#left = options.maxSteps ?? SHRINK_STEPS;
    const goal = system.properties.find(({ name }) => name === options.property)?.goal;
    const own = endGoals.find((known) => known === goal);
    this.#judge = options.judge ?? ((walk) => (own === undefined ? null : ended(own, walk)));
  }

  run(): Violation | null {
    if (!this.#try(this.#options.schedule)) return null;
    this.#cutInterrupts();
    // Cutting and moving feed each other: until neither finds anything.
    for (let before = ''; before !== this.#key(); ) {
      before = this.#key();
      this.#cut();
      if (this.#length() <= FAST_CHECK_LENGTH) this.#shrinkCodes();
      this.#unsplit();
    }
    return this.#best;
  }

  #length(): number {
    return this.#best?.schedule.length ?? 0;
  }

  #key(): string {
    const schedule = this.#best?.schedule ?? [];
    return schedule.map(({ kind, who, choice }) => `${kind}${who}.${choice}`).join();
  }

  /** Follows the steps as far as they are possible. Keeps the run as the best one if it is better. */
  #try(steps: readonly ScheduleStep[]): boolean {
    let broken = this.#runner.begin();
    for (const step of steps) {
      if (broken.length > 0) break;
      if (this.#runner.walk.isEnabled(step)) broken = this.#runner.takeStep(step);
    }
    return this.#keep(broken);
  }

  #tryCodes(codes: readonly number[]): boolean {
    let broken = this.#runner.begin();
    for (const code of codes) {
      if (broken.length > 0) break;
      const ways = this.#runner.ways();
      if (ways === 0) break;
      broken = this.#runner.take(code % ways);
    }
    return this.#keep(broken);
  }

  /** Whether the run just made breaks the property. */
  #keep(broken: readonly BrokenProperty[]): boolean {
    const { walk } = this.#runner;
    const { property, onProgress } = this.#options;
    this.#left -= walk.schedule.length + 1;
    this.#runs++;
    const message =
      broken.find((found) => found.property === property)?.message ??
      (broken.length === 0 ? this.#judge(walk) : null);
    if (message !== null && this.#isBetter(walk.schedule)) {
      this.#best = { property, message, schedule: [...walk.schedule], cycleStart: null, cells: walk.cells };
    }
    onProgress?.({ runs: this.#runs, length: this.#length() });
    return message !== null;
  }

  #isBetter(schedule: readonly ScheduleStep[]): boolean {
    if (this.#best === null || schedule.length < this.#length()) return true;
    return schedule.length === this.#length() && switches(schedule) < switches(this.#best.schedule);
  }

  /** Leaves out whole runs of handlers: first all, then one by one. */
  #cutInterrupts(): void {
    const { handlers } = this.#runner.walk.machine;
    const schedule = this.#best?.schedule ?? [];
    this.#try(schedule.filter(({ kind, who }) => kind === 'drain' || !handlers.includes(who)));
    for (let from = this.#length() - 1; from >= 0 && this.#left > 0; from--) {
      const steps = this.#best?.schedule ?? [];
      const entered = steps[from];
      if (entered?.kind !== 'enter') continue;
      let again = steps.findIndex(({ kind, who }, i) => i > from && kind === 'enter' && who === entered.who);
      if (again < 0) again = steps.length;
      this.#try(
        steps.filter(({ kind, who }, i) => i < from || i >= again || kind === 'drain' || who !== entered.who),
      );
    }
  }

  /** Leaves out runs of steps, long ones first (Zeller's delta debugging). */
  #cut(): void {
    for (let size = Math.ceil(this.#length() / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let end = this.#length(); end > 0 && this.#left > 0; end -= size) {
        const schedule = this.#best?.schedule ?? [];
        const from = Math.max(0, end - size);
        this.#try([...schedule.slice(0, from), ...schedule.slice(end)]);
        end = Math.min(end, this.#length());
      }
    }
    // Single agents' steps stand between those of others: a turn of one is no run of steps.
    for (let size = Math.min(32, this.#length()); size >= 2 && this.#left > 0; size--) this.#cutTurns(size);
  }

  /** Leaves out `size` steps in a row of one agent, those of others between them staying. */
  #cutTurns(size: number): void {
    const agents = this.#runner.walk.system.agents.length;
    for (let who = 0; who < agents; who++) {
      for (let from = 0; this.#left > 0; from++) {
        const schedule = this.#best?.schedule ?? [];
        const own = schedule.flatMap((step, i) => (step.kind === 'step' && step.who === who ? [i] : []));
        if (from + size > own.length) break;
        const without = new Set(own.slice(from, from + size));
        this.#try(schedule.filter((_, i) => !without.has(i)));
      }
    }
  }

  #shrinkCodes(): void {
    const codes = this.#codes();
    const schedules = fc.array(fc.nat(LARGEST_CODE), { maxLength: codes.length, size: 'max' });
    fc.check(
      fc.property(schedules, (candidate) => this.#left <= 0 || !this.#tryCodes(candidate)),
      { examples: [[codes]], numRuns: 1, seed: 0 },
    );
  }

  #codes(): number[] {
    const codes: number[] = [];
    this.#runner.begin();
    for (const step of this.#best?.schedule ?? []) {
      codes.push(this.#runner.code(step));
      this.#runner.takeStep(step);
    }
    return codes;
  }

  /** Moves a stretch of one agent behind the next one, so that the two around it become one: fewer preemptions. */
  #unsplit(): void {
    for (let begin = 0; this.#left > 0; begin++) {
      const schedule = this.#best?.schedule ?? [];
      const stretches = stretchesOf(schedule);
      if (begin + 2 >= stretches.length) return;
      const [first, second, third] = [stretches[begin], stretches[begin + 1], stretches[begin + 2]];
      if (first === undefined || second === undefined || third === undefined) return;
      const before = stretches.slice(0, begin).flat();
      const after = stretches.slice(begin + 3).flat();
      this.#try([...before, ...first, ...third, ...second, ...after]);
      this.#try([...before, ...second, ...first, ...third, ...after]);
    }
  }
}

function stretchesOf(schedule: readonly ScheduleStep[]): ScheduleStep[][] {
  const stretches: ScheduleStep[][] = [];
  let last: ScheduleStep | null = null;
  for (const step of schedule) {
    if (last !== null && isSameActor(last, step)) stretches[stretches.length - 1]?.push(step);
    else stretches.push([step]);
    last = step;
  }
  return stretches;
}

/** How often the schedule goes from one agent, or core that drains, to another. */
function switches(schedule: readonly ScheduleStep[]): number {
  return Math.max(0, stretchesOf(schedule).length - 1);
}

function isSameActor(a: ScheduleStep, b: ScheduleStep): boolean {
  return a.kind === b.kind && a.who === b.who;
}

// --- Small parts -----------------------------------------------------------------------------------------------------

/** Runs the body with the one value that the seed makes. */
function withOne<T>(arbitrary: fc.Arbitrary<T>, seed: number, body: (value: T) => void): void {
  const details = fc.check(
    fc.property(arbitrary, (value) => body(value)),
    { seed, numRuns: 1, endOnFailure: true },
  );
  // The body says what it found by itself: what it throws is meant for the caller.
  if (details.failed) throw details.errorInstance;
}

/** Different runs of one seed get seeds far apart (a step of Murmur3's finalizer). */
function runSeed(seed: number, run: number): number {
  let mixed = (seed ^ Math.imul(run + 1, 0x9e3779b1)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}

/** Goals that the end of a run can say something about, the most telling first. */
const endGoals = ['awake', 'progress'] as const;

/** What is wrong if nothing can succeed any more after this run; null: nothing, as far as one can see. */
function ended(goal: (typeof endGoals)[number], walk: Walk): string | null {
  const asleep = goal === 'awake' ? walk.neglected() : STUCK;
  return asleep !== null && walk.isStuck(STUCK_STATES) === true ? asleep : null;
}

/** Name of the property with a goal, if it is checked. */
function propertyOf(
  goal: Property['goal'],
  system: System,
  only: readonly string[] | undefined,
): string | null {
  const found = system.properties.find(
    (property) => property.goal === goal && (only?.includes(property.name) ?? true),
  );
  return found?.name ?? null;
}

function walkOptions({
  memory,
  properties,
  cells,
  barriers,
}: Pick<CheckOptions, 'memory' | 'properties' | 'cells' | 'barriers'>): Pick<
  CheckOptions,
  'memory' | 'properties' | 'cells' | 'barriers'
> {
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(properties === undefined ? {} : { properties }),
    ...(cells === undefined ? {} : { cells }),
    ...(barriers === undefined ? {} : { barriers }),
  };
}
