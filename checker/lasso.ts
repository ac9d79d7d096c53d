/**
 * Whether a run without end is what a property forbids: asked about a schedule whose last part goes round for ever, or
 * after which nothing happens any more. Search finds such runs on its graph (`search/judge.ts`); here one of them is
 * walked again, and every claim about it looked at anew.
 */
import type { Goal } from '../properties/index.ts';
import type { Machine } from './machine.ts';
import { BROKEN } from './machine.ts';
import { PROGRESS } from './position.ts';
import { processesOf } from './search/processes.ts';
import { NO_PROCESS } from './search/stateGraph.ts';
import { membersOf, neglected, sleepingCores } from './sleep.ts';
import type { System } from './system.ts';
import type { ScheduleStep, Violation } from './verdict.ts';
import type { Walk } from './walk.ts';

/** What a run without end turns out to be. */
export type LassoJudgement =
  /** A counterexample of the property. */
  | { readonly kind: 'shown'; readonly message: string }
  /** No run at all: a step is not possible or breaks a property, or the last one does not lead back. */
  | { readonly kind: 'no-lasso'; readonly why: string }
  /** A run without end, but it neglects somebody who could go on, or what the property forbids is not so. */
  | { readonly kind: 'harmless'; readonly why: string };

/** States explored to see that progress is possible at all: if not, it is no livelock but a deadlock. */
const PROGRESS_STATES = 100_000;

export const LIVELOCK =
  'the agents go round without end: no operation succeeds, though one could, and there is work left';

/** What a message is told that nobody receives, though somebody is awake. */
export function unreceivedMessage(slot: string): string {
  return `the message in ${slot} is never received, however long the run goes on`;
}

/**
 * Judges a schedule with a cycle. From step `cycleStart` on it goes round for ever; with the schedule's length as
 * `cycleStart` the run stays where it is. The walk is moved to the end of the schedule, or to where it ends before.
 */
export function judgeLasso(
  walk: Walk,
  lasso: Pick<Violation, 'property' | 'schedule'> & { readonly cycleStart: number },
): LassoJudgement {
  const { property, schedule, cycleStart } = lasso;
  const { system } = walk;
  const goal = system.properties.find(({ name }) => name === property)?.goal;
  // A run goes on behind a data race.
  const races = system.properties.filter((one) => one.races === true).map(({ name }) => name);
  // Then every step is one step, and equal states are equal words.
  walk.learn(schedule);
  const round = new Round(walk.machine);
  let first: Uint32Array | null = null;
  for (const [i, step] of schedule.entries()) {
    if (i === cycleStart) first = walk.state.slice();
    if (!walk.isEnabled(step)) return noLasso(`step ${i} is not possible`);
    if (i >= cycleStart) round.add(walk.state, step);
    const broken = walk.advance(step).find((one) => !races.includes(one.property));
    if (broken !== undefined) return noLasso(`step ${i} breaks ${broken.property}: ${broken.message}`);
  }
  if (cycleStart > schedule.length) return noLasso(`there is no step ${cycleStart} to begin with`);
  if (first === null) round.add(walk.state, null);
  else if (!walk.machine.isAlike(first, walk.state))
    return noLasso(`the last step does not lead back to where step ${cycleStart} began`);
  const why = round.unfair();
  if (why !== null) return { kind: 'harmless', why };
  return judgeRound(round, goal, property, walk);
}

function judgeRound(round: Round, goal: Goal | undefined, property: string, walk: Walk): LassoJudgement {
  switch (goal) {
    case 'awake': {
      const message = round.neglected();
      if (message !== null) return { kind: 'shown', message };
      return { kind: 'harmless', why: 'no message waits all the time for cores that all sleep' };
    }
    case 'received': {
      const slot = round.unreceived();
      if (slot !== null) return { kind: 'shown', message: unreceivedMessage(slot) };
      return { kind: 'harmless', why: 'no message waits all the time for a core that is awake' };
    }
    case 'live':
      if (round.progresses) return { kind: 'harmless', why: 'an operation succeeds again and again' };
      if (round.finishes) return { kind: 'harmless', why: 'no work is left' };
      if (walk.isStuck(PROGRESS_STATES) === true)
        return { kind: 'harmless', why: 'no operation could succeed from here at all: that is a deadlock' };
      return { kind: 'shown', message: LIVELOCK };
    default:
      return { kind: 'harmless', why: `${property} is no property of runs without end` };
  }
}

function noLasso(why: string): LassoJudgement {
  return { kind: 'no-lasso', why };
}

