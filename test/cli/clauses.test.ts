/** `vqcheck clauses`, as a user and a machine see it, on a target of a user's own. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);
const polite = fixture('clauses.ts');

interface Row {
  readonly property: string;
  readonly clause: string;
  readonly level: string;
  readonly verdict: string;
  readonly situations: number;
  readonly witness: { readonly length: number; readonly lastStep: string; readonly trace: unknown } | null;
  readonly violation: { readonly message: string; readonly length: number } | null;
  readonly defects: readonly string[];
  readonly reason: string | null;
}

function rows(args: string): { readonly code: number | null; readonly clauses: readonly Row[] } {
  const { code, out } = run(`clauses ${polite} ${args} --json -`);
  const report = JSON.parse(out) as { readonly targets: readonly { readonly clauses: readonly Row[] }[] };
  return { code, clauses: report.targets[0]?.clauses ?? [] };
}

describe('vqcheck clauses', () => {
  it('says of each clause how often it mattered, and which defect breaks it', () => {
    const { code, clauses } = rows('');
    expect(code).toBe(0);
    expect(clauses.map(({ witness: _witness, ...row }) => row)).toMatchObject([
      {
        property: 'flag-is-one',
        clause: 'C1',
        level: 'SHOULD',
        verdict: 'holds',
        situations: 1,
        defects: [],
      },
      { property: 'flag-by-update', verdict: 'never exercised', reason: 'the mailbox has no need of it' },
      { property: 'good-manners', verdict: 'not monitored', reason: 'manners are not seen in memory' },
      { property: 'filled-before-flag', verdict: 'holds', defects: ['posts-early'], reason: null },
    ]);
    expect(clauses[3]?.witness).toMatchObject({
      length: 3,
      lastStep: 'sender post: store box.full = 1',
      trace: { format: 'vqcheck-trace', steps: [{ op: 'claim' }, { access: 'write' }, { op: 'post' }] },
    });
  });

  it('ends with 1 when one is broken, and writes traces of it and of the witnesses', () => {
    const { code, clauses } = rows('--defect posts-early --out traces');
    expect(code).toBe(1);
    expect(clauses[3]).toMatchObject({
      verdict: 'broken',
      violation: { message: 'the flag is set, and the message is not there', length: 2 },
    });
    const files = readdirSync(join(folder, 'traces')).sort();
    expect(files).toEqual([
      'polite-mailbox-ping-1-sc-posts-early-exercised-flag-is-one.json',
      'polite-mailbox-ping-1-sc-posts-early-filled-before-flag.json',
    ]);
    const [witness, violation] = files.map((file) => run(`replay traces/${file} --target ${polite}`));
    expect([witness?.code, violation?.code]).toEqual([0, 1]);
  });

  it('prints a table, and why a clause is not exercised', () => {
    const { out } = run(`clauses ${polite}`);
    expect(out).toMatch(
      /│ C1 +│ 9\.1 +│ the sender stores nothing but 1 +│ +1 │ holds +│ ping, 1 slot, sc, 3 steps/,
    );
    expect(out).toMatch(/Not exercised:\n {2}flag-by-update: the mailbox has no need of it\n/);
    expect(out).toMatch(/4 clauses: 2 exercised and not broken, 0 broken, 2 not exercised; 1 run/);
  });

  it('calls nothing more than `holds so far` when a bound was met', () => {
    const { code, out } = run(`clauses ${polite} --max-states 2`);
    expect(code).toBe(3);
    expect(out).not.toMatch(/holds +│/);
    expect(out).toMatch(/ping, 1 slot, sc: incomplete: bound of 2 states met/);
  });

  it('refuses a target without clauses', () => {
    const { code, err } = run('clauses esp-amp --scenario in-order --slots 1');
    expect(code).toBe(2);
    expect(err).toMatch(/no scenario of esp-amp that was asked for checks a clause/);
  });
});
