/** Runs without end: who is starved, who sleeps too long, and who is not to blame. */

import { describe, expect, it } from 'vitest';
import {
  type CheckResult,
  check,
  type Interrupts,
  program,
  STOP,
  type System,
  type Violation,
  Walk,
} from 'vqcheck/checker';
import type { MemoryPort } from 'vqcheck/memory';
import {
  deadlock,
  eventualReceipt,
  livelock,
  lostWakeup,
  noDoubleOwnership,
  noLostBuffers,
  type Property,
} from 'vqcheck/properties';
import { act, interrupted, line, type Placed } from './naiveInterrupts.ts';
import { always, loads, move, once, tiny, x, y } from './support.ts';

type Memory = 'sc' | 'tso';
const BOTH = ['sc', 'tso'] as const;
const LIVE: readonly Property[] = [deadlock, lostWakeup, eventualReceipt, livelock];

/** No work is ever done. */
const never = (): boolean => false;
const nobody = once(() => {});

/** What is found of each violation: property, length, where it goes round. */
function found({ violations }: CheckResult): readonly (readonly [string, number, number | null])[] {
  return violations.map(({ property, schedule, cycleStart }) => [property, schedule.length, cycleStart]);
}

/**
 * Walks the schedule of each violation: every step can be taken when it comes; a cycle ends in the very state in which it
 * began; where nobody wakes, the walk says so, and where nothing can succeed, too. Returns the result.
 */
function walked(system: System, memory: Memory = 'sc', more: { merge?: boolean } = {}): CheckResult {
  const result = check(system, { memory, ...more });
  for (const violation of more.merge === false ? [] : result.violations) follow(system, memory, violation);
  return result;
}

function follow(system: System, memory: Memory, { property, schedule, cycleStart, cells }: Violation): void {
  const walk = new Walk(system, { memory, cells });
  const states = [walk.state.join()];
  for (const step of schedule) {
    expect([step, walk.isEnabled(step)]).toEqual([step, true]);
    expect(walk.advance(step)).toEqual([]);
    states.push(walk.state.join());
  }
  if (cycleStart !== null) expect(states.at(-1)).toBe(states[cycleStart]);
  if (property === 'lost-wakeup') expect(walk.neglected()).toMatch(/sleeps/);
  if (property === 'deadlock') expect(walk.isStuck(10_000)).toBe(true);
}

/** Takes what is there, and gives it back. */
function consume(port: MemoryPort): void {
  move(port, 'take', 0, () => loads(port, x));
  move(port, 'release', 0, () => port.store(x, 0, 'relaxed'));
}

/** Reserves and publishes, and rings. */
function produce(port: MemoryPort): void {
  move(port, 'reserve', 0, () => loads(port, x));
  move(port, 'publish', 0, () => {
    port.store(x, 1, 'relaxed');
    act(port, 'ring');
  });
}

const producer: Placed = { program: once(produce), core: 1, receives: [] };
const quiet: Interrupts = { lines: [line()] };

function system(
  agents: Parameters<typeof interrupted>[0],
  interrupts: Interrupts = quiet,
  options: Partial<System> = {},
): System {
  return interrupted(agents, interrupts, { withSlots: true, properties: LIVE, ...options });
}

