/** Entering handlers: on systems so small that every state is listed by hand. */

import { describe, expect, it } from 'vitest';
import { type CheckOptions, check, type Interrupts, type System } from 'vqcheck/checker';
import { type Property, reducerProperty } from 'vqcheck/properties';
import { act, interrupted, line, type Placed } from './naiveInterrupts.ts';
import { always, loads, once, own, report, x, y, z } from './support.ts';

/** What is counted exactly: states, transitions, depth. */
function counts(system: System, options: CheckOptions = {}): readonly (string | number)[] {
  const { verdict, states, transitions, depth } = check(system, options);
  return [verdict, states, transitions, depth];
}

/** A task that loads x so often; each load is a step, as the handlers below load x, too. */
function task(count: number) {
  return once((port) => loads(port, ...Array.from({ length: count }, () => x)));
}

/** A handler that loads x so often, on each run. */
function handler(count: number, on = 0, priority = 1): Placed {
  return {
    program: always((port) => loads(port, ...Array.from({ length: count }, () => x))),
    line: on,
    priority,
  };
}

/** No task at all. */
const nobody = once(() => {});

const pending: Interrupts = { lines: [line({ pending: true })] };
const external: Interrupts = { lines: [line({ external: true })] };

/** All that is reported and entered, in its order: every order that is not only the beginning of another one. */
function orders(system: System, options: CheckOptions = {}): string[] {
  const seen = new Set<string>();
  const collect: Property = reducerProperty<string>({
    name: 'collect',
    title: '',
    initial: '',
    step(text, event) {
      if (event.kind !== 'enter' && (event.kind !== 'call' || event.operation !== 'report')) return text;
      const what = event.kind === 'enter' ? `enter${event.agent}` : `${event.args.value}`;
      const next = text === '' ? what : `${text} ${what}`;
      seen.add(next);
      return next;
    },
  });
  const { verdict } = check({ ...system, properties: [collect] }, options);
  if (verdict !== 'proved') throw new Error(verdict);
  return [...seen].filter((each) => ![...seen].some((other) => other.startsWith(`${each} `))).sort();
}

describe('a handler comes in, counted by hand', () => {
  // Task: before its first load, before its second, ended: 0, 1, 2. Handler, whose line is pending at first: P, entered
  // and before its load: A, returned: D. 3 × 3 states. The task steps in P and in D, not in A: 2 × 2; it is entered in
  // each of 3 places, and loads in each: 3 + 3. The longest way: 2 and 2.
  it('before, between and after the two steps of a task, which stands still meanwhile', () => {
    expect(counts(interrupted({ task: task(2), isr: handler(1) }, pending))).toEqual(['proved', 9, 10, 4]);
  });

  // P, A1, A2, D: 3 × 4 states. Task 2 × 2, handler 3 × 3.
  it('with two loads', () => {
    expect(counts(interrupted({ task: task(2), isr: handler(2) }, pending))).toEqual(['proved', 12, 13, 5]);
  });

  // It can always come again: P and D are one. 3 × 2 states; task 2, handler 3 × 2. With two loads: 3 × 3, 2 + 3 × 3.
  it('again and again from outside', () => {
    expect(counts(interrupted({ task: task(2), isr: handler(1) }, external))).toEqual(['proved', 6, 8, 3]);
    expect(counts(interrupted({ task: task(2), isr: handler(2) }, external))).toEqual(['proved', 9, 11, 4]);
  });

  // On another core the task does not stand still: as two agents. Task 0 1 2 × P A D, 2 × 3 + 3 × 2 transitions.
  it('and stops only the tasks of its own core', () => {
    const system = interrupted({ task: { program: task(2), core: 1 }, isr: handler(1) }, pending);
    expect(counts(system)).toEqual(['proved', 9, 12, 4]);
  });

  // A handler without any access: entering it is all. P and D: 3 × 2 states, task 2 × 2, entering 3.
  it('and is over at once if it does nothing', () => {
    expect(
      counts(interrupted({ task: task(2), isr: handler(0), other: { program: task(1), core: 1 } }, pending)),
    ).toEqual(
      // Times before and after the load of the other, which is there to make each load of x a step: 12, 2 × 7 + 6.
      ['proved', 12, 20, 4],
    );
  });

  // One run, then none: P A D as above, though the line is still pending.
  it('once, if it stops', () => {
    const stops: Placed = { program: once((port) => loads(port, x)), line: 0 };
    const level: Interrupts = { lines: [line({ pending: true, trigger: 'level' })] };
    expect(counts(interrupted({ task: task(2), isr: stops }, level))).toEqual(['proved', 9, 10, 4]);
  });

  // A private word is part of the step before. The handler is its own line's only one: P, A, D as above; unmerged it
  // has A2 as well.
  it('the same, merged or not, in more steps', () => {
    const isr: Placed = {
      program: always((port) => {
        loads(port, x);
        port.store(own, 1, 'relaxed');
      }),
      line: 0,
    };
    // After the store, own is 1: D tells of it in memory if not in the position.
    const system = interrupted({ task: task(2), isr }, pending);
    expect(counts(system)).toEqual(['proved', 9, 10, 4]);
    expect(counts(system, { merge: false })).toEqual(['proved', 12, 13, 5]);
  });
});

