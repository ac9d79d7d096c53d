/** What the ESP-AMP scenarios are written as: a plan each, with what they have in common at hand. */
import type { AgentSpec, MemoryModelName, Program, System, Witness } from '../../checker/index.ts';
import type { PlainData } from '../../memory/index.ts';
import type { Expectation, ScenarioParams } from '../target.ts';
import type { RemoteSlip } from './agents.ts';
import type { InterruptSlip } from './interruptAgents.ts';
import { MASTER_CORE, type Platform, type PlatformOptions, REMOTE_CORE } from './platform.ts';
import { rested, returned } from './witnesses.ts';

/** What differs between the scenarios. */
export interface Plan {
  readonly name: string;
  readonly title: string;
  /** It has one size, and why. */
  readonly only?: { readonly slots: number; readonly because: string };
  /** Sizes checked when none are asked for; default 1, 2 and 4. */
  readonly defaultSlots?: readonly number[];
  readonly moreSlots?: readonly number[];
  /** Largest number of slots under each memory model, where exploring more takes too long. */
  readonly most?: Partial<Readonly<Record<MemoryModelName, number>>>;
  /** Whether it has several millions of states. */
  readonly takesLong?: (params: ScenarioParams) => boolean;
  readonly bounds?: (params: ScenarioParams) => Readonly<Record<string, PlainData>>;
  readonly modulus?: (slots: number) => number;
  /** Without any defect; `proved` if not given. */
  readonly expected?: (params: ScenarioParams) => Expectation;
  system(params: ScenarioParams, tools: Tools): System;
}

/** What a plan builds its system with. */
export interface Tools {
  readonly slip: RemoteSlip | undefined;
  readonly interruptSlip: InterruptSlip | undefined;
  readonly tags: number;
  platform(more?: Partial<PlatformOptions>): Platform;
  length(tag: number): number;
  readonly title: string;
}

/** Indices as shipped: 16 bits. */
export const FULL_MODULUS = 65_536;

export const full = returned('queue full', 'alloc_try', 'NOT_FOUND');
export const empty = returned('queue empty', 'recv_try', 'NOT_FOUND');

export function secondLap(slots: number): Witness {
  return rested<{ readonly tag: number }>('ring wrapped', 'master', ({ tag }) => tag >= slots);
}

/** The two agents of a scenario in which one side sends and the other receives. */
export function agents(master: Program, remote: Program): AgentSpec[] {
  return [
    { name: 'master', core: MASTER_CORE, program: master, receives: [] },
    { name: 'remote', core: REMOTE_CORE, program: remote, receives: [0] },
  ];
}
