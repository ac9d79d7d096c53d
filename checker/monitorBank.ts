/**
 * All monitors of a run, with the ledger of who owns which buffer, as one interned vector of words. (Monitors'
 * state, events) → next state is remembered, so a monitor runs only when it meets something new.
 */

import type { SlotState } from '../model/index.ts';
import { ILLEGAL, nextSlotState, ownerOf, slotEventIndex, slotStates } from '../model/index.ts';
import type {
  Contents,
  Monitor,
  MonitorEvent,
  PayloadAccessEvent,
  Property,
  PropertyContext,
  SlotMoveEvent,
  Words,
} from '../properties/index.ts';
import { EXERCISED } from '../properties/index.ts';
import { chainKey, givenChain, queueOfChain } from './chains.ts';
import type { RawEvent } from './rawEvent.ts';
import { PairCache } from './store/pairCache.ts';
import { PersistentVectors } from './store/persistentVectors.ts';
import { VectorEditor } from './store/vectorEditor.ts';
import type { System } from './system.ts';
import { asked } from './targetError.ts';

export interface BrokenProperty {
  readonly property: string;
  readonly message: string;
}

/** The ledger's word of a slot: its state in the low bits, then who acquired it + 1. */
const STATE_BITS = 3;
const STATE_MASK = (1 << STATE_BITS) - 1;
const AVAILABLE = slotStates.indexOf('available');
/** The ledger's words of a slot in a system with chains, all 0 outside of any: the chain's key + 1, ... */
const KEY = 0;
/** ... the length with which it joined + 1, ... */
const LENGTH = 1;
/** ... and its place in the chain, in the order of the appends, with the lowest bit set once the chain is published. */
const PLACE = 2;
const CHAIN_WORDS = 3;
const PUBLISHED = 1;
const NEXT_PLACE = 2;

/** An event as prepared for the monitors: complete, or with what depends on the ledger still to be filled in. */
type PreparedEvent =
  | { readonly kind: 'complete'; readonly event: MonitorEvent; readonly listeners: readonly PlacedMonitor[] }
  | { readonly kind: 'slot'; readonly raw: RawSlot; readonly slot: number; readonly code: number }
  | {
      readonly kind: 'payload';
      readonly raw: RawPayload;
      readonly slot: number;
      readonly within: number;
      readonly inside: boolean;
    }
  | { readonly kind: 'chain'; readonly raw: RawChain; readonly slot: number; readonly key: number };

type RawSlot = RawEvent & { readonly kind: 'slot' };
type RawChain = RawEvent & { readonly kind: 'chain' };
type RawPayload = RawEvent & { readonly kind: 'payload' };

/** The events of one step that can matter to a monitor with a state; `broken`: what the others made of all events. */
interface EventList {
  readonly agent: number;
  readonly core: number;
  readonly events: readonly PreparedEvent[];
  readonly broken: readonly BrokenProperty[];
  /** Properties whose monitors without a state said that it put them to the test. */
  readonly exercised: readonly string[];
}

interface PlacedMonitor {
  readonly property: string;
  readonly monitor: Monitor;
  readonly words: Words;
}

export interface MonitorBankOptions {
  readonly system: System;
  readonly properties: readonly Property[];
  readonly contents: Contents;
  /** It follows one run after the other, each from `start` on: states are numbered by a hash then, and only the last counts. */
  readonly linear: boolean;
  readonly observe: (agent: number, event: MonitorEvent) => void;
}

export class MonitorBank {
  readonly context: PropertyContext;
  /** What the last `step` that returned -1 found. */
  broken: BrokenProperty[] = [];
  /**
   * How often each property was put to the test, in different situations: a state of the monitors and what one step told
   * them. Properties that never were, are not in it; their order is that in which they first were.
   */
  readonly exercised = new Map<string, number>();

  readonly #system: System;
  /** Names of the properties asked for. */
  readonly #asked: ReadonlySet<string>;
  /** Monitors with a state, and those without: pure functions of an event. */
  readonly #stateful: readonly PlacedMonitor[];
  readonly #stateless: readonly PlacedMonitor[];
  readonly #vectors: PersistentVectors;
  readonly #steps = new PairCache();
  readonly #lists: EventList[] = [{ agent: -1, core: -1, events: [], broken: [], exercised: [] }];
  /** Properties put to the test by the events at hand. */
  #tested = new Set<string>();
  /** Situations that broke something, as `state list`: these are not in the table. */
  readonly #brokenSituations = new Set<string>();
  readonly #listIds = new Map<string, number>();
  readonly #editor: MonitorWords;
  readonly #linear: boolean;
  readonly #slotByAddress = new Map<number, number>();
  readonly #observe: (agent: number, event: MonitorEvent) => void;

