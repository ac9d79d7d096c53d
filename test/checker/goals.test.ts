/** What must stay reachable: homes, and progress. */

import { describe, expect, it } from 'vitest';
import { check, type Program, program, STOP, type System } from 'vqcheck/checker';
import { deadlock, noLostBuffers, type Property } from 'vqcheck/properties';
import { always, loads, move, never, once, report, SLOTS, tiny, x, y } from './support.ts';

const home: readonly Property[] = [noLostBuffers];
const progress: readonly Property[] = [deadlock];

function system(
  agents: Readonly<Record<string, Program>>,
  properties: readonly Property[],
  more: Partial<System> = {},
): System {
  return tiny(agents, { withSlots: true, properties, ...more });
}

/** Reserves; then lets go and begins again, or keeps the buffer for ever. */
const keeper = program<number>(0, (port) => (state) => {
  if (state === 0) {
    move(port, 'reserve');
    return 1;
  }
  if (port.choose(2) === 1) return STOP;
  move(port, 'cancel');
  return 0;
});

describe('home', () => {
  // S0: free, before the reservation, which is a step. S1: reserved, before the choice. Choice 0 leads to S2: about to let
  // go, which leads back to S0. Choice 1 leads to S3: ended, still reserved.
  it('a buffer that is lost for ever is found by nothing but that no way leads home', () => {
    const result = check(system({ keeper }, home));
    expect([result.states, result.transitions, result.depth, result.homeStates]).toEqual([4, 4, 2, 1]);
    expect(result.violations).toMatchObject([
      { property: 'no-lost-buffers', schedule: [{ choice: 0 }, { kind: 'step', who: 0, choice: 1 }] },
    ]);
  });

  it('is reachable from everywhere, in whatever order the states were found', () => {
    const careful = program<number>(0, (port) => (state) => {
      if (state === 0) {
        move(port, 'reserve');
        return 1;
      }
      loads(port, x);
      if (state < 5) return state + 1;
      move(port, 'cancel');
      return 0;
    });
    expect(check(system({ careful, other: always((port) => loads(port, x)) }, home)).verdict).toBe('proved');
  });

  it('is what the target says it is, besides that all is free', () => {
    const idle = once((port) => loads(port, x));
    const never = check(system({ a: idle, b: idle }, home, { home: () => false }));
    expect([never.verdict, never.violations[0]?.schedule.length, never.homeStates]).toEqual([
      'violated',
      0,
      0,
    ]);
    // Home is where x is 1: all states before can reach it.
    const writer = once((port) => port.store(x, 1, 'relaxed'));
    const later = check(system({ a: writer, b: idle }, home, { home: (view) => view.load(x) === 1 }), {
      memory: 'tso',
    });
    expect([later.verdict, later.homeStates]).toEqual(['proved', 2]);
  });

  it('is not claimed to be lost behind a violation, where nobody looked', () => {
    const reporter = program<number>(0, (port) => (state) => {
      if (state === 0) {
        move(port, 'reserve');
        return 1;
      }
      loads(port, x);
      report(port, 'bad');
      loads(port, x);
      return STOP;
    });
    const bad = never((event) => event.kind === 'call' && event.args.value === 'bad', 'bad');
    const agents = { reporter, other: once((port) => loads(port, x)) };
    const names = (properties: readonly Property[]) =>
      check(system(agents, properties)).violations.map(({ property }) => property);
    expect(names([bad, ...home])).toEqual(['bad']);
    expect(names(home)).toEqual(['no-lost-buffers']);
  });

  it('is not claimed to be lost behind a state at rest that breaks a property', () => {
    const rests: Property = {
      name: 'rests',
      title: '',
      quiescent: () => (view) => (view.slotState(0) === 'reserved' ? 'reserved at rest' : null),
    };
    const result = check(system({ keeper }, [rests, ...home]));
    // The second state is at rest, and reserved.
    expect(result.violations.map(({ property, schedule }) => [property, schedule.length])).toEqual([
      ['rests', 1],
    ]);
    expect(result.states).toBe(2);
  });

  it('a census that misses a buffer breaks the claim where all rests', () => {
    const idle = once((port) => loads(port, x));
    const counted = (slots: readonly number[]) =>
      check(
        system({ a: idle, b: idle }, home, {
          census: (_view, place) => {
            for (const slot of slots) place(slot, `0x${SLOTS[slot]?.toString(16)}`);
          },
        }),
      ).verdict;
    expect([counted([0, 1]), counted([0]), counted([0, 1, 1])]).toEqual(['proved', 'violated', 'violated']);
  });
});

