import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fifo, type MonitorEvent, type PropertyContext } from 'vqcheck/properties';
import {
  BUFFER_BYTES,
  contextWith,
  judge,
  MAIN,
  MAIN_ISR,
  REMOTE,
  REMOTE_ISR,
  Story,
  verdictOf,
} from './support.ts';

const context = contextWith([0, 0, 0, 1]);
const story = (): Story => new Story(context).reserve(0).reserve(1).reserve(2).reserve(3);
const verdict = (run: Story): string | null => verdictOf(fifo, context, run);
const wordsAfter = (run: Story): readonly number[] => judge(fifo, context, run.events).words;
const begin = (run: Story, slot: number, agent: number): Story =>
  run.call(agent, 'send_try').slot(agent, 'publish', slot, BUFFER_BYTES);

describe('fifo › publications', () => {
  it('holds when buffers are taken in the order in which they were published', () => {
    expect(verdict(story().send(2).send(0).receive(2).send(1).receive(0).receive(1))).toBeNull();
  });

  it('reports a buffer that is taken before one published first', () => {
    expect(verdict(story().send(1).send(0).receive(0))).toBe(
      'remote took buffer[0] before buffer[1], which was published first',
    );
  });

  it('knows no order between publications that overlap', () => {
    const overlapping = (): Story =>
      begin(begin(story(), 0, MAIN), 1, MAIN_ISR)
        .return(MAIN_ISR, 'send_try')
        .return(MAIN, 'send_try');
    expect(verdict(overlapping().receive(0).receive(1))).toBeNull();
    expect(verdict(overlapping().receive(1).receive(0))).toBeNull();
  });

  it('orders a third publication after one of the two that overlap, when only that one has ended', () => {
    const run = (): Story =>
      begin(begin(story(), 0, MAIN), 1, MAIN_ISR)
        .return(MAIN_ISR, 'send_try')
        .send(2, 8, MAIN_ISR);
    expect(verdict(run().receive(1).receive(2).receive(0))).toBeNull();
    expect(verdict(run().return(MAIN, 'send_try').receive(2))).toBe(
      'remote took buffer[2] before buffer[1], which was published first',
    );
  });

  it('lets a buffer be taken while its publication has not returned', () => {
    const run = begin(story(), 0, MAIN).receive(0).return(MAIN, 'send_try').send(1).receive(1);
    expect(verdict(run)).toBeNull();
  });

  it('forgets a publication that failed, also between its return and the event that undoes it', () => {
    const failed = (): Story => begin(story(), 0, MAIN).return(MAIN, 'send_try', 269);
    expect(verdict(failed().slot(MAIN, 'publish.failed', 0).send(1).receive(1))).toBeNull();
    expect(verdict(failed().send(1, 8, MAIN_ISR).receive(1).slot(MAIN, 'publish.failed', 0))).toBeNull();
  });

  it('takes the operation that publishes, not the one around it, for the publication', () => {
    const run = begin(story().call(MAIN, 'scatter'), 0, MAIN).return(MAIN, 'send_try');
    const both = begin(run, 1, MAIN).return(MAIN, 'send_try').return(MAIN, 'scatter');
    expect(verdict(both.receive(1))).toBe(
      'remote took buffer[1] before buffer[0], which was published first',
    );
  });

  it('does not take the end of an operation nested in the publication for its end', () => {
    const inSend = (): Story => begin(story(), 0, MAIN).call(MAIN, 'notify').return(MAIN, 'notify');
    const other = inSend().send(1, BUFFER_BYTES, MAIN_ISR).receive(1).receive(0);
    expect(verdict(other.return(MAIN, 'send_try'))).toBeNull();
  });

  it('knows no order between queues', () => {
    expect(verdict(story().send(0).send(3).receive(3).receive(0))).toBeNull();
  });

  it('reports a buffer taken that is not in the queue: never published, or taken twice', () => {
    expect(verdict(story().receive(1))).toBe('remote took buffer[1], which is not in the queue');
    expect(verdict(story().send(0).receive(0).receive(0))).toBe(
      'remote took buffer[0], which is not in the queue',
    );
  });

  it('leaves unknown addresses and double publications to no-double-ownership', () => {
    expect(verdict(story().slot(MAIN, 'publish', -1).slot(REMOTE, 'take', -1))).toBeNull();
    expect(verdict(story().send(0).send(1).send(0).receive(0).receive(1))).toBeNull();
  });

  it('takes a publication outside of any operation for one without duration', () => {
    const run = story().slot(MAIN, 'publish', 0).slot(MAIN, 'publish', 1);
    expect(verdict(run.receive(1))).toBe('remote took buffer[1] before buffer[0], which was published first');
  });
});