describe('looking around before the search', () => {
  // There every action returns 0: that the task reaches z is found by the search, which starts anew. Task 0..3, the other before
  // and after its load: 4 × 2 states, 3 × 2 + 4 transitions.
  it('a word that is reached only after the result of an action is found late', () => {
    const late = once((port) => {
      act(port, 'mask');
      if (port.action('mask', 0) === 1) port.store(z, 1, 'relaxed');
    });
    const other: Placed = { program: once((port) => loads(port, z)), core: 1 };
    const system = interrupted({ late, other }, { lines: [] });
    expect(counts(system)).toEqual(['proved', 8, 10, 4]);
    expect(counts(system, { merge: false })).toEqual(['proved', 8, 10, 4]);
  });
});

describe('edge and level', () => {
  // The task has one step. Level, not cleared: waiting to be entered or before its load: 2 × 2 states; task 1, 2 × 2.
  it('a level line that nobody clears brings its handler in again and again', () => {
    const level: Interrupts = { lines: [line({ pending: true, trigger: 'level' })] };
    expect(counts(interrupted({ task: task(1), isr: handler(1) }, level))).toEqual(['proved', 4, 5, 2]);
    // P A D: 2 × 3; task 2 × 1, handler 2 × 2.
    const clears: Placed = { program: always((port) => act(port, 'clear')), line: 0 };
    // The other makes the task's load a step, and is P A D in both its places: 12 states, 2 × 6 + 6.
    const other: Placed = { program: task(1), core: 1 };
    expect(counts(interrupted({ task: task(1), isr: clears, other }, level))).toEqual(['proved', 12, 18, 4]);
  });

  it('an edge is taken by being entered', () => {
    expect(counts(interrupted({ task: task(1), isr: handler(1) }, pending))).toEqual(['proved', 6, 6, 3]);
  });

  // Level, and rung again between the clearing and the return. Handler: P, before clear A, before its load B. One ring of the
  // other core, before (r) or after (R). rP rA rB rD, RP RA RB(no) RB(pending), RD: 9. r→R: from P, A: pending stays one;
  // from B: pending again; from D: P. Then rP→rA→rB→rD, RP→RA→RB→RD, RB(p)→RP. 4 + 3 + 3 + 1.
  it('what is rung after it was cleared comes in again', () => {
    const clears: Placed = {
      program: always((port) => {
        act(port, 'clear');
        loads(port, x);
      }),
      line: 0,
    };
    const ringer: Placed = { program: once((port) => act(port, 'ring')), core: 1 };
    const reader: Placed = { program: nobody, core: 0 };
    const system = interrupted(
      { reader, clears, ringer },
      { lines: [line({ pending: true, trigger: 'level' })] },
    );
    expect(counts(system, { merge: false })).toEqual(['proved', 9, 11, 4]);
  });

  // (task, pending): 00 -ring- 11 -ring- 21 -enter- 20; 11 -enter- 10 -ring- 21.
  it('what is rung while it is pending is rung once', () => {
    const twice = once((port) => {
      act(port, 'ring');
      act(port, 'ring');
    });
    const isr: Placed = { program: always(() => {}), line: 0 };
    const system = (most: number) => interrupted({ twice, isr }, { lines: [line({ most })] });
    expect(counts(system(1))).toEqual(['proved', 5, 5, 3]);
    expect(orders(system(1))).toEqual(['enter1 enter1']);
    // 00 11 22 21 20, and 10 after the first was served: ring, ring, enter, enter, and 11 -enter- 10 -ring- 21.
    expect(counts(system(2))).toEqual(['proved', 6, 6, 4]);
    // Three are one too many.
    const thrice = once((port) => {
      for (const _ of [1, 2, 3]) act(port, 'ring');
      report(port, 'rung');
    });
    const all = interrupted({ thrice, isr }, { lines: [line({ most: 2, enabled: false })] });
    const late = interrupted(
      {
        thrice: once((port) => {
          for (const _ of [1, 2, 3]) act(port, 'ring');
          act(port, 'enable');
          report(port, 'enabled');
        }),
        isr,
      },
      { lines: [line({ most: 2, enabled: false })] },
    );
    expect([orders(all), orders(late)]).toEqual([['rung'], ['enabled enter1 enter1']]);
  });
});

