import { type VirtioChainAction, type VirtioOperationSpec, virtioOperations } from 'vqcheck/impl';
import type { MemoryPort, OperationArguments, PlainData } from 'vqcheck/memory';
import { ILLEGAL, nextSlotState, type SlotEvent, slotEventIndex, slotStates } from 'vqcheck/model';
import { RecordingPort } from './recordingPort.ts';

/** @throws Error when there is no such operation. */
export function virtioSpec(name: string): VirtioOperationSpec {
  const found = virtioOperations[name];
  if (found === undefined) throw new Error(`no specification of ${name}`);
  return found;
}

/** Who owns which buffer, by the specifications alone. */
export type VirtioLedger = {
  readonly chains: Map<string, readonly number[]>;
  readonly slots: Map<number, number>;
  readonly events: string[];
};

export const newVirtioLedger = (): VirtioLedger => ({ chains: new Map(), slots: new Map(), events: [] });

/** How many buffers are in a state of the slot table. */
export function countOf({ slots }: VirtioLedger, state: string): number {
  return [...slots.values()].filter((index) => slotStates[index] === state).length;
}

/** A port that moves buffers in the slot table as the specifications say, and throws where the table has no way. */
export class VirtioOwnershipPort extends RecordingPort {
  private readonly ledger: VirtioLedger;

  constructor(port: MemoryPort, ledger: VirtioLedger) {
    super(port);
    this.ledger = ledger;
  }

  override op<R extends PlainData | undefined>(name: string, args: OperationArguments, body: () => R): R {
    const plain = (): Record<string, PlainData> => structuredClone(args) as Record<string, PlainData>;
    this.move(virtioSpec(name).onCall?.(plain()) ?? []);
    const result = super.op(name, args, body);
    this.move(virtioSpec(name).onReturn?.(plain(), result) ?? []);
    return result;
  }

  private move(actions: readonly VirtioChainAction[]): void {
    const { chains } = this.ledger;
    for (const action of actions) {
      if (action.kind === 'slot') {
        this.step(action.event, action.address);
        continue;
      }
      const key = `${action.queue} ${action.head}`;
      const slots = chains.get(key) ?? [];
      if (action.kind === 'append') {
        chains.set(key, [...slots, action.address]);
        continue;
      }
      if (slots.length === 0) throw new Error(`${action.event} of a chain that is none: ${key}`);
      for (const address of slots) {
        this.step(action.event, address);
        if (action.keeps === true) this.step('reserve', address);
      }
      if (action.event === 'collect') chains.delete(key);
    }
  }

  private step(event: SlotEvent, address: number): void {
    const before = this.ledger.slots.get(address) ?? 0;
    const after = nextSlotState(before, slotEventIndex(event));
    if (after === ILLEGAL) throw new Error(`${event} of ${address}, which is ${slotStates[before]}`);
    this.ledger.slots.set(address, after);
    this.ledger.events.push(event);
  }
}
