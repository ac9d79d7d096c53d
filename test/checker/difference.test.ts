/** Why a run breaks a property under a weak memory model only: on litmus tests, where that is known. */
import { describe, expect, it } from 'vitest';
import {
  check,
  type Difference,
  type DifferenceOptions,
  explainDifference,
  type FenceAdvice,
  type MemoryModelName,
  type Program,
  type System,
} from 'vqcheck/checker';
import type { Location, MemoryPort, Ordering } from 'vqcheck/memory';
import type { Property } from 'vqcheck/properties';
import { never, neverInOrder, once, report, tiny, x, y } from './support.ts';

/** The line that runs, as the programs below say it. */
let line = '';
const siteOf = (): string => line;

/** One agent's lines, all within the operation `work`. */
class Lines {
  readonly #port: MemoryPort;

  constructor(port: MemoryPort) {
    this.#port = port;
  }

  store(name: string, at: Location, value: number, order: Ordering = 'relaxed'): void {
    line = name;
    this.#port.store(at, value, order);
  }

  load(name: string, at: Location, order: Ordering = 'relaxed'): number {
    line = name;
    return this.#port.load(at, order);
  }

  fence(name: string, order: 'release' | 'acquire' | 'acq_rel' | 'seq_cst'): void {
    line = name;
    this.#port.fence(order);
  }