describe('fifo › takes that overlap', () => {
  /** The handler comes into the task's receiving operation, and takes the second buffer. */
  const entered = (): Story => story().send(0).send(1).call(REMOTE, 'recv_try').receive(1, 8, REMOTE_ISR);

  it('allows the operation that was in progress to take the first buffer afterwards', () => {
    expect(verdict(entered().return(REMOTE, 'recv_try').slot(REMOTE, 'take', 0))).toBeNull();
  });

  it('reports an operation that began later and takes the first buffer', () => {
    expect(
      verdict(
        entered().call(REMOTE_ISR, 'recv_try').return(REMOTE_ISR, 'recv_try').slot(REMOTE_ISR, 'take', 0),
      ),
    ).toBe(
      'remote-isr took buffer[0] after one published later, which had been taken before this operation began',
    );
  });

  it('reports as soon as no operation is left that could still take the first buffer', () => {
    const run = entered().return(REMOTE, 'recv_try', 261).call(REMOTE, 'free_try');
    expect(judge(fifo, context, run.events)).toMatchObject({
      message:
        'buffer[0] was overtaken: a buffer published after it was taken before it, and no operation that was in ' +
        'progress then can still take it',
      at: run.events.length - 1,
    });
  });

  it('tells an operation in progress from a later one nested in the same operation', () => {
    const inBatch = story()
      .send(0)
      .send(1)
      .call(REMOTE, 'batch')
      .call(REMOTE, 'recv_try')
      .receive(1, 8, REMOTE_ISR);
    const first = inBatch.return(REMOTE, 'recv_try', 261);
    expect(verdict(first.call(REMOTE, 'recv_try').return(REMOTE, 'recv_try').slot(REMOTE, 'take', 0))).toBe(
      'remote took buffer[0] after one published later, which had been taken before this operation began',
    );
  });

  it('lets an operation around others take the first buffer at its own return', () => {
    const run = story().send(0).send(1).call(REMOTE, 'gather').receive(1, 8, REMOTE_ISR);
    run.call(REMOTE, 'peek').return(REMOTE, 'peek').return(REMOTE, 'gather').slot(REMOTE, 'take', 0);
    expect(verdict(run)).toBeNull();
  });
});

