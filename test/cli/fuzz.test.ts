/** `vqcheck fuzz`, as a machine sees it. */
import { describe, expect, it } from 'vitest';
import { runner, temporaryFolder } from './support.ts';

const run = runner(temporaryFolder());
const some = 'fuzz esp-amp --scenario in-order --slots 16 --memory sc --seed 1 --runs 3 --json -';

interface Report {
  readonly runs: readonly {
    readonly transitions: number;
    readonly bounds: { readonly maxSteps: number };
  }[];
}

describe('vqcheck fuzz --steps', () => {
  it.each(['uniform', 'pct'])('takes so many steps in each schedule, by the strategy %s', (strategy) => {
    const { code, out } = run(`${some} --strategy ${strategy} --steps 123`);
    expect(code).toBe(0);
    const report = JSON.parse(out) as Report;
    expect(report.runs).toMatchObject([{ transitions: 3 * 123, bounds: { maxSteps: 123 } }]);
  });

  it('takes two laps of the queue without it', () => {
    const report = JSON.parse(run(some).out) as Report;
    expect(report.runs[0]?.bounds.maxSteps).toBe(400 + 40 * 16);
  });

  it.each(['0', 'many', '1000001'])('refuses %s', (steps) => {
    const { code, err } = run(`${some} --steps ${steps}`);
    expect(code).toBe(2);
    expect(err).toContain('[bad-value]');
    expect(err).toContain('--steps');
  });
});
