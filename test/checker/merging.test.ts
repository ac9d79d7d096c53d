/** Locations that one agent only reaches cost no steps; that must change the counts, and nothing else. */

import { describe, expect, it } from 'vitest';
import { check, type System, startCheck } from 'vqcheck/checker';
import { locationAt, type MemoryPort } from 'vqcheck/memory';
import { espAmp } from 'vqcheck/scenarios';
import { local, never, once, outcomes, own, report, tiny, x, y, z } from './support.ts';

const reader = once((port) => void port.load(x, 'relaxed'));

function verdictOf(system: System, memory: 'sc' | 'tso', merge: boolean): string {
  const { verdict, violations, error, incomplete } = check(system, { memory, merge });
  const broken = violations.map(({ property }) => property).sort();
  return [verdict, ...broken, error?.code ?? '', incomplete?.kind ?? ''].join(' ').trim();
}

describe('a location of one agent only', () => {
  // A: store own, load own, load x; B: load x. Merged, A has 2 positions; else 4. B has 2.
  it('costs no states', () => {
    const agent = once((port) => {
      port.store(own, 1, 'relaxed');
      port.load(own, 'relaxed');
      port.load(x, 'relaxed');
    });
    const system = tiny({ agent, reader });
    expect([check(system).states, check(system, { merge: false }).states]).toEqual([4, 8]);
    // Under tso the store waits and drains: (before), then 3 positions each with and without the store.
    expect([
      check(system, { memory: 'tso' }).states,
      check(system, { memory: 'tso', merge: false }).states,
    ]).toEqual([4, 14]);
  });

  it('keeps its value from turn to turn, and comes back with it', () => {
    let turns = 0;
    const agent = {
      initial: 0,
      start: (port: MemoryPort) => () => {
        turns++;
        port.store(own, (port.load(own, 'relaxed') + 1) % 3, 'relaxed');
        port.load(x, 'relaxed');
        return 0;
      },
    };
    // At x with own = 1, 2 or 0, and the reader before and after its load.
    const result = check(tiny({ agent, reader }));
    expect([result.verdict, result.states]).toEqual(['proved', 6]);
    expect(turns).toBeGreaterThan(0);
  });

  it.each(['sc', 'tso'] as const)(
    'gives the same outcomes merged and not, for every kind of access, under %s',
    (memory) => {
      const wide = locationAt('shared', 16, 64);
      const system = {
        a: once((port) => {
          port.store(own, 0x0102_0304, 'relaxed');
          const seen = [
            port.rmw(own, 'add', 1, 'relaxed'),
            port.cas(own, 1, 2, 'relaxed', 'relaxed'),
            port.cas(own, 0x0102_0305, 2, 'relaxed', 'relaxed'),
            port.load(own, 'relaxed'),
            port.rmw(wide, 'exchange', 2 ** 50 + 1, 'relaxed'),
            port.load(wide, 'relaxed'),
            port.rmw(local, 'xor', 0xffff_ffff, 'relaxed'),
            port.load(local, 'plain'),
            port.load(x, 'relaxed'),
          ];
          const bytes = new Uint8Array(3);
          port.writeRange(33, Uint8Array.of(1, 2, 3, 4));
          port.readRange(34, bytes);
          report(port, [...seen, ...bytes]);
        }),
        b: once((port) => {
          port.store(x, 7, 'relaxed');
          report(port, 0);
        }),
      };
      const merged = outcomes(system, memory);
      expect(merged).toEqual(outcomes(system, memory, { merge: false }));
      expect(merged).toEqual(
        [0, 7].map(
          (value) => `[16909060,16909061,16909061,2,0,${2 ** 50 + 1},0,4294967295,${value},2,3,4] 0`,
        ),
      );
    },
  );

  // x86 code uses a locked operation on its own stack as a full fence. Merged away, it no longer drains the buffer.
  it('still drains the store buffer by a read-modify-write, under tso', () => {
    const side = (mine: typeof x, other: typeof x, at: typeof x) =>
      once((port) => {
        port.store(mine, 1, 'relaxed');
        port.rmw(at, 'add', 0, 'seq_cst');
        report(port, port.load(other, 'relaxed'));
      });
    const system = { a: side(x, y, own), b: side(y, x, z) };
    expect(outcomes(system, 'tso', { merge: false })).toEqual(['0 1', '1 0', '1 1']);
    expect(outcomes(system, 'tso')).toEqual(['0 1', '1 0', '1 1']);
  });
});

