/**
 * First in, first out, for operations that take time. Two operations that overlap have no order; of two that do not,
 * the order is kept: if `a` was published before the publication of `b` began, no operation takes `a` that begins
 * after another has taken `b`.
 *
 * Per queue, the moments at which publications began (C) and ended (R) stand in the order of happening, for the
 * buffers that nobody has taken yet. As only the order of a C and an R matters, neighbours of one kind form a block,
 * and the blocks are numbered C1 R1 C2 R2 ... without gaps: equal orders are equal states, and an entry leaves
 * with its take. A publication begins with its slot event, which comes before its operation's first access.
 *
 * When `b` is taken before such an `a`, an operation already in progress may still take `a`: the two takes overlap.
 * Which operations take, and from which queue, is not known until they do. So every open operation of an agent that
 * receives from the queue is an excuse for `a`, until its agent calls another; with the last excuse the order is
 * broken. A queue with one receiver has no excuses: what overtakes breaks the order at once. With more than one, the
 * violation is told at the latest when `a` is taken or those agents go on. (If neither happens, `a` is lost, which is
 * for `no-lost-buffers` to tell.)
 *
 * Monitors run millions of times. So entries are read as the integers that they are, and nothing is allocated for an
 * event that is fine.
 */
import type {
  CallEvent,
  MonitorEvent,
  Property,
  PropertyContext,
  ReturnEvent,
  SlotMoveEvent,
  Words,
} from './property.ts';
import { agentName, slotName } from './wording.ts';

/** Largest number of slots, nesting depth and number of agents that an entry's word has room for. */
const MAX_SLOTS = 0xfff;
const MAX_DEPTH = 0x3f;
const MAX_AGENTS = 0x1fff;

/*
 * The word of a buffer published and not taken, else 0. Bits 0..11: the block in which its publication began, 1.. (so
 * that no entry is 0). Bit 12: ended. Above: the block in which it ended or, while it goes on, who publishes.
 */
const ENDED = MAX_SLOTS + 1;
const ABOVE = 2 * ENDED;

function beginOf(entry: number): number {
  return entry & MAX_SLOTS;
}

function hasEnded(entry: number): boolean {
  return (entry & ENDED) !== 0;
}

/** The block in which it ended, or the `publisher`. */
function aboveOf(entry: number): number {
  return entry >>> 13;
}

/** An operation, as far as it is known by its agent (13 bits) and its depth (6 bits). */
function publisher(agent: number, depth: number): number {
  return agent * (MAX_DEPTH + 1) + depth;
}

function endedEntry(begin: number, end: number): number {
  return end * ABOVE + ENDED + begin;
}

function openEntry(begin: number, by: number): number {
  return by * ABOVE + begin;
}

/**
 * Buffers of a queue are taken in the order in which they were published, as far as operations do not overlap; and
 * none is taken that was not published. A publication that fails was none.
 *
 * State, all 0 at rest with the queues empty: for each slot an entry. With one receiver for each queue that is all.
 * Where several agents receive from one queue there are further: the number of open operations of each of these
 * agents, the number of overtaken entries, and for each slot of such a queue and each of its receivers how many of the
 * agent's operations excuse it, which is 0 but while takes overlap. With n slots, a slot event costs O(n), so does the
 * return of an operation that succeeds, and a call O(1) unless something is overtaken.
 *
 * Simplifications: a taking operation counts as in progress until its `return`, not until the `take` after it. That
 * tells wrong only where another agent comes in between the two, which needs an operation that takes two buffers, or
 * one without any access. And of a queue's only receiver, an operation that takes a buffer by itself is taken not to
 * overlap with the takes nested in it.
 *
 * @throws RangeError when set up with more than 4095 slots or 8191 agents, at a publication nested deeper than 64, or
 * at a take from a queue that is not among those the agent declared to receive from.
 */
