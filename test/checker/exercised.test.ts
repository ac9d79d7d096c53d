/** What monitors are told under `watchAccesses`, and how often a property was put to the test. */
import { describe, expect, it } from 'vitest';
import { check } from 'vqcheck/checker';
import type { MemoryPort } from 'vqcheck/memory';
import { EXERCISED, type MonitorEvent, type Property } from 'vqcheck/properties';
import { always, once, own, tiny, x, y } from './support.ts';

/** The events of the first agent, one text each. */
function told(body: (port: MemoryPort) => void, memory: 'sc' | 'tso' | 'rc11' = 'sc'): string[] {
  const seen = new Map<string, true>();
  const listener: Property = {
    name: 'listener',
    title: 'It is told.',
    monitor: () => ({
      words: 0,
      step(_state, event) {
        if (event.agent === 0) seen.set(text(event), true);
        return null;
      },
    }),
  };
  const peer = once((port) => {
    port.load(x, 'relaxed');
    port.load(y, 'relaxed');
  });
  const system = tiny({ agent: once(body), peer }, { watchAccesses: true, properties: [listener] });
  const result = check(system, { memory });
  expect(result.verdict).toBe('proved');
  return [...seen.keys()];
}

function text(event: MonitorEvent): string {
  switch (event.kind) {
    case 'access': {
      const { name, writes, order, update, value, before, content } = event;
      const kind = `${update ? 'update' : writes ? 'store' : 'load'}${update && !writes ? ' in vain' : ''}`;
      const was = before === null ? '' : ` was ${before}`;
      return `${kind} ${name} ${order} ${content === null ? value : 'range'}${was}`;
    }
    case 'fence':
      return `fence ${event.order}`;
    case 'action':
      return `${event.name} ${event.argument}`;
    default:
      return event.kind;
  }
}

describe('accesses that monitors watch', () => {
  it('come with values and orderings, whether others reach the location or not', () => {
    const events = told((port) => {
      port.store(x, 7, 'release');
      port.load(x, 'acquire');
      port.store(own, 3, 'relaxed');
      port.load(own, 'plain');
      port.rmw(x, 'add', 2, 'acq_rel');
      port.rmw(own, 'add', 2, 'relaxed');
      port.cas(x, 9, 11, 'seq_cst', 'relaxed');
      port.cas(x, 9, 12, 'seq_cst', 'acquire');
      port.cas(own, 1, 2, 'release', 'relaxed');
    });
    expect(events).toEqual([
      'store x release 7',
      'load x acquire 7',
      'store own relaxed 3',
      'load own plain 3',
      'update x acq_rel 9 was 7',
      'update own relaxed 5 was 3',
      'update x seq_cst 11 was 9',
      'update in vain x acquire 11 was 11',
      'update in vain own relaxed 5 was 5',
    ]);
  });

  it('tell of a range by its content', () => {
    const events = told((port) => {
      port.writeRange(40, new Uint8Array([1, 2]));
      port.readRange(40, new Uint8Array(2));
    });
    expect(events.filter((event) => event !== 'payload')).toEqual([
      'store shared[40] plain range',
      'load shared[40] plain range',
    ]);
  });

  it('tell of the fences and actions of the program, merged or not, and of none that an access brings along', () => {
    for (const memory of ['sc', 'tso', 'rc11'] as const) {
      const events = told((port) => {
        port.store(x, 1, 'seq_cst');
        port.fence('release');
        port.load(y, 'relaxed');
        port.fence('seq_cst');
        port.action('ding', 3);
      }, memory);
      expect(events).toEqual([
        'store x seq_cst 1',
        'fence release',
        'load y relaxed 0',
        'fence seq_cst',
        'ding 3',
      ]);
    }
  });

  it('are told after the call that they are made in, though it waits for them', () => {
    const events = told((port) => {
      port.store(y, 1, 'relaxed');
      port.op('work', {}, () => {
        port.store(own, 1, 'relaxed');
        port.store(x, 1, 'relaxed');
        return null;
      });
    });
    expect(events).toEqual([
      'store y relaxed 1',
      'call',
      'store own relaxed 1',
      'store x relaxed 1',
      'return',
    ]);
  });

  it('change neither states nor transitions', () => {
    const agents = {
      a: always((port) => port.store(x, 1, 'relaxed')),
      b: always((port) => void port.load(x, 'relaxed')),
    };
    const counts = [true, false].map((watchAccesses) => {
      const { states, transitions } = check(tiny(agents, { watchAccesses }), { memory: 'tso' });
      return [states, transitions];
    });
    expect(counts[0]).toEqual(counts[1]);
  });
});

