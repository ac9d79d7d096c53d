/** Buffers that change hands by the chain: which those are is said when they join it, and found again in the ledger. */
import { describe, expect, it } from 'vitest';
import { type ChainAction, check, program, STOP, type System } from 'vqcheck/checker';
import type { MemoryPort } from 'vqcheck/memory';
import { type MonitorEvent, noDoubleOwnership, payloadIntegrity, type StateView } from 'vqcheck/properties';
import { neverInOrder, once, SLOTS, tiny, x, y } from './support.ts';

type Told = Readonly<Record<string, unknown>>;

const act = (args: Told): readonly ChainAction[] => args.actions as readonly ChainAction[];

/** `call` and `return` do what their argument says, at that moment. */
const operations: System['operations'] = {
  call: { codes: null, succeeded: () => true, onCall: act },
  return: { codes: null, succeeded: () => true, onReturn: act },
  whole: { codes: null, succeeded: () => true, progress: true },
};

const none = { withSlots: true, operations, chains: true };

function does(port: MemoryPort, when: 'call' | 'return', ...actions: readonly ChainAction[]): void {
  port.op(when, { actions: actions.map((action) => ({ ...action })) }, () => null);
}

const reserve = (slot: 0 | 1): ChainAction => ({ kind: 'slot', event: 'reserve', address: SLOTS[slot] });
const append = (slot: 0 | 1, head = 3, length = slot + 1): ChainAction => ({
  kind: 'append',
  queue: 0,
  head,
  address: SLOTS[slot],
  length,
});
const chain = (
  event: 'publish' | 'take' | 'return' | 'collect' | 'return.failed',
  head = 3,
): ChainAction => ({
  kind: 'chain',
  queue: 0,
  head,
  event,
});

/** Every order of slot events over all runs, one text each. */
function movesOf(agents: Parameters<typeof tiny>[0], more: Partial<System> = {}) {
  const seen = new Set<string>();
  const watch = neverInOrder(
    (event: MonitorEvent) =>
      event.kind === 'slot'
        ? `${event.event} ${event.slot}${event.length < 0 ? '' : `:${event.length}`}${event.noChain === undefined ? '' : ` no ${event.noChain}`}${event.to === null ? ' illegal' : ''}`
        : null,
    (all) => {
      seen.add(all.join(', '));
      return false;
    },
  );
  const result = check(tiny(agents, { ...none, properties: [watch], ...more }));
  const longest = Math.max(...[...seen].map((text) => text.length));
  return { result, seen: [...seen].filter((text) => text.length === longest) };
}