describe('progress', () => {
  /** Tries to reserve, in vain: the operation fails each time. */
  const inVain = always((port) => {
    port.op('reserve', { address: SLOTS[0] }, () => port.load(x, 'relaxed') === 1);
  });
  const idle = once((port) => loads(port, x));

  it('polls in vain for ever are a deadlock, found in the first state', () => {
    const result = check(system({ inVain, again: inVain }, progress));
    expect([result.verdict, result.states, result.violations[0]?.schedule]).toEqual(['violated', 1, []]);
  });

  it('unless no work is left: an agent has ended, or the scenario says so', () => {
    // Where the idle agent has ended all is finished, and that can be reached from the first state.
    expect(check(system({ inVain, idle }, progress)).verdict).toBe('proved');
    expect(check(system({ inVain, idle }, progress, { finished: () => false })).verdict).toBe('violated');
    expect(check(system({ inVain, again: inVain }, progress, { finished: () => true })).verdict).toBe(
      'proved',
    );
  });

  it("the agents' states are what `finished` is asked with, null for one that has ended", () => {
    const seen = new Set<string>();
    check(
      system({ inVain, idle }, progress, {
        finished: (states) => {
          seen.add(JSON.stringify(states));
          return true;
        },
      }),
    );
    expect([...seen].sort()).toEqual(['[0,0]', '[0,null]']);
  });

  it('an operation that succeeds somewhere ahead is enough', () => {
    const later = once((port) => {
      loads(port, y);
      port.store(x, 1, 'relaxed');
    });
    const toucher = once((port) => loads(port, y));
    expect(
      check(system({ inVain, later, toucher }, progress, { finished: () => false }), { memory: 'tso' })
        .verdict,
    ).toBe('proved');
  });

  it('agents that have all ended with a buffer out are a deadlock', () => {
    const result = check(system({ keeper }, progress));
    expect(result.violations.map(({ property, schedule }) => [property, schedule.length])).toEqual([
      ['deadlock', 2],
    ]);
  });

  it('operations that move no ownership are none', () => {
    const talker = always((port) => {
      loads(port, x);
      report(port, 1);
    });
    expect(check(system({ a: talker, b: talker }, progress)).verdict).toBe('violated');
  });
});

describe('a state at rest', () => {
  it('is looked at with its newest values, once nothing waits', () => {
    const values = new Set<string>();
    const look: Property = {
      name: 'look',
      title: '',
      quiescent: () => (view) => {
        values.add(`${view.load(x)} ${view.load(y)}`);
        return null;
      },
    };
    const writer = once((port) => {
      port.store(x, 1, 'relaxed');
      port.store(y, 2, 'relaxed');
    });
    const reader = once((port) => loads(port, x, y));
    const result = check(tiny({ writer, reader }, { properties: [look] }), { memory: 'tso' });
    expect([...values].sort()).toEqual(['0 0', '1 2']);
    // Writer before and after, reader before and after.
    expect(result.quiescentStates).toBe(4);
  });

  it('sees what one agent keeps to itself, as its last turn left it', () => {
    const values = new Set<number>();
    const look: Property = {
      name: 'look',
      title: '',
      quiescent: () => (view) => {
        values.add(view.load(y));
        return null;
      },
    };
    const agent = program<number>(0, (port) => (state) => {
      loads(port, x);
      port.store(y, state + 1, 'relaxed');
      return state === 2 ? STOP : state + 1;
    });
    check(tiny({ agent, other: once((port) => loads(port, x)) }, { properties: [look] }));
    expect([...values]).toEqual([0, 1, 2, 3]);
  });
});