/** Put to the test by each store to x; broken by one of 2. With one word, which counts them up to a bound. */
function storesOfX(words: 0 | 1): Property {
  return {
    name: 'stores-of-x',
    title: 'Nobody stores 2.',
    monitor: () => ({
      words,
      listens: (event) => event.kind === 'access' && event.writes && event.byteOffset === 0,
      step(state, event) {
        if (event.kind !== 'access' || !event.writes || event.byteOffset !== 0) return null;
        if (event.value === 2) return 'there it is';
        if (words === 1) state.set(0, Math.min(2, state.get(0) + 1));
        return EXERCISED;
      },
    }),
  };
}

describe('how often a property is put to the test', () => {
  const reader = once((port) => void port.load(x, 'relaxed'));

  it('counts different states of the monitors, and comes with a shortest run to the first of them', () => {
    const writer = once((port) => {
      port.load(y, 'relaxed');
      port.store(x, 1, 'relaxed');
      port.store(x, 1, 'relaxed');
    });
    const other = once((port) => {
      port.load(y, 'relaxed');
      port.load(x, 'relaxed');
    });
    const system = tiny({ other, writer }, { watchAccesses: true, properties: [storesOfX(1)] });
    const { exercised, verdict } = check(system);
    expect(verdict).toBe('proved');
    // Before the first store, and after it.
    expect(exercised).toMatchObject([
      {
        property: 'stores-of-x',
        situations: 2,
        schedule: [
          { kind: 'step', who: 1, choice: 0 },
          { kind: 'step', who: 1, choice: 0 },
        ],
      },
    ]);
  });

  it('counts what a monitor without a state says once for each kind of step', () => {
    const writer = always((port) => port.store(x, 1, 'relaxed'));
    const result = check(tiny({ writer, reader }, { watchAccesses: true, properties: [storesOfX(0)] }));
    expect(result.exercised).toMatchObject([{ situations: 1, schedule: [{ who: 0 }] }]);
  });

  it('is empty where no monitor says so', () => {
    const writer = once((port) => port.store(y, 1, 'relaxed'));
    const result = check(tiny({ writer, reader }, { watchAccesses: true, properties: [storesOfX(1)] }));
    expect([result.verdict, result.exercised]).toEqual(['proved', []]);
  });

  it('stands beside a violation', () => {
    const writer = once((port) => {
      port.store(x, 1, 'relaxed');
      port.store(x, 2, 'relaxed');
    });
    const result = check(tiny({ writer, reader }, { watchAccesses: true, properties: [storesOfX(1)] }));
    expect(result.violations).toMatchObject([{ property: 'stores-of-x', schedule: { length: 2 } }]);
    expect(result.exercised).toMatchObject([{ situations: 1, schedule: { length: 1 } }]);
  });

  it('goes on after a prefix, with the whole schedule', () => {
    const writer = once((port) => {
      port.store(x, 1, 'relaxed');
      port.store(y, 1, 'relaxed');
      port.store(x, 3, 'relaxed');
    });
    const peer = once((port) => {
      port.load(x, 'relaxed');
      port.load(y, 'relaxed');
    });
    const system = tiny({ writer, peer }, { watchAccesses: true, properties: [storesOfX(1)] });
    const step = { kind: 'step', who: 0, choice: 0 } as const;
    const schedules = [[step], [step, step]].map((from) => check(system, { from }).exercised[0]?.schedule);
    expect(schedules).toEqual([[step], [step]]);
  });
});

describe('a property that claims a barrier', () => {
  const fenced: Property = {
    name: 'fenced',
    title: 'A fence comes before the store.',
    barrier: true,
    monitor: () => ({
      words: 1,
      step(state, event) {
        if (event.kind === 'fence') state.set(0, 1);
        if (event.kind !== 'access' || !event.writes) return null;
        return state.get(0) === 1 ? EXERCISED : 'there is none';
      },
    }),
  };
  const writer = once((port) => {
    port.fence('release');
    port.store(x, 1, 'relaxed');
  });
  const reader = once((port) => void port.load(x, 'relaxed'));
  const system = tiny({ writer, reader }, { watchAccesses: true, properties: [fenced] });

  it('is not checked where barriers are left out', () => {
    const edit = {
      site: 'code.ts:1',
      kind: 'fence',
      operation: null,
      edit: 'weaken',
      order: 'none',
    } as const;
    const result = check(system, { barriers: { edits: [edit], siteOf: () => 'code.ts:1' } });
    expect([result.verdict, result.exercised]).toEqual(['proved', []]);
    expect(check(system).exercised).toMatchObject([{ property: 'fenced' }]);
  });
});