describe('a chain', () => {
  it('moves all its buffers at once, with the lengths with which they joined it, in that order', () => {
    const { seen, result } = movesOf({
      driver: once((port) => {
        does(port, 'return', reserve(0), reserve(1));
        does(port, 'return', append(1));
        does(port, 'return', append(0));
        does(port, 'call', chain('publish'));
        does(port, 'return', chain('take'));
        does(port, 'call', chain('return'));
        does(port, 'return', chain('return.failed'));
        does(port, 'call', chain('return'));
        does(port, 'return', chain('collect'));
      }),
    });
    expect(seen).toEqual([
      'reserve 0, reserve 1, publish 1:2, publish 0:1, take 1:2, take 0:1, return 1, return 0, ' +
        'return.failed 1, return.failed 0, return 1, return 0, collect 1, collect 0',
    ]);
    expect(result.verdict).toBe('proved');
  });

  it('is two chains in two queues, and by two heads', () => {
    const { seen } = movesOf({
      driver: once((port) => {
        does(port, 'return', reserve(0), reserve(1), append(0, 3), { ...append(1), queue: 1 } as ChainAction);
        does(port, 'call', chain('publish'));
      }),
    });
    expect(seen).toEqual(['reserve 0, reserve 1, publish 0:1']);
  });

  it('publishes what joins it too late', () => {
    const { seen } = movesOf({
      driver: once((port) => {
        does(port, 'return', reserve(0), reserve(1), append(0));
        does(port, 'call', chain('publish'));
        does(port, 'return', append(1));
      }),
    });
    expect(seen).toEqual(['reserve 0, reserve 1, publish 0:1, publish 1:2']);
  });

  it('that is given up moves nothing, and its buffers can join another one', () => {
    const { seen, result } = movesOf({
      driver: once((port) => {
        does(port, 'return', reserve(0), append(0));
        does(port, 'call', { kind: 'discard', queue: 0, head: 3 });
        does(port, 'return', append(0, 2));
        does(port, 'call', chain('publish', 2));
      }),
    });
    expect(seen).toEqual(['reserve 0, publish 0:1']);
    expect(result.verdict).toBe('proved');
  });

  it('is collected with all others of its queue', () => {
    const all = { kind: 'chain', queue: 0, head: null, event: 'collect' } as const;
    const { seen, result } = movesOf({
      driver: once((port) => {
        does(port, 'return', reserve(0), reserve(1), append(0, 3), append(1, 4));
        does(port, 'call', chain('publish', 3), chain('publish', 4));
        does(port, 'return', chain('take', 3), chain('take', 4));
        does(port, 'call', chain('return', 3), chain('return', 4));
        does(port, 'return', { ...all, queue: 1 });
        does(port, 'return', all);
        does(port, 'return', all);
      }),
    });
    expect(seen.map((text) => text.split(', ').slice(-2))).toEqual([['collect 0', 'collect 1']]);
    expect(result.verdict).toBe('proved');
  });

  it('that is collected to be kept is reserved by whoever collects it, buffer by buffer', () => {
    const kept = { kind: 'chain', queue: 0, head: 3, event: 'collect', keeps: true } as const;
    const { seen, result } = movesOf({
      driver: once((port) => {
        does(port, 'return', reserve(0), reserve(1), append(1), append(0));
        does(port, 'call', chain('publish'));
        does(port, 'return', chain('take'));
        does(port, 'call', chain('return'));
        does(port, 'return', kept);
        does(port, 'return', append(0));
        does(port, 'call', chain('publish'));
      }),
    });
    expect(seen.map((text) => text.split(', ').slice(-5))).toEqual([
      ['collect 1', 'reserve 1', 'collect 0', 'reserve 0', 'publish 0:1'],
    ]);
    expect(result.verdict).toBe('proved');
  });

  it('that is collected too early is not kept', () => {
    const kept = { kind: 'chain', queue: 0, head: 3, event: 'collect', keeps: true } as const;
    const { seen } = movesOf({
      driver: once((port) => {
        does(port, 'return', reserve(0), append(0));
        does(port, 'call', chain('publish'));
        does(port, 'return', kept);
      }),
    });
    expect(seen).toEqual(['reserve 0, publish 0:1, collect 0 illegal']);
  });

  it.each([
    ['take', 'core0 took chain 3, and there is no such chain'],
    ['collect', 'core0 collected chain 3, and there is no such chain'],
    ['return.failed', "core0's return of chain 3 failed, and there is no such chain"],
  ] as const)('that there is not cannot %s', (event, message) => {
    const agents = { core0: once((port) => does(port, 'return', chain(event))) };
    const { violations } = check(tiny(agents, { ...none, properties: [noDoubleOwnership] }));
    expect(violations.map((violation) => violation.message)).toEqual([message]);
  });

  it('has no member that is no buffer', () => {
    const agents = {
      core0: once((port) => does(port, 'return', { ...append(0), address: 33 } as ChainAction)),
    };
    const { violations } = check(tiny(agents, { ...none, properties: [noDoubleOwnership] }));
    expect(violations.map(({ message }) => message)).toEqual([
      'core0 published 0x21, which is not the start of any buffer',
    ]);
  });

  it('refuses to be in a system without chains', () => {
    const agents = { core0: once((port) => does(port, 'return', append(0))) };
    expect(() => check(tiny(agents, { ...none, chains: false }))).toThrow('a chain in a system without');
  });

  it('changes hands in one step, and where two moves have no access between them another one comes first', () => {
    const states = (...actions: readonly (readonly ChainAction[])[]): number =>
      check(
        tiny(
          {
            core0: once((port) => {
              for (const each of actions) does(port, 'return', ...each);
            }),
          },
          { ...none, properties: [noDoubleOwnership] },
        ),
      ).states;
    // Notes cost nothing; two buffers at once cost as much as one; one after the other costs a step.
    expect(states([reserve(0), reserve(1)])).toBe(states([reserve(0)]));
    expect(states([reserve(0)], [append(0)], [append(1)])).toBe(states([reserve(0)]));
    expect(states([reserve(0)], [reserve(1)])).toBe(states([reserve(0)]) + 1);
  });

  it('holds every buffer of it for its owner: nobody reads it before the chain is taken', () => {
    const agents = {
      driver: once((port) => {
        does(port, 'return', reserve(0), reserve(1));
        for (const slot of [0, 1] as const) {
          port.writeRange(SLOTS[slot], Uint8Array.of(7 + slot));
          does(port, 'return', append(slot, 0, 1));
        }
        port.op('call', { actions: [{ ...chain('publish', 0) }] }, () => {
          port.store(x, 1, 'release');
          return null;
        });
      }),
      device: program<number>(0, (port) => (turn) => {
        if (port.load(x, 'acquire') === 0) return turn;
        does(port, 'return', chain('take', 0));
        for (const slot of [0, 1] as const) port.readRange(SLOTS[slot], new Uint8Array(1));
        return STOP;
      }),
    };
    const { verdict, violations } = check(
      tiny(agents, { ...none, properties: [noDoubleOwnership, payloadIntegrity] }),
    );
    expect([verdict, violations]).toEqual(['proved', []]);
  });

  it('is not sent before its publication is over: nobody has to receive it until then', () => {
    const stuck = {
      driver: once((port) => {
        does(port, 'return', reserve(0), append(0));
        port.op('call', { actions: [{ ...chain('publish') }] }, () => {
          port.store(x, 1, 'relaxed');
          port.repeat<null, null>(null, () =>
            port.load(y, 'relaxed') === 0 ? { again: null } : { done: null },
          );
          return null;
        });
      }),
      device: once((port) => void port.load(x, 'relaxed')),
    };
    const eventual = { name: 'eventual-receipt', title: 'It comes.', goal: 'received' as const };
    const system = (agents: Parameters<typeof tiny>[0]): System =>
      tiny(agents, { ...none, properties: [eventual], finished: () => false });
    expect(check(system(stuck)).verdict).toBe('proved');
    const sent = {
      driver: once((port) => {
        does(port, 'return', reserve(0), append(0));
        does(port, 'call', chain('publish'));
        port.store(x, 1, 'relaxed');
      }),
      device: stuck.device,
    };
    expect(check(system(sent)).violations.map(({ property }) => property)).toEqual(['eventual-receipt']);
  });
});