describe('who is starved', () => {
  /** Masks, tries and unmasks, for ever. */
  const tries = always((port) => {
    act(port, 'mask');
    loads(port, x);
    act(port, 'unmask');
  });
  const consumes: Placed = { program: always(consume), line: 0 };

  // The handler can be entered again and again, for a moment each: it is, in the end.
  it.each(BOTH)('is not a handler whose core is unmasked again and again, under %s', (memory) => {
    const found = walked(system({ tries, consumes, producer }), memory);
    expect([found.verdict, found.violations]).toEqual(['proved', []]);
  });

  const storm: Placed = { program: always((port) => loads(port, x)), line: 0 };
  const works = always((port) => {
    move(port, 'reserve', 0, () => loads(port, x));
    move(port, 'cancel', 0, () => loads(port, x));
  });

  // The task cannot always step: not while the handler is active. So it is fair that it never does. From the first state, in
  // which it is about to succeed: enter, load, and all is as before.
  it('is the task of a core on which a line stays pending that nobody clears', () => {
    const level: Interrupts = { lines: [line({ trigger: 'level', pending: true })] };
    const stormy = system({ works, storm }, level, { finished: never });
    expect(found(walked(stormy))).toEqual([['livelock', 2, 0]]);
    // Cleared, it works.
    const clears: Placed = { program: always((port) => act(port, 'clear')), line: 0 };
    expect(walked(system({ works, clears }, level, { finished: never })).verdict).toBe('proved');
    // Another core does not mind.
    const elsewhere = system({ works: { program: works, core: 1 }, storm, nobody }, level, {
      finished: never,
    });
    expect(walked(elsewhere).verdict).toBe('proved');
  });

  // What comes from outside may come without end, but not so often that nobody else gets on.
  it('is not the task of a core that is interrupted from outside without end', () => {
    const outside: Interrupts = { lines: [line({ external: true })] };
    expect(walked(system({ works, storm }, outside, { finished: never })).verdict).toBe('proved');
  });

  // That is about what comes from outside only: the storm goes on, with or without it. Entered, and back: 2 steps.
  it('is the task in a storm also where something may come from outside', () => {
    const silent: Placed = { program: always(() => {}), line: 1 };
    const lines = [line({ trigger: 'level', pending: true }), line({ name: 'outside', external: true })];
    expect(found(walked(system({ works, storm, silent }, { lines }, { finished: never })))).toEqual([
      ['livelock', 2, 0],
    ]);
  });

  // Two handlers; the lower one can never be entered while the line of the higher stays pending: it need not be.
  it('is a lower handler below a higher one in a storm', () => {
    const higher: Placed = { ...storm, line: 1, priority: 2 };
    const lines = [line(), line({ name: 'storm', trigger: 'level', pending: true })];
    const starved = system({ nobody, consumes, higher, producer }, { lines }, { finished: never });
    const { violations } = walked(starved);
    expect(violations.map(({ property }) => property)).toContain('eventual-receipt');
  });

  // A handler that is entered once and polls for what a task of its own core should do: the task stands still for ever.
  it('is a task that its own handler waits for', () => {
    const polls: Placed = {
      program: always((port) => {
        port.repeat<number, undefined>(0, () =>
          port.load(y, 'relaxed') === 1 ? { done: undefined } : { again: 0 },
        );
      }),
      line: 0,
    };
    const sets = once((port) => {
      port.store(y, 1, 'relaxed');
      move(port, 'reserve', 0, () => loads(port, x));
      move(port, 'cancel', 0, () => loads(port, x));
    });
    const pending: Interrupts = { lines: [line({ pending: true })] };
    const finished: System['finished'] = (states) => states[0] === null;
    // Entered first, the handler polls in vain: nothing can succeed any more.
    const result = walked(system({ sets, polls }, pending, { finished }));
    expect(found(result)).toEqual([['deadlock', 1, null]]);
    // The task on another core: it is a matter of time.
    const apart = system({ sets: { program: sets, core: 1 }, polls, nobody }, pending, { finished });
    for (const memory of BOTH) expect(walked(apart, memory).verdict).toBe('proved');
  });
});

describe('who goes round for ever', () => {
  /** Polls x until it is set; then reserves, cancels, and stops. */
  const polls = once((port) => {
    port.repeat<number, undefined>(0, () =>
      port.load(x, 'relaxed') === 1 ? { done: undefined } : { again: 0 },
    );
    move(port, 'reserve', 0, () => loads(port, y));
    move(port, 'cancel', 0, () => loads(port, y));
  });
  const finished: System['finished'] = (states) => states[0] === null;

  it.each(BOTH)('is not one who polls what another will set, under %s', (memory) => {
    const sets = once((port) => {
      loads(port, y);
      port.store(x, 1, 'relaxed');
    });
    const result = walked(tiny({ polls, sets }, { withSlots: true, properties: LIVE, finished }), memory);
    expect([result.verdict, result.violations]).toEqual(['proved', []]);
  });

  // The other may choose for ever not to set it. The first poll leads into the loop; there the next poll, and a choice,
  // which it would be unfair not to let it make.
  it('is one who polls what another may set or not', () => {
    const maybe = always((port) => {
      if (port.choose(2) === 1) port.store(x, 1, 'relaxed');
    });
    const result = walked(tiny({ polls, maybe }, { withSlots: true, properties: LIVE, finished }));
    expect(found(result)).toEqual([['livelock', 3, 1]]);
  });

  // It chooses 0 for ever.
  it('is one who may choose not to begin', () => {
    const lazy = always((port) => {
      if (port.choose(2) === 0) return;
      move(port, 'reserve', 0, () => loads(port, x));
      move(port, 'cancel', 0, () => loads(port, x));
    });
    const result = walked(tiny({ lazy }, { withSlots: true, properties: LIVE, finished: never }));
    expect(found(result)).toEqual([['livelock', 1, 0]]);
  });

  // Each raises its flag, sees the other's, and lowers its own: 2 × 3 steps from the first state to the first state; with
  // store buffers the 4 stores drain as well, and the 2 fences after the raising are steps.
  it.each([
    ['sc', 6],
    ['tso', 12],
  ] as const)('are two who undo what each other does, under %s', (memory, length) => {
    const polite = (mine: typeof x, other: typeof x, slot: 0 | 1) =>
      program<number>(0, (port) => () => {
        port.store(mine, 1, 'seq_cst');
        const succeeds = port.load(other, 'relaxed') === 0;
        if (succeeds) {
          move(port, 'reserve', slot, () => loads(port, mine));
          move(port, 'cancel', slot, () => loads(port, mine));
        }
        port.store(mine, 0, 'relaxed');
        return succeeds ? STOP : 0;
      });
    const two = tiny(
      { a: polite(x, y, 0), b: polite(y, x, 1) },
      { withSlots: true, properties: LIVE, finished: (states) => states.includes(null) },
    );
    expect(found(walked(two, memory))).toEqual([['livelock', length, 0]]);
    expect(found(walked(two, memory, { merge: false }))).toEqual([['livelock', length, 0]]);
  });
});

