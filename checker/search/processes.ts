/**
 * Who has a duty to go on. Fairness is about processes, numbered: the agents, then the cores' store buffers, then the
 * entering of each handler. Weak for agents and buffers: one that can go on all the time does. Strong for entering a
 * handler: one that can be entered again and again is. What is nobody's duty (an interrupt from outside, a spurious
 * wake-up, reading an old value) happens at most finitely often in the runs that are judged: else outside interrupts alone could keep a core
 * from ever getting on.
 */
import type { Machine } from '../machine.ts';
import { type Fairness, NO_PROCESS } from './stateGraph.ts';

export interface Processes {
  readonly fairness: Fairness;
  /** Per agent: the process of entering it; NO_PROCESS if that is nobody's duty, or it is no handler. */
  readonly entering: readonly number[];
}

const known = new WeakMap<Machine, Processes>();

/** @throws RangeError if the system has more processes than a label can tell apart. */
export function processesOf(machine: Machine): Processes {
  const cached = known.get(machine);
  if (cached !== undefined) return cached;
  const { system, handlers } = machine;
  const duties = system.agents.length + system.cores.length;
  if (duties + handlers.length >= NO_PROCESS) {
    throw new RangeError(
      `${system.agents.length} agents, ${system.cores.length} cores and ${handlers.length} handlers: ` +
        `together they must be fewer than ${NO_PROCESS}`,
    );
  }
  const entering: number[] = system.agents.map(() => NO_PROCESS);
  let strong = 0;
  let process = duties;
  for (const handler of handlers) {
    const line = system.interrupts?.lines[system.agents[handler]?.interrupt?.line ?? -1];
    if (line?.external === true) continue;
    entering[handler] = process;
    strong |= 1 << process++;
  }
  const processes = { fairness: { weak: 2 ** duties - 1, strong }, entering };
  known.set(machine, processes);
  return processes;
}
