/** How messages name things, so that all properties say the same thing in the same words. */
import type { PlainData } from '../memory/index.ts';
import type { OperationContract, PropertyContext } from './property.ts';

/** `0x40`. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Bytes as a reader of memory dumps expects them: `01 ff`; `(none)` where there are none. */
export function hexBytes(bytes: Uint8Array): string {
  return bytes.length === 0
    ? '(none)'
    : Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** The agent's name. */
export function agentName(context: PropertyContext, agent: number): string {
  return context.agents[agent]?.name ?? `agent ${agent}`;
}

/** The name of the slot's buffer. */
export function slotName(context: PropertyContext, slot: number): string {
  return context.slots[slot]?.name ?? `slot ${slot}`;
}

/** `core 1 (remote, remote-isr)`: a core, with the agents on it. */
export function coreName(context: PropertyContext, core: number): string {
  const agents = context.agents.filter((agent) => agent.core === core).map((agent) => agent.name);
  return agents.length === 0 ? `core ${core}` : `core ${core} (${agents.join(', ')})`;
}

/** The documented name of a result, for instance `NOT_ALLOWED`; else the result itself, numbers in hex too. */
export function resultName(contract: OperationContract, result: PlainData): string {
  if (typeof result !== 'number') return JSON.stringify(result);
  return contract.codes?.[result] ?? numberName(result);
}

/** `263 (0x107)`: an error code which has no name. */
export function numberName(value: number): string {
  return Number.isInteger(value) && value >= 0 ? `${value} (${hex(value)})` : String(value);
}
