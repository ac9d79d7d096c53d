/** Barrier edits on systems of a few accesses, each of which can break in one way only. */
import { describe, expect, it } from 'vitest';
import {
  type BarrierEdit,
  BarrierSurvey,
  type CheckOptions,
  type CheckResult,
  check,
  LoadStoreOrder,
  type MemoryModelName,
  type Program,
  program,
  STOP,
  type SteppedKind,
  startCheck,
  Walk,
} from 'vqcheck/checker';
import type { MemoryPort } from 'vqcheck/memory';
import { local, never, once, report, tiny, x, y, z } from './support.ts';

/** The line that runs, as the programs below say it: sites are the host's business. */
let line = '';
const siteOf = (): string => line;

function at<T>(where: string, access: () => T): T {
  line = where;
  return access();
}

function weaken(site: string, kind: SteppedKind, order: BarrierEdit['order']): BarrierEdit {
  return { site, kind, operation: null, edit: 'weaken', order };
}

function put(
  edit: 'fence-before' | 'fence-after',
  site: string,
  kind: SteppedKind,
  order: BarrierEdit['order'],
): BarrierEdit {
  return { site, kind, operation: null, edit, order };
}

/** What an agent must never report. */
function neverReports(agent: number, text: string) {
  return never(
    (event) =>
      event.kind === 'call' &&
      event.operation === 'report' &&
      event.agent === agent &&
      JSON.stringify(event.args.value) === text,
  );
}

function explored(
  agents: Readonly<Record<string, Program>>,
  forbidden: { readonly agent: number; readonly value: string },
  memory: MemoryModelName,
  edits: readonly BarrierEdit[],
  more: Partial<CheckOptions> = {},
): CheckResult {
  const system = tiny(agents, { properties: [neverReports(forbidden.agent, forbidden.value)] });
  return check(system, { memory, barriers: { edits, siteOf }, ...more });
}

/** Message passing: with fences, and one more than it needs. */
const fenced = {
  writer: once((port) => {
    at('w:1', () => port.store(x, 1, 'relaxed'));
    at('w:2', () => port.fence('seq_cst'));
    at('w:3', () => port.store(y, 1, 'relaxed'));
    at('w:4', () => port.fence('seq_cst'));
  }),
  reader: once((port) => {
    const flag = at('r:1', () => port.load(y, 'relaxed'));
    at('r:2', () => port.fence('seq_cst'));
    const data = at('r:3', () => port.load(x, 'relaxed'));
    report(port, [flag, data]);
  }),
};
const stale = { agent: 1, value: '[1,0]' };

describe('a fence left out', () => {
  it('is proved with all fences in place', () => {
    expect(explored(fenced, stale, 'rc11', []).verdict).toBe('proved');
  });

  it.each(['w:2', 'r:2'])('shows where it is needed: %s', (site) => {
    const result = explored(fenced, stale, 'rc11', [weaken(site, 'fence', 'none')]);
    expect(result.violations.map(({ property }) => property)).toEqual(['never']);
  });

  it('makes no difference where it is superfluous', () => {
    expect(explored(fenced, stale, 'rc11', [weaken('w:4', 'fence', 'none')]).verdict).toBe('proved');
  });

  it('is no step of its own any more', () => {
    const transitions = (edits: readonly BarrierEdit[]): number =>
      explored(fenced, stale, 'rc11', edits).transitions;
    expect(transitions([weaken('w:4', 'fence', 'none')])).toBeLessThan(transitions([]));
  });

  it.each([
    ['w:2', 'release', 'proved'],
    ['w:2', 'acquire', 'violated'],
    ['r:2', 'acquire', 'proved'],
    ['r:2', 'release', 'violated'],
    ['r:2', 'acq_rel', 'proved'],
  ] as const)('or made weaker: %s as %s is %s', (site, order, verdict) => {
    expect(explored(fenced, stale, 'rc11', [weaken(site, 'fence', order)]).verdict).toBe(verdict);
  });

  it('is judged before it is merged: under tso nobody can tell a release fence, but a full one left out', () => {
    const storeBuffering = (order: 'seq_cst' | 'release') => ({
      one: once((port) => {
        at('1:1', () => port.store(x, 1, 'relaxed'));
        at('1:2', () => port.fence(order));
        const seen = at('1:3', () => port.load(y, 'relaxed'));
        at('1:4', () => port.store(z, seen === 0 ? 1 : 2, 'relaxed'));
      }),
      two: once((port) => {
        at('2:1', () => port.store(y, 1, 'relaxed'));
        at('2:2', () => port.fence('seq_cst'));
        const seen = at('2:3', () => port.load(x, 'relaxed'));
        at('2:4', () => port.fence('seq_cst'));
        report(port, [seen, at('2:5', () => port.load(z, 'relaxed'))]);
      }),
    });
    // Both read zero: the first one's answer may come later, so it is looked at by the second.
    const both = { agent: 1, value: '[0,1]' };
    const verdict = (edits: readonly BarrierEdit[]): string =>
      explored(storeBuffering('seq_cst'), both, 'tso', edits).verdict;
    expect(verdict([])).toBe('proved');
    expect(verdict([weaken('1:2', 'fence', 'none')])).toBe('violated');
    expect(verdict([weaken('1:2', 'fence', 'acq_rel')])).toBe('violated');
    expect(verdict([weaken('2:2', 'fence', 'release')])).toBe('violated');
    expect(verdict([weaken('2:4', 'fence', 'none')])).toBe('proved');
    expect(explored(storeBuffering('release'), both, 'tso', []).verdict).toBe('violated');
  });
});

