/** What the VirtIO scenarios are written as: a plan each, for both layouts, with what they have in common at hand. */
import type { MemoryModelName, Observation, Program, System, Witness } from '../../checker/index.ts';
import type { PlainData } from '../../memory/index.ts';
import type { ScenarioParams } from '../target.ts';
import type { Layout } from './layout.ts';
import type { Platform, PlatformOptions } from './platform.ts';
import { soundProperties } from './properties.ts';

/** What differs between the scenarios. */
export interface Plan {
  readonly name: string;
  readonly title: string;
  /** Layouts that it is for; both if not given. */
  readonly layout?: Layout['name'];
  /** Sizes checked when none are asked for; 1 and 2 if not given. */
  readonly sizes?: readonly number[];
  /** Largest size under each memory model, where exploring more takes too long. */
  readonly most: Readonly<Record<MemoryModelName, number>>;
  /** Other parameters that are out of its range, and why. */
  readonly refuse?: (params: ScenarioParams, layout: Layout) => string | null;
  readonly bounds?: (params: ScenarioParams, layout: Layout) => Readonly<Record<string, PlainData>>;
  /** Largest size at which the clauses of the specification are judged; 2 if not given. */
  readonly clausesTo?: number;
  /** Indices are as shipped: modulo 65,536. Default: the smallest modulus. */
  readonly shippedIndices?: boolean;
  system(params: ScenarioParams, tools: Tools): System;
}

/** What a plan builds its system with. */
export interface Tools {
  readonly layout: Layout;
  /** Of messages: they go round modulo this. */
  readonly tags: number;
  /** Of a segment, in bytes. */
  readonly length: number;
  /** Segments of the longest chain: no more than there are descriptors. */
  readonly longest: number;
  platform(more?: Partial<PlatformOptions>): Platform;
}

/** The two sides with their handlers, and all properties. */
export function assembled(
  platform: Platform,
  driver: Program,
  device: Program,
  witnesses: readonly Witness[],
  more: Partial<System> = {},
): System {
  const properties = soundProperties(platform);
  return platform.system(platform.agents(driver, device), { witnesses, properties, ...more });
}

type Arguments = Readonly<Record<string, PlainData>>;

/** An operation returned this. */
export function returned(name: string, operation: string, result: PlainData): Witness {
  return {
    name,
    reached: (seen) =>
      seen.kind === 'event' &&
      seen.event.kind === 'return' &&
      seen.event.operation === operation &&
      seen.event.result === result,
  };
}

/** An operation was called with arguments like these. */
export function called(name: string, operation: string, like: (args: Arguments) => boolean): Witness {
  return {
    name,
    reached: (seen: Observation) =>
      seen.kind === 'event' &&
      seen.event.kind === 'call' &&
      seen.event.operation === operation &&
      like(seen.event.args),
  };
}

/** An agent rested in a state like this. */
export function rested<S extends PlainData>(
  name: string,
  agent: string,
  like: (state: S) => boolean,
): Witness {
  return {
    name,
    // An agent rests in states of its own program only: of type S, as the plan that names both knows.
    reached: (seen) => seen.kind === 'rest' && seen.agent === agent && like(seen.state as S),
  };
}

/** A side slept, and was woken. */
export function woken(name: string, core: number): Witness {
  return {
    name,
    reached: (seen) =>
      seen.kind === 'event' &&
      seen.event.kind === 'return' &&
      seen.event.operation === 'wait' &&
      seen.event.core === core,
  };
}
