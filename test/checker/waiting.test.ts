/** Sleeping, waking and semaphores: on systems so small that every state is listed by hand. */

import { describe, expect, it } from 'vitest';
import { type CheckOptions, check, type Interrupts, type System, Walk } from 'vqcheck/checker';
import { locationAt } from 'vqcheck/memory';
import { deadlock, type Property } from 'vqcheck/properties';
import { act, interrupted, line, type Placed } from './naiveInterrupts.ts';
import { always, loads, never, once, own, report, x } from './support.ts';

function counts(system: System, options: CheckOptions = {}): readonly (string | number)[] {
  const { verdict, states, transitions, depth } = check(system, options);
  return [verdict, states, transitions, depth];
}

const waits = once((port) => act(port, 'wait'));
const rings: Placed = { program: once((port) => act(port, 'ring')), core: 1 };
/** A handler that does nothing: entering it is all. */
const silent: Placed = { program: always(() => {}), line: 0 };
const nobody = once(() => {});

const quiet: Interrupts = { lines: [line()] };
const pending: Interrupts = { lines: [line({ pending: true })] };
const binary = (more: Partial<Interrupts> = {}): Interrupts => ({
  lines: [line({ pending: true })],
  semaphores: [{ name: 'binary', most: 1 }],
  ...more,
});

/** Deadlock means here that the task never ends. */
function ends(system: System, options: CheckOptions = {}): string {
  const finished: System['finished'] = (states) => states[0] === null;
  return check({ ...system, finished, properties: [deadlock] }, options).verdict;
}

