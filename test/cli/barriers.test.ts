/** `vqcheck barriers`, as a user runs it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTrace } from 'vqcheck/traces';
import { fixture, interruptedRun, masked, repositoryFile, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);

/** The data race that there is without the barrier. */
interface Race {
  readonly message: string;
  readonly run: { readonly scenario: string; readonly slots: number };
  readonly length: number;
}

interface Entry {
  readonly site: string;
  readonly operation: string | null;
  readonly kind: string;
  readonly verdict: string;
  readonly property: string | null;
  readonly length: number | null;
  readonly race: Race | null;
  readonly enough: readonly string[] | null;
  readonly trace: unknown;
}

interface Model {
  readonly memory: string;
  readonly runs: readonly { readonly scenario: string; readonly slots: number; readonly verdict: string }[];
  readonly barriers: readonly Entry[];
  readonly minimal: { readonly kept: readonly (Entry & { readonly as: string })[] } | null;
}

/** Line of the source on which this stands, the `nth` time, from 1. */
function lineOf(file: string, text: string, nth: number): string {
  const lines = readFileSync(repositoryFile(file), 'utf8').split('\n');
  const found = lines.flatMap((line, i) => (line.includes(text) ? [i + 1] : []));
  return `${file}:${found[nth - 1]}`;
}

const fences = [1, 2, 3, 4, 5, 6].map((nth) => lineOf('impl/esp-amp/queue.ts', "fence('seq_cst')", nth));

function row({ operation, verdict, property, length, race }: Entry) {
  return [operation, verdict, property, length, race?.length ?? null];
}