describe('an ordering made weaker', () => {
  const ordered = {
    writer: once((port) => {
      at('w:1', () => port.store(x, 1, 'relaxed'));
      at('w:2', () => port.store(y, 1, 'release'));
    }),
    reader: once((port) => {
      const flag = at('r:1', () => port.load(y, 'acquire'));
      report(port, [flag, at('r:2', () => port.load(x, 'relaxed'))]);
    }),
  };

  it.each([
    ['w:2', 'store'],
    ['r:1', 'load'],
  ] as const)('shows where it is needed: %s', (site, kind) => {
    expect(explored(ordered, stale, 'rc11', []).verdict).toBe('proved');
    expect(explored(ordered, stale, 'rc11', [weaken(site, kind, 'relaxed')]).verdict).toBe('violated');
    expect(explored(ordered, stale, 'rc11', [weaken(site, kind, 'plain')]).verdict).toBe('violated');
  });

  it('never makes one stronger', () => {
    const edits = [weaken('w:1', 'store', 'release'), weaken('w:2', 'store', 'relaxed')];
    expect(explored(ordered, stale, 'rc11', edits).verdict).toBe('violated');
    const walk = new Walk(tiny(ordered), { memory: 'rc11', barriers: { edits, siteOf } });
    const orders = [0, 0].map(() => walk.take({ kind: 'step', who: 0, choice: 0 }).order);
    expect(orders).toEqual(['relaxed', 'relaxed']);
  });

  it('takes the fence of a seq_cst store with it', () => {
    const agent = (mine: typeof x, other: typeof x, name: string) =>
      once((port) => {
        at(`${name}:1`, () => port.store(mine, 1, 'seq_cst'));
        const seen = at(`${name}:2`, () => port.load(other, 'seq_cst'));
        at(`${name}:3`, () => port.rmw(z, 'add', seen === 0 ? 1 : 0, 'seq_cst'));
        report(
          port,
          at(`${name}:4`, () => port.load(z, 'seq_cst')),
        );
      });
    const agents = { a: agent(x, y, 'a'), b: agent(y, x, 'b') };
    const both = { agent: 1, value: '2' };
    expect(explored(agents, both, 'tso', []).verdict).toBe('proved');
    expect(explored(agents, both, 'tso', [weaken('a:1', 'store', 'release')]).verdict).toBe('violated');
  });

  it('reaches both orders of a compare-and-swap, and the order of a read-modify-write', () => {
    const agents = {
      one: once((port) => {
        at('1:1', () => port.cas(x, 0, 1, 'seq_cst', 'seq_cst'));
        at('1:2', () => port.rmw(x, 'add', 1, 'acq_rel'));
      }),
      two: once((port) => void port.load(x, 'relaxed')),
    };
    const edits = [weaken('1:1', 'cas', 'release'), weaken('1:2', 'rmw', 'acquire')];
    const walk = new Walk(tiny(agents), { memory: 'rc11', barriers: { edits, siteOf } });
    const pending = walk.machine.pending(walk.state, 0);
    expect([pending.order, pending.failureOrder]).toEqual(['release', 'relaxed']);
    walk.take({ kind: 'step', who: 0, choice: 0 });
    expect(walk.machine.pending(walk.state, 0).order).toBe('acquire');
    expect(walk.appliedBarriers).toEqual(edits);
  });
});