describe('masking and enabling', () => {
  // Task: mask, load, load, unmask: 0..4. Pending: 0..4; active in 0 and 4; served: 0..4. Task 4 + 4, handler 2 × 2.
  it('a core that has masked its interrupts is not interrupted', () => {
    const masking = once((port) => {
      act(port, 'mask');
      loads(port, x, x);
      act(port, 'unmask');
    });
    expect(counts(interrupted({ masking, isr: handler(1) }, pending))).toEqual(['proved', 12, 12, 6]);
    // Without: 5 × 3 states, 4 + 4 + 5 + 5.
    expect(counts(interrupted({ task: task(4), isr: handler(1) }, pending))).toEqual(['proved', 15, 18, 6]);
    // On another core: it masks that one. 15 states; the task steps while the handler is active, too.
    expect(counts(interrupted({ masking: { program: masking, core: 1 }, isr: handler(1) }, pending))).toEqual(
      ['proved', 15, 22, 6],
    );
  });

  // Task: disable, load, enable: 0..3. Pending and served: 4 each; active in 0 and 3. Task 3 + 3, handler 2 × 2.
  it('a line that is disabled does not interrupt', () => {
    const disabling = once((port) => {
      act(port, 'disable');
      loads(port, x);
      act(port, 'enable');
    });
    expect(counts(interrupted({ disabling, isr: handler(1) }, pending))).toEqual(['proved', 10, 10, 5]);
  });

  // 0P 1P 2P 2A 2D: one after the other, though the task has ended.
  it('a line that was pending before it was enabled interrupts then, even when the task has ended', () => {
    const late = once((port) => {
      loads(port, x);
      act(port, 'enable');
    });
    const lines = [line({ pending: true, enabled: false })];
    expect(counts(interrupted({ late, isr: handler(1) }, { lines }))).toEqual(['proved', 5, 4, 4]);
    // Never enabled: the handler never comes. The task's two states.
    expect(counts(interrupted({ task: task(1), isr: handler(1) }, { lines }))).toEqual(['proved', 2, 1, 1]);
  });

  it('masking and enabling say how it was before', () => {
    const asks = once((port) => {
      const names = [
        'mask',
        'mask',
        'unmask',
        'unmask',
        'enable',
        'enable',
        'disable',
        'disable',
        'ring',
        'clear',
      ];
      report(
        port,
        names.map((name) => port.action(name, 0)),
      );
    });
    const system = interrupted({ asks, isr: handler(1) }, { lines: [line({ enabled: false })] });
    expect(orders(system)).toEqual(['0,1,1,0,0,1,1,0,0,0']);
  });

  // A handler that masks leaves its core masked: nobody unmasks it when it returns.
  it('a mask outlives the handler that set it', () => {
    const masks: Placed = {
      program: always((port) => {
        act(port, 'mask');
        report(port, 'masked');
      }),
      line: 0,
    };
    const unmasks = once((port) => {
      loads(port, x);
      act(port, 'unmask');
      report(port, 'unmasked');
    });
    const lines = [line({ pending: true, trigger: 'level' })];
    const system = interrupted(
      { unmasks, masks: { ...masks }, other: { program: task(1), core: 1 } },
      { lines },
    );
    expect(orders(system)).toEqual(['enter1 masked unmasked enter1 masked', 'unmasked enter1 masked']);
  });
});

