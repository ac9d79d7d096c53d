/**
 * Walks by codes or by priorities: what the random strategies and the shrinking of schedules have in common. A code
 * counts the steps that are possible, those of the current agent first, interrupts last: smaller means fewer
 * preemptions.
 */
import type { BrokenProperty } from '../monitorBank.ts';
import type { ScheduleStep, StepKind } from '../verdict.ts';
import type { Walk } from '../walk.ts';

const KIND_CODES: Readonly<Record<StepKind, number>> = { step: 0, drain: 1, enter: 2, wake: 3 };

/** Walks by codes, or by priorities. */
export class Runner {
  readonly walk: Walk;
  readonly #agents: number;
  readonly #cores: number;
  /** Agent that made the last step. */
  #current = 0;
  readonly #steps = new Map<number, ScheduleStep>();

  constructor(walk: Walk) {
    this.walk = walk;
    this.#agents = walk.system.agents.length;
    this.#cores = walk.system.cores.length;
  }

  begin(): readonly BrokenProperty[] {
    this.#current = 0;
    return this.walk.reset();
  }

  /** How many different steps are possible. */
  ways(): number {
    const { machine, state } = this.walk;
    let ways = 0;
    for (let agent = 0; agent < this.#agents; agent++) ways += machine.outcomes(state, agent);
    for (let core = 0; core < this.#cores; core++) ways += machine.model.drains(state, core);
    for (let agent = 0; agent < this.#agents; agent++) ways += this.#rare(agent);
    return ways;
  }

  /** Takes the step of that code, 0..ways()-1. */
  take(code: number): readonly BrokenProperty[] {
    const { machine, state } = this.walk;
    let left = code;
    for (let i = 0; i < this.#agents; i++) {
      const agent = (this.#current + i) % this.#agents;
      const outcomes = machine.outcomes(state, agent);
      if (left < outcomes) return this.#advance('step', agent, left);
      left -= outcomes;
    }
    for (let core = 0; core < this.#cores; core++) {
      const drains = machine.model.drains(state, core);
      if (left < drains) return this.#advance('drain', core, left);
      left -= drains;
    }
    for (let agent = 0; agent < this.#agents; agent++) {
      const ways = this.#rare(agent);
      if (left < ways) return this.#advance(machine.isHandler(agent) ? 'enter' : 'wake', agent, 0);
      left -= ways;
    }
    throw new RangeError(`no step has the code ${code} here`);
  }

  /** The code of a step that is possible. */
  code({ kind, who, choice }: ScheduleStep): number {
    const { machine, state } = this.walk;
    let code = choice;
    for (let i = 0; i < this.#agents; i++) {
      const agent = (this.#current + i) % this.#agents;
      if (kind === 'step' && agent === who) return code;
      code += machine.outcomes(state, agent);
    }
    for (let core = 0; core < this.#cores; core++) {
      if (kind === 'drain' && core === who) return code;
      code += machine.model.drains(state, core);
    }
    for (let agent = 0; agent < who; agent++) code += this.#rare(agent);
    return code;
  }

  /** Entering a handler, waking for no reason: in how many ways an agent can do what it does not do by itself. */
  #rare(agent: number): number {
    const { machine, state } = this.walk;
    return machine.ways(state, machine.isHandler(agent) ? 'enter' : 'wake', agent);
  }

  takeStep(step: ScheduleStep): readonly BrokenProperty[] {
    return this.#advance(step.kind, step.who, step.choice);
  }

  /** Always the first in `order` that can step; who runs at a change point, or polls or waits in vain, becomes the last. */
  runByPriority(
    order: readonly number[],
    changes: ReadonlySet<number>,
    ways: readonly number[],
    maxSteps: number,
  ): readonly BrokenProperty[] {
    let broken = this.begin();
    const queue = [...order];
    const rested: (Uint32Array | undefined)[] = [];
    const round = new Round();
    let decisions = 0;
    for (let step = 0; step < maxSteps && broken.length === 0; step++) {
      const { machine, state } = this.walk;
      let place = 0;
      let outcomes = 0;
      let enters = false;
      for (; place < queue.length; place++) {
        const who = queue[place] as number;
        outcomes =
          who < this.#agents ? machine.outcomes(state, who) : machine.model.drains(state, who - this.#agents);
        // An interrupt has its handler's priority. A sleeper that nobody wakes is not in a hurry.
        enters = who < this.#agents && outcomes === 0 && machine.ways(state, 'enter', who) > 0;
        if (outcomes > 0 || enters) break;
      }
      if (outcomes === 0 && !enters) break;
      const who = queue[place] as number;
      const choice = outcomes <= 1 ? 0 : (ways[decisions++ % ways.length] as number) % outcomes;
      const drains = who >= this.#agents;
      const kind = drains ? 'drain' : enters ? 'enter' : 'step';
      broken = this.#advance(kind, drains ? who - this.#agents : who, choice);
      let last = changes.has(step);
      if (!drains && this.walk.isResting(who)) {
        const now = this.walk.state;
        const before = rested[who];
        if (before !== undefined && sameWords(before, now)) last = true;
        rested[who] = now.slice();
        round.forget();
      } else if (!drains && round.closes(who, this.walk.state)) {
        // In the midst of an operation it may wait as well: for registers that another one writes.
        last = true;
      }
      if (last) {
        queue.splice(place, 1);
        queue.push(who);
      }
    }
    return broken;
  }

  #advance(kind: ScheduleStep['kind'], who: number, choice: number): readonly BrokenProperty[] {
    // One object for each different step: schedules are long.
    const key = (who * 4096 + choice) * 4 + KIND_CODES[kind];
    let step = this.#steps.get(key);
    if (step === undefined) {
      step = { kind, who, choice };
      this.#steps.set(key, step);
    }
    if (kind === 'step' || kind === 'enter') this.#current = who;
    return this.walk.advance(step);
  }
}

/** Notices that an agent goes round in the same states, all by itself (Brent's algorithm). */
class Round {
  #who = -1;
  #mark = new Uint32Array(0);
  #steps = 0;
  #power = 1;

  forget(): void {
    this.#who = -1;
  }

  /** Whether `who`, who has just stepped, and nobody else since, has come back to a state. */
  closes(who: number, state: Uint32Array): boolean {
    if (who === this.#who && sameWords(this.#mark, state)) return true;
    if (who !== this.#who) {
      this.#who = who;
      this.#steps = 0;
      this.#power = 1;
    }
    if (++this.#steps >= this.#power) {
      this.#power *= 2;
      this.#steps = 0;
      if (this.#mark.length !== state.length) this.#mark = new Uint32Array(state.length);
      this.#mark.set(state);
    }
    return false;
  }
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