describe('fifo › receivers', () => {
  /** The task on core 1 receives from queue 0, its handler from queue 1. */
  const single = contextWith([0, 0, 0, 1], [[], [], [0], [1]]);
  /** Both receive from queue 0, only the handler from queue 1. */
  const shared = contextWith([0, 0, 0, 1], [[], [], [0], [1, 0]]);
  const on = (at: PropertyContext): Story => new Story(at).reserve(0).reserve(1).reserve(2).reserve(3);
  const busy = (at: PropertyContext): Story =>
    on(at).send(0).send(1).call(MAIN, 'batch').call(REMOTE_ISR, 'recv_try');

  it('reports the overtaking take itself in a queue with one receiver, whoever is inside of operations', () => {
    const run = busy(single).call(REMOTE, 'batch').receive(1);
    expect(judge(fifo, single, run.events)).toMatchObject({
      message: 'remote took buffer[1] before buffer[0], which was published first',
      at: run.events.length - 1,
    });
  });

  it('lets a queue with one receiver be taken in order, while others are inside of operations', () => {
    expect(verdictOf(fifo, single, busy(single).receive(0).receive(1))).toBeNull();
  });

  it('waits for the other receiver where there are two, and for nobody else', () => {
    const run = busy(shared).receive(1).call(MAIN, 'send_try').call(REMOTE, 'free_try');
    expect(verdictOf(fifo, shared, run)).toBeNull();
    run.return(REMOTE_ISR, 'recv_try', 261).call(REMOTE_ISR, 'free_try');
    expect(judge(fifo, shared, run.events)).toMatchObject({
      message: expect.stringMatching(/^buffer\[0\] was overtaken/),
      at: run.events.length - 1,
    });
  });

  it('reports the overtaking take in the shared queue when only strangers are inside of operations', () => {
    const run = on(shared).send(0).send(1).call(MAIN, 'batch').call(MAIN_ISR, 'batch').receive(1);
    expect(verdictOf(fifo, shared, run)).toBe(
      'remote took buffer[1] before buffer[0], which was published first',
    );
  });

  it('keeps the excuses of two shared queues apart', () => {
    const at = contextWith([0, 0, 1, 1], [[], [], [0, 1], [0, 1]]);
    const run = on(at).send(0).send(1).send(2).send(3).call(REMOTE, 'recv_try');
    run.receive(3, BUFFER_BYTES, REMOTE_ISR).receive(1, BUFFER_BYTES, REMOTE_ISR);
    expect(verdictOf(fifo, at, run)).toBeNull();
    const taken = run.return(REMOTE, 'recv_try').slot(REMOTE, 'take', 2);
    expect(verdictOf(fifo, at, taken)).toBeNull();
    expect(verdictOf(fifo, at, taken.call(REMOTE, 'recv_try'))).toMatch(/^buffer\[0\] was overtaken/);
  });

  it('needs a word for each slot, and more only for agents that share a queue', () => {
    expect(fifo.monitor?.(single).words).toBe(4);
    expect(fifo.monitor?.(shared).words).toBe(4 + 2 + 1 + 3 * 2);
    expect(fifo.monitor?.(contextWith([0, 0], [[], [], [], []])).words).toBe(2);
  });

  it.each([
    ['one receiver', single, [MAIN, MAIN_ISR, REMOTE, REMOTE_ISR]],
    ['two receivers', shared, [MAIN, MAIN_ISR]],
  ] as const)('changes no word at a call or a return of who shares no queue: %s', (_, at, agents) => {
    const before = on(at).send(0).call(MAIN_ISR, 'batch').slot(MAIN_ISR, 'publish', 1);
    const { words } = judge(fifo, at, before.events);
    for (const agent of agents) {
      for (const operation of ['send_try', 'recv_try', 'of my own']) {
        before.call(agent, operation).call(agent, 'nested');
        expect(judge(fifo, at, before.events)).toEqual({ message: null, at: -1, words });
        before.return(agent, 'nested', 0);
        expect(judge(fifo, at, before.events).words).toEqual(words);
        before.return(agent, operation, 0);
        expect(judge(fifo, at, before.events).words).toEqual(words);
      }
    }
    const ended = before.return(MAIN_ISR, 'batch', 0);
    expect(judge(fifo, at, ended.events).words).not.toEqual(words);
  });

  it('does not listen to calls of who shares no queue, nor to their failures', () => {
    const monitor = fifo.monitor?.(shared);
    const heard = (agent: number): readonly (boolean | undefined)[] =>
      new Story(shared)
        .call(agent, 'recv_try')
        .return(agent, 'recv_try', 261)
        .call(agent, 'send_try')
        .return(agent, 'send_try', 0)
        .allocation(agent, 0, 4)
        .events.map((event) => monitor?.listens?.(event));
    expect(heard(MAIN)).toEqual([false, false, false, true, false]);
    expect(heard(REMOTE_ISR)).toEqual([true, true, true, true, false]);
  });

  it('is in error when an agent takes from a queue that it did not declare', () => {
    expect(() => verdictOf(fifo, single, on(single).send(3).receive(3))).toThrow(
      new RangeError(
        'fifo: remote took buffer[3] of queue 1, expected a queue that it declared to receive from: 0',
      ),
    );
    expect(() => verdictOf(fifo, single, on(single).receive(0, BUFFER_BYTES, MAIN))).toThrow(
      new RangeError(
        'fifo: main took buffer[0] of queue 0, expected a queue that it declared to receive from: none',
      ),
    );
  });
});

