/**
 * What the tests of properties share: words and contents in plain arrays, a system of two cores with two buffers, and
 * a way to write down a run as events, with the slots' ownership taken from the statechart.
 */
import type { PlainData } from 'vqcheck/memory';
import {
  ILLEGAL,
  nextSlotState,
  type SlotEvent,
  type SlotState,
  slotEventIndex,
  slotStates,
} from 'vqcheck/model';
import type {
  AccessEvent,
  Contents,
  FaultEvent,
  MonitorEvent,
  OperationContract,
  Property,
  PropertyContext,
  StateView,
  Words,
} from 'vqcheck/properties';

/** Contents interned in a list; no caches, so that nothing but the definition is at work. */
export class PlainContents implements Contents {
  readonly #all: number[][] = [[]];

  of(...bytes: number[]): number {
    const found = this.#all.findIndex((known) => known.join() === bytes.join());
    return found >= 0 ? found : this.#all.push(bytes) - 1;
  }

  bytesOf(content: number): Uint8Array {
    const bytes = this.#all[content];
    if (bytes === undefined) throw new RangeError(`no content ${content}`);
    return Uint8Array.from(bytes);
  }

  lengthOf(content: number): number {
    return this.bytesOf(content).length;
  }

  slice(content: number, from: number, length: number): number {
    const bytes = this.bytesOf(content);
    return this.of(...Array.from({ length }, (_, i) => bytes[from + i] ?? 0));
  }

  splice(content: number, from: number, patch: number): number {
    const old = this.bytesOf(content);
    const laid = this.bytesOf(patch);
    const length = Math.max(old.length, from + laid.length);
    return this.of(...Array.from({ length }, (_, i) => laid[i - from] ?? old[i] ?? 0));
  }
}

/** Words that refuse what a monitor must not do: reach outside, or store what is no word. */
export class PlainWords implements Words {
  readonly all: number[];

  constructor(count: number) {
    this.all = Array.from({ length: count }, () => 0);
  }

  get(index: number): number {
    const word = this.all[index];
    if (word === undefined) throw new RangeError(`no word ${index}`);
    return word;
  }

  set(index: number, word: number): void {
    this.get(index);
    if (word !== word >>> 0) throw new RangeError(`${word} is no word`);
    this.all[index] = word;
  }
}

export const BUFFER_BYTES = 8;
const FIRST_BUFFER = 0x40;

/** Events that operations cause by their call, as against their return. */
const CAUSED_BY_CALLS: ReadonlySet<SlotEvent> = new Set(['cancel', 'publish', 'return', 'release']);

const codes = { 0: 'OK', 261: 'NOT_FOUND', 269: 'NOT_ALLOWED' };
const contract: OperationContract = { codes, succeeded: (result) => result === 0 };

/** Agents 0 `main` and 1 `main-isr` on core 0, 2 `remote` and 3 `remote-isr` on core 1. */
export const MAIN = 0;
export const MAIN_ISR = 1;
export const REMOTE = 2;
export const REMOTE_ISR = 3;

/**
 * Two cores with a task and a handler each, and one slot for each entry of `queueOfSlots`. `receives`: the queues from
 * which each agent may take; all where not given.
 */
export function contextWith(
  queueOfSlots: readonly number[] = [0, 0],
  receives: readonly (readonly number[])[] = [],
): PropertyContext & { readonly contents: PlainContents } {
  return {
    slots: queueOfSlots.map((queue, slot) => ({
      name: `buffer[${slot}]`,
      address: FIRST_BUFFER + slot * BUFFER_BYTES,
      lengthBytes: BUFFER_BYTES,
      queue,
    })),
    queues: Math.max(...queueOfSlots) + 1,
    agents: [
      { name: 'main', core: 0 },
      { name: 'main-isr', core: 0 },
      { name: 'remote', core: 1 },
      { name: 'remote-isr', core: 1 },
    ].map((agent, index) => {
      const queues = receives[index];
      return queues === undefined ? agent : { ...agent, receives: queues };
    }),
    operations: {
      alloc_try: contract,
      send_try: contract,
      recv_try: contract,
      free_try: contract,
      sub_init: { ...contract, confined: true },
      sys_info_alloc: { codes: null, succeeded: (address) => address !== 0 },
    },
    accessBound: 64,
    contents: new PlainContents(),
  };
}