describe('waiting for an interrupt', () => {
  // Task: w(aiting), s(leeping), e(nded). Bell: 0 not rung yet, 1 pending, 2 served; * woken. w0 s0 w1 s1 e1 w2 s2* e2,
  // and s2, which sleeps for ever: served before the wait. w0→s0, w0→w1, s0→s1, w1→e1, w1→w2, s1→e1, s1→s2*, e1→e2, w2→s2, s2*→e2.
  it('is over when one is pending, or was served meanwhile; one that was served before does not end it', () => {
    const system = interrupted({ waits, silent, rings }, quiet);
    expect(counts(system)).toEqual(['proved', 9, 10, 3]);
    expect(ends(system)).toBe('violated');
  });

  // m w s u e: before mask, wait; asleep; before unmask; ended. A position knows whether it has slept (u'). m0 w0 s0 m1 w1 s1
  // u1 u'1 e1 e2 m2 w2 s2: served before it masks, it sleeps for ever all the same.
  // m0→w0 m0→m1 w0→s0 w0→w1 s0→s1 m1→w1 m1→m2 w1→u1 s1→u'1 u1→e1 u'1→e1 e1→e2 m2→w2 w2→s2.
  it('is over when a masked one is pending', () => {
    const masks = once((port) => {
      act(port, 'mask');
      act(port, 'wait');
      act(port, 'unmask');
    });
    expect(counts(interrupted({ masks, silent, rings }, quiet))).toEqual(['proved', 13, 14, 5]);
  });

  // The way to do it: mask, look, wait, unmask. What rings after the mask is pending when it waits.
  it('is safe with a look at what the handler says, as long as the look is masked', () => {
    const says: Placed = { program: always((port) => port.store(x, 1, 'relaxed')), line: 0 };
    const looks = (masked: boolean) =>
      once((port) => {
        if (masked) act(port, 'mask');
        if (port.load(x, 'relaxed') === 0) act(port, 'wait');
        if (masked) act(port, 'unmask');
      });
    const verdict = (masked: boolean, memory: 'sc' | 'tso') =>
      ends(interrupted({ looks: looks(masked), says, rings }, quiet), { memory });
    expect([verdict(true, 'sc'), verdict(true, 'tso')]).toEqual(['proved', 'proved']);
    expect([verdict(false, 'sc'), verdict(false, 'tso')]).toEqual(['violated', 'violated']);
  });

  // w, s: nothing is pending that counts. The handler comes in from outside: w s s* e, where it can always be entered: itself
  // four times, but for s→s*. w→s, s*→e.
  it('is not over for a line that is disabled, masked or not, nor before one from outside is served', () => {
    const disabled = interrupted({ waits, silent }, { lines: [line({ pending: true, enabled: false })] });
    expect(counts(disabled)).toEqual(['proved', 2, 1, 1]);
    const outside = interrupted({ waits, silent }, { lines: [line({ external: true })] });
    expect(counts(outside)).toEqual(['proved', 4, 6, 3]);
  });

  it('is not over for an interrupt of another core', () => {
    const elsewhere = interrupted(
      { waits, silent: { ...silent, core: 1 } },
      { lines: [line({ core: 1, pending: true })] },
    );
    expect(ends(elsewhere)).toBe('violated');
    expect(ends(interrupted({ waits, silent }, pending))).toBe('violated');
  });

  // Enabling counts at once: pending, not enabled, asleep; another core enables the line: w0 s0 w1 e1, s1, and no handler.
  it('is over when the line that is pending is enabled meanwhile', () => {
    const enables: Placed = { program: once((port) => act(port, 'enable')), core: 1 };
    const system = interrupted({ waits, enables }, { lines: [line({ pending: true, enabled: false })] });
    // w0→s0 w0→w1 s0→s1 w1→e1 s1→e1.
    expect(counts(system)).toEqual(['proved', 5, 5, 2]);
  });

  // Asleep and roused by a pending interrupt that is cleared before it gets up: asleep again. w0 s0 w1 s1 e1 w2 s2 e2.
  it('is not over for one that was cleared again', () => {
    const takesBack: Placed = {
      program: once((port) => {
        act(port, 'ring');
        act(port, 'clear');
      }),
      core: 1,
    };
    const system = interrupted({ waits, takesBack }, quiet);
    // w0→s0 w0→w1 s0→s1 w1→e1 w1→w2 s1→e1 s1→s2 e1→e2 w2→s2.
    expect(counts(system)).toEqual(['proved', 8, 9, 3]);
    expect(ends(system)).toBe('violated');
  });

  // One entry wakes all that sleep on the core. Two tasks, w s e each; the line is rung by the first that goes on... here by
  // another core, once. Who was asleep when it was served goes on.
  it('is over for every task of the core that slept when the handler was entered', () => {
    const sleeper = (name: string) =>
      once((port) => {
        act(port, 'wait');
        report(port, name);
      });
    const both: Property = never((event) => event.kind === 'call' && event.args.value === 'b', 'b-never');
    const system = interrupted({ a: sleeper('a'), b: sleeper('b'), silent, rings }, quiet);
    expect(check({ ...system, properties: [both] }).verdict).toBe('violated');
    const walk = new Walk(system);
    const step = (kind: 'step' | 'enter', who: number) => walk.advance({ kind, who, choice: 0 });
    step('step', 0);
    step('step', 1);
    step('step', 3);
    step('enter', 2);
    // Both can go on, and nobody else has anything to do.
    expect(walk.enabled()).toEqual([
      { kind: 'step', who: 0, choice: 0 },
      { kind: 'step', who: 1, choice: 0 },
    ]);
    step('step', 0);
    step('step', 1);
    expect(walk.enabled()).toEqual([]);
  });

  // Woken once, it may sleep again: the second wait is not ended by what ended the first.
  it('is over once for each interrupt', () => {
    const twice = once((port) => {
      act(port, 'wait');
      act(port, 'wait');
    });
    const walk = new Walk(interrupted({ twice, silent, rings }, quiet));
    walk.advance({ kind: 'step', who: 0, choice: 0 });
    walk.advance({ kind: 'step', who: 2, choice: 0 });
    walk.advance({ kind: 'enter', who: 1, choice: 0 });
    walk.advance({ kind: 'step', who: 0, choice: 0 });
    walk.advance({ kind: 'step', who: 0, choice: 0 });
    expect(walk.enabled()).toEqual([]);
  });

  it('does not go on while a handler is active, though it was woken', () => {
    const slow: Placed = { program: always((port) => loads(port, x)), line: 0 };
    const other: Placed = { program: once((port) => loads(port, x)), core: 1 };
    const walk = new Walk(interrupted({ waits, slow, rings, other }, quiet));
    walk.advance({ kind: 'step', who: 0, choice: 0 });
    walk.advance({ kind: 'step', who: 2, choice: 0 });
    walk.advance({ kind: 'enter', who: 1, choice: 0 });
    expect(walk.isEnabled({ kind: 'step', who: 0, choice: 0 })).toBe(false);
    walk.advance({ kind: 'step', who: 1, choice: 0 });
    expect(walk.isEnabled({ kind: 'step', who: 0, choice: 0 })).toBe(true);
    expect(walk.take({ kind: 'step', who: 0, choice: 0 }).access).toBe('wake');
  });
});

describe('waking for no reason', () => {
  // w s e, one after the other; or w s.
  it('happens where the system says that it may', () => {
    expect(counts(interrupted({ waits, silent }, quiet))).toEqual(['proved', 2, 1, 1]);
    const spurious = interrupted({ waits, silent }, { ...quiet, spuriousWakeUps: true });
    expect(counts(spurious)).toEqual(['proved', 3, 2, 2]);
  });

  // As above, with s0→e0, s2→e2, and with e0→e1. e0 is new.
  it('is a choice of its own in a schedule, and not there if there is a reason', () => {
    const system = interrupted({ waits, silent, rings }, { ...quiet, spuriousWakeUps: true });
    expect(counts(system)).toEqual(['proved', 10, 13, 3]);
    const walk = new Walk(system);
    walk.advance({ kind: 'step', who: 0, choice: 0 });
    expect(walk.enabled()).toEqual([
      { kind: 'step', who: 2, choice: 0 },
      { kind: 'wake', who: 0, choice: 0 },
    ]);
    walk.advance({ kind: 'step', who: 2, choice: 0 });
    expect(walk.enabled()).toEqual([
      { kind: 'step', who: 0, choice: 0 },
      { kind: 'enter', who: 1, choice: 0 },
    ]);
  });

  it('is no way out of a semaphore', () => {
    const takes = once((port) => act(port, 'take'));
    const system = interrupted({ takes }, { ...binary(), spuriousWakeUps: true });
    expect(counts(system)).toEqual(['proved', 1, 0, 0]);
  });
});