describe('a core that sleeps', () => {
  // Reserve, then the store, and the doorbell; served before it waits; and then it waits: 5 steps. After that nothing happens.
  const sleeps = always((port) => {
    act(port, 'wait');
    if (port.load(x, 'relaxed') === 1) consume(port);
  });
  const silent: Placed = { program: always(() => {}), line: 0, receives: [] };

  it('though a message waits for it is a lost wake-up, with an empty cycle', () => {
    const result = walked(system({ sleeps, silent, producer }));
    expect(found(result)).toEqual([['lost-wakeup', 5, 5]]);
    // Under tso the store and the doorbell must drain: 7.
    expect(found(walked(system({ sleeps, silent, producer }), 'tso'))).toEqual([['lost-wakeup', 7, 7]]);
  });

  it('is none without a handler, as the interrupt stays pending until it is cleared', () => {
    const clears = always((port) => {
      act(port, 'wait');
      act(port, 'clear');
      // Else it might go round before it is clear, more often than the store buffer has room.
      port.fence('seq_cst');
      if (port.load(x, 'relaxed') === 1) consume(port);
    });
    for (const memory of BOTH) expect(walked(system({ clears, producer }), memory).verdict).toBe('proved');
  });

  // Spurious wake-ups are nobody's duty.
  it('is one though it might wake for no reason', () => {
    const result = walked(system({ sleeps, silent, producer }, { ...quiet, spuriousWakeUps: true }));
    expect(found(result)).toEqual([['lost-wakeup', 5, 5]]);
  });

  // Only the interrupt from outside could wake it: it need never come.
  it('is one though something might come from outside', () => {
    const outside: Placed = { program: always(() => {}), line: 1, receives: [] };
    const lines = [line(), line({ name: 'outside', external: true })];
    const result = walked(system({ sleeps, silent, outside, producer }, { lines }));
    expect(found(result)).toEqual([['lost-wakeup', 5, 5]]);
  });

  // The producer's line is disabled, and the handler alone receives: nobody sleeps, there is no task. Reserve, store, ring.
  it('is not to blame where a line is never enabled: then the message is not received', () => {
    const consumes: Placed = { program: always(consume), line: 0 };
    const result = walked(
      system({ nobody, consumes, producer }, { lines: [line({ enabled: false })] }, { finished: never }),
    );
    const [receipt] = result.violations.filter(({ property }) => property === 'eventual-receipt');
    expect(result.violations.map(({ property }) => property)).not.toContain('lost-wakeup');
    // Published with its store, the doorbell does not change that: it is received neither way. But it must ring, by fairness.
    expect([receipt?.schedule.length, receipt?.cycleStart]).toEqual([3, 3]);
  });

  // Mask, reserve, store, ring: pending for ever, while the task waits for what only the handler could give.
  it('at a semaphore with its interrupts masked waits in vain', () => {
    const masks = once((port) => {
      act(port, 'mask');
      act(port, 'take');
      act(port, 'unmask');
      consume(port);
    });
    const gives: Placed = { program: always((port) => act(port, 'give')), line: 0, receives: [] };
    const semaphores = [{ name: 'binary', most: 1 }];
    expect(found(walked(system({ masks, gives, producer }, { ...quiet, semaphores })))).toEqual([
      ['lost-wakeup', 4, 4],
    ]);
  });

  // Wait, reserve, store, ring.
  it('behind a line that nobody enabled sleeps for ever', () => {
    const disabled = { lines: [line({ enabled: false })] };
    expect(found(walked(system({ sleeps, silent, producer }, disabled)))).toEqual([['lost-wakeup', 4, 4]]);
  });

  it('is awake while another of its tasks is, or its handler', () => {
    const busy = always((port) => loads(port, y));
    const toucher: Placed = { program: once((port) => loads(port, y)), core: 1 };
    const result = walked(system({ sleeps, busy, silent, producer, toucher }));
    expect(result.violations.map(({ property }) => property)).not.toContain('lost-wakeup');
    expect(result.violations.map(({ property }) => property)).toContain('eventual-receipt');
  });

  // Where either core can receive, both must sleep.
  it('is not alone to blame if another core could receive as well', () => {
    const helper: Placed = {
      program: always((port) => {
        if (port.cas(x, 1, 2, 'relaxed', 'relaxed') === 1) {
          move(port, 'take', 0, () => loads(port, x));
          move(port, 'release', 0, () => port.store(x, 0, 'relaxed'));
        }
      }),
      core: 2,
    };
    const waits = once((port) => act(port, 'wait'));
    expect(walked(system({ waits, silent, producer, helper })).verdict).toBe('proved');
  });

  // A semaphore that the handler gives: binary, or taken by a look. Waiting for what will never be given is sleeping, too.
  it('at a semaphore sleeps as well', () => {
    const semaphores = [{ name: 'binary', most: 1 }];
    const takes = once((port) => {
      act(port, 'take');
      consume(port);
    });
    const gives: Placed = { program: always((port) => act(port, 'give')), line: 0, receives: [] };
    expect(walked(system({ takes, gives, producer }, { ...quiet, semaphores })).verdict).toBe('proved');
    // The handler gives nothing. Asleep from the first: reserve, store, ring, enter.
    const result = walked(system({ takes, silent, producer }, { ...quiet, semaphores }));
    expect(found(result)).toEqual([['lost-wakeup', 4, 4]]);
  });

  // It is woken for each doorbell, never looks, and sleeps again: it is neither asleep for ever nor awake for ever. The ringer
  // rings again only when it was heard, so there is no run in which the core need not sleep.
  describe('again and again, and never comes to the message', () => {
    const deaf = always((port) => {
      act(port, 'take');
      port.store(y, 0, 'relaxed');
    });
    const gives: Placed = { program: always((port) => act(port, 'give')), line: 0, receives: [] };
    const rings: Placed = {
      program: program<number>(0, (port) => (state) => {
        if (state === 0) {
          produce(port);
          return 1;
        }
        if (port.load(y, 'relaxed') === 0) {
          port.store(y, 1, 'relaxed');
          act(port, 'ring');
        }
        return 1;
      }),
      core: 1,
      receives: [],
    };
    const interrupts: Interrupts = { ...quiet, semaphores: [{ name: 'binary', most: 1 }] };

    const setup: System['setup'] = ([port]) => port?.store(y, 1, 'relaxed');
    const broken = (properties: readonly Property[]): string[] =>
      walked(
        system({ deaf, gives, rings }, interrupts, { properties, finished: never, setup }),
      ).violations.map(({ property }) => property);

    it('breaks eventual receipt', () => {
      expect(broken([eventualReceipt])).toEqual(['eventual-receipt']);
    });

    // The other property is about sleeping for ever, and claims no state in which it sleeps for a while.
    it('breaks eventual receipt, also if lost wake-ups are asked for', () => {
      expect(broken([lostWakeup, eventualReceipt])).toEqual(['eventual-receipt']);
    });
  });
});