  constructor({ system, properties, contents, linear, observe }: MonitorBankOptions) {
    this.#linear = linear;
    this.#system = system;
    this.#asked = new Set(properties.map(({ name }) => name));
    this.#observe = observe;
    this.context = {
      slots: system.slots,
      queues: system.queues,
      agents: system.agents,
      operations: system.operations,
      accessBound: system.accessBound,
      contents,
    };
    let words = system.slots.length * (system.chains === true ? 1 + CHAIN_WORDS : 1);
    const placed: { property: string; monitor: Monitor; offset: number }[] = [];
    for (const property of properties) {
      const monitor = asked(`property ${property.name} threw when it was set up`, () =>
        property.monitor?.(this.context),
      );
      if (monitor === undefined) continue;
      placed.push({ property: property.name, monitor, offset: words });
      words += monitor.words;
    }
    this.#vectors = new PersistentVectors(words);
    this.#editor = new MonitorWords(this.#vectors);
    const monitors = placed.map(({ property, monitor, offset }) => ({
      property,
      monitor,
      words: new WordsWindow(this.#editor, offset, monitor.words),
    }));
    this.#stateful = monitors.filter(({ monitor }) => monitor.words > 0);
    this.#stateless = monitors.filter(({ monitor }) => monitor.words === 0);
    for (const [index, slot] of system.slots.entries()) this.#slotByAddress.set(slot.address, index);
  }

  /** The monitors' first state. */
  start(): number {
    if (this.#linear) this.#editor.clear();
    else this.#editor.open(this.#vectors.intern(new Uint32Array(Math.max(1, this.#vectors.width))));
    for (const { monitor, words } of this.#stateful) monitor.start?.(words);
    return this.#editor.commit();
  }

  /** Number of the list of events that one step of an agent causes; 0 is a list that no monitor could mind. */
  intern(agent: number, events: readonly RawEvent[]): number {
    if (events.length === 0) return 0;
    if (this.#linear) {
      const list = this.#prepare(agent, events);
      return list.events.length > 0 || list.broken.length > 0 ? this.#lists.push(list) - 1 : 0;
    }
    const key = `${agent}|${JSON.stringify(events)}`;
    let id = this.#listIds.get(key);
    if (id === undefined) {
      const list = this.#prepare(agent, events);
      id = 0;
      if (list.events.length > 0 || list.broken.length > 0 || list.exercised.length > 0) {
        id = this.#lists.length;
        this.#lists.push(list);
      }
      this.#listIds.set(key, id);
    }
    return id;
  }

  /** The monitors' state after the events, or -1 if a property is broken (then see `broken`). */
  step(state: number, list: number): number {
    if (this.#editor.isFlat) return this.#run(state, list);
    const known = this.#steps.get(state, list);
    if (known >= 0) return known;
    const next = this.#run(state, list);
    if (this.#tested.size > 0) this.#count(state, list, next);
    if (next >= 0) this.#steps.put(state, list, next);
    return next;
  }

  /** Counts what the step has put to the test. A step that breaks something comes by each time it is taken. */
  #count(state: number, list: number, next: number): void {
    if (next < 0) {
      const situation = `${state} ${list}`;
      if (this.#brokenSituations.has(situation)) return;
      this.#brokenSituations.add(situation);
    }
    for (const property of this.#tested)
      this.exercised.set(property, (this.exercised.get(property) ?? 0) + 1);
  }

  /** Number of the state of a linear bank, among states that can be left and come back to until `unbranch`. */
  branch(): number {
    return this.#editor.interned();
  }

  unbranch(): void {
    this.#editor.flatten();
  }

  slotState(state: number, slot: number): SlotState {
    return slotName(this.#editor.wordOf(state, slot) & STATE_MASK);
  }

  /** Whether a message waits in the slot: fast. */
  isAvailable(state: number, slot: number): boolean {
    return (this.#editor.wordOf(state, slot) & STATE_MASK) === AVAILABLE;
  }

  /** Key of the chain that the slot's buffer is in, or -1. */
  chainOf(state: number, slot: number): number {
    return this.#system.chains === true ? this.#editor.wordOf(state, this.#chainWord(slot, KEY)) - 1 : -1;
  }

  /** Whether what an open operation gives away (see `OperationStack.giving`) is the buffer of this slot. */
  isGiven(state: number, slot: number, giving: readonly number[]): boolean {
    if (giving.length === 0) return false;
    const chain = this.chainOf(state, slot);
    return (
      giving.includes(this.#system.slots[slot]?.address ?? -1) ||
      (chain >= 0 && giving.includes(givenChain(chain)))
    );
  }

  /** Agent that owns the slot's buffer, or -1. */
  holder(state: number, slot: number): number {
    return (this.#editor.wordOf(state, slot) >>> STATE_BITS) - 1;
  }

  /** Whether every slot is free. */
  allFree(state: number): boolean {
    for (let slot = 0; slot < this.#system.slots.length; slot++) {
      if (this.#editor.wordOf(state, slot) !== 0) return false;
    }
    return true;
  }

  get size(): number {
    return this.#vectors.size;
  }

  bytes(): number {
    return this.#vectors.bytes() + this.#steps.bytes();
  }

  #prepare(agent: number, events: readonly RawEvent[]): EventList {
    const core = this.#system.agents[agent]?.core ?? -1;
    const prepared: PreparedEvent[] = [];
    this.broken = [];
    this.#tested = new Set();
    for (const raw of events) {
      if (raw.kind === 'slot') {
        const slot = this.#slotByAddress.get(raw.address) ?? -1;
        prepared.push({ kind: 'slot', raw, slot, code: slotEventIndex(raw.event) });
      } else if (raw.kind === 'chain') {
        if (this.#system.chains !== true) throw new RangeError('a chain in a system without `chains`');
        const slot = raw.event === 'append' ? (this.#slotByAddress.get(raw.address) ?? -1) : -1;
        prepared.push({ kind: 'chain', raw, slot, key: chainKey(raw.queue, raw.head) });
      } else if (raw.kind === 'payload') {
        const slot = this.#slotOf(raw.byteOffset);
        const found = this.#system.slots[slot];
        const within = found === undefined ? 0 : raw.byteOffset - found.address;
        const inside = found !== undefined && within + raw.length <= found.lengthBytes;
        prepared.push({ kind: 'payload', raw, slot, within, inside });
      } else {
        const event: MonitorEvent = { ...raw, agent, core };
        this.#observe(agent, event);
        this.#tell(this.#stateless, event);
        const listeners = this.#stateful.filter(({ monitor }) => monitor.listens?.(event) ?? true);
        if (listeners.length > 0) prepared.push({ kind: 'complete', event, listeners });
      }
    }
    const fault = events.find((event) => event.kind === 'fault');
    if (fault !== undefined) {
      // Whether or not anybody asked for the property that it breaks: an agent that goes no further proves nothing.
      const access = fault.fault !== 'unbounded' && fault.fault !== 'threw';
      const property = access ? 'no-outside-access' : 'bounded-operation';
      if (!this.#asked.has(property)) this.broken.push({ property, message: fault.message });
    }
    return { agent, core, events: prepared, broken: this.broken, exercised: [...this.#tested] };
  }

  #run(state: number, list: number): number {
    const entry = this.#lists[list];
    if (entry === undefined) throw new RangeError(`no list of events ${list}`);
    this.broken = [...entry.broken];
    this.#tested = new Set(entry.exercised);
    this.#editor.open(state);
    for (const prepared of entry.events) {
      if (prepared.kind === 'complete') {
        this.#tell(prepared.listeners, prepared.event);
        continue;
      }
      if (prepared.kind === 'chain') {
        this.#moveChain(entry, prepared);
        continue;
      }
      const event =
        prepared.kind === 'slot'
          ? this.#slotMove(entry, prepared.raw, prepared.slot, prepared.code)
          : this.#payloadAccess(entry, prepared);
      this.#tellAll(entry, event);
    }
    return this.broken.length > 0 ? -1 : this.#editor.commit();
  }

  #tellAll({ agent }: EventList, event: MonitorEvent): void {
    this.#observe(agent, event);
    this.#tell(this.#stateless, event);
    this.#tell(this.#stateful, event);
  }

  #tell(monitors: readonly PlacedMonitor[], event: MonitorEvent): void {
    for (const { property, monitor, words } of monitors) {
      const answer = this.#ask(property, monitor, words, event);
      if (answer === null) continue;
      if (answer === EXERCISED) {
        this.#tested.add(property);
      } else if (!this.broken.some((known) => known.property === property)) {
        this.broken.push({ property, message: answer });
      }
    }
  }

  #ask(property: string, monitor: Monitor, words: Words, event: MonitorEvent): ReturnType<Monitor['step']> {
    try {
      return monitor.step(words, event);
    } catch (error) {
      return this.guarded(property, `a ${event.kind} event`, () => {
        throw error;
      });
    }
  }

  /** Asks a property, and says which one it was if it throws. */
  guarded<T>(property: string, what: string, ask: () => T): T {
    return asked(`property ${property} threw on ${what}`, ask);
  }

  /** Moves the ledger, and says how. */
  #slotMove(
    { agent, core }: EventList,
    raw: Pick<RawSlot, 'event' | 'depth' | 'address' | 'length'>,
    slot: number,
    code: number,
  ): SlotMoveEvent {
    const word = slot < 0 ? 0 : this.#editor.get(slot);
    const from = word & STATE_MASK;
    const to = slot < 0 ? ILLEGAL : nextSlotState(from, code);
    if (to !== ILLEGAL) {
      this.#editor.set(slot, to | ((ownerOf(to) === 'nobody' ? 0 : agent + 1) << STATE_BITS));
    }
    return {
      kind: 'slot',
      agent,
      core,
      event: raw.event,
      depth: raw.depth,
      slot,
      address: raw.address,
      length: raw.length,
      from: slot < 0 ? null : slotName(from),
      to: to === ILLEGAL ? null : slotName(to),
      holder: (word >>> STATE_BITS) - 1,
    };
  }

  /** What happens to a chain, as what happens to its buffers, in the order in which they joined it. */
  #moveChain(entry: EventList, { raw, slot, key }: PreparedEvent & { readonly kind: 'chain' }): void {
    const { event, depth, head } = raw;
    const members = this.#membersOf(key, head === null ? raw.queue : -1);
    if (event === 'append') {
      const last = members[members.length - 1];
      const place = last === undefined ? 0 : this.#editor.get(this.#chainWord(last, PLACE)) + NEXT_PLACE;
      if (slot >= 0) {
        this.#editor.set(this.#chainWord(slot, KEY), key + 1);
        this.#editor.set(this.#chainWord(slot, LENGTH), raw.length + 1);
        this.#editor.set(this.#chainWord(slot, PLACE), place);
      }
      if ((place & PUBLISHED) === 0 && slot >= 0) return;
      const move = { event: 'publish', depth, address: raw.address, length: raw.length } as const;
      this.#tellAll(entry, this.#slotMove(entry, move, slot, slotEventIndex('publish')));
      return;
    }
    if (event === 'discard') {
      for (const member of members) this.#leaveChain(member);
      return;
    }
    const code = slotEventIndex(event);
    if (members.length === 0 && head !== null) {
      const nothing = { event, depth, address: -1, length: -1 };
      this.#tellAll(entry, { ...this.#slotMove(entry, nothing, -1, code), noChain: head });
    }
    const lengths = event === 'publish' || event === 'take';
    for (const member of members) {
      const length = lengths ? this.#editor.get(this.#chainWord(member, LENGTH)) - 1 : -1;
      const place = this.#chainWord(member, PLACE);
      if (event === 'publish') this.#editor.set(place, this.#editor.get(place) | PUBLISHED);
      const ends = event === 'collect' || event === 'revoke';
      if (ends) this.#leaveChain(member);
      const address = this.#system.slots[member]?.address ?? -1;
      const moved = this.#slotMove(entry, { event, depth, address, length }, member, code);
      this.#tellAll(entry, moved);
      if (raw.keeps !== true || !ends || moved.to === null) continue;
      const kept = { event: 'reserve', depth, address, length: -1 } as const;
      this.#tellAll(entry, this.#slotMove(entry, kept, member, slotEventIndex('reserve')));
    }
  }

  #leaveChain(slot: number): void {
    for (let word = 0; word < CHAIN_WORDS; word++) this.#editor.set(this.#chainWord(slot, word), 0);
  }

  /** Slots of the buffers in a chain, or in any chain of a queue (else -1), in the order in which they joined it. */
  #membersOf(key: number, queue: number): number[] {
    const places: (readonly [slot: number, place: number])[] = [];
    for (let slot = 0; slot < this.#system.slots.length; slot++) {
      const chain = this.#editor.get(this.#chainWord(slot, KEY)) - 1;
      if (chain >= 0 && (chain === key || queueOfChain(chain) === queue))
        places.push([slot, this.#editor.get(this.#chainWord(slot, PLACE))]);
    }
    return places.sort(([, a], [, b]) => a - b).map(([slot]) => slot);
  }

  #chainWord(slot: number, word: number): number {
    return this.#system.slots.length + slot * CHAIN_WORDS + word;
  }

  #payloadAccess(
    { agent, core }: EventList,
    { raw, slot, within, inside }: PreparedEvent & { readonly kind: 'payload' },
  ): PayloadAccessEvent {
    const word = slot < 0 ? 0 : this.#editor.get(slot);
    return {
      kind: 'payload',
      agent,
      core,
      access: raw.access,
      byteOffset: raw.byteOffset,
      length: raw.length,
      content: raw.content,
      slot,
      within,
      inside,
      state: slot < 0 ? null : slotName(word & STATE_MASK),
      ownerCore: this.#system.agents[(word >>> STATE_BITS) - 1]?.core ?? -1,
    };
  }

  #slotOf(byteOffset: number): number {
    return this.#system.slots.findIndex(
      (slot) => byteOffset >= slot.address && byteOffset < slot.address + slot.lengthBytes,
    );
  }
}

function slotName(state: number): SlotState {
  const name = slotStates[state];
  if (name === undefined) throw new RangeError(`no slot state ${state}`);
  return name;
}

/** The words of all monitors: interned, state by state; or flat, those of a run. */
class MonitorWords {
  readonly #vectors: PersistentVectors;
  readonly #editor: VectorEditor;
  readonly #flat: Uint32Array<ArrayBuffer>;
  /** Sum of a number for each word and its place: equal words have equal ones. */
  #hash = 0;
  isFlat = false;

  constructor(vectors: PersistentVectors) {
    this.#vectors = vectors;
    this.#editor = new VectorEditor(vectors);
    this.#flat = new Uint32Array(Math.max(1, vectors.width));
  }

  get(index: number): number {
    return this.isFlat ? (this.#flat[index] as number) : this.#editor.get(index);
  }

  set(index: number, word: number): void {
    if (!this.isFlat) {
      this.#editor.set(index, word);
      return;
    }
    const before = this.#flat[index] as number;
    if (before === word >>> 0) return;
    this.#hash = (this.#hash + part(index, word) - part(index, before)) | 0;
    this.#flat[index] = word;
  }

  /** A word of a state. */
  wordOf(state: number, index: number): number {
    return this.isFlat ? (this.#flat[index] as number) : this.#vectors.get(state, index);
  }

  open(state: number): void {
    if (!this.isFlat) this.#editor.open(state);
  }

  commit(): number {
    return this.isFlat ? this.#hash & 0x7fffffff : this.#editor.commit();
  }

  /** A run begins. */
  clear(): void {
    this.isFlat = true;
    this.#hash = 0;
    this.#flat.fill(0);
  }

  /** Number of the run's words as a vector; on with interned ones, until `flatten`. */
  interned(): number {
    this.isFlat = false;
    return this.#vectors.intern(this.#flat);
  }

  flatten(): void {
    this.isFlat = true;
  }
}

/** What a word in its place adds to the hash; 0 for 0. */
function part(index: number, word: number): number {
  if (word === 0) return 0;
  const mixed = Math.imul(word ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
}

/** A monitor's own words among those of all. */
class WordsWindow implements Words {
  readonly #editor: MonitorWords;
  readonly #offset: number;
  readonly #words: number;

  constructor(editor: MonitorWords, offset: number, words: number) {
    this.#editor = editor;
    this.#offset = offset;
    this.#words = words;
  }

  get(index: number): number {
    return this.#editor.get(this.#place(index));
  }

  set(index: number, word: number): void {
    this.#editor.set(this.#place(index), word);
  }

  #place(index: number): number {
    if (!(index >= 0 && index < this.#words)) {
      throw new RangeError(`word ${index} of a monitor that declared ${this.#words}`);
    }
    return this.#offset + index;
  }
}
