/**
 * The memory model rc11 against the axioms, on random programs. How much that is worth is tested as well: axioms that are
 * wrong in one point must give other ends on programs of the same kind.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  axiomaticEnds,
  engineEnds,
  modelEnds,
  type Rc11Op,
  type Rc11Program,
  rc11Programs,
  WRONG_AXIOMS,
} from './naiveRc11.ts';

const SEED = 20261121;
const PROGRAMS = 1000;

function difference(expected: ReadonlySet<string>, found: ReadonlySet<string>): readonly string[][] {
  return [[...expected].filter((each) => !found.has(each)), [...found].filter((each) => !expected.has(each))];
}

describe('what random programs can load, and leave in memory, under rc11', () => {
  for (const [by, endsOf] of [
    ['the engine', engineEnds],
    ['the model, which drops what it knows to be of no use', modelEnds],
  ] as const) {
    it(`is the same by the axioms and by ${by}`, () => {
      let ends = 0;
      fc.assert(
        fc.property(rc11Programs, (program: Rc11Program) => {
          const expected = axiomaticEnds(program);
          ends += expected.size;
          const [missing, invented] = difference(expected, endsOf(program));
          expect({ missing, invented }).toEqual({ missing: [], invented: [] });
        }),
        { seed: SEED, numRuns: PROGRAMS },
      );
      expect(ends).toBeGreaterThan(5 * PROGRAMS);
    }, 60_000);
  }

  it.each(WRONG_AXIOMS)(
    'would be noticed to differ, if the axiom was: %s',
    (wrong) => {
      const programs = fc.sample(rc11Programs, { seed: SEED, numRuns: PROGRAMS });
      const first = programs.findIndex((each) =>
        difference(axiomaticEnds(each), axiomaticEnds(each, wrong)).some((only) => only.length > 0),
      );
      expect(first).toBeGreaterThanOrEqual(0);
    },
    60_000,
  );
});

/** An access of order seq_cst as the axioms are given it: with its fences written out. Others stay as they are. */
function withFences(op: Rc11Op): readonly Rc11Op[] {
  const fence = { kind: 'fence', order: 'seq_cst' } as const;
  if (op.kind === 'cas' || op.order !== 'seq_cst') return [op];
  if (op.kind === 'load') return [fence, { ...op, order: 'acquire' }];
  if (op.kind === 'store') return [{ ...op, order: 'release' }, fence];
  return op.kind === 'add' ? [fence, { ...op, order: 'acq_rel' }, fence] : [op];
}

/** Events that the axioms have room for in a thread. */
const ROOM = 4;
const place = fc.nat(1);
const order = fc.constantFrom('seq_cst' as const, 'seq_cst' as const, 'relaxed' as const);
const value = fc.integer({ min: 1, max: 2 });
const sequentialOps: fc.Arbitrary<Rc11Op> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('load' as const), at: place, order }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('store' as const), at: place, value, order }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('add' as const), at: place, value, order }) },
);
const sequentialThread = fc
  .array(sequentialOps, { minLength: 1, maxLength: 3 })
  .filter((ops) => ops.flatMap(withFences).length <= ROOM);
const sequentialPrograms: fc.Arbitrary<Rc11Program> = fc.array(sequentialThread, {
  minLength: 2,
  maxLength: 3,
});

/** The ends of the program, of those of the one with fences written out: a fence's result stands there as 0. */
function withoutFences(program: Rc11Program, ends: ReadonlySet<string>): ReadonlySet<string> {
  const isAccess = program.map((ops) => ops.flatMap(withFences).map(({ kind }) => kind !== 'fence'));
  return new Set(
    [...ends].map((end) =>
      end
        .split(' | ')
        .map((part, i) =>
          part
            .split(' ')
            .filter((_, j) => isAccess[i]?.[j] ?? true)
            .join(' '),
        )
        .join(' | '),
    ),
  );
}

describe('what programs with seq_cst accesses can load, and leave in memory, under rc11', () => {
  it('is what the axioms say of the same programs with the fences written out', () => {
    let weaker = 0;
    fc.assert(
      fc.property(sequentialPrograms, (program) => {
        const expected = withoutFences(program, axiomaticEnds(program.map((ops) => ops.flatMap(withFences))));
        const [missing, invented] = difference(expected, engineEnds(program));
        expect({ missing, invented }).toEqual({ missing: [], invented: [] });
        // Without their fences: how often these matter at all.
        const bare = program.map((ops) =>
          ops.flatMap((op) => withFences(op).filter(({ kind }) => kind !== 'fence')),
        );
        if (axiomaticEnds(bare).size > expected.size) weaker++;
      }),
      { seed: SEED, numRuns: PROGRAMS },
    );
    // Some 2 of 100.
    expect(weaker).toBeGreaterThan(PROGRAMS / 100);
  }, 60_000);
});