/** A run, written down one event after the other. Events which the statechart does not have move nothing. */
export class Story {
  readonly events: MonitorEvent[] = [];
  readonly #context: PropertyContext;
  readonly #states: number[];
  readonly #holders: number[];
  readonly #depths = [0, 0, 0, 0];

  constructor(context: PropertyContext) {
    this.#context = context;
    this.#states = context.slots.map(() => 0);
    this.#holders = context.slots.map(() => -1);
  }

  call(agent: number, operation: string): this {
    const depth = this.#depths[agent] ?? 0;
    this.#depths[agent] = depth + 1;
    return this.#push({ kind: 'call', ...this.#who(agent), operation, depth, args: {} });
  }

  return(
    agent: number,
    operation: string,
    result: PlainData = 0,
    { accesses = 10, changed = [] }: { accesses?: number; changed?: readonly string[] } = {},
  ): this {
    const depth = (this.#depths[agent] ?? 1) - 1;
    this.#depths[agent] = depth;
    return this.#push({
      kind: 'return',
      ...this.#who(agent),
      operation,
      depth,
      args: {},
      result,
      accesses,
      changed,
    });
  }

  /** `slot` -1: an address that no buffer has. */
  slot(agent: number, event: SlotEvent, slot: number, length = -1): this {
    const from = this.#states[slot];
    const next = from === undefined ? ILLEGAL : nextSlotState(from, slotEventIndex(event));
    const address = this.#context.slots[slot]?.address ?? 0x1234;
    const open = this.#depths[agent] ?? 0;
    // Caused by the call of the innermost operation (-1: there is none), or by the return of the one last in it.
    const depth = CAUSED_BY_CALLS.has(event) ? open - 1 : open;
    this.#push({
      kind: 'slot',
      ...this.#who(agent),
      event,
      depth,
      slot,
      address,
      length,
      from: from === undefined ? null : (slotStates[from] ?? null),
      to: slotStates[next] ?? null,
      holder: this.#holders[slot] ?? -1,
    });
    if (next !== ILLEGAL) {
      this.#states[slot] = next;
      if (event === 'reserve' || event === 'take') this.#holders[slot] = agent;
    }
    return this;
  }

  payload(
    agent: number,
    access: 'read' | 'write',
    slot: number,
    within: number,
    content: number,
    foreign = false,
  ): this {
    const length = this.#context.contents.lengthOf(content);
    const state = this.stateOf(slot);
    const ownerCore = state === 'reserved' ? 0 : state === 'used.held' ? 1 : -1;
    if (!foreign && ownerCore !== this.#context.agents[agent]?.core) throw new Error('a slip in the story');
    const address = this.#context.slots[slot]?.address ?? 0x10;
    return this.#push({
      kind: 'payload',
      ...this.#who(agent),
      access,
      byteOffset: address + within,
      length,
      content,
      slot,
      within,
      inside: slot !== -1 && within + length <= BUFFER_BYTES,
      state,
      ownerCore,
    });
  }

  access(agent: number, operation: string | null, byteOffset: number, length: number, writes = false): this {
    const event: AccessEvent = {
      kind: 'access',
      ...this.#who(agent),
      writes,
      byteOffset,
      length,
      name: `shared+0x${byteOffset.toString(16)}`,
      operation,
      order: 'plain',
      update: false,
      value: 0,
      before: null,
      content: null,
    };
    return this.#push(event);
  }

  allocation(agent: number, byteOffset: number, length: number): this {
    return this.#push({ kind: 'allocation', ...this.#who(agent), byteOffset, length });
  }

  fault(agent: number, fault: FaultEvent['fault'], message: string): this {
    return this.#push({ kind: 'fault', ...this.#who(agent), fault, operation: 'send_try', message });
  }

  /** One whole operation each, nothing in between. */
  reserve(slot: number, agent = MAIN): this {
    return this.call(agent, 'alloc_try').return(agent, 'alloc_try').slot(agent, 'reserve', slot);
  }

  send(slot: number, length = BUFFER_BYTES, agent = MAIN): this {
    return this.call(agent, 'send_try').slot(agent, 'publish', slot, length).return(agent, 'send_try');
  }

  receive(slot: number, length = BUFFER_BYTES, agent = REMOTE): this {
    return this.call(agent, 'recv_try').return(agent, 'recv_try').slot(agent, 'take', slot, length);
  }

  free(slot: number, agent = REMOTE): this {
    return this.call(agent, 'free_try').slot(agent, 'release', slot).return(agent, 'free_try');
  }

  stateOf(slot: number): SlotState | null {
    return slotStates[this.#states[slot] ?? -1] ?? null;
  }

  #who(agent: number): { readonly agent: number; readonly core: number } {
    return { agent, core: this.#context.agents[agent]?.core ?? -1 };
  }

  #push(event: MonitorEvent): this {
    this.events.push(event);
    return this;
  }
}