describe('several handlers of a core', () => {
  /** Rings line 1 in its run, and then loads x. */
  const low: Placed = {
    program: always((port) => {
      act(port, 'ring', 1);
      loads(port, x);
    }),
    line: 0,
  };
  const two = (more: Partial<Interrupts> = {}): Interrupts => ({
    lines: [line({ pending: true }), line({ name: 'other' })],
    ...more,
  });

  // Low: P, before its ring A, before its load B, and then D. High: idle, p(ending), a(ctive). P A Bp; Bp → Ba → B → D, or
  // Bp → Dp → Da → D.
  it('a higher one comes in while a lower one runs, with nesting', () => {
    const system = interrupted({ nobody, low, high: handler(1, 1, 2) }, two({ nesting: true }));
    expect(counts(system)).toEqual(['proved', 8, 8, 5]);
    // A task of one step, before or after: it steps in P, Dp and D only.
    const withTask = interrupted({ task: task(1), low, high: handler(1, 1, 2) }, two({ nesting: true }));
    expect(counts(withTask)).toEqual(['proved', 16, 19, 6]);
  });

  // P A Bp Dp Da D.
  it.each([
    ['without nesting', 2, false],
    ['if it is not higher', 1, true],
    ['if it is lower', 0, true],
  ] as const)('one waits until the other has returned, %s', (_when, priority, nesting) => {
    const system = interrupted(
      {
        nobody,
        low: { ...low, priority: 1 + (priority === 0 ? 1 : 0) },
        high: handler(1, 1, Math.max(1, priority)),
      },
      two({ nesting }),
    );
    expect(counts(system)).toEqual(['proved', 6, 5, 5]);
  });

  const both = { lines: [line({ pending: true }), line({ name: 'other', pending: true })] };

  // The higher, then the lower: PP Pa PD aD DD. Of two equals either is first: 1 + 3 + 3 + 1 states.
  it('of two that are pending the highest comes first, of equals any', () => {
    for (const nesting of [false, true]) {
      const higher = interrupted({ nobody, low: handler(1), high: handler(1, 1, 2) }, { ...both, nesting });
      expect(counts(higher)).toEqual(['proved', 5, 4, 4]);
      const equal = interrupted({ nobody, one: handler(1), other: handler(1, 1) }, { ...both, nesting });
      expect(counts(equal)).toEqual(['proved', 8, 8, 4]);
    }
  });

  // On two cores each goes its own way: 3 × 3 states, 2 × 3 × 2 transitions.
  it('of different cores do not wait for each other', () => {
    const lines = [line({ pending: true }), line({ name: 'other', pending: true, core: 1 })];
    const system = interrupted(
      { nobody, low: handler(1), high: { ...handler(1, 1, 2), core: 1 } },
      { lines },
    );
    expect(counts(system)).toEqual(['proved', 9, 12, 4]);
  });

  // Low P A D; high idle or active. Without nesting: P, Pa, A, D, Da; P 2, the others 1. With it also Aa, from A and back.
  it('what comes from outside, or does not, keeps no lower one waiting', () => {
    const lines = [line({ pending: true }), line({ name: 'outside', external: true })];
    const system = (nesting: boolean) =>
      interrupted({ nobody, low: handler(1), high: handler(1, 1, 2) }, { lines, nesting });
    expect(counts(system(false))).toEqual(['proved', 5, 6, 3]);
    expect(counts(system(true))).toEqual(['proved', 6, 8, 3]);
  });

  // While the higher line is disabled the lower may come; then not.
  it('a higher one that is disabled keeps nobody waiting', () => {
    const lines = [line({ pending: true }), line({ name: 'other', pending: true, enabled: false })];
    const system = interrupted({ nobody, low: handler(1), high: handler(1, 1, 2) }, { lines });
    expect(counts(system)).toEqual(['proved', 3, 2, 2]);
  });

  // A handler that has stopped can come in no more, so it cannot come first: PP Pa PE aE DE.
  it('a higher one that has stopped keeps nobody waiting, though its line is pending', () => {
    const lines = [line({ pending: true }), line({ name: 'other', pending: true, trigger: 'level' })];
    const stops: Placed = { program: once((port) => loads(port, x)), line: 1, priority: 2 };
    expect(counts(interrupted({ nobody, low: handler(1), stops }, { lines }))).toEqual(['proved', 5, 4, 4]);
  });
});