describe('semaphores', () => {
  const takesTwo = once((port) => {
    act(port, 'take');
    act(port, 'take');
  });
  const gives: Placed = { program: always((port) => act(port, 'give')), line: 0 };

  // (taken, handler, count): 0P0 0A0 0D1 1D0, where it waits for ever.
  it('taking waits until the count is above 0', () => {
    expect(counts(interrupted({ takesTwo, gives }, binary()))).toEqual(['proved', 4, 3, 3]);
  });

  // 0P1 1P0 0A1 1A0 0D1 1D1 2D0 1D0. 0P1→1P0 0P1→0A1 1P0→1A0 0A1→0D1 1A0→1D1 0D1→1D0 1D1→2D0.
  it('a binary one that is full stays so', () => {
    const interrupts = binary({ semaphores: [{ name: 'binary', most: 1, initial: 1 }] });
    expect(counts(interrupted({ takesTwo, gives }, interrupts))).toEqual(['proved', 8, 7, 4]);
  });

  // 0A1→0D2→1D1→2D0: the others as above, without 0D1 and 1D0.
  it('a counting one counts', () => {
    const interrupts = binary({ semaphores: [{ name: 'counting', most: 2, initial: 1 }] });
    expect(counts(interrupted({ takesTwo, gives }, interrupts))).toEqual(['proved', 7, 7, 4]);
    expect(ends(interrupted({ takesTwo, gives }, interrupts))).toBe('proved');
  });

  it('giving says whether it was full', () => {
    const seen: unknown[] = [];
    const task = once((port) =>
      report(
        port,
        ['give', 'give', 'give', 'take', 'give'].map((name) => port.action(name, 0)),
      ),
    );
    const values = never((event) => {
      if (event.kind === 'call') seen.push(event.args.value);
      return false;
    });
    const interrupts = { lines: [], semaphores: [{ name: 'counting', most: 2 }] };
    check(interrupted({ task }, interrupts, { properties: [values] }));
    expect(seen).toContainEqual([0, 0, 1, 0, 0]);
  });

  // Two take, one gives once: either gets it. (a, b, given): 00- 001; 10 01: 4 states.
  it('of two that wait one goes on', () => {
    const takes = once((port) => act(port, 'take'));
    const give: Placed = { program: once((port) => act(port, 'give')), core: 1 };
    const system = interrupted({ a: takes, b: takes, give }, { ...binary(), lines: [] });
    expect(counts(system)).toEqual(['proved', 4, 3, 2]);
  });
});

describe('a task that waits', () => {
  /** What is loaded of a word in all states at rest. */
  function atRest(system: System, at = own): number[] {
    const values = new Set<number>();
    const look: Property = {
      name: 'look',
      title: '',
      quiescent: () => (view) => {
        values.add(view.load(at));
        return null;
      },
    };
    check({ ...system, properties: [look] });
    return [...values].sort();
  }

  const stores = (name: string) =>
    once((port) => {
      loads(port, x);
      port.store(own, 1, 'relaxed');
      act(port, name);
      port.store(own, 2, 'relaxed');
    });
  const other: Placed = { program: once((port) => loads(port, x)), core: 1 };

  it('rests there, and what it keeps to itself is seen as it stands', () => {
    const semaphores = [{ name: 'binary', most: 1 }];
    for (const name of ['wait', 'take']) {
      const system = interrupted({ stores: stores(name), other }, { lines: [], semaphores });
      expect(atRest(system)).toEqual([0, 1]);
    }
  });

  // Its store is merged into the turn's start, and it has made no step yet: but it waits for ever behind the store.
  it('so does one that has made no step before', () => {
    const semaphores = [{ name: 'binary', most: 1 }];
    for (const name of ['wait', 'take']) {
      const system = interrupted(
        {
          stores: once((port) => {
            port.store(own, 1, 'relaxed');
            act(port, name);
          }),
          other,
        },
        { lines: [], semaphores },
      );
      expect([name, atRest(system).includes(1)]).toEqual([name, true]);
    }
  });

  it('does not rest inside an operation', () => {
    const inside = once((port) =>
      port.op('some', {}, () => {
        loads(port, x);
        act(port, 'take');
        return null;
      }),
    );
    const system = interrupted({ inside, other }, { lines: [], semaphores: [{ name: 'binary', most: 1 }] });
    // Before its load only, with the other before and after its own.
    expect(check(system).quiescentStates).toBe(2);
  });

  it('a local word that only one agent reaches counts as well', () => {
    const word = locationAt('local', 0, 32);
    const stored = once((port) => {
      loads(port, x);
      port.store(word, 5, 'relaxed');
      act(port, 'wait');
    });
    expect(atRest(interrupted({ stored, other, nobody }, quiet), word)).toEqual([0, 5]);
  });
});