describe('a message that stays while others come and go', () => {
  // One agent sends in both slots, and receives from the second only, again and again. After the first turn (reserve,
  // publish) each turn is 4 moves, each with one load.
  const prefers = (also: boolean) =>
    tiny(
      {
        both: program<'first' | 'again'>('first', (port) => (state) => {
          const moved = (name: string, slot: 0 | 1): void => move(port, name, slot, () => loads(port, x));
          const slot = state === 'first' ? 0 : 1;
          moved('reserve', slot);
          moved('publish', slot);
          if (slot === 0 && !also) return 'again';
          moved('take', slot);
          moved('release', slot);
          return 'again';
        }),
        writer: once((port) => port.store(x, 1, 'relaxed')),
      },
      { withSlots: true, properties: [eventualReceipt], finished: never },
    );

  it('breaks eventual receipt, though something is received for ever', () => {
    const result = check(prefers(false));
    expect(result.violations.map(({ message }) => message)).toEqual([
      'the message in buffer[0] is never received, however long the run goes on',
    ]);
    const [violation] = result.violations;
    expect((violation?.schedule.length ?? 0) - (violation?.cycleStart ?? 0)).toBe(4);
  });

  it('is fine when it is received, too', () => {
    expect(check(prefers(true)).verdict).toBe('proved');
  });
});