export const fifo: Property = {
  name: 'fifo',
  title: 'Buffers are taken in the order in which they were published.',
  monitor(context) {
    const slots = context.slots.length;
    const agents = context.agents.length;
    if (slots > MAX_SLOTS || agents > MAX_AGENTS) {
      throw new RangeError(
        `fifo: expected at most ${MAX_SLOTS} slots and ${MAX_AGENTS} agents, found ${slots} and ${agents}`,
      );
    }
    const monitor = new FifoMonitor(context);
    return {
      words: monitor.words,
      listens: (event) => monitor.listens(event),
      step(state, event) {
        switch (event.kind) {
          case 'call':
            return monitor.call(state, event);
          case 'return':
            monitor.return(state, event);
            return null;
          case 'slot':
            return event.slot === -1 ? null : monitor.move(state, event);
          default:
            return null;
        }
      },
    };
  },
};

interface Queue {
  /** Its index in the context. */
  readonly index: number;
  readonly slots: readonly number[];
  /** Its receivers if it has several, whose takes can overlap; else nobody. */
  readonly rivals: readonly number[];
}

const NOWHERE = -1;

/** The layout of the words, and what events do to them. Holds nothing that outlasts an event. */
class FifoMonitor {
  readonly words: number;
  readonly #context: PropertyContext;
  readonly #queues: readonly Queue[];
  /** Queue of each slot. */
  readonly #queueOf: readonly Queue[];
  /** Where the words are: entries of the slots come first, then the open operations of each agent (or nowhere). */
  readonly #openOf: readonly number[];
  readonly #overtaken: number;
  /** For each slot where its excuses begin, one for each rival. */
  readonly #excusesOf: readonly number[];
  /** Scratch of `#renumber`, by block: what is in it, and its new number. */
  readonly #marks: Uint8Array;
  readonly #numbers: Uint16Array;

