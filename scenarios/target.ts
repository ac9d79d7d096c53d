/** What a target is: an implementation with its scenarios and seeded defects, ready to be checked. */
import type { MemoryModelName, System } from '../checker/index.ts';
import type { PlainData } from '../memory/index.ts';

/** What a scenario is run with. */
export interface ScenarioParams {
  /** Slots of each queue. */
  readonly slots: number;
  readonly memory: MemoryModelName;
  /** Names of the defects seeded; none: the sound implementation. */
  readonly defects: readonly string[];
  /** For fuzzing: indices as shipped and messages of real size instead of the smallest ones. */
  readonly realistic?: boolean;
}

export interface Scenario {
  readonly name: string;
  /** What happens in it, in one line. */
  readonly title: string;
  /** Slots checked when none are asked for. */
  readonly defaultSlots: readonly number[];
  /** What more it is meant for; printed as not covered. */
  readonly moreSlots: readonly number[];
  /** Why these parameters are out of its range, or null. */
  refuse(params: ScenarioParams): string | null;
  /** Whether that is a run of millions of states, to be left out where it is to be quick. Default: never. */
  takesLong?(params: ScenarioParams): boolean;
  /** Whether that is a run for whoever wants a representative part only. Default: what does not take long. */
  isQuick?(params: ScenarioParams): boolean;
  /** What is expected: `proved`, or the properties violated. Without defects; a defect declares its own. */
  expected(params: ScenarioParams): Expectation;
  /** What is bounded in it, for the report: `{ messages: 3 }`; empty: nothing is. */
  bounds(params: ScenarioParams): Readonly<Record<string, PlainData>>;
  /** Modulus of the indices, or null where there is none. */
  indexModulus(params: ScenarioParams): number | null;
  system(params: ScenarioParams): System;
}

/** Null: nothing is declared. */
export type Expectation = 'proved' | readonly string[] | null;

/** A seeded bug: the checker is only as good as what it catches. */
export interface TargetDefect {
  readonly name: string;
  /** What is wrong, in one line. */
  readonly title: string;
  /** The scenario and the smallest size that shows it, and the property that names it. */
  readonly scenario: string;
  readonly slots: number;
  readonly memory: MemoryModelName;
  readonly property: string;
  /** Clauses that it breaks in the same run, beside `property`. Default: none. */
  readonly breaks?: readonly string[];
}

export interface Target {
  readonly name: string;
  readonly title: string;
  readonly scenarios: readonly Scenario[];
  readonly defects: readonly TargetDefect[];
  /** What is wrong with it as it is, nothing seeded: where each fault shows. Default: nothing. */
  readonly faults?: readonly TargetDefect[];
  readonly memories: readonly MemoryModelName[];
  /** Those that are checked when none is asked for; default: all. */
  readonly defaultMemories?: readonly MemoryModelName[];
  /** Names of the properties that its scenarios check. */
  readonly properties: readonly string[];
  /** Of clauses (properties that a specification makes) that none of its scenarios puts to the test: why. By property. */
  readonly notExercised?: Readonly<Record<string, string>>;
  /** What `vqcheck barriers` is made on when nothing is asked for; default: `in-order` and `any-order`, with 2 slots. */
  readonly barrierRuns?: readonly BarrierRunChoice[];
}

/** A scenario by its name, at one size: between them they have to need all barriers that the implementation needs. */
export interface BarrierRunChoice {
  readonly scenario: string;
  readonly slots: number;
}
