import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engineEnds, naiveEnds, randomPrograms, WRONG_RULES } from './naive.ts';

const SEED = 77;
const RUNS = 4000;

describe('random', () => {
  for (const memory of ['sc', 'tso'] as const) {
    it(`ends ${memory}`, () => {
      let ends = 0, many = 0, compared = 0, tn = 0, te = 0;
      fc.assert(
        fc.property(randomPrograms, (random) => {
          let t = performance.now();
          const naive = naiveEnds(random, memory);
          tn += performance.now() - t;
          if (naive === null) { many++; return; }
          compared++;
          ends += naive.size;
          t = performance.now();
          for (const merge of [true, false]) {
            const engine = engineEnds(random, memory, merge);
            const missing = [...naive].filter((e) => !engine.has(e));
            const extra = [...engine].filter((e) => !naive.has(e));
            expect({ missing, extra }).toEqual({ missing: [], extra: [] });
          }
          te += performance.now() - t;
        }),
        { seed: SEED, numRuns: RUNS },
      );
      console.log(memory, { ends, many, compared, tn, te });
    });
  }
});

