/** Handlers, cycles and declared violations on the command line: what is printed, written and returned. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTrace } from 'vqcheck/traces';
import { fixture, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);
// Beside the traces, so that no path of this machine is printed.
copyFileSync(fixture('bell.ts'), join(folder, 'bell.ts'));
const target = '--target ./bell.ts';

/** The trace that `check` writes of a violation of the seeded defect. */
function found(scenario: string, defect: string, property: string): string {
  const file = `traces/bell-${scenario}-1-sc-${defect}-${property}.json`;
  if (!existsSync(join(folder, file))) {
    const { code } = run(
      `check ./bell.ts --scenario ${scenario} --memory sc --defect ${defect} --out traces`,
    );
    expect(code).toBe(1);
  }
  return file;
}

function golden(name: string): string {
  return join(import.meta.dirname, 'golden', `${name}.txt`);
}

describe('vqcheck replay of a run without end', () => {
  it('sets the cycle off, and shows handlers in columns of their own beside the tasks of their cores', async () => {
    const { code, out } = run(`replay ${found('endless', 'puts-off', 'livelock')} ${target}`);
    expect(code).toBe(1);
    await expect(out).toMatchFileSnapshot(golden('livelock'));
  });

  it('says that nobody can go on where nothing happens any more', async () => {
    const { code, out } = run(`replay ${found('once', 'rings-early', 'lost-wakeup')} ${target}`);
    expect(code).toBe(1);
    await expect(out).toMatchFileSnapshot(golden('lostWakeup'));
  });

  it('has no column for a handler that never runs, and one line of heads without it', () => {
    expect(run('check ./bell.ts --scenario deaf --memory sc --out traces').code).toBe(0);
    const { out } = run(`replay traces/bell-deaf-1-sc-lost-wakeup.json ${target}`);
    expect(out).toMatch(/│ step +│ sender +│ receiver +│ memory after it +│ buffers not free +│/);
    expect(out).not.toContain('isr');
    expect(out).toMatch(/and so on for ever: back to step 7/);
  });

  it('ends clean without the defect', () => {
    for (const [defect, property] of [
      ['rings-early', 'lost-wakeup'],
      ['puts-off', 'livelock'],
    ] as const) {
      const { code, out } = run(`replay ${found('endless', defect, property)} ${target} --defect none`);
      expect(code).toBe(0);
      expect(out).toMatch(/no violation: after \d+ steps \(\d+ without core-local accesses\) everything/);
    }
  });

  it('of a scenario without a defect violates it with --defect none, too', () => {
    expect(run('check ./bell.ts --scenario deaf --memory tso --out traces').code).toBe(0);
    const { code, out } = run(`replay traces/bell-deaf-1-tso-lost-wakeup.json ${target} --defect none`);
    expect(code).toBe(1);
    expect(out).toContain('violates lost-wakeup after');
    expect(out).toContain('Again: npx vqcheck replay');
  });

  it('does not fit when its cycle was changed', () => {
    const file = found('endless', 'puts-off', 'livelock');
    const trace = decodeTrace(readFileSync(join(folder, file), 'utf8'));
    const change = (changed: object): void =>
      writeFileSync(join(folder, 'changed.json'), JSON.stringify({ ...trace, ...changed }));
    change({ cycleStart: 3 });
    const moved = run(`replay changed.json ${target}`);
    expect(moved.code).toBe(4);
    expect(moved.out).toContain('recorded: from step 3 on it goes round for ever');
    expect(moved.out).toContain('now:      the last step does not lead back to where step 3 began');
    expect(moved.out).not.toContain('round and round:');
    change({ cycleStart: 14 });
    expect(run(`replay changed.json ${target}`)).toMatchObject({ code: 2 });
    // Every step fits, but nobody waits there for ever.
    change({ cycleStart: 13 });
    const still = run(`replay changed.json ${target}`);
    expect(still.code).toBe(0);
    expect(still.out).toContain('now, round and round: sender could go on, and never does');
  });

  it('tells a machine where the cycle starts, and which steps are local and which return', () => {
    const { code, out } = run(`replay ${found('endless', 'puts-off', 'livelock')} ${target} --json -`);
    expect(code).toBe(1);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ result: 'same-violation', cycleStart: 7, why: null });
    const rows: { local: boolean; returns: boolean; interrupts: string[] }[] = report.rows;
    expect(rows.map(({ local }) => local).indexOf(true)).toBe(5);
    expect(rows.map(({ returns }) => returns).indexOf(true)).toBe(9);
    expect(rows[3]?.interrupts).toEqual(['right.bell pending']);
  });
});

