/** Schedules for what a search found: the shortest way to a state, and the way along given transitions. */
import { BROKEN, type Machine } from '../machine.ts';
import type { VectorTable } from '../store/vectorTable.ts';
import type { ScheduleStep, StepKind } from '../verdict.ts';
import type { StateGraph } from './stateGraph.ts';

const NONE = 0xffffffff;
const KINDS: readonly StepKind[] = ['step', 'drain', 'enter', 'wake'];

export class Counterexamples {
  readonly #machine: Machine;
  readonly #states: VectorTable;
  readonly #graph: StateGraph;
  /** Parent of each state: where the first transition to it comes from. */
  readonly #parents: Uint32Array;

  constructor(machine: Machine, states: VectorTable, graph: StateGraph) {
    this.#machine = machine;
    this.#states = states;
    this.#graph = graph;
    this.#parents = new Uint32Array(graph.states).fill(NONE);
    for (let state = 0; state < graph.states; state++) {
      const end = graph.offsets[state + 1] as number;
      for (let edge = graph.offsets[state] as number; edge < end; edge++) {
        const to = graph.targets[edge] as number;
        if (this.#parents[to] === NONE && to !== state) this.#parents[to] = state;
      }
    }
  }

  /** From the first state, a shortest way. */
  to(state: number): ScheduleStep[] {
    const path: number[] = [];
    for (let at = state; at !== 0; at = this.#parents[at] as number) path.push(at);
    path.reverse();
    let from = 0;
    return path.map((to) => {
      const step = this.#between(from, to);
      from = to;
      return step;
    });
  }

  /** Along transitions that follow each other. */
  along(from: number, transitions: readonly number[]): ScheduleStep[] {
    let at = from;
    return transitions.map((transition) => {
      const to = this.#graph.targets[transition] as number;
      const step = this.#between(at, to, transition - (this.#graph.offsets[at] as number));
      at = to;
      return step;
    });
  }

  /** A step from one state to another; `skip`: how many transitions of the state come before the one that is meant. */
  #between(from: number, to: number, skip = 0): ScheduleStep {
    const machine = this.#machine;
    const { width } = machine;
    const current = this.#states.data.slice(from * width, (from + 1) * width);
    const next = new Uint32Array(width);
    const target = this.#states.data.slice(to * width, (to + 1) * width);
    let left = skip;
    // In the order in which the search took them.
    for (const kind of KINDS) {
      const everyone = kind === 'drain' ? machine.system.cores.length : machine.system.agents.length;
      for (let who = 0; who < everyone; who++) {
        const ways = machine.ways(current, kind, who);
        for (let choice = 0; choice < ways; choice++) {
          if (left-- > 0) continue;
          next.set(current);
          const step = { kind, who, choice };
          if (machine.take(next, step) !== BROKEN && next.every((word, i) => word === target[i])) return step;
        }
      }
    }
    throw new Error(`internal: no step leads from state ${from} to state ${to}`);
  }
}