describe('an operation that moves buffers through those nested in it', () => {
  it('is progress where it says so', () => {
    const live = { name: 'deadlock', title: 'It goes on.', goal: 'progress' as const };
    const agents = {
      core0: program<number>(0, (port) => (turn) => {
        port.op('whole', {}, () => port.store(x, 1, 'relaxed') ?? null);
        return turn;
      }),
      core1: once((port) => void port.load(x, 'relaxed')),
    };
    const verdict = (progress: boolean): string =>
      check(
        tiny(agents, {
          ...none,
          operations: { whole: { codes: null, succeeded: () => true, progress } },
          properties: [live],
          finished: () => false,
        }),
      ).verdict;
    expect([verdict(true), verdict(false)]).toEqual(['proved', 'violated']);
  });
});

describe('at rest', () => {
  /** What a look at rest saw of slot 0. */
  function restsOf(agents: Parameters<typeof tiny>[0]): string[] {
    const seen = new Set<string>();
    const looks = {
      name: 'looks',
      title: 'It looks.',
      quiescent: () => (view: StateView) => {
        seen.add(view.slotState(0));
        return null;
      },
    };
    check(tiny(agents, { ...none, properties: [looks] }));
    return [...seen].sort();
  }

  it('is no turn that has moved a buffer before its first step', () => {
    const cancel: ChainAction = { kind: 'slot', event: 'cancel', address: SLOTS[0] };
    const agents = {
      core0: program<number>(0, (port) => (turn) => {
        // The first turn moves nothing: the move belongs to its step, and the second turn begins with it.
        if (turn === 1) does(port, 'return', reserve(0));
        port.load(x, 'relaxed');
        if (turn === 0) return 1;
        does(port, 'return', cancel);
        return STOP;
      }),
      core1: once((port) => port.store(x, 1, 'relaxed')),
    };
    expect(restsOf(agents)).toEqual(['free']);
  });

  // Before the choice it rests in any case.
  it.each([
    [true, 3],
    [false, 1],
  ] as const)('is an agent that sleeps in an operation which waits: %s', (waits, rests) => {
    const agents = {
      core0: once((port) => {
        port.op('sleep', {}, () => {
          port.choose(2);
          port.action('take', 0);
          return null;
        });
      }),
    };
    const sleeping = {
      operations: { sleep: { codes: null, succeeded: () => true, waits } },
      interrupts: { lines: [], semaphores: [{ name: 'given', most: 1 }] },
    };
    expect(check(tiny(agents, { ...none, ...sleeping })).quiescentStates).toBe(rests);
  });
});
