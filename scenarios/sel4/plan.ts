/** What the seL4 scenarios are written as: a plan each, with what they have in common at hand. */
import type {
  AgentSpec,
  MemoryModelName,
  Observation,
  Program,
  System,
  Witness,
} from '../../checker/index.ts';
import type { Sel4Classes } from '../../impl/index.ts';
import type { PlainData } from '../../memory/index.ts';
import type { ScenarioParams } from '../target.ts';
import { notificationHandler } from './agents.ts';
import { DEVICE_CORE, DRIVER_CORE, type Platform, type PlatformOptions } from './platform.ts';

/** What differs between the scenarios. */
export interface Plan {
  readonly name: string;
  readonly title: string;
  /** Lengths checked when none are asked for. */
  readonly lengths?: readonly number[];
  /** Largest length under each memory model, where exploring more takes too long. */
  readonly most: Readonly<Record<MemoryModelName, number>>;
  /** Other parameters that are out of its range, and why. */
  readonly refuse?: (params: ScenarioParams) => string | null;
  /** Whether it has more than a million states. */
  readonly takesLong?: (params: ScenarioParams) => boolean;
  readonly bounds?: (params: ScenarioParams) => Readonly<Record<string, PlainData>>;
  /** Modulus of the indices; the smallest one if not given. */
  readonly modulus?: (slots: number) => number;
  system(params: ScenarioParams, tools: Tools): System;
}

/** What a plan builds its system with. */
export interface Tools {
  readonly tags: number;
  /** Of a block, in bytes; and of a message that fits into one. */
  readonly blockBytes: number;
  readonly bytes: number;
  /** Blocks of the longest chain: no more than there are descriptors. */
  readonly pieces: number;
  platform(more?: Partial<PlatformOptions>): Platform;
  readonly classes: Sel4Classes;
  readonly title: string;
}

/** The two agents of a scenario without notifications. */
export function agents(driver: Program, device: Program): AgentSpec[] {
  return [
    { name: 'driver', core: DRIVER_CORE, program: driver, receives: [] },
    { name: 'device', core: DEVICE_CORE, program: device, receives: [0] },
  ];
}

/** The same, with the handler of each component's notification. */
export function notifiedAgents(platform: Platform, driver: Program, device: Program): AgentSpec[] {
  const handler = (name: string, core: number): AgentSpec => ({
    name,
    core,
    program: notificationHandler(platform, core),
    interrupt: { line: core },
    receives: [],
  });
  return [...agents(driver, device), handler('driver isr', DRIVER_CORE), handler('device isr', DEVICE_CORE)];
}

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

/** An operation was called with an argument like this. */
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

type Arguments = Readonly<Record<string, PlainData>>;

export const noBlock = returned('pool exhausted', 'buffer_alloc', -1);
export const noDescriptor = returned('no descriptor left', 'driver_send_buffer', -1);
export const empty = returned('queue empty', 'get_available_buf', 0);

/** The driver has begun the second lap of the rings. */
export function secondLap(slots: number): Witness {
  return rested<{ readonly tag: number }>('ring wrapped', 'driver', ({ tag }) => tag >= slots);
}

/** A chain of so many blocks was sent. */
export function chainOf(pieces: number, blockBytes: number): Witness {
  return called(
    `chain of ${pieces} sent`,
    'driver_scatter_send_buffer',
    ({ size }) => Math.ceil(Number(size) / blockBytes) === pieces,
  );
}

/** A component waited for a signal, and went on with it. */
export function woken(name: string, core: number): Witness {
  return {
    name,
    reached: (seen) =>
      seen.kind === 'event' &&
      seen.event.kind === 'return' &&
      seen.event.operation === 'seL4_Wait' &&
      seen.event.core === core,
  };
}

/** An interrupt of a component: it was signalled while it slept, or before. */
export const interrupted: Witness = {
  name: 'interrupt taken',
  reached: (seen) => seen.kind === 'event' && seen.event.kind === 'enter',
};