describe('a location that a second agent reaches late', () => {
  /** Reaches `z` only if B came between its two loads: no walk turn by turn ever does. */
  const a = once((port) => {
    const before = port.load(x, 'relaxed');
    const after = port.load(x, 'relaxed');
    report(port, before === after ? 'same' : port.load(z, 'relaxed'));
  });
  const b = once((port) => {
    port.store(z, 1, 'relaxed');
    port.store(x, 1, 'relaxed');
    port.store(z, 2, 'relaxed');
    report(port, 0);
  });

  it('makes the search start anew, once, with the same result as if it had been known', () => {
    const seen = never((event) => event.kind === 'call' && event.args.value === 2);
    const system = tiny({ a, b }, { properties: [seen] });
    const search = startCheck(system);
    while (!search.advance(1));
    expect(search.restarts).toBe(1);
    const late = search.result();
    const unmerged = check(system, { merge: false });
    // All three locations are reached by both: nothing is merged either way.
    expect([late.verdict, late.states, late.transitions, late.depth]).toEqual([
      unmerged.verdict,
      unmerged.states,
      unmerged.transitions,
      unmerged.depth,
    ]);
    const found = ({ violations }: typeof late) =>
      violations.map(({ property, message, schedule }) => ({ property, message, schedule }));
    expect(found(late)).toEqual(found(unmerged));
    // What it learned goes with the counterexample: z is no location that looking around shows to be shared.
    expect(late.violations[0]?.cells).toEqual([{ memory: -1, byteOffset: 8, bytes: 4, block: false }]);
  });

  it.each(['sc', 'tso'] as const)('loses no outcome under %s', (memory) => {
    const expected = ['"same" 0', '1 0', '2 0'];
    expect(outcomes({ a, b }, memory)).toEqual(expected);
    expect(outcomes({ a, b }, memory, { merge: false })).toEqual(expected);
    // Whoever is asked first.
    expect(outcomes({ b, a }, memory)).toEqual(['0 "same"', '0 1', '0 2']);
  });

  it('may overlap what another agent reaches otherwise: the cells become one', () => {
    const half = locationAt('shared', 10, 16);
    const partial = once((port) => {
      const before = port.load(x, 'relaxed');
      const after = port.load(x, 'relaxed');
      report(port, before === after ? 'same' : port.load(half, 'relaxed'));
    });
    const whole = once((port) => {
      port.store(z, 0x0001_ffff, 'relaxed');
      port.store(x, 1, 'relaxed');
      port.store(z, 0x0002_ffff, 'relaxed');
      report(port, 0);
    });
    expect(outcomes({ partial, whole }, 'sc')).toEqual(['"same" 0', '1 0', '2 0']);
    // Under tso that is a mixed-size access, met in the middle of the search: a verdict.
    expect(check(tiny({ partial, whole }), { memory: 'tso' })).toMatchObject({
      verdict: 'error',
      error: { code: 'mixed-size' },
    });
  });
});

describe('esp-amp, merged and not', () => {
  // The others have too many states unmerged.
  const scenarios = espAmp.scenarios.filter(
    ({ name }) =>
      !['init-sizes', 'two-queues', 'any-order', 'duplex', 'semaphore-drain-counting'].includes(name),
  );
  const runs = scenarios.flatMap((scenario) =>
    [1, 2].flatMap((slots) =>
      (['sc', 'tso'] as const).map((memory) => ({
        scenario,
        name: scenario.name,
        params: { slots, memory, defects: [] },
      })),
    ),
  );

  // Two slots under tso take long where cores are interrupted, and show nothing more.
  const short = ({ scenario, params }: (typeof runs)[number]): boolean =>
    scenario.refuse(params) === null &&
    (params.memory === 'sc' || params.slots === 1 || scenario.system(params).interrupts === undefined);
  it.each(runs.filter(short))(
    '$name has one verdict both ways, with $params.slots slots under $params.memory',
    ({ scenario, params }) => {
      const merged = check(scenario.system(params), { memory: params.memory });
      // Unmerged, more stores wait in the buffer.
      const deep = { ...scenario.system(params), bufferDepth: 64 };
      const unmerged = check(deep, { memory: params.memory, merge: false });
      const broken = ({ violations }: typeof merged): string[] =>
        violations.map(({ property }) => property).sort();
      expect([unmerged.verdict, broken(unmerged)]).toEqual([merged.verdict, broken(merged)]);
      expect(merged.verdict).toBe(scenario.expected(params) === 'proved' ? 'proved' : 'violated');
      expect(unmerged.witnesses).toEqual(merged.witnesses);
      expect(merged.states).toBeLessThanOrEqual(unmerged.states);
    },
  );

  const defects = espAmp.defects.filter(({ scenario }) => scenarios.some(({ name }) => name === scenario));
  it.each(defects.map((defect) => ({ defect, name: defect.name, slots: defect.slots })))(
    'the defect $name breaks the same properties both ways with $slots slots',
    ({ defect, slots }) => {
      const scenario = scenarios.find(({ name }) => name === defect.scenario);
      const params = { slots, memory: 'sc', defects: [defect.name] } as const;
      const system = scenario?.system(params) ?? tiny({});
      expect(verdictOf(system, 'sc', true)).toBe(verdictOf(system, 'sc', false));
    },
  );
});