describe('fifo › state', () => {
  it('needs no more than the words that it documents', () => {
    expect(fifo.monitor?.(context).words).toBe(4 + 4 + 1 + 4 * 4);
  });

  it('keeps nothing once the buffers are taken, overtaken ones included', () => {
    const zero = wordsAfter(new Story(context)).map(() => 0);
    expect(wordsAfter(story().send(2).send(0).receive(2).receive(0))).toEqual(zero);
    const overtaken = story().send(0).send(1).call(REMOTE, 'recv_try').receive(1, 8, REMOTE_ISR);
    expect(wordsAfter(overtaken)).not.toEqual(zero);
    expect(wordsAfter(overtaken.return(REMOTE, 'recv_try').slot(REMOTE, 'take', 0))).toEqual(zero);
    expect(
      wordsAfter(begin(story(), 0, MAIN).return(MAIN, 'send_try', 269).slot(MAIN, 'publish.failed', 0)),
    ).toEqual(zero);
  });

  it('keeps nothing of a buffer that was overtaken twice', () => {
    const twice = story().send(0).send(1).send(2).call(REMOTE, 'recv_try');
    twice.receive(1, BUFFER_BYTES, REMOTE_ISR).receive(2, BUFFER_BYTES, REMOTE_ISR);
    const home = wordsAfter(twice.return(REMOTE, 'recv_try').slot(REMOTE, 'take', 0));
    expect(home.every((word) => word === 0)).toBe(true);
  });

  it('is the same for the same order, whatever was taken before', () => {
    expect(wordsAfter(story().send(2).send(0).receive(2).send(1))).toEqual(
      wordsAfter(story().send(0).send(1)),
    );
    expect(wordsAfter(story().send(0).send(2).send(1).receive(0))).toEqual(
      wordsAfter(story().send(2).send(1)),
    );
  });

  it('forgets an order that only a buffer which has left could tell', () => {
    // 2 ends between the beginnings of 0 and 1. Without it, 0 and 1 began and go on together.
    const split = begin(begin(begin(story(), 2, MAIN), 0, REMOTE).return(MAIN, 'send_try'), 1, MAIN_ISR);
    const together = begin(begin(story(), 0, REMOTE), 1, MAIN_ISR);
    expect(wordsAfter(split)).not.toEqual(wordsAfter(together));
    expect(wordsAfter(split.receive(2, 8, REMOTE_ISR))).toEqual(wordsAfter(together));
  });

  it('numbers blocks anew also when the last publication to begin is the first to leave', () => {
    const run = begin(story(), 0, MAIN)
      .send(1, 8, MAIN_ISR)
      .call(MAIN_ISR, 'send_try')
      .slot(MAIN_ISR, 'publish', 2);
    run.return(MAIN, 'send_try').receive(1).receive(2);
    expect(wordsAfter(run.return(MAIN_ISR, 'send_try'))).toEqual(wordsAfter(story().send(0)));
  });

  it('refuses systems that its words have no room for', () => {
    const wide = contextWith(Array.from({ length: 4096 }, () => 0));
    expect(() => fifo.monitor?.(wide)).toThrow(
      'expected at most 4095 slots and 8191 agents, found 4096 and 4',
    );
    const deep = story();
    for (let depth = 0; depth < 64; depth++) deep.call(MAIN, 'nested');
    expect(verdict(deep.slot(MAIN, 'publish', 0))).toBeNull();
    expect(() => verdict(deep.call(MAIN, 'nested').slot(MAIN, 'publish', 1))).toThrow(
      'expected a nesting depth of at most 63, found 64',
    );
  });
});

