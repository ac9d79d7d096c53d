/** A data race in words: the two accesses, who made them, and in which operations. */
import { CAS, KIND_NAMES, RMW, STORE, WRITE } from '../access.ts';
import { SHARED } from '../cells.ts';
import { BROKEN, type Machine } from '../machine.ts';
import type { ScheduleStep } from '../verdict.ts';
import { ATOMIC_WRITE, PLAIN_READ, PLAIN_WRITE, type Unordered } from './clockTable.ts';

/** An access of a run to the shared memory. */
interface Made {
  readonly agent: number;
  readonly core: number;
  /** Index in the schedule. */
  readonly step: number;
  readonly byteOffset: number;
  readonly bytes: number;
  readonly writes: boolean;
  readonly kind: string;
  readonly order: string;
  readonly operation: string;
}

/** Says what the last step of a schedule races with; null: with nothing. */
export function raceText(machine: Machine, schedule: readonly ScheduleStep[]): string | null {
  const state = new Uint32Array(machine.width);
  const made: Made[] = [];
  if (machine.start(state) === BROKEN) return null;
  for (const [index, step] of schedule.entries()) {
    const before = state.slice();
    machine.take(state, step);
    if (step.kind !== 'step') continue;
    const access = accessOf(machine, before, step.who, index);
    if (access !== null && !machine.isHostile(step.who)) made.push(access);
    if (index < schedule.length - 1) continue;
    const other = machine.raceOf(before, step.who, machine.lastWord);
    if (other !== null && access !== null) return sentence(machine, access, made.slice(0, -1), other);
  }
  return null;
}

function sentence(machine: Machine, second: Made, earlier: readonly Made[], other: Unordered): string {
  const { byteOffset, bytes } = machine.atomBytes(other.atom);
  const name = machine.cells.nameOf(SHARED, byteOffset, bytes);
  const writes = other.kind === PLAIN_WRITE || other.kind === ATOMIC_WRITE;
  const plain = other.kind === PLAIN_WRITE || other.kind === PLAIN_READ;
  const first = earlier.findLast(
    (access) =>
      access.core === other.core &&
      access.writes === writes &&
      (access.order === 'plain') === plain &&
      access.byteOffset <= byteOffset &&
      access.byteOffset + access.bytes >= byteOffset + bytes,
  );
  const what = (access: Made): string => {
    const operation = access.operation === '' ? '' : ` in ${access.operation}`;
    return `${machine.system.agents[access.agent]?.name}'s ${access.order} ${access.kind}${operation}`;
  };
  const before = first === undefined ? 'an earlier access' : `${what(first)} (step ${first.step + 1})`;
  return `${name}: ${what(second)} is not ordered after ${before}`;
}

function accessOf(machine: Machine, before: Uint32Array, agent: number, step: number): Made | null {
  const { kind, cell, within, bytes, order, failureOrder, expected } = machine.pending(before, agent);
  if (cell < 0) return null;
  const { memory, byteOffset } = machine.cells.cell(cell);
  if (memory !== SHARED) return null;
  const fails = kind === CAS && machine.lastWord !== expected;
  return {
    agent,
    core: machine.cores[agent] as number,
    step,
    byteOffset: byteOffset + within,
    bytes,
    writes: !fails && (kind === STORE || kind === WRITE || kind === RMW || kind === CAS),
    kind: KIND_NAMES[kind] ?? '',
    order: fails ? failureOrder : order,
    operation: machine.positionRecord(before, agent).operations.join(' > '),
  };
}