/** What is so in every state of a cycle, and what happens in it. States are those of one machine. */
class Round {
  readonly #machine: Machine;
  readonly #system: System;
  readonly #members: readonly (readonly number[])[];
  readonly #awakeAsked: boolean;
  /** As bits by process: those that can step in every state, in some state, and those that do. */
  #every = -1;
  #some = 0;
  #taken = 0;
  /** Per slot: what is wrong if it is available, and all its receivers sleep, in every state; null if not so. */
  #neglected: (string | null)[] | null = null;
  /** Per slot: in every state a message waits in it, and nobody is still about sending it. */
  #unreceived: boolean[];
  /** The first step of the cycle that is nobody's duty. */
  #idle: ScheduleStep | null = null;
  progresses = false;
  /** In some state all is home, and no work is left. */
  finishes = false;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#system = machine.system;
    this.#members = membersOf(machine.system);
    // As long as somebody else looks at cores that sleep.
    this.#awakeAsked = machine.system.properties.some(({ goal }) => goal === 'awake');
    this.#unreceived = machine.system.slots.map(() => true);
  }

  /** Takes a state of the cycle with the step made in it; null: none is. */
  add(state: Uint32Array, step: ScheduleStep | null): void {
    const machine = this.#machine;
    const able = this.#able(state);
    this.#every &= able;
    this.#some |= able;
    if (step !== null) {
      const process = machine.isStale(state, step.who, step.kind === 'step' ? step.choice : 0)
        ? NO_PROCESS
        : this.#processOf(step);
      this.#taken |= bitOf(process);
      if (process === NO_PROCESS) this.#idle ??= step;
      const taken = machine.take(state.slice(), step);
      if (taken !== BROKEN && (taken & PROGRESS) !== 0) this.progresses = true;
    }
    const ledger = state[machine.monitorWord] as number;
    const sleeping = sleepingCores(machine, this.#members, state);
    const here = this.#system.slots.map((_, slot) =>
      this.#isGiving(state, slot) ? null : neglected(machine, sleeping, slot, ledger),
    );
    const known = this.#neglected;
    this.#neglected =
      known === null ? here : here.map((message, slot) => (known[slot] === null ? null : message));
    this.#unreceived = this.#unreceived.map(
      (before, slot) => before && machine.monitors.isAvailable(ledger, slot) && !this.#isGiving(state, slot),
    );
    if (this.#isFinished(state)) this.finishes = true;
  }

  /** Who could go on and is left out; null: the cycle is fair. */
  unfair(): string | null {
    if (this.#idle !== null) {
      const { kind, who } = this.#idle;
      const what = {
        wake: 'a wake-up without a reason',
        enter: 'an interrupt from outside',
        step: 'an old value',
        drain: '',
      }[kind];
      return `it needs ${what} of ${this.#system.agents[who]?.name ?? who} again and again, which nobody has to make`;
    }
    const { weak, strong } = processesOf(this.#machine).fairness;
    const left = ((weak & this.#every) | (strong & this.#some)) & ~this.#taken;
    if (left === 0) return null;
    return `${this.#nameOf(31 - Math.clz32(left & -left))} could go on, and never does`;
  }

  neglected(): string | null {
    return this.#neglected?.find((message) => message !== null) ?? null;
  }

  /** Name of the slot whose message waits all the time; not if all that could receive it sleep all the time. */
  unreceived(): string | null {
    const slot = this.#unreceived.findIndex(
      (waits, index) => waits && !(this.#awakeAsked && (this.#neglected?.[index] ?? null) !== null),
    );
    return this.#system.slots[slot]?.name ?? null;
  }

  #isGiving(state: Uint32Array, slot: number): boolean {
    const { monitors, monitorWord } = this.#machine;
    const ledger = state[monitorWord] as number;
    return this.#system.agents.some((_, agent) =>
      monitors.isGiven(ledger, slot, this.#machine.positionRecord(state, agent).giving),
    );
  }

  #able(state: Uint32Array): number {
    const machine = this.#machine;
    let able = 0;
    for (let agent = 0; agent < this.#system.agents.length; agent++) {
      if (machine.ways(state, 'step', agent) > 0) able |= bitOf(agent);
      if (machine.ways(state, 'enter', agent) > 0)
        able |= bitOf(this.#processOf({ kind: 'enter', who: agent, choice: 0 }));
    }
    for (let core = 0; core < this.#system.cores.length; core++)
      if (machine.ways(state, 'drain', core) > 0) able |= bitOf(this.#system.agents.length + core);
    return able;
  }

  #processOf({ kind, who }: ScheduleStep): number {
    switch (kind) {
      case 'step':
        return who;
      case 'drain':
        return this.#system.agents.length + who;
      case 'enter':
        return processesOf(this.#machine).entering[who] ?? NO_PROCESS;
      case 'wake':
        return NO_PROCESS;
    }
  }

  #nameOf(process: number): string {
    const { agents, cores } = this.#system;
    const agent = agents[process];
    if (agent !== undefined) return agent.name;
    const core = cores[process - agents.length];
    if (core !== undefined) return `the store buffer of ${core}`;
    const handler = processesOf(this.#machine).entering.indexOf(process);
    return `the handler ${agents[handler]?.name ?? ''}`;
  }

  #isFinished(state: Uint32Array): boolean {
    const machine = this.#machine;
    return (
      machine.quiescent(state) &&
      machine.monitors.allFree(state[machine.monitorWord] as number) &&
      (this.#system.home?.(machine.view(state)) ?? true) &&
      machine.finished(state)
    );
  }
}

/** Nobody has to do what is no process. */
function bitOf(process: number): number {
  return process === NO_PROCESS ? 0 : 1 << process;
}
