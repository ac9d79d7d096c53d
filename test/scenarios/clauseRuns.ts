/**
 * Runs for clause monitors, written down access by access: what the two sides of a queue store and load, by the names of
 * fields, without any implementation. Agent and core 0 is the driver, 1 the device.
 */
import type { FenceOrdering, OperationArguments, Ordering, PlainData, Struct } from 'vqcheck/memory';
import {
  EXERCISED,
  type MonitorEvent,
  type PayloadAccessEvent,
  type Property,
  type PropertyContext,
  type SlotMoveEvent,
} from 'vqcheck/properties';
import { PlainContents, PlainWords } from '../properties/support.ts';

export const DRIVER = 0;
export const DEVICE = 1;
/** Application buffers of 8 bytes. */
export const BUFFERS = 0x400;
export const BUFFER_BYTES = 8;

export function bufferAt(index: number): number {
  return BUFFERS + index * BUFFER_BYTES;
}

export const context: PropertyContext = {
  slots: Array.from({ length: 8 }, (_, i) => ({
    name: `buffer[${i}]`,
    address: bufferAt(i),
    lengthBytes: BUFFER_BYTES,
    queue: 0,
  })),
  queues: 1,
  agents: [
    { name: 'driver', core: 0 },
    { name: 'device', core: 1 },
  ],
  operations: {},
  accessBound: 1000,
  contents: new PlainContents(),
};

/** Where a struct lies. */
export interface Place {
  readonly type: Struct;
  readonly at: number;
}

export class ClauseRun {
  readonly events: MonitorEvent[] = [];

  store(core: number, place: Place, field: string, value: number, order: Ordering = 'relaxed'): this {
    return this.access(core, true, place, field, value, order);
  }

  load(core: number, place: Place, field: string, value: number, order: Ordering = 'relaxed'): this {
    return this.access(core, false, place, field, value, order);
  }

  access(core: number, writes: boolean, place: Place, field: string, value: number, order: Ordering): this {
    const { type, at } = place;
    const length = (type.fields[field]?.width ?? 0) / 8;
    if (length === 0) throw new Error(`no field ${field}`);
    return this.raw(
      core,
      writes,
      at + (type.offsets[field] ?? 0),
      length,
      value,
      order,
      `${type.name}.${field}`,
    );
  }

  raw(
    core: number,
    writes: boolean,
    byteOffset: number,
    length: number,
    value: number,
    order: Ordering = 'relaxed',
    name = `shared+${byteOffset}`,
  ): this {
    return this.#push({
      kind: 'access',
      agent: core,
      core,
      writes,
      byteOffset,
      length,
      name,
      operation: null,
      order,
      update: false,
      value,
      before: null,
      content: null,
    });
  }

  fence(core: number, order: FenceOrdering): this {
    return this.#push({ kind: 'fence', agent: core, core, order });
  }

  action(core: number, name: string, argument: number): this {
    return this.#push({ kind: 'action', agent: core, core, name, argument });
  }

  call(core: number, operation: string, depth = 0, more: OperationArguments = {}): this {
    return this.#push({ kind: 'call', agent: core, core, operation, depth, args: { queue: 'q', ...more } });
  }

  return(core: number, operation: string, result: PlainData = 0, depth = 0): this {
    return this.#push({
      kind: 'return',
      agent: core,
      core,
      operation,
      depth,
      args: { queue: 'q' },
      result,
      accesses: 1,
      changed: [],
    });
  }

  enter(core: number): this {
    return this.#push({ kind: 'enter', agent: core, core, line: core });
  }

  fault(core: number, message: string): this {
    return this.#push({ kind: 'fault', agent: core, core, fault: 'threw', operation: null, message });
  }

  payload(core: number, access: 'read' | 'write', byteOffset: number, length: number): this {
    const slot = Math.floor((byteOffset - BUFFERS) / BUFFER_BYTES);
    const within = byteOffset - bufferAt(slot);
    const event: PayloadAccessEvent = {
      kind: 'payload',
      agent: core,
      core,
      access,
      byteOffset,
      length,
      content: 0,
      slot,
      within,
      inside: within + length <= BUFFER_BYTES,
      state: null,
      ownerCore: core,
    };
    return this.#push(event);
  }

  slot(core: number, event: SlotMoveEvent['event'], slot: number): this {
    return this.#push({
      kind: 'slot',
      agent: core,
      core,
      event,
      depth: 0,
      slot,
      address: bufferAt(slot),
      length: -1,
      from: null,
      to: null,
      holder: -1,
    });
  }

  #push(event: MonitorEvent): this {
    this.events.push(event);
    return this;
  }
}

/** What a property makes of a run: what is wrong at first, and how often it was put to the test until then. */
export interface Finding {
  readonly broken: string | null;
  readonly exercised: number;
}

/** Tells a property of a run as the engine does: of what it listens to, and of payload and slots always. */
export function judged(properties: readonly Property[], name: string, run: ClauseRun): Finding {
  const property = properties.find((one) => one.name === name);
  if (property === undefined) throw new Error(`no property ${name}`);
  const monitor = property.monitor?.(context);
  if (monitor === undefined) throw new Error(`${name} has no monitor`);
  const state = new PlainWords(monitor.words);
  monitor.start?.(state);
  let exercised = 0;
  for (const event of run.events) {
    const always = event.kind === 'payload' || event.kind === 'slot' || monitor.words === 0;
    const before = state.all.join();
    const heard = always || (monitor.listens?.(event) ?? true);
    const answer = monitor.step(state, event);
    if (!heard && (answer !== null || state.all.join() !== before))
      throw new Error(`${name} minds a ${event.kind} event that it does not listen to`);
    if (answer === EXERCISED) exercised++;
    else if (answer !== null) return { broken: answer, exercised };
  }
  return { broken: null, exercised };
}