describe('vqcheck barriers esp-amp', () => {
  const begin = performance.now();
  const { code, out } = run('barriers esp-amp --json report.json --out traces');
  const seconds = (performance.now() - begin) / 1000;
  const report: { readonly models: readonly Model[] } = JSON.parse(
    readFileSync(join(folder, 'report.json'), 'utf8'),
  );
  const [tso, rc11] = report.models;

  it('completes in time, with a verdict on each fence under each memory model', () => {
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(60);
    expect(report.models.map(({ memory }) => memory)).toEqual(['tso', 'rc11']);
    for (const { barriers, runs } of report.models) {
      expect(barriers.map(({ site }) => site)).toEqual(fences);
      expect(runs.map(({ scenario, slots, verdict }) => [scenario, slots, verdict])).toEqual([
        ['in-order', 2, 'proved'],
        ['any-order', 2, 'proved'],
      ]);
    }
    // Under tso C11 alone asks for four of them: nothing comes of the races. The last number is the race's length.
    expect(tso?.barriers.map(row)).toEqual([
      ['alloc_try', 'needed', 'no-data-race', 44, 44],
      ['send_try', 'not-needed', null, null, null],
      ['recv_try', 'needed', 'no-data-race', 17, 17],
      ['free_try', 'not-needed', null, null, null],
      ['send_try', 'needed', 'no-data-race', 17, 17],
      ['free_try', 'needed', 'no-data-race', 47, 47],
    ]);
    expect(tso?.minimal?.kept.map(({ site, as }) => [site, as])).toEqual([
      [fences[0], 'acquire'],
      [fences[2], 'acquire'],
      [fences[4], 'release'],
      [fences[5], 'release'],
    ]);
    expect(rc11?.barriers.map(row)).toEqual([
      ['alloc_try', 'needed', 'no-double-ownership', 43, 34],
      ['send_try', 'undecided', null, null, null],
      ['recv_try', 'needed', 'payload-integrity', 14, 13],
      ['free_try', 'undecided', null, null, null],
      ['send_try', 'needed', 'payload-integrity', 14, 13],
      ['free_try', 'needed', 'payload-integrity', 59, 36],
    ]);
    expect(rc11?.minimal?.kept.map(({ site, as }) => [site, as])).toEqual(
      fences.map((site, i) => [site, i < 4 ? 'acquire' : 'release']),
    );
  });

  it('tells of the race beside what comes of it', () => {
    expect(rc11?.barriers[0]?.race).toEqual({
      message: expect.stringMatching(
        /^desc\[0\]\.addr: master's plain load in alloc_try is not ordered after /,
      ),
      run: { scenario: 'in-order', slots: 2, indexModulus: 4, bounds: {} },
      length: 34,
    });
  });

  it('needs none of them under tso if no-data-race is not asked for', () => {
    const properties = 'payload-integrity,fifo,no-double-ownership,no-lost-buffers,deadlock';
    const { out: without } = run(`barriers esp-amp --memory tso --property ${properties} --json -`);
    const [model]: readonly Model[] = JSON.parse(without).models;
    expect(model?.barriers.map(({ verdict }) => verdict)).toEqual(fences.map(() => 'not-needed'));
    expect(model?.minimal?.kept).toEqual([]);
  });

  it('shows a table, what is enough together, and what it does not cover', () => {
    for (const part of [
      `${fences[0]} │ alloc_try │ fence seq_cst │ needed                                    │ no-double-ownership (any-order, 2 slots, 43 steps) │ acquire`,
      `${fences[1]} │ send_try  │ fence seq_cst │ undecided: load buffering is not modelled │`,
      `                          │           │               │                                           │ no-data-race (in-order, 2 slots, 34 steps)         │`,
      `${fences[3]} │ free_try  │ fence seq_cst │ not needed in these scenarios │`,
      `${fences[5]} │ free_try  │ fence seq_cst │ needed                        │ no-data-race (in-order, 2 slots, 47 steps) │ release`,
      `${fences[1]} alone keeps loads before stores: those at`,
      `Enough together, and proved: fence at ${fences[0]} as acquire,`,
      `Without all of these at once: fence at ${fences[1]}, fence at ${fences[3]}`,
      'scenarios not run: coprime-tags,',
      'memory models not run: sc, pso',
      '12 verdicts: 8 needed, 2 not needed, 2 undecided, in T.TT s',
    ]) {
      expect(masked(out)).toContain(part);
    }
  });

  it('writes a trace for each fence that is needed: it replays, and is gone with the fence in place', () => {
    const files = report.models.flatMap(({ barriers }) =>
      barriers.flatMap(({ trace }) => (typeof trace === 'string' ? [trace] : [])),
    );
    expect(files).toHaveLength(8);
    expect(files.filter((file) => file.endsWith('-no-data-race.json'))).toHaveLength(4);
    expect(readdirSync(join(folder, 'traces')).sort()).toEqual(
      files.map((file) => file.replace('traces/', '')).sort(),
    );
    for (const file of files) {
      const again = run(`replay ${file}`);
      expect([file, again.code]).toEqual([file, 1]);
      expect(again.out).toMatch(/barrier edits: fence at impl\/esp-amp\/queue\.ts:\d+ left out/);
      const sound = run(`replay ${file} --defect none`);
      expect([file, sound.code]).toEqual([file, 0]);
    }
  });

  it('writes traces that shrink, and keep what was left out', () => {
    const [file] = readdirSync(join(folder, 'traces'));
    const { code: shrunk } = run(`shrink traces/${file} --out short.json`);
    expect(shrunk).toBe(0);
    const trace = decodeTrace(readFileSync(join(folder, 'short.json'), 'utf8'));
    expect(trace.barriers).toHaveLength(1);
    expect(run('replay short.json').code).toBe(1);
  });

  it('does not fit any more when the fence has moved', () => {
    const [file = ''] = readdirSync(join(folder, 'traces'));
    const text = readFileSync(join(folder, 'traces', file), 'utf8');
    const trace = decodeTrace(text);
    const [edit] = trace.barriers ?? [];
    if (edit === undefined) throw new Error('the trace names no barrier');
    const moved = { ...trace, barriers: [edit, { ...edit, site: 'impl/esp-amp/queue.ts:1' }] };
    writeFileSync(join(folder, 'moved.json'), JSON.stringify(moved));
    const { code: fits, out: shown } = run('replay moved.json');
    expect(fits).toBe(4);
    expect(shown).toContain('fence at impl/esp-amp/queue.ts:1 left out');
    expect(shown).toContain('the code may have moved');
  });
});

