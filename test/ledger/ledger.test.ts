/** The ledger on systems of a few accesses, whose answers can be read off. */
import { describe, expect, it } from 'vitest';
import {
  type CheckOptions,
  type MemoryModelName,
  type Program,
  program,
  STOP,
  type System,
  startCheck,
} from 'vqcheck/checker';
import {
  type Bench,
  barrierLedger,
  type LedgerRun,
  surveyBarriers,
  withoutBarrierClaims,
} from 'vqcheck/ledger';
import type { MemoryPort } from 'vqcheck/memory';
import { type Property, reducerProperty } from 'vqcheck/properties';
import { never, once, report, tiny, x, y } from '../checker/support.ts';

let line = '';

function at<T>(where: string, access: () => T): T {
  line = `code.ts:${where}`;
  return access();
}

interface Run extends LedgerRun {
  readonly system: () => System;
}

/** What the reader must never report: the flag, and data from before it. */
const stale = never(
  (event) =>
    event.kind === 'call' && event.operation === 'report' && JSON.stringify(event.args.value) === '[1,0]',
  'stale',
);

function messagePassing(
  write: (port: MemoryPort) => void,
  read: (port: MemoryPort) => void,
  title = 'mp',
): Run {
  return { title, system: () => tiny({ writer: once(write), reader: once(read) }, { properties: [stale] }) };
}

function reads(fences: boolean): (port: MemoryPort) => void {
  return (port) => {
    const flag = at('11', () => port.load(y, 'relaxed'));
    if (fences) at('12', () => port.fence('seq_cst'));
    report(port, [flag, at('13', () => port.load(x, 'relaxed'))]);
  };
}

function writes(port: MemoryPort): void {
  at('1', () => port.store(x, 1, 'release'));
  at('2', () => port.fence('seq_cst'));
  at('3', () => port.store(y, 1, 'relaxed'));
}

/** Every search that was made, as `mp: fence code.ts:2 none`. */
function benchOf(
  runs: readonly Run[],
  memory: MemoryModelName,
  more: { readonly limits?: (edited: boolean) => Partial<CheckOptions>; readonly stopAfter?: number } = {},
): { readonly bench: Bench<Run>; readonly searches: string[] } {
  const searches: string[] = [];
  const bench: Bench<Run> = {
    memory,
    runs,
    siteOf: () => line,
    stopped: () => searches.length >= (more.stopAfter ?? Number.POSITIVE_INFINITY),
    explore: async (run, options, doing) => {
      searches.push(`${run.title}: ${doing}`);
      const edited = (options.barriers?.edits.length ?? 0) > 0;
      const search = startCheck(run.system(), { ...options, ...more.limits?.(edited) });
      while (!search.advance(1000)) {
        // To the end, or to a bound.
      }
      return search;
    },
  };
  return { bench, searches };
}

async function ledgerOf(...given: Parameters<typeof benchOf>) {
  const { bench, searches } = benchOf(...given);
  const baseline = await surveyBarriers(bench);
  return { ledger: await barrierLedger(bench, baseline), searches };
}

describe('without claims of barriers', () => {
  it('a system claims all that it did but those', () => {
    const run = messagePassing(writes, reads(true));
    const system = run.system();
    const claim: Property = { name: 'has-a-fence', title: 'A fence is there.', barrier: true };
    const claiming = { ...system, properties: [claim, ...system.properties] };
    expect(withoutBarrierClaims(claiming)).toEqual(system);
    expect(withoutBarrierClaims(system).properties).toEqual([stale]);
  });
});