describe('doorbells', () => {
  const rings = once((port) => {
    port.store(x, 1, 'relaxed');
    act(port, 'ring');
  });
  const sees: Placed = { program: always((port) => report(port, loads(port, x))), core: 1, line: 0 };
  const lines = [line({ core: 1 })];

  // Of the ringing core, with its buffer: 0, 1(x), 1, 2(x ring), 2(ring); then it is rung: P A D.
  // 0→1(x)→1→2(ring), 1(x)→2(x ring)→2(ring)→P→A→D.
  it('under tso a doorbell leaves the store buffer behind the stores before it', () => {
    const system = interrupted({ rings, sees }, { lines });
    expect(counts(system, { memory: 'tso' })).toEqual(['proved', 8, 8, 6]);
    // 0 1 P A D.
    expect(counts(system, { memory: 'sc' })).toEqual(['proved', 5, 4, 4]);
    expect(orders(system, { memory: 'tso' })).toEqual(['enter1 1']);
    expect(orders(system, { memory: 'sc' })).toEqual(['enter1 1']);
  });

  it('and before those after it', () => {
    const early = once((port) => {
      act(port, 'ring');
      port.store(x, 1, 'relaxed');
    });
    for (const memory of ['sc', 'tso'] as const)
      expect(orders(interrupted({ early, sees }, { lines }), { memory })).toEqual(['enter1 0', 'enter1 1']);
  });

  // A handler of the same core reads from the store buffer that it shares with the task.
  it('of the own core finds the store in the buffer, even when it comes from outside', () => {
    const storing = once((port) => {
      port.store(x, 1, 'relaxed');
      report(port, 'stored');
    });
    const isr: Placed = { ...sees, core: 0 };
    const other: Placed = { program: task(1), core: 1 };
    const stops: Placed = { ...isr, program: once((port) => report(port, loads(port, x))) };
    const system = interrupted({ storing, isr: stops, other }, external);
    // Entered before the store it finds 0, and after it 1, drained or not; it is over before the task can store.
    expect(orders(system, { memory: 'tso' })).toEqual(['enter1 0 stored', 'stored enter1 1']);
  });

  // What acts at once does not wait for the stores before it: the other core can still miss them.
  it('giving a semaphore does not wait for the store buffer, a doorbell does', () => {
    const gives = once((port) => {
      port.store(x, 1, 'relaxed');
      act(port, 'give');
    });
    const takes: Placed = {
      program: once((port) => {
        act(port, 'take');
        report(port, loads(port, x));
      }),
      core: 1,
    };
    const system = interrupted({ gives, takes }, { lines: [], semaphores: [{ name: 'binary', most: 1 }] });
    expect(orders(system, { memory: 'sc' })).toEqual(['1']);
    expect(orders(system, { memory: 'tso' })).toEqual(['0', '1']);
  });

  // The task's clear waits in the buffer behind its store. Handler P A D, entered before it drains or never.
  it('clearing is a store to a device, too', () => {
    const clears = once((port) => {
      act(port, 'clear');
      port.fence('seq_cst');
      report(port, 'cleared');
    });
    const silent: Placed = { program: always(() => {}), line: 0 };
    const system = interrupted({ clears, silent }, pending);
    // sc, (task, line): 0P 1P... the fence is no step there: 0P →1- ; 0P →0D →1D, where D is no different from -.
    expect(counts(system, { memory: 'sc' })).toEqual(['proved', 3, 3, 1]);
    // tso: 0P 0-, 1(clear)P 1(clear)-, 1P? no: drained it is 1-, 2-.
    // 0P→0-, 0P→1cP, 0-→1c-, 1cP→1c-, 1cP→1-, 1c-→1-, 1-→2-.
    expect(counts(system, { memory: 'tso' })).toEqual(['proved', 6, 7, 3]);
    expect(orders(system, { memory: 'tso' })).toEqual(['cleared', 'enter1 cleared']);
  });

  it('the memory of the own core is stored to at once, so the handler of that core cannot miss it', () => {
    const storing = once((port) => {
      port.store(y, 1, 'relaxed');
      act(port, 'ring');
      loads(port, x);
    });
    const isr: Placed = { program: always((port) => report(port, loads(port, y))), line: 0 };
    expect(orders(interrupted({ storing, isr }, { lines: [line()] }), { memory: 'tso' })).toEqual([
      'enter1 1',
    ]);
  });
});