describe('without end', () => {
  /** A mailbox for one message: x says whether it is full. */
  const master: Placed = {
    program: always((port) => {
      if (port.load(x, 'relaxed') === 1) return;
      move(port, 'reserve', 0, () => loads(port, y));
      move(port, 'publish', 0, () => {
        port.store(x, 1, 'relaxed');
        act(port, 'ring');
      });
    }),
    core: 1,
    receives: [],
  };
  const drain = (port: MemoryPort): void => {
    port.repeat<number, undefined>(0, () => {
      if (port.load(x, 'relaxed') === 0) return { done: undefined };
      consume(port);
      return { again: 0 };
    });
  };
  const drains: Placed = { program: always(drain), line: 0 };
  const all: readonly Property[] = [...LIVE, noLostBuffers, noDoubleOwnership];

  for (const memory of BOTH) {
    it(`a master against a handler that drains its one slot is exhausted and proved, under ${memory}`, () => {
      const waits = always((port) => act(port, 'wait'));
      for (const task of [nobody, waits]) {
        const endless = system({ task, drains, master }, quiet, { properties: all, finished: never });
        const result = walked(endless, memory);
        expect([result.verdict, result.violations, result.incomplete]).toEqual(['proved', [], null]);
        const unmerged = check(endless, { memory, merge: false });
        expect([unmerged.verdict, unmerged.incomplete]).toEqual(['proved', null]);
      }
    });

    // The doorbell before the message: the handler may find nothing, and is not rung again.
    it(`a master that rings too early loses a wake-up, under ${memory}`, () => {
      const early: Placed = {
        ...master,
        program: always((port) => {
          if (port.load(x, 'relaxed') === 1) return;
          move(port, 'reserve', 0, () => loads(port, y));
          move(port, 'publish', 0, () => {
            act(port, 'ring');
            port.store(x, 1, 'relaxed');
          });
        }),
      };
      const waits = always((port) => act(port, 'wait'));
      const result = walked(
        system({ waits, drains, early }, quiet, { properties: all, finished: never }),
        memory,
      );
      const [violation] = result.violations.filter(({ property }) => property === 'lost-wakeup');
      // The master polls for ever: that is its duty.
      expect(violation?.cycleStart).toBe((violation?.schedule.length ?? 0) - 1);
    });
  }

  // A handler that takes one message for each interrupt, and two doorbells that come as one.
  it('a handler that takes one of two messages for one interrupt loses the other', () => {
    const both: Placed = {
      program: once((port) => {
        for (const slot of [0, 1] as const) {
          move(port, 'reserve', slot, () => loads(port, x));
          move(port, 'publish', slot, () => {
            port.store(slot === 0 ? x : y, 1, 'relaxed');
            act(port, 'ring');
          });
        }
      }),
      core: 1,
      receives: [],
    };
    const takesOne: Placed = {
      program: always((port) => {
        for (const slot of [0, 1] as const) {
          const word = slot === 0 ? x : y;
          if (port.load(word, 'relaxed') === 0) continue;
          move(port, 'take', slot, () => loads(port, word));
          move(port, 'release', slot, () => port.store(word, 0, 'relaxed'));
          return;
        }
      }),
      line: 0,
    };
    const waits = always((port) => act(port, 'wait'));
    const lossy = (most: number) => system({ waits, takesOne, both }, { lines: [line({ most })] });
    expect(walked(lossy(1)).violations.map(({ property }) => property)).toEqual(['lost-wakeup']);
    expect(walked(lossy(2)).verdict).toBe('proved');
  });
});
