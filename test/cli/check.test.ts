/** `vqcheck check` and `vqcheck list`, as a user and a machine see them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTrace } from 'vqcheck/traces';
import { fixture, interruptedRun, masked, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);
const tiny = 'check esp-amp --scenario in-order --slots 1';

describe('vqcheck check', () => {
  it('prints verdicts, the longest operations and what was not covered', () => {
    const { code, out, err } = run(`${tiny},2 --memory sc`);
    expect(err).toBe('');
    expect(code).toBe(0);
    const shown = masked(out).replace(/(scenarios not run: )[^:]*(\n {2}sizes)/, '$1…$2');
    expect(shown).toMatchInlineSnapshot(`
      "esp-amp: ESP-AMP queue (espressif/esp-amp, esp_amp_queue)
      ┌──────────┬───────┬────────┬─────────┬────────┬─────────────┬───────┬────────┐
      │ scenario │ slots │ memory │ verdict │ states │ transitions │ depth │   time │
      ├──────────┼───────┼────────┼─────────┼────────┼─────────────┼───────┼────────┤
      │ in-order │     1 │ sc     │ proved  │     37 │          74 │    36 │ T.TT s │
      │ in-order │     2 │ sc     │ proved  │    394 │         788 │    87 │ T.TT s │
      └──────────┴───────┴────────┴─────────┴────────┴─────────────┴───────┴────────┘

      Accesses of the longest run of each operation: alloc_try 13, free_try 18, recv_try 13, send_try 18

      Not covered:
        scenarios not run: …
        sizes other than 1, 2 slots
          more with --scenario in-order --slots 4,8,16,32,64
        memory models not run: tso, pso, rc11
        indices other than modulo 2, 4

      2 runs: 2 proved, in T.TT s, at most N.NMiB at a time
      "
    `);
  });

  it('names the trace of a violation and the command that replays it', () => {
    const { code, out } = run('check esp-amp --defect publish-before-fill');
    expect(code).toBe(1);
    expect(out).toContain('violated (as expected)');
    const commands = [...out.matchAll(/npx vqcheck (replay \S+)$/gm)].map(([, command = '']) => command);
    // The race first, and behind it what comes of it.
    expect(commands).toEqual(
      ['no-data-race', 'payload-integrity'].map(
        (property) => `replay vqcheck-out/esp-amp-in-order-1-sc-publish-before-fill-${property}.json`,
      ),
    );
    for (const command of commands) {
      expect([command, run(command).code]).toEqual([command, 1]);
      expect([command, run(`${command} --defect none`).code]).toEqual([command, 0]);
    }
  });

  it('makes no folder for traces when there is no violation', () => {
    const { code } = run(`${tiny} --memory sc --out never-made`);
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'never-made'))).toBe(false);
  });

  it('runs one run for each combination of the lists', () => {
    const { out } = run('check esp-amp --scenario in-order,full-empty --slots 1,2 --memory all --json -');
    const runs: { scenario: string; slots: number; memory: string }[] = JSON.parse(out).runs;
    expect(runs.map(({ scenario, slots, memory }) => `${scenario} ${slots} ${memory}`)).toEqual([
      'in-order 1 sc',
      'in-order 1 tso',
      'in-order 1 pso',
      'in-order 1 rc11',
      'in-order 2 sc',
      'in-order 2 tso',
      'in-order 2 pso',
      'in-order 2 rc11',
      'full-empty 1 sc',
      'full-empty 1 tso',
      'full-empty 1 pso',
      'full-empty 1 rc11',
      'full-empty 2 sc',
      'full-empty 2 tso',
      'full-empty 2 pso',
      'full-empty 2 rc11',
    ]);
  });

  it('takes a defect to the scenario, slots and memory model that show it', () => {
    const { out } = run('check --defect addr-not-written-back,flip-toggled-early --json -');
    const runs: { scenario: string; slots: number; memory: string; defects: string[] }[] =
      JSON.parse(out).runs;
    expect(runs.map(({ scenario, slots, memory, defects }) => [scenario, slots, memory, defects])).toEqual([
      ['any-order', 2, 'sc', ['addr-not-written-back']],
      ['in-order', 2, 'sc', ['flip-toggled-early']],
    ]);
  });

  it.each([
    ['states', '--max-states 100', 'bound of 100 states met', 'maxStates'],
    ['seconds', '--max-seconds 0.01', 'bound of 0.01 s met', 'maxSeconds'],
    ['memory', '--max-memory 1KB', 'bound of 1000B met', 'maxMemoryBytes'],
  ])('is incomplete when the bound on %s is met', (_name, option, message, bound) => {
    const report = `bound-${bound}.json`;
    const { code, out } = run(
      `check esp-amp --scenario in-order --slots 64 --memory sc ${option} --json ${report}`,
    );
    expect(code).toBe(3);
    expect(out).toContain(`incomplete: ${message}`);
    const [first] = JSON.parse(readFileSync(join(folder, report), 'utf8')).runs;
    expect(first).toMatchObject({ verdict: 'incomplete', asExpected: false, message });
    expect(first.bounds).toHaveProperty(bound);
  });

  it('skips what a scenario refuses among the defaults, and says so', () => {
    const { code, out } = run('check esp-amp --slots 1 --memory sc');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}coprime-tags: coprime-tags is made for 2 slots/m);
  });

  it('says how many runs --quick left out, and the command that runs them, too', () => {
    const args = 'sel4 --scenario exhausted --slots 1,2 --memory tso';
    const { code, out } = run(`check ${args} --quick --max-seconds 60`);
    expect(code).toBe(0);
    expect(out).toContain('\n  exhausted (2 · tso): left out by --quick\n');
    const command = `npx vqcheck check ${args} --max-seconds 60`;
    expect(out).toMatch(/\n1 run: 1 proved, .*\n$/);
    expect(out).toContain(`\nLeft out by --quick: 1 run; with them: ${command}\n1 run: `);
    expect(run(`check ${args.replace('1,2', '1')} --quick`).out).not.toContain('Left out');
  });

  it('sees only the properties asked for', () => {
    const { code, out } = run('check esp-amp --defect publish-before-fill --property fifo --json -');
    const [first] = JSON.parse(out).runs;
    expect(first).toMatchObject({ verdict: 'proved', expected: 'proved', asExpected: true });
    expect(code).toBe(0);
  });

  it('colours only for a terminal, or when forced to; never with NO_COLOR', () => {
    const colour = '\u001b[';
    const args = `${tiny} --memory sc`;
    expect(run(args).out).not.toContain(colour);
    expect(run(args, { FORCE_COLOR: '1' }).out).toContain(colour);
    expect(run(args, { FORCE_COLOR: '1', NO_COLOR: '1' }).out).not.toContain(colour);
  });

  it('prints and saves what is known when interrupted', async () => {
    const args = 'check esp-amp --scenario in-order --slots 1,512 --memory tso --json interrupted.json';
    const { code, out } = await interruptedRun(folder, args, 2500);
    expect(code).toBe(130);
    expect(out).toContain('incomplete: interrupted');
    expect(out).toContain('Interrupted. 2 runs: 1 proved, 1 incomplete');
    const { runs } = JSON.parse(readFileSync(join(folder, 'interrupted.json'), 'utf8'));
    expect(runs.map((one: { verdict: string }) => one.verdict)).toEqual(['proved', 'incomplete']);
  });
});

describe('the JSON report', () => {
  it('has every field of a run, in its order', () => {
    const { out } = run('check esp-amp --defect publish-before-fill --out traces --json report/check.json');
    expect(out).toContain('violated (as expected)');
    const report = JSON.parse(readFileSync(join(folder, 'report/check.json'), 'utf8'));
    expect(Object.keys(report)).toEqual(['version', 'runs']);
    const [first] = report.runs;
    const { seconds, peakMemoryBytes, ...rest } = first;
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(peakMemoryBytes).toBeGreaterThan(0);
    expect(JSON.stringify(rest, null, 2)).toMatchInlineSnapshot(`
      "{
        "target": "esp-amp",
        "scenario": "in-order",
        "slots": 1,
        "memory": "sc",
        "defects": [
          "publish-before-fill"
        ],
        "indexModulus": 2,
        "bufferDepth": null,
        "bounds": {},
        "seed": null,
        "verdict": "violated",
        "expected": [
          "payload-integrity"
        ],
        "asExpected": true,
        "property": "no-data-race",
        "message": "desc[0].addr: remote's plain load in recv_try is not ordered after master's plain store in send_try (step 7)",
        "incomplete": null,
        "trace": "../traces/esp-amp-in-order-1-sc-publish-before-fill-no-data-race.json",
        "violations": [
          {
            "property": "no-data-race",
            "message": "desc[0].addr: remote's plain load in recv_try is not ordered after master's plain store in send_try (step 7)",
            "trace": "../traces/esp-amp-in-order-1-sc-publish-before-fill-no-data-race.json",
            "length": 9,
            "cycleStart": null,
            "difference": null
          },
          {
            "property": "payload-integrity",
            "message": "remote took buffer[0] with length 8, but it was published with length 4",
            "trace": "../traces/esp-amp-in-order-1-sc-publish-before-fill-payload-integrity.json",
            "length": 9,
            "cycleStart": null,
            "difference": null
          }
        ],
        "witnesses": [
          {
            "name": "queue full",
            "reached": true
          },
          {
            "name": "queue empty",
            "reached": true
          },
          {
            "name": "ring wrapped",
            "reached": true
          }
        ],
        "states": 87,
        "transitions": 165,
        "depth": 43,
        "operations": {
          "alloc_try": 13,
          "free_try": 18,
          "recv_try": 13,
          "send_try": 18
        },
        "notifications": null
      }"
    `);
    // The trace's path is relative to the report.
    const trace = decodeTrace(readFileSync(join(folder, 'report', first.trace), 'utf8'));
    expect(trace.violation.property).toBe(first.property);
    expect(trace.schedule).toHaveLength(first.violations[0].length);
  });

  it('stands alone on standard output, with the trace in it and no file beside it', () => {
    const before = readdirSync(folder);
    const { code, out } = run('check esp-amp --defect double-free --json -');
    expect(code).toBe(1);
    const [first] = JSON.parse(out).runs;
    expect(first.trace.format).toBe('vqcheck-trace');
    expect(decodeTrace(JSON.stringify(first.trace)).violation.property).toBe('no-double-ownership');
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe("a user's own target", () => {
  const mailbox = fixture('mailbox.ts');

  it('is loaded from its TypeScript module and proved', () => {
    const { code, out, err } = run(`check ${mailbox} --json -`);
    expect(err).toBe('');
    expect(code).toBe(0);
    const { runs } = JSON.parse(out);
    expect(runs).toMatchObject([
      { target: 'mailbox', memory: 'sc', verdict: 'proved', states: 8, transitions: 16, depth: 7 },
      { target: 'mailbox', memory: 'tso', verdict: 'proved', states: 14, transitions: 34, depth: 12 },
    ]);
  });

  it('shows its defect, with source lines of its module, and replays', () => {
    const { code, out } = run(`check ${mailbox} --defect posts-early`);
    expect(code).toBe(1);
    const command = /npx vqcheck (replay .*)$/m.exec(out)?.[1] ?? '';
    const replayed = run(command);
    expect(replayed.code).toBe(1);
    expect(replayed.out).toMatch(/mailbox\.ts:\d+/);
    expect(replayed.out).not.toContain('/fixtures/mailbox.ts:');
    const line = Number(/mailbox\.ts:(\d+)/.exec(replayed.out)?.[1]);
    const source = readFileSync(mailbox, 'utf8').split('\n')[line - 1];
    expect(source).toContain("port.load(full, 'acquire')");
  });

  it('is fuzzed and listed', () => {
    expect(run(`fuzz ${mailbox} --defect posts-early --seed 1 --runs 100`).code).toBe(1);
    expect(run(`list ${mailbox}`).out).toContain('posts-early');
  });

  const trouble = fixture('trouble.ts');
  it.each([
    ['vacuous', 4, 'error', 'vacuous: never reached "pigs fly"'],
    ['broken', 1, 'violated', 'violated'],
    ['known-broken', 0, 'violated', 'violated (as expected)'],
    ['unexpectedly-sound', 1, 'proved', 'proved (unexpected)'],
    ['moody', 4, 'error', 'error: nondeterministic'],
    ['collapsing', 4, 'error', 'no such queue'],
  ])('that is %s ends with exit code %i', (scenario, expected, verdict, headline) => {
    const report = `trouble-${scenario}.json`;
    const { code, out } = run(`check ${trouble} --scenario ${scenario} --json ${report}`);
    expect(code).toBe(expected);
    expect(out).toContain(headline);
    const [first] = JSON.parse(readFileSync(join(folder, report), 'utf8')).runs;
    expect(first.verdict).toBe(verdict);
  });

  it('that needs more room than there is says where, and what to do', () => {
    const { code, out } = run(`check ${fixture('backlog.ts')} --json backlog.json`);
    expect(code).toBe(3);
    expect(out).toContain('incomplete: store buffer depth 8 reached');
    expect(out).toContain('incomplete: message limit 15 reached at counter');
    expect(out).toContain('have that core load the location');
    const { runs } = JSON.parse(readFileSync(join(folder, 'backlog.json'), 'utf8'));
    expect(
      runs.map(({ memory, message, incomplete }: Record<string, unknown>) => [memory, message, incomplete]),
    ).toEqual([
      ['tso', 'store buffer depth 8 reached', { kind: 'buffer', depth: 8 }],
      ['rc11', 'message limit 15 reached at counter', { kind: 'messages', location: 'counter', limit: 15 }],
    ]);
  });

  it('with a violation and an error ends with the violation', () => {
    expect(run(`check ${trouble}`).code).toBe(1);
    expect(run(`check ${trouble} --scenario known-broken,moody`).code).toBe(4);
  });
});

describe('vqcheck list', () => {
  it('lists names for a machine', () => {
    const { code, out } = run('list --json -');
    expect(code).toBe(0);
    const { targets } = JSON.parse(out);
    expect(targets.map(({ name }: { name: string }) => name)).toEqual([
      'esp-amp',
      'sel4',
      'sel4-published',
      'virtio-split',
      'virtio-packed',
    ]);
    expect(Object.keys(targets[0])).toEqual(['name', 'scenarios', 'defects', 'properties', 'memories']);
    expect(targets[0].scenarios).toContain('any-order');
    expect(targets[0].defects.length).toBeGreaterThanOrEqual(12);
    expect(targets[0].memories).toEqual(['sc', 'tso', 'pso', 'rc11']);
  });

  it('lists titles for a person', () => {
    const { code, out } = run('list esp-amp');
    expect(code).toBe(0);
    for (const part of ['memory models', 'scenarios', 'properties', 'seeded defects', 'flip-not-toggled']) {
      expect(out).toContain(part);
    }
  });
});
