/** `vqcheck replay`, `shrink` and `fuzz`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTrace } from 'vqcheck/traces';
import { repositoryFile, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);
const committed = (defect: string): string => repositoryFile(`traces/esp-amp/${defect}.json`);

describe('vqcheck replay', () => {
  it('shows a column an agent, source lines, memory and owners, and the property broken', () => {
    const { code, out } = run(`replay ${committed('publish-before-fill')}`);
    expect(code).toBe(1);
    expect(out).toMatch(/│ step +│ master +│ remote +│ memory after it +│ buffers not free +│/);
    for (const part of [
      /impl\/esp-amp\/queue\.ts:\d+/,
      /\* desc\[0\] addr=0x\w+ len=0x8/,
      /buffer\[0\] reserved: master/,
      /✗ payload-integrity/,
      /violates payload-integrity after 9 steps/,
      /published with length 4/,
      /npx vqcheck replay .*publish-before-fill\.json --defect none/,
    ]) {
      expect(out).toMatch(part);
    }
  });

  it('folds repeated polling into one row', () => {
    const trace = decodeTrace(readFileSync(committed('publish-before-fill'), 'utf8'));
    // The remote looks for a message three times before there is one.
    const first = trace.steps.findIndex(({ agent }) => agent === 'remote');
    const [entry, look] = [trace.schedule[first], trace.steps[first]];
    if (entry === undefined || look === undefined) throw new Error('the remote makes no step');
    const polls = [0, 1, 2];
    const later = trace.steps.map((step) => ({
      ...step,
      readFrom: step.readFrom === null ? null : step.readFrom + polls.length,
    }));
    const polling = {
      ...trace,
      schedule: [...polls.map(() => entry), ...trace.schedule],
      steps: [...polls.map(() => ({ ...look, value: 0, readFrom: null })), ...later],
      violation: { ...trace.violation, step: trace.violation.step + polls.length },
    };
    writeFileSync(join(folder, 'polling.json'), JSON.stringify(polling));
    const { code, out } = run('replay polling.json');
    expect(code).toBe(1);
    expect(out).toMatch(/3 times, without any\s+│?/);
    expect(out).toMatch(/│ 0-2 +│/);
    expect(out).not.toMatch(/│ 6-7 +│/);
  });

  it('does not fold what stands at different places of the code', () => {
    const { steps } = decodeTrace(readFileSync(committed('publish-before-fill'), 'utf8'));
    const [third, fourth] = [steps[3], steps[4]];
    expect({ ...fourth, site: third?.site }).toEqual(third);
    expect(fourth?.site).not.toBe(third?.site);
    expect(run(`replay ${committed('publish-before-fill')}`).out).not.toContain('times, without any');
  });

  it('follows the schedule on the sound code, and ends clean', () => {
    const { code, out } = run(`replay ${committed('double-free')} --defect none`);
    expect(code).toBe(0);
    expect(out).toContain('no violation');
  });

  it('says at which step a trace does not fit, and what the code does now', () => {
    const trace = JSON.parse(readFileSync(committed('double-free'), 'utf8'));
    trace.steps[3].value = 4711;
    writeFileSync(join(folder, 'changed.json'), JSON.stringify(trace));
    const { code, out } = run('replay changed.json');
    expect(code).toBe(4);
    expect(out).toContain('first difference, at step 3');
    expect(out).toContain(`0x${(4711).toString(16)}`);
  });

  it('tells a machine', () => {
    const { code, out } = run(`replay ${committed('double-free')} --json -`);
    expect(code).toBe(1);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ result: 'same-violation', property: 'no-double-ownership' });
    expect(report.rows).toHaveLength(18);
  });
});

describe('a trace found with other properties left out', () => {
  it('is recorded, replayed and shrunk past what else breaks on the way', () => {
    const found = run('check --defect alloc-without-test --property fifo --out traces');
    expect(found.code).toBe(1);
    const command = /npx vqcheck (replay \S+)$/m.exec(found.out)?.[1] ?? '';
    expect(run(command)).toMatchObject({ code: 1 });
    const file = command.replace('replay ', '');
    expect(run(`shrink ${file} --out fifo.json`).code).toBe(0);
    expect(run('replay fifo.json').out).toContain('violates fifo');
  });
});

describe('vqcheck shrink', () => {
  it('writes a trace that is no longer, and replays to the same violation', () => {
    const { code, out } = run(`shrink ${committed('double-free')} --out shrunk.json`);
    expect(code).toBe(0);
    expect(out).toContain('npx vqcheck replay shrunk.json');
    const shrunk = decodeTrace(readFileSync(join(folder, 'shrunk.json'), 'utf8'));
    expect(shrunk.schedule.length).toBeLessThanOrEqual(18);
    expect(run('replay shrunk.json').code).toBe(1);
  });
});

describe('vqcheck fuzz', () => {
  const base = 'fuzz esp-amp --scenario in-order --memory sc --slots 8';

  it('with a clean budget ends with exit code 0 and never says proved', () => {
    const { code, out } = run(`${base} --seed 7 --runs 20`);
    expect(code).toBe(0);
    expect(out).toContain('incomplete: 20 schedules, no violation');
    expect(out).not.toContain('proved ');
    expect(out).toContain('--seed 7');
  });

  it('with a time limit before its number of schedules is incomplete', () => {
    const { code, out } = run(`${base} --seed 7 --runs 100000000 --max-seconds 0.3`);
    expect(code).toBe(3);
    expect(out).toContain('bound of 0.3 s met');
  });

  it('finds the same violation from the same seed', () => {
    // The first schedule finds it: the flag is flipped one slot early, so every lap ends in a deadlock.
    const args = 'fuzz esp-amp --defect double-free --slots 2 --seed 11 --runs 200 --json -';
    const [first, second] = [run(args), run(args)];
    expect(first.code).toBe(1);
    const [one] = JSON.parse(first.out).runs;
    const [other] = JSON.parse(second.out).runs;
    expect(one).toMatchObject({ seed: 11, verdict: 'violated', property: 'no-double-ownership' });
    expect(one.trace).toEqual(other.trace);
    expect(one.trace.params.indexModulus).toBe(65_536);
  });

  it('takes either strategy', () => {
    expect(run(`${base} --strategy pct --depth 2 --runs 10`).code).toBe(0);
    expect(run(`${base} --strategy uniform --runs 10`).code).toBe(0);
  });
});