describe('vqcheck barriers', () => {
  it('writes the traces out in a report on standard output, and makes no folder', () => {
    const { code, out } = run('barriers esp-amp --scenario in-order --memory rc11 --json -');
    expect(code).toBe(0);
    const [model]: readonly Model[] = JSON.parse(out).models;
    const needed = (model?.barriers ?? []).filter(({ verdict }) => verdict === 'needed');
    // That of alloc_try, first, breaks nothing in order but C11's rule.
    expect(needed.map(({ property }) => property)).toEqual([
      'no-data-race',
      'payload-integrity',
      'payload-integrity',
      'payload-integrity',
    ]);
    for (const { trace, site } of needed)
      expect(trace).toMatchObject({
        format: 'vqcheck-trace',
        barriers: [{ site, kind: 'fence', operation: null, edit: 'weaken', order: 'none' }],
      });
    expect(readdirSync(folder)).not.toContain('vqcheck-out');
  });

  it('reaches ordered accesses, too', () => {
    const { code, out } = run('barriers esp-amp --scenario late-attach --slots 1 --memory pso --json -');
    expect(code).toBe(0);
    const [model]: readonly Model[] = JSON.parse(out).models;
    const accesses = (model?.barriers ?? []).filter(({ kind }) => kind !== 'fence');
    expect(accesses.map((entry) => [entry.kind, ...row(entry)])).toEqual([
      ['load', 'sys_info_reserve', 'not-needed', null, null, null],
      // Under pso loads stay in order: what is broken is C11's rule.
      ['load', 'sys_info_get', 'needed', 'no-data-race', 22, 22],
      ['store', 'sys_info_prepare', 'not-needed', null, null, null],
      ['store', 'sys_info_publish', 'needed', 'no-outside-access', 15, 14],
    ]);
  });

  it('is incomplete where a bound is met, and says so', () => {
    const { code, out } = run('barriers esp-amp --memory tso --max-states 5000');
    expect(code).toBe(3);
    expect(out).toContain('not used: any-order, 2 slots: bound of 5000 states met');
    expect(out).toContain('tso: proved as it is: in-order, 2 slots (1,836 states)');
  });

  it.each([
    ['broken', 1, 'violates '],
    ['vacuous', 4, 'vacuous: never reached "pigs fly"'],
    ['collapsing', 4, 'scenario collapsing could not make its system: no such queue'],
    ['moody', 4, 'Keep all state'],
  ])('says nothing about barriers where the code as it is, is %s: exit code %i', (scenario, exit, why) => {
    const { code, out } = run(`barriers ${fixture('trouble.ts')} --scenario ${scenario}`);
    expect(code).toBe(exit);
    expect(out).toContain('no scenario is proved as it is');
    expect(out).toContain(why);
  });

  it("runs a target of the user's, all of its scenarios if none has the usual names", () => {
    const { code, out } = run(`barriers ${fixture('mailbox.ts')} --memory tso --json -`);
    expect(code).toBe(0);
    const [model]: readonly Model[] = JSON.parse(out).models;
    expect(model?.runs.map(({ scenario }) => scenario)).toEqual(['ping']);
    expect(model?.barriers.map(({ site, operation, kind }) => [site, operation, kind])).toEqual([
      ['mailbox.ts:11', null, 'store'],
      ['mailbox.ts:17', 'claim', 'load'],
      ['mailbox.ts:19', 'fetch', 'load'],
    ]);
  });

  it('leaves out what declares violations, and refuses to do nothing', () => {
    const { code, err } = run('barriers esp-amp --scenario enable-late --slots 1');
    expect(code).toBe(2);
    expect(err).toContain('it declares violations');
    expect(run('barriers esp-amp --scenario in-ordr').code).toBe(2);
    expect(run('barriers').code).toBe(2);
  });

  it('says what it knows when it is interrupted', async () => {
    const args = 'barriers esp-amp --scenario two-queues --memory rc11 --json cut.json';
    const { code, out } = await interruptedRun(folder, args, 4000);
    expect(code).toBe(130);
    expect(out).toContain('Interrupted.');
    const { interrupted, models } = JSON.parse(readFileSync(join(folder, 'cut.json'), 'utf8'));
    expect(interrupted).toBe(true);
    expect(models).toHaveLength(1);
    expect(models[0].minimal).toBe(null);
  });

  it('explains itself', () => {
    const { code, out } = run('barriers --help');
    expect(code).toBe(0);
    expect(out).toContain('vqcheck barriers esp-amp --json -');
    expect(out).toContain('load buffering');
  });
});