describe('a fence put in', () => {
  const bare = {
    writer: once((port) => {
      at('w:1', () => port.writeRange(16, Uint8Array.of(7)));
      at('w:2', () => port.store(y, 1, 'relaxed'));
    }),
    reader: once((port) => {
      const flag = at('r:1', () => port.load(y, 'relaxed'));
      const data = Uint8Array.of(9);
      at('r:2', () => port.readRange(16, data));
      report(port, [flag, data[0] ?? 9]);
    }),
  };
  const release = [
    put('fence-before', 'w:2', 'store', 'release'),
    put('fence-after', 'w:1', 'write', 'release'),
  ];
  const acquire = [
    put('fence-before', 'r:2', 'read', 'acquire'),
    put('fence-after', 'r:1', 'load', 'acquire'),
  ];

  it('forbids what happens without it', () => {
    expect(explored(bare, stale, 'rc11', []).verdict).toBe('violated');
    for (const before of release)
      for (const after of acquire)
        expect(explored(bare, stale, 'rc11', [before, after]).verdict).toBe('proved');
  });

  it('does so only beside the right access, and on both sides', () => {
    const useless = put('fence-before', 'w:1', 'write', 'release');
    for (const edits of [[release[0]], [acquire[0]], [useless, acquire[0]]])
      expect(
        explored(
          bare,
          stale,
          'rc11',
          edits.filter((edit) => edit !== undefined),
        ).verdict,
      ).toBe('violated');
  });

  it('is a step that a walk shows', () => {
    const edits = [put('fence-after', 'r:1', 'load', 'acquire')];
    const walk = new Walk(tiny(bare), { memory: 'rc11', barriers: { edits, siteOf } });
    const reader = [0, 0, 0].map(() => walk.take({ kind: 'step', who: 1, choice: 0 }).access);
    expect(reader).toEqual(['load', 'fence', 'read']);
  });
});

describe('where an edit applies', () => {
  const inOperations = (first: string, second: string) => ({
    ...fenced,
    reader: once((port) => {
      const flag = at('r:1', () => port.load(y, 'relaxed'));
      for (const name of [first, second])
        port.op(name, {}, () => {
          at('r:2', () => port.fence('acquire'));
          return null;
        });
      report(port, [flag, at('r:3', () => port.load(x, 'relaxed'))]);
    }),
  });

  it('is one operation, if it names one', () => {
    const agents = inOperations('a', 'b');
    const edit = weaken('r:2', 'fence', 'none');
    expect(explored(agents, stale, 'rc11', [edit]).verdict).toBe('violated');
    expect(explored(agents, stale, 'rc11', [{ ...edit, operation: 'a' }]).verdict).toBe('proved');
    const each = ['a', 'b'].map((operation) => ({ ...edit, operation }));
    expect(explored(agents, stale, 'rc11', each).verdict).toBe('violated');
  });

  it.each([
    weaken('w:9', 'fence', 'none'),
    weaken('w:2', 'store', 'relaxed'),
    { ...weaken('w:2', 'fence', 'none'), operation: 'send' },
  ])('is somewhere, or the verdict is an error: %o', (edit) => {
    const result = explored(fenced, stale, 'rc11', [edit]);
    expect(result.verdict).toBe('error');
    expect(result.error?.code).toBe('barrier-not-met');
    expect(result.error?.message).toContain(edit.site);
  });

  it('may be nowhere, if whoever asks says so', () => {
    const barriers = { edits: [weaken('w:9', 'fence', 'none')], siteOf, mayMiss: true };
    expect(explored(fenced, stale, 'rc11', [], { barriers }).verdict).toBe('proved');
  });

  it.each([
    [[weaken('w:2', 'fence', 'relaxed')], 'none'],
    [[weaken('w:1', 'store', 'acquire')], 'release'],
    [[weaken('w:1', 'rmw', 'plain')], 'relaxed'],
    [[weaken('w:1', 'read', 'plain')], 'fence beside'],
    [[put('fence-after', 'w:1', 'store', 'none')], 'acquire'],
    [[weaken('w:2', 'fence', 'none'), weaken('w:2', 'fence', 'release')], 'twice'],
  ])('is refused with what means nothing: %o', (edits, why) => {
    expect(() => explored(fenced, stale, 'rc11', edits)).toThrow(RangeError);
    expect(() => explored(fenced, stale, 'rc11', edits)).toThrow(why);
  });
});