describe('a state at rest', () => {
  const quiescent = (system: System): number => check(system).quiescentStates;

  // P and A are not looked at, D is: with the task before or after its only step.
  it('is not looked at while an interrupt is pending or served', () => {
    expect(quiescent(interrupted({ task: task(1), isr: handler(1) }, pending))).toBe(2);
  });

  // Before and after `mask`, both served only: 2. Were it disabled instead: nobody will serve it, both states.
  it('nor while it is masked, but if it is disabled', () => {
    const masks = once((port) => act(port, 'mask'));
    expect(quiescent(interrupted({ masks, isr: handler(1) }, pending))).toBe(2);
    const lines = [line({ pending: true, enabled: false })];
    expect(quiescent(interrupted({ task: task(1), isr: handler(1) }, { lines }))).toBe(2);
  });

  it('waits for no interrupt from outside', () => {
    expect(quiescent(interrupted({ task: task(1), isr: handler(1) }, external))).toBe(2);
  });

  // Rung, but not heard of yet: under tso in the buffer.
  it('is not looked at while a doorbell is on its way', () => {
    const system = interrupted(
      { rings: once((port) => act(port, 'ring')), isr: { program: always(() => {}), line: 0, core: 1 } },
      { lines: [line({ core: 1 })] },
    );
    // Before; (in the buffer); (pending); served.
    const { states, quiescentStates } = check(system, { memory: 'tso' });
    expect([states, quiescentStates]).toEqual([4, 2]);
  });
});

describe('what cannot be', () => {
  it.each([
    ['a line of another core', { lines: [line({ core: 1 })] }, /its line interrupts another/],
    ['no such line', { lines: [] }, /line: expected/],
    ['a line that holds none', { lines: [line({ most: 0 })] }, /most: expected 1\.\.255, got 0/],
    ['a line that holds too many', { lines: [line({ most: 256 })] }, /most: expected 1\.\.255, got 256/],
  ])('is refused: %s', (_name, interrupts, message) => {
    const system = interrupted({ task: { program: nobody, core: 1 }, isr: handler(1) }, interrupts);
    expect(() => check(system)).toThrow(message);
  });

  it.each(['wait', 'take'])('%s in interrupt context is a fault', (name) => {
    const isr: Placed = { program: always((port) => act(port, name)), line: 0 };
    const interrupts = { ...pending, semaphores: [{ name: 'binary', most: 1 }] };
    const { violations } = check(interrupted({ nobody, isr }, interrupts));
    expect(violations.map(({ property, message }) => [property, message])).toEqual([
      ['bounded-operation', expect.stringContaining('in interrupt context')],
    ]);
  });
});
