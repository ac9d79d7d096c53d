/** Several runs at a time: the same results in the same order, and the same ends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, interruptedRun, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);

/** A report without what differs from run to run. */
function reportOf(name: string): readonly Record<string, unknown>[] {
  const { runs } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return runs.map(({ seconds, peakMemoryBytes, ...rest }: Record<string, unknown>) => {
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(peakMemoryBytes).toBeGreaterThanOrEqual(0);
    return rest;
  });
}

describe('vqcheck check --jobs', () => {
  it('finds the same with three runs at a time as with one, and reports it in the same order', () => {
    const what =
      'check esp-amp --scenario in-order,any-order --slots 1,2 --memory sc,tso --defect none,flip-not-toggled';
    const one = run(`${what} --jobs 1 --json one.json --out one`);
    const three = run(`${what} --jobs 3 --json three.json --out one`);
    expect([one.code, three.code]).toEqual([1, 1]);
    expect(reportOf('three.json')).toEqual(reportOf('one.json'));
    expect(reportOf('one.json')).toHaveLength(16);
    expect(three.out).toMatch(/16 runs: .* in \d+\.\d+ s with 3 at a time/);
    expect(one.out).not.toContain('with 1 at a time');
  });

  it("checks targets of the user's own in other threads", () => {
    const { code, out } = run(`check ${fixture('mailbox.ts')} --slots 1,2 --jobs 2`);
    expect(out).toMatch(/runs?: \d+ proved/);
    expect(code).toBe(0);
  });

  it('tells errors of a target that another thread met', () => {
    const alone = run(`check ${fixture('trouble.ts')} --jobs 1 --json alone.json`);
    const beside = run(`check ${fixture('trouble.ts')} --jobs 2 --json beside.json`);
    expect(beside.code).toBe(alone.code);
    expect(reportOf('beside.json')).toEqual(reportOf('alone.json'));
    expect(reportOf('beside.json').filter(({ verdict }) => verdict === 'error').length).toBeGreaterThan(1);
  });

  it('keeps what is known when it is interrupted, and begins nothing more', async () => {
    const args =
      'check esp-amp --scenario in-order --slots 1,512,256,128 --memory tso --jobs 2 --json cut.json';
    const { code, out } = await interruptedRun(folder, args, 4000);
    expect(code).toBe(130);
    expect(out).toMatch(/Interrupted\. 3 runs: 1 proved, 2 incomplete/);
    expect(reportOf('cut.json').map(({ verdict }) => verdict)).toEqual([
      'proved',
      'incomplete',
      'incomplete',
    ]);
  });

  it('refuses numbers of threads that mean nothing', () => {
    const { code, err } = run('check esp-amp --jobs 0');
    expect(code).toBe(2);
    expect(err).toContain('--jobs has a value that it does not take');
  });
});