  report(value: number): void {
    report(this.#port, value);
  }
}

function lines(body: (own: Lines) => void): Program {
  return once((port) => {
    port.op('work', {}, () => {
      body(new Lines(port));
      return null;
    });
  });
}

/** Broken when all of these are reported: `0=1`, agent and value. */
function system(agents: Readonly<Record<string, Program>>, together: readonly string[]): System {
  const property = neverInOrder(
    (event) =>
      event.kind === 'call' && event.operation === 'report' ? `${event.agent}=${event.args.value}` : null,
    (seen) => together.every((what) => seen.includes(what)),
  );
  const operations = { work: { codes: null, succeeded: () => true } };
  return tiny(agents, { properties: [property], operations });
}

/** Message passing: seeing the flag and not the data. */
function messagePassing(release = false, acquire = false): System {
  return system(
    {
      writer: lines((own) => {
        own.store('data', x, 1);
        own.store('flag', y, 1, release ? 'release' : 'relaxed');
      }),
      reader: lines((own) => {
        if (own.load('see flag', y, acquire ? 'acquire' : 'relaxed') === 1)
          own.report(own.load('see data', x));
      }),
    },
    ['1=0'],
  );
}

/** Store buffering: neither sees the other's store. */
function storeBuffering(names: readonly [string, string]): System {
  const agent = (name: string, mine: Location, other: Location): Program =>
    lines((own) => {
      own.store(`${name} stores`, mine, 1);
      own.report(own.load(`${name} loads`, other));
    });
  return system({ a: agent(names[0], x, y), b: agent(names[1], y, x) }, ['0=0', '1=0']);
}

function explained(of: System, memory: MemoryModelName, more: Partial<DifferenceOptions> = {}): Difference {
  const { violations } = check(of, { memory });
  const [violation] = violations;
  if (violation === undefined) throw new Error('nothing is broken');
  const difference = explainDifference(of, { memory, violation, siteOf, ...more });
  if (difference === null) throw new Error('nothing to explain');
  return difference;
}

/** `release: data>flag`. */
function advice(difference: Difference): string[] {
  return (difference.remedy?.fences ?? []).map(shown).sort();
}

function shown({ edit, after, before }: Pick<FenceAdvice, 'edit' | 'after' | 'before'>): string {
  return `${edit.order}: ${after.site}>${before.site}`;
}

describe('what is different under a weak memory model', () => {
  it('names the delayed store of message passing under pso, and the release fence that suffices', () => {
    const difference = explained(messagePassing(), 'pso');
    expect(difference.underSc).toBe('holds');
    const [delayed] = difference.delayed;
    expect([delayed?.store.site, delayed?.past.site]).toEqual(['data', 'flag']);
    expect(delayed?.until).toBeNull();
    const [stale] = difference.stale;
    expect([stale?.load.site, stale?.load.value, stale?.from, stale?.missed.site]).toEqual([
      'see data',
      0,
      null,
      'data',
    ]);
    expect(advice(difference)).toEqual(['release: data>flag']);
    expect(difference.remedy?.effect).toBe('proved');
    expect(difference.remedy?.fences[0]?.tooWeak).toEqual(['acquire']);
    expect(difference.remedy?.fences[0]?.edit).toEqual({
      site: 'flag',
      kind: 'store',
      operation: 'work',
      edit: 'fence-before',
      order: 'release',
    });
    expect(difference.limits).toEqual([]);
  });

  it('what it advises is true: with it the check proves, with what is too weak it does not', () => {
    for (const [of, memory] of [
      [messagePassing(), 'pso'],
      [messagePassing(), 'rc11'],
      [storeBuffering(['a', 'b']), 'tso'],
    ] as const) {
      const { remedy } = explained(of, memory);
      const edits = (remedy?.fences ?? []).map(({ edit }) => edit);
      expect(check(of, { memory, barriers: { edits, siteOf } }).verdict).toBe('proved');
      for (const [i, { tooWeak }] of (remedy?.fences ?? []).entries()) {
        expect(tooWeak.length).toBeGreaterThan(0);
        for (const order of tooWeak) {
          const weak = edits.map((edit, j) => (j === i ? { ...edit, order } : edit));
          expect(check(of, { memory, barriers: { edits: weak, siteOf } }).verdict).toBe('violated');
        }
        const rest = edits.filter((_, j) => j !== i);
        expect(check(of, { memory, barriers: { edits: rest, siteOf } }).verdict).toBe('violated');
      }
    }
  });

  it('names the stale load of message passing under rc11, and a fence on both sides', () => {
    const difference = explained(messagePassing(), 'rc11');
    expect(difference.delayed).toEqual([]);
    expect(difference.stale.map(({ load, missed }) => [load.site, missed.site])).toEqual([
      ['see data', 'data'],
    ]);
    expect(advice(difference)).toEqual(['acquire: see flag>see data', 'release: data>flag']);
    expect(difference.remedy?.effect).toBe('proved');
  });

  it('asks for one fence where the other side is ordered already', () => {
    expect(advice(explained(messagePassing(true, false), 'rc11'))).toEqual(['acquire: see flag>see data']);
    expect(advice(explained(messagePassing(false, true), 'rc11'))).toEqual(['release: data>flag']);
  });

  it('asks for seq_cst fences on both sides of store buffering under tso, pso and rc11', () => {
    for (const memory of ['tso', 'pso', 'rc11'] as const) {
      const difference = explained(storeBuffering(['a', 'b']), memory);
      expect(difference.underSc).toBe('holds');
      expect(advice(difference)).toEqual(['seq_cst: a stores>a loads', 'seq_cst: b stores>b loads']);
      expect(difference.remedy?.fences.map(({ tooWeak }) => tooWeak)).toEqual([
        ['release', 'acquire', 'acq_rel'],
        ['release', 'acquire', 'acq_rel'],
      ]);
    }
  });

  it('asks for one fence where both cores run the same lines', () => {
    expect(advice(explained(storeBuffering(['same', 'same']), 'tso'))).toEqual([
      'seq_cst: same stores>same loads',
    ]);
  });

  it('says by how much a store is delayed, and which value was read instead', () => {
    const { delayed, stale } = explained(storeBuffering(['a', 'b']), 'tso');
    expect(delayed.length).toBeGreaterThan(0);
    for (const { store, past, until, pastAt } of delayed) {
      expect(store.agent).toBe(past.agent);
      expect(store.step).toBeLessThan(past.step);
      expect(until ?? Number.POSITIVE_INFINITY).toBeGreaterThan(pastAt);
    }
    expect(stale.length).toBeGreaterThan(0);
    for (const { load, missed } of stale) {
      expect(load.agent).not.toBe(missed.agent);
      expect(missed.step).toBeLessThan(load.step);
    }
  });

  it('names every place between the two accesses at which a fence does', () => {
    const of = system(
      {
        writer: lines((own) => {
          own.store('data', x, 1);
          own.load('between', y);
          own.store('flag', y, 1);
        }),
        reader: lines((own) => {
          if (own.load('see flag', y) === 1) own.report(own.load('see data', x));
        }),
      },
      ['1=0'],
    );
    const difference = explained(of, 'pso');
    expect(advice(difference)).toEqual(['release: between>flag']);
    expect(difference.remedy?.fences[0]?.alternatives.map(shown)).toEqual(['release: data>between']);
  });

  it('names who wrote the old value that was read', () => {
    const of = system(
      {
        writer: lines((own) => {
          own.store('old', x, 1, 'release');
          own.fence('fence', 'seq_cst');
          own.store('new', x, 2);
          own.store('flag', y, 1);
        }),
        reader: lines((own) => {
          if (own.load('see flag', y) === 1) own.report(own.load('see data', x));
        }),
      },
      ['1=1'],
    );
    for (const memory of ['pso', 'rc11'] as const) {
      const [stale] = explained(of, memory).stale;
      expect([stale?.load.value, stale?.from?.site, stale?.missed.site]).toEqual([1, 'old', 'new']);
    }
  });

  it('tells stores that are placed before newer ones, under rc11', () => {
    // 2+2W: the first store of each core is the last of its location.
    const agent = (name: string, first: Location, second: Location): Program =>
      lines((own) => {
        own.store(`${name}1`, first, 1);
        own.store(`${name}2`, second, 2);
      });
    const property: Property = {
      ...never(() => false),
      quiescent: () => (view) =>
        view.load(x) === 1 && view.load(y) === 1 ? 'both first stores are last' : null,
    };
    const of = {
      ...system({ a: agent('a', x, y), b: agent('b', y, x) }, []),
      properties: [property],
    };
    const difference = explained(of, 'rc11');
    expect(difference.underSc).toBe('holds');
    const [placed] = difference.placed;
    expect(placed?.store.agent).not.toBe(placed?.before.agent);
    expect([placed?.store.location, placed?.store.value]).toEqual([placed?.before.location, 2]);
    expect(placed?.before.value).toBe(1);
    // Coherence of one location after the other: a release fence on both sides is not enough without seeing the other.
    expect(difference.remedy?.effect).toBe('proved');
    expect(advice(difference)).toEqual(['seq_cst: a1>a2', 'seq_cst: b1>b2']);
    expect(advice(explained(of, 'pso'))).toEqual(['release: a1>a2', 'release: b1>b2']);
  });

  it('says that no fence helps where the property is broken under sc, too', () => {
    const of = system(
      {
        a: lines((own) => own.store('a', x, 1)),
        b: lines((own) => own.report(own.load('b', x))),
      },
      ['1=1'],
    );
    const difference = explained(of, 'tso');
    expect(difference).toEqual({
      memory: 'tso',
      underSc: 'violated',
      delayed: [],
      stale: [],
      placed: [],
      remedy: null,
      limits: [],
    });
  });

  it('has nothing to say under sc, or of a data race', () => {
    const of = storeBuffering(['a', 'b']);
    const violation = { property: 'order', schedule: [], cycleStart: null, cells: [] };
    expect(explainDifference(of, { memory: 'sc', violation, siteOf })).toBeNull();
    const race = { ...violation, property: 'no-data-race' };
    expect(explainDifference(of, { memory: 'tso', violation: race, siteOf })).toBeNull();
  });

  it('says what it did not find out when it may look at few states only', () => {
    const none = explained(messagePassing(), 'pso', { maxStates: 4 });
    expect(none.underSc).toBe('unknown');
    expect(none.remedy).toBeNull();
    expect(none.delayed.map(({ store }) => store.site)).toEqual(['data']);
    expect(none.limits).toEqual(['not everything was tried to the end: the bound on states was met']);
  });

  it('keeps the edits that the run was found with', () => {
    const of = system(
      {
        writer: lines((own) => {
          own.store('data', x, 1);
          own.fence('publish', 'seq_cst');
          own.store('flag', y, 1);
        }),
        reader: lines((own) => {
          if (own.load('see flag', y) === 1) own.report(own.load('see data', x));
        }),
      },
      ['1=0'],
    );
    expect(check(of, { memory: 'pso' }).verdict).toBe('proved');
    const edit = { site: 'publish', kind: 'fence', operation: null, edit: 'weaken', order: 'none' } as const;
    const [violation] = check(of, { memory: 'pso', barriers: { edits: [edit], siteOf } }).violations;
    if (violation === undefined) throw new Error('the fence is not needed');
    const difference = explainDifference(of, { memory: 'pso', violation, siteOf, barriers: [edit] });
    expect(difference?.remedy?.fences.map(shown)).toEqual(['release: data>flag']);
  });
});
