/**
 * Which locations and doorbells count as synchronizing. All of them do; but most knowledge that passes through them is
 * never needed, and all of it is state. To leave some out can only make more races. So a search begins with none, and takes
 * one in when a race that it finds is none by all of them: what it finds no race without has none with them.
 */
import type { Machine } from '../machine.ts';
import { BROKEN } from '../machine.ts';
import type { ScheduleStep } from '../verdict.ts';
import { raceText } from './describeRace.ts';

/** Names of locations and doorbells, those of an array's elements alike. */
export class Synchronizing {
  readonly #names = new Set<string>();

  constructor(names: Iterable<string> = []) {
    for (const name of names) this.add(name);
  }

  has(name: string): boolean {
    return this.#names.has(alike(name));
  }

  add(name: string): void {
    this.#names.add(alike(name));
  }

  get names(): readonly string[] {
    return [...this.#names];
  }
}

/** What a search needs to tell races from those that only look so. */
export class RaceJudge {
  /** Grows; the search's machines are built with it. */
  readonly counted: Synchronizing;
  readonly #build: (counted: Synchronizing | null) => Machine;

  /** `build`: a machine in which these synchronize; null: all. `counted`: what counts already, and grows for both. */
  constructor(build: (counted: Synchronizing | null) => Machine, counted = new Synchronizing()) {
    this.#build = build;
    this.counted = counted;
  }

  /**
   * What the last step of a schedule races with, in words. Null: with nothing; then what puts it in order counts from
   * now on, and the search has to begin anew.
   */
  judge(schedule: readonly ScheduleStep[]): string | null {
    const exact = this.#build(null);
    const text = raceText(exact, schedule);
    if (text !== null) return text;
    const candidates = synchronizersOf(exact, schedule).filter((name) => !this.counted.has(name));
    for (const name of candidates) {
      if (raceText(this.#build(new Synchronizing([...this.counted.names, name])), schedule) !== null)
        continue;
      this.counted.add(name);
      return null;
    }
    // Else the search would begin anew for ever.
    if (candidates.length === 0)
      throw new Error('internal: a race of a search that is none, whatever counts');
    // Several together.
    for (const name of candidates) this.counted.add(name);
    return null;
  }
}

/** What synchronizes along a schedule, the last first. */
function synchronizersOf(machine: Machine, schedule: readonly ScheduleStep[]): readonly string[] {
  const state = new Uint32Array(machine.width);
  const names: string[] = [];
  if (machine.start(state) === BROKEN) return [];
  for (const step of schedule) {
    const name = machine.synchronizerOf(state, step);
    if (name !== null) names.push(name);
    machine.take(state, step);
  }
  return [...new Set(names.reverse())];
}

/** Elements of one array have one name. */
function alike(name: string): string {
  return name.replace(/\[\d+(\.\.\d+)?\]/g, '[i]');
}