// --- Against an oracle that keeps everything -----------------------------------------------------------------------

interface Operation {
  readonly agent: number;
  readonly depth: number;
  readonly call: number;
  end: number;
}

interface Passage {
  readonly slot: number;
  readonly publication: Operation;
  failed: boolean;
  takenBy: Operation | null;
}

/** All that ever happened, with times that are indices of events. */
interface History {
  readonly events: readonly MonitorEvent[];
  readonly operations: readonly Operation[];
  readonly passages: readonly Passage[];
}

const NEVER = Number.POSITIVE_INFINITY;

/** Random operations of four agents on four buffers in two queues: who acts, and with what, is chosen by a number. */
function historyOf(choices: readonly number[], at: PropertyContext): History {
  const run = new Story(at);
  const operations: Operation[] = [];
  const passages: Passage[] = [];
  const open: Operation[][] = [[], [], [], []];
  const inQueue = new Map<number, Passage>();
  const publishing = new Map<Operation, Passage>();
  const now = (): number => run.events.length;

  const call = (agent: number, name: string): Operation => {
    const stack = open[agent] ?? [];
    const operation = { agent, depth: stack.length, call: now(), end: NEVER };
    run.call(agent, name);
    operations.push(operation);
    stack.push(operation);
    return operation;
  };
  const finish = (agent: number, name: string, result: number): void => {
    const operation = open[agent]?.pop();
    if (operation !== undefined) operation.end = now();
    run.return(agent, name, result);
  };

  for (const choice of choices) {
    const agent = choice % 4;
    const pick = Math.floor(choice / 4);
    const innermost = open[agent]?.at(-1);
    const publishes = agent === MAIN || agent === MAIN_ISR;
    const free = at.slots.flatMap((_, slot) => (inQueue.has(slot) ? [] : [slot]));
    const passage = innermost === undefined ? undefined : publishing.get(innermost);
    if (innermost !== undefined && passage !== undefined) {
      publishing.delete(innermost);
      const fails = pick % 5 === 0 && passage.takenBy === null;
      finish(agent, 'send_try', fails ? 269 : 0);
      if (fails) {
        passage.failed = true;
        run.slot(agent, 'publish.failed', passage.slot);
        inQueue.delete(passage.slot);
      }
    } else if (publishes) {
      const slot = free[pick % free.length];
      if (slot === undefined) continue;
      const publication = call(agent, 'send_try');
      const published = { slot, publication, failed: false, takenBy: null };
      run.slot(agent, 'publish', slot);
      passages.push(published);
      inQueue.set(slot, published);
      publishing.set(publication, published);
    } else if (innermost === undefined && pick % 4 === 0) {
      call(agent, 'batch');
    } else if (
      innermost === undefined ||
      (innermost.depth === 0 && pick % 3 !== 0 && open[agent]?.length === 1 && isBatch(run, innermost))
    ) {
      call(agent, 'recv_try');
    } else if (isBatch(run, innermost)) {
      finish(agent, 'batch', 0);
    } else {
      const queued = [...inQueue.values()].filter(({ slot }) => receiversOf(slot, at).includes(agent));
      const taken = pick % 6 === 0 ? undefined : queued[pick % 2 === 0 ? pick % queued.length : 0];
      finish(agent, 'recv_try', taken === undefined ? 261 : 0);
      if (taken === undefined) continue;
      taken.takenBy = innermost;
      inQueue.delete(taken.slot);
      run.slot(agent, 'take', taken.slot);
    }
  }
  return { events: run.events, operations, passages };
}