describe('vqcheck shrink of a run without end', () => {
  it('keeps the cycle, and says so', () => {
    const { code, out } = run(
      `shrink ${found('endless', 'puts-off', 'livelock')} ${target} --out short.json`,
    );
    expect(code).toBe(0);
    expect(out).toContain('(its last 6 steps go round for ever, as before)');
    expect(run(`replay short.json ${target}`).code).toBe(1);
    const json = run(`shrink short.json ${target} --out shorter.json --json -`).out;
    expect(JSON.parse(json)).toMatchObject({ property: 'livelock', before: 13, after: 13, cycleStart: 7 });
  });
});

describe('a violation that a scenario declares', () => {
  it('is as expected without any defect, and its trace is written only where --out says', () => {
    const { code, out } = run('check ./bell.ts --scenario deaf');
    expect(code).toBe(0);
    expect(out).toContain('violated (as expected)');
    expect(out).toContain('8 steps, the last one for ever; for a trace of it: --out DIR');
    expect(existsSync(join(folder, 'vqcheck-out'))).toBe(false);
    expect(run('check ./bell.ts --scenario deaf --memory sc --out asked').code).toBe(0);
    expect(existsSync(join(folder, 'asked/bell-deaf-1-sc-lost-wakeup.json'))).toBe(true);
  });

  it('is a violation, with its trace, where nobody declares it', () => {
    const { code, out } = run('check ./bell.ts --scenario deaf-undeclared --memory sc');
    expect(code).toBe(1);
    const file = 'vqcheck-out/bell-deaf-undeclared-1-sc-lost-wakeup.json';
    expect(out).toContain(`trace: ${file} (8 steps, the last one for ever)`);
    expect(existsSync(join(folder, file))).toBe(true);
  });

  it('is incomplete where the others may lie beyond a bound', () => {
    const args = 'check ./bell.ts --scenario deaf-and-late --memory sc --out late';
    const bounded = run(`${args} --max-states 8`);
    expect(bounded.out).toContain('violated (expected so far); bound of 8 states met');
    expect(bounded.code).toBe(3);
    expect(run(args).code).toBe(1);
  });

  it('is as expected when fuzzing finds it', () => {
    const { code, out } = run(
      'fuzz ./bell.ts --scenario deaf --slots 1 --seed 1 --runs 20 --memory sc --json -',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out).runs).toMatchObject([
      {
        verdict: 'violated',
        expected: ['lost-wakeup'],
        asExpected: true,
        property: 'lost-wakeup',
        operations: null,
      },
    ]);
  });
});

describe('vqcheck fuzz with interrupts', () => {
  it('finds a lost wake-up whose trace replays and shrinks', () => {
    const args = 'fuzz ./bell.ts --defect rings-early --slots 1 --seed 1 --runs 300 --out fuzzed';
    expect(run(args).code).toBe(1);
    const file = 'fuzzed/bell-endless-1-sc-rings-early-lost-wakeup.json';
    expect(run(`replay ${file} ${target}`)).toMatchObject({ code: 1 });
    expect(run(`replay ${file} ${target} --defect none`)).toMatchObject({ code: 0 });
    expect(run(`shrink ${file} ${target} --out fuzzed.json`)).toMatchObject({ code: 0 });
  });
});

describe('the report of a check', () => {
  it('has where a cycle starts, and the longest operations of what was explored to the end', () => {
    const { code, out } = run('check ./bell.ts --scenario deaf --memory sc --json -');
    expect(code).toBe(0);
    const [first] = JSON.parse(out).runs;
    expect(Object.keys(first.violations[0])).toEqual([
      'property',
      'message',
      'trace',
      'length',
      'cycleStart',
      'difference',
    ]);
    expect(first.violations).toMatchObject([{ property: 'lost-wakeup', length: 8, cycleStart: 7 }]);
    expect(first.operations).toEqual({ claim: 1, post: 1 });
    const bounded = run('check ./bell.ts --scenario endless --memory sc --max-states 10 --json -');
    expect(JSON.parse(bounded.out).runs).toMatchObject([{ verdict: 'incomplete', operations: null }]);
  });

  it('shows the longest operations run by run with --operations', () => {
    const all = run('check ./bell.ts --scenario endless,deaf --memory sc --operations').out;
    expect(all).toMatch(/Accesses of the longest run of each operation:\n┌/);
    expect(all).toMatch(/│ run +│ claim │ done │ fetch │ post │/);
    expect(all).toMatch(/│ endless, 1 slot, sc │ +1 │ +1 │ +1 │ +1 │/);
    expect(all).toMatch(/│ deaf, 1 slot, sc +│ +1 │ +│ +│ +1 │/);
    const bounded = run('check ./bell.ts --scenario endless --memory sc --max-states 10 --operations').out;
    expect(bounded).toContain('Accesses of the longest run of each operation: not known');
  });
});