describe('a ledger', () => {
  it('tells what is needed and what would be enough, what is not needed, and what is enough together', async () => {
    const { ledger } = await ledgerOf([messagePassing(writes, reads(true))], 'rc11');
    const { entries, minimal } = ledger;
    expect(entries.map(({ barrier, verdict, enough }) => [barrier.site, verdict, enough])).toEqual([
      ['code.ts:1', 'not-needed', null],
      ['code.ts:2', 'needed', ['release']],
      ['code.ts:12', 'needed', ['acquire']],
    ]);
    expect(entries[1]?.evidence?.violation).toMatchObject({ property: 'stale' });
    expect(entries[1]?.evidence?.edit).toEqual({
      site: 'code.ts:2',
      kind: 'fence',
      operation: null,
      edit: 'weaken',
      order: 'none',
    });
    expect(minimal?.kept.map(({ barrier, order }) => [barrier.site, order])).toEqual([
      ['code.ts:2', 'release'],
      ['code.ts:12', 'acquire'],
    ]);
    expect(minimal?.leftOut.map(({ site }) => site)).toEqual(['code.ts:1']);
  });

  it('asks anew under each memory model: tso keeps all of it in order by itself', async () => {
    const { ledger } = await ledgerOf([messagePassing(writes, reads(true))], 'tso');
    expect(ledger.entries.map(({ verdict }) => verdict)).toEqual(['not-needed', 'not-needed', 'not-needed']);
    expect(ledger.minimal?.kept).toEqual([]);
  });

  it('leaves out together only what can be left out together', async () => {
    const twice = (port: MemoryPort): void => {
      at('1', () => port.store(x, 1, 'relaxed'));
      at('2', () => port.fence('release'));
      at('3', () => port.store(y, 1, 'release'));
    };
    const { ledger } = await ledgerOf([messagePassing(twice, reads(true))], 'rc11');
    expect(ledger.entries.map(({ verdict }) => verdict)).toEqual(['not-needed', 'not-needed', 'needed']);
    expect(ledger.minimal?.leftOut.map(({ site }) => site)).toEqual(['code.ts:2']);
    expect(ledger.minimal?.kept.map(({ barrier, order }) => [barrier.site, order])).toEqual([
      ['code.ts:3', 'release'],
      ['code.ts:12', 'acquire'],
    ]);
  });

  it('needs a full fence for store buffering, and says that no weaker one is enough', async () => {
    const agent = (mine: typeof x, other: typeof x, first: number): Program =>
      program<number>(0, (port) => () => {
        port.op('enter', {}, () => {
          at(`${first}`, () => port.store(mine, 1, 'relaxed'));
          at(`${first + 1}`, () => port.fence('seq_cst'));
          const seen = at(`${first + 2}`, () => port.load(other, 'relaxed'));
          return seen;
        });
        return STOP;
      });
    const bothZero = reducerProperty<number>({
      name: 'both-zero',
      title: 'Not both see the other out.',
      initial: 0,
      step(zeros, event) {
        if (event.kind !== 'return' || event.result !== 0) return zeros;
        return zeros === 1 ? { violation: 'both are in' } : 1;
      },
    });
    const system = (): System => tiny({ a: agent(x, y, 1), b: agent(y, x, 11) }, { properties: [bothZero] });
    const { ledger } = await ledgerOf([{ title: 'sb', system }], 'tso');
    expect(ledger.entries.map(({ verdict, enough }) => [verdict, enough])).toEqual([
      ['needed', ['seq_cst']],
      ['needed', ['seq_cst']],
    ]);
    expect(ledger.minimal?.edits).toEqual([]);
  });
});

describe('what a view machine cannot show', () => {
  const buffering: Run = {
    title: 'lb',
    system: () =>
      tiny({
        a: once((port) => {
          at('1', () => port.load(x, 'relaxed'));
          at('2', () => port.fence('seq_cst'));
          at('3', () => port.store(y, 1, 'relaxed'));
          at('4', () => port.fence('seq_cst'));
        }),
        b: once((port) => {
          at('11', () => port.load(y, 'relaxed'));
          at('12', () => port.store(x, 1, 'relaxed'));
        }),
      }),
  };

  it('is left undecided, with the accesses that it is about; and the barrier is kept', async () => {
    const { ledger } = await ledgerOf([buffering], 'rc11');
    expect(ledger.entries.map(({ verdict, pairs }) => [verdict, pairs])).toEqual([
      ['undecided', [{ load: 'code.ts:1', store: 'code.ts:3' }]],
      ['not-needed', []],
    ]);
    expect(ledger.minimal?.kept.map(({ barrier, order }) => [barrier.site, order])).toEqual([
      ['code.ts:2', 'acquire'],
    ]);
  });

  it('is nothing to tso, which leaves no load after a later store', async () => {
    const { ledger } = await ledgerOf([buffering], 'tso');
    expect(ledger.entries.map(({ verdict }) => verdict)).toEqual(['not-needed', 'not-needed']);
  });
});

