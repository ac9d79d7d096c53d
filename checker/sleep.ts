/** Which cores sleep in a state, and which of them are wanted: what a lost wake-up is made of. */
import type { Machine } from './machine.ts';
import type { System } from './system.ts';

/** Per core: its agents. */
export function membersOf(system: System): readonly (readonly number[])[] {
  return system.cores.map((_, core) =>
    system.agents.flatMap((agent, index) => (agent.core === core ? [index] : [])),
  );
}

/** As bits: the cores of which some task waits for what is not there, and nobody else goes on. Allocates nothing. */
export function sleepingCores(
  machine: Machine,
  members: readonly (readonly number[])[],
  state: Uint32Array,
): number {
  const { agents } = machine.system;
  let cores = 0;
  for (let core = 0; core < members.length; core++) {
    let waits = false;
    let works = false;
    for (const agent of members[core] as readonly number[]) {
      if (agents[agent]?.interrupt !== undefined) works ||= machine.isActive(state, agent);
      else if (machine.isWaiting(state, agent)) waits = true;
      else works ||= !machine.hasEnded(state, agent);
    }
    if (waits && !works) cores |= 1 << core;
  }
  return cores;
}

/** As bits: the cores of which some agent takes messages from the queue. */
export function receivingCores(system: System, queue: number): number {
  let cores = 0;
  for (const { core, receives } of system.agents)
    if (receives === undefined || receives.includes(queue)) cores |= 1 << core;
  return cores;
}

/** What is wrong when the cores sleep and a slot is available that only they could receive; null: they do not. */
export function neglected(machine: Machine, sleeping: number, slot: number, ledger: number): string | null {
  const { system, monitors } = machine;
  const { name, queue } = system.slots[slot] ?? { name: '', queue: 0 };
  if (!monitors.isAvailable(ledger, slot)) return null;
  const receivers = receivingCores(system, queue);
  if (receivers === 0 || (sleeping & receivers) !== receivers) return null;
  return asleepMessage(system, receivers, name);
}

export function asleepMessage(system: System, cores: number, slot: string): string {
  const names = system.cores.filter((_, core) => (cores & (1 << core)) !== 0);
  return `${names.join(', ')} sleeps for ever, though a message waits for it in ${slot}`;
}