describe('a survey', () => {
  it('tells of every fence and ordered access, with the operations that it is met in', () => {
    const survey = new BarrierSurvey();
    const fenceIn = (port: MemoryPort, name: string) =>
      port.op(name, {}, () => {
        at('code.ts:10', () => port.fence('seq_cst'));
        return null;
      });
    const system = tiny({
      one: once((port) => {
        fenceIn(port, 'send');
        at('code.ts:9', () => port.store(x, 1, 'release'));
        at('code.ts:9', () => port.load(x, 'relaxed'));
        at('code.ts:9', () => port.store(y, 1, 'relaxed'));
        at('code.ts:11', () => port.load(x, 'acquire'));
        at('code.ts:11', () => port.load(x, 'seq_cst'));
      }),
      two: once((port) => {
        fenceIn(port, 'free');
        at('code.ts:12', () => port.rmw(x, 'add', 1, 'relaxed'));
        at('code.ts:13', () => port.cas(x, 0, 1, 'acquire', 'relaxed'));
      }),
    });
    const result = check(system, { memory: 'rc11', barriers: { edits: [], siteOf, survey } });
    expect(result.verdict).toBe('proved');
    expect(survey.barriers).toEqual([
      { site: 'code.ts:9', kind: 'store', order: 'release', operations: [] },
      { site: 'code.ts:10', kind: 'fence', order: 'seq_cst', operations: ['free', 'send'] },
      { site: 'code.ts:11', kind: 'load', order: 'seq_cst', operations: [] },
      { site: 'code.ts:13', kind: 'cas', order: 'acquire', operations: [] },
    ]);
  });
});

describe('loads before stores', () => {
  /** Pairs that a barrier taken away leaves unordered. */
  function lost(
    agents: Readonly<Record<string, Program>>,
    strengths: readonly (readonly [string, 'none' | 'relaxed' | 'acquire'])[],
  ) {
    const survey = new BarrierSurvey();
    const search = startCheck(tiny(agents), { memory: 'rc11', barriers: { edits: [], siteOf, survey } });
    while (!search.advance(1000)) {
      // To the end.
    }
    expect(search.result().verdict).toBe('proved');
    return new LoadStoreOrder(search.machine)
      .lost(new Map(strengths))
      .map(({ load, store }) => `${load} ${store}`);
  }
  const other = once((port) => {
    at('o:1', () => port.load(y, 'relaxed'));
    at('o:2', () => port.store(x, 1, 'relaxed'));
  });
  const agent = (body: (port: MemoryPort) => void) => ({ agent: once(body), other });

  it('are told where a fence is all that keeps them', () => {
    const agents = agent((port) => {
      at('a:1', () => port.load(x, 'relaxed'));
      at('a:2', () => port.fence('acquire'));
      at('a:3', () => port.store(y, 1, 'relaxed'));
    });
    expect(lost(agents, [['fence a:2', 'none']])).toEqual(['a:1 a:3']);
    // Any fence does it.
    expect(lost(agents, [['fence a:2', 'acquire']])).toEqual([]);
  });

  it('are left to the other fence where there are two, until that goes, too', () => {
    const agents = agent((port) => {
      at('a:1', () => port.load(x, 'relaxed'));
      at('a:2', () => port.fence('acquire'));
      at('a:3', () => port.fence('release'));
      at('a:4', () => port.store(y, 1, 'relaxed'));
    });
    expect(lost(agents, [['fence a:2', 'none']])).toEqual([]);
    expect(
      lost(agents, [
        ['fence a:2', 'none'],
        ['fence a:3', 'none'],
      ]),
    ).toEqual(['a:1 a:4']);
  });

  it('are kept by an acquire load and by a release store', () => {
    const agents = agent((port) => {
      at('a:1', () => port.load(x, 'acquire'));
      at('a:2', () => port.store(y, 1, 'release'));
    });
    expect(lost(agents, [['load a:1', 'relaxed']])).toEqual([]);
    expect(
      lost(agents, [
        ['load a:1', 'relaxed'],
        ['store a:2', 'relaxed'],
      ]),
    ).toEqual(['a:1 a:2']);
  });

  it('are followed from turn to turn', () => {
    const agents = {
      agent: program<number>(0, (port) => (turn) => {
        if (turn === 0) at('a:1', () => port.load(x, 'relaxed'));
        else if (turn === 1) at('a:2', () => port.fence('seq_cst'));
        else if (turn === 2) at('a:3', () => port.store(y, 1, 'relaxed'));
        return turn === 3 ? STOP : turn + 1;
      }),
      other,
    };
    expect(lost(agents, [['fence a:2', 'none']])).toEqual(['a:1 a:3']);
  });

  it('are none to one location, to local memory, or where no other core looks', () => {
    const same = agent((port) => {
      at('a:1', () => port.load(x, 'relaxed'));
      at('a:2', () => port.fence('seq_cst'));
      at('a:3', () => port.store(x, 1, 'relaxed'));
      at('a:4', () => port.store(local, 1, 'relaxed'));
      at('a:5', () => port.store(z, 1, 'relaxed'));
    });
    expect(lost(same, [['fence a:2', 'none']])).toEqual([]);
    const unread = agent((port) => {
      at('a:1', () => port.load(y, 'relaxed'));
      at('a:2', () => port.fence('seq_cst'));
      at('a:3', () => port.store(y, 1, 'relaxed'));
    });
    expect(lost(unread, [['fence a:2', 'none']])).toEqual([]);
  });
});