describe('searches', () => {
  it('are made only where the barrier is met, those with few states first, and end with the first violation', async () => {
    const plain: Run = {
      title: 'plain',
      system: () => tiny({ only: once((port) => at('99', () => port.store(x, 1, 'relaxed'))) }),
    };
    const longer = messagePassing(
      (port) => {
        writes(port);
        at('4', () => port.store(y, 1, 'relaxed'));
        at('5', () => port.store(y, 1, 'relaxed'));
      },
      reads(true),
      'longer',
    );
    const { searches, ledger } = await ledgerOf([longer, messagePassing(writes, reads(true)), plain], 'rc11');
    expect(ledger.baseline.proved.map(({ run }) => run.title)).toEqual(['plain', 'mp', 'longer']);
    expect(searches.slice(0, 5)).toEqual([
      'longer: as it is',
      'mp: as it is',
      'plain: as it is',
      'mp: store code.ts:1 relaxed',
      'longer: store code.ts:1 relaxed',
    ]);
    expect(searches.filter((search) => search.endsWith('fence code.ts:2 none'))).toEqual([
      'mp: fence code.ts:2 none',
    ]);
    expect(searches.filter((search) => search.startsWith('plain'))).toHaveLength(1);
  });

  it('that meet a bound leave the verdict unknown, and say which', async () => {
    const limits = (edited: boolean): Partial<CheckOptions> => (edited ? { maxStates: 2 } : {});
    const { ledger } = await ledgerOf([messagePassing(writes, reads(true))], 'rc11', { limits });
    expect(ledger.entries.map(({ verdict, why }) => [verdict, why])).toEqual(
      ledger.entries.map(() => ['unknown', 'mp: bound of 2 states met']),
    );
    expect(ledger.minimal?.leftOut).toEqual([]);
    expect(ledger.minimal?.notTried.length).toBeGreaterThan(0);
  });

  it('end when somebody says so, with the verdicts found by then', async () => {
    const all = await ledgerOf([messagePassing(writes, reads(true))], 'rc11');
    for (let stopAfter = 0; stopAfter < all.searches.length; stopAfter++) {
      const { ledger, searches } = await ledgerOf([messagePassing(writes, reads(true))], 'rc11', {
        stopAfter,
      });
      expect(searches).toEqual(all.searches.slice(0, stopAfter));
      expect(ledger.minimal).toBe(null);
      const sites = ledger.entries.map(({ barrier, verdict }) => `${barrier.site} ${verdict}`);
      expect(sites).toEqual(
        all.ledger.entries.slice(0, sites.length).map(({ barrier, verdict }) => `${barrier.site} ${verdict}`),
      );
    }
  });
});

describe('a baseline', () => {
  it('that is violated, or proves nothing, says nothing about barriers', async () => {
    const broken = messagePassing(writes, reads(false), 'broken');
    const vacuous: Run = {
      title: 'vacuous',
      system: () => ({
        ...messagePassing(writes, reads(true)).system(),
        witnesses: [{ name: 'never there', reached: () => false }],
      }),
    };
    const { ledger } = await ledgerOf([broken, vacuous], 'rc11');
    expect(ledger.baseline.runs.map(({ problem }) => problem)).toEqual([
      'violates stale',
      'vacuous: never reached "never there"',
    ]);
    expect(ledger.entries).toEqual([]);
    expect(ledger.minimal).toBe(null);
  });
});
