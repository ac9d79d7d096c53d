/** What is a step and what is not: choices, actions, and moves of ownership. */

import { describe, expect, it } from 'vitest';
import { check, program, STOP } from 'vqcheck/checker';
import { move, neverInOrder, once, outcomes, report, tiny, x, y } from './support.ts';

/** Slot events and reports, as `agent:event` and `agent:value`. */
const orderIs = (wanted: string) =>
  neverInOrder(
    (event) =>
      event.kind === 'slot'
        ? `${event.agent}:${event.event}`
        : event.kind === 'call' && event.operation === 'report'
          ? `${event.agent}:${event.args.value}`
          : null,
    (seen) => seen.join(' ') === wanted,
  );

describe('moves of ownership', () => {
  const system = (agent: ReturnType<typeof once>, wanted: string) => {
    const other = once((port) => {
      port.load(x, 'relaxed');
      report(port, 'o');
    });
    return tiny({ agent, other }, { withSlots: true, properties: [orderIs(wanted)] });
  };
  const twoMoves = once((port) => {
    port.load(x, 'relaxed');
    move(port, 'reserve');
    move(port, 'cancel');
  });

  it.each(['1:o 0:reserve 0:cancel', '0:reserve 1:o 0:cancel', '0:reserve 0:cancel 1:o'])(
    'two without an access in between are two steps: %s is a run',
    (wanted) => {
      expect(check(system(twoMoves, wanted)).verdict).toBe('violated');
    },
  );

  it('are told of in their order, each once', () => {
    for (const impossible of ['0:cancel', '0:reserve 0:reserve', '0:reserve 0:cancel 0:cancel']) {
      expect(check(system(twoMoves, impossible)).verdict).toBe('proved');
    }
  });

  it('one step between them is enough, and its name is pause', () => {
    const result = check(system(twoMoves, '0:reserve 0:cancel 1:o'));
    // Load and reserve, pause and cancel, then the other's load.
    expect(result.violations[0]?.schedule).toEqual([
      { kind: 'step', who: 0, choice: 0 },
      { kind: 'step', who: 0, choice: 0 },
      { kind: 'step', who: 1, choice: 0 },
    ]);
  });

  it('at the end of a turn and at the begin of the next have a step in between', () => {
    const agent = program<number>(0, (port) => (state) => {
      if (state === 0) {
        port.load(x, 'relaxed');
        move(port, 'reserve');
        return 1;
      }
      move(port, 'cancel');
      return STOP;
    });
    expect(check(system(agent, '0:reserve 1:o 0:cancel')).verdict).toBe('violated');
  });

  // Only the turn just before is asked whether it moved something: a turn without any event in between hides it.
  it('have a step in between, too, when a turn without any event stands between them', () => {
    const agent = program<number>(0, (port) => (state) => {
      if (state === 0) {
        port.load(x, 'relaxed');
        move(port, 'reserve');
        return 1;
      }
      if (state === 1) return 2;
      move(port, 'cancel');
      return STOP;
    });
    expect(check(system(agent, '0:reserve 1:o 0:cancel')).verdict).toBe('violated');
  });

  // All agents run to their first access in the first state, in their order: moves made there have no other order.
  it('before the first access of two agents come in both orders', () => {
    const first = once((port) => {
      move(port, 'reserve', 0);
      port.load(x, 'relaxed');
    });
    const second = once((port) => {
      move(port, 'reserve', 1);
      port.load(x, 'relaxed');
    });
    const both = (wanted: string) =>
      tiny({ first, second }, { withSlots: true, properties: [orderIs(wanted)] });
    expect(check(both('0:reserve 1:reserve')).verdict).toBe('violated');
    expect(check(both('1:reserve 0:reserve')).verdict).toBe('violated');
  });

  // What an operation takes away at its call goes with the step before the call: nobody can come in between, so a buffer
  // that others use after that step but before the call looks as if it had been given away in time.
  it('at a call may come later than the step before it', () => {
    const agent = once((port) => {
      port.store(x, 1, 'relaxed');
      move(port, 'publish', 0, () => void port.load(y, 'relaxed'));
    });
    const other = once((port) => {
      report(port, port.load(x, 'relaxed'));
      port.load(y, 'relaxed');
    });
    const found = check(tiny({ agent, other }, { withSlots: true, properties: [orderIs('1:1 0:publish')] }));
    expect(found.verdict).toBe('violated');
  });
});

describe('choose', () => {
  it('explores every result', () => {
    const chooser = once((port) => report(port, [port.choose(3), port.choose(2)]));
    expect(outcomes({ chooser }, 'sc')).toEqual(['[0,0]', '[0,1]', '[1,0]', '[1,1]', '[2,0]', '[2,1]']);
    // First, after each of 3, ended. The second choice leads to one end.
    const { states, transitions, depth } = check(tiny({ chooser }));
    expect([states, transitions, depth]).toEqual([5, 9, 2]);
  });

  it('of one is no choice, and no step', () => {
    const chooser = once((port) => {
      for (let i = 0; i < 10; i++) port.choose(1);
    });
    expect(check(tiny({ chooser })).states).toBe(1);
  });

  it('of none, or of a half, is an error of the target', () => {
    const faults = [0, 1.5].map((count) => {
      const chooser = once((port) => void port.choose(count));
      const seen: string[] = [];
      check(
        tiny(
          { chooser },
          {
            properties: [
              neverInOrder(
                (event) => {
                  if (event.kind === 'fault') seen.push(event.message);
                  return null;
                },
                () => false,
              ),
            ],
          },
        ),
      );
      return seen;
    });
    expect(faults).toEqual([
      ['the program threw RangeError: choose(0): expected 1..1024'],
      ['the program threw RangeError: choose(1.5): expected 1..1024'],
    ]);
  });

  // The number of edges of a state is kept in 16 bits: no choice may come near that.
  it('of more than 1024 is refused', () => {
    const chooser = (count: number) => once((port) => void port.choose(count));
    expect(check(tiny({ chooser: chooser(1024) })).transitions).toBe(1024);
    expect(check(tiny({ chooser: chooser(1025) })).violations).toMatchObject([
      {
        property: 'bounded-operation',
        message: expect.stringMatching(/choose\(1025\): expected 1\.\.1024/) as string,
      },
    ]);
  });
});