  constructor(context: PropertyContext) {
    this.#context = context;
    const slotsOf = new Map<number, number[]>();
    for (const [slot, { queue }] of context.slots.entries()) {
      const slots = slotsOf.get(queue);
      if (slots === undefined) slotsOf.set(queue, [slot]);
      else slots.push(slot);
    }
    const queues = new Map<number, Queue>();
    for (const [index, slots] of slotsOf) {
      const receivers = context.agents.flatMap((_, agent) =>
        receives(context, agent, index) ? [agent] : [],
      );
      queues.set(index, { index, slots, rivals: receivers.length > 1 ? receivers : [] });
    }
    this.#queues = [...queues.values()];
    this.#queueOf = context.slots.flatMap(({ queue }) => queues.get(queue) ?? []);
    let words = context.slots.length;
    this.#openOf = context.agents.map((_, agent) =>
      this.#queues.some(({ rivals }) => rivals.includes(agent)) ? words++ : NOWHERE,
    );
    this.#overtaken = words === context.slots.length ? NOWHERE : words++;
    this.#excusesOf = this.#queueOf.map(({ rivals }) => {
      words += rivals.length;
      return words - rivals.length;
    });
    this.words = words;
    this.#marks = new Uint8Array(context.slots.length + 1);
    this.#numbers = new Uint16Array(context.slots.length + 1);
  }

  listens(event: MonitorEvent): boolean {
    switch (event.kind) {
      case 'call':
        return this.#openAt(event.agent) !== NOWHERE;
      case 'return':
        return this.#openAt(event.agent) !== NOWHERE || !this.#hasFailed(event);
      case 'slot':
        return true;
      default:
        return false;
    }
  }

  call(state: Words, { agent, depth }: CallEvent): string | null {
    const open = this.#openAt(agent);
    if (open === NOWHERE) return null;
    state.set(open, depth + 1);
    if (state.get(this.#overtaken) === 0) return null;
    let broken: string | null = null;
    for (const { slots, rivals } of this.#queues) {
      const rival = rivals.indexOf(agent);
      if (rival === -1) continue;
      for (const slot of slots) {
        const excuse = this.#excusesAt(slot) + rival;
        // Of the operations that excused the buffer, those at this depth or deeper have returned.
        if (state.get(excuse) <= depth) continue;
        state.set(excuse, depth);
        if (!this.#isOvertaken(state, slot, rivals)) {
          state.set(this.#overtaken, state.get(this.#overtaken) - 1);
          broken ??=
            `${slotName(this.#context, slot)} was overtaken: a buffer published after it was taken before it, ` +
            'and no operation that was in progress then can still take it';
        }
      }
    }
    return broken;
  }

  return(state: Words, event: ReturnEvent): void {
    const { agent, depth } = event;
    const open = this.#openAt(agent);
    if (open !== NOWHERE) state.set(open, depth);
    // A refused publication has no end: `publish.failed` will take its entry away.
    if (this.#hasFailed(event)) return;
    const by = publisher(agent, depth);
    for (let slot = 0; slot < this.#queueOf.length; slot++) {
      const entry = state.get(slot);
      if (entry === 0 || hasEnded(entry) || aboveOf(entry) !== by) continue;
      state.set(slot, endedEntry(beginOf(entry), lastBlock(state, this.#slotsWith(slot))));
    }
  }

  move(state: Words, event: SlotMoveEvent): string | null {
    const { slot, agent } = event;
    const queue = this.#queueOf[slot];
    if (queue === undefined) return null;
    switch (event.event) {
      case 'publish':
        this.#publish(state, queue, event);
        return null;
      case 'publish.failed':
      case 'revoke':
        this.#remove(state, queue, slot);
        return null;
      case 'take': {
        const broken = this.#take(state, queue, slot, agent);
        this.#remove(state, queue, slot);
        return broken;
      }
      default:
        return null;
    }
  }

  #publish(state: Words, { slots }: Queue, { slot, agent, depth }: SlotMoveEvent): void {
    if (depth > MAX_DEPTH) {
      throw new RangeError(`fifo: expected a nesting depth of at most ${MAX_DEPTH}, found ${depth}`);
    }
    // Published twice: the buffer keeps its first place. It is no-double-ownership that tells.
    if (state.get(slot) !== 0) return;
    const last = lastBlock(state, slots);
    const begin = last === 0 || hasEnd(state, slots, last) ? last + 1 : last;
    // Outside of any operation (depth -1) it takes no time.
    state.set(slot, depth < 0 ? endedEntry(begin, begin) : openEntry(begin, publisher(agent, depth)));
  }

  #take(state: Words, { index, slots, rivals }: Queue, slot: number, agent: number): string | null {
    const context = this.#context;
    if (!receives(context, agent, index)) {
      const declared = context.agents[agent]?.receives?.join(', ') || 'none';
      throw new RangeError(
        `fifo: ${this.#deed(agent, slot)} of queue ${index}, expected a queue that it declared to receive from: ${declared}`,
      );
    }
    const taken = state.get(slot);
    if (taken === 0) return `${this.#deed(agent, slot)}, which is not in the queue`;
    if (this.#isOvertaken(state, slot, rivals)) {
      // The operation that took it has returned, so the agent's open ones are those around it.
      const around = state.get(this.#openAt(agent));
      if (state.get(this.#excusesAt(slot) + rivals.indexOf(agent)) <= around) {
        return `${this.#deed(agent, slot)} after one published later, which had been taken before this operation began`;
      }
    }
    const begin = beginOf(taken);
    for (const other of slots) {
      const entry = state.get(other);
      if (!hasEnded(entry) || aboveOf(entry) >= begin) continue;
      if (!this.#overtake(state, other, rivals)) {
        return `${this.#deed(agent, slot)} before ${slotName(context, other)}, which was published first`;
      }
    }
    return null;
  }

  /** Notes that a buffer published later was taken before this one. Returns whether there is an excuse. */
  #overtake(state: Words, slot: number, rivals: readonly number[]): boolean {
    const before = this.#isOvertaken(state, slot, rivals);
    let excuse = this.#excusesAt(slot);
    let excused = false;
    for (const rival of rivals) {
      const open = state.get(this.#openAt(rival));
      // Overtaken once more, it is excused only by what overlaps both takes.
      const count = before ? Math.min(state.get(excuse), open) : open;
      state.set(excuse++, count);
      if (count !== 0) excused = true;
    }
    if (excused && !before) state.set(this.#overtaken, state.get(this.#overtaken) + 1);
    return excused;
  }

  #remove(state: Words, { slots, rivals }: Queue, slot: number): void {
    if (state.get(slot) === 0) return;
    state.set(slot, 0);
    if (this.#isOvertaken(state, slot, rivals)) {
      state.set(this.#overtaken, state.get(this.#overtaken) - 1);
      const excuses = this.#excusesAt(slot);
      for (let rival = 0; rival < rivals.length; rival++) state.set(excuses + rival, 0);
    }
    this.#renumber(state, slots);
  }

  /** Joins blocks between which an entry has left, and numbers them without gaps. */
  #renumber(state: Words, slots: readonly number[]): void {
    const marks = this.#marks;
    const numbers = this.#numbers;
    const last = lastBlock(state, slots);
    marks.fill(0, 0, last + 1);
    for (const slot of slots) {
      const entry = state.get(slot);
      if (entry === 0) continue;
      const begin = beginOf(entry);
      marks[begin] = (marks[begin] ?? 0) | BEGINS;
      if (!hasEnded(entry)) continue;
      const end = aboveOf(entry);
      marks[end] = (marks[end] ?? 0) | ENDS;
    }
    let number = 0;
    let afterEnds = true;
    for (let block = 1; block <= last; block++) {
      const mark = marks[block] ?? 0;
      if ((mark & BEGINS) !== 0 && afterEnds) {
        number++;
        afterEnds = false;
      }
      numbers[block] = number;
      if ((mark & ENDS) !== 0) afterEnds = true;
    }
    // As many numbers as blocks: each has kept its own.
    if (number === last) return;
    for (const slot of slots) {
      const entry = state.get(slot);
      if (entry === 0) continue;
      const begin = numbers[beginOf(entry)] ?? 0;
      const above = aboveOf(entry);
      state.set(slot, hasEnded(entry) ? endedEntry(begin, numbers[above] ?? 0) : openEntry(begin, above));
    }
  }

  /** An overtaken entry without an excuse is a violation, so one with an excuse is all there is. */
  #isOvertaken(state: Words, slot: number, rivals: readonly number[]): boolean {
    const excuses = this.#excusesAt(slot);
    for (let rival = 0; rival < rivals.length; rival++) {
      if (state.get(excuses + rival) !== 0) return true;
    }
    return false;
  }

  #hasFailed({ operation, result }: ReturnEvent): boolean {
    return this.#context.operations[operation]?.succeeded(result) === false;
  }

  #deed(agent: number, slot: number): string {
    return `${agentName(this.#context, agent)} took ${slotName(this.#context, slot)}`;
  }

  #slotsWith(slot: number): readonly number[] {
    return this.#queueOf[slot]?.slots ?? [];
  }

  #openAt(agent: number): number {
    return this.#openOf[agent] ?? NOWHERE;
  }

  #excusesAt(slot: number): number {
    return this.#excusesOf[slot] ?? NOWHERE;
  }
}

/** What a block has. */
const BEGINS = 1;
const ENDS = 2;

function receives(context: PropertyContext, agent: number, queue: number): boolean {
  return context.agents[agent]?.receives?.includes(queue) ?? true;
}

/** Number of the last block; 0 for an empty queue. */
function lastBlock(state: Words, slots: readonly number[]): number {
  let last = 0;
  for (const slot of slots) {
    const entry = state.get(slot);
    const begin = beginOf(entry);
    if (begin > last) last = begin;
    if (hasEnded(entry) && aboveOf(entry) > last) last = aboveOf(entry);
  }
  return last;
}

function hasEnd(state: Words, slots: readonly number[], block: number): boolean {
  for (const slot of slots) {
    const entry = state.get(slot);
    if (hasEnded(entry) && aboveOf(entry) === block) return true;
  }
  return false;
}