/** The agents that may take the slot's buffer. */
function receiversOf(slot: number, { slots, agents }: PropertyContext): readonly number[] {
  const queue = slots[slot]?.queue ?? -1;
  return agents.flatMap(({ receives }, agent) => (receives?.includes(queue) === false ? [] : [agent]));
}

function isBatch(run: Story, { call }: Operation): boolean {
  const event = run.events[call];
  return event?.kind === 'call' && event.operation === 'batch';
}

/**
 * The definition, on the events before `time`: has a buffer been overtaken by others, and was taken by an operation
 * that began after one of them had been taken, or can no operation take it any more that overlaps all those takes?
 * Takes overlap only where a queue has several receivers.
 */
function brokenBefore(time: number, { operations, passages }: History, at: PropertyContext): boolean {
  const takenAt = ({ takenBy }: Passage): number => {
    // The take is told by the event after the operation's return.
    const told = takenBy === null ? NEVER : takenBy.end + 1;
    return told < time ? told : NEVER;
  };
  const queueOf = ({ slot }: Passage): number | undefined => at.slots[slot]?.queue;
  return passages.some((first) => {
    if (first.failed || first.publication.end >= time) return false;
    const overtaken = passages
      .filter((second) => queueOf(second) === queueOf(first))
      .filter((second) => second.publication.call > first.publication.end)
      .map(takenAt)
      .filter((taken) => taken < takenAt(first));
    if (overtaken.length === 0) return false;
    const receivers = receiversOf(first.slot, at);
    const overlapsAll = ({ agent, call, end }: Operation): boolean =>
      receivers.length > 1 &&
      receivers.includes(agent) &&
      overtaken.every((taken) => call < taken && end > taken);
    if (takenAt(first) !== NEVER) return first.takenBy === null || !overlapsAll(first.takenBy);
    return !operations.some(
      (operation) =>
        overlapsAll(operation) &&
        !operations.some(
          ({ agent, depth, call }) =>
            agent === operation.agent && depth <= operation.depth && call > operation.end && call < time,
        ),
    );
  });
}

describe('fifo › against the definition', () => {
  /**
   * Odds of missing: of the 3000 runs of each system 760 to 1390 break the order, 469 to 814 of these (none with one
   * receiver) while some operation could still take the buffer; the counts below guard that. A slip that shows in one
   * run of 500 is missed with odds of 0.998^3000, about 1/400; one that shows in a run of 100 with odds below 10^-13.
   */
  it.each([
    ['all receive from both queues', contextWith([0, 0, 0, 1]), true],
    ['two share both queues', contextWith([0, 0, 1, 1], [[], [], [0, 1], [1, 0]]), true],
    ['two share one of the queues', contextWith([0, 1, 0, 0], [[], [], [0], [0, 1]]), true],
    ['each queue has one receiver', contextWith([0, 0, 0, 1], [[], [], [0], [1]]), false],
  ] as const)('says no at the same event, over random operations that overlap: %s', (_, at, overlaps) => {
    const seen = { held: 0, broken: 0, late: 0 };
    const choices = fc.array(fc.noBias(fc.nat(999)), { minLength: 40, maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(choices, (list) => {
        const history = historyOf(list, at);
        const found = judge(fifo, at, history.events);
        const expected = history.events.findIndex((_, index) => brokenBefore(index + 1, history, at));
        expect(found.at).toBe(expected);
        if (found.message === null) seen.held++;
        else seen.broken++;
        if (found.message !== null && !found.message.endsWith('published first')) seen.late++;
      }),
      { seed: 7, numRuns: 3000 },
    );
    expect(seen.held).toBeGreaterThan(300);
    expect(seen.broken).toBeGreaterThan(300);
    if (overlaps) expect(seen.late).toBeGreaterThan(100);
    else expect(seen.late).toBe(0);
  });
});