export interface Judgement {
  /** The first violation, or null. */
  readonly message: string | null;
  /** Index of the event that it came with, or -1. */
  readonly at: number;
  /** The words after the last event that was looked at. */
  readonly words: readonly number[];
}

/**
 * Feeds the events to the property's monitor, up to the first violation. Does it twice, and both must agree: the first
 * time all events, the second time only those that the monitor listens to.
 */
export function judge(
  property: Property,
  context: PropertyContext,
  events: readonly MonitorEvent[],
): Judgement {
  const monitor = property.monitor?.(context);
  if (monitor === undefined) throw new Error(`${property.name} has no monitor`);
  const listensTo = (event: MonitorEvent): boolean =>
    event.kind === 'slot' ||
    event.kind === 'payload' ||
    monitor.words === 0 ||
    (monitor.listens?.(event) ?? true);
  const once = (all: boolean): Judgement => {
    const words = new PlainWords(monitor.words);
    monitor.start?.(words);
    for (const [at, event] of events.entries()) {
      if (!all && !listensTo(event)) continue;
      const message = monitor.step(words, event);
      if (typeof message === 'string') return { message, at, words: words.all };
    }
    return { message: null, at: -1, words: words.all };
  };
  const first = once(true);
  const second = once(false);
  if (JSON.stringify(first) !== JSON.stringify(second)) {
    throw new Error(
      `${property.name} depends on more than its words and what it listens to: ${JSON.stringify([first, second])}`,
    );
  }
  return first;
}

/** The message of the first violation, or null. */
export function verdictOf(property: Property, context: PropertyContext, story: Story): string | null {
  return judge(property, context, story.events).message;
}

/** A state at rest in which the buffers stand where `census` says. */
export function viewWith(census: readonly (readonly string[])[] | null): StateView {
  return {
    load: () => 0,
    slotState: () => 'free',
    census(place) {
      for (const [slot, places] of census?.entries() ?? []) {
        for (const where of places) place(slot, where);
      }
      return census !== null;
    },
  };
}

/** A run without a flaw: two buffers out of order in and out, a refused call, and back home. */
export function soundStory(context: PropertyContext & { readonly contents: PlainContents }): Story {
  const { contents } = context;
  return new Story(context)
    .reserve(0)
    .reserve(1)
    .payload(MAIN, 'write', 1, 0, contents.of(1, 2, 3, 4))
    .send(1, 4)
    .payload(MAIN, 'write', 0, 0, contents.of(5, 6))
    .call(MAIN, 'send_try')
    .slot(MAIN, 'publish', 0, 2)
    .return(MAIN, 'send_try', 269)
    .slot(MAIN, 'publish.failed', 0)
    .send(0, 2)
    .receive(1, 4)
    .payload(REMOTE, 'read', 1, 0, contents.of(1, 2, 3, 4))
    .receive(0, 2)
    .payload(REMOTE, 'read', 0, 0, contents.of(5, 6))
    .call(REMOTE, 'recv_try')
    .return(REMOTE, 'recv_try', 261)
    .free(0)
    .free(1);
}
