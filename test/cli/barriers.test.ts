/** `vqcheck barriers`, as a user runs it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTrace } from 'vqcheck/traces';
import { fixture, interruptedRun, masked, repositoryFile, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);

interface Entry {
  readonly site: string;
  readonly operation: string | null;
  readonly kind: string;
  readonly verdict: string;
  readonly property: string | null;
  readonly length: number | null;
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
    expect(tso?.barriers.map(({ verdict }) => verdict)).toEqual(fences.map(() => 'not-needed'));
    expect(tso?.minimal?.kept).toEqual([]);
    expect(
      rc11?.barriers.map(({ operation, verdict, property, length }) => [
        operation,
        verdict,
        property,
        length,
      ]),
    ).toEqual([
      ['alloc_try', 'needed', 'no-double-ownership', 43],
      ['send_try', 'undecided', null, null],
      ['recv_try', 'needed', 'payload-integrity', 14],
      ['free_try', 'undecided', null, null],
      ['send_try', 'needed', 'payload-integrity', 14],
      ['free_try', 'needed', 'payload-integrity', 59],
    ]);
    expect(rc11?.minimal?.kept.map(({ site, as }) => [site, as])).toEqual(
      fences.map((site, i) => [site, i < 4 ? 'acquire' : 'release']),
    );
  });

  it('shows a table, what is enough together, and what it does not cover', () => {
    for (const part of [
      `${fences[0]} │ alloc_try │ fence seq_cst │ needed                                    │ no-double-ownership (any-order, 2 slots, 43 steps) │ acquire`,
      `${fences[1]} │ send_try  │ fence seq_cst │ undecided: load buffering is not modelled │`,
      `${fences[5]} │ free_try  │ fence seq_cst │ not needed in these scenarios │`,
      `${fences[1]} alone keeps loads before stores: those at`,
      `Enough together, and proved: fence at ${fences[0]} as acquire,`,
      'Enough together, and proved: none of them.',
      'scenarios not run: coprime-tags,',
      'memory models not run: sc, pso',
      '12 verdicts: 4 needed, 6 not needed, 2 undecided, in T.TT s',
    ]) {
      expect(masked(out)).toContain(part);
    }
  });

  it('writes a trace for each fence that is needed: it replays, and is gone with the fence in place', () => {
    const files = (rc11?.barriers ?? []).flatMap(({ trace }) => (typeof trace === 'string' ? [trace] : []));
    expect(files).toHaveLength(4);
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
    expect(needed).toHaveLength(3);
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
    expect(accesses.map(({ kind, operation, verdict }) => [kind, operation, verdict])).toEqual([
      ['load', 'sys_info_reserve', 'not-needed'],
      ['load', 'sys_info_get', 'not-needed'],
      ['store', 'sys_info_prepare', 'not-needed'],
      ['store', 'sys_info_publish', 'needed'],
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
